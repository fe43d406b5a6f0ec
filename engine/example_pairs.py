"""Which runs of two recipes are compared example by example: those of the same seed, on the same test data."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import ConfigError
from engine.leaderboard_row import DEFAULT_METRIC, name_test_data
from engine.summary import RunSummary

Pair = tuple[RunSummary, RunSummary]


def pair_runs(first: Sequence[RunSummary], second: Sequence[RunSummary]) -> list[Pair]:
    """Pair the newest run of each seed that both have, lowest seed first; two single runs make a pair as they are.

    Raises: ConfigError if their test data is not the same, or no seed is.
    """
    if len(first) == len(second) == 1:
        pairs = [(first[0], second[0])]
    else:
        ours, theirs = (_newest_by_seed(runs) for runs in (first, second))
        pairs = [(ours[seed], theirs[seed]) for seed in sorted(ours.keys() & theirs.keys())]
        if not pairs:
            told = " and ".join(f"{runs[-1].label} has {_seeds(by)}" for runs, by in ((first, ours), (second, theirs)))
            raise ConfigError(
                [f"they have no seed in common: {told}"],
                "Train both with the same --seeds, or name one run of each.",
            )
    for pair in pairs:
        require_same_test_data(*pair)
    return pairs


def require_same_test_data(first: RunSummary, second: RunSummary) -> None:
    """Make sure that two runs were tested on the same examples, as far as their settings tell.

    Raises: ConfigError saying on what each was tested.
    """
    ours, theirs = (name_test_data(run, DEFAULT_METRIC) for run in (first, second))
    if ours != theirs:
        raise ConfigError(
            [f"{first.run} was tested on {ours} and {second.run} on {theirs}: they share no test examples to compare"],
            "Example by example only runs with the same test data can be compared.",
        )


def _newest_by_seed(runs: Sequence[RunSummary]) -> dict[int, RunSummary]:
    return {run.seed: run for run in sorted(runs, key=lambda run: run.created)}


def _seeds(runs: dict[int, RunSummary]) -> str:
    return f"seed{'' if len(runs) == 1 else 's'} {', '.join(str(seed) for seed in sorted(runs))}"
