"""Many processes on one results folder: a run has one writer, readers see it whole, and who is gone is known."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from functools import partial
from pathlib import Path

import pytest

from engine.errors import RunBusyError
from engine.process import SILENCE_SECONDS, host_name
from engine.store import EVENTS, RunStore
from engine.summary import RunStatus
from tests.faults.program import assert_uninterrupted, command, go_on, left_over, training
from tests.processes import ROOT, start_python
from tests.terminal import Terminal, termlab_command, user_environment

RACES = 5

READ = """
import sys, threading
from pathlib import Path
from engine.store import RunStore
is_over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), is_over.set()), daemon=True).start()
known = RunStore(Path(sys.argv[1]))
looks = 0
while not is_over.is_set():
    for summary in known.summaries():
        if summary.status == "damaged":
            print(summary.run, summary.reason)
        run = RunStore(known.folder).load(summary.run)
        assert len(run.series.get("train_loss", ())) == run.step
        looks += 1
print("looks", looks > 0)
"""


WRITE = """
import os, sys
import engine.train, engine.trial_facts, tui.progress, tui.run_table  # once for all: importing torch takes seconds
from tui.cli import main
words = ["run", "digits-first", "--only", "sgd", "--progress", "none", "train.epochs=10", "--results", sys.argv[1]]
for seed in range(int(sys.argv[2])):
    if os.fork() == 0:
        sys.argv = ["termlab", *words, "--seeds", str(seed)]
        main()
        os._exit(0)
print([os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(int(sys.argv[2]))])
"""


@pytest.mark.timeout(900)  # a dozen processes on few cores
@pytest.mark.parametrize("programs", [3, pytest.param(10, marks=pytest.mark.soak)])
def test_many_programs_write_and_two_read_one_folder(programs: int, tmp_path: Path) -> None:
    seen: set[str] = set()
    with (
        start_python(WRITE, str(tmp_path), str(programs)) as writers,
        start_python(READ, str(tmp_path)) as reader,
    ):
        while writers.poll() is None:
            told = subprocess.run(command("ls", "--json", results=tmp_path), cwd=ROOT, capture_output=True, text=True)
            assert (told.returncode, told.stderr) == (0, "")
            seen |= {listing["status"] for listing in json.loads(told.stdout)}
        written, _ = writers.communicate()
        read, _ = reader.communicate()
    assert written.splitlines()[-1] == str([0] * programs)
    assert read == "looks True\n"
    assert seen <= {"running", "done"}
    summaries = RunStore(tmp_path).summaries()
    assert sorted((summary.seed, summary.status, summary.epochs) for summary in summaries) == [
        (seed, RunStatus.DONE, 10) for seed in range(programs)
    ]
    assert left_over(tmp_path) == []


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_two_applications_see_what_ten_programs_and_one_of_them_write(tmp_path: Path) -> None:
    command, environment = termlab_command(tmp_path), user_environment(tmp_path)
    applications = [Terminal(command, environment) for _ in range(2)]
    trains, watches = applications
    try:
        for application in applications:
            application.wait_for("digits-first", "Launch")
        with start_python(WRITE, str(tmp_path / "results"), "10") as writers:
            trains.press("\r")
            trains.wait_for("run 1 of 2")
            for application in applications:
                application.press("3")
                application.wait_for("Runs/recipes")
                application.press("t")
            while writers.poll() is None:
                watches.wait_until(lambda: "● training" in watches.text or writers.poll() is not None, "a run")
            written, _ = writers.communicate()
        assert written.splitlines()[-1] == str([0] * 10)
        for application in applications:
            is_whole = partial(lambda one: "12 runs" in one.text and one.text.count("done") == 12, application)
            application.wait_until(is_whole, "all runs to be done")
            application.press("q")
            assert application.exit_code() == 0
    finally:
        for application in applications:
            application.kill()
    summaries = RunStore(tmp_path / "results").summaries()
    assert [summary.status for summary in summaries] == [RunStatus.DONE] * 12
    assert left_over(tmp_path / "results") == []


GO_ON = """
import sys
from pathlib import Path
from engine.control import Control
from engine.errors import RunBusyError
from engine.runner import run_trials
from engine.store import RunStore
store = RunStore(Path(sys.argv[1]))
trial = store.load(sys.argv[2]).trial
import engine.train
print("ready", flush=True)
while sys.stdin.readline().strip() == "go":
    stream = run_trials([trial], store, data_folder=Path(), control=Control(), interrupted={0: sys.argv[2]})
    try:
        next(stream)
    except RunBusyError as error:
        print(error.message, flush=True)
    else:
        for _ in range(10):
            next(stream)
        print("goes on", flush=True)
        sys.stdin.readline()  # holds it for as long as the test likes
    stream.close()
    print("left", flush=True)
