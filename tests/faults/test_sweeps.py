"""Sweeps of which some is done, failed, interrupted and under way; processes that know of each other by the disk."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
from pathlib import Path

import pytest

from engine.store import EVENTS, RunStore
from tests.faults.sweeps import RECIPE, Reference, Shell, result_of, what_counts
from tests.faults.test_signals import RUN
from tests.processes import PATIENCE_SECONDS
from tests.real_data import REAL_DATA, needs_mnist

SWEEP = (*RECIPE, "--epochs", "2", "--seeds", "0,1")
SECOND_FAILS = "hold('engine.train', '_train_epoch', call=3, block=fail); "
THIRD_WAITS = "hold('engine.train', '_train_epoch', call=5); "
MIXED = [("sgd", 0, "done"), ("momentum", 0, "failed"), ("sgd", 1, "lost")]


@pytest.fixture
def mixed(shell: Shell) -> Shell:
    """A sweep whose first trial is done, whose second failed, whose third was killed, and whose fourth never began."""
    program = shell.start("run", *SWEEP, before=SECOND_FAILS + THIRD_WAITS)
    assert program.reaches_the_moment(), program.err
    program.kill()
    assert shell.statuses() == MIXED
    return shell


def test_a_sweep_is_gone_on_with_and_what_failed_is_trained_anew_on_request(mixed: Shell, reference: Reference) -> None:
    resumed = mixed("resume", "latest", "--sweep")
    assert "1 of 4 runs are already done." in resumed.err
    assert "was interrupted and goes on." in resumed.err
    assert "1 failed; --retry-failed trains them anew." in resumed.err
    assert mixed.statuses() == [*MIXED[:2], ("sgd", 1, "done"), ("momentum", 1, "done")]
    mixed("resume", "latest", "--sweep", "--retry-failed")
    assert mixed.statuses()[4:] == [("momentum", 0, "done")]
    assert "4 of 4 runs are already done." in mixed("resume", "latest", "--sweep").err
    store = RunStore(mixed.results)
    done = [run for run in store.summaries() if run.status == "done"]
    assert {(run.label, run.seed): what_counts(store.load(run.run)) for run in done} == reference(*SWEEP)


def test_needed_goes_on_with_what_was_interrupted_and_tries_again_what_failed(
    mixed: Shell, reference: Reference
) -> None:
    needed = mixed("run", *SWEEP, "--needed")
    assert "1 of 4 runs are already done." in needed.err
    assert [status for *_, status in mixed.statuses()].count("done") == 4
    (failed,) = (run.run for run in RunStore(mixed.results).summaries() if run.status == "failed")
    mixed("rm", failed)
    assert result_of(mixed.results) == reference(*SWEEP)


def test_a_run_that_is_under_way_elsewhere_is_left_there(shell: Shell) -> None:
    first = shell.start("run", *SWEEP, before=SECOND_FAILS + THIRD_WAITS)
    assert first.reaches_the_moment(), first.err
    live = RunStore(shell.results).summaries()[0].run
    refused = shell("resume", live, code=2)
    assert f"{live} is being trained by process {first.pid} on " in refused.err
    assert f"termlab stop {live} ends that" in refused.err
    assert f"{live} is being trained by another process." in shell("resume", live, "--sweep").err
    assert shell.statuses() == [*MIXED[:2], ("sgd", 1, "running"), ("momentum", 1, "done")]
    first.kill()
    shell("resume", live)
    assert shell.statuses()[2] == ("sgd", 1, "done")


def test_of_two_processes_that_go_on_with_a_run_one_does_and_the_other_says_who(shell: Shell) -> None:
    shell(
        "run",
        *RUN,
        before="hold('engine.train', '_train_epoch', call=2, block=lambda: os.kill(os.getpid(), 9))",
        code=-9,
    )
    winner = shell.start("resume", "latest", before="hold('engine.store.lock', 'RunLock.take', after=True)")
    assert winner.reaches_the_moment(), winner.err
    loser = shell("resume", "latest", code=2)
    assert f"is being trained by process {winner.pid} on " in loser.err
    winner.let_go()
    assert winner.wait() == 0, winner.err
    assert shell.statuses() == [("momentum", 0, "done")]


def test_on_error_stop_holds_for_a_sweep_that_is_gone_on_with(shell: Shell, reference: Reference) -> None:
    shell("run", *SWEEP, "--on-error", "stop", before=SECOND_FAILS, code=1)
    assert shell.statuses() == MIXED[:2]
    shell(
        "resume",
        "latest",
        "--sweep",
        "--retry-failed",
        before="hold('engine.train', '_train_epoch', block=fail)",
        code=1,
    )
    assert shell.statuses() == [*MIXED[:2], ("momentum", 0, "failed")]
    shell("resume", "latest", "--sweep", "--retry-failed")
    for run in RunStore(shell.results).summaries():
        if run.status == "failed":
            shell("rm", run.run)
    assert result_of(shell.results) == reference(*SWEEP)


@pytest.mark.parametrize("is_sweep", [False, True])
def test_a_run_is_stopped_from_another_process(is_sweep: bool, shell: Shell, reference: Reference) -> None:
    always_looks = "import engine.runner; engine.runner.LOOK_SECONDS = 0.0"  # the run takes less than a look does
    training = shell.start("run", *SWEEP, before=f"hold('engine.train', 'evaluate'); {always_looks}")
    assert training.reaches_the_moment(), training.err
    options = ["--sweep"] if is_sweep else []
    stop = shell.start("stop", "latest", *options, before="hold('engine.store.run_store', 'RunStore.ask', after=True)")
    assert stop.reaches_the_moment(), stop.err
    training.let_go()
    stop.let_go()
    assert stop.wait() == 0, stop.err
    assert re.search(
        r"stopped on request after step \d+\nIt can be gone on with: termlab resume \S+-sgd-s0\n", stop.err
    )
    assert training.wait() == 75, training.err
    others = [("momentum", 0, "done"), ("sgd", 1, "done"), ("momentum", 1, "done")]
    assert shell.statuses() == [("sgd", 0, "stopped"), *([] if is_sweep else others)]
    stopped = RunStore(shell.results).summaries()[-1].run
    assert f"{stopped} is not being trained: it is stopped" in shell("stop", stopped, code=2).err
    shell("resume", "latest", "--sweep")
    assert result_of(shell.results) == reference(*SWEEP)


@pytest.mark.parametrize("options", [[], ["--sweep"]])
def test_a_run_that_is_paused_goes_on_where_it_is_trained(
    options: list[str], shell: Shell, reference: Reference
) -> None:
    always_looks = "import engine.runner; engine.runner.LOOK_SECONDS = 0.01"
    training = shell.start("run", *SWEEP, before=f"hold('engine.train', 'evaluate'); {always_looks}")
    assert training.reaches_the_moment(), training.err
    store = RunStore(shell.results)
    run_id = store.find("latest")
    store.ask(run_id, "pause")
    training.let_go()
    while store.summary(run_id).status != "paused":
        assert not training.is_over(0.01), training.err
    told = shell("resume", run_id, *options).err
    assert f"{run_id} was paused, and goes on: process {training.pid}" in told
    assert training.wait() == 0, training.err
    assert result_of(shell.results) == reference(*SWEEP)


def test_what_a_sweep_still_trains_is_stopped_by_a_run_of_it_that_is_done(shell: Shell) -> None:
    training = shell.start("run", *SWEEP, before="hold('engine.train', '_train_epoch', call=3)")
    assert training.reaches_the_moment(), training.err
    done = next(run for run in RunStore(shell.results).summaries() if run.status == "done").run
    assert f"termlab stop {done} --sweep" in shell("stop", done, code=2).err
    stop = shell.start("stop", done, "--sweep", before="hold('engine.store.run_store', 'RunStore.ask', after=True)")
    assert stop.reaches_the_moment(), stop.err
    begun = len(shell.statuses())
    training.let_go()
    stop.let_go()
    assert stop.wait() == 0, stop.err
    assert training.wait() in (0, 75), training.err  # 0 where the run was over before it looked
    assert len(shell.statuses()) == begun  # and no other trial was begun in either case


@pytest.mark.parametrize(
    ("between", "begun"),
    [
        ("hold('engine.store.sweeps', 'CalledOff.__bool__', call=3)", 1),
        ("hold('engine.runner', '_begin', call=2, after=True)", 2),
    ],
    ids=["before its data is loaded", "after that"],
)
def test_a_sweep_is_stopped_between_two_of_its_trials(
    between: str, begun: int, shell: Shell, reference: Reference
) -> None:
    training = shell.start("run", *SWEEP, before=between)
    assert training.reaches_the_moment(), training.err
    assert shell.statuses() == [("sgd", 0, "done")]
    assert "No other trial of its sweep is begun." in shell("stop", "latest", "--sweep").err
    training.let_go()
    assert training.wait() == 75, training.err
    assert shell.statuses() == [("sgd", 0, "done"), ("momentum", 0, "stopped")][:begun]
    assert "not being trained" in shell("stop", "latest", "--sweep", code=2).err
    shell("resume", "latest", "--sweep")
    assert result_of(shell.results) == reference(*SWEEP)


def test_a_training_of_its_own_outlives_who_started_it_and_is_stopped_by_its_run(shell: Shell, tmp_path: Path) -> None:
    started = shell("run", *RECIPE, "--only", "sgd", "--epochs", "100000", "--detach", "--json")
    said = json.loads(started.out)
    try:
        assert set(said) == {"sweep", "pid", "trials", "run", "log"}
        assert os.getsid(said["pid"]) == said["pid"]
        assert Path(f"/proc/{said['pid']}/fd/0").readlink() == Path(os.devnull)
        assert shell.statuses() == [("sgd", 0, "running")]
        stopped = shell("stop", said["run"])
        assert "It can be gone on with" in stopped.err
    finally:
        if RunStore(shell.results).summary(said["run"]).status.is_live:
            os.kill(said["pid"], signal.SIGKILL)
    log = (shell.results / said["run"] / "log.txt").read_text()
    assert "run 1 of 1: sgd seed 0" in log
    assert "stopped on request" in log


def test_a_training_of_its_own_that_cannot_start_is_told_at_once(shell: Shell, tmp_path: Path) -> None:
    refused = shell("run", "lenet", "--detach", "--data", str(tmp_path / "nothing"), code=2)
    assert "termlab data get" in refused.err
    assert refused.out == ""
    assert not list(shell.results.rglob("*.json"))


def test_verify_agrees_with_what_was_trained_and_finds_what_was_changed(shell: Shell) -> None:
    shell("run", *RUN)
    run_id = RunStore(shell.results).find("latest")
    log = shell.results / run_id / EVENTS
    whole = log.read_text()
    assert "every loss and all weights are the same, bit for bit" in shell("verify", run_id).err
    assert "every loss and all weights are the same, bit for bit" in shell("verify", run_id, "--from-start").err
    start = whole.rindex('"weights_sha256":"') + len('"weights_sha256":"')
    log.write_text(whole[:start] + ("1" if whole[start] == "0" else "0") + whole[start + 1 :])
    assert "the weights after epoch 3 differ" in shell("verify", run_id, code=1).err
    start = whole.index('"train_loss":[') + len('"train_loss":[')
    digit = whole.index(".", start) + 5
    log.write_text(whole[:digit] + str((int(whole[digit]) + 1) % 10) + whole[digit + 1 :])
    assert "the loss at step 1 is " in shell("verify", run_id, "--from-start", code=1).err
    assert log.read_text() != whole


def test_a_run_that_failed_within_a_step_goes_on_from_before_it(shell: Shell, reference: Reference) -> None:
    shell(
        "run",
        *RUN,
        before="often(); hold('engine.learner', 'AutogradLearner.step', call=60, after=True, block=fail)",
        code=1,
    )
    assert shell.statuses() == [("momentum", 0, "failed")]
    told = shell("resume", "latest").err
    assert "failed: RuntimeError: out of luck" in told
    assert "It goes on from its last checkpoint all the same." in told
    assert result_of(shell.results) == reference(*RUN)


def test_a_process_that_was_silent_for_so_long_that_another_went_on_gives_up(
    shell: Shell, reference: Reference
) -> None:
    """It seems to be on another machine, where only the age of what it writes tells whether it is alive."""
    elsewhere = (
        "import engine.process, engine.store.run_writer as writer; engine.process.host_name = lambda: 'elsewhere'; "
    )
    beats = "writer.HEARTBEAT_SECONDS = 0.05; "
    silent = shell.start(
        "run", *RUN, before=elsewhere + beats + "hold('engine.step_series', 'StepSeries.end_step', call=60)"
    )
    assert silent.reaches_the_moment(), silent.err
    silent.send(signal.SIGSTOP)
    while silent.state() != "T":
        assert not silent.is_over(0.01), silent.err
    folder = shell.results / RunStore(shell.results).find("latest")
    assert "is being trained by process" in shell("resume", folder.name, code=2).err
    for name in (EVENTS, "writer.1.json"):
        os.utime(folder / name, (0, 0))
    assert shell.statuses() == [("momentum", 0, "lost")]
    shell("resume", folder.name)
    silent.send(signal.SIGCONT)
    silent.let_go()
    assert silent.wait() == 1
    assert "was silent for so long that another process has gone on with it" in silent.err
    assert "Traceback" not in silent.err
    assert result_of(shell.results) == reference(*RUN)


@pytest.mark.parametrize("acts", [5, 20, 60, 90])  # before the first run is there, within one, in the last writes
def test_a_quota_that_is_used_up_ends_the_sweep_with_the_reason(acts: int, shell: Shell, reference: Reference) -> None:
    ended = shell("run", *SWEEP, before=f"often(); use_up_quota({acts})", code=1)
    assert "Disk quota exceeded" in " ".join(ended.err.split())
    assert "Traceback" not in ended.err
    shell("run", *SWEEP, "--needed")
    assert result_of(shell.results) == reference(*SWEEP)


@pytest.mark.parametrize(
    "held",
    ["hold('engine.train', 'evaluate')", "hold('engine.store.places', 'claim_place', call=2)"],
    ids=["within a trial", "after it found that nobody has begun one"],
)
def test_two_processes_that_train_one_sweep_share_it(held: str, shell: Shell, reference: Reference) -> None:
    first = shell.start("run", *SWEEP, before=held)
    assert first.reaches_the_moment(), first.err
    shell("resume", "latest", "--sweep")
    first.let_go()
    assert first.wait() == 0, first.err
    assert "3 of the trials went to another process meanwhile." in first.err
    assert result_of(shell.results) == reference(*SWEEP)


def test_a_trial_whose_process_was_killed_before_its_run_was_there_is_begun_by_the_next(
    shell: Shell, reference: Reference
) -> None:
    killed = shell.start("run", *SWEEP, before="hold('engine.store.places', 'claim_place', call=2, after=True)")
    assert killed.reaches_the_moment(), killed.err
    killed.send(signal.SIGKILL)
    killed.wait()
    assert shell.statuses() == [("sgd", 0, "done")]
    shell("resume", "latest", "--sweep")
    assert result_of(shell.results) == reference(*SWEEP)


def test_what_a_process_left_that_shared_a_sweep_is_gone_on_with_by_the_other(
    shell: Shell, reference: Reference
) -> None:
    """The first begins the second trial; the other trains the rest, and by then the first has been killed."""
    first = shell.start("run", *SWEEP, before="often(); hold('engine.train', 'evaluate', call=3)")
    assert first.reaches_the_moment(), first.err
    other = shell.start("resume", "latest", "--sweep", before="hold('engine.runner', '_run_trial', call=2, after=True)")
    assert other.reaches_the_moment(), other.err
    first.kill()
    other.let_go()
    assert other.wait() == 0, other.err
    assert "Left by a process that is gone, and gone on with here: 1 trial." in other.err
    assert result_of(shell.results) == reference(*SWEEP)


def test_a_trial_that_fails_is_not_tried_by_every_process_that_shares_its_sweep(shell: Shell) -> None:
    fails = "hold('engine.train', '_train_epoch', call=3, block=fail)"
    first = shell.start("run", *SWEEP, before=f"hold('engine.store.places', 'claim_place', call=2); {fails}")
    assert first.reaches_the_moment(), first.err
    other = shell("resume", "latest", "--sweep", before="hold('engine.train', '_train_epoch', block=fail)", code=1)
    assert "failed: RuntimeError: out of luck" in other.err
    first.let_go()
    assert first.wait() == 0, first.err
    assert sorted(status for _, _, status in shell.statuses()) == ["done", "done", "done", "failed"]


def test_another_device_is_taken_by_a_process_of_its_own_too(mixed: Shell) -> None:
    started = json.loads(mixed("resume", "latest", "--sweep", "--device", "cpu", "--detach", "--json").out)
    with contextlib.suppress(ProcessLookupError):  # where it is over already
        select.select([os.pidfd_open(started["pid"])], [], [], PATIENCE_SECONDS)
    store = RunStore(mixed.results)
    assert [status for _, _, status in mixed.statuses()] == ["done", "failed", "done", "done"]
    newest = store.load(store.summaries()[0].run)
    assert (newest.sweep, newest.trial.config.device) == (started["sweep"], "cpu")


@needs_mnist
def test_a_run_goes_on_with_the_data_that_it_was_started_with(shell: Shell) -> None:
    few = ("data.name=mnist", "data.train_limit=200", "data.test_limit=100", "--only", "sgd", "--epochs", "3")
    ended = shell.start("run", "digits-first", *few, "--data", str(REAL_DATA), before=THIRD_WAITS.replace("5", "2"))
    assert ended.reaches_the_moment(), ended.err
    ended.kill()
    shell("resume", "latest")
    assert shell.statuses() == [("sgd", 0, "done")]
    assert "bit for bit" in shell("verify", "latest", "--from-start").err
