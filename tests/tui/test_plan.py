from __future__ import annotations

import pytest

from engine.errors import ConfigError
from engine.presets import Preset
from tests.tui.fixtures import presets
from tui.plan import ONLY, SEEDS, VARIES, Plan

__all__ = ["presets"]


@pytest.fixture
def plan(presets: list[Preset]) -> Plan:
    return Plan(presets[0])


def test_unchanged_plan_is_the_preset(plan: Plan) -> None:
    assert [trial.label for trial in plan.trials()] == ["sgd", "momentum"]
    assert plan.matters()[:2] == ["data.name", "model.name"]


def test_seeds_and_chosen_trials_make_the_runs(plan: Plan) -> None:
    changed = plan.with_value(SEEDS, "0..2").with_value(ONLY, "momentum")
    assert [(trial.label, trial.config.seed) for trial in changed.trials()] == [("momentum", s) for s in range(3)]


def test_quick_profile_is_overruled_by_what_the_user_changed(plan: Plan) -> None:
    assert plan.trials(is_quick=True)[0].config.train.epochs == 2
    assert plan.with_value("train.epochs", "7").trials(is_quick=True)[0].config.train.epochs == 7


def test_preset_value_takes_a_change_back(plan: Plan) -> None:
    changed = plan.with_value("train.epochs", "7")
    assert changed.values == {"train.epochs": "7"}
    assert not changed.with_value("train.epochs", "5").values
    assert not changed.without("train.epochs").values


def test_setting_that_differs_between_trials_says_so(plan: Plan) -> None:
    assert plan.default("optim.momentum") == VARIES
    assert "optim.momentum" in plan.matters()
    assert plan.value("optim.momentum") == VARIES


def test_every_fault_is_reported_at_once(plan: Plan) -> None:
    wrong = plan.with_value(SEEDS, "many").with_value("train.epochs", "0").with_value(ONLY, "sgb")
    with pytest.raises(ConfigError) as caught:
        wrong.trials()
    text = str(caught.value)
    assert "seeds: " in text
    assert "only: " in text


def test_another_family_of_models_brings_its_settings(plan: Plan) -> None:
    assert "model.hidden" in plan.settings()
    changed = plan.with_value("model.name", "block_cnn")
    assert "model.channels" in changed.settings()
    assert changed.default("model.channels") == "16,32,64,128"
    assert "model.channels" in {key for key in changed.settings() if key.startswith("model.")}


def test_settings_survive_a_family_that_is_being_typed(plan: Plan) -> None:
    assert "model.hidden" in plan.with_value("model.name", "bloc").settings()
