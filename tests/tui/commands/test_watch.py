"""`termlab watch` of runs that another process trains, in a process of its own: nothing is shared but the disk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.control import HANDED_OVER
from engine.store import RunStore
from engine.store.sweeps import create_sweep
from tests.builders import build_events, build_finished, build_started, build_steps, build_trial, save_run
from tests.processes import start_python
from tests.tui.invoke import Shell

TRAINER = """if True:
    import sys
    import time
    from dataclasses import asdict
    from pathlib import Path
    from engine.control import HANDED_OVER
    from engine.process import Writer
    from engine.store import RunStore
    from engine.store.sweeps import SweepPlace
    from tests.builders import build_epoch, build_finished, build_started, build_steps, build_trial
    results, sweep = Path(sys.argv[1]), sys.argv[2]
    place, writer = 0, None
    for line in sys.stdin:
        word, _, number = line.strip().partition(" ")
        here = asdict(Writer.here())
        if word == "begin":
            belongs = SweepPlace(sweep, int(number)) if sweep else None
            writer = RunStore(results).create(build_trial(f"trial{number}"), build_started(**here), belongs=belongs)
        elif word == "resume":
            writer = RunStore(results).reopen(number)
            writer.append(build_started(**here))
        elif word == "hand_over":
            writer.append(build_finished("stopped", reason=f"stopped {HANDED_OVER}", time=time.time()))
            writer.close()
        elif word == "epoch":
            writer.append(build_steps(int(number) * 10, first=int(number) * 10 - 9))
            writer.append(build_epoch(int(number)))
        else:
            writer.append(build_finished(word, reason=f"it {word}"))
            writer.close()
        print(writer.run.id, flush=True)
