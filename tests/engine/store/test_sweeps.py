"""What was started together, on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import DamagedError
from engine.store import RunStore
from engine.store.sweeps import create_sweep, load_sweep
from tests.builders import build_trial, save_run


def test_a_sweep_is_read_as_it_was_written(tmp_path: Path) -> None:
    trials = [build_trial(overrides={"seed": seed}) for seed in range(3)]
    written = create_sweep(tmp_path, trials, on_error="stop", adopted={1: "abcdef-older"})
    assert load_sweep(tmp_path, written.id) == written
    assert load_sweep(tmp_path, written.id).trials == tuple(trials)


def test_a_sweep_of_thousands_of_trials_can_be_read(tmp_path: Path) -> None:
    trials = [build_trial(overrides={"seed": seed}) for seed in range(1500)]
    written = create_sweep(tmp_path, trials)
    assert (tmp_path / ".sweeps" / f"{written.id}.json").stat().st_size > 2**20
    assert len(load_sweep(tmp_path, written.id).trials) == 1500


def test_sweeps_are_no_runs(tmp_path: Path) -> None:
    create_sweep(tmp_path, [build_trial()])
    run_id = save_run(tmp_path)
    assert [summary.run for summary in RunStore(tmp_path).summaries()] == [run_id]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"format": 2}, "has format 2"),
        ({"trials": None}, "is not readable as a sweep"),
        ({"trials": [{"preset": "x"}]}, "is not readable as a sweep"),
        ({"adopted": []}, "is not readable as a sweep"),
        ({"adopted": {"first": "run"}}, "is not readable as a sweep"),
    ],
)
def test_a_damaged_sweep_says_what_is_wrong(tmp_path: Path, change: dict[str, object], fault: str) -> None:
    sweep = create_sweep(tmp_path, [build_trial()])
    path = tmp_path / ".sweeps" / f"{sweep.id}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DamagedError, match=fault):
        load_sweep(tmp_path, sweep.id)


@pytest.mark.parametrize("name", ["../elsewhere", "", "a b", "x" * 40])
def test_the_name_of_a_sweep_is_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(DamagedError, match="is not the id of a sweep"):
        load_sweep(tmp_path, name)


def test_a_sweep_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match=r"abc\.json: No such file"):
        load_sweep(tmp_path, "abc")
