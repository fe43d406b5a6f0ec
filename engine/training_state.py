"""`TrainingState`: all that a training changes as it goes, built from the config alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from engine.config import RunConfig
from engine.data.dataset import Dataset
from engine.demands import check_demands
from engine.device import GlobalRandom, RandomSeeds, choose_device, choose_threads
from engine.events import Kept
from engine.inputs import Inputs, Shape, input_shape
from engine.learner import Learner, build_learner
from engine.models import build_model
from engine.objective import Objective, choose_objective
from engine.stopwatch import stopwatch

TICK_SECONDS = 0.25
"""How often losses are read back from the device and an event is made of them."""


@dataclass(slots=True)
class EpochUnderWay:
    """How far an epoch has come."""

    order: Tensor
    """Which example comes when. Shapes: (N,) long, on the CPU."""
    correct: Tensor
    """Examples predicted right so far. A scalar, on the training device."""
    steps: int = 0
    loss_sum: float = 0.0
    """Over the examples of the steps done."""


@dataclass(slots=True)
class TrainingState:
    """All that training changes as it goes: between two events it is at rest and may be saved."""

    config: RunConfig
    dataset: Dataset
    device: torch.device
    model: nn.Module
    objective: Objective
    learner: Learner
    inputs: Inputs
    order: torch.Generator
    """Decides the order of the examples, on the CPU, so that it is the same on every device."""
    noise: GlobalRandom
    step: int = 0
    epoch: int = 0
    """Epochs finished: trained and evaluated."""
    under_way: EpochUnderWay | None = None
    """None between two epochs; an epoch that is trained and not evaluated is still under way."""
    samples: int = 0
    train_seconds: float = 0.0
    lr: float = 0.0
    best_loss: float = math.inf
    """The lowest that early stopping has seen."""
    epochs_since_best: int = 0
    test_loss: float = math.inf
    """After the last epoch finished."""
    is_at_rest: bool = True
    """Whether it may be saved as it is between two events: not while it is asked about after training, which takes
    random numbers, nor once a loss was not a number, nor between what layers did and the steps in which they did it."""
    first_loss: float | None = None
    """Training loss of the first step, before any update."""
    converged_at_step: int | None = None
    """The step from which on every loss lay below `record.converged_below`."""
    next_tick: float = field(default_factory=lambda: stopwatch() + TICK_SECONDS)

    @classmethod
    def build(cls, config: RunConfig, dataset: Dataset) -> TrainingState:
        """Build the network and its optimiser as the seed decides, on the device that the config names.

        Raises: ConfigError, DeviceError, ModelError.
        """
        device = choose_device(config.device)
        shape = input_shape(config.augment, dataset.image_shape)
        outputs, flops = _dry_pass(config, shape, dataset)
        objective = choose_objective(outputs, dataset.test.labels, dataset.classes)
        if device.type == "cpu":
            torch.set_num_threads(choose_threads(flops))
        seeds = RandomSeeds.of(config.seed)
        initial = GlobalRandom(seeds.initialisation, torch.device("cpu"))
        with initial.in_force():  # weights are drawn on the CPU: the same on every device
            model = build_model(config.model, shape, dataset.classes)
        # oneDNN and cuDNN convolve fastest with the channels innermost; linear layers would only pay for the copy.
        channels_last = any(isinstance(module, nn.Conv2d) for module in model.modules())
        if channels_last:
            model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        model = model.to(device)
        dataset = dataset.to(device)
        return cls(
            config=config,
            dataset=dataset,
            device=device,
            model=model,
            objective=objective,
            learner=build_learner(model, objective, config.optim, train_examples=len(dataset.train)),
            inputs=Inputs.of(
                config.data, config.augment, dataset, seed=seeds.augmentation, channels_last=channels_last
            ),
            order=torch.Generator().manual_seed(seeds.order),
            noise=GlobalRandom(seeds.noise, device),
        )

    @property
    def is_trained(self) -> bool:
        """Whether no further epoch is to be trained."""
        patience = self.config.train.early_stopping_epochs
        return self.epoch >= self.total_epochs or (patience is not None and self.epochs_since_best >= patience)

    @property
    def kept(self) -> Kept | None:
        """How far it has come; None before the first step."""
        if not self.step:
            return None
        return Kept(
            step=self.step, epochs=self.epoch, samples=self.samples, train_seconds=self.train_seconds, lr=self.lr
        )

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch; the last one may be smaller."""
        return self.config.train.steps_per_epoch(len(self.dataset.train))

    @property
    def total_steps(self) -> int:
        """Steps that training takes if nothing ends it early."""
        return self.config.train.total_steps(len(self.dataset.train))

    @property
    def total_epochs(self) -> int:
        """Epochs that these steps take; the last one may be cut short."""
        return self.config.train.total_epochs(len(self.dataset.train))


def _dry_pass(config: RunConfig, shape: Shape, dataset: Dataset) -> tuple[torch.Size, int]:
    """Return the shape of the outputs for a batch and the operations of one forward pass.

    It runs on a copy of the network that has shapes and no values.
    Raises: ConfigError if the network cannot be trained as the config says.
    """
    with torch.device("meta"), torch.no_grad():
        model = build_model(config.model, shape, dataset.classes)
        check_demands(config, model, image_shape=shape, train_examples=len(dataset.train))
        with FlopCounterMode(display=False) as counter:
            # With one example a network that normalises its batches could not be in training mode.
            outputs = model.eval()(torch.empty(config.train.batch_size, *shape))
    return outputs.shape, int(counter.get_total_flops())
