"""A run that was stopped or killed is gone on with on disk, and ends as one that never was."""

from __future__ import annotations

import itertools
import os
import signal
from pathlib import Path

import pytest
from PIL import Image

from engine.config import RunConfig
from engine.control import Control
from engine.errors import DamagedError, DataError, RunBusyError
from engine.events import EpochDone, Event, RunStarted, StepsDone
from engine.overrides import apply_overrides
from engine.run import Run
from engine.runner import run_trials
from engine.store import CHECKPOINT, EVENTS, RunStore
from engine.summary import RunStatus
from engine.trial import Trial
from engine.verification import verify_run
from tests.processes import start_python

NOWHERE = Path("/nowhere")
SETTINGS = {
    "train.epochs": "4", "train.batch_size": "64", "optim.momentum": "0.9", "model.dropout": "0.5",
    "evaluate.dropout_masks": "2",
}  # fmt: skip


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is an event, and every event leaves a checkpoint."""
    for name in ("engine.train", "engine.training_state"):
        monkeypatch.setattr(f"{name}.TICK_SECONDS", 0.0)
    for name in ("MOST_OFTEN_SECONDS", "WITHIN_EPOCH_SECONDS"):
        monkeypatch.setattr(f"engine.checkpoint_saver.{name}", 0.0)


IMAGES_A_CLASS = 40


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of images of two classes."""
    monkeypatch.setenv("TERMLAB_CACHE", str(tmp_path / "cache"))
    for split, label in itertools.product(("train", "test"), ("dark", "light")):
        folder = tmp_path / "pictures" / split / label
        folder.mkdir(parents=True)
        for number in range(IMAGES_A_CLASS):
            shade = number if label == "dark" else 255 - number
            Image.new("L", (8, 8), shade).save(folder / f"{number}.png")
    return tmp_path / "pictures"


def trial(**changes: str) -> Trial:
    config = apply_overrides(RunConfig(), SETTINGS | {key.replace("__", "."): value for key, value in changes.items()})
    return Trial(preset="test", label="only", config=config)


def train_until(store: RunStore, *, events: int, interrupted: str | None = None, of: Trial | None = None) -> str:
    """Read so many events of a run, then leave; return its id."""
    control = Control()
    known = {} if interrupted is None else {0: interrupted}
    stream = run_trials([of or trial()], store, data_folder=NOWHERE, control=control, interrupted=known)
    run_id = ""
    for _, happened in zip(range(events), stream, strict=False):
        run_id = happened.run_id
    stream.close()
    return run_id


