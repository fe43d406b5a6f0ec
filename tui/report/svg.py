"""A chart as SVG: a line for each curve, told apart by colour and by dashes, with a legend."""

from __future__ import annotations

from html import escape

from engine.shown import printable
from tui.charts.ticks import linear_ticks
from tui.identity import identities
from tui.report.content import Curves

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 10, 40
LEGEND_LINE = 20
DASHES = ("", "8 4", "2 3", "8 3 2 3", "12 6", "4 4", "1 5", "12 3 4 3")
"""A line each, in the order of the curves; colour never tells alone."""


def chart(curves: Curves) -> str:
    """Draw curves over their x, with both axes marked; there has to be at least one point."""
    points = [point for curve in curves.curves for point in curve.points]
    x_low, x_high = _range([x for x, _ in points])
    y_low, y_high = _range([y for _, y in points])
    inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def at_x(x: float) -> float:
        return LEFT + inner_width * (x - x_low) / (x_high - x_low)

    def at_y(y: float) -> float:
        return TOP + inner_height * (1 - (y - y_low) / (y_high - y_low))

    height = HEIGHT + LEGEND_LINE * len(curves.curves)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" font-size="12"'
        f' fill="currentColor" aria-label="{_text(curves.title)}">'
    ]
    for tick in linear_ticks(y_low, y_high, 6):
        y = at_y(tick.value)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#d3d8dc"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_text(tick.label)}</text>')
    floor = HEIGHT - BOTTOM
    for tick in linear_ticks(x_low, x_high, 10, integer=True):
        parts.append(
            f'<text x="{at_x(tick.value):.1f}" y="{floor + 16}" text-anchor="middle">{_text(tick.label)}</text>'
        )
    parts.append(
        f'<text x="{LEFT + inner_width / 2:.0f}" y="{floor + 34}" text-anchor="middle">{_text(curves.x_name)}</text>'
    )
    marks = identities([*(curve.key for curve in curves.curves), *curves.known])
    for place, curve in enumerate(curves.curves):
        look = f'stroke="{marks[curve.key].color}" stroke-width="2" stroke-dasharray="{DASHES[place % len(DASHES)]}"'
        path = " ".join(f"{at_x(x):.1f},{at_y(y):.1f}" for x, y in curve.points)
        if len(curve.points) == 1:  # a line of one point is not drawn
            path = f"{path} {path}"
            look += ' stroke-linecap="square"'
        y = HEIGHT + LEGEND_LINE * place + 8
        parts.append(f'<polyline points="{path}" fill="none" {look}/>')
        parts.append(f'<line x1="{LEFT}" y1="{y}" x2="{LEFT + 50}" y2="{y}" {look}/>')
        parts.append(f'<text x="{LEFT + 60}" y="{y + 4}">{_text(curve.name)}</text>')
    return "\n".join([*parts, "</svg>"])


def _range(values: list[float]) -> tuple[float, float]:
    """Return the ends of an axis; what does not vary stands in the middle of one."""
    low, high = min(values), max(values)
    around = 0.5 * abs(low) or 0.5
    return (low, high) if high > low else (low - around, high + around)


def _text(text: str) -> str:
    return escape(printable(text))
