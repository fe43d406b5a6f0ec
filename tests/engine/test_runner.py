"""Trials one after another: recorded, isolated from each other, paused and stopped."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import torch

from engine.control import Control
from engine.errors import ConfigError, DataError, DeviceError, ModelError, StoreError
from engine.events import EpochDone, Noted, RunFinished, StepsDone
from engine.models import build_model
from engine.runner import TrialEvent, run_trials
from engine.store import BEST_WEIGHTS, CHECKPOINT, RunStore
from engine.store.requests import REQUEST, ask, take_request
from engine.summary import RunStatus
from engine.trial import Trial
from engine.trial_facts import check_trials
from tests.builders import build_trial

NOWHERE = Path("there-is-no-data-here")


def small(label: str, **changes: str) -> Trial:
    overrides = {"model.hidden": "16", "train.epochs": "2", "train.batch_size": "256"}
    return build_trial(label, overrides=overrides | {key.replace("__", "."): text for key, text in changes.items()})


def endings(events: list[TrialEvent]) -> list[tuple[str, str]]:
    return [(one.trial.label, one.event.status) for one in events if isinstance(one.event, RunFinished)]


def test_every_event_is_on_disk_before_it_is_seen(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    events = run_trials([small("only")], store, data_folder=NOWHERE, control=Control())
    for seen, happened in enumerate(events, start=1):
        lines = (tmp_path / happened.run_id / "events.jsonl").read_text().splitlines()
        assert len(lines) == seen


@pytest.mark.parametrize("seconds", [0.0, 1e9])  # written at once, and at the end
def test_a_run_keeps_the_weights_of_its_last_and_of_its_best_epoch(
    seconds: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.checkpoint_saver.MOST_OFTEN_SECONDS", seconds)
    trial = small("only", optim__lr="1", optim__momentum="0.9", train__epochs="6")  # goes up and down
    list(run_trials([trial], RunStore(tmp_path), data_folder=NOWHERE, control=Control()))
    (folder,) = tmp_path.iterdir()
    assert sorted(path.name for path in folder.iterdir()) == [
        "best.pt",
        "checkpoint.pt",
        "config.json",
        "events.jsonl",
        "summary.json",
        "weights.pt",
        "writer.1.json",
    ]
    from engine.data.load import load_dataset
    from engine.weights import load_weights

    dataset = load_dataset(trial.config.data, NOWHERE)
    metrics = RunStore(tmp_path).summary(folder.name).metrics
    assert metrics["best_test_accuracy"] > metrics["test_accuracy"]
    for file, metric in (("weights.pt", "test_accuracy"), ("best.pt", "best_test_accuracy")):
        model = build_model(trial.config.model, dataset.image_shape, dataset.classes)
        load_weights(folder / file, model)
        with torch.no_grad():
            predicted = model.eval()(dataset.test.images.float() / 255).argmax(1)
        accuracy = (predicted == dataset.test.labels).float().mean().item()
        assert metrics[metric] == pytest.approx(accuracy, abs=1e-6)


def test_a_disk_that_refuses_the_weights_ends_the_run_with_the_reason_and_starts_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.checkpoint_saver.save_tensors", refuse)
    store = RunStore(tmp_path)
    with pytest.raises(StoreError, match="first-s0 cannot be written: No space left on device"):
        list(run_trials([small("first"), small("second")], store, data_folder=NOWHERE, control=Control()))
    (summary,) = store.summaries()
    assert summary.status == "failed"
    assert "No space left on device" in summary.reason


def test_checkpoints_that_the_disk_refuses_are_told_once_and_so_is_their_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MOST_OFTEN_SECONDS", "WITHIN_EPOCH_SECONDS"):
        monkeypatch.setattr(f"engine.checkpoint_saver.{name}", 0.0)
    attempts: list[object] = []

    def refuse(*_: object, **__: object) -> None:
        attempts.append(None)
        raise OSError(28, "No space left on device")

    with pytest.MonkeyPatch.context() as full:
        full.setattr("engine.checkpoint_saver.save_tensors", refuse)
        full.setattr("engine.checkpoint_saver.save_checkpoint", refuse)
        told: list[str] = []
        control = Control()
        stream = run_trials(
            [small("only", train__epochs="100000")], RunStore(tmp_path), data_folder=NOWHERE, control=control
        )
        for happened in stream:
            told += [happened.event.text] if isinstance(happened.event, Noted) else []
            if len(attempts) >= 20:
                full.undo()
            if len(told) == 2:
                control.stop_all()
    assert told == [
        "no checkpoint can be saved: No space left on device; the training goes on",
        "checkpoints are saved again",
    ]
    (summary,) = RunStore(tmp_path).summaries()
    assert summary.status is RunStatus.STOPPED
    assert {BEST_WEIGHTS, CHECKPOINT} < {path.name for path in (tmp_path / summary.run).iterdir()}


def test_a_fault_of_the_thread_that_saves_ends_the_run_and_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no idea")

    monkeypatch.setattr("engine.checkpoint_saver.save_checkpoint", fail)
    with pytest.raises(StoreError, match="no checkpoint can be made: RuntimeError: no idea"):
        list(run_trials([small("only")], RunStore(tmp_path), data_folder=NOWHERE, control=Control()))
    (summary,) = RunStore(tmp_path).summaries()
    assert (summary.status, "no idea" in summary.reason) == (RunStatus.FAILED, True)


def test_a_run_that_diverges_fails_and_the_next_one_goes_on(tmp_path: Path) -> None:
    trials = [small("bad", optim__lr="1", optim__weight_decay="100", train__epochs="20"), small("good")]
    events = list(run_trials(trials, RunStore(tmp_path), data_folder=NOWHERE, control=Control()))
    assert endings(events) == [("bad", "failed"), ("good", "done")]
    bad = next(run for run in RunStore(tmp_path).summaries() if run.label == "bad")
    assert "at step " in bad.reason


def test_on_error_stop_starts_nothing_after_a_failure(tmp_path: Path) -> None:
    trials = [small("bad", optim__lr="1", optim__weight_decay="100", train__epochs="20"), small("good")]
    store = RunStore(tmp_path)
    events = list(run_trials(trials, store, data_folder=NOWHERE, control=Control(), on_error="stop"))
    assert endings(events) == [("bad", "failed")]


def test_a_trial_that_cannot_start_is_saved_as_failed(tmp_path: Path) -> None:
    trials = [small("bad", data__name="mnist"), small("good")]
    events = list(run_trials(trials, RunStore(tmp_path), data_folder=NOWHERE, control=Control()))
    assert endings(events) == [("bad", "failed"), ("good", "done")]
    saved = {run.label: run for run in RunStore(tmp_path).summaries()}
    assert set(saved) == {"bad", "good"}
    bad = saved["bad"]
    assert (bad.run, bad.status, bad.steps, bad.metrics) == (events[0].run_id, RunStatus.FAILED, 0, {})
    assert "mnist" in bad.reason
    assert RunStore(tmp_path).load(bad.run).finished == events[0].event


def test_a_crash_inside_training_is_recorded_with_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_args: object, **_more: object) -> None:
        raise RuntimeError("not enough memory: you tried to allocate 8 EB")

    monkeypatch.setattr("engine.objective.F.cross_entropy", crash)
    events = list(run_trials([small("bad")], RunStore(tmp_path), data_folder=NOWHERE, control=Control()))
    assert endings(events) == [("bad", "failed")]
    (summary,) = RunStore(tmp_path).summaries()
    assert summary.reason == "RuntimeError: not enough memory: you tried to allocate 8 EB"
    notes = RunStore(tmp_path).load(summary.run).notes
    assert "Traceback" in notes[0].text


def test_stopping_all_ends_the_run_as_stopped_and_starts_no_other(tmp_path: Path) -> None:
    control = Control()
    events = []
    trials = [small("first", train__epochs="10000"), small("second")]
    for happened in run_trials(trials, RunStore(tmp_path), data_folder=NOWHERE, control=control):
        events.append(happened)
        if isinstance(happened.event, EpochDone):
            control.stop_all()
    assert endings(events) == [("first", "stopped")]
    (summary,) = RunStore(tmp_path).summaries()
    assert summary.status is RunStatus.STOPPED
    assert summary.reason == f"stopped on request after step {summary.steps}"
    assert (tmp_path / summary.run / "weights.pt").exists()


def test_stopping_one_run_goes_on_with_the_next(tmp_path: Path) -> None:
    control = Control()
    events = []
    trials = [small("first", train__epochs="10000"), small("second")]
    for happened in run_trials(trials, RunStore(tmp_path), data_folder=NOWHERE, control=control):
        events.append(happened)
        if happened.index == 0 and isinstance(happened.event, EpochDone):
            control.stop_run()
    assert endings(events) == [("first", "stopped"), ("second", "done")]


def test_a_reader_that_leaves_ends_the_run_as_stopped(tmp_path: Path) -> None:
    events = run_trials([small("only")], RunStore(tmp_path), data_folder=NOWHERE, control=Control())
    next(happened for happened in events if isinstance(happened.event, StepsDone))
    events.close()
    (summary,) = RunStore(tmp_path).summaries()
    assert summary.status is RunStatus.STOPPED


def test_a_pause_holds_the_training_and_shows_on_disk_until_it_goes_on(tmp_path: Path) -> None:
    control = Control()
    is_paused = threading.Event()
    events: list[TrialEvent] = []

    def consume() -> None:
        for happened in run_trials([small("only")], RunStore(tmp_path), data_folder=NOWHERE, control=control):
            events.append(happened)
            if isinstance(happened.event, StepsDone) and not is_paused.is_set():
                control.pause()
            if isinstance(happened.event, Noted) and happened.event.mark == "paused":
                is_paused.set()

    thread = threading.Thread(target=consume)
    thread.start()
    assert is_paused.wait(60)
    (summary,) = RunStore(tmp_path).summaries()
    assert summary.status is RunStatus.PAUSED
    control.resume()
    thread.join(60)
    assert endings(events) == [("only", "done")]
    assert [one.event.mark for one in events if isinstance(one.event, Noted)] == ["paused", "resumed"]


def test_another_process_pauses_resumes_and_stops_a_run_through_its_folder(tmp_path: Path) -> None:
    events: list[TrialEvent] = []
    marks: list[str] = []
    trials = [small("first", train__epochs="100000"), small("second")]
    stream = run_trials(trials, RunStore(tmp_path), data_folder=NOWHERE, control=Control())
    helper: threading.Timer | None = None
    for happened in stream:
        events.append(happened)
        folder = tmp_path / happened.run_id
        if isinstance(happened.event, EpochDone) and happened.event.epoch == 1 and happened.index == 0:
            ask(folder, "pause")
        if isinstance(happened.event, Noted) and happened.event.mark == "paused":
            marks.append("paused")
            helper = threading.Timer(0, ask, (folder, "resume"))
            helper.start()
        if isinstance(happened.event, Noted) and happened.event.mark == "resumed":
            marks.append("resumed")
            ask(folder, "stop")
    assert helper is not None
    helper.join()
    assert marks == ["paused", "resumed"]
    assert endings(events) == [("first", "stopped"), ("second", "done")]


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"ask": "format the disk"}', b'{"ask": ["stop"]}'])
def test_what_is_no_request_is_thrown_away(content: bytes, tmp_path: Path) -> None:
    (tmp_path / REQUEST).write_bytes(content)
    assert take_request(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_running_out_of_memory_fails_that_trial_with_advice_and_the_next_one_goes_on(tmp_path: Path) -> None:
    trials = [small("bad", evaluate__batch_size="360", model__hidden="16"), small("good")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.train.evaluate", lambda *_args, **_more: torch.empty(10**15))
        stream = run_trials(trials, RunStore(tmp_path), data_folder=NOWHERE, control=Control())
        events = []
        for happened in stream:
            events.append(happened)
            if isinstance(happened.event, RunFinished):
                patch.undo()
    assert endings(events) == [("bad", "failed"), ("good", "done")]
    bad = next(run for run in RunStore(tmp_path).summaries() if run.label == "bad")
    assert bad.reason.startswith("out of memory: ")
    assert "A smaller train.batch_size needs less" in bad.reason


def test_a_check_tells_what_a_trial_will_be() -> None:
    (facts,) = check_trials([small("only", train__batches_per_epoch="3")], NOWHERE)
    assert (facts.parameters, facts.train_examples, facts.test_examples) == (64 * 16 + 16 + 160 + 10, 1437, 360)
    assert (facts.epochs, facts.steps) == (2, 6)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"data__name": "mnist"}, DataError, "mnist"),
        ({"data__name": "folder:no/such/place"}, DataError, "no/such/place"),
        ({"evaluate__dropout_masks": "10"}, ConfigError, "evaluate.dropout_masks = 10"),
        ({"model__name": "cnn", "model__pool_every": "1", "model__layers_per_filter": "4"}, ModelError, "pool"),
        ({"device": "cuda:63"}, DeviceError, "cuda:63"),
    ],
)
def test_a_check_finds_what_would_fail_later(changes: dict[str, str], error: type[Exception], words: str) -> None:
    if "model__name" in changes:
        overrides = {key.replace("__", "."): text for key, text in changes.items()}
        trial = build_trial("bad", overrides=overrides)
    else:
        trial = small("bad", **changes)
    with pytest.raises(error, match=words):
        check_trials([small("good"), trial], NOWHERE)


def test_a_check_tells_every_fault_at_once_though_the_data_is_missing() -> None:
    """What the catalogue says of the data is enough to hold the network against it."""
    wrong = {"data__name": "mnist", "device": "cuda:63", "record__weights": "true", "evaluate__dropout_masks": "5"}
    with pytest.raises(ConfigError) as caught:
        check_trials([small("a", **wrong), small("b", **wrong), small("c", data__name="mnist")], NOWHERE)
    missing, *others = caught.value.problems
    assert missing.startswith("mnist is not in")  # all trials lack it, so that none is named
    assert [problem.split(": ")[0] for problem in others] == ['trials "a", "b"'] * 3
    for key in ("device", "record.weights", "evaluate.dropout_masks"):
        assert any(f": {key} = " in problem for problem in others), key


def test_a_check_looks_at_a_folder_that_is_no_data_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []

    def look(root: Path) -> None:
        looked.append(root)
        raise DataError("nothing here")

    monkeypatch.setattr("engine.data.image_folder.scan", look)
    with pytest.raises(DataError, match="nothing here"):
        check_trials([small(label, data__name="folder:/x") for label in "abc"], NOWHERE)
    assert len(looked) == 1
