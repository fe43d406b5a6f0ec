from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time

import pytest

from engine.process import HEARTBEAT_SECONDS, SILENCE_SECONDS, Writer, host_name, process_start_ticks
from tests.builders import NO_PROCESS

NEEDS_PROC = pytest.mark.skipif(sys.platform != "linux", reason="start times of processes come from /proc")


def is_alive(*, host: str | None = None, pid: int, process_started: float, last_write: float = 0.0) -> bool:
    return Writer(host or host_name(), pid, process_started).is_alive(last_write=last_write)


def test_this_process_is_alive_however_long_it_was_silent() -> None:
    assert is_alive(pid=os.getpid(), process_started=process_start_ticks(os.getpid()), last_write=0)


@NEEDS_PROC
def test_a_later_process_with_the_same_number_is_not_the_writer() -> None:
    assert not is_alive(pid=os.getpid(), process_started=process_start_ticks(os.getpid()) - 1)


def test_a_process_that_ended_is_not_alive() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        started = process_start_ticks(process.pid)
        assert is_alive(pid=process.pid, process_started=started)
    assert not is_alive(pid=process.pid, process_started=started)


@pytest.mark.parametrize("pid", [0, -1, NO_PROCESS, 2**40])
def test_a_number_that_no_process_has_is_not_alive(pid: int) -> None:
    assert not is_alive(pid=pid, process_started=0.0, last_write=time.time())


def test_on_another_host_only_silence_tells() -> None:
    now = time.time()
    for pid in (os.getpid(), NO_PROCESS):
        assert is_alive(host="another-host", pid=pid, process_started=1.0, last_write=now)
        assert not is_alive(host="another-host", pid=pid, process_started=1.0, last_write=now - SILENCE_SECONDS - 1)


IN_A_CONTAINER = ["unshare", "--fork", "--pid", "--mount-proc", "--"]
SAY_WHO = """
import json
from dataclasses import asdict
from engine.process import Writer
print(json.dumps(asdict(Writer.here())), flush=True)
input()
"""


@NEEDS_PROC
@pytest.mark.skipif(
    not shutil.which("unshare") or subprocess.run([*IN_A_CONTAINER, "true"], capture_output=True).returncode != 0,
    reason="only who may make containers can test them",
)
def test_in_a_container_with_the_name_of_its_machine_only_silence_tells() -> None:
    now = time.time()
    with subprocess.Popen(
        [*IN_A_CONTAINER, sys.executable, "-c", SAY_WHO], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        there = Writer(**json.loads(process.stdout.readline()))
        process.communicate("\n")
    assert there.pid == 1  # which somebody else is out here
    assert there.is_alive(last_write=now)
    assert not there.is_alive(last_write=now - SILENCE_SECONDS - 1)


def test_several_heartbeats_may_be_missed_before_a_writer_is_taken_for_gone() -> None:
    assert SILENCE_SECONDS >= 3 * HEARTBEAT_SECONDS


@NEEDS_PROC
def test_a_start_time_is_read_whatever_the_command_is_called() -> None:
    """The command stands in parentheses in front of the start time and may hold spaces and parentheses itself."""
    script = "import ctypes; ctypes.CDLL(None).prctl(15, b') 1 2 (x'); print('named', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"named\n"
        assert process_start_ticks(process.pid) >= process_start_ticks(os.getpid()) > 0


def test_the_start_time_of_no_process_is_zero() -> None:
    assert process_start_ticks(NO_PROCESS) == 0.0


@NEEDS_PROC
def test_a_process_that_nobody_has_asked_how_it_ended_is_gone() -> None:
    """In a container whose first process asks nobody, a training that was killed stays like that for ever."""
    with subprocess.Popen(["true"]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and is still to be asked
        started = process_start_ticks(child.pid)
        assert started > 0
        assert not is_alive(pid=child.pid, process_started=started)
