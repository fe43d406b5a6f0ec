"""Against R 4's printed results on the data that its textbooks use."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine.statistics.paired import paired_difference

SLEEP = ([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0], [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
"""`sleep` of R: hours of sleep gained by two drugs (Student 1908)."""
SHOES = (
    [13.2, 8.2, 10.9, 14.3, 10.7, 6.6, 9.5, 10.8, 8.8, 13.3],
    [14.0, 8.8, 11.2, 14.2, 11.8, 6.4, 9.8, 11.3, 9.3, 13.6],
)
"""`shoes` of R's MASS: wear of two materials (Box, Hunter and Hunter, Statistics for experimenters)."""


def by_seed(values: list[float]) -> dict[int, float]:
    return dict(enumerate(values))


@pytest.mark.parametrize(
    ("example", "mean", "t", "p", "low", "high"),
    [
        (SLEEP, -1.58, -4.0621277, 0.002832890197, -2.4598857633, -0.7001142367),
        (SHOES, -0.41, -3.348876536, 0.008538780718, -0.6869539058, -0.1330460942),
    ],
)
def test_it_gives_what_r_gives(
    example: tuple[list[float], list[float]], mean: float, t: float, p: float, low: float, high: float
) -> None:
    found = paired_difference(by_seed(example[0]), by_seed(example[1]))
    assert found is not None
    assert (found.mean, found.t, found.p) == pytest.approx((mean, t, p), rel=1e-8)
    assert (found.low, found.high, found.n) == pytest.approx((low, high, 10), rel=1e-9)


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=3, max_size=12))
def test_it_agrees_with_scipy_wherever_there_is_spread(pairs: list[tuple[float, float]]) -> None:
    ours, theirs = ([pair[side] for pair in pairs] for side in (0, 1))
    differences = [one - other for one, other in pairs]
    found = paired_difference(by_seed(ours), by_seed(theirs))
    assert found is not None
    if max(differences) - min(differences) > 1e-6:
        expected = stats.ttest_rel(ours, theirs)
        assert found.p == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-12)
        assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval()), rel=1e-6, abs=1e-9)


def test_only_seeds_of_both_count_whatever_their_order() -> None:
    found = paired_difference({3: 0.9, 1: 0.8, 7: 0.1}, {1: 0.7, 3: 0.75, 8: 0.2})
    assert found is not None
    assert found.n == 2
    assert found.mean == pytest.approx(0.125)


def test_without_a_common_seed_there_is_no_difference() -> None:
    assert paired_difference({0: 0.9}, {1: 0.8}) is None


def test_one_common_seed_has_a_difference_and_no_test() -> None:
    found = paired_difference({0: 0.9}, {0: 0.8})
    assert found is not None
    assert found.mean == pytest.approx(0.1)
    assert (found.p, found.half_width, found.n) == (None, None, 1)


@pytest.mark.parametrize("shift", [0.0, 0.01])
def test_differences_that_are_all_the_same_are_no_proof(shift: float) -> None:
    """Student's t is infinite there; R refuses as well, calling the data essentially constant."""
    found = paired_difference({0: 0.91 + shift, 1: 0.93 + shift}, {0: 0.91, 1: 0.93})
    assert found is not None
    assert found.mean == pytest.approx(shift)
    assert found.p is None


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_a_seed_that_diverged_is_named_and_the_others_do_not_speak_for_it(odd: float) -> None:
    found = paired_difference({0: odd, 1: 0.5, 2: 0.7}, {0: 0.4, 1: 0.4, 2: 0.5})
    assert found is not None
    assert math.isnan(found.mean)
    assert (found.n, found.not_finite) == (3, (0,))
    assert (found.p, found.half_width, found.low) == (None, None, None)
    both = paired_difference({0: math.inf}, {0: math.inf})
    assert both is not None
    assert both.not_finite == (0,)