"""


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


@contextmanager
def trainer(results: Path, sweep: str = "") -> Iterator[Callable[[str], str]]:
    """Start a process that does to a run what it is told, and answers with the id of the run."""
    process = start_python(TRAINER, str(results), sweep)

    def tell(line: str) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    try:
        yield tell
    finally:
        process.kill()
        process.communicate()


@contextmanager
def watching(results: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tui", "--results", str(results), "watch", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "COLUMNS": "200"}
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline()


def end_of(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate()
    return process.returncode, out, err


def test_a_run_is_followed_from_where_it_is_to_its_end(results: Path) -> None:
    with trainer(results) as tell:
        run_id = tell("begin 0")
        tell("epoch 1")
        with watching(results, "latest", "--json") as process:
            assert next_line(process).startswith("run 1 of 1: trial0 seed 0 (4,810 parameters")
            assert next_line(process).startswith("trial0 seed 0  epoch 1/2  train loss 0.2000")
            tell("epoch 2")
            assert next_line(process).startswith("trial0 seed 0  epoch 2/2")
            tell("done")
            code, out, err = end_of(process)
    assert (code, err) == (0, "trial0 seed 0: done, it done\n")
    assert [json.loads(line)["run"] for line in out.splitlines()] == [run_id]
    assert json.loads(out)["status"] == "done"


@pytest.mark.parametrize(("ending", "code"), [("failed", 1), ("stopped", 75)])
def test_the_exit_code_says_how_it_ended(ending: str, code: int, results: Path) -> None:
    with trainer(results) as tell:
        tell("begin 0")
        with watching(results, "latest", "--progress", "plain") as process:
            next_line(process)
            tell(ending)
            ended, out, err = end_of(process)
    assert ended == code
    assert f"trial0 seed 0 {ending}: it {ending}" in err
    assert ending in out
    assert ("termlab resume" in err) == (ending == "stopped")


def test_a_process_that_is_killed_leaves_a_run_that_is_told_to_be_lost(results: Path) -> None:
    with trainer(results) as tell:
        run_id = tell("begin 0")
        with watching(results, run_id) as process:
            next_line(process)
            lost = process
            os.kill(RunStore(results).load(run_id).writer.pid, signal.SIGKILL)  # type: ignore[union-attr]
            code, _, err = end_of(lost)
    assert code == 75
    assert f"{run_id} is lost: process" in err


def test_a_run_that_is_handed_over_is_followed_to_the_end_that_another_process_makes_of_it(results: Path) -> None:
    with trainer(results) as tell, trainer(results) as tell_other:
        run_id = tell("begin 0")
        with watching(results, "latest", "--json") as process:
            assert next_line(process).startswith("run 1 of 1: trial0")
            tell("hand_over")
            assert next_line(process) == f"trial0 seed 0 stopped: stopped {HANDED_OVER}\n"
            tell_other(f"resume {run_id}")
            assert next_line(process).startswith("run 1 of 1: trial0")
            tell_other("done")
            code, out, err = end_of(process)
    assert (code, err) == (0, "trial0 seed 0: done, it done\n")
    assert [json.loads(line)["status"] for line in out.splitlines()] == ["done"]


@pytest.mark.parametrize("ended", [-100.0, 100.0], ids=["long ago", "by a clock that is ahead"])
def test_a_run_that_nobody_came_to_take_over_is_over(ended: float, termlab: Shell, results: Path) -> None:
    ending = build_finished("stopped", reason=f"stopped {HANDED_OVER}", time=time.time() + ended)
    run = save_run(results, events=[build_started(), build_steps(10), ending])
    outcome = termlab("watch", run)
    assert outcome.code == 75
    assert f"termlab resume {run}" in outcome.err


def test_ctrl_c_leaves_the_run_alone(results: Path) -> None:
    with trainer(results) as tell:
        run_id = tell("begin 0")
        with watching(results, run_id) as process:
            next_line(process)
            process.send_signal(signal.SIGINT)
            code, out, _ = end_of(process)
        assert (code, out) == (130, "")
        tell("epoch 1")
        assert RunStore(results).summary(run_id).status == "running"


def test_a_sweep_is_followed_to_the_end_of_runs_that_had_not_begun(results: Path) -> None:
    results.mkdir()
    sweep = create_sweep(results, [build_trial("trial0"), build_trial("trial1")])
    with trainer(results, sweep.id) as tell:
        first = tell("begin 0")
        with watching(results, first, "--sweep", "--json") as process:
            assert next_line(process).startswith("run 1 of 2: trial0")
            tell("done")
            assert next_line(process).startswith("trial0 seed 0: done")
            second = tell("begin 1")
            assert next_line(process).startswith("run 2 of 2: trial1")
            tell("failed")
            code, out, _ = end_of(process)
    assert code == 1
    assert [json.loads(line)["run"] for line in out.splitlines()] == [first, second]


def test_a_sweep_whose_process_is_gone_before_its_last_trial_ends_too(results: Path) -> None:
    results.mkdir()
    sweep = create_sweep(results, [build_trial("trial0"), build_trial("trial1")])
    with trainer(results, sweep.id) as tell:
        first = tell("begin 0")
        tell("done")
    with watching(results, first, "--sweep") as process:
        assert end_of(process)[0] == 0


@pytest.mark.parametrize(
    ("status", "code"), [("done", 0), ("failed", 1), ("stopped", 75), ("lost", 75)], ids=lambda value: str(value)
)
def test_a_run_that_is_over_already_is_told_at_once(status: str, code: int, termlab: Shell, results: Path) -> None:
    ending = [] if status == "lost" else [build_finished(status)]
    run = save_run(results, events=[build_started(), build_steps(10), *ending])
    outcome = termlab("watch", run, "--json")
    assert outcome.code == code
    assert json.loads(outcome.out)["status"] == status


def test_what_cannot_be_followed_is_told(termlab: Shell, results: Path) -> None:
    run = save_run(results, events=build_events())
    alone = termlab("watch", run, "--sweep")
    assert (alone.code, alone.out) == (2, "")
    assert "was started alone" in alone.err
    assert termlab("watch", "nosuch").code == 2
    (results / run / "config.json").write_text("{")
    assert termlab("watch", run).code == 4
