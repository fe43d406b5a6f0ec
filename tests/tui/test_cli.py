"""What the command line makes of its arguments before any command sees them, and of what nobody foresaw."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import ConfigError
from tests.tui.invoke import Shell
from tui.cli import hoist


@pytest.mark.parametrize(
    "arguments",
    [
        ["--results", "here", "ls", "--json"],
        ["ls", "--results", "here", "--json"],
        ["ls", "--json", "--results=here"],
    ],
)
def test_options_of_every_command_go_before_or_after_its_name(arguments: list[str]) -> None:
    assert hoist(arguments) == ["--results", "here", "ls", "--json"]


def test_what_follows_two_dashes_is_left_alone() -> None:
    assert hoist(["show", "--", "--results"]) == ["show", "--", "--results"]


@pytest.mark.parametrize(
    "arguments", [["ls", "--results"], ["ls", "--data", "--json"], ["ls", "--results="], ["--data", ""]]
)
def test_an_option_without_its_folder_is_named(arguments: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"--(results|data) needs a folder"):
        hoist(arguments)


def test_a_missing_folder_ends_with_2_and_opens_nothing(termlab: Shell) -> None:
    outcome = termlab("ls", "--results")
    assert outcome.code == 2
    assert outcome.err.startswith("termlab: --results needs a folder\n")


def test_a_fault_of_ours_is_one_line_and_a_traceback_only_on_request(
    termlab: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_store: object) -> None:
        raise RuntimeError("out of luck")

    monkeypatch.setattr("engine.store.RunStore.summaries", broken)
    outcome = termlab("ls")
    assert outcome.code == 1
    assert outcome.err.splitlines()[0] == "termlab: RuntimeError: out of luck"
    assert "Traceback" not in outcome.err
    monkeypatch.setattr(sys, "argv", ["termlab", "ls", "--debug"])
    with pytest.raises(RuntimeError, match="out of luck"):
        sys.modules["tui.cli"].main()
    capsys.readouterr()


@pytest.mark.parametrize("command", [["presets"], ["ls", "--format", "csv"]])
def test_a_reader_that_has_seen_enough_is_no_error(command: list[str], tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "tui", *command, "--results", str(tmp_path)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
