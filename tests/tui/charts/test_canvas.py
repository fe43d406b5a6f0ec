from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from tui.charts.figure import Band, Figure, Floats, Line
from tui.charts.render import draw, render_lines, render_rows

BLUE, RED = "#339ecc", "#c32283"
XS = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
ONES = np.ones(5)


def band(low: float, high: float, name: str = "a", color: str = BLUE, xs: Floats = XS) -> Band:
    return Band(name, xs, np.full(len(xs), low), np.full(len(xs), high), color)


def mean(at: float, name: str = "a", color: str = BLUE) -> Line:
    return Line(name, XS, np.full(5, at), color, "■")


def inside(figure: Figure, width: int = 60, height: int = 16) -> list[str]:
    rows, frame = draw(figure, width, height)
    assert frame is not None
    text = ["".join(span.text for span in row) for row in rows[frame.top : frame.top + frame.height]]
    return [row[frame.left :] for row in text]


def test_a_band_is_a_light_texture_around_a_whole_line() -> None:
    rows = inside(Figure("loss", (mean(1.0),), bands=(band(0.5, 1.5),)))
    textures = {character for row in rows if "■" not in row for character in row if character != " "}
    assert textures
    assert all((ord(character) - 0x2800).bit_count() <= 2 for character in textures)
    line = [row for row in rows if "■" in row]
    assert len(line) == 1  # straight, and nothing of the band in its cells
    assert set(line[0]) - {"■", " "} <= set("⠉⠒⠤⣀⠈⠐⠠⢀⠁⠂⠄⡀")
    assert sum(bool(row.strip()) for row in rows) > len(rows) * 3 // 4


def test_a_band_is_dimmed_and_in_the_colour_of_its_line() -> None:
    spans = [span for row in render_rows(Figure("loss", (mean(1.0),), bands=(band(0.5, 1.5),)), 60, 16) for span in row]
    assert any(span.is_dim and span.color == BLUE for span in spans)
    assert "\x1b[2;38;2;51;158;204m" in render_lines(
        Figure("loss", (mean(1.0),), bands=(band(0.5, 1.5),)), 60, 16, color=True
    )


def test_where_bands_overlap_both_are_seen() -> None:
    apart = Figure("loss", (mean(0.0), mean(3.0, "b", RED)), bands=(band(-1, 1), band(2, 4, "b", RED)))
    over = replace(apart, bands=(band(-1, 4), band(-1, 4, "b", RED)))
    dots = [sum(bin(ord(one) - 0x2800).count("1") for row in inside(figure) for one in row if ord(one) > 0x2800)
            for figure in (apart, over)]  # fmt: skip
    assert dots[1] > 1.5 * dots[0]
    colors = [span.color for row in render_rows(over, 60, 16) for span in row if span.is_dim]
    assert {BLUE, RED} <= set(colors)


def test_the_y_axis_shows_whole_bands() -> None:
    rows = inside(Figure("loss", (mean(1.0),), bands=(band(-9.0, 11.0),)))
    assert rows[0].strip() or rows[1].strip()
    assert rows[-1].strip() or rows[-2].strip()


def test_on_a_log_axis_a_band_that_reaches_below_zero_goes_down_to_the_axis() -> None:
    figure = Figure("loss", (mean(1.0),), log_y=True, bands=(band(-1.0, 4.0),))
    assert inside(figure)[-1].strip()


