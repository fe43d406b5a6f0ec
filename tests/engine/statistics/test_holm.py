from __future__ import annotations

import pytest

from engine.statistics.holm import holm


@pytest.mark.parametrize(
    ("raw", "corrected"),
    [
        ([0.01, 0.02, 0.03, 0.04, 0.05], [0.05, 0.08, 0.09, 0.09, 0.09]),
        ([0.001, 0.2, 0.012, 0.03, 0.9], [0.005, 0.4, 0.048, 0.09, 0.9]),
        ([0.04], [0.04]),
        ([0.7, 0.9], [1.0, 1.0]),
        ([], []),
    ],
)
def test_it_gives_what_p_adjust_of_r_gives(raw: list[float], corrected: list[float]) -> None:
    assert holm(raw) == pytest.approx(corrected)


def test_what_was_not_tested_neither_counts_nor_gets_a_value() -> None:
    assert holm([None, 0.01, None, 0.04]) == [None, pytest.approx(0.02), None, pytest.approx(0.04)]
