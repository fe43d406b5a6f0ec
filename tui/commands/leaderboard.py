"""`termlab leaderboard`: recipes ranked by their finished runs, and how sure the ranking is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tui.clipboard import copy_table
from tui.commands.chosen import selected
from tui.commands.comparison_charts import RecipeChart, emit_recipe_chart
from tui.commands.options import Columns, Copy, Format, Json, SortBy, Where, named_columns
from tui.console import narrate
from tui.narrow_table import emit_table
from tui.tables import TableFormat

if TYPE_CHECKING:
    from engine.leaderboard_row import LeaderboardRow
    from engine.summary import RunSummary

MOST_SECTIONS_JUDGED = 3
"""Datasets for which a sentence says whether their best two can be told apart; more would bury the table."""


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("leaderboard")(leaderboard)


def leaderboard(
    context: typer.Context,
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="Only runs of this preset.")] = None,
    metric: Annotated[
        str,
        typer.Option(
            metavar="M",
            help="What is ranked, by name or as an expression such as test_accuracy@best(test_loss); test loss where "
            "no run on the same data has it.",
        ),
    ] = "best_test_accuracy",
    baseline: Annotated[
        str,
        typer.Option(
            metavar="RECIPE",
            help="Compare each recipe with this one (a label, preset/label, a run's id, or best): difference and "
            "paired t-test on the common seeds, Holm-corrected, and letters: recipes that share one cannot be told "
            "apart.",
        ),
    ] = "",
    columns: Columns = "",
    chart: Annotated[
        RecipeChart | None,
        typer.Option(
            "--chart",
            help="Draw below the table: the means with their intervals, or over training time or parameters, with the "
            "recipes that none beats in both.",
        ),
    ] = None,
    where: Where = "",
    sort_by: SortBy = "",
    form: Format = TableFormat.TABLE,
    as_json: Json = False,
    copy: Copy = False,
) -> None:
    """Rank recipes by their finished runs: mean over seeds, 95 % interval, gap to the published figure."""
    from engine.leaderboard import check_metric, find_row, rank, sort_rows
    from engine.standings import sections_of, stand
    from engine.store import RunStore
    from tui.commands.runs import emit_json
    from tui.leaderboard_json import leaderboard_json
    from tui.leaderboard_table import entries_of, leaderboard_table, usual_columns
    from tui.run_table import column_name

    store = RunStore(context.obj.results)
    chosen = _finished(store.summaries(), preset, where)
    if chosen:
        check_metric(metric, chosen)
    rows = rank(chosen, metric)
    base = find_row(rows, baseline).fingerprint if baseline else None
    standings = stand(rows, base) if base else {}
    ranked = rows
    if sort_by:
        sort_by = column_name(sort_by, usual_columns([metric], has_baseline=True))
        rows = sort_rows(rows, sort_by.removeprefix("-"), descending=sort_by.startswith("-"))
    if not rows and form is TableFormat.TABLE and not as_json:
        narrate(f"No finished runs to rank in {store.folder}.")
        return
    entries = entries_of(rows, standings, base)
    if as_json or form is TableFormat.JSON:
        emit_json(leaderboard_json(entries), copy=copy)
        return
    table = leaderboard_table(entries, named_columns(columns))
    if copy:
        copy_table(table, form)
    emit_table(table, form)
    if not rows:
        narrate(f"No finished runs to rank in {store.folder}.")
    if chart is not None and form is TableFormat.TABLE:
        emit_recipe_chart(sections_of(ranked), chart, base)
    if form is TableFormat.TABLE:
        if agreed := table.agreed():
            narrate("All: " + ", ".join(f"{heading} {text}" for heading, text in agreed))
        _judge(ranked, has_baseline=base is not None)


def _finished(summaries: Sequence[RunSummary], preset: str | None, where: str) -> list[RunSummary]:
    """Return the finished runs that are asked for.

    Raises: ConfigError if no run and no file is of such a preset, or the filter does not parse.
    """
    from engine.errors import ConfigError, unknown

    finished = [run for run in summaries if run.status == "done"]
    if preset is not None and preset not in (names := {run.preset for run in finished}):
        from engine.presets import preset_files

        if preset not in preset_files():
            raise ConfigError([f"--preset: {unknown('preset', preset, {*names, *preset_files()})}"])
    return [run for run in selected(finished, where) if preset in (None, run.preset)]


def _judge(rows: Sequence[LeaderboardRow], *, has_baseline: bool) -> None:
    """Say under the table what it does not: whether the best two can be told apart, and how columns are to be read."""
    from engine.standings import sections_of, separation
    from tui.standing_words import separation_words

    sections = sections_of(rows)
    if len(sections) <= MOST_SECTIONS_JUDGED:
        for section in sections:
            if (found := separation(section)) is not None:
                of = f"{section[0].test_data}: " if len(sections) > 1 else ""
                narrate(of + separation_words(found))
    narrate(
        "n counts seeds, each with its newest run; n = 1 shows no interval.\n"
        "A gap in brackets is of another recipe than the published one."
    )
    if has_baseline:
        narrate(
            "Δ baseline: mean over the common seeds with 95 % interval; paired t-test, Holm-corrected; noise: no more "
            "than seeds alone explain. Recipes that share a letter cannot be told apart."
        )
