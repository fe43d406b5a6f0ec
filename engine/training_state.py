"""`TrainingState`: all that a training changes as it goes, built from the config alone."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from engine.config import RunConfig
from engine.data.dataset import Dataset
from engine.device import GlobalRandom, RandomSeeds, choose_device, choose_threads
from engine.models import build_model
from engine.optim import build_optimizer

TICK_SECONDS = 0.25
"""How often losses are read back from the device and an event is made of them."""


@dataclass(slots=True)
class TrainingState:
    """All that training changes as it goes: between two events it is at rest and may be saved."""

    config: RunConfig
    dataset: Dataset
    device: torch.device
    model: nn.Module
    optimizer: torch.optim.Optimizer
    order: torch.Generator
    """Decides the order of the examples, on the CPU, so that it is the same on every device."""
    noise: GlobalRandom
    channels_last: bool
    step: int = 0
    epoch: int = 0
    """Epochs finished."""
    samples: int = 0
    train_seconds: float = 0.0
    lr: float = 0.0
    best_test_loss: float = math.inf
    epochs_since_best: int = 0
    next_tick: float = field(default_factory=lambda: time.perf_counter() + TICK_SECONDS)

    @classmethod
    def build(cls, config: RunConfig, dataset: Dataset) -> TrainingState:
        """Build the network and its optimiser as the seed decides, on the device that the config names.

        Raises: DeviceError, ModelError.
        """
        device = choose_device(config.device)
        if device.type == "cpu":
            torch.set_num_threads(choose_threads(_pass_flops(config, dataset)))
        seeds = RandomSeeds.of(config.seed)
        initial = GlobalRandom(seeds.initialisation, torch.device("cpu"))
        with initial.in_force():  # weights are drawn on the CPU: the same on every device
            model = build_model(config.model, dataset.image_shape, dataset.classes)
        # oneDNN and cuDNN convolve fastest with the channels innermost; linear layers would only pay for the copy.
        channels_last = any(isinstance(module, nn.Conv2d) for module in model.modules())
        if channels_last:
            model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        model = model.to(device)
        return cls(
            config=config,
            dataset=dataset.to(device),
            device=device,
            model=model,
            optimizer=build_optimizer(model, config.optim, train_examples=len(dataset.train)),
            order=torch.Generator().manual_seed(seeds.order),
            noise=GlobalRandom(seeds.noise, device),
            channels_last=channels_last,
        )

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch; the last one may be smaller."""
        return self.config.train.steps_per_epoch(len(self.dataset.train))

    @property
    def total_steps(self) -> int:
        """Steps that training takes if nothing ends it early."""
        return self.steps_per_epoch * self.config.train.epochs


def _pass_flops(config: RunConfig, dataset: Dataset) -> int:
    """Count the operations of one forward pass of a batch, on a copy of the network that has shapes and no values."""
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        model = build_model(config.model, dataset.image_shape, dataset.classes)
        model(torch.empty(config.train.batch_size, *dataset.image_shape))
    return int(counter.get_total_flops())
