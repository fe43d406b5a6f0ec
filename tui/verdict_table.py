"""The judgement of `termlab check` as a table, a JSON document and sentences. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from engine.shown import json_text
from engine.summary import SCHEMA_VERSION
from engine.verdict import FigureVerdict, MeanVerdict, Verdict
from tui.format import metric_gap, metric_value, metric_words, plural, published
from tui.tables import Column, Table, table_of

_WORDS = {"inside": "inside", "outside": "outside", "missing": "not measured"}
_Take = Callable[[FigureVerdict], Any]


def verdict_table(verdict: Verdict) -> Table:
    """Return one line a figure as people read it: the tolerance beside the figure, percent where it is a fraction."""
    columns: Sequence[tuple[Column, _Take]] = (
        (Column("label", "trial", least=20, keeps_end=True), lambda figure: figure.label),
        (Column("metric", "metric", least=12, keeps_end=True), lambda figure: metric_words(figure.metric)),
        (Column("published", "published", is_number=True), _published),
        (Column("mean", "measured", is_number=True), _in_unit(lambda figure: figure.mean, metric_value)),
        (
            Column("half_width", "± 95 %", is_number=True, yields=1),
            _in_unit(lambda figure: figure.half_width, metric_value),
        ),
        (Column("n", "n", is_number=True, yields=2), lambda figure: figure.n),
        (Column("gap", "gap", is_number=True), _in_unit(lambda figure: figure.gap, metric_gap)),
        (Column("verdict", "verdict"), lambda figure: _WORDS[figure.verdict]),
    )
    return table_of(columns, verdict.figures)


def verdict_values(verdict: Verdict) -> Table:
    """Return one line a figure for a spreadsheet: every value in a column of its own, fractions as they are."""
    rows = tuple(tuple(_document_of_figure(figure).values()) for figure in verdict.figures)
    return Table(tuple(Column(name, name) for name in _NAMES), rows)


def verdict_json(preset: str, verdict: Verdict, *, on: str | None = None) -> str:
    """Return the judgement as one JSON document; accuracies and errors are fractions, what is unknown is null.

    `on` is the dataset it was measured on, where that is not the published one.
    """
    document = {
        "schema_version": SCHEMA_VERSION,
        "preset": preset,
        "on": on,
        "passed": verdict.has_passed,
        "figures": [_document_of_figure(figure) for figure in verdict.figures],
        "means": [
            {
                "metric": mean.metric,
                "mean_gap": _finite(mean.mean_gap),
                "allowed": mean.allowed,
                "figures": mean.figures,
                "verdict": mean.verdict,
            }
            for mean in verdict.means
        ],
    }
    return json_text(document)


def sentences(verdict: Verdict) -> list[str]:
    """Say what the judgement comes to, in a line or a few."""
    met = sum(figure.verdict == "inside" for figure in verdict.figures)
    figures = plural(len(verdict.figures), "published figure")
    missing = sum(figure.verdict == "missing" for figure in verdict.figures)
    unmeasured = f"; {missing} {'is' if missing == 1 else 'are'} not measured" if missing else ""
    lines = [f"{met} of {figures} {'is' if met == 1 else 'are'} inside the tolerance{unmeasured}."]
    lines += [_mean_sentence(mean) for mean in verdict.means]
    judged = {mean.metric for mean in verdict.means}
    shown = dict.fromkeys(metric_words(figure.metric) for figure in verdict.figures if figure.metric not in judged)
    return [*lines, f"Shown only, deciding nothing: {', '.join(shown)}."] if judged and shown else lines


def _mean_sentence(mean: MeanVerdict) -> str:
    what = f"{metric_words(mean.metric)}: mean distance of {plural(mean.figures, 'figure')}"
    allowed = published(mean.metric, mean.allowed, 0, "at_most", is_named=False)
    if mean.mean_gap is None:
        return f"{what} {allowed}: not all of them are measured."
    return f"{what} {metric_value(mean.metric, mean.mean_gap)}, allowed {allowed}: {mean.verdict}."


def _published(figure: FigureVerdict) -> str:
    return published(figure.metric, figure.published, figure.tolerance, figure.bound, is_named=False)


def _in_unit(take: Callable[[FigureVerdict], float | None], write: Callable[[str, float], str]) -> _Take:
    def shown(figure: FigureVerdict) -> str | None:
        value = take(figure)
        return None if value is None else write(figure.metric, value)

    return shown


_NAMES = (
    "label", "metric", "published", "bound", "tolerance", "mean", "half_width_95", "n", "gap", "verdict",
)  # fmt: skip


def _document_of_figure(figure: FigureVerdict) -> dict[str, Any]:
    values = (
        figure.label, figure.metric, figure.published, figure.bound, figure.tolerance, _finite(figure.mean),
        _finite(figure.half_width), figure.n, _finite(figure.gap), figure.verdict,
    )  # fmt: skip
    return dict(zip(_NAMES, values, strict=True))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
