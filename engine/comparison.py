"""`Comparison`: recipes beside each other: how they stand to one of them, in what they differ, where curves part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.columns import flat_settings
from engine.leaderboard import rank
from engine.leaderboard_row import LeaderboardRow, varying_settings
from engine.parting import Parting, parting
from engine.run import Run
from engine.standings import Standing, stand
from engine.summary import RunSummary

PARTED = ("train_loss", "validation_loss", "validation_accuracy", "test_loss", "test_accuracy")
"""Metrics whose curves are compared epoch by epoch, where both recipes have them."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Recipes, the baseline first."""

    rows: tuple[LeaderboardRow, ...]
    standings: dict[str, Standing]
    """Of the recipes on the baseline's data, by fingerprint."""
    settings: dict[str, tuple[Any, ...]]
    """Settings that are not the same in all, by dotted key: a value for each row."""
    partings: dict[str, tuple[Parting, ...]]
    """By fingerprint, against the baseline."""

    @property
    def baseline(self) -> LeaderboardRow:
        """The recipe that the others are compared with."""
        return self.rows[0]

    def is_comparable(self, row: LeaderboardRow) -> bool:
        """Tell whether a recipe's figures are about the same data as the baseline's."""
        return row.test_data == self.baseline.test_data


def compare(
    summaries: Sequence[RunSummary], runs: Mapping[str, Run], metric: str, baseline: str = ""
) -> Comparison | None:
    """Compare the recipes of finished runs; None where there is none.

    `runs` are those whose curves are known, by id; `baseline` is a recipe's fingerprint, the first run's if empty.
    """
    ranked = {row.fingerprint: row for row in rank(summaries, metric)}
    order = dict.fromkeys([baseline, *(summary.fingerprint for summary in summaries)])
    rows = tuple(ranked[fingerprint] for fingerprint in order if fingerprint in ranked)
    if not rows:
        return None
    standings = stand([row for row in ranked.values() if row.test_data == rows[0].test_data], rows[0].fingerprint)
    partings = {row.fingerprint: _partings(row, rows[0], runs) for row in rows[1:] if row.fingerprint in standings}
    return Comparison(rows, standings, differing_settings([row.runs[-1].config for row in rows]), partings)


def differing_settings(configs: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """Return the settings that are not the same in all configs: by dotted key, in their order, a value for each.

    Seed and device do not count; where a config has no such setting, its value is None.
    """
    flats = [flat_settings(config) for config in configs]
    varying = varying_settings(flats)
    keys = dict.fromkeys(key for flat in flats for key in flat if key in varying)
    return {key: tuple(flat.get(key) for flat in flats) for key in keys}


def _partings(row: LeaderboardRow, baseline: LeaderboardRow, runs: Mapping[str, Run]) -> tuple[Parting, ...]:
    ours, theirs = (
        {seed: runs[run.run] for seed, run in one.by_seed.items() if run.run in runs} for one in (row, baseline)
    )
    found = (parting(ours, theirs, metric) for metric in PARTED)
    return tuple(one for one in found if one is not None)
