from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from engine.statistics.mcnemar import mcnemar


@pytest.mark.parametrize(("fixed", "broken", "p"), [(86, 150, 3.71593614e-05), (15, 5, 0.04138946533)])
def test_it_is_the_binomial_test_of_r(fixed: int, broken: int, p: float) -> None:
    """86 and 150 changed their mind on the prime minister: `binom.test(86, 236)` (Agresti 1990, page 350)."""
    assert mcnemar(fixed, broken) == pytest.approx(p, rel=1e-8)
    assert mcnemar(broken, fixed) == pytest.approx(p, rel=1e-8)


@given(st.integers(0, 400), st.integers(0, 400))
def test_it_agrees_with_scipy(fixed: int, broken: int) -> None:
    expected = stats.binomtest(fixed, fixed + broken).pvalue if fixed + broken else 1.0
    assert mcnemar(fixed, broken) == pytest.approx(expected, rel=1e-9)


def test_networks_that_are_right_on_the_same_examples_do_not_differ() -> None:
    assert mcnemar(0, 0) == 1.0
