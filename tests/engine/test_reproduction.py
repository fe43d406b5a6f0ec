"""From what was trained back to the command: it trains the same recipes, and no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from engine.leaderboard import rank
from engine.leaderboard_row import LeaderboardRow
from engine.presets import Preset, load_preset, preset_files
from engine.reproduction import Reproduction, reproductions
from engine.summary import RunSummary
from engine.sweep import expand
from engine.trial import Trial
from tests.builders import build_summary


def _summary(trial: Trial, place: int) -> RunSummary:
    config = trial.config
    return build_summary(
        f"run{place}",
        preset=trial.preset,
        label=trial.label,
        seed=config.seed,
        dataset=config.data.name,
        fingerprint=config.fingerprint,
        config=config.model_dump(mode="json"),
    )


def _rows(trials: Sequence[Trial]) -> list[LeaderboardRow]:
    return rank([_summary(trial, place) for place, trial in enumerate(trials)])


def _trained_by(preset: Preset, found: Sequence[Reproduction]) -> set[tuple[str, int]]:
    return {
        (trial.config.fingerprint, trial.config.seed)
        for one in found
        for trial in expand(preset, overrides=one.overrides, seeds=one.seeds, only=one.only, quick=one.is_quick)
    }


CHANGES: list[tuple[dict[str, object], Reproduction]] = [
    ({"seeds": (0, 1, 2)}, Reproduction("batchnorm", (0, 1, 2), (), {}, False)),
    ({"quick": True}, Reproduction("batchnorm", (0,), (), {}, True)),
    (
        {"quick": True, "overrides": {"optim.lr": "0.01"}, "only": ["bn=on"], "seeds": (3,)},
        Reproduction("batchnorm", (3,), ("bn=on",), {"optim.lr": "0.01"}, True),
    ),
    (
        {"overrides": {"model.name": "mlp", "model.hidden": "30,20", "data.train_limit": "none"}},
        Reproduction("batchnorm", (0,), (), {"model.name": "mlp", "model.hidden": "30,20"}, False),
    ),
]


@pytest.mark.parametrize(("asked", "wanted"), CHANGES)
def test_what_was_asked_for_is_found_again(asked: Mapping[str, object], wanted: Reproduction) -> None:
    preset = load_preset("batchnorm")
    trials = expand(preset, **asked)  # type: ignore[arg-type]  # its own arguments
    found, lacking = reproductions(preset, _rows(trials))
    assert lacking == []
    if "model.name" in wanted.overrides:  # two trials that came to be one recipe
        (one,) = found
        assert (one.overrides, one.seeds) == (wanted.overrides, wanted.seeds)
    else:
        assert found == [wanted]
    assert _trained_by(preset, found) >= {(trial.config.fingerprint, trial.config.seed) for trial in trials}


@pytest.mark.parametrize("name", sorted(preset_files()))
@pytest.mark.parametrize("is_quick", [False, True])
def test_every_preset_is_trained_again_by_one_command(name: str, is_quick: bool) -> None:
    preset = load_preset(name)
    trials = expand(preset, quick=is_quick)
    found, lacking = reproductions(preset, _rows(trials))
    assert lacking == []
    assert _trained_by(preset, found) == {(trial.config.fingerprint, trial.config.seed) for trial in trials}
    assert all(not one.overrides for one in found)


def test_recipes_with_other_seeds_have_commands_of_their_own() -> None:
    preset = load_preset("batchnorm")
    trials = [*expand(preset, only=["bn=on"], seeds=(0, 1)), *expand(preset, only=["bn=off"], seeds=(0,))]
    found, _ = reproductions(preset, _rows(trials))
    assert {(one.only, one.seeds) for one in found} == {(("bn=on",), (0, 1)), (("bn=off",), (0,))}


def test_what_no_command_gives_is_named() -> None:
    preset = load_preset("batchnorm")
    (trial, _) = expand(preset)
    renamed = _rows([trial.model_copy(update={"label": "of an older preset"})])
    unknown = rank([build_summary("r", label="bn=on", config={"data": {"nosuch": 1}}, fingerprint="f")])
    for rows in (renamed, unknown):
        assert reproductions(preset, rows) == ([], rows)
