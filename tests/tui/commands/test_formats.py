"""Every command that prints a table prints it in every format."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup

from tests.builders import save_run
from tests.tui.invoke import Shell
from tui.cli import app

TABLES = {
    "presets": ("presets", 0),
    "presets show": ("presets show batchnorm", 0),
    "summary": ("summary digits-first", 0),
    "check": ("check batchnorm --saved", 3),
    "run": ("run digits-first --dry-run", 0),
    "ls": ("ls", 0),
    "show": ("show latest", 0),
    "leaderboard": ("leaderboard", 0),
    "compare": ("compare sgd", 0),
    "inspect": ("inspect latest layers", 0),
    "settings": ("settings optim", 0),
    "data ls": ("data ls", 0),
    "doctor": ("doctor", 0),
}
"""What each of these is called with, and how it ends."""
BY_HAND = {"verify", "diff"}
"""Have a format too, and are tried where there is a checkpoint, or two runs."""
NO_TABLE = {"resume", "run-exp", "watch", "data path"}
"""Print runs as they end, or a path, and no table."""


def _commands(group: TyperGroup, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            if command.params and command.invoke_without_command:
                yield f"{before}{name}", command
            yield from _commands(command, f"{before}{name} ")
        elif not command.hidden:
            yield f"{before}{name}", command


def test_no_table_is_forgotten() -> None:
    whole = typer.main.get_command(app)
    assert isinstance(whole, TyperGroup)
    options = {name: {option for one in command.params for option in one.opts} for name, command in _commands(whole)}
    assert {name for name, found in options.items() if "--json" in found} - NO_TABLE == {*TABLES, *BY_HAND}
    assert {name for name, found in options.items() if "--format" in found} - {"export"} >= {*TABLES, *BY_HAND}


@pytest.mark.parametrize("name", TABLES)
def test_every_format_is_one(name: str, termlab: Shell, tmp_path: Path) -> None:
    save_run(tmp_path / "results")
    words, code = TABLES[name]
    written = {form: termlab(*words.split(), "--format", form) for form in ("table", "json", "csv", "md", "latex")}
    assert {outcome.code for outcome in written.values()} == {code}
    rows = list(csv.reader(io.StringIO(written["csv"].out)))
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}
    assert json.loads(written["json"].out)
    heading, rule, *body = written["md"].out.splitlines()
    assert heading.startswith("| ")
    assert set(rule) <= set("|-: ")
    assert len(body) == len(rows) - 1
    assert written["latex"].out.startswith("\\begin{tabular}{")
    assert written["latex"].out.endswith("\\end{tabular}\n")
    assert written["latex"].out.count("\\\\") == len(rows)
    assert written["table"].out not in [written[form].out for form in ("csv", "md", "latex")]


@pytest.mark.parametrize("command", ["ls", "leaderboard", "check gradient-descent --saved"])
def test_a_table_without_rows_has_its_headings_and_says_so_on_stderr(command: str, termlab: Shell) -> None:
    for form, lines in (("md", 2), ("csv", 1)):
        outcome = termlab(*command.split(), "--format", form)
        assert outcome.code == 0
        assert len(outcome.out.splitlines()) == lines
        assert outcome.err


def test_a_format_for_a_training_is_refused_before_it_starts(termlab: Shell, tmp_path: Path) -> None:
    outcome = termlab("run", "digits-first", "--format", "csv")
    assert (outcome.code, outcome.out) == (2, "")
    assert "--dry-run" in outcome.err
    assert not (tmp_path / "results").exists()
