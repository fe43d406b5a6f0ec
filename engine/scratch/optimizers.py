"""Optimisers written out: each changes parameters in place from the gradients that stand beside them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from engine.errors import ConfigError
from engine.scratch.layer import Parameter


class Optimizer(ABC):
    """What the three have in common: the parameters, a learning rate that may be changed, and L2.

    `reg` is the coefficient of the L2 term 0.5 * reg * p^2 of the loss, whose gradient is reg * p.

    Raises: ConfigError if a setting is not a number that its formula can use.
    """

    def __init__(self, params: Sequence[Parameter], learn_rate: float, reg: float) -> None:
        _check(learn_rate=learn_rate, reg=reg)
        self.params = list(params)
        self.learn_rate = learn_rate
        self.reg = reg

    @abstractmethod
    def step(self) -> None:
        """Change every parameter once, from its current gradient."""

    def zero_grad(self) -> None:
        """Set every gradient to 0, in place."""
        for _, gradient in self.params:
            gradient.zero_()

    def memory(self) -> list[Tensor]:
        """Return what is remembered of earlier steps, a tensor for each parameter; empty where nothing is."""
        return []

    def _regularised(self, parameter: Tensor, gradient: Tensor) -> Tensor:
        return gradient if self.reg == 0 else gradient + self.reg * parameter


class VanillaSGD(Optimizer):
    """p <- p - lr g, with g = gradient + reg p.

    Source: catalogue E2 (CS236781, homework 2).
    """

    def __init__(self, params: Sequence[Parameter], learn_rate: float = 1e-3, reg: float = 0) -> None:
        super().__init__(params, learn_rate, reg)

    @torch.no_grad()
    def step(self) -> None:
        """Go down the gradient."""
        for parameter, gradient in self.params:
            parameter -= self.learn_rate * self._regularised(parameter, gradient)


class MomentumSGD(Optimizer):
    """v <- momentum v - lr g; p <- p + v.

    The rate is inside v: after a change of the rate, torch's SGD, which multiplies the whole of v by the new rate,
    takes other steps.

    Source: catalogue E2 (CS236781, homework 2).
    """

    def __init__(
        self, params: Sequence[Parameter], learn_rate: float = 1e-3, reg: float = 0, momentum: float = 0.9
    ) -> None:
        super().__init__(params, learn_rate, reg)
        _check(momentum=momentum)
        self.momentum = momentum
        self._velocities = [torch.zeros_like(parameter) for parameter, _ in self.params]

    def memory(self) -> list[Tensor]:
        """Return the velocities."""
        return self._velocities

    @torch.no_grad()
    def step(self) -> None:
        """Turn the velocity towards down the gradient, then move by it."""
        for (parameter, gradient), velocity in zip(self.params, self._velocities, strict=True):
            velocity *= self.momentum
            velocity -= self.learn_rate * self._regularised(parameter, gradient)
            parameter += velocity


class RMSProp(Optimizer):
    """r <- decay r + (1 - decay) g^2; p <- p - lr / sqrt(r + eps) g.

    `eps` stands under the root; torch's RMSprop adds it to the root.

    Source: catalogue E2 (CS236781, homework 2).
    """

    def __init__(
        self,
        params: Sequence[Parameter],
        learn_rate: float = 1e-3,
        reg: float = 0,
        decay: float = 0.99,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(params, learn_rate, reg)
        _check(eps=eps)
        if not 0 <= decay <= 1:
            raise ConfigError([f"decay = {decay} is not a share from 0 to 1."])
        self.decay = decay
        self.eps = eps
        self._mean_squares = [torch.zeros_like(parameter) for parameter, _ in self.params]

    def memory(self) -> list[Tensor]:
        """Return the means of the squared slopes."""
        return self._mean_squares

    @torch.no_grad()
    def step(self) -> None:
        """Go down the gradient, each value at a rate of its own."""
        for (parameter, gradient), mean_square in zip(self.params, self._mean_squares, strict=True):
            slope = self._regularised(parameter, gradient)
            mean_square *= self.decay
            mean_square += (1 - self.decay) * slope * slope
            parameter -= self.learn_rate / torch.sqrt(mean_square + self.eps) * slope


def _check(**settings: float) -> None:
    problems = [f"{name} = {value} is not 0 or more." for name, value in settings.items() if not value >= 0]
    if problems:
        raise ConfigError(problems)