def test_a_band_has_gaps_where_it_is_not_known() -> None:
    lows = np.array([0.0, 0.0, np.nan, 0.0, 0.0])
    rows = inside(Figure("loss", (mean(1.0),), bands=(Band("a", XS, lows, lows + 0.7, BLUE),)))
    middle = [row[len(row) // 2] for row in rows if "■" not in row]
    assert set(middle) <= set(" ⠉⠒⠤⣀")


def test_a_band_of_one_point_is_drawn() -> None:
    figure = Figure("loss", (Line("a", [2.0], [1.0], BLUE, "■"),), bands=(band(0.0, 2.0, xs=np.array([2.0])),))
    assert sum(bool(row.strip()) for row in inside(figure)) > 5


def test_a_quiet_curve_is_a_veil_behind_the_others() -> None:
    rng = np.random.default_rng(0)
    xs = np.arange(5000.0)
    raw = Line("", xs, rng.normal(size=5000), BLUE, is_dim=True)
    smoothed = Line("a", xs, np.zeros(5000), BLUE, "■")
    rows = render_rows(Figure("loss", (smoothed, raw)), 80, 20)
    quiet = [span for row in rows for span in row if span.is_dim and span.color == BLUE]
    assert quiet
    assert all((ord(one) - 0x2800) & ~0x95 == 0 for span in quiet for one in span.text)


def test_raw_extremes_beyond_the_axis_are_counted() -> None:
    ys = np.sin(np.arange(1000.0))
    ys[500] = 1e150
    raw = Line("", np.arange(1000.0), ys, BLUE, is_dim=True, is_dense=True)
    figure = Figure("loss", (Line("a", np.arange(1000.0), ys * 0, BLUE, "■"), raw), caption="raw behind")
    text = render_lines(figure, 80, 20, color=False)
    assert re.search(r"raw behind, \d+ beyond the axis", text)
    assert "e150" not in text


def test_each_single_spike_among_a_hundred_thousand_values_shows() -> None:
    rng = np.random.default_rng(0)
    for spike in rng.integers(0, 100_000, 20).tolist():
        ys = np.zeros(100_000)
        ys[spike] = 1.0
        figure = Figure("loss", (Line("", np.arange(1e5), ys, BLUE),))
        rows = inside(figure, 100, 16)
        column = min(int(spike / 1e5 * len(rows[0])), len(rows[0]) - 1)
        assert any(rows[1][max(0, column - 1) : column + 2].strip() for rows in (rows,)), spike


def test_zooming_shows_what_was_too_fine_to_see() -> None:
    ys = np.zeros(100_000)
    ys[50_000::2] = 1.0
    figure = Figure("loss", (Line("", np.arange(1e5), ys, BLUE),), "step")
    near = inside(replace(figure, x_limits=(49_990.0, 50_010.0)), 100, 16)
    gaps = near[1].strip().count(" ")
    assert gaps > 10  # single steps, up and down
    assert "49.990k–50.010k" in render_lines(replace(figure, x_limits=(49_990.0, 50_010.0)), 100, 16, color=False)


def test_the_y_axis_fits_what_is_in_view() -> None:
    figure = Figure("loss", (Line("a", XS, [100.0, 2.0, 1.5, 1.0, 1.0], BLUE, "■"),), x_limits=(1.0, 4.0))
    assert "100" not in render_lines(figure, 60, 14, color=False)


def test_between_two_epochs_a_curve_keeps_its_marker() -> None:
    figure = Figure("loss", (mean(1.0),), x_limits=(1.2, 1.8))
    assert any("■" in row for row in inside(figure))


def test_out_of_view_says_how_to_come_back() -> None:
    figure = Figure("loss", (Line("a", [1.0], [1.0], BLUE, "■"),), x_limits=(5.0, 6.0))
    assert "f shows all" in render_lines(figure, 60, 14, color=False)


def test_a_cursor_stands_behind_the_curves() -> None:
    figure = Figure("loss", (mean(1.0), mean(2.0, "b", RED)), cursor=2.0)
    rows = inside(figure)
    column = max(range(len(rows[0])), key=lambda place: sum(row[place] == "│" for row in rows))
    assert sum(row[column] == "│" for row in rows) == len(rows) - 2


numbers = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, 1.0, -1.0, 0.5, 3.0])
pairs = st.lists(st.tuples(numbers, numbers), max_size=12)


@given(
    curves=st.lists(pairs, max_size=3),
    edges=st.lists(st.tuples(numbers, numbers, numbers), max_size=8),
    limits=st.none() | st.tuples(numbers, numbers),
    cursor=st.none() | st.floats(-1e300, 1e300),
    size=st.tuples(st.integers(1, 90), st.integers(1, 30)),
    flags=st.tuples(*[st.booleans()] * 5),
)
@example([[], [], [(0.0, 7e136), (0.0, 4e-172)]], [], None, None, (1, 1), (False, True, False, False, True))
def test_whatever_is_looked_at_however_fits_the_space(
    curves: list[list[tuple[float, float]]],
    edges: list[tuple[float, float, float]],
    limits: tuple[float, float] | None,
    cursor: float | None,
    size: tuple[int, int],
    flags: tuple[bool, ...],
) -> None:
    log_x, log_y, is_ascii, is_sorted, is_dense = flags
    lines = tuple(
        Line(
            f"run {place}" if place < 2 else "",
            [x for x, _ in (sorted(points, key=lambda point: (point[0] != point[0], point)) if is_sorted else points)],
            [y for _, y in points],
            BLUE, "■", is_dim=place > 0, is_dense=is_dense,
        )
        for place, points in enumerate(curves)
    )  # fmt: skip
    xs, lows, highs = (np.array([edge[axis] for edge in edges], np.float64) for axis in range(3))
    figure = Figure(
        "loss", lines, "epoch", log_x=log_x, log_y=log_y, x_limits=limits, cursor=cursor,
        bands=(Band("run 0", xs, lows, highs, BLUE),),
    )  # fmt: skip
    rows, frame = draw(figure, *size, ascii_only=is_ascii)
    assert len(rows) == size[1]
    assert all(sum(len(span.text) for span in row) <= size[0] for row in rows)
    if frame is not None:
        assert frame.column_of(frame.value_at(frame.width // 2)) is not None
