"""Runs are compared example by example seed by seed, and only where the test data is the same."""

from __future__ import annotations

import pytest

from engine.errors import ConfigError
from engine.example_pairs import pair_runs
from engine.summary import RunSummary
from tests.builders import build_summary


def runs(label: str, seeds: list[int], **config: object) -> list[RunSummary]:
    return [
        build_summary(f"{label}-{place}", label=label, seed=seed, created=float(place), config={"data": config})
        for place, seed in enumerate(seeds)
    ]


def test_common_seeds_are_paired_with_their_newest_runs() -> None:
    pairs = pair_runs(runs("a", [2, 0, 1, 0]), runs("b", [0, 2, 5]))
    assert [(one.run, other.run) for one, other in pairs] == [("a-3", "b-0"), ("a-0", "b-1")]


def test_two_single_runs_are_a_pair_whatever_their_seeds() -> None:
    assert [(one.seed, other.seed) for one, other in pair_runs(runs("a", [3]), runs("b", [7]))] == [(3, 7)]


def test_no_common_seed_says_which_there_are() -> None:
    with pytest.raises(ConfigError, match="no seed in common: a has seed 3 and b has seeds 1, 2"):
        pair_runs(runs("a", [3]), runs("b", [2, 1]))


def test_other_test_data_is_refused() -> None:
    with pytest.raises(ConfigError, match="a-0 was tested on digits and b-0 on digits · test limit 10"):
        pair_runs(runs("a", [0]), runs("b", [0], test_limit=10))
