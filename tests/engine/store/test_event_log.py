"""The log takes whole lines, whatever its earlier writer or the disk did."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.store.event_log import EventLog


@given(st.lists(st.binary(max_size=9).map(lambda line: line.replace(b"\n", b""))), st.integers(0, 60))
def test_what_a_killed_writer_left_is_cut_to_whole_lines(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], cut: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "events.jsonl"
    written = b"".join(line + b"\n" for line in lines)[:cut]
    path.write_bytes(written)
    log = EventLog(path)
    log.append(b"next")
    log.close()
    assert path.read_bytes() == written[: written.rfind(b"\n") + 1] + b"next\n"


def test_a_torn_line_longer_than_a_block_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"whole\n" + b"x" * 200_000)
    log = EventLog(path)
    log.close()
    assert path.read_bytes() == b"whole\n"


def test_a_line_that_the_disk_takes_in_part_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.append(b"first")
    write = os.write
    room = [3]

    def fill_up(descriptor: int, data: bytes) -> int:
        if not room:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[: room.pop()])

    monkeypatch.setattr(os, "write", fill_up)
    with pytest.raises(OSError, match="No space left"):
        log.append(b"second")
    monkeypatch.undo()
    log.append(b"third")
    log.close()
    assert (tmp_path / "events.jsonl").read_bytes() == b"first\nthird\n"
    assert log.size == 12


def test_what_cannot_be_taken_back_at_once_is_taken_back_before_the_next_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.append(b"first")
    write = os.write

    def refuse(descriptor: int, _what: object) -> int:
        if write(descriptor, b"sec") == 3:
            monkeypatch.setattr(os, "write", fail)
        return 3

    def fail(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "write", refuse)
    monkeypatch.setattr(os, "ftruncate", fail)
    with pytest.raises(OSError, match="Input/output error"):
        log.append(b"second")
    monkeypatch.undo()
    assert (tmp_path / "events.jsonl").read_bytes() == b"first\nsec"
    log.append(b"third")
    log.close()
    assert (tmp_path / "events.jsonl").read_bytes() == b"first\nthird\n"
