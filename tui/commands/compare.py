"""`termlab compare` and `termlab diff`: is one better than the other, by how much, and how sure is that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tui.clipboard import copy_table
from tui.commands.chosen import selected
from tui.commands.comparison_charts import RecipeChart, emit_mean_curves, emit_recipe_chart
from tui.commands.options import Columns, Copy, Format, Json, Where, named_columns
from tui.console import emit, narrate, terminal_columns
from tui.format import filled, plain, plural
from tui.narrow_table import emit_table
from tui.tables import TableFormat

if TYPE_CHECKING:
    from engine.comparison import Comparison
    from engine.store import RunStore
    from engine.summary import RunSummary
    from tui.tables import Table

LONGEST_LINE = 10_000
"""Of a table that no terminal shows: all of it."""

CURVES = ("test_accuracy", "test_loss")
"""Metrics whose mean curves are drawn, where they were measured."""

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[RECIPE or RUN]...",
        help="Labels such as bn=on (or preset/label), which stand for all seeds; or ids, prefixes of ids, latest. The "
        "first is the baseline.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("compare")(compare)
    app.command("diff")(diff)


def compare(
    context: typer.Context,
    names: Names = None,
    where: Where = "",
    metric: Annotated[
        str, typer.Option(metavar="M", help="What is compared, by name or expression; test loss where none has it.")
    ] = "best_test_accuracy",
    baseline: Annotated[
        str, typer.Option(metavar="RECIPE", help="What the others are compared with; the first one if not given.")
    ] = "",
    all_seeds: Annotated[
        bool, typer.Option("--all-seeds", help="A run stands for all finished runs of its recipe.")
    ] = False,
    examples: Annotated[
        bool,
        typer.Option(
            "--examples", help="Compare two networks example by example, for each common seed: McNemar's test."
        ),
    ] = False,
    pictures: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=0, help="With --examples: draw N of those that only one has right, the surest mistakes."
        ),
    ] = None,
    columns: Columns = "",
    has_charts: Annotated[
        bool, typer.Option("--charts/--no-charts", help="Draw the mean curves, and the means with their intervals.")
    ] = True,
    form: Format = TableFormat.TABLE,
    as_json: Json = False,
    copy: Copy = False,
) -> None:
    """Compare recipes: whether one is better, by how much, how sure that is; settings and curves that differ.

    Differences are of the seeds that both were trained with: paired t-tests, Holm-corrected where there are several.
    """
    from engine.comparison import compare as compared
    from engine.errors import ConfigError
    from engine.leaderboard import check_metric, find_row, rank
    from engine.shown import json_text
    from engine.store import RunStore
    from tui.commands.runs import emit_json
    from tui.comparison_text import comparison_document, entries_of
    from tui.leaderboard_table import leaderboard_table
    from tui.saved_run import read_run

    if examples or pictures is not None:
        from tui.commands.compare_examples import print_examples

        form = TableFormat.JSON if as_json else form
        print_examples(
            context.obj, names or [], where, all_seeds=all_seeds, pictures=pictures, form=form, copy=copy
        )  # fmt: skip
        return
    store = RunStore(context.obj.results)
    chosen = _chosen(store, names or [], where, all_seeds=all_seeds)
    finished = [run for run in chosen if run.status == "done"]
    if not finished:
        raise ConfigError(["none of these runs is finished"], "termlab plot draws the curves of unfinished runs.")
    check_metric(metric, finished)
    base = find_row(rank(finished, metric), baseline).fingerprint if baseline else ""
    runs = {run.run: read_run(store, run.run) for run in finished}
    found = compared(finished, runs, metric, base)
    assert found is not None  # there are finished runs
    if as_json or form is TableFormat.JSON:
        emit_json(json_text(comparison_document(found)), copy=copy)
        return
    wanted = named_columns(columns)
    said_elsewhere = () if wanted or form is not TableFormat.TABLE else ("differs_in",)
    table = leaderboard_table(entries_of(found), wanted, left_out=said_elsewhere)
    if copy:
        copy_table(table, form)
    if form is not TableFormat.TABLE:
        emit(table.written(form))
        return
    _emit_for_people(found, table)
    if has_charts:
        rows = [row for row in found.rows if found.is_comparable(row)]
        emit_recipe_chart([rows], RecipeChart.INTERVALS, found.baseline.fingerprint)
        emit_mean_curves([[runs[run.run] for run in row.by_seed.values()] for row in found.rows], CURVES)
    left_out = len(chosen) - len(finished)
    if left_out:
        narrate(f"Without {plural(left_out, 'run')} that did not finish; termlab plot draws their curves.")
    narrate(
        "Differences: mean over the common seeds with 95 % interval; paired t-test, Holm-corrected; noise: no more "
        "than seeds alone explain. Curves: the same test at each epoch, not corrected."
    )


def _chosen(store: RunStore, names: Sequence[str], where: str, *, all_seeds: bool) -> list[RunSummary]:
    from engine.choice import choose_runs
    from engine.errors import ConfigError, RunNotFoundError

    summaries = store.summaries()
    if names:
        within = selected(summaries, where) if where else None
        found = choose_runs(store, names, summaries, all_seeds=all_seeds, recipes_in=within)
        return selected(found, where) if where else found
    if not where:
        hint = "For all of a preset: termlab compare --where preset=NAME"
        raise ConfigError(["which recipes? Name some, or give --where EXPR"], hint)
    found = [run for run in selected(summaries, where) if run.status != "damaged"][::-1]  # oldest first, as trained
    if not found:
        raise RunNotFoundError(f"no run in {store.folder} matches {where}", "termlab ls lists the runs.")
    return found


def _emit_for_people(found: Comparison, table: Table) -> None:
    """Print answers first, then what they rest on."""
    from tui.comparison_text import names_of, parting_words, settings_table, verdict_lines
    from tui.narrow_table import narrowed, tell_left_out
    from tui.standing_words import name_beside

    width = terminal_columns()
    shown = narrowed(table, width or LONGEST_LINE)
    parts = [filled("\n".join(verdict_lines(found)), width)] if len(found.rows) > 1 else []
    parts.append(shown.text)
    if found.settings:
        settings = settings_table(found.settings, names_of(found.rows))
        parts.append("Settings that differ\n" + narrowed(settings, width or LONGEST_LINE).text)
    for row in found.rows[1:]:
        if lines := [f"  {parting_words(one)}" for one in found.partings.get(row.fingerprint, ())]:
            title = f"Curves of {name_beside(row, found.baseline)} and {name_beside(found.baseline, row)}"
            parts.append("\n".join([title, *lines]))
    emit("\n\n".join(parts))
    tell_left_out(shown.left_out)
    if agreed := table.agreed():
        narrate("All: " + ", ".join(f"{heading} {text}" for heading, text in agreed))


def diff(
    context: typer.Context,
    one: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, a prefix of it, latest, or a recipe's label.")],
    other: Annotated[str, typer.Argument(metavar="RUN", help="The run or recipe to set beside it.")],
    form: Format = TableFormat.TABLE,
    as_json: Json = False,
) -> None:
    """Print in which settings and facts two runs differ."""
    from engine.choice import choose_runs
    from engine.comparison import differing_settings
    from engine.store import RunStore
    from tui.comparison_text import facts_of, settings_table

    store = RunStore(context.obj.results)
    summaries = store.summaries()
    pair = [choose_runs(store, [name], summaries)[-1] for name in (one, other)]
    facts = [facts_of(run) for run in pair]
    rows = differing_settings([run.config for run in pair])
    rows |= {name: values for name in facts[0] if len(set(values := tuple(fact[name] for fact in facts))) > 1}
    form = TableFormat.JSON if as_json else form
    emit_table(settings_table(rows, [plain(run.run) for run in pair]), form)
    if not rows:
        narrate("They differ in nothing: the same recipe, seed, device and outcome.")
