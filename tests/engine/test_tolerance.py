from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.tolerance import BOUNDS, Bound, is_met, is_within, miss

FRACTIONS = st.floats(0, 1)


@pytest.mark.parametrize(
    ("bound", "below", "above"), [("near", 0.25, 0.25), ("at_least", 0.25, 0.0), ("at_most", 0.0, 0.25)]
)
def test_a_bound_is_missed_on_one_side_only(bound: Bound, below: float, above: float) -> None:
    assert (miss(0.5, 0.75, bound), miss(1.0, 0.75, bound)) == (below, above)


@given(FRACTIONS, FRACTIONS, FRACTIONS)
def test_near_is_at_least_and_at_most_at_once(measured: float, value: float, tolerance: float) -> None:
    sides = [is_within(measured, value, tolerance, bound) for bound in ("at_least", "at_most")]
    assert is_within(measured, value, tolerance) is all(sides)


@pytest.mark.parametrize(("measured", "is_inside"), [(0.97, True), (1.01, True), (0.9699, False), (1.0101, False)])
def test_the_edge_is_inside_although_floats_round(measured: float, is_inside: bool) -> None:
    assert is_within(measured, 0.99, 0.02) is is_inside


@pytest.mark.parametrize("bound", BOUNDS)
def test_what_is_not_a_number_meets_no_figure(bound: Bound) -> None:
    assert math.isnan(miss(math.nan, 0.5, bound))
    assert not is_within(math.nan, 0.5, 1.0, bound)


def test_a_figure_saved_before_there_were_bounds_is_near() -> None:
    old = {"metric": "test_accuracy", "value": 0.5, "tolerance": 0.125, "comparable": True}
    assert not is_met(old, 0.75)
    assert is_met(old | {"bound": "at_least"}, 0.75)
