from __future__ import annotations

import numpy as np

from tui.charts.marks import mark_places


def test_a_short_curve_is_marked_at_each_point() -> None:
    cells = np.array([0, 10, 20]), np.array([5, 3, 1])
    assert mark_places([cells], 60, [False]) == [(0, 5, 0), (10, 3, 0), (20, 1, 0)]


def test_equal_short_curves_take_turns() -> None:
    cells = np.array([0, 10, 20]), np.array([5, 3, 1])
    assert [line for _, _, line in sorted(mark_places([cells] * 3, 60, [False] * 3))] == [0, 1, 2]


def test_a_long_curve_has_a_few_markers_and_a_dotted_one_fewer() -> None:
    cells = np.arange(120), np.zeros(120, np.int64)
    assert len(mark_places([cells], 120, [False])) == 6
    assert len(mark_places([cells], 120, [True])) == 3


def test_equal_long_curves_all_have_markers() -> None:
    cells = np.arange(80), np.zeros(80, np.int64)
    assert {line for _, _, line in mark_places([cells] * 8, 80, [False] * 8)} == set(range(8))


def test_no_lines_and_empty_lines_have_no_markers() -> None:
    assert mark_places([], 10, []) == []
    assert mark_places([(np.array([], np.int64), np.array([], np.int64))], 10, [False]) == []
