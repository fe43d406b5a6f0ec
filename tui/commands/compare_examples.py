"""`termlab compare A B --examples`: which test examples two networks have right, with pictures where they differ."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.clipboard import copy_table
from tui.commands.chosen import selected
from tui.commands.runs import emit_json
from tui.console import emit, narrate, terminal_columns, wants_colour
from tui.example_words import (
    KIND_WORDS,
    ORDER_WORDS,
    examples_document,
    examples_table,
    legend_words,
    names_of_pair,
    seed_of,
    verdict_words,
)
from tui.format import filled, plural
from tui.narrow_table import emit_table
from tui.tables import TableFormat
from tui.workspace import Workspace, data_of_run

if TYPE_CHECKING:
    from engine.analysis.example_set import ExampleSet, Kind
    from engine.example_pairs import Pair
    from engine.store import RunStore
    from engine.summary import RunSummary

USUAL_PICTURES = 8
"""Of each kind, on a terminal."""
USUAL_COLUMNS = 80
"""Where no terminal says how much room there is for pictures that were asked for."""
TALLEST, TALLEST_WIDE, WIDE = 8, 14, 120
"""Rows of a picture, on a narrow and on a wide terminal; columns from which on one is wide."""
SHOWN: tuple[Kind, ...] = ("broken", "fixed")


def print_examples(
    workspace: Workspace,
    names: Sequence[str],
    where: str,
    *,
    all_seeds: bool,
    pictures: int | None,
    form: TableFormat,
    copy: bool,
) -> None:
    """Print how many test examples both, one or none of two networks have right, for each seed that both have.

    Raises: ConfigError if two are not named, or share no seed or no test data; what `find_example_set` raises.
    """
    from engine.data.shared import forget_shared
    from engine.example_pairs import pair_runs
    from engine.shown import json_text
    from engine.store import RunStore

    store = RunStore(workspace.results)
    pairs = pair_runs(*_two_sides(store, names, where, all_seeds=all_seeds))
    if sys.stderr.isatty():
        narrate(f"Computing what {plural(2 * len(pairs), 'network')} predict…")
    try:
        sets = [_compared(store, pair, workspace) for pair in pairs]
    finally:
        forget_shared()
    found = [one.comparison for one in sets]
    shown_names = names_of_pair(pairs[0])
    if form is TableFormat.JSON:
        emit_json(json_text(examples_document(pairs, found)), copy=copy)
        return
    table = examples_table(pairs, found, shown_names)
    if copy:
        copy_table(table, form)
    if form is not TableFormat.TABLE:
        emit(table.written(form))
        return
    width = terminal_columns()
    if len(pairs) == 1:
        emit(filled(verdict_words(shown_names, found[0]), width) + "\n")
    emit_table(table, form)
    _emit_pictures(sets[0], pairs, USUAL_PICTURES if pictures is None and width else pictures or 0)
    narrate(f"{legend_words(shown_names)} {_remark(pairs)}")
    for doubt in dict.fromkeys(doubt for one in found for doubt in one.doubts):
        narrate(f"Doubtful: {doubt}.")


def _two_sides(
    store: RunStore, names: Sequence[str], where: str, *, all_seeds: bool
) -> tuple[list[RunSummary], list[RunSummary]]:
    """Return the runs of the two that are compared."""
    from engine.choice import choose_runs
    from engine.errors import ConfigError
    from engine.summary import RunStatus

    summaries = store.summaries()
    if names:
        sides = [choose_runs(store, [name], summaries, all_seeds=all_seeds) for name in names]
        sides = [selected(side, where) if where else side for side in sides]
    else:
        done = [run for run in selected(summaries, where) if run.status is RunStatus.DONE][::-1] if where else []
        recipes = dict.fromkeys(run.fingerprint for run in done)
        sides = [[run for run in done if run.fingerprint == recipe] for recipe in recipes]
    if len(sides) != 2 or not all(sides):
        there = len([side for side in sides if side])
        raise ConfigError(
            [f"--examples compares two recipes or runs, and {there} {'was' if there == 1 else 'were'} found"],
            "Name two: termlab compare A B --examples",
        )
    return sides[0], sides[1]


def _compared(store: RunStore, pair: Pair, workspace: Workspace) -> ExampleSet:
    from engine.analysis.example_set import find_example_set
    from engine.analysis.progress import finish

    ids = (pair[0].run, pair[1].run)
    first, second = (data_of_run(run_id, store, workspace.data) for run_id in ids)
    return finish(find_example_set(store, ids, (first, second)))


def _emit_pictures(found: ExampleSet, pairs: Sequence[Pair], count: int) -> None:
    """Print examples of which only one of the two is right, of the first pair: the surest mistakes of the other."""
    from tui.charts.example_cards import card_grid, card_rows, pair_identities

    width = terminal_columns() or USUAL_COLUMNS
    has_colours = wants_colour(sys.stdout)
    marks = pair_identities(pairs[0])
    names = names_of_pair(pairs[0])
    grid = card_grid(found, width, tallest=TALLEST_WIDE if width >= WIDE else TALLEST)
    for kind in SHOWN:
        places = found.of(kind)[:count].tolist()
        if not places:
            continue
        of = f", seed {seed_of(pairs[0])}" if len(pairs) > 1 else ""
        legend = f"{marks[0].marker} {names.first}  {marks[1].marker} {names.second}"
        counted = f"{KIND_WORDS[kind].capitalize()}{of}: {len(places)} of {found.count(kind):,}, {ORDER_WORDS[kind]}"
        emit(f"\n{counted}   {legend}")
        rows = card_rows(found, places, grid, marks, color=has_colours)
        if has_colours:
            emit("\n".join("".join(span.to_ansi() for span in row) for row in rows), has_colours=True)
        else:
            emit("\n".join("".join(span.text for span in row).rstrip() for row in rows))


def _remark(pairs: Sequence[Pair]) -> str:
    about = "McNemar's test (exact) is about these two networks on these test examples, not about their recipes"
    if len(pairs) > 1:
        return f"{about}: one p for each seed, none for the sum. For the recipes: termlab compare without --examples."
    return f"{about}, which other seeds may rank otherwise."
