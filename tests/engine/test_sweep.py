from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.presets import Preset
from engine.sweep import LARGEST_SEED, MOST_SEEDS, expand, parse_seeds
from engine.trial import Published, Trial
from tests.builders import build_trial

SEED = st.integers(0, 2000)
FIGURE = Published(metric="test_accuracy", value=0.9, tolerance=0.01)


def build_preset(quick: dict[str, Any] | None = None) -> Preset:
    trials = (
        build_trial("slow", preset="mine", overrides={"optim.lr": 0.1, "seed": 5}, published=[FIGURE]),
        build_trial("fast", preset="mine", overrides={"optim.lr": 0.5, "seed": 5}),
    )
    return Preset(
        name="mine",
        title="t",
        why="w",
        source="s",
        group="Regularisation",
        finding="",
        trials=trials,
        quick=quick or {},
        origin="mine.toml",
    )


@given(st.lists(SEED, min_size=1, max_size=20))
def test_a_list_of_seeds_keeps_its_order_and_each_seed_once(seeds: list[int]) -> None:
    assert parse_seeds(",".join(map(str, seeds))) == tuple(dict.fromkeys(seeds))


@given(SEED, SEED)
def test_a_range_of_seeds_includes_both_ends(one: int, other: int) -> None:
    first, last = sorted((one, other))
    assert parse_seeds(f"{first}..{last}") == tuple(range(first, last + 1))
    if first != last:
        with pytest.raises(ConfigError, match=f"runs backwards; write {first}..{last}"):
            parse_seeds(f"{last}..{first}")


def test_ranges_and_single_seeds_mix_and_repeats_count_once() -> None:
    assert parse_seeds("3, 0..4 ,7,3") == (3, 0, 1, 2, 4, 7)


@pytest.mark.parametrize("text", ["", ",", "0,", "a", "-1", "1.5", "0..", "..4", "0...4", "0..4..8", "0-4", "1 2", "²"])
def test_a_text_that_is_no_list_of_seeds_shows_how_to_write_one(text: str) -> None:
    with pytest.raises(ConfigError, match=r"write 0\.\.4 or 0,3,7"):
        parse_seeds(text)


def test_a_range_too_long_to_mean_it_is_refused() -> None:
    assert len(parse_seeds(f"1..{MOST_SEEDS}")) == MOST_SEEDS
    with pytest.raises(ConfigError, match="at most 10,000"):
        parse_seeds(f"0..{MOST_SEEDS}")


def test_a_seed_that_no_config_takes_is_refused() -> None:
    [trial] = expand(build_preset(), seeds=parse_seeds(str(LARGEST_SEED)), only=["fast"])
    assert Trial.model_validate(trial.model_dump()) == trial
    with pytest.raises(ConfigError, match="the largest seed is 2,147,483,647"):
        parse_seeds(str(LARGEST_SEED + 1))


def test_all_trials_of_one_seed_come_before_the_next_seed() -> None:
    trials = expand(build_preset(), seeds=(2, 0))
    assert [(trial.config.seed, trial.label) for trial in trials] == [
        (2, "slow"), (2, "fast"), (0, "slow"), (0, "fast"),
    ]  # fmt: skip


def test_without_seeds_the_preset_decides_and_an_override_wins_over_it() -> None:
    assert [trial.config.seed for trial in expand(build_preset())] == [5, 5]
    assert [trial.config.seed for trial in expand(build_preset(), overrides={"seed": "7"})] == [7, 7]


def test_only_keeps_the_named_trials_in_the_order_of_the_preset() -> None:
    assert [trial.label for trial in expand(build_preset(), only=["fast"])] == ["fast"]
    assert [trial.label for trial in expand(build_preset(), only=["fast", "slow"])] == ["slow", "fast"]


def test_every_label_that_is_not_a_trial_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        expand(build_preset(), only=["fsat", "slow", "other"])
    assert len(caught.value.problems) == 2
    assert caught.value.problems[0].endswith('Did you mean "fast"?')


def test_overrides_win_over_the_quick_profile_and_that_over_the_preset() -> None:
    preset = build_preset({"train.epochs": 1, "train.batch_size": 8})
    [trial] = expand(preset, quick=True, overrides={"train.epochs": "9"}, only=["slow"])
    assert (trial.config.train.epochs, trial.config.train.batch_size, trial.config.optim.lr) == (9, 8, 0.1)
    assert expand(preset, only=["slow"])[0].config.train.epochs == 2


def test_a_fault_that_all_trials_share_is_reported_once_and_beside_the_others() -> None:
    with pytest.raises(ConfigError) as caught:
        expand(build_preset(), overrides={"optim.lr": "fast", "optim.rl": "3"})
    assert len(caught.value.problems) == 2
    assert caught.value.hint


def test_a_fault_of_some_trials_names_them() -> None:
    trials = [*build_preset().trials, build_trial("adam", preset="mine", overrides={"optim.name": "adam"})]
    preset = build_preset().model_copy(update={"trials": tuple(trials)})
    with pytest.raises(ConfigError) as caught:
        expand(preset, overrides={"optim.momentum": "0.5", "train.epochs": "0"})
    shared, own = sorted(caught.value.problems)
    assert own == 'trial "adam": optim: momentum has no effect with adam; leave it at its default'
    assert shared.startswith("train.epochs = ")


def test_missing_data_is_told_beside_the_faults_of_settings_and_labels(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        expand(
            build_preset(), only=["fsat"], overrides={"optim.lr": "fast", "data.name": "mnist"}, data_folder=tmp_path
        )
    label, setting, missing = caught.value.problems
    assert 'Did you mean "fast"?' in label
    assert setting.startswith('optim.lr = "fast"')
    assert missing == f"mnist is not in {tmp_path}."
    assert "termlab data get mnist" in caught.value.hint


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [True]),
        ({"seeds": (1, 2)}, [True, True]),
        ({"overrides": {"device": "cpu"}}, [True]),
        ({"overrides": {"train.epochs": "3"}}, [False]),
        ({"overrides": {"train.epochs": "2"}}, [True]),
        ({"quick": True, "seeds": (0,)}, [False]),
        ({"overrides": {"data.name": "mnist"}}, []),
    ],
)
def test_a_published_figure_is_compared_only_with_the_published_recipe(
    changes: dict[str, Any], expected: list[bool]
) -> None:
    """Figures of another dataset are gone altogether: they say nothing about this one."""
    trials = expand(build_preset({"train.epochs": 1}), only=["slow"], **changes)
    assert [figure.comparable for trial in trials for figure in trial.published] == expected
