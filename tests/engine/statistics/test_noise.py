from __future__ import annotations

import math

import pytest

from engine.statistics.noise import pooled_noise

PLANTS = (
    [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
    [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
    [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26],
)
"""`PlantGrowth` of R: weights under three treatments."""


def test_the_noise_is_the_residual_deviation_of_the_analysis_of_variance() -> None:
    """`anova(lm(weight ~ group, PlantGrowth))`: residual mean square 0.38859593 on 27 degrees of freedom."""
    noise = pooled_noise(PLANTS)
    assert noise is not None
    assert (noise.deviation, noise.degrees) == pytest.approx((0.6233746273, 27))
    assert noise.floor(10, 10) == pytest.approx(0.5720126116)  # Fisher's least significant difference


def test_a_recipe_with_one_seed_says_nothing_and_has_the_largest_floor() -> None:
    noise = pooled_noise([[0.9], [0.5, 0.7], [math.nan, 0.3]])
    assert noise is not None
    assert noise.degrees == 1
    assert noise.floor(1, 2) > noise.floor(2, 2)
    assert pooled_noise([[0.9], [0.8]]) is None
