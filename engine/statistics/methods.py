"""Every method behind a comparison of recipes, by name and with what it assumes, for whoever reports its figures."""

from __future__ import annotations

from engine.statistics import estimate, holm, letters, noise, paired, power
from engine.statistics.method import Method

METHODS: tuple[Method, ...] = (
    estimate.METHOD, paired.METHOD, holm.METHOD, letters.METHOD, noise.METHOD, power.METHOD,
)  # fmt: skip
