"""Runs of a later termlab, or of a machine whose clock was set back: shown as well as they can be, and named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import DamagedError
from engine.events import Event
from engine.store import EVENTS, SUMMARY, RunStore
from engine.store.run_tail import MOST_UNKNOWN
from engine.summary import RunStatus
from tests.builders import build_epoch, build_events, build_finished, build_started, build_steps, save_run
from tests.tui.invoke import Shell


def add_events(folder: Path, *kinds: str) -> None:
    """Add events of these kinds behind the first line of a log, as a later termlab might."""
    first, *others = (folder / EVENTS).read_text().splitlines(keepends=True)
    new = [json.dumps({"event": kind, "time": 1.0, "pages": [1, 2]}) + "\n" for kind in kinds]
    (folder / EVENTS).write_text("".join([first, *new, *others]))
    (folder / SUMMARY).unlink(missing_ok=True)


def test_events_of_unknown_kinds_are_passed_over_and_named(tmp_path: Path) -> None:
    run_id = save_run(tmp_path)
    expected = RunStore(tmp_path).summary(run_id)
    add_events(tmp_path / run_id, "page_turned", "page_turned", "book_closed")
    store = RunStore(tmp_path)
    assert store.summary(run_id) == expected
    run = store.load(run_id)
    assert len(run.series["train_loss"]) == 20
    assert ["page_turned" in note.text for note in run.notes] == [True, False]
    assert ["book_closed" in note.text for note in run.notes] == [False, True]
    assert {note.level for note in run.notes} == {"warning"}


def test_they_are_told_by_show_and_doctor(termlab: Shell, tmp_path: Path) -> None:
    results = tmp_path / "results"
    run_id = save_run(results)
    add_events(results / run_id, "page_turned")
    shown = termlab("show", run_id)
    assert shown.code == 0
    assert 'events of the kind "page_turned" are passed over' in shown.out
    assert "page_turned" in termlab("doctor").out


def test_a_log_of_nothing_known_does_not_fill_the_notes(tmp_path: Path) -> None:
    run_id = save_run(tmp_path)
    add_events(tmp_path / run_id, *(f"kind{number}" for number in range(1000)))
    assert len(RunStore(tmp_path).load(run_id).notes) == MOST_UNKNOWN


def test_nobody_goes_on_with_a_run_that_it_does_not_understand(tmp_path: Path) -> None:
    run_id = save_run(tmp_path, events=[build_started(), build_steps(10), build_finished("stopped")])
    add_events(tmp_path / run_id, "page_turned")
    before = {path.name: path.read_bytes() for path in (tmp_path / run_id).iterdir()}
    with pytest.raises(DamagedError, match="page_turned"):
        RunStore(tmp_path).reopen(run_id)
    assert {path.name: path.read_bytes() for path in (tmp_path / run_id).iterdir()} == before


@pytest.mark.parametrize(
    "line", ['{"event":"page_turned"', '{"event":3,"time":1}', '{"time":1}', "[]", '"page_turned"']
)
def test_what_is_no_event_at_all_is_damage_as_before(line: str, tmp_path: Path) -> None:
    run_id = save_run(tmp_path)
    with (tmp_path / run_id / EVENTS).open("a") as log:
        log.write(line + "\n")
    assert RunStore(tmp_path).summary(run_id).status is RunStatus.DAMAGED


@pytest.mark.parametrize("file", ["config.json", "summary.json"])
def test_a_whole_format_of_a_later_version_is_one_row_or_no_matter(file: str, termlab: Shell, tmp_path: Path) -> None:
    results = tmp_path / "results"
    later, other = save_run(results), save_run(results)
    path = results / later / file
    key = "format" if file == "config.json" else "schema_version"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: 99}))
    found = {run["run"]: run for run in json.loads(termlab("ls", "--json").out)}
    assert found[other]["status"] == "done"
    if file == "summary.json":  # a cache
        assert found[later]["status"] == "done"
    else:
        assert found[later]["reason"] == "config.json has format 99; this termlab reads 1, a later one wrote it"


def test_a_clock_that_was_set_back_changes_no_curve(termlab: Shell, tmp_path: Path) -> None:
    results = tmp_path / "results"
    save_run(results)
    expected = RunStore(results).load(RunStore(results).find("latest"))
    hour = 3600.0
    events: list[Event] = [
        event.model_copy(update={"time": event.time - number * hour}) for number, event in enumerate(build_events())
    ]
    run_id = save_run(results, events=events)
    summary, run = RunStore(results).summary(run_id), RunStore(results).load(run_id)
    assert (summary.status, summary.steps, summary.train_seconds) == ("done", 20, 0.2)
    assert (run.series, run.tick_seconds) == (expected.series, expected.tick_seconds)
    assert "clock        it was set back" in termlab("show", run_id).out
    for command in (
        ["show", run_id],
        ["ls"],
        ["plot", run_id, "--x", "wall"],
        ["plot", run_id, "--x", "time"],
        ["watch", run_id],
        ["doctor"],
    ):
        assert termlab(*command).code == 0, command


def test_training_time_that_goes_back_places_no_step_before_the_last(tmp_path: Path) -> None:
    steps = build_steps(20, first=11).model_copy(update={"train_seconds": 0.05})
    run_id = save_run(tmp_path, events=[build_started(), build_steps(10), build_epoch(1), steps, build_finished()])
    run = RunStore(tmp_path).load(run_id)
    assert list(run.tick_seconds) == sorted(run.tick_seconds)
    assert run.seconds_at(15) == pytest.approx(0.1)
