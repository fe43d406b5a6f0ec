"""Debiased exponential smoothing of long series, without a Python loop over their values."""

from __future__ import annotations

import numpy as np

from tui.charts.figure import Floats

LARGEST_WEIGHT = 1e100
"""Weights inside a block grow up to this; times any value worth drawing it is still finite."""

NEGLIGIBLE = 1e-17
"""Below the resolution of a float next to 1."""


def smooth(values: Floats, factor: float) -> Floats:
    """Average each value with those before it, the weight falling by `factor` a step back.

    The weights are normalised over what exists, so that the start is not pulled towards 0; what is not finite
    has no weight and stays as it is.
    Shapes: (N,) -> (N,).
    Units: `factor` is a fraction below 1; 0 smooths nothing.
    Source: bias correction as in Adam (Kingma and Ba, arXiv:1412.6980, section 3).
    """
    if not 0 <= factor < 1:
        raise ValueError(f"smoothing factor is {factor}; it has to be at least 0 and below 1")
    if factor == 0 or len(values) == 0:
        return values
    known = np.isfinite(values)
    weighted = _decayed_sum(np.where(known, values, 0.0), factor)
    if known.all():
        return weighted / _weights_of_complete(len(values), factor)
    weights = _decayed_sum(known.astype(np.float64), factor)
    return np.divide(weighted, weights, out=values.copy(), where=known)


def _weights_of_complete(length: int, factor: float) -> Floats:
    """Return 1 + factor + factor**2 + ... up to each place; (length,)."""
    weights = np.full(length, 1 / (1 - factor))
    unsettled = min(length, 1 + int(np.log(NEGLIGIBLE) / np.log(factor)))
    weights[:unsettled] *= 1 - factor ** np.arange(1, unsettled + 1, dtype=np.float64)
    return weights


def _decayed_sum(values: Floats, factor: float) -> Floats:
    """Return s with s[t] = values[t] + factor * s[t - 1]; (N,) -> (N,).

    In a block, s[k] = factor**k * cumsum(values[k] / factor**k); what the block before left is added on top.
    """
    block = max(1, min(len(values), int(np.log(LARGEST_WEIGHT) / -np.log(factor))))
    powers = factor ** np.arange(block, dtype=np.float64)
    padded = np.zeros(-(-len(values) // block) * block)
    padded[: len(values)] = values
    sums = np.cumsum(padded.reshape(-1, block) / powers, axis=1) * powers  # (blocks, block)
    carry, carries = 0.0, []
    for last in sums[:, -1].tolist():
        carries.append(carry)
        carry = last + powers[-1] * factor * carry
    sums += np.outer(carries, powers * factor)
    return sums.reshape(-1)[: len(values)]
