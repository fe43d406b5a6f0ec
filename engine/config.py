"""`RunConfig`: everything that decides the mathematics of one run, and nothing else."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from engine.data_config import DATASET_NAMES, FOLDER_PREFIX, AugmentConfig, DataConfig
from engine.model_config import ConfigPart, MLPConfig, ModelConfig
from engine.recipe_config import OptimConfig, ScheduleConfig, TrainConfig

__all__ = [
    "DATASET_NAMES",
    "FOLDER_PREFIX",
    "AugmentConfig",
    "DataConfig",
    "EvaluateConfig",
    "OptimConfig",
    "RecordConfig",
    "RunConfig",
    "ScheduleConfig",
    "TrainConfig",
]


def _known_device(name: str) -> str:
    kind, _, index = name.partition(":")
    if name in ("auto", "cpu", "cuda") or (kind == "cuda" and index.isdecimal()):
        return name
    raise ValueError(f'"{name}" is not a device. Known: auto, cpu, cuda, cuda:N.')


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
    roc_threshold: Annotated[
        bool,
        Field(
            description="For two classes: choose the threshold on the validation examples, at the point of the ROC "
            "curve nearest (0, 1), and give the metrics at it beside those at 0.5."
        ),
    ] = False


class RecordConfig(ConfigPart):
    """What is recorded of the training beside the loss."""

    weight_norm: Annotated[
        bool, Field(description="Euclidean norm of all weight matrices as one vector, biases excluded.")
    ] = False
    """After the step's update."""
    weights: Annotated[bool, Field(description="Every single weight, for networks of at most 16 of them.")] = False
    """Where the step's loss was measured, before its update: step 1 has the weights at the start, and those after the
    last update stand in `weights.pt` alone."""
    converged_below: Annotated[
        float | None,
        Field(gt=0, description="Training loss below which a run has converged; its first step there is recorded."),
    ] = None
    layers_every: Annotated[
        int | None,
        Field(
            ge=1,
            description="Every so many steps: of each layer the norm of its gradient, and the mean, the spread and the "
            "share of dead units of its activations.",
        ),
    ] = None
    """Step 1 is measured, then every so many; None measures no layer."""


class RunConfig(ConfigPart):
    """One run, exactly: two equal configs on one device and version give equal losses."""

    data: DataConfig = DataConfig()
    augment: AugmentConfig = AugmentConfig()
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

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.evaluate.roc_threshold and self.data.validation_fraction is None:
            raise ValueError("evaluate.roc_threshold needs examples to choose it on; set data.validation_fraction")
        if self.data.scaling == "zca" and self.augment.changes_colours:
            raise ValueError("data.scaling = zca leaves no colours that augment could change; set these to 0")
        return self

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
