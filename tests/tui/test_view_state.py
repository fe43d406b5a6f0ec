"""How a results folder is looked at, as it is kept and read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tui.view_state import MOST_BYTES, BoardState, ChartState, ViewState, load_view, save_view, state_file

RESULTS = Path("/lab/results")
VIEW = ViewState(
    BoardState("has:test_loss", True, "test_loss", "abc", ["+optim.lr"], "n", False, "seed", False),
    ChartState("time", 0.5, ["loss", "accuracy"], True),
)


def write(content: bytes) -> None:
    path = state_file(RESULTS)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_every_part_is_read_back_as_it_was_kept() -> None:
    save_view(RESULTS, VIEW)
    assert load_view(RESULTS) == VIEW


def test_each_folder_has_its_own_also_where_names_are_the_same(tmp_path: Path) -> None:
    save_view(tmp_path / "a" / "results", VIEW)
    assert load_view(tmp_path / "b" / "results") == ViewState()
    assert load_view(tmp_path / "a" / "results") == VIEW


def test_relative_folder_is_the_same_as_the_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save_view(Path("results"), VIEW)
    assert load_view(tmp_path / "results") == VIEW


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"format": 2, "board": {"filter": "x"}}', b'{"board": {}}',
        b'{"format": 1, "board": [], "charts": 3}', b"[" * 60_000, b" " * (MOST_BYTES + 1),
    ],
    ids=range(10),
)  # fmt: skip
def test_damaged_file_is_the_usual_view(content: bytes) -> None:
    write(content)
    assert load_view(RESULTS) == ViewState()


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("board", "filter", 3), ("board", "is_by_run", "yes"), ("board", "columns", [1]), ("board", "columns", "n"),
        ("charts", "smoothing", "much"), ("charts", "log", {}), ("charts", "log_x", 1), ("board", "unheard", 1),
    ],
)  # fmt: skip
def test_field_of_another_type_is_as_usual_and_the_others_are_kept(part: str, name: str, value: Any) -> None:
    document = {"format": 1, "board": {"sorted_by": "n"}, "charts": {"x": "step"}}
    document[part] = {**document[part], name: value}  # type: ignore[dict-item]
    write(json.dumps(document).encode())
    assert load_view(RESULTS) == ViewState(BoardState(sorted_by="n"), ChartState(x="step"))


def test_state_folder_that_cannot_be_written_is_not_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    save_view(RESULTS, VIEW)
    assert load_view(RESULTS) == ViewState()


def test_folder_that_is_a_pipe_or_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    path = state_file(RESULTS)
    path.mkdir(parents=True)
    assert load_view(RESULTS) == ViewState()
    save_view(RESULTS, VIEW)
    assert load_view(RESULTS) == ViewState()
