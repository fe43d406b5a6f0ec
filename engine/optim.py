"""From the settings of the optimiser to the optimiser."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from engine.config import OptimConfig


def build_optimizer(model: nn.Module, config: OptimConfig, *, train_examples: int) -> torch.optim.Optimizer:
    """Return the optimiser for a model, weight decay applied to the parameters that are to have it.

    L2 is coupled: the coefficient times the weight is added to the gradient, as torch does; adamw shrinks the weights
    beside the gradient instead. A coefficient on the
    loss summed over the training set is the same as that coefficient over `train_examples` on the mean loss.
    """
    decay = config.weight_decay or config.weight_decay_summed / train_examples
    parameters = list(model.parameters())
    if config.decay_bias:
        groups: list[dict[str, Any]] = [{"params": parameters, "weight_decay": decay}]
    else:
        # Biases and the scales and shifts of normalisation are the parameters with one axis.
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
    on_cuda = parameters[0].is_cuda
    match config.name:
        case "sgd":
            return torch.optim.SGD(
                groups, lr=config.lr, momentum=config.momentum, nesterov=config.nesterov, fused=on_cuda
            )
        case "adam" | "adamw":
            kind = torch.optim.Adam if config.name == "adam" else torch.optim.AdamW
            return kind(groups, lr=config.lr, betas=(config.beta1, config.beta2), eps=config.eps, fused=on_cuda)
        case "rmsprop":
            return torch.optim.RMSprop(
                groups, lr=config.lr, alpha=config.alpha, eps=config.eps, momentum=config.momentum
            )


def set_lr(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Give every group of parameters this learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = lr
