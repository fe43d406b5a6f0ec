"""How the rows of a leaderboard stand to each other: what is better than what, by how much, and how sure that is."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from engine.leaderboard_row import LeaderboardRow
from engine.statistics.holm import holm
from engine.statistics.letters import compact_letters
from engine.statistics.method import ALPHA
from engine.statistics.noise import Noise, pooled_noise
from engine.statistics.paired import Difference, paired_difference
from engine.statistics.power import seeds_needed

MOST_LETTERED = 40
"""Rows that get letters, the best of their dataset: every pair is tested, and nobody reads more."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One row against the baseline."""

    difference: Difference | None
    """Row less baseline, on the seeds of both; None where they share none, and for the baseline itself."""
    p: float | None
    """Of the paired test, Holm-corrected over the rows of the dataset; None where there was no test."""
    is_noise: bool
    """Whether a difference this small is what seeds alone make of one recipe, and no test on common seeds says more."""
    letters: str
    """Rows that share one cannot be told apart; empty beyond `MOST_LETTERED` rows, and for a single seed."""

    @property
    def is_told_apart(self) -> bool:
        """Whether it differs from the baseline by more than chance."""
        return self.p is not None and self.p < ALPHA


@dataclass(frozen=True, slots=True)
class Separation:
    """Whether the two best rows can be told apart, and what it would take."""

    best: LeaderboardRow
    second: LeaderboardRow
    difference: Difference | None
    seeds_needed: int | None
    """For both, so that the test would see a true difference of this size in four of five cases; None where no number
    anybody trains would do, or where nothing is known of the spread."""
    is_spread_known: bool
    """Whether any two seeds say how results spread."""

    @property
    def is_told_apart(self) -> bool:
        """Whether the two differ by more than chance, by their own test alone."""
        return self.difference is not None and self.difference.p is not None and self.difference.p < ALPHA

    @property
    def common_seeds(self) -> int:
        """Seeds that both were trained with."""
        return self.difference.n if self.difference else 0


def sections_of(rows: Sequence[LeaderboardRow]) -> list[list[LeaderboardRow]]:
    """Part rows by what their figures are about; only rows of one section are comparable."""
    parts: dict[str, list[LeaderboardRow]] = {}
    for row in rows:
        parts.setdefault(row.test_data, []).append(row)
    return list(parts.values())


def stand(rows: Sequence[LeaderboardRow], baseline: str) -> dict[str, Standing]:
    """Compare the rows of the baseline's dataset with it and with each other; rows come in ranked order.

    `baseline` is the fingerprint of a row; rows on other data have no standing.
    """
    section = next((part for part in sections_of(rows) if any(row.fingerprint == baseline for row in part)), [])
    if not section:
        return {}
    metric = section[0].metric
    results = {row.fingerprint: row.results(metric) for row in section}
    base = results[baseline]
    noise = pooled_noise([list(values.values()) for values in results.values()])
    differences = [
        None if row.fingerprint == baseline else paired_difference(results[row.fingerprint], base) for row in section
    ]
    corrected = holm([found.p if found else None for found in differences])
    letters = _letters([results[row.fingerprint] for row in section])
    return {
        row.fingerprint: Standing(found, p, _is_noise(found, p, noise), letter)
        for row, found, p, letter in zip(section, differences, corrected, letters, strict=True)
    }


def _is_noise(difference: Difference | None, p: float | None, noise: Noise | None) -> bool:
    """Tell whether a difference lies below the noise floor; one that pairs of seeds prove is real all the same.

    Only the common seeds made the difference, however many each of the two was trained with.
    """
    if difference is None or noise is None or (p is not None and p < ALPHA):
        return False
    return abs(difference.mean) < noise.floor(difference.n, difference.n)


def _letters(results: Sequence[dict[int, float]]) -> list[str]:
    """Give letters to those of the first rows that have seeds to be judged by."""
    judged = [place for place, values in enumerate(results[:MOST_LETTERED]) if len(values) > 1]
    pairs = list(itertools.combinations(range(len(judged)), 2))
    found = [paired_difference(results[judged[one]], results[judged[other]]) for one, other in pairs]
    corrected = holm([difference.p if difference else None for difference in found])
    apart = {pair for pair, p in zip(pairs, corrected, strict=True) if p is not None and p < ALPHA}
    letters = [""] * len(results)
    for place, letter in zip(judged, compact_letters(len(judged), apart), strict=True):
        letters[place] = letter
    return letters


def separation(section: Sequence[LeaderboardRow]) -> Separation | None:
    """Return how well the two best rows of one dataset can be told apart; None where there are no two."""
    ranked = [row for row in section if row.estimate_of(row.metric) is not None]
    if len(ranked) < 2:
        return None
    best, second = ranked[:2]
    metric = best.metric
    found = paired_difference(best.results(metric), second.results(metric))
    deviation = found.deviation if found else None
    if deviation is None:  # of one common seed, or none: what other recipes on this data spread by
        noise = pooled_noise([list(row.results(metric).values()) for row in section])
        deviation = noise.deviation * 2**0.5 if noise else None
    ours, theirs = best.estimate_of(metric), second.estimate_of(metric)
    assert ours is not None  # both are ranked
    assert theirs is not None
    mean = found.mean if found else ours.mean - theirs.mean
    needed = None if deviation is None else seeds_needed(mean, deviation)
    return Separation(best, second, found, needed, is_spread_known=deviation is not None)
