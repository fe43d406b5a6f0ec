"""`RunConfig`: everything that decides the mathematics of one run, and nothing else."""

from __future__ import annotations

import hashlib
import json
import math
import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from engine.model_config import ConfigPart, MLPConfig, ModelConfig

DATASET_NAMES = ("cifar10", "digits", "fashion_mnist", "mnist", "synthetic")
FOLDER_PREFIX = "folder:"


def _known_dataset(name: str) -> str:
    from engine.errors import unknown

    if name in DATASET_NAMES:
        return name
    if name.startswith(FOLDER_PREFIX):
        if name == FOLDER_PREFIX:
            raise ValueError("folder: names no path; write folder:PATH")
        return FOLDER_PREFIX + _absolute(name.removeprefix(FOLDER_PREFIX))
    raise ValueError(unknown("dataset", name, [*DATASET_NAMES, "folder:PATH"]))


def _absolute(path: str) -> str:
    """Return the path as it is called from anywhere, so that a saved config still finds its data."""
    try:
        return os.path.abspath(Path(path).expanduser())  # noqa: PTH100 - unlike Path.absolute it takes out ".."
    except RuntimeError as error:
        raise ValueError(f"{path} names a home folder that does not exist") from error


def _known_device(name: str) -> str:
    kind, _, index = name.partition(":")
    if name in ("auto", "cpu", "cuda") or (kind == "cuda" and index.isdecimal()):
        return name
    raise ValueError(f'"{name}" is not a device. Known: auto, cpu, cuda, cuda:N.')


class DataConfig(ConfigPart):
    """What the network learns from."""

    name: Annotated[
        str,
        AfterValidator(_known_dataset),
        Field(description="Dataset: digits, mnist, fashion_mnist, cifar10, synthetic, or folder:PATH."),
    ] = "digits"
    train_limit: Annotated[
        int | None,
        Field(ge=1, description="Use at most this many training examples, drawn once for all seeds."),
    ] = None
    test_limit: Annotated[
        int | None, Field(ge=1, description="Use at most this many test examples, drawn once for all seeds.")
    ] = None
    image_size: Annotated[
        int | None,
        Field(
            ge=1,
            le=1024,
            description="Resize the shorter side to this many pixels and crop the centre square.",
        ),
    ] = None


class OptimConfig(ConfigPart):
    """How the weights move."""

    name: Annotated[Literal["sgd", "adam", "rmsprop"], Field(description="Optimiser.")] = "sgd"
    lr: Annotated[float, Field(gt=0, le=1e38, description="Peak learning rate.")] = 0.1
    momentum: Annotated[float, Field(ge=0, lt=1, description="Momentum, for sgd and rmsprop.")] = 0.0
    beta1: Annotated[float, Field(ge=0, lt=1, description="Decay of the mean gradient, for adam.")] = 0.9
    beta2: Annotated[float, Field(ge=0, lt=1, description="Decay of the squared gradient, for adam.")] = 0.999
    alpha: Annotated[float, Field(ge=0, lt=1, description="Decay of the squared gradient, for rmsprop.")] = 0.99
    eps: Annotated[float, Field(gt=0, le=1, description="Term that keeps adam and rmsprop from dividing by 0.")] = 1e-8
    weight_decay: Annotated[
        float,
        Field(ge=0, le=100, description="L2 coefficient on the mean loss: adds this times w to the gradient."),
    ] = 0.0
    weight_decay_summed: Annotated[
        float,
        Field(ge=0, description="L2 coefficient on the loss summed over the training set: weight_decay times N."),
    ] = 0.0
    decay_bias: Annotated[
        bool, Field(description="Decay biases and normalisation parameters too, not only weights.")
    ] = True

    @model_validator(mode="after")
    def _no_setting_without_effect(self) -> Self:
        defaults = {"momentum": 0.0, "beta1": 0.9, "beta2": 0.999, "alpha": 0.99, "eps": 1e-8}
        used = {
            "sgd": {"momentum"},
            "adam": {"beta1", "beta2", "eps"},
            "rmsprop": {"momentum", "alpha", "eps"},
        }
        idle = [
            key for key, default in defaults.items()
            if key not in used[self.name] and getattr(self, key) != default
        ]  # fmt: skip
        if idle:
            raise ValueError(f"{', '.join(idle)} has no effect with {self.name}; leave it at its default")
        if self.weight_decay and self.weight_decay_summed:
            raise ValueError("weight_decay and weight_decay_summed say the same thing on two scales; give one of them")
        return self


class ScheduleConfig(ConfigPart):
    """How the learning rate changes from its peak."""

    name: Annotated[
        Literal["constant", "step", "exponential", "cosine"], Field(description="Shape of the schedule.")
    ] = "constant"
    gamma: Annotated[
        float, Field(gt=0, le=1, description="Factor an epoch (exponential) or every step_epochs (step).")
    ] = 0.95
    step_epochs: Annotated[int, Field(ge=1, description="Epochs between two drops, for step.")] = 10
    warmup_epochs: Annotated[
        float, Field(ge=0, description="Epochs of linear rise to the peak before the schedule begins.")
    ] = 0.0


class TrainConfig(ConfigPart):
    """How long, and in what portions."""

    epochs: Annotated[int, Field(ge=1, le=100_000, description="Passes over the training set.")] = 10
    batch_size: Annotated[int, Field(ge=1, le=1_000_000, description="Examples a step.")] = 64
    batches_per_epoch: Annotated[
        int | None, Field(ge=1, description="Cut each epoch after this many batches of its own shuffle.")
    ] = None
    early_stopping_epochs: Annotated[
        int | None, Field(ge=1, description="Stop after this many epochs without a lower test loss.")
    ] = None

    def steps_per_epoch(self, train_examples: int) -> int:
        """Return how many batches make an epoch; the last one may be smaller."""
        batches = math.ceil(train_examples / self.batch_size)
        return min(batches, self.batches_per_epoch or batches)


class EvaluateConfig(ConfigPart):
    """What is asked of the network beside its loss and accuracy."""

    batch_size: Annotated[
        int,
        Field(ge=1, le=1_000_000, description="Examples a pass; decides which dropout masks are drawn, else nothing."),
    ] = 1000
    dropout_masks: Annotated[
        int,
        Field(
            ge=0,
            le=10_000,
            description="After training, average predictions over up to this many dropout masks.",
        ),
    ] = 0


class RecordConfig(ConfigPart):
    """What is recorded at every step beside the loss."""

    weight_norm: Annotated[
        bool, Field(description="Euclidean norm of all weight matrices as one vector, biases excluded.")
    ] = False


class RunConfig(ConfigPart):
    """One run, exactly: two equal configs on one device and version give equal losses."""

    data: DataConfig = DataConfig()
    model: ModelConfig = MLPConfig(name="mlp")
    optim: OptimConfig = OptimConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    train: TrainConfig = TrainConfig()
    evaluate: EvaluateConfig = EvaluateConfig()
    record: RecordConfig = RecordConfig()
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="Decides initialisation, data order and dropout.")] = 0
    device: Annotated[
        str, AfterValidator(_known_device), Field(description="auto, cpu, cuda or cuda:N; auto prefers CUDA.")
    ] = "auto"

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that equal configs share, whatever their seed and device.

        Settings at their default are left out, so that a setting added later changes no old fingerprint; a
        default, once released, must therefore never change.
        """
        recipe: dict[str, Any] = self.model_dump(mode="json", exclude_defaults=True, exclude={"seed", "device"})
        recipe["model"] = self.model.model_dump(mode="json", exclude_defaults=True)
        text = json.dumps(recipe, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]
