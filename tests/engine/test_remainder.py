"""What is left of trials, decided by the runs there are of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.presets import load_preset
from engine.remainder import Work, remainder_of_sweep, remainder_of_trials
from engine.store.sweeps import Sweep, SweepPlace
from engine.summary import RunStatus, RunSummary
from engine.sweep import expand
from engine.trial import Trial
from tests.builders import build_summary, build_trial

TRIALS = [build_trial(overrides={"seed": seed}) for seed in range(5)]
SWEEP = Sweep("abc123", tuple(TRIALS), adopted={4: "older-run"})


def saved(seed: int, status: RunStatus, run: str = "", **changes: object) -> RunSummary:
    """Return a run of one of the trials, of which each has its seed as its place."""
    known = {"fingerprint": TRIALS[seed].config.fingerprint, "seed": seed, "sweep": SWEEP.id, "place": seed}
    return build_summary(run or f"run{seed}-{status}", status=status, **known | changes)


def test_each_trial_is_sorted_by_what_became_of_its_run() -> None:
    runs = [saved(0, RunStatus.DONE), saved(1, RunStatus.LOST), saved(2, RunStatus.PAUSED), saved(3, RunStatus.FAILED)]
    left = remainder_of_sweep(SWEEP, runs, retry_failed=False)
    assert (left.done, left.interrupted, left.elsewhere, left.failed, left.anew) == (
        [0],
        {1: "run1-lost"},
        {2: "run2-paused"},
        [3],
        [4],
    )
    assert left.places == [1, 4]
    assert remainder_of_sweep(SWEEP, runs, retry_failed=True).anew == [3, 4]


def test_what_is_left_of_a_sweep_keeps_its_places() -> None:
    runs = [saved(0, RunStatus.DONE), saved(1, RunStatus.STOPPED), saved(2, RunStatus.DONE)]
    work = Work.of_rest(SWEEP, remainder_of_sweep(SWEEP, runs, retry_failed=False))
    assert work.trials == (TRIALS[1], TRIALS[3], TRIALS[4])
    assert work.interrupted == {0: "run1-stopped"}
    assert work.belongs == (SweepPlace("abc123", 1), SweepPlace("abc123", 3), SweepPlace("abc123", 4))


def test_a_run_that_a_sweep_took_over_is_of_it() -> None:
    run = saved(4, RunStatus.STOPPED, "older-run", sweep="another", place=0)
    assert remainder_of_sweep(SWEEP, [run], retry_failed=False).interrupted == {4: "older-run"}


def test_a_run_that_had_failed_when_it_was_taken_over_goes_on_once() -> None:
    sweep = replace(SWEEP, created=10.0)
    before = saved(4, RunStatus.FAILED, "older-run", sweep="another", updated=9.0)
    assert remainder_of_sweep(sweep, [before], retry_failed=False).interrupted == {4: "older-run"}
    again = replace(before, updated=11.0)
    assert remainder_of_sweep(sweep, [again], retry_failed=False).failed == [4]


def test_runs_of_other_sweeps_are_not_of_this_one() -> None:
    runs = [saved(place, RunStatus.DONE, sweep="another") for place in range(5)]
    assert remainder_of_sweep(SWEEP, runs, retry_failed=False).places == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("older", "newer", "kind"),
    [
        (RunStatus.FAILED, RunStatus.DONE, "done"),
        (RunStatus.DONE, RunStatus.STOPPED, "done"),
        (RunStatus.STOPPED, RunStatus.RUNNING, "elsewhere"),
        (RunStatus.STOPPED, RunStatus.FAILED, "interrupted"),
        (RunStatus.FAILED, RunStatus.DAMAGED, "anew"),
    ],
)
def test_of_several_runs_of_a_trial_the_one_that_came_furthest_counts(
    older: RunStatus, newer: RunStatus, kind: str
) -> None:
    runs = [saved(0, older, created=1.0), saved(0, newer, created=2.0)]
    assert 0 in getattr(remainder_of_trials(TRIALS, runs), kind)


def test_of_two_interrupted_runs_the_newer_one_goes_on() -> None:
    runs = [saved(0, RunStatus.LOST, "old", created=1.0), saved(0, RunStatus.STOPPED, "new", created=2.0)]
    assert remainder_of_trials(TRIALS, runs).interrupted == {0: "new"}


@pytest.mark.parametrize("status", list(RunStatus))
def test_another_seed_is_another_trial(status: RunStatus) -> None:
    assert remainder_of_trials(TRIALS[:1], [saved(1, status)]).anew == [0]


def test_a_run_on_another_device_or_of_another_preset_counts_as_done() -> None:
    [trial] = expand(load_preset("digits-first"), only=["sgd"], overrides={"device": "cuda"})
    run = build_summary(fingerprint=trial.config.fingerprint, seed=0, device="cpu", preset="other")
    assert remainder_of_trials([trial], [run]).done == [0]


def test_a_trial_of_another_recipe_is_not_done() -> None:
    trials: list[Trial] = expand(load_preset("digits-first"))
    run = build_summary(fingerprint=trials[0].config.fingerprint, seed=0)
    assert remainder_of_trials(trials, [run]).anew == [1]
