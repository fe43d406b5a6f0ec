"""One writer a run: also where two processes want it at once, where one was killed, and where one slept too long."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from engine.errors import RunBusyError
from engine.process import SILENCE_SECONDS, host_name
from engine.store.lock import RunLock
from tests.builders import NO_PROCESS
from tests.processes import answers_at_once, start_python

TAKE = """
import sys
from pathlib import Path
from engine.errors import RunBusyError
from engine.store.lock import RunLock
sys.stdin.readline()  # so that all begin at once
try:
    RunLock.take(Path(sys.argv[1]))
except RunBusyError as error:
    print(error.message, flush=True)
else:
    print("taken", flush=True)
    sys.stdin.read()  # hold it for as long as the test keeps this open
"""


def foreign(folder: Path, number: int, *, host: str, pid: int = 77, silent: float = 0.0) -> Path:
    """A lock as another process has left it, which was silent for so many seconds."""
    path = folder / f"writer.{number}.json"
    path.write_text(json.dumps({"host": host, "pid": pid, "process_started": 1.0}))
    os.utime(path, (time.time() - silent,) * 2)
    return path


def test_a_run_has_one_writer_until_it_is_released(tmp_path: Path) -> None:
    lock = RunLock.take(tmp_path)
    with pytest.raises(RunBusyError, match=f"is being trained by process {os.getpid()} on {host_name()}"):
        RunLock.take(tmp_path)
    lock.release()
    assert RunLock.take(tmp_path).is_held()


def test_of_several_processes_that_want_a_run_one_gets_it(tmp_path: Path) -> None:
    foreign(tmp_path, 3, host=host_name(), pid=NO_PROCESS)  # of a process that was killed
    processes = [start_python(TAKE, str(tmp_path)) for _ in range(4)]
    answers = answers_at_once(processes)
    (winner,) = [process for process, answer in zip(processes, answers, strict=True) if answer == "taken"]
    refused = f"{tmp_path.name} is being trained by process {winner.pid} on {host_name()}"
    assert answers.count(refused) == 3


def test_on_another_host_silence_tells_that_a_writer_is_gone(tmp_path: Path) -> None:
    path = foreign(tmp_path, 1, host="another-host", silent=SILENCE_SECONDS / 2)
    with pytest.raises(RunBusyError, match="process 77 on another-host"):
        RunLock.take(tmp_path)
    os.utime(path, (time.time() - SILENCE_SECONDS - 1,) * 2)
    RunLock.take(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["writer.2.json"]


def test_who_slept_too_long_holds_the_run_no_more(tmp_path: Path) -> None:
    lock = RunLock.take(tmp_path)
    assert lock.is_held()
    foreign(tmp_path, lock.number + 1, host="another-host")
    assert not lock.is_held()


def test_a_heartbeat_keeps_others_away(tmp_path: Path) -> None:
    lock = RunLock.take(tmp_path)
    path = tmp_path / f"writer.{lock.number}.json"
    os.utime(path, (0, 0))
    lock.beat()
    assert time.time() - path.stat().st_mtime < SILENCE_SECONDS


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"host": []}', b'{"pid": 1}'])
def test_a_lock_that_names_nobody_is_free_after_a_while(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "writer.1.json").write_bytes(content)
    os.utime(tmp_path / "writer.1.json", (0, 0))
    assert RunLock.take(tmp_path).number == 2


def test_other_files_are_no_locks(tmp_path: Path) -> None:
    for name in ("writer.x.json", "writer.7.json.tmp", "writer.99999999999.json", "xwriter.5.json"):
        (tmp_path / name).touch()
    assert RunLock.take(tmp_path).number == 1


def test_a_later_process_with_the_number_of_the_holder_is_not_the_holder(tmp_path: Path) -> None:
    foreign(tmp_path, 1, host=host_name(), pid=os.getpid())  # which began at another time
    assert RunLock.take(tmp_path).number == 2


@pytest.mark.parametrize("ahead", [-3600.0, 3600.0])
def test_the_clock_of_the_file_system_decides_who_is_silent(
    ahead: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Servers stamp the heartbeats, and their clocks are not ours."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + ahead)
    path = foreign(tmp_path, 1, host="another-host")
    os.utime(path)  # by the file system's clock
    with pytest.raises(RunBusyError, match="process 77 on another-host"):
        RunLock.take(tmp_path)
    os.utime(path, (now - SILENCE_SECONDS - 1,) * 2)
    assert RunLock.take(tmp_path).number == 2


def test_a_heartbeat_from_the_future_is_what_a_clock_left_that_was_set_back(tmp_path: Path) -> None:
    foreign(tmp_path, 1, host="another-host", silent=-SILENCE_SECONDS / 2)
    with pytest.raises(RunBusyError):
        RunLock.take(tmp_path)
    foreign(tmp_path, 1, host="another-host", silent=-3600)
    assert RunLock.take(tmp_path).number == 2


def test_a_lock_is_let_go_of_in_its_place(tmp_path: Path) -> None:
    """A disk that is full has no room for a new file."""
    lock = RunLock.take(tmp_path)
    path = tmp_path / "writer.1.json"
    before = path.stat()
    lock.release()
    assert (path.stat().st_ino, path.stat().st_size) == (before.st_ino, before.st_size)
    assert json.loads(path.read_text()) == {}
