from __future__ import annotations

from typing import Any

import pytest

from engine.errors import ConfigError
from engine.leaderboard import find_row, rank
from engine.leaderboard_row import LeaderboardRow
from engine.standings import MOST_LETTERED, Standing, separation, stand
from engine.summary import RunSummary
from tests.builders import build_summary, build_trial


def seeds_of(label: str, results: dict[int, float], *, overrides: dict[str, Any] | None = None) -> list[RunSummary]:
    """Return a finished run for each seed of a recipe of this label."""
    found = []
    for seed, accuracy in results.items():
        config = build_trial(label, overrides={"seed": seed, "optim.lr": len(label) / 100, **(overrides or {})}).config
        found.append(
            build_summary(
                run=f"{label}-{seed}-{config.fingerprint[:6]}",
                label=label,
                seed=seed,
                dataset=config.data.name,
                fingerprint=config.fingerprint,
                config=config.model_dump(mode="json"),
                metrics={"best_test_accuracy": accuracy, "test_loss": 1 - accuracy},
            )
        )
    return found


GOOD = seeds_of("good", {0: 0.95, 1: 0.96, 2: 0.94, 3: 0.955})
FAIR = seeds_of("faircut", {0: 0.85, 1: 0.87, 2: 0.84, 3: 0.86})
NEAR = seeds_of("nearest", {0: 0.951, 1: 0.953, 2: 0.949, 3: 0.946}, overrides={"optim.lr": 0.5})
ALONE = seeds_of("a", {0: 0.953})


def standings(runs: list[RunSummary], baseline: str) -> dict[str, Standing]:
    rows = rank(runs)
    found = stand(rows, find_row(rows, baseline).fingerprint)
    labels = {row.fingerprint: row.label for row in rows}
    return {labels[fingerprint]: standing for fingerprint, standing in found.items()}


def test_a_row_is_compared_with_the_baseline_on_the_seeds_of_both() -> None:
    found = standings([*GOOD, *FAIR[:3]], "faircut")
    difference = found["good"].difference
    assert difference is not None
    assert difference.n == 3
    assert difference.mean == pytest.approx((0.10 + 0.09 + 0.10) / 3)
    assert found["good"].is_told_apart
    assert found["faircut"].difference is None


def test_p_values_are_corrected_over_the_rows_of_the_dataset() -> None:
    alone = standings([*GOOD, *FAIR], "faircut")["good"]
    beside = standings([*GOOD, *FAIR, *NEAR], "faircut")
    assert alone.difference is not None
    assert alone.p == alone.difference.p
    raw = [one.difference.p for one in beside.values() if one.difference and one.difference.p is not None]
    assert len(raw) == 2
    assert min(one.p for one in beside.values() if one.p is not None) == pytest.approx(2 * min(raw))


def test_rows_that_share_a_letter_cannot_be_told_apart() -> None:
    found = standings([*GOOD, *FAIR, *NEAR, *ALONE], "faircut")
    assert {label: standing.letters for label, standing in found.items()} == {
        "good": "a", "nearest": "a", "faircut": "b", "a": "",
    }  # fmt: skip


def test_a_small_difference_is_noise_also_of_a_single_seed_unless_pairs_prove_it() -> None:
    found = standings([*GOOD, *FAIR, *NEAR, *ALONE], "nearest")
    assert found["good"].is_noise
    assert found["a"].is_noise
    assert not found["faircut"].is_noise
    steady = seeds_of("steady", {seed: run.metrics["best_test_accuracy"] for seed, run in enumerate(GOOD)})
    nudged = {seed: run.metrics["best_test_accuracy"] + 0.002 + seed / 1e5 for seed, run in enumerate(GOOD)}
    proven = standings([*steady, *seeds_of("bit better", nudged)], "steady")["bit better"]
    assert proven.is_told_apart
    assert not proven.is_noise


def test_the_noise_floor_is_that_of_the_seeds_that_made_the_difference() -> None:
    """One common seed says little, however many others either recipe was trained with."""
    base = seeds_of("base", {0: 0.90, 1: 0.91, 2: 0.89, 3: 0.905, 4: 0.90})
    other = seeds_of("other", {4: 0.916, 5: 0.90, 6: 0.91, 7: 0.89, 8: 0.905})
    standing = standings([*base, *other], "base")["other"]
    assert standing.difference is not None
    assert (standing.difference.n, round(standing.difference.mean, 3)) == (1, 0.016)
    assert standing.is_noise  # a single pair lies as far apart as 0.0268 by its seeds alone, means of five only 0.0120


