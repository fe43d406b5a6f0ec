"""Sentences name recipes so that one knows which are meant."""

from __future__ import annotations

import pytest

from engine.leaderboard import rank
from engine.leaderboard_row import LeaderboardRow
from engine.overrides import apply_overrides
from engine.standings import stand
from engine.summary import RunSummary
from tests.builders import build_trial
from tests.tui.laboratory import build_run, finished, started, training
from tui.standing_words import MOST_SETTINGS, difference_words, name_beside


def summary(
    label: str, quality: float, settings: dict[str, str], *, preset: str = "digits-first", seed: int = 0
) -> RunSummary:
    trial = build_trial(label, preset=preset, overrides=settings)
    trial = trial.with_config(apply_overrides(trial.config, {"seed": str(seed)}))
    run_id = f"{label}-{quality}-{seed}"
    return build_run(run_id, trial, [started(trial), *training(trial, quality=quality), finished()]).summary()


@pytest.fixture
def rows() -> list[LeaderboardRow]:
    """Two recipes of one label, one of another, and one that only its preset tells from that."""
    return rank(
        [
            summary("sgd", 0.97, {"optim.lr": "0.1"}),
            summary("sgd", 0.96, {"optim.lr": "0.2"}),
            summary("momentum", 0.95, {"optim.momentum": "0.9"}),
            summary("momentum", 0.94, {"optim.momentum": "0.9", "optim.lr": "0.5"}, preset="other"),
        ]
    )


def test_a_label_that_no_other_has_is_enough(rows: list[LeaderboardRow]) -> None:
    assert name_beside(rows[0]) == "sgd"
    assert name_beside(rows[0], rows[0], rows[2]) == "sgd"


def test_namesakes_are_told_apart_by_settings_and_by_preset(rows: list[LeaderboardRow]) -> None:
    assert [name_beside(row, *rows) for row in rows] == [
        "sgd lr=0.1",
        "sgd lr=0.2",
        "digits-first momentum",
        "other momentum",
    ]


def test_many_settings_are_no_name() -> None:
    many = {"optim.momentum": "0.9", "optim.lr": "0.5", "optim.weight_decay": "0.1", "train.batch_size": "32"}
    assert len(many) > MOST_SETTINGS
    rows = rank([summary("sgd", 0.97, {}), summary("sgd", 0.96, many)])
    assert [name_beside(row, *rows) for row in rows] == [f"sgd ({row.fingerprint[:6]})" for row in rows]


def test_a_difference_names_both_of_the_rows_that_are_seen_beside_it() -> None:
    recipes = [("sgd", 0.97, "0.1"), ("sgd", 0.9, "0.2"), ("adam", 0.8, "0.3")]
    runs = [
        summary(label, quality + seed / 1000 * (1 + place), {"optim.lr": lr}, seed=seed)
        for place, (label, quality, lr) in enumerate(recipes)
        for seed in range(3)
    ]
    rows = rank(runs)
    standing = stand(rows, rows[2].fingerprint)[rows[0].fingerprint]
    alone = difference_words(rows[0], rows[2], standing.difference, standing.p)
    beside = difference_words(rows[0], rows[2], standing.difference, standing.p, rows)
    assert alone.startswith("sgd is better than adam: ")
    assert beside.startswith("sgd lr=0.1 is better than adam: ")
