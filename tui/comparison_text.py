"""A comparison in words and tables, for `termlab compare` and `termlab diff`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from engine.columns import value_text
from engine.comparison import Comparison
from engine.leaderboard_row import LeaderboardRow
from engine.parting import Parting
from engine.statistics.methods import METHODS
from engine.summary import RunSummary
from tui.format import metric_words, plain, plural, shorten
from tui.leaderboard_json import difference_document, entry_document
from tui.leaderboard_table import Entry
from tui.standing_words import difference_words, name_beside, short_difference_words
from tui.tables import Column, Table


def verdict_lines(found: Comparison) -> list[str]:
    """Answer for each recipe whether it is better than the baseline, by how much, and how sure that is."""
    lines: list[str] = []
    for row in found.rows[1:]:
        standing = found.standings.get(row.fingerprint)
        if standing is None:
            name, base = (name_beside(one, *found.rows) for one in (row, found.baseline))
            lines.append(
                f"{name} is about {plain(row.test_data)} and {base} about {plain(found.baseline.test_data)}: "
                "their figures are not compared."
            )
            continue
        lines.append(difference_words(row, found.baseline, standing.difference, standing.p, found.rows))
    return lines


def short_verdict_lines(found: Comparison, width: int, most: int) -> list[str]:
    """Answer as `verdict_lines` does, each in one line, and in so many lines at most: the last says what is left out.

    Units: `width` in characters.
    """
    lines = verdict_lines(found)
    if any(len(line) > width for line in lines):
        lines = [_short_verdict(row, found) for row in found.rows[1:]]
    if len(lines) <= most:
        return [shorten(line, width) for line in lines]
    more = f" · +{len(lines) - most:,} more"
    shown = [shorten(line, width) for line in lines[: most - 1]]
    return [*shown, shorten(lines[most - 1], width - len(more)) + more]


def _short_verdict(row: LeaderboardRow, found: Comparison) -> str:
    standing = found.standings.get(row.fingerprint)
    if standing is None:
        return f"{name_beside(row, *found.rows)} is about other data: not compared"
    return short_difference_words(row, found.baseline, standing.difference, standing.p, found.rows)


def entries_of(found: Comparison) -> list[Entry]:
    """Return the recipes as rows of a leaderboard."""
    return [Entry(row, found.standings.get(row.fingerprint), is_baseline=row is found.baseline) for row in found.rows]


def names_of(rows: Sequence[LeaderboardRow]) -> list[str]:
    """Name each recipe as shortly as tells it from the others."""
    labels = [row.label for row in rows]
    if len(set(labels)) == len(labels):
        return [plain(label) for label in labels]
    longer = [f"{row.preset} {row.label}" for row in rows]
    if len(set(longer)) == len(longer):
        return [plain(name) for name in longer]
    return [plain(f"{row.label} ({row.runs[-1].run.partition('-')[0]})") for row in rows]


def settings_table(settings: dict[str, tuple[Any, ...]], names: Sequence[str]) -> Table:
    """Return one line for each setting that differs, a column for each recipe or run."""
    columns = [Column("setting", "setting"), *(Column(name, name, value_text, least=6) for name in names)]
    return Table(tuple(columns), tuple((key, *values) for key, values in settings.items()))


def parting_words(found: Parting) -> str:
    """Say from where on two recipes' curves of a metric lie apart."""
    name, epochs = metric_words(found.metric), plural(found.compared, "epoch")
    if found.from_epoch is not None:
        return f"{name}: apart from epoch {found.from_epoch} to the end, {epochs} compared"
    if found.apart:
        return f"{name}: apart at {len(found.apart)} of {epochs}, and not at the last one"
    return f"{name}: never apart beyond noise, {epochs} compared"


def comparison_document(found: Comparison) -> dict[str, Any]:
    """Return a comparison as a JSON object; the first recipe is the baseline."""
    return {
        "metric": found.baseline.metric,
        "recipes": [entry_document(entry) for entry in entries_of(found)],
        "differences": [
            {
                "fingerprint": row.fingerprint,
                "label": row.label,
                "verdict": verdict,
                "difference": difference_document(standing.difference, standing.p) if standing else None,
                "curves": [
                    {
                        "metric": one.metric,
                        "apart_from_epoch": one.from_epoch,
                        "apart_epochs": list(one.apart),
                        "compared_epochs": one.compared,
                    }
                    for one in found.partings.get(row.fingerprint, ())
                ],
            }
            for row, verdict in zip(found.rows[1:], verdict_lines(found), strict=True)
            for standing in (found.standings.get(row.fingerprint),)
        ],
        "methods": [dataclasses.asdict(method) for method in METHODS],
        "settings": {key: list(values) for key, values in found.settings.items()},
    }


def facts_of(run: RunSummary) -> dict[str, Any]:
    """Return what two runs of one recipe may differ in."""
    return {
        "seed": run.seed,
        "device": f"{run.device} {run.device_name}".strip(),
        "status": str(run.status),
        "epochs": f"{run.epochs}/{run.total_epochs}",
        "parameters": run.parameters,
    }
