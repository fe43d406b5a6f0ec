"""What the command line makes of its arguments before any command sees them, and of what nobody foresaw."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ConfigError
from tests.tui.invoke import Shell
from tui.cli import hoist, require_command


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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["lss"], ['"lss" is not a known command. Known: check, compare, data', 'Did you mean "ls"?']),
        (["shwo", "latest"], ['Did you mean "show"?']),
        (["data", "lst"], ['"lst" is not a known command of data. Known: get, ls, path.', 'Did you mean "ls"?']),
        (["presets", "batchnorm"], ["batchnorm is a preset: termlab presets show batchnorm, or termlab run"]),
        (["batchnorm", "optim.lr=1"], ["batchnorm is a preset"]),
    ],
)
def test_a_command_that_is_not_known_names_the_nearest(arguments: list[str], words: list[str], termlab: Shell) -> None:
    outcome = termlab(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert all(word in outcome.err for word in words), outcome.err


@pytest.mark.parametrize(
    "arguments",
    ["", "--help", "--results ls presets show x", "--debug data path mnist", "presets --json", "data", "ls x"],
)
def test_what_may_be_a_command_passes(arguments: str) -> None:
    require_command(arguments.split())


@pytest.mark.parametrize(
    ("arguments", "fault", "usage"),
    [
        (["resume"], "missing argument 'RUN'", "Usage: termlab resume"),
        (["stop"], "missing argument 'RUN...'", "Usage: termlab stop"),
        (["ls", "--frmat", "json"], "no such option: --frmat", "Usage: termlab ls"),
        (["ls", "--format", "xx"], "invalid value for '--format'", "Usage: termlab ls"),
        (["show", "a", "b"], "got unexpected extra argument", "Usage: termlab show"),
        (["data", "path", "--x"], "no such option: --x", "Usage: termlab data path"),
        (["--x"], "no such option: --x", "Usage: termlab "),
        (["run", "x", "--seeds"], "option '--seeds' requires an argument", ""),
    ],
)
def test_wrong_usage_is_told_as_every_other_error(arguments: list[str], fault: str, usage: str, termlab: Shell) -> None:
    outcome = termlab(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    first, *hint = outcome.err.splitlines()
    assert first.startswith(f"termlab: {fault}")
    assert not first.endswith(".")
    assert hint[0].startswith(usage)
    assert "--help says" in hint[-1]
    assert "Error:" not in outcome.err


def test_what_is_wrong_with_the_usage_reaches_no_terminal_as_a_command(termlab: Shell) -> None:
    assert "\x1b" not in termlab("ls", "--x\x1b[2J").err
    assert "\x1b" not in termlab("ls", "--format", "\x1b[2J").err


def test_a_group_without_a_command_shows_its_help(termlab: Shell) -> None:
    outcome = termlab("data")
    assert outcome.code == 2
    assert outcome.err.startswith("Usage: termlab data")
    assert "List the datasets" in outcome.err


def test_what_is_internal_is_not_offered(termlab: Shell) -> None:
    for word in ("pause", "train-detach"):
        outcome = termlab(word)
        assert outcome.code == 2
        assert "verify" in outcome.err
        assert "detached" not in outcome.err
    assert termlab("train-detached", "nosuch").code == 4  # it is there for who knows it


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
        sys.modules["tui.cli"].run_command()
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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
class TestAFullDisk:
    """What cannot be written is told in a line, and the exit code says that the data is not there."""

    @pytest.mark.parametrize("command", ["ls --format csv", "presets", "data path", "--help"])
    def test_output_that_cannot_be_written_ends_with_1_and_one_line(self, command: str, tmp_path: Path) -> None:
        with open("/dev/full", "w") as full:  # noqa: PTH123 - it is a device
            outcome = _leave([*command.split(), "--results", str(tmp_path)], stdout=full)
        assert outcome.returncode == 1
        assert outcome.stderr.startswith("termlab: ")
        assert outcome.stderr.endswith("No space left on device\n")
        assert len(outcome.stderr.splitlines()) == 1

    def test_narration_that_cannot_be_written_keeps_the_data(self, tmp_path: Path) -> None:
        with open("/dev/full", "w") as full:  # noqa: PTH123
            outcome = _leave(["data", "ls", "--results", str(tmp_path)], stderr=full)
        assert outcome.returncode == 0
        assert "digits" in outcome.stdout

    def test_training_goes_on_when_nobody_can_hear_of_it(self, tmp_path: Path) -> None:
        with open("/dev/full", "w") as full:  # noqa: PTH123
            arguments = ["run", "digits-first", "--epochs", "1", "--json", "--results", str(tmp_path)]
            outcome = _leave(arguments, stderr=full)
        assert outcome.returncode == 0
        assert len(outcome.stdout.splitlines()) == 2


def test_streams_that_are_closed_from_the_start_are_no_fault(tmp_path: Path) -> None:
    train = 'exec "$@" run digits-first --only sgd --epochs 1 --progress plain >&- 2>&-'
    draw = f'exec "$@" plot latest >&- 2>{tmp_path / "told"}'
    for call in (train, draw):
        shell = ["sh", "-c", call, "sh", sys.executable, "-m", "tui", "--results", str(tmp_path)]
        assert subprocess.run(shell, check=False).returncode == 0, call
    assert (tmp_path / "told").read_text() == ""


def _leave(arguments: list[str], **streams: Any) -> subprocess.CompletedProcess[str]:
    kept = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.run([sys.executable, "-m", "tui", *arguments], text=True, check=False, **kept)
