"""Text on the clipboard of a terminal: the bytes that a real one gets, and what tmux makes of them."""

from __future__ import annotations

import base64
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.builders import build_trial, save_run
from tests.terminal import Terminal, user_environment
from tui.clipboard import MOST_BYTES, ClipboardError, clipboard_sequence, table_text_for_copy
from tui.tables import Column, TableFormat, table_of

SEQUENCE = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
ROOT = Path(__file__).parents[2]


def _carried(sequence: bytes) -> list[str]:
    return [base64.b64decode(found).decode() for found in SEQUENCE.findall(sequence)]


def _screen(sequence: str) -> str:
    """Take away what screen does: it passes on what stands in each DCS."""
    chunks = re.findall("\x1bP(.*?)\x1b\\\\", sequence, re.DOTALL)
    assert max(map(len, chunks)) <= 252
    assert "".join(f"\x1bP{chunk}\x1b\\" for chunk in chunks) == sequence
    return "".join(chunks)


class TestSequence:
    def test_it_carries_the_text(self) -> None:
        assert _carried(clipboard_sequence("Zürich\n± 数", {}).encode()) == ["Zürich\n± 数"]

    def test_nothing_in_the_text_can_end_it_or_be_pasted_as_a_command(self) -> None:
        assert _carried(clipboard_sequence("a\x07\x1b]0;title\x07", {}).encode()) == ["a��]0;title�"]

    def test_tmux_gets_it_plain_and_as_one_to_pass_on(self) -> None:
        text = "x" * 1000
        plain = clipboard_sequence(text, {})
        within = clipboard_sequence(text, {"TMUX": "socket,1,0"})
        assert within.startswith(plain)
        passed = within.removeprefix(plain)
        assert (passed[:7], passed[-2:]) == ("\x1bPtmux;", "\x1b\\")
        assert passed[7:-2].replace("\x1b\x1b", "\x1b") == plain

    def test_screen_gets_it_in_pieces_short_enough_for_it(self) -> None:
        text = "x" * 1000
        assert _screen(clipboard_sequence(text, {"STY": "1.pts"})) == clipboard_sequence(text, {})

    def test_as_much_as_terminals_take_and_not_a_byte_more(self) -> None:
        assert len(clipboard_sequence("x" * MOST_BYTES, {})) == 100_000
        with pytest.raises(ClipboardError, match=r"74,995 bytes are too many .* 74,994 at most"):
            clipboard_sequence("x" * (MOST_BYTES + 1), {})


def test_a_table_is_markdown_unless_a_format_is_asked_for() -> None:
    table = table_of([(Column("a", "A"), lambda value: value)], [1, 2])
    assert table_text_for_copy(table) == ("| A |\n| --- |\n| 1 |\n| 2 |\n", "2 rows as Markdown")
    assert table_text_for_copy(table, TableFormat.CSV) == ("a\n1\n2\n", "2 rows as CSV")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    save_run(folder, trial=build_trial("momentum"))
    return folder


def _environment(tmp_path: Path, **changes: str) -> dict[str, str]:
    environment = user_environment(tmp_path)
    for name in ("TMUX", "STY"):
        environment.pop(name, None)
    return environment | changes


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.kill()


def _in_a_terminal(command: str, environment: Mapping[str, str], terminals: list[Terminal]) -> tuple[int, bytes]:
    """Run a command of the shell in a pseudo-terminal; return its exit code and what reached the terminal."""
    terminal = Terminal(["/bin/sh", "-c", command], dict(environment))
    terminals.append(terminal)
    code = terminal.exit_code()
    return code, terminal.written


@pytest.mark.parametrize(
    ("arguments", "first", "what"),
    [
        ("ls", "| run | preset | trial |", "1 row as Markdown"),
        ("leaderboard", "| dataset | preset | trial |", "1 row as Markdown"),
        ("show latest", "| epoch | step |", "2 rows as Markdown"),
        ("ls --format csv", "run,preset,label", "1 row as CSV"),
        ("leaderboard --json", "[", "the JSON document"),
    ],
)
def test_the_terminal_gets_the_table_and_stdout_only_data(
    arguments: str, first: str, what: str, results: Path, tmp_path: Path, terminals: list[Terminal]
) -> None:
    termlab = f"{shlex.quote(sys.executable)} -m tui --results {shlex.quote(str(results))} {arguments}"
    command = f"cd {shlex.quote(str(ROOT))} && {termlab} --copy >{tmp_path}/out 2>{tmp_path}/err"
    code, written = _in_a_terminal(command, _environment(tmp_path), terminals)
    assert code == 0
    (copied,) = _carried(written)
    assert copied.startswith(first)
    assert "momentum" in copied or "epoch" in copied
    out = (tmp_path / "out").read_text()
    assert "\x1b" not in out
    assert out
    assert f"Copied {what} by way of the terminal (OSC 52)." in (tmp_path / "err").read_text()


def test_without_a_terminal_nothing_is_printed_and_why_is_said(results: Path, tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "tui", "--results", str(results), "ls", "--copy"],
        cwd=ROOT,
        env=_environment(tmp_path),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # without a terminal of its own
    )
    assert (found.returncode, found.stdout) == (2, "")
    assert "--copy needs a terminal" in found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_tmux_takes_it(results: Path, tmp_path: Path) -> None:
    # The name of a socket may be no longer than about 100 bytes, which that of a test's folder can be.
    tmux = ["tmux", "-L", f"termlab-test-{os.getpid()}", "-f", "/dev/null"]
    termlab = f"{shlex.quote(sys.executable)} -m tui --results {shlex.quote(str(results))} ls --copy"
    environment = _environment(tmp_path)

    def call(*arguments: str) -> str:
        done = subprocess.run(
            [*tmux, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60
        )
        return done.stdout

    try:
        call("new-session", "-d", "-x", "120", "-y", "36", ";", "set-option", "-s", "set-clipboard", "on")
        call("new-window", f"{termlab}; {shlex.join([*tmux, 'wait-for', '-S', 'copied'])}")
        call("wait-for", "copied")
        copied = next(filter(None, (call("show-buffer") for _ in range(50))), "")  # it reads windows when it gets to it
        assert copied.startswith("| run | preset | trial |")
    finally:
        call("kill-server")
