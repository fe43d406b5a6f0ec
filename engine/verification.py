"""`verify_run`: train a saved run again, in memory, and hold what comes out against what it recorded, bit for bit."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from engine.checkpoint import Checkpoint, load_checkpoint, require_same_data
from engine.data.shared import forget_shared, load_shared
from engine.device import device_name, versions
from engine.errors import DamagedError, RunBusyError
from engine.events import EpochDone, RunFinished, StepsDone
from engine.run import Run
from engine.store import CHECKPOINT, RunStore
from engine.train import train
from engine.training_state import TrainingState


@dataclass(frozen=True, slots=True)
class EpochCheck:
    """The weights after one epoch: what the run recorded, and what came out now."""

    epoch: int
    recorded: str
    found: str

    @property
    def is_same(self) -> bool:
        """Whether both are the same."""
        return self.recorded == self.found


@dataclass(frozen=True, slots=True)
class Verification:
    """What came out of training a run again."""

    run: str
    from_step: int
    """Steps that the checkpoint spared; 0 from the start."""
    steps: int
    """Steps that were trained again and compared."""
    epochs: tuple[EpochCheck, ...]
    first_difference: str
    """Where it is not what the run recorded; empty if all is the same."""
    doubts: str
    """What may change the last digits: another device, version or number of threads; empty as a rule."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        document = asdict(self)
        document["epochs"] = [{**asdict(epoch), "is_same": epoch.is_same} for epoch in self.epochs]
        return {**document, "is_same": not self.first_difference}


def verify_run(
    store: RunStore,
    run_id: str,
    data_folder: Path,
    *,
    from_start: bool = False,
    on_start: Callable[[int, int], None] = lambda _first, _last: None,
) -> Verification:
    """Train a run again from its checkpoint, as far as it came, and compare every loss and the weights of each epoch.

    Without a checkpoint that has an epoch after it, or if asked, from the first step. Nothing on disk is changed.
    `on_start` is told the steps that are there already and those that are to be reached, before any is trained.
    Raises: RunBusyError if the run is under way; DamagedError if it has no epoch to compare, or one without the hash
    of its weights; DataError if the data has changed since; what data, device and network raise.
    """
    run = store.load(run_id)
    if store.summary(run_id).status.is_live:
        raise RunBusyError(f"{run_id} is being trained by {run.writer}", "It can be verified once it has ended.")
    if not run.epochs or run.started is None:
        raise DamagedError(f"{run_id} has no finished epoch to compare")
    if not run.epochs[-1].weights_sha256:
        raise DamagedError(f"{run_id} is from a version that recorded no hash of its weights")
    try:
        state = TrainingState.build(run.trial.config, load_shared(run.trial.config.data, data_folder))
        require_same_data(run.started, state.dataset)
        checkpoint = None if from_start else _checkpoint_before_the_end(store, run)
        on_start(checkpoint.step if checkpoint else 0, run.epochs[-1].step)
        if checkpoint is not None:
            checkpoint.put_into(state)
            doubts = checkpoint.doubts(state)
        else:
            if state.device.type == "cpu":
                torch.set_num_threads(run.started.threads)
            doubts = _doubts(run, state)
        return _compare(run, state, doubts)
    finally:
        forget_shared()


def _checkpoint_before_the_end(store: RunStore, run: Run) -> Checkpoint | None:
    try:
        checkpoint = load_checkpoint(store.folder / run.id / CHECKPOINT)
        checkpoint.require_recipe(run.trial.config)
    except FileNotFoundError:
        return None
    except DamagedError as error:
        raise DamagedError(error.message, f"termlab verify {run.id} --from-start needs no checkpoint.") from error
    return checkpoint if checkpoint.step < run.epochs[-1].step else None


def _doubts(run: Run, state: TrainingState) -> str:
    assert run.started is not None
    then, now = run.started, versions()["torch"]
    changed = []
    if then.device_name != device_name(state.device):
        changed.append(f"device is {device_name(state.device)} and was {then.device_name}")
    if then.versions.get("torch") != now:
        changed.append(f"torch is {now} and was {then.versions.get('torch')}")
    if state.device.type != "cpu":
        changed.append(f"{state.device.type} does not promise the same result twice")
    return "; ".join(changed)


def _compare(run: Run, state: TrainingState, doubts: str) -> Verification:
    """Train as far as the run came, or to the first difference."""
    first_step = state.step
    recorded = {epoch.epoch: epoch.weights_sha256 for epoch in run.epochs}
    epochs: list[EpochCheck] = []
    difference = ""
    stream = train(run.trial.config, state.dataset, state)
    try:
        for event in stream:
            match event:
                case StepsDone():
                    difference = difference or _first_other_loss(run, event)
                case EpochDone():
                    check = EpochCheck(event.epoch, recorded[event.epoch], event.weights_sha256)
                    epochs.append(check)
                    if not check.is_same:
                        difference = difference or f"the weights after epoch {event.epoch} differ"
                case RunFinished():
                    break
            if difference or state.epoch >= len(run.epochs):
                break
    finally:
        stream.close()
    return Verification(run.id, first_step, state.step - first_step, tuple(epochs), difference, doubts)


def _first_other_loss(run: Run, event: StepsDone) -> str:
    """Return where the losses of these steps part from those of the run; empty where they do not."""
    found = event.series.get("train_loss", ())
    first = event.step - len(found)
    recorded = run.series["train_loss"][first : event.step]
    for step, (then, now) in enumerate(zip(recorded, found, strict=False), start=first + 1):
        if struct.pack("<d", then) != struct.pack("<d", now):
            return f"the loss at step {step} is {now!r} and was {then!r}"
    return ""
