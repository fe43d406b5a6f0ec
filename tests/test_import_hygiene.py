"""What a listing imports decides how long it takes; each import is tried in an interpreter of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "torchvision", "numpy", "scipy", "sklearn", "PIL", "textual", "rich", "typer", "plotext", "tui")
LIGHT_RING = (
    "atomic", "columns", "conditions", "config", "errors", "events", "filter", "filter_tokens", "leaderboard", "memory",
    "model_config", "overrides", "presets", "process", "run", "selection", "standings", "store", "summary", "sweep",
    "tolerance", "trial", "verdict",
)  # fmt: skip
LISTING = ("columns", "errors", "filter", "leaderboard", "process", "selection", "store", "summary", "tolerance")
"""What `termlab ls` needs of the engine: the models of config and events take longer to build than the list."""


def imported_by(statement: str, *arguments: str) -> set[str]:
    """Return the top-level packages that are loaded once the statement was carried out."""
    script = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-c", script, *arguments]
    return set(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split())


def test_the_light_ring_loads_nothing_heavy() -> None:
    loaded = imported_by("\n".join(f"import engine.{name}" for name in LIGHT_RING))
    assert loaded & set(HEAVY) == set()
    assert {"engine", "pydantic"} <= loaded


def test_the_torch_ring_would_be_noticed() -> None:
    assert "torch" in imported_by("import engine.device")


def test_a_listing_loads_no_pydantic() -> None:
    loaded = imported_by("\n".join(f"import engine.{name}" for name in LISTING))
    assert loaded & {*HEAVY, "pydantic", "hypothesis", "asyncio"} == set()


@pytest.mark.parametrize("text", ["", "status=done and best_test_accuracy>98%", "digits", "optim.lr<1 or has:gap"])
def test_finished_runs_are_listed_filtered_and_sorted_without_pydantic(tmp_path: Path, text: str) -> None:
    from tests.builders import save_run

    save_run(tmp_path)
    listing = """
from pathlib import Path
import sys
from engine.columns import sort_by
from engine.filter import parse_filter
from engine.store import RunStore
runs = RunStore(Path(sys.argv[1])).summaries()
wanted = parse_filter(sys.argv[2], runs)
sort_by([run for run in runs if wanted.matches(run)], "optim.lr")
assert len(runs) == 1
"""
    assert imported_by(listing, str(tmp_path), text) & {*HEAVY, "pydantic"} == set()


COMMAND = """
import sys
from tui.cli import main
sys.argv = ["termlab", *sys.argv[1:]]
try:
    main()
except SystemExit as left:
    assert left.code in (None, 0), left.code
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("ls", "--help"),
        ("ls",),
        ("leaderboard",),
        ("presets",),
        ("check", "digits-first"),
        ("summary", "--help"),
    ],
)
def test_commands_that_only_list_load_neither_torch_nor_textual(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    from tests.builders import save_run

    save_run(tmp_path)
    loaded = imported_by(COMMAND, *arguments, "--results", str(tmp_path))
    assert {"tui", "typer"} <= loaded
    assert loaded & {"torch", "torchvision", "numpy", "scipy", "sklearn", "PIL", "textual", "plotext"} == set()
