from __future__ import annotations

import numpy as np

from tui.charts.raster import Raster, dots


def picture(raster: Raster) -> list[str]:
    return ["".join(chr(0x2800 + bits) for bits in row) for row in raster.bits[::-1].tolist()]


def test_a_diagonal_sets_one_dot_a_column_or_row() -> None:
    raster = Raster.blank(2, 1)
    raster.draw(np.array([0.0, 3.0]), np.array([0.0, 3.0]), 0, "solid")
    assert picture(raster) == ["⡠⠊"]


def test_crossing_lines_share_a_cell_and_the_later_one_owns_it() -> None:
    raster = Raster.blank(1, 1)
    raster.draw(np.array([0.0, 1.0]), np.array([0.0, 0.0]), 0, "solid")
    raster.draw(np.array([0.0, 1.0]), np.array([3.0, 3.0]), 1, "solid")
    assert picture(raster) == ["⣉"]
    assert raster.owner.tolist() == [[1]]


def test_what_covers_shares_no_cell() -> None:
    raster, front = Raster.blank(2, 1), Raster.blank(2, 1)
    raster.draw(np.array([0.0, 3.0]), np.array([0.0, 0.0]), 0, "solid")
    front.draw(np.array([0.0, 1.0]), np.array([3.0, 3.0]), 1, "solid")
    raster.cover(front)
    assert picture(raster) == ["⠉⣀"]
    assert raster.owner.tolist() == [[1, 0]]


def test_nan_is_a_gap() -> None:
    across, _ = dots(np.array([0.0, 2.0, np.nan, 6.0, 8.0]), np.zeros(5), "solid")
    assert sorted(set(across.tolist())) == [0, 1, 2, 6, 7, 8]


def test_points_are_not_joined_and_dotted_lines_leave_dots_out() -> None:
    ends = np.array([0.0, 9.0]), np.zeros(2)
    assert dots(*ends, "points")[0].tolist() == [0, 9]
    assert dots(*ends, "dotted")[0].tolist() == [0, 3, 6]


def test_dots_outside_are_left_out() -> None:
    raster = Raster.blank(1, 1)
    raster.draw(np.array([-5.0, 50.0]), np.array([1.0, 1.0]), 0, "solid")
    assert picture(raster) == ["⠤"]


def test_a_single_point_and_no_point_at_all() -> None:
    assert dots(np.array([1.0]), np.array([2.0]), "solid")[0].tolist() == [1]
    assert dots(np.array([]), np.array([]), "solid")[0].tolist() == []
    assert dots(np.array([np.nan]), np.array([2.0]), "dotted")[0].tolist() == []
