"""`Checkpoint`: a training between two events, copied; whoever puts it back goes on bit for bit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.config import RunConfig
from engine.data.dataset import Dataset
from engine.device import device_name, versions
from engine.errors import DamagedError, DataError, other_version
from engine.events import RunStarted
from engine.tensor_file import load_tensors, save_tensors
from engine.training_state import EpochUnderWay, TrainingState

FORMAT_VERSION = 1
_PROGRESS = (
    "step", "epoch", "samples", "train_seconds", "lr", "best_loss", "epochs_since_best", "test_loss", "first_loss",
    "converged_at_step",
)  # fmt: skip
"""The plain numbers of a `TrainingState`."""
MOST_THREADS = 4096
"""More than any machine has use for; a damaged number must not start them."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A training between two events, copied: it can be written to disk while the training goes on."""

    recipe: str
    """Fingerprint of the config, and its seed: what it can be put back into."""
    place: dict[str, str]
    """What besides the config decides the last digits: device, threads, versions."""
    progress: dict[str, float | None]
    under_way: dict[str, Any] | None
    """The fields of `EpochUnderWay`; None between two epochs."""
    random: dict[str, list[Tensor]]
    """States of the generators: order, augmentation, noise."""
    model: dict[str, Any]
    learner: dict[str, Any]

    def check(self) -> None:
        """Make sure that every part is of its kind, as those of a file need not be.

        Raises: TypeError or ValueError saying which is not.
        """
        for field in ("place", "progress", "random", "model", "learner"):
            if not isinstance(getattr(self, field), Mapping):
                raise TypeError(f"{field} is no table")
        if not isinstance(self.recipe, str) or not isinstance(self.under_way, Mapping | None):
            raise TypeError("recipe is no text, or under_way no table")
        for name in _PROGRESS:
            if name not in self.progress or not isinstance(self.progress[name], int | float | None):
                raise TypeError(f"progress.{name} is no number")
        if not all(isinstance(self.place.get(name), str) for name in ("device", "threads", "torch")):
            raise TypeError("place does not say where it was made")
        if not 0 <= int(self.place["threads"] or 0) <= MOST_THREADS:
            raise ValueError(f"place.threads is {self.place['threads']:.40}")

    @property
    def step(self) -> int:
        """Steps done."""
        return int(self.progress["step"] or 0)

    @classmethod
    def of(cls, state: TrainingState) -> Checkpoint:
        """Copy what is needed to go on bit for bit; the state has to be at rest."""
        assert state.is_at_rest
        epoch = state.under_way
        return cls(
            recipe=_recipe(state.config),
            place=place_of(state),
            progress={name: getattr(state, name) for name in _PROGRESS},
            under_way=None if epoch is None else _copied(dataclasses.asdict(epoch)),
            random={
                "order": [state.order.get_state()],
                "augmentation": [state.inputs.generator.get_state()],
                "noise": state.noise.get_state(),
            },
            model=_copied(state.model.state_dict()),
            learner=_copied(state.learner.state_dict()),
        )

    def require_recipe(self, config: RunConfig) -> None:
        """Make sure that it is of this config and seed.

        Raises: DamagedError if not.
        """
        if self.recipe != _recipe(config):
            raise DamagedError("the checkpoint belongs to a run with another config")

    def require_log(self, last_step: int) -> None:
        """Make sure that a log which ends at this step tells of all that led here.

        Raises: DamagedError if it was cut.
        """
        if self.step > last_step:
            raise DamagedError(f"the checkpoint is of step {self.step}, and the log ends at step {last_step}")

    def put_into(self, state: TrainingState) -> None:
        """Make a newly built state what it was; CPU threads are set to those of then.

        Raises: DamagedError if it is of another config, or does not fit the network.
        """
        self.require_recipe(state.config)
        try:
            state.model.load_state_dict(self.model)
            state.learner.load_state_dict(self.learner)
            state.order.set_state(self.random["order"][0])
            state.inputs.generator.set_state(self.random["augmentation"][0])
            state.noise.set_state(self.random["noise"])
            if self.under_way is not None:
                state.under_way = EpochUnderWay(
                    **{**self.under_way, "correct": self.under_way["correct"].to(state.device)}
                )
            for name in _PROGRESS:
                value = self.progress[name]
                if not isinstance(value, int | float | None):
                    raise TypeError(f"{name} = {value!r} is not a number")
                setattr(state, name, value)
            threads = int(self.place["threads"] or 0)
        except Exception as error:  # torch raises whatever it meets in a file that was tampered with
            raise DamagedError(f"the checkpoint does not fit the network: {error}") from error
        if state.device.type == "cpu" and 0 < threads <= MOST_THREADS:
            torch.set_num_threads(threads)

    def doubts(self, state: TrainingState) -> str:
        """Say what differs from where the checkpoint was made and may change the last digits; empty if nothing does."""
        now = place_of(state)
        changed = [
            f"{name} is {now[name]} and was {then}" for name, then in self.place.items() if now.get(name, then) != then
        ]
        if state.device.type != "cpu":
            changed.append(f"{state.device.type} does not promise the same result twice")
        return "; ".join(changed)


def require_same_data(started: RunStarted, dataset: Dataset) -> None:
    """Make sure that a run goes on with the data it began with, as far as their numbers tell.

    Raises: DataError naming what changed.
    """
    now = {
        "train_examples": len(dataset.train),
        "validation_examples": len(dataset.validation or ()),
        "test_examples": len(dataset.test),
        "image_shape": dataset.image_shape,
        "class_names": dataset.class_names,
    }
    for name, found in now.items():
        if (then := getattr(started, name)) != found:
            raise DataError(
                f"the data is not what the run began with: {name} was {then} and is {found}",
                "With the data as it was it can go on; a new run trains with what there is.",
            )


def place_of(state: TrainingState) -> dict[str, str]:
    """Return what besides config and data decides the last digits of a loss."""
    return {
        "device": device_name(state.device),
        "threads": str(torch.get_num_threads()) if state.device.type == "cpu" else "",
        "torch": versions()["torch"],
    }


def save_checkpoint(path: Path, checkpoint: Checkpoint, *, last_look: Callable[[], object] = lambda: None) -> None:
    """Write it, whole or not at all; `last_look` as in `save_tensors`.

    Raises: OSError if the disk refuses.
    """
    values = {field.name: getattr(checkpoint, field.name) for field in dataclasses.fields(checkpoint)}
    save_tensors(path, {"format": FORMAT_VERSION, **values}, last_look=last_look)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; nothing in the file can run.

    Raises: FileNotFoundError; DamagedError if it is not a checkpoint, or one of a later format.
    """
    document = load_tensors(path, what="a checkpoint")
    if (found := document.pop("format", None)) != FORMAT_VERSION:
        raise other_version(f"{path.name} has format", found, FORMAT_VERSION)
    try:
        checkpoint = Checkpoint(**document)
        checkpoint.check()
    except (TypeError, ValueError, AttributeError) as error:
        raise DamagedError(f"{path.name} does not hold a checkpoint: {error}") from error
    return checkpoint


def _recipe(config: RunConfig) -> str:
    return f"{config.fingerprint}-{config.seed}"


def _copied(value: Any) -> Any:
    """Copy tensors to the CPU, at any depth; what shares memory with the training changes with the next step."""
    if isinstance(value, Tensor):
        copy = value.detach().to("cpu")
        return copy.clone() if copy.data_ptr() == value.data_ptr() else copy
    if isinstance(value, Mapping):
        return {key: _copied(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(inner) for inner in value]
    return value
