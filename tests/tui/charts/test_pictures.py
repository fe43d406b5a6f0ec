"""Images in cells: what is bright, dark and coloured stays where it was, at any size."""

from __future__ import annotations

import numpy as np
import pytest

from tui.charts.pictures import SHADES, picture_rows, picture_size
from tui.charts.span import Row, Span


def cells(row: Row) -> list[tuple[str | None, str | None]]:
    """Return the colours of upper and lower half, cell by cell."""
    return [(span.color, span.background) for span in row for _ in span.text]


def test_two_pixels_stand_in_a_cell_one_above_the_other() -> None:
    image = np.zeros((2, 3, 3), np.uint8)
    image[0, 1] = (255, 0, 0)
    image[1, 2] = (0, 0, 255)
    (row,) = picture_rows(image, 3, 1, color=True)
    assert cells(row) == [("#000000", "#000000"), ("#ff0000", "#000000"), ("#000000", "#0000ff")]
    assert row[0].to_ansi() == "\x1b[38;2;0;0;0;48;2;0;0;0m▀\x1b[0m"


def test_equal_neighbours_are_one_span() -> None:
    (row,) = picture_rows(np.full((2, 40, 1), 7, np.uint8), 40, 1, color=True)
    assert row == [Span("▀" * 40, "#070707", background="#070707")]


def test_an_image_of_one_channel_is_grey() -> None:
    (row,) = picture_rows(np.array([[[10]], [[200]]], np.uint8), 1, 1, color=True)
    assert cells(row) == [("#0a0a0a", "#c8c8c8")]


def test_a_smaller_picture_averages_all_pixels() -> None:
    image = np.zeros((4, 4, 1), np.uint8)
    image[:2, :2] = [[[0], [100]], [[100], [200]]]
    (row,) = picture_rows(image, 2, 1, color=True)
    assert cells(row) == [("#646464", "#000000"), ("#000000", "#000000")]


def test_any_size_keeps_the_mean() -> None:
    image = np.random.default_rng(0).integers(0, 256, (28, 28, 1)).astype(np.uint8)
    rows = picture_rows(image, 14, 7, color=True)
    drawn = [int(half[1:3], 16) for row in rows for cell in cells(row) for half in cell if half]
    assert np.mean(drawn) == pytest.approx(image.mean(), abs=1)


def test_an_enlarged_picture_repeats_pixels() -> None:
    image = np.array([[[0], [255]], [[255], [0]]], np.uint8)
    rows = picture_rows(image, 4, 2, color=True)
    assert cells(rows[0]) == [("#000000", "#000000")] * 2 + [("#ffffff", "#ffffff")] * 2
    assert cells(rows[1]) == [("#ffffff", "#ffffff")] * 2 + [("#000000", "#000000")] * 2


def test_without_colours_it_is_in_shades() -> None:
    image = np.repeat(np.array([0, 60, 128, 160, 255], np.uint8)[None, :, None], 2, axis=0)
    (row,) = picture_rows(image, 5, 1, color=False)
    assert "".join(span.text for span in row) == SHADES
    assert all(span.color is None and span.background is None for span in row)


def test_colours_become_shades_by_how_bright_they_seem() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    image[:, 0], image[:, 1] = (0, 255, 0), (0, 0, 255)
    (row,) = picture_rows(image, 2, 1, color=False)
    text = "".join(span.text for span in row)
    assert SHADES.index(text[0]) > SHADES.index(text[1])  # green seems brighter than blue


@pytest.mark.parametrize(
    ("height", "width", "most", "found"),
    [
        (28, 28, (80, 14), (28, 14)),  # as it is
        (28, 28, (80, 8), (16, 8)),
        (28, 28, (10, 14), (10, 5)),
        (8, 8, (80, 14), (16, 8)),  # twice as large
        (8, 8, (80, 4), (8, 4)),
        (64, 64, (80, 16), (32, 16)),
        (7, 7, (7, 14), (7, 4)),
        (1, 1, (1, 1), (1, 1)),
        (300, 10, (80, 16), (1, 16)),
    ],
)
def test_size(height: int, width: int, most: tuple[int, int], found: tuple[int, int]) -> None:
    assert picture_size(height, width, most_columns=most[0], most_rows=most[1]) == found
