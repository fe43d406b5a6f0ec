"""Rows of the leaderboard as JSON, for scripts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from engine.leaderboard_row import LeaderboardRow
from engine.shown import json_text
from engine.statistics.paired import Difference
from engine.summary import SCHEMA_VERSION
from tui.leaderboard_table import Entry


def leaderboard_json(entries: Sequence[Entry]) -> str:
    """Return the rows as one JSON document; accuracies and errors are fractions, what is unknown is null."""
    return json_text([entry_document(entry) for entry in entries])


def entry_document(entry: Entry) -> dict[str, Any]:
    """Return one row as a JSON object; how it stands to a baseline only where there is one."""
    return _row_document(entry.row) | (_standing_document(entry) if entry.standing is not None else {})


def _row_document(row: LeaderboardRow) -> dict[str, Any]:
    ranked = row.estimate_of(row.metric)
    return {
        "schema_version": SCHEMA_VERSION,
        "dataset": row.dataset,
        "preset": row.preset,
        "label": row.label,
        "model": row.model,
        "fingerprint": row.fingerprint,
        "parameters": row.parameters,
        "n": row.n,
        "runs": [run.run for run in row.runs],
        "seeds": sorted({run.seed for run in row.runs}),
        "metric": row.metric,
        "mean": _finite(ranked.mean) if ranked else None,
        "half_width_95": _finite(ranked.half_width) if ranked else None,
        "metrics": {
            name: {"mean": _finite(found.mean), "half_width_95": _finite(found.half_width)}
            for name, found in row.estimates.items()
        },
        "published": row.published,
        "gap": _finite(row.gap),
        "within_tolerance": row.is_within_tolerance,
        "differs_in": row.differs_in,
        "reasons": list(row.reasons),
    }


def _standing_document(entry: Entry) -> dict[str, Any]:
    standing = entry.standing
    assert standing is not None  # asked before
    return {
        "is_baseline": entry.is_baseline,
        "difference": difference_document(standing.difference, standing.p),
        "within_noise": standing.is_noise,
        "letters": standing.letters,
    }


def difference_document(found: Difference | None, p_holm: float | None) -> dict[str, Any] | None:
    """Return a paired difference as a JSON object; null where there is none."""
    if found is None:
        return None
    return {
        "mean": _finite(found.mean),
        "low_95": _finite(found.low),
        "high_95": _finite(found.high),
        "common_seeds": found.n,
        "not_finite_seeds": list(found.not_finite),
        "p": found.p,
        "p_holm": p_holm,
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
