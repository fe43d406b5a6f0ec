"""Which saved runs a user means by names of runs and of recipes, and the groups that they form."""

from __future__ import annotations

from collections.abc import Sequence

from engine.columns import flat_settings, value_text
from engine.errors import ConfigError, RunNotFoundError, suggest
from engine.leaderboard_row import varying_settings
from engine.store import RunStore
from engine.summary import RunStatus, RunSummary

MOST_TOLD = 3
"""Settings by which recipes of one name are told apart."""


def choose_runs(
    store: RunStore,
    names: Sequence[str],
    summaries: Sequence[RunSummary],
    *,
    all_seeds: bool = False,
    recipes_in: Sequence[RunSummary] | None = None,
) -> list[RunSummary]:
    """Return the runs that names stand for, in the order of the names, each once.

    A name is that of a recipe (its label, or `preset/label`), which stands for all its finished runs, or of a run,
    which stands for itself; with `all_seeds` it stands for the finished runs of its recipe as well. Recipes are looked
    for in `recipes_in`, where that is not all runs.
    Raises: ConfigError where a name is of neither, or of several recipes.
    """
    by_id = {summary.run: summary for summary in summaries}
    found: dict[str, RunSummary] = {}
    for name in names:
        recipe = _recipe(name, summaries if recipes_in is None else recipes_in)
        if recipe is None:
            run = by_id[_find_run(store, name, summaries)]
            recipe = [run, *_finished(run.fingerprint, summaries)] if all_seeds else [run]
        found |= {run.run: run for run in recipe}
    return list(found.values())


def _recipe(name: str, summaries: Sequence[RunSummary]) -> list[RunSummary] | None:
    """Return the finished runs of the recipe of this name, oldest first; None where no recipe has it."""
    finished = [run for run in summaries if run.status is RunStatus.DONE]
    named = [run for run in finished if name in (run.label, f"{run.preset}/{run.label}")]
    newest = {run.fingerprint: run for run in sorted(named, key=lambda run: run.created)}
    if len(newest) > 1:
        told = ", ".join(_told_apart(run, list(newest.values())) for run in newest.values())
        raise ConfigError(
            [f'"{name}" stands for {len(newest)} recipes: {told}'],
            "Name each by one of its runs, with --all-seeds for the others of its recipe; or narrow them by --where.",
        )
    return _finished(next(iter(newest)), summaries) if newest else None


def _told_apart(run: RunSummary, beside: Sequence[RunSummary]) -> str:
    """Name the newest run of a recipe, with the settings by which the recipe differs from others of its name."""
    flat = flat_settings(run.config)
    varying = sorted(varying_settings([flat_settings(one.config) for one in beside]))
    settings = [f"{key}={value_text(flat.get(key))}" for key in varying[:MOST_TOLD]]
    return f"{run.preset}/{run.label} ({', '.join([run.run.partition('-')[0], *settings])})"


def _finished(fingerprint: str, summaries: Sequence[RunSummary]) -> list[RunSummary]:
    found = [run for run in summaries if run.status is RunStatus.DONE and run.fingerprint == fingerprint]
    return sorted(found, key=lambda run: (run.seed, run.created))


def _find_run(store: RunStore, name: str, summaries: Sequence[RunSummary]) -> str:
    try:
        return store.find(name)
    except RunNotFoundError as error:
        labels = dict.fromkeys(run.label for run in summaries if run.label)
        if any(run.run.startswith(name) for run in summaries) or not labels:  # of several runs, or there is none
            raise
        near = suggest(name, [*labels, *(run.run for run in summaries)])
        raise RunNotFoundError(
            f'"{name}" is neither a run nor a recipe with finished runs in {store.folder}.{near}',
            "termlab ls lists the runs, termlab leaderboard the recipes.",
        ) from error