def what_counts(run: Run) -> object:
    """All of a run but its clock and what was said about interruptions."""
    assert run.finished is not None
    epochs = [(epoch.epoch, epoch.step, epoch.samples, epoch.metrics, epoch.weights_sha256) for epoch in run.epochs]
    end = (run.finished.reason, run.finished.metrics, run.finished.tables)
    return run.status, run.step, list(run.series["train_loss"]), epochs, end


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> object:
    """What a run is that nobody interrupts."""
    store = RunStore(tmp_path_factory.mktemp("whole"))
    return what_counts(store.load(train_until(store, events=10_000)))


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("events", [1, 2, 5, 23, 24, 25, 26, 60, 99, 103])
def test_a_run_that_was_left_goes_on_and_ends_as_a_whole_one(events: int, whole: object, tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run_id = train_until(store, events=events)
    assert store.summary(run_id).status is RunStatus.STOPPED
    again = train_until(store, events=3, interrupted=run_id)  # and is left once more
    assert train_until(store, events=10_000, interrupted=again) == run_id
    assert what_counts(store.load(run_id)) == whole
    assert [summary.run for summary in store.summaries()] == [run_id]


@pytest.mark.usefixtures("often")
def test_questions_that_are_interrupted_cost_no_epoch(whole: object, tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    stream = run_trials([trial()], store, data_folder=NOWHERE, control=Control())
    for happened in stream:
        if isinstance(happened.event, EpochDone) and happened.event.epoch == 4:
            break
    assert isinstance(next(stream).event, StepsDone)  # of the evaluation after training
    stream.close()
    stream = run_trials([trial()], store, data_folder=NOWHERE, control=Control(), interrupted={0: happened.run_id})
    started = next(stream).event
    assert isinstance(started, RunStarted)
    assert started.kept is not None
    assert started.kept.epochs == 4
    assert not any(isinstance(later.event, EpochDone) for later in stream)
    assert what_counts(store.load(happened.run_id)) == whole


TRAIN = """
import sys
from pathlib import Path
from tests.engine.test_resumption import *
import engine.checkpoint_saver, engine.train, engine.training_state
engine.train.TICK_SECONDS = engine.training_state.TICK_SECONDS = 0
engine.checkpoint_saver.MOST_OFTEN_SECONDS = engine.checkpoint_saver.WITHIN_EPOCH_SECONDS = 0
for happened in run_trials([trial()], RunStore(Path(sys.argv[1])), data_folder=NOWHERE, control=Control()):
    print(happened.run_id, flush=True)
"""


@pytest.mark.parametrize("events", [1, 2, 30, 70, 102])
def test_a_run_that_was_killed_goes_on_and_ends_as_a_whole_one(events: int, whole: object, tmp_path: Path) -> None:
    with start_python(TRAIN, str(tmp_path)) as process:
        assert process.stdout is not None
        for _ in range(events):
            run_id = process.stdout.readline().strip()
        os.kill(process.pid, signal.SIGKILL)
    store = RunStore(tmp_path)
    assert store.summary(run_id).status is RunStatus.LOST
    train_until(store, events=10_000, interrupted=run_id)
    assert what_counts(store.load(run_id)) == whole


@pytest.mark.usefixtures("often")
def test_who_follows_the_log_sees_the_run_go_back_and_on(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run_id = train_until(store, events=40)
    tail = store.tail(run_id)
    assert tail.run.status is RunStatus.STOPPED
    train_until(store, events=10_000, interrupted=run_id)
    events: list[Event] = tail.advance()
    assert isinstance(events[0], RunStarted)
    assert events[0].kept is not None
    assert what_counts(tail.run) == what_counts(store.load(run_id))


@pytest.mark.usefixtures("often")
def test_a_run_cannot_be_gone_on_with_while_it_is_trained(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    stream = run_trials([trial()], store, data_folder=NOWHERE, control=Control())
    run_id = next(stream).run_id
    with pytest.raises(RunBusyError, match=f"is being trained by process {os.getpid()}"):
        train_until(store, events=1, interrupted=run_id)
    stream.close()


@pytest.mark.usefixtures("often")
def test_a_checkpoint_that_cannot_be_used_leaves_the_run_as_it_was(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run_id = train_until(store, events=30)
    before = (tmp_path / run_id / EVENTS).read_bytes()
    (tmp_path / run_id / CHECKPOINT).write_bytes((tmp_path / run_id / CHECKPOINT).read_bytes()[:-900])
    with pytest.raises(DamagedError, match=rf"{run_id} cannot be gone on with: checkpoint\.pt"):
        train_until(store, events=1, interrupted=run_id)
    assert (tmp_path / run_id / EVENTS).read_bytes() == before


@pytest.mark.usefixtures("often")
def test_a_log_that_ends_before_the_checkpoint_is_damage(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run_id = train_until(store, events=30)
    log = tmp_path / run_id / EVENTS
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:10]))
    with pytest.raises(DamagedError, match="the checkpoint is of step"):
        train_until(store, events=1, interrupted=run_id)


@pytest.mark.usefixtures("often")
def test_a_run_whose_data_has_changed_is_left_as_it_was(pictures: Path, tmp_path: Path) -> None:
    store, of_pictures = RunStore(tmp_path / "results"), trial(data__name=f"folder:{pictures}")
    run_id = train_until(store, events=5, of=of_pictures)
    before = (store.folder / run_id / EVENTS).read_bytes()
    lost = pictures / "train" / "dark" / "0.png"
    kept = lost.rename(tmp_path / "0.png")
    with pytest.raises(DataError, match="train_examples was 80 and is 79"):
        train_until(store, events=1, interrupted=run_id, of=of_pictures)
    assert (store.folder / run_id / EVENTS).read_bytes() == before
    kept.rename(lost)
    train_until(store, events=10_000, interrupted=run_id, of=of_pictures)
    assert store.summary(run_id).status is RunStatus.DONE
    assert not verify_run(store, run_id, NOWHERE, from_start=True).first_difference
    lost.unlink()
    with pytest.raises(DataError, match="train_examples was 80 and is 79"):
        verify_run(store, run_id, NOWHERE)
