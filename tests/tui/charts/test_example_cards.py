"""Cards fit the room there is, side by side, and say what each network took the example for."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from rich.cells import cell_len

from tests.builders import build_summary
from tests.tui.charts.examples import build_examples
from tui.charts.example_cards import card_grid, card_rows, pair_identities, sureness
from tui.charts.span import Row
from tui.identity import Identity

MARKS = (Identity("#339ecc", "■"), Identity("#c32283", "▲"))


def texts(rows: list[Row]) -> list[str]:
    return ["".join(span.text for span in row) for row in rows]


def test_several_pictures_stand_side_by_side_at_80_columns() -> None:
    grid = card_grid(build_examples(), 80, 13)
    assert (grid.columns, grid.rows) == (3, 1)
    assert (grid.picture_columns, grid.picture_rows) == (20, 10)


def test_a_large_screen_shows_whole_pixels_and_more_cards() -> None:
    grid = card_grid(build_examples(), 200, 49)
    assert (grid.picture_columns, grid.picture_rows) == (28, 14)
    assert (grid.columns, grid.rows) == (6, 2)


@pytest.mark.parametrize("width", [16, 37, 80, 121, 200])
@pytest.mark.parametrize("height", [3, 5, 12, 30, 60])
@pytest.mark.parametrize("is_image", [True, False])
def test_no_line_is_longer_than_the_room_and_there_are_not_too_many(width: int, height: int, is_image: bool) -> None:
    found = build_examples(30, is_image=is_image)
    grid = card_grid(found, width, height)
    rows = card_rows(found, list(range(min(30, grid.count))), grid, MARKS, color=True)
    assert max(cell_len(text) for text in texts(rows)) <= width
    assert len(rows) <= height


def test_a_card_says_what_it_is_and_what_it_was_taken_for() -> None:
    found = build_examples()
    rows = texts(card_rows(found, [0, 9], card_grid(found, 80, 6), MARKS, color=False))
    assert [row.split() for row in rows[-3:]] == [
        ["#0", "is", "7", "#9", "is", "7"],
        ["■", "1", ">99", "%", "■", "7", "30", "%"],
        ["▲", "7", ">99", "%", "▲", "7", "30", "%"],
    ]


def test_points_have_no_picture_and_say_where_they_are() -> None:
    found = build_examples(is_image=False)
    rows = texts(card_rows(found, [0], card_grid(found, 80, 20), MARKS, color=True))
    assert rows[0].rstrip() == "#0 0.2 0.2 is 7"
    assert len(rows) == 3


def test_class_names_of_any_length_are_cut() -> None:
    found = replace(build_examples(), class_names=("a very long name \x1b[31m of a class 漢字" * 3,) * 10)
    rows = card_rows(found, [0, 1], card_grid(found, 60, 12), MARKS, color=True)
    assert max(cell_len(text) for text in texts(rows)) <= 60
    assert all("\x1b" not in text for text in texts(rows))
    assert re.search(r"… >99 %  . a very .*… 92 %$", texts(rows)[-1])  # probabilities are not cut


def test_long_names_of_classes_make_wider_cards() -> None:
    found = replace(build_examples(), class_names=("a name of 16 let",) * 10)
    rows = texts(card_rows(found, [0], card_grid(found, 80, 8), MARKS, color=True))
    assert rows[-2].rstrip() == "■ a name of 16 let >99 %"


def test_certainty_is_not_claimed_by_rounding() -> None:
    assert [sureness(value) for value in (0.994, 0.9951, 0.004, float("nan"))] == ["99 %", ">99 %", "0 %", "nan"]


def test_two_networks_always_have_two_markers() -> None:
    one = build_summary("a", label="same", preset="p")
    first, second = pair_identities((one, replace(one, run="b")))
    assert first.marker != second.marker
    assert pair_identities((one, replace(one, run="b"))) == (first, second)
