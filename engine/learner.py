"""`Learner`: one step of learning from a batch. What computes the gradient, and how, is nobody else's business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from engine.config import OptimConfig
from engine.models import ScratchMLP
from engine.objective import Objective
from engine.optim import build_optimizer, set_lr
from engine.scratch_learner import build_scratch_learner


class Learner(Protocol):
    """A network that learns: through autograd, or by derivatives written out by hand."""

    def step(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Learn from one batch; return its mean loss and the network's outputs from before the update.

        Shapes: inputs (B, C, H, W) float, targets (B,) -> a scalar, (B, outputs).
        """
        ...

    def set_lr(self, lr: float) -> None:
        """Take the next steps at this learning rate."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Return what it remembers of earlier steps besides the network: tensors and plain values, not copied."""
        ...

    def load_state_dict(self, remembered: dict[str, Any]) -> None:
        """Take over what `state_dict` returned for the same network and recipe."""
        ...


@dataclass(frozen=True, slots=True)
class AutogradLearner:
    """Gradients by autograd, the update by an optimiser of torch."""

    model: nn.Module
    objective: Objective
    optimizer: torch.optim.Optimizer

    def step(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """See `Learner`."""
        self.optimizer.zero_grad()
        outputs = self.model(inputs)  # (B, outputs)
        loss = self.objective.loss(outputs, targets)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return loss.detach(), outputs.detach()

    def set_lr(self, lr: float) -> None:
        """See `Learner`."""
        set_lr(self.optimizer, lr)

    def state_dict(self) -> dict[str, Any]:
        """See `Learner`."""
        return self.optimizer.state_dict()

    def load_state_dict(self, remembered: dict[str, Any]) -> None:
        """See `Learner`."""
        self.optimizer.load_state_dict(remembered)


def build_learner(model: nn.Module, objective: Objective, config: OptimConfig, *, train_examples: int) -> Learner:
    """Return what trains this network by this recipe; a network on the meta device will do to see whether one can.

    Raises: ConfigError, ModelError if the layers written by hand cannot be trained so.
    """
    if isinstance(model, ScratchMLP):
        return build_scratch_learner(model, objective, config, train_examples=train_examples)
    return AutogradLearner(model, objective, build_optimizer(model, config, train_examples=train_examples))
