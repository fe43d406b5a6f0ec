"""Every answer is drawn within its room, at any size, page by page, with and without colours."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from engine.analysis.whats import WHATS
from tests.tui.pictures.answers import digit_examples, predicted, seen
from tui.charts.span import Row, Span
from tui.pictures.colour_map import ColourScale
from tui.pictures.draw import draw_panel, draw_plate
from tui.pictures.files import document_of, tables_of
from tui.pictures.matrix_cells import matrix_rows
from tui.pictures.plate import Gallery, Matrix, Tile
from tui.pictures.registry import drawer_of
from tui.pictures.rows import beside, fitted, row_width, words, wrapped
from tui.pictures.seen import Seen

SIZES = [(1, 1), (9, 3), (20, 5), (38, 17), (78, 17), (118, 29), (158, 43), (198, 53)]


def texts(rows: list[Row]) -> list[str]:
    return ["".join(span.text for span in row) for row in rows]


@pytest.mark.parametrize("is_double", [False, True])
@pytest.mark.parametrize("what", WHATS)
def test_no_picture_leaves_its_room(what: str, is_double: bool) -> None:
    plate = drawer_of(what).plate(seen(what, is_double=is_double))
    for width, height in SIZES:
        for page in (0, 10**6):
            drawn = draw_plate(plate, width, height, page=page)
            assert all(row_width(row) <= width for row in drawn.rows), (what, width, height)
            assert len(drawn.rows) <= height, (what, width, height)
            assert drawn.pages >= 1


@pytest.mark.parametrize("what", WHATS)
def test_what_is_seen_says_what_it_is_without_colours_too(what: str) -> None:
    plate = drawer_of(what).plate(seen(what))
    lines = texts(draw_plate(plate, 100, 30, color=False).rows)
    assert lines[0].strip() == plate.title
    assert not any("▀" in line for line in lines)
    assert len([line for line in lines if line.strip()]) > 5


@pytest.mark.parametrize("what", WHATS)
def test_numbers_for_scripts_are_those_of_the_answer(what: str) -> None:
    document = json.loads(json.dumps(document_of(seen(what, is_double=True)), allow_nan=False))
    assert (document["what"], document["run"], document["against"]["run"]) == (what, "one", "two")
    for table in tables_of(seen(what, is_double=True)).values():
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.columns)}


def test_the_page_of_the_selected_example_is_seen() -> None:
    found = seen("mistakes")
    plate = drawer_of("mistakes").plate(found)
    wrong = found.inspection.first.wrong.tolist()
    for place in range(len(wrong)):
        drawn = draw_plate(plate, 78, 17, selected=place)
        (line,) = [line for line in texts(drawn.rows) if "▸" in line]
        assert f"▸#{wrong[place]} is" in line


def test_turning_pages_shows_every_example_once() -> None:
    found = seen("mistakes")
    plate = drawer_of("mistakes").plate(found)
    pages = draw_plate(plate, 78, 17).pages
    shown = [
        int(number)
        for page in range(pages)
        for line in texts(draw_plate(plate, 78, 17, page=page).rows)
        for number in re.findall(r"#(\d+) is", line)
    ]
    assert shown == found.inspection.first.wrong.tolist()


def test_two_pictures_stand_side_by_side_however_narrow() -> None:
    lines = texts(draw_plate(drawer_of("saliency").plate(seen("saliency")), 78, 17, color=False).rows)
    assert any("is" in line and "score of" in line for line in lines)


def test_pictures_are_made_smaller_where_more_of_them_are_seen() -> None:
    gallery = Gallery(8, lambda place: Tile(np.zeros((64, 64, 1), np.uint8), (words(f"{place}"),)), (64, 64), 1)
    drawn = draw_panel(gallery, 57, 30)
    assert drawn.on_page >= 4


def test_counts_without_room_are_shares_of_the_row() -> None:
    cells = tuple(tuple(f"{1000 + row + column:,}" for column in range(10)) for row in range(10))
    narrow = tuple(("99",) * 10 for _ in range(10))
    names = tuple("0123456789")
    panel = Matrix(names, names, cells, np.full((10, 10), 0.5), narrow)
    wide, tight = (texts(matrix_rows(panel, width, 20, color=True)) for width in (90, 38))
    assert "1,004" in wide[3]
    assert tight[3].count("99") == 10
    assert max(map(len, tight)) <= 38


def test_a_class_that_is_never_right_has_its_row() -> None:
    lines = texts(draw_plate(drawer_of("confusion").plate(seen("confusion")), 100, 30, color=False).rows)
    accuracy = 100 * float(predicted(90).is_right.mean())
    assert any(f"Accuracy {accuracy:.2f}" in line for line in lines)
    for name in digit_examples().class_names:
        assert any(re.match(rf"{name} +[·\d]", line) for line in lines)


def test_one_layer_is_a_grid_of_its_channels() -> None:
    found = seen("features", layer="features.1")
    lines = texts(draw_plate(drawer_of("features").plate(found), 100, 30).rows)
    assert [number for line in lines for number in re.findall(r"(\d) mean", line)] == ["0", "1", "2", "3"]


def test_channels_beyond_the_last_one_are_said_to_be_none() -> None:
    found = seen("features", layer="features.1")
    beyond = Seen(found.inspection, found.names, found.identities, first_channel=9)
    lines = texts(draw_plate(drawer_of("features").plate(beyond), 100, 30).rows)
    assert any("features.1 has no channel 9." in line for line in lines)


class TestColours:
    def test_a_scale_from_zero_ends_at_the_largest_value(self) -> None:
        scale = ColourScale.of(np.array([0.0, 1.0, 2.0]))
        assert (scale.low, scale.is_signed) == (0.0, False)
        assert scale.paint(np.array([0.0])).tolist() == [[0, 0, 4]]
        assert scale.paint(np.array([5.0])).tolist() == [[252, 253, 191]]

    def test_a_signed_scale_is_dark_at_zero_and_reaches_equally_far(self) -> None:
        scale = ColourScale.of(np.array([-1.0, 3.0]))
        assert scale.low == -scale.high
        assert scale.paint(np.array([0.0])).tolist() == [[12, 12, 12]]

    def test_what_is_not_a_number_is_grey(self) -> None:
        painted = ColourScale.of(np.array([1.0])).paint(np.array([np.nan, np.inf]))
        assert painted.tolist() == [[128, 128, 128]] * 2

    def test_nothing_but_zeros_has_a_scale(self) -> None:
        assert ColourScale.of(np.zeros(4)).paint(np.zeros(4)).shape == (4, 3)
        assert ColourScale.of(np.full(3, np.nan)).legend()


def test_a_row_is_cut_with_a_sign_that_it_goes_on() -> None:
    assert texts([fitted([Span("abc"), Span("defg")], 5)]) == ["abcd…"]
    assert texts([fitted([Span("ab")], 5)]) == ["ab   "]
    assert texts([fitted([Span("日本語")], 4)])[0].startswith("日")
    assert row_width(fitted([Span("日本語")], 4)) <= 4


def test_long_legends_break_between_words() -> None:
    lines = texts(wrapped([Span("one two "), Span("three four", "#ffffff")], 9))
    assert lines == ["one two", "three", "four"]


def test_blocks_of_other_heights_stay_beside_each_other() -> None:
    assert texts(beside([([words("a")], 2), ([words("b"), words("c")], 1)])) == ["a   b", "    c"]
