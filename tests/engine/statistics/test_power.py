"""Against `power.t.test(..., type = "paired", strict = TRUE)` of R."""

from __future__ import annotations

import math

import pytest

from engine.statistics.power import power_of_paired_test, seeds_needed


@pytest.mark.parametrize(("n", "effect", "power"), [(5, 1.5, 0.7107026739), (10, 1.0, 0.8030968566)])
def test_the_power_is_that_of_r(n: int, effect: float, power: float) -> None:
    assert power_of_paired_test(effect, n) == pytest.approx(power, rel=1e-7)
    assert power_of_paired_test(-effect, n) == pytest.approx(power, rel=1e-7)


@pytest.mark.parametrize(
    ("mean", "exact"), [(3.0, 3.144028061), (1.0, 9.937850291), (0.5, 33.3671291), (0.1, 786.8089403)]
)
def test_the_number_of_seeds_is_that_of_r_rounded_up(mean: float, exact: float) -> None:
    assert seeds_needed(mean, 1.0) == math.ceil(exact)
    assert seeds_needed(-mean / 100, 0.01) == math.ceil(exact)


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (0.01, 1.0), (math.nan, 1.0), (1.0, math.nan)])
def test_what_no_number_of_seeds_tells_apart_has_none(mean: float, deviation: float) -> None:
    assert seeds_needed(mean, deviation) is None


def test_a_difference_without_spread_takes_two_seeds() -> None:
    assert seeds_needed(0.01, 0.0) == 2