def test_a_recipe_of_which_a_seed_diverged_is_neither_better_nor_worse() -> None:
    odd = seeds_of("odd", {0: 0.99, 1: 0.99, 2: float("nan"), 3: 0.99})
    standing = standings([*GOOD, *odd], "good")["odd"]
    assert standing.difference is not None
    assert standing.difference.not_finite == (2,)
    assert not standing.is_told_apart
    assert not standing.is_noise


def test_rows_on_other_data_have_no_standing() -> None:
    elsewhere = seeds_of("elsewhere", {0: 0.5, 1: 0.6}, overrides={"data.name": "mnist"})
    parted = seeds_of("parted", {0: 0.5, 1: 0.6}, overrides={"data.test_limit": 10})
    assert set(standings([*GOOD, *FAIR, *elsewhere, *parted], "faircut")) == {"good", "faircut"}


def test_letters_end_where_nobody_reads_on() -> None:
    many = [
        run
        for place in range(MOST_LETTERED + 2)
        for run in seeds_of(
            f"r{place}", {0: 0.9 - place / 100, 1: 0.91 - place / 100}, overrides={"optim.lr": 0.001 + place / 1000}
        )
    ]
    found = standings(many, "r0")
    assert sum(bool(standing.letters) for standing in found.values()) == MOST_LETTERED
    assert found[f"r{MOST_LETTERED + 1}"].letters == ""


def section(*runs: list[RunSummary]) -> list[LeaderboardRow]:
    return rank([run for part in runs for run in part])


def test_the_best_two_that_differ_are_told_apart_and_fewer_seeds_would_have_done() -> None:
    found = separation(section(GOOD, FAIR))
    assert found is not None
    assert (found.best.label, found.second.label) == ("good", "faircut")
    assert found.is_told_apart
    assert found.seeds_needed is not None
    assert found.seeds_needed < 4


def test_the_best_two_that_do_not_need_more_seeds() -> None:
    found = separation(section(GOOD, NEAR))
    assert found is not None
    assert not found.is_told_apart
    assert found.seeds_needed is not None
    assert found.seeds_needed > 4


def test_single_seeds_are_judged_by_the_spread_of_others() -> None:
    found = separation(section(ALONE, GOOD, FAIR))
    assert found is not None
    assert found.is_spread_known
    assert found.common_seeds == 1
    assert found.seeds_needed is not None
    unknown = separation(section(ALONE, GOOD[:1]))
    assert unknown is not None
    assert not unknown.is_spread_known
    assert unknown.seeds_needed is None
    assert separation(section(GOOD)) is None


@pytest.mark.parametrize("name", ["good", "digits-first/good", "good-0", "best"])
def test_a_row_is_found_by_label_preset_run_or_rank(name: str) -> None:
    assert find_row(section(GOOD, FAIR), name).label == "good"


def test_a_name_of_several_rows_names_them_and_one_of_none_the_nearest() -> None:
    twins = section(GOOD, seeds_of("good", {0: 0.5}, overrides={"optim.lr": 0.9}))
    with pytest.raises(ConfigError, match="stands for 2 recipes: digits-first/good"):
        find_row(twins, "good")
    with pytest.raises(ConfigError, match='Did you mean "good"'):
        find_row(section(GOOD, FAIR), "goood")


def test_validation_figures_of_different_splits_are_not_ranked_together() -> None:
    def split(label: str, fraction: float, accuracy: float) -> list[RunSummary]:
        runs = seeds_of(label, {0: 0.9}, overrides={"data.validation_fraction": fraction})
        runs[0].metrics["validation_accuracy"] = accuracy
        return runs

    runs = [*split("a", 0.1, 0.8), *split("bb", 0.2, 0.9), *split("ccc", 0.1, 0.85)]
    rows = rank(runs, "validation_accuracy")
    assert [(row.test_data, row.label) for row in rows] == [
        ("digits · validation fraction 0.1 · validation split random", "ccc"),
        ("digits · validation fraction 0.1 · validation split random", "a"),
        ("digits · validation fraction 0.2 · validation split random", "bb"),
    ]
    assert len({row.test_data for row in rank(runs)}) == 1


def test_the_best_epoch_is_that_of_the_metric_that_ranks() -> None:
    (run,) = seeds_of("a", {0: 0.9})
    run.best_epochs.update({"test_loss": 1, "test_accuracy": 2})
    run.epoch_metrics.update({"1": {"test_accuracy": 0.7, "test_loss": 0.1}, "2": {"test_accuracy": 0.9}})
    found = {
        metric: rank([run], metric)[0].best_epoch
        for metric in ("test_accuracy@best(test_loss)", "best:test_accuracy", "test_loss")
    }
    assert {metric: one.mean for metric, one in found.items() if one} == {
        "test_accuracy@best(test_loss)": 1, "best:test_accuracy": 2, "test_loss": 1,
    }  # fmt: skip
