"""What says which trials were started together is damaged: doctor finds it before `resume --sweep` does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.control import Control
from engine.events import EpochDone
from engine.remainder import Work
from engine.runner import run_trials
from engine.store import RunStore
from engine.store.files import SWEEPS
from engine.store.sweeps import create_sweep
from tests.builders import build_trial
from tests.faults.test_damage import MAKE, findings, rewrite
from tests.tui.invoke import Shell


@pytest.fixture
def sweep(tmp_path: Path) -> str:
    """A sweep of two trials, of which one was stopped and the other never began."""
    store = RunStore(tmp_path / "results")
    trials = [build_trial(label, overrides={"data.train_limit": 64}) for label in ("a", "b")]
    work = Work.of_new(create_sweep(store.folder, trials))
    stream = run_trials(work.trials, store, data_folder=tmp_path, control=Control(), belongs=work.belongs)
    for happened in stream:
        if isinstance(happened.event, EpochDone):
            break
    stream.close()
    return work.belongs[0].sweep


def path_of(folder: Path, sweep: str) -> Path:
    return folder / "results" / SWEEPS / f"{sweep}.json"


def test_a_whole_one_and_its_claims_are_nothing_to_tell_of(termlab: Shell, sweep: str, tmp_path: Path) -> None:
    assert path_of(tmp_path, f"{sweep}.0.1").exists()
    code, found = findings(termlab)
    assert code == 0
    assert not any(subject.startswith("sweep ") for subject in found)


@pytest.mark.parametrize("make", MAKE, ids=lambda make: make.__name__)
def test_whatever_stands_for_one_is_a_warning_with_what_still_works(
    make: Callable[[Path, str], None], termlab: Shell, sweep: str, tmp_path: Path
) -> None:
    path = path_of(tmp_path, sweep)
    make(path.parent, path.name)
    code, found = findings(termlab)
    told = found[f"sweep {sweep}"]
    assert (code, told["state"]) == (2, "warning")
    assert f"{SWEEPS}/{sweep}.json" in told["text"]
    assert f"Restore {path} from a copy" in told["remedy"]
    assert termlab("resume", "latest", "--sweep").code == 4


def test_what_the_remedy_says_is_so(termlab: Shell, sweep: str, tmp_path: Path) -> None:
    path = path_of(tmp_path, sweep)
    path.write_bytes(path.read_bytes()[:-100])
    assert findings(termlab)[0] == 2
    path.unlink()
    code, found = findings(termlab)
    assert (code, f"sweep {sweep}" in found) == (0, False)
    resumed = termlab("resume", "latest", "--progress", "plain")
    assert (resumed.code, RunStore(tmp_path / "results").summaries()[0].status) == (0, "done")


@pytest.mark.parametrize("changes", [{"format": 0}, {"format": "x"}, {"trials": 5}, {"adopted": []}, {"created": "x"}])
def test_a_value_that_cannot_be_is_told(changes: dict[str, object], termlab: Shell, sweep: str, tmp_path: Path) -> None:
    rewrite(path_of(tmp_path, sweep), changes)
    code, found = findings(termlab, "--set-aside")
    assert (code, found[f"sweep {sweep}"]["state"]) == (2, "warning")
    assert path_of(tmp_path, sweep).exists()


def test_one_of_a_later_termlab_is_not_to_be_deleted(termlab: Shell, sweep: str, tmp_path: Path) -> None:
    rewrite(path_of(tmp_path, sweep), {"format": 2})
    code, found = findings(termlab)
    told = found[f"sweep {sweep}"]
    assert (code, told["state"]) == (0, "notice")
    assert told["text"] == f"{SWEEPS}/{sweep}.json has format 2; this termlab reads 1, a later one wrote it"
    assert "eleting" not in told["remedy"]


def test_a_file_of_another_name_is_somebody_elses(termlab: Shell, sweep: str, tmp_path: Path) -> None:
    path_of(tmp_path, "Copy of it").write_text(json.dumps(sweep))
    assert findings(termlab)[0] == 0


def test_a_damaged_run_of_a_sweep_is_named_and_set_aside_is_trained_anew(
    termlab: Shell, sweep: str, tmp_path: Path
) -> None:
    store = RunStore(tmp_path / "results")
    (begun,) = store.summaries()
    config = store.folder / begun.run / "config.json"
    config.write_text("{".ljust(config.stat().st_size))  # of its length, so that the summary is believed
    resume = ("resume", begun.run, "--sweep", "--progress", "plain")
    outcome = termlab(*resume)
    assert outcome.code == 4
    assert f"termlab: {begun.run} cannot be read: config.json is not JSON" in " ".join(outcome.err.split())
    assert "termlab doctor --set-aside" in " ".join(outcome.err.split())
    assert termlab("doctor", "--set-aside").code == 0
    (other,) = store.summaries()
    assert termlab("resume", other.run, *resume[2:]).code == 0
    assert sorted((run.label, run.sweep, run.status) for run in store.summaries()) == [
        ("a", sweep, "done"),
        ("b", sweep, "done"),
    ]
