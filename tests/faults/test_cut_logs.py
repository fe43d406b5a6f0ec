"""A log that was cut, which no line of it tells: doctor says what is missing, and what it advises helps."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.process import Writer
from engine.store import CHECKPOINT, EVENTS, SET_ASIDE, SUMMARY, RunStore
from engine.summary import RunStatus
from engine.tensor_file import load_tensors, save_tensors
from tests.faults.program import go_on
from tests.faults.real_run import WRITER, RealRun, on_disk
from tests.faults.test_damage import findings
from tests.tui.invoke import Shell


def cut_before(run: RealRun, event: str) -> int:
    """Cut the log before the last line of this kind, and return its length."""
    lines = run.contents[EVENTS].splitlines(keepends=True)
    last = max(at for at, line in enumerate(lines) if json.loads(line)["event"] == event)
    (run.folder / EVENTS).write_bytes(b"".join(lines[:last]))
    return (run.folder / EVENTS).stat().st_size


def damage_of(termlab: Shell, run: RealRun) -> dict[str, Any]:
    code, found = findings(termlab)
    assert code == 4
    assert found[f"run {run.run_id}"]["state"] == "damaged"
    return found[f"run {run.run_id}"]


def test_a_log_that_ends_before_the_checkpoint_is_damaged_and_trained_anew_once_that_is_deleted(
    termlab: Shell, stopped: RealRun
) -> None:
    before = RunStore(stopped.results).load(stopped.run_id)
    cut_before(stopped, "steps_done")
    (stopped.folder / SUMMARY).unlink()
    told = damage_of(termlab, stopped)
    assert told["text"] == "the checkpoint is of step 6, and the log ends at step 3"
    assert f"Restore {stopped.folder / EVENTS} from a copy" in told["remedy"]
    assert f"delete {stopped.folder / CHECKPOINT}" in told["remedy"]
    refused = termlab("resume", stopped.run_id)
    assert refused.code == 4
    assert " ".join(refused.err.split()).startswith(f"termlab: {stopped.run_id} cannot be gone on with: {told['text']}")

    (stopped.folder / CHECKPOINT).unlink()
    assert findings(termlab)[0] == 0
    again = go_on(stopped.results, stopped.run_id)
    assert again.status is RunStatus.DONE
    assert [epoch.weights_sha256 for epoch in again.epochs[:2]] == [epoch.weights_sha256 for epoch in before.epochs]


def test_a_log_shorter_than_its_summary_says_is_damaged_and_what_is_left_can_be_gone_on_with(
    termlab: Shell, stopped: RealRun
) -> None:
    length = cut_before(stopped, "run_finished")
    told = damage_of(termlab, stopped)
    whole = len(stopped.contents[EVENTS])
    assert told["text"] == (
        f"events.jsonl was cut: it has {length:,} bytes of whole lines, and had {whole:,} when summary.json was written"
    )
    assert told["remedy"].startswith(f"Restore {stopped.folder / EVENTS} from a copy; without one termlab resume")
    assert go_on(stopped.results, stopped.run_id).status is RunStatus.DONE
    assert findings(termlab)[0] == 0


def test_a_byte_is_enough(termlab: Shell, finished: RealRun) -> None:
    """The last line is then torn, and its run one whose process seems to be gone."""
    (finished.folder / EVENTS).write_bytes(finished.contents[EVENTS][:-1])
    assert "events.jsonl was cut" in damage_of(termlab, finished)["text"]


def test_a_finished_run_is_judged_by_its_summary(termlab: Shell, finished: RealRun) -> None:
    document = json.loads(finished.contents[SUMMARY])
    (finished.folder / SUMMARY).write_text(json.dumps(document | {"events_bytes": document["events_bytes"] + 1}))
    told = damage_of(termlab, finished)
    assert f"delete {finished.folder / SUMMARY}" in told["remedy"]
    (finished.folder / SUMMARY).unlink()
    assert findings(termlab)[0] == 0


@pytest.mark.parametrize("number", [True, "9", -1, None, 10.0**6])
def test_a_summary_that_does_not_tell_a_length_proves_nothing(
    termlab: Shell, finished: RealRun, number: object
) -> None:
    document = json.loads(finished.contents[SUMMARY])
    (finished.folder / SUMMARY).write_text(json.dumps(document | {"events_bytes": number}))
    assert findings(termlab)[0] == 0


def test_both_are_told_and_set_aside_as_they_are(termlab: Shell, stopped: RealRun) -> None:
    cut_before(stopped, "steps_done")
    before = on_disk(stopped.folder)
    code, found = findings(termlab, "--set-aside")
    target = stopped.results / SET_ASIDE / stopped.run_id
    assert code == 0
    assert "set aside: events.jsonl was cut" in found[f"run {stopped.run_id}"]["text"]
    assert "; the checkpoint is of step 6" in found[f"run {stopped.run_id}"]["text"]
    assert on_disk(target) == {path.replace(str(stopped.folder), str(target)): now for path, now in before.items()}


def test_a_run_that_is_being_trained_is_not_judged(termlab: Shell, stopped: RealRun) -> None:
    here = Writer.here()
    document = {"host": here.host, "pid": here.pid, "process_started": here.process_started}
    lines = stopped.contents[EVENTS].splitlines(keepends=True)
    first = json.loads(lines[0]) | document
    (stopped.folder / EVENTS).write_text(json.dumps(first) + "\n")
    (stopped.folder / WRITER).write_text(json.dumps(document))
    assert RunStore(stopped.results).summary(stopped.run_id).status is RunStatus.RUNNING
    code, found = findings(termlab, "--set-aside")
    assert (code, f"run {stopped.run_id}" in found, stopped.folder.exists()) == (0, False, True)


def test_whole_runs_of_every_end_are_told_of_as_before(
    termlab: Shell, stopped: RealRun, trained: tuple[RealRun, RealRun]
) -> None:
    shutil.copytree(trained[0].folder, stopped.results / trained[0].run_id)
    code, found = findings(termlab)
    assert code == 0
    assert not any(subject.startswith("run ") for subject in found)


def test_a_checkpoint_that_resume_would_refuse_is_told_of_beside_the_run(termlab: Shell, stopped: RealRun) -> None:
    path = stopped.folder / CHECKPOINT
    save_tensors(path, load_tensors(path, what="a checkpoint") | {"progress": []})
    code, found = findings(termlab)
    told = found[f"run {stopped.run_id}"]
    assert (code, told["state"]) == (2, "warning")
    assert told["text"] == "checkpoint.pt: does not hold a checkpoint: progress is no table"
    assert "trains the run anew from its first step" in told["remedy"]


def test_without_torch_a_checkpoint_is_still_looked_at(
    termlab: Shell, stopped: RealRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "engine.checkpoint", None)
    path: Path = stopped.folder / CHECKPOINT
    path.write_bytes(stopped.contents[CHECKPOINT][:-100])
    code, found = findings(termlab)
    assert code == 2
    assert found[f"run {stopped.run_id}"]["text"].startswith("checkpoint.pt: it is cut off")