"""


def killed_run(results: Path) -> str:
    """Leave a run whose process was killed; return its id."""
    with training(results, "train.epochs=100000") as run:
        run.wait_for_epochs(5)
        run.process.kill()
        run.process.wait()
        return run.folder.name


def test_of_two_programs_that_go_on_with_a_run_at_once_one_does_and_the_other_hears_of_it(tmp_path: Path) -> None:
    """The first time it is a run whose process was killed."""
    run_id = killed_run(tmp_path)
    assert RunStore(tmp_path).summary(run_id).status is RunStatus.LOST
    processes = [start_python(GO_ON, str(tmp_path), run_id) for _ in range(2)]

    def tell(process: subprocess.Popen[str], word: str) -> None:
        assert process.stdin is not None
        process.stdin.write(word + "\n")
        process.stdin.flush()

    def hear(process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        return process.stdout.readline().strip()

    try:
        assert [hear(process) for process in processes] == ["ready"] * 2
        for _ in range(RACES):
            for process in processes:
                tell(process, "go")
            answers = [hear(process) for process in processes]
            winner = processes[answers.index("goes on")]
            (loser,) = [process for process in processes if process is not winner]
            busy = f"{run_id} is being trained by process {winner.pid} on {host_name()}"
            assert sorted(answers) == sorted(["goes on", busy])
            tell(winner, "leave")
            assert (hear(winner), hear(loser)) == ("left", "left")
    finally:
        for process in processes:
            process.communicate()
    run = go_on(tmp_path, run_id)
    assert_uninterrupted(run)
    assert left_over(tmp_path) == []


def test_a_run_of_another_host_is_gone_on_with_once_that_is_silent(tmp_path: Path) -> None:
    run_id = killed_run(tmp_path)
    (lock,) = (tmp_path / run_id).glob("writer.*.json")
    lock.write_text(json.dumps({"host": "another-host", "pid": 1, "process_started": 1.0}))
    before = (tmp_path / run_id / EVENTS).read_bytes()
    with pytest.raises(RunBusyError, match=f"{run_id} is being trained by process 1 on another-host"):
        go_on(tmp_path, run_id)
    assert (tmp_path / run_id / EVENTS).read_bytes() == before
    os.utime(lock, (time.time() - SILENCE_SECONDS - 1,) * 2)
    assert_uninterrupted(go_on(tmp_path, run_id))


TRAIN_AND_SLEEP = """
import sys
from pathlib import Path
import engine.checkpoint_saver, engine.store.run_writer
from engine.control import Control
from engine.errors import StoreError
from engine.runner import run_trials
from engine.store import RunStore
from tests.builders import build_trial
engine.checkpoint_saver.MOST_OFTEN_SECONDS = 0
engine.store.run_writer.HEARTBEAT_SECONDS = 0.01  # so that a short sleep is a long one
trial = build_trial(overrides={"train.epochs": 1000})
try:
    for happened in run_trials([trial], RunStore(Path(sys.argv[1])), data_folder=Path(), control=Control()):
        print(happened.run_id, flush=True)
        sys.stdin.readline()
except StoreError as error:
    print(error.message, flush=True)
"""
GO_ON_ELSEWHERE = """
import sys
from pathlib import Path
import engine.process
engine.process.host_name = lambda: "another-host"
from tests.faults.program import go_on
print(go_on(Path(sys.argv[1]), sys.argv[2]).status)
"""


def test_who_was_suspended_until_another_host_went_on_writes_nothing_more_and_says_so(tmp_path: Path) -> None:
    with start_python(TRAIN_AND_SLEEP, str(tmp_path)) as sleeper:
        assert sleeper.stdin is not None
        assert sleeper.stdout is not None
        sleeper.stdin.write("\n" * 9)
        sleeper.stdin.flush()
        run_id = [sleeper.stdout.readline() for _ in range(10)][-1].strip()
        sleeper.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, sleeper.pid, os.WSTOPPED)
        (lock,) = (tmp_path / run_id).glob("writer.*.json")
        os.utime(lock, (time.time() - SILENCE_SECONDS - 1,) * 2)
        with start_python(GO_ON_ELSEWHERE, str(tmp_path), run_id) as other:
            said, _ = other.communicate()
        assert said == "stopped\n"
        before = contents(tmp_path / run_id)
        sleeper.send_signal(signal.SIGCONT)
        said, _ = sleeper.communicate()  # its next step
    assert said == f"{run_id} was silent for so long that another process has gone on with it\n"
    assert sleeper.returncode == 0
    assert contents(tmp_path / run_id) == before
    assert RunStore(tmp_path).summary(run_id).status is RunStatus.STOPPED


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
