"""`ScratchLearner`: learning by derivatives and optimisers written out by hand; autograd has no part in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from engine import scratch
from engine.config import OptimConfig
from engine.errors import ConfigError, ModelError
from engine.models.scratch_mlp import ScratchMLP
from engine.objective import Objective, Reading


@dataclass(frozen=True, slots=True)
class ScratchLearner:
    """Gradients and updates by `engine.scratch`."""

    model: ScratchMLP
    loss: scratch.CrossEntropyLoss
    optimizer: scratch.Optimizer

    def step(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Learn from one batch; return its mean loss and the network's outputs from before the update.

        Shapes: inputs (B, C, H, W) float, targets (B,) -> a scalar, (B, classes).
        """
        self.optimizer.zero_grad()
        outputs = self.model(inputs)  # (B, classes)
        loss = self.loss(outputs, y=targets)
        self.model.backward(self.loss.backward())
        self.optimizer.step()
        return loss, outputs

    def set_lr(self, lr: float) -> None:
        """Take the next steps at this learning rate."""
        self.optimizer.learn_rate = lr

    def state_dict(self) -> dict[str, Any]:
        """Return what the optimiser remembers of earlier steps, and its rate."""
        return {"learn_rate": self.optimizer.learn_rate, "memory": self.optimizer.memory()}

    def load_state_dict(self, remembered: dict[str, Any]) -> None:
        """Take over what `state_dict` returned for the same network and recipe."""
        self.optimizer.learn_rate = remembered["learn_rate"]
        for own, value in zip(self.optimizer.memory(), remembered["memory"], strict=True):
            own.copy_(value)


def build_scratch_learner(
    model: ScratchMLP, objective: Objective, config: OptimConfig, *, train_examples: int
) -> ScratchLearner:
    """Return what trains this network by this recipe.

    Raises: ConfigError naming every setting that no optimiser written by hand has; ModelError if the data asks for
    anything but a score for each class.
    """
    if objective.reading is not Reading.CLASS_SCORES:
        raise ModelError(
            f"model.name = scratch_mlp learns {Reading.CLASS_SCORES.value}, and this data asks for "
            f"{objective.reading.value}.",
            "Set model.name=mlp or model.name=linear, or choose data with classes, such as data.name=digits.",
        )
    if problems := _problems(config):
        raise ConfigError(problems, "model.name=mlp has the same layers and takes every optimiser.")
    return ScratchLearner(model, scratch.CrossEntropyLoss(), _build_optimizer(model, config, train_examples))


def _problems(config: OptimConfig) -> list[str]:
    problems = []
    if config.name not in ("sgd", "rmsprop"):
        problems.append(
            f"optim.name = {config.name}: model.name = scratch_mlp is trained by optimisers written by hand, which "
            "are sgd, with momentum or without, and rmsprop"
        )
    if config.name == "rmsprop" and config.momentum:
        problems.append(
            f"optim.momentum = {config.momentum:g}: the rmsprop written by hand has none; set optim.momentum=0, or "
            "optim.name=sgd"
        )
    if config.nesterov:
        problems.append(
            "optim.nesterov = true: the momentum written by hand does not look ahead; set optim.nesterov=false"
        )
    if not config.decay_bias:
        problems.append(
            "optim.decay_bias = false: the L2 written by hand takes all parameters, biases too; set "
            "optim.decay_bias=true"
        )
    return problems


def _build_optimizer(model: ScratchMLP, config: OptimConfig, train_examples: int) -> scratch.Optimizer:
    params = model.shared_params()
    reg = config.weight_decay or config.weight_decay_summed / train_examples
    if config.name == "rmsprop":
        return scratch.RMSProp(params, config.lr, reg, decay=config.alpha, eps=config.eps)
    if config.momentum:
        return scratch.MomentumSGD(params, config.lr, reg, momentum=config.momentum)
    return scratch.VanillaSGD(params, config.lr, reg)
