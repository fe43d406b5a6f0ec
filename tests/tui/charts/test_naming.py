"""How runs are called in one chart: seeds of a recipe together, recipes of one name apart."""

from __future__ import annotations

from engine.run import Run
from tests.builders import build_trial
from tui.charts.naming import name_runs


def run_of(label: str, seed: int, **overrides: object) -> Run:
    trial = build_trial(
        label, overrides={"seed": seed, **{key.replace("__", "."): at for key, at in overrides.items()}}
    )
    return Run(id=f"r{seed}{label}{len(overrides)}", trial=trial, created=0.0)


def test_seeds_of_a_recipe_share_a_name_and_a_look() -> None:
    named = name_runs([run_of("sgd", 0), run_of("sgd", 1), run_of("momentum", 0)])
    assert [one.legend for one in named] == ["sgd ×2", "", "momentum"]
    assert named[0].identity == named[1].identity != named[2].identity


def test_recipes_of_one_name_are_told_apart_by_what_they_differ_in() -> None:
    quick = [run_of("sgd", seed, train__epochs=3) for seed in (0, 1)]
    long = [run_of("sgd", seed, train__epochs=60) for seed in (0, 1)]
    named = name_runs([*quick, *long])
    assert [one.legend for one in named] == ["sgd epochs=3 ×2", "", "sgd epochs=60 ×2", ""]
    assert named[0].identity == named[1].identity != named[2].identity == named[3].identity
    assert named[3].name == "sgd epochs=60 seed 1"


def test_device_makes_no_other_recipe() -> None:
    named = name_runs([run_of("sgd", 0, device="cpu"), run_of("sgd", 1, device="auto")])
    assert [one.legend for one in named] == ["sgd seed 0", "seed 1"]
