"""Checks of what constructors are given directly; a config has made sure of it before."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from engine.errors import ModelError, unknown

_SET_BY_THE_NETWORK = {"in_channels", "out_channels"}


def check_widths(argument: str, widths: Sequence[int]) -> None:
    """Make sure that every layer gets at least one channel or unit.

    Raises: ModelError naming the argument and the first width that is none.
    """
    for place, width in enumerate(widths):
        if width < 1:
            raise ModelError(
                f"{argument} = {list(widths)} is not allowed: a layer has 1 or more, and [{place}] is {width}."
            )


def check_filters(filters: Sequence[int]) -> None:
    """Make sure that there are filters, each of them at least one.

    Raises: ModelError if not.
    """
    if not filters:
        raise ModelError("filters is empty: the network needs a convolution at least.")
    check_widths("filters", filters)


def check_one_for_each(argument: str, values: Sequence[float], count: int, things: str) -> None:
    """Make sure that a list is as long as another.

    Raises: ModelError if not.
    """
    if len(values) != count:
        raise ModelError(f"{argument} needs a value for each of the {things}: {count}, not {len(values)}.")


def check_window(argument: str, params: Mapping[str, Any], layer: type[nn.Module], example: str) -> None:
    """Make sure that a layer of torch.nn takes these keyword arguments, and that its kernel is among them.

    Raises: ModelError naming what is missing or not known.
    """
    known = set(inspect.signature(layer).parameters) - _SET_BY_THE_NETWORK
    for name in params:
        if name not in known:
            raise ModelError(f"{argument}: {unknown(f'argument of {layer.__name__}', name, known)}")
    if "kernel_size" not in params:
        raise ModelError(
            f"{argument} = {dict(params)} lacks kernel_size: it describes each {layer.__name__} wholly.",
            f"Add it, such as {argument}=dict({example}), or leave {argument} out.",
        )
