"""`LoadedRun`: a saved run's trained network with the data it was tested on, ready to be asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from engine.data.dataset import Dataset, Split
from engine.data.shared import load_shared
from engine.device import choose_device
from engine.errors import DamagedError, DataError, DeviceError, TermlabError, unreadable_run
from engine.inputs import Inputs
from engine.objective import Objective
from engine.run import Run
from engine.store import RunStore
from engine.store.files import WEIGHTS
from engine.summary import RunStatus
from engine.training_state import TrainingState
from engine.weights import load_weights

MOST_OF_A_FAULT = 300
"""Characters of what torch says of weights that do not fit: it lists every layer."""


@dataclass(frozen=True, eq=False)
class LoadedRun:
    """A network as its run left it; everything lies on the device on which it computes."""

    folder: Path
    """Of the run."""
    run: Run
    model: nn.Module
    objective: Objective
    inputs: Inputs
    dataset: Dataset

    @property
    def test(self) -> Split:
        """The test examples, as they are stored."""
        return self.dataset.test


def load_run(store: RunStore, run_id: str, data_folder: Path, *, needs_classes: bool = True) -> LoadedRun:
    """Build the network of a run as its training did, put its weights in, and load its data.

    On the device that the config names, or on the CPU where this machine has no such device. The dataset stays in
    memory for the next run that wants it, until `engine.data.shared.forget_shared`.
    Raises: DamagedError if the run or its weights cannot be read, or are of another network; DataError if its data is
    not on this machine, or not what it was; TermlabError if there are no weights, or no classes where there have to be.
    """
    try:
        run = store.load(run_id)
    except DamagedError as error:
        raise unreadable_run(store.folder / run_id, error.message) from error
    folder = store.folder / run_id
    _require_weights(folder, run)
    try:
        dataset = load_shared(run.trial.config.data, data_folder)
    except DataError as error:
        raise DataError(f"the data of {run_id} cannot be loaded: {error.message}", error.hint) from error
    if needs_classes:
        _require_classes(run, dataset)
    state = TrainingState.build(run.trial.config.model_copy(update={"device": _device_of(run)}), dataset)
    _require_same_examples(run, dataset)
    try:
        load_weights(folder / WEIGHTS, state.model)
    except DamagedError as error:
        message = f"{run_id}: {' '.join(error.message.split()):.{MOST_OF_A_FAULT}}"
        raise DamagedError(message, f"It lies in {folder}. Restore it from a copy, or train the run again.") from error
    state.model.eval()
    return LoadedRun(folder, run, state.model, state.objective, state.inputs, state.dataset)


def _require_weights(folder: Path, run: Run) -> None:
    if (folder / WEIGHTS).exists() or (folder / WEIGHTS).is_symlink():
        return
    if run.status is RunStatus.DONE:
        why, hint = "the run is done, and the file is gone", "Restore it from a copy, or train the run again."
    elif run.status.is_live:
        why, hint = "they are written when a run ends, and it is still under way", "It can be asked once it has ended."
    else:
        why, hint = f"the run is {run.status}", "termlab resume goes on with a run that was interrupted."
    raise TermlabError(f"{run.id} has no weights ({WEIGHTS}): {why}", hint)


def _require_classes(run: Run, dataset: Dataset) -> None:
    if dataset.test.labels.is_floating_point():
        raise TermlabError(
            f"{run.id} predicts a number ({dataset.class_names[0]}, data.name = {run.trial.config.data.name}): "
            "there are no classes that it could have right or wrong",
            "Runs on data with classes can be asked, such as those of digits-first.",
        )


def _require_same_examples(run: Run, dataset: Dataset) -> None:
    from engine.checkpoint import require_same_data

    if run.started is not None:
        try:
            require_same_data(run.started, dataset)
        except DataError as error:
            hint = "Name the folder that holds its data with --data DIR."
            raise DataError(f"{run.id}: {error.message}", hint) from error


def _device_of(run: Run) -> str:
    """Return the device that the run asks for; networks trained on a machine with a GPU are looked at elsewhere too."""
    try:
        choose_device(run.trial.config.device)
    except DeviceError:
        return "cpu"
    return run.trial.config.device
