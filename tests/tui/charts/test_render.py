from __future__ import annotations

import math
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.charts.figure import Figure, Line
from tui.charts.render import render_lines, render_rows

BLUE = "#339ecc"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def line(ys: list[float], *, name: str = "a", marker: str = "■", xs: list[float] | None = None) -> Line:
    return Line(name, xs or [float(index) for index in range(1, len(ys) + 1)], ys, BLUE, marker)


def plain(figure: Figure, width: int = 40, height: int = 10) -> str:
    return render_lines(figure, width, height, color=False)


GOLDEN_FIGURE = Figure(
    "loss",
    (
        Line("bn=on", [1, 2, 3, 4], [0.8, 0.4, 0.2, 0.1], BLUE, "■"),
        Line("", [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4], [0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.07, 0.05], BLUE, "■", "dotted"),
        Line("bn=off", [1, 2, 3, 4], [0.9, 0.7, 0.6, 0.5], "#c32283", "▲"),
    ),
    "epoch",
    x_integer=True,
    caption="·· train  ── test",
)

GOLDEN = """\
loss   ·· train  ── test   ■ bn=on   ▲ bn=off
   │     ⠐ ⡀   ▲⠤⢄⡀
0.8┤        ⠐  ■⢄ ⠈⠉⠒⠢⠤⣀
   │          ⠁⠠ ⠉⠢⢄    ⠉⠑▲⠢⠤⠤⣀⣀⣀
0.6┤             ⠁⠠ ⠑⠢⣀          ⠉⠉⠑▲⠒⠤⠤⠤⣀⣀⡀
   │                ■⠠ ⠑⠢⣀                 ⠈⠉⠉⠑▲
0.4┤                   ⠁⠠ ■⠒⠤⢄⣀
   │                      ⠁⠐ ⠄ ⠉⠒⠢⠤⣀
0.2┤                          ⠈ ⠂⠠ ⡀■⠉⠒⠒⠒⠤⠤⢄⣀⣀⡀
   │                                ■ ⠁⠐ ⠂⠐ ⠂⠠⠈■
   └┬──────────┬──────────┬─────────┬──────────┬
    0          1          2         3      epoch"""

GOLDEN_ASCII = """\
loss   .. train  -- test   # bn=on   A bn=off
   |     ' .   A...
0.8+        '  #. ''':..
   |          '. ':.    ''A:.....
0.6+             '. ':.          '''A'......
   |                #. ':.                 ''''A
0.4+                   '. #'...
   |                      '' . '':..
0.2+                          ' '. .#''''......
   |                                # '' '' '.'#
   ++----------+----------+---------+----------+
    0          1          2         3      epoch"""


def test_a_plain_chart_byte_for_byte() -> None:
    assert plain(GOLDEN_FIGURE, 48, 12) == GOLDEN


def test_an_ascii_chart_byte_for_byte() -> None:
    text = render_lines(GOLDEN_FIGURE, 48, 12, color=False, ascii_only=True)
    assert text == GOLDEN_ASCII
    assert text.isascii()


def test_colours_add_codes_and_nothing_else() -> None:
    colored = render_lines(GOLDEN_FIGURE, 48, 12, color=True)
    assert "\x1b[38;2;51;158;204m■" in colored
    stripped = [row.rstrip() for row in ANSI.sub("", colored).splitlines()]
    assert "\n".join(stripped) == GOLDEN


