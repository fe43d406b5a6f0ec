from __future__ import annotations

import math

import pytest

from tui.charts.intervals import IntervalItem, interval_items, interval_rows
from tui.charts.render import rows_text
from tui.charts.span import to_ascii

BLUE, RED = "#339ecc", "#c32283"
ITEMS = [IntervalItem("bn=on", 0.9895, 0.0006, BLUE, "■"), IntervalItem("bn=off", 0.9834, 0.0021, RED, "▲"),
         IntervalItem("one seed", 0.985, None, RED, "●")]  # fmt: skip

GOLDEN = """\
■ bn=on                                     ├─●─┤   98.95 ± 0.06
▲ bn=off     ├───────●───────┤                      98.34 ± 0.21
● one seed                  ●                              98.50
            ────────────────┬───────────────────┬─
                          98.5                99.0 %"""


def text(items: list[IntervalItem], width: int = 64, **options: float) -> str:
    return rows_text(interval_rows(items, width, **options), color=False)  # type: ignore[arg-type]


def test_means_and_intervals_byte_for_byte() -> None:
    assert text(ITEMS) == GOLDEN


def test_ends_and_means_stand_where_the_axis_says() -> None:
    rows = text([IntervalItem("a", 0.5, 0.25, BLUE, "■"), IntervalItem("b", 0.0, None, BLUE, "▲"),
                 IntervalItem("c", 1.0, None, BLUE, "●")], 80).splitlines()  # fmt: skip
    left, right, mean = (rows[0].index(one) for one in "├┤●")
    low, high = rows[1].index("●"), rows[2].rindex("●")
    assert mean == pytest.approx((low + high) / 2, abs=1)
    assert left == pytest.approx(low + (high - low) / 4, abs=1)
    assert right == pytest.approx(low + 3 * (high - low) / 4, abs=1)


def test_a_reference_stands_behind_all_rows() -> None:
    rows = text(ITEMS, reference=0.9866).splitlines()
    columns = {row.index("┊") for row in rows[:3]}
    assert len(columns) == 1


def test_without_colour_and_unicode_it_still_reads() -> None:
    shown = to_ascii(text(ITEMS, reference=0.9866))
    assert shown.isascii()
    assert "+-o-+" in shown
    assert "?" not in shown


def test_with_colour_each_row_has_its_own() -> None:
    rows = interval_rows(ITEMS, 64)
    assert {span.color for span in rows[0]} >= {BLUE}
    assert RED in {span.color for span in rows[1]}
    assert BLUE not in {span.color for span in rows[1]}


@pytest.mark.parametrize("width", [1, 5, 12, 24, 40, 80, 200])
def test_any_width_is_kept(width: int) -> None:
    for row in interval_rows(ITEMS, width):
        assert sum(len(span.text) for span in row) <= max(width, 10)


def test_narrow_ones_keep_the_values() -> None:
    assert "98.95 ± 0.06" in text(ITEMS, 30)


def test_a_mean_that_is_no_number_has_no_place() -> None:
    rows = text([*ITEMS, IntervalItem("lost", math.nan, math.nan, BLUE, "★")]).splitlines()
    assert rows[3].startswith("★ lost")
    assert rows[3].endswith("–")
    assert "●" not in rows[3]


def test_losses_are_in_their_own_unit() -> None:
    shown = text([IntervalItem("a", 0.0123, 0.004, BLUE, "■")], metric="test_loss")  # type: ignore[arg-type]
    assert "0.0123 ± 0.0040" in shown
    assert "%" not in shown


def test_nothing_is_nothing() -> None:
    assert interval_rows([], 80) == []


def test_leaderboard_rows_become_items() -> None:
    from tests.tui.charts.test_pareto import rows

    items = interval_items(rows())
    assert {item.name for item in items} == {"bn=on", "bn=off"}
    assert interval_items(rows(), metric="no_such") == []
