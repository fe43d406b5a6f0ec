"""How runs are called and recognised in one chart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from engine.run import Run
from tui.format import plain
from tui.identity import MARKERS, Identity, identities

_OF_A_RUN = ("seed", "device")
"""Settings that are no part of a recipe."""


@dataclass(frozen=True, slots=True)
class Naming:
    """One run in one chart."""

    name: str
    legend: str
    """What the legend says at this run; empty where another seed of the same trial has said it."""
    identity: Identity


def identity_key(run: Run) -> str:
    """Return what the identity of a run derives from: its trial, whatever the seed."""
    return f"{run.trial.preset}/{run.trial.label}"


def name_runs(runs: Sequence[Run], known: Sequence[str] = ()) -> list[Naming]:
    """Name runs as shortly as tells them apart.

    The seeds of a trial share its colour and marker, and one entry in the legend. Where only one trial is shown,
    its runs keep the colour and differ in the marker. `known` are keys of further trials that colours are shared with.
    """
    keys = [identity_key(run) for run in runs]
    marks = identities([*keys, *known])
    if namesakes := _recipes_of_one_name(runs, known):
        keys = [run.trial.config.fingerprint for run in runs]
        marks = {fingerprint: naming.identity for fingerprint, naming in namesakes.items()}
    counts = Counter(keys)
    several_presets = len({run.trial.preset for run in runs}) > 1
    namings: list[Naming] = []
    seen: set[str] = set()
    for run, key in zip(runs, keys, strict=True):
        trial_name = plain(f"{run.trial.preset} {run.trial.label}" if several_presets else run.trial.label)
        trial_name = namesakes[key].name if namesakes else trial_name
        name = f"{trial_name} seed {run.trial.config.seed}" if counts[key] > 1 else trial_name
        if len(counts) == 1:
            marker = MARKERS[(MARKERS.index(marks[key].marker) + len(namings)) % len(MARKERS)]
            # Once is enough for what is the same in all entries.
            legend = f"{name}{_again(run, runs)}" if not namings else seed_words(run, runs)
            namings.append(Naming(name, legend, replace(marks[key], marker=marker)))
            continue
        legend = f"{trial_name} ×{counts[key]}" if counts[key] > 1 else trial_name
        namings.append(Naming(name, "" if key in seen else legend, marks[key]))
        seen.add(key)
    return namings


def _recipes_of_one_name(runs: Sequence[Run], known: Sequence[str]) -> dict[str, Naming]:
    """Name recipes by fingerprint, with their settings, where trials of one name were trained with other ones."""
    from tui.charts.recipe_looks import name_groups  # which names in the terms of this file

    if all(_is_of_recipe(run, first) for run, first in _beside_first(runs)):  # fingerprints take longer than a chart
        return {}
    firsts = {run.trial.config.fingerprint: run for run in runs}
    return dict(zip(firsts, name_groups(list(firsts.values()), known), strict=True))


def _beside_first(runs: Sequence[Run]) -> Iterator[tuple[Run, Run]]:
    """Yield each run but the first of its name, with that."""
    firsts: dict[str, Run] = {}
    for run in runs:
        if (first := firsts.setdefault(identity_key(run), run)) is not run:
            yield run, first


def _is_of_recipe(run: Run, other: Run) -> bool:
    """Tell whether two runs have the same settings but for their seed and device."""
    one, two = run.trial.config, other.trial.config
    return all(getattr(one, name) == getattr(two, name) for name in type(one).model_fields if name not in _OF_A_RUN)


def seed_words(run: Run, runs: Sequence[Run]) -> str:
    """Name a run among those of its trial by its seed, and by the start of its id where that seed ran again."""
    return f"seed {run.trial.config.seed}{_again(run, runs)}"


def _again(run: Run, runs: Sequence[Run]) -> str:
    is_repeated = sum(one.trial.config.seed == run.trial.config.seed for one in runs) > 1
    return f" {plain(run.id.partition('-')[0])}" if is_repeated else ""
