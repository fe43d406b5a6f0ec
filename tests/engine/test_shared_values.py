from __future__ import annotations

import copy
import json

from engine.shared_values import MOST_RECIPES, share_settings
from engine.summary import RunSummary
from tests.builders import build_summary


def test_seeds_of_a_recipe_hold_the_same_settings_and_names() -> None:
    document = build_summary(best_epochs={"test_loss": 1}).to_dict()
    one, other = (RunSummary.from_dict(json.loads(json.dumps({**document, "run": run}))) for run in ("a", "b"))
    assert one.config == other.config == document["config"]
    assert all(one.config[name] is other.config[name] for name in one.config if isinstance(one.config[name], dict))
    assert [id(name) for name in one.metrics] == [id(name) for name in other.metrics]
    assert one.label is other.label


def test_settings_that_differ_under_one_fingerprint_stay_apart() -> None:
    first = {"optim": {"lr": 0.1}, "seed": 0}
    second = {"optim": {"lr": 0.2}, "seed": 1}
    assert share_settings("damaged", copy.deepcopy(first)) == first
    assert share_settings("damaged", copy.deepcopy(second)) == second
    assert share_settings("damaged", copy.deepcopy(first)) == first


def test_what_is_remembered_has_a_limit() -> None:
    for place in range(MOST_RECIPES + 1):
        share_settings(f"recipe {place}", {"optim": {"lr": place}})
    assert share_settings("recipe 0", {"optim": {"lr": -1}}) == {"optim": {"lr": -1}}