def test_a_chart_is_the_same_in_every_process() -> None:
    code = (
        "from tests.tui.charts.test_render import *; import sys;"
        "sys.stdout.buffer.write(render_lines(GOLDEN_FIGURE, 48, 12, color=False).encode())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {GOLDEN.encode()}


def test_drawing_imports_neither_textual_nor_torch() -> None:
    code = (
        "import sys, tui.charts.curves, tui.charts.render, tui.identity;"
        "print([name for name in ('torch', 'textual', 'rich', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan, 1e308, -1e308])
@pytest.mark.parametrize("log_y", [False, True])
def test_what_has_no_place_is_a_gap(bad: float, log_y: bool) -> None:
    text = plain(Figure("loss", (line([1.0, 0.5, bad, 0.2, 0.1]),), log_y=log_y))
    assert text.count("■") == 1 + 4  # the legend, and each value that has a place


@pytest.mark.parametrize("bad", [0.0, -1.0, 1e-320])
def test_what_has_no_logarithm_is_a_gap_on_a_log_axis(bad: float) -> None:
    figure = Figure("loss", (line([1.0, 0.5, bad, 0.2, 0.1]),), log_y=True)
    assert plain(figure).count("■") == 1 + 4
    assert "loss (log)" in plain(figure)


def test_zero_on_a_log_x_axis_is_left_out() -> None:
    figure = Figure("loss", (line([1.0, 0.5, 0.2], xs=[0.0, 1.0, 100.0]),), log_x=True)
    assert plain(figure).count("■") == 1 + 2


@pytest.mark.parametrize("ys", [[], [math.nan], [math.inf, math.nan]])
def test_nothing_to_draw_says_so(ys: list[float]) -> None:
    text = plain(Figure("loss", (line(ys),), message="No values yet."))
    assert text.splitlines()[0].startswith("loss")
    assert "No values yet." in text
    assert "│" not in text


@pytest.mark.parametrize("log_y", [False, True])
@pytest.mark.parametrize("ys", [[0.5], [0.5] * 5, [1e-9] * 3, [1e30, 1.0], [1e199, 1e-199], [0.1, 0.1 + 1e-12]])
def test_narrow_and_wide_values_get_an_axis(ys: list[float], log_y: bool) -> None:
    text = plain(Figure("loss", (line(ys),), log_y=log_y))
    assert text.count("■") == 1 + len(ys)
    assert max(map(len, text.splitlines())) <= 40
    assert "┤" in text
    assert "┬" in text


def test_a_value_stands_at_its_tick() -> None:
    rows = plain(Figure("acc", (line([0.0, 0.97, 1.0, 0.25]),)), 60, 30).splitlines()
    assert any("1.0┤" in row and "■" in row for row in rows)


def test_points_outside_the_limits_are_left_out() -> None:
    text = plain(Figure("loss", (line([9.0, 1.0, 0.5, 9.0], xs=[-1e9, 1.0, 2.0, 1e9]),), x_limits=(0.0, 3.0)))
    assert text.count("■") == 1 + 2
    assert "9" not in text


def test_percent_and_unit_stand_in_the_title() -> None:
    text = plain(Figure("accuracy", (line([0.9, 0.95]),), y_percent=True))
    assert text.startswith("accuracy %")
    assert "94┤" in text
    assert plain(Figure("norm", (line([0.9, 0.95]),), y_label="(w)")).startswith("norm (w)")


def test_names_that_find_no_room_are_counted() -> None:
    lines = tuple(line([1.0, 2.0], name=f"layers={index}", marker="●") for index in range(8))
    header = plain(Figure("loss", lines), 30, 8).splitlines()[:2]
    assert header == ["loss   ● layers=0   ● layers=1", "● layers=2   +5 more"]


def test_line_in_front_is_named_first_and_drawn_over_the_others() -> None:
    behind = [line([1.0, 2.0], name=f"layers={index}") for index in range(3)]
    front = Line("chosen", [1.0, 2.0], [1.0, 2.0], "#c32283", is_front=True)
    rows = render_rows(Figure("loss", (front, *behind)), 60, 12)
    assert next(span for row in rows for span in row if span.text == "chosen").is_bold
    rows = render_rows(Figure("loss", (*behind, front)), 60, 12)
    names = [span.text for span in rows[0] if span.text.startswith(("chosen", "layers"))]
    assert names[0] == "chosen"
    curve = {span.color for row in rows[1:] for span in row if any(ord(one) > 0x2800 for one in span.text)}
    assert curve == {"#c32283"}


def test_a_dozen_names_all_stand_above_a_chart_that_has_room() -> None:
    lines = tuple(line([1.0, 2.0], name=f"width={index} depth=4", marker="●") for index in range(12))
    assert "more" not in plain(Figure("loss", lines), 80, 18)
    assert "more" in plain(Figure("loss", lines), 80, 12)  # curves come first on a low one


def test_eight_equal_curves_all_show_their_marker() -> None:
    markers = "■▲●◆▼★+✕"
    lines = tuple(line([1.0, 0.5] * 10, name=marker, marker=marker) for marker in markers)
    body = plain(Figure("loss", lines), 80, 20).split("\n", 1)[1]
    assert all(marker in body for marker in markers)


def test_a_spike_in_a_long_curve_is_seen() -> None:
    ys = np.zeros(100_000)
    ys[40_000] = 1.0
    rows = plain(Figure("loss", (Line("", np.arange(1e5), ys, BLUE),)), 60, 12).splitlines()
    assert any(0x2800 < ord(character) < 0x2900 for character in rows[1])


numbers = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, 1.0, -1.0, 0.5])


@given(
    ys=st.lists(st.lists(numbers, max_size=20), max_size=4),
    width=st.integers(0, 90),
    height=st.integers(0, 30),
    log_y=st.booleans(),
    percent=st.booleans(),
    ascii_only=st.booleans(),
)
def test_any_values_at_any_size_fit_the_space(
    ys: list[list[float]], width: int, height: int, log_y: bool, percent: bool, ascii_only: bool
) -> None:
    lines = tuple(line(values, name=f"run {index}") for index, values in enumerate(ys))
    figure = Figure("loss", lines, "epoch", log_y=log_y, y_percent=percent, x_integer=True, message="No values yet.")
    rows = render_rows(figure, width, height, ascii_only=ascii_only)
    assert len(rows) == (height if width else 0)
    assert all(sum(len(span.text) for span in row) <= width for row in rows)
