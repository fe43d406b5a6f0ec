"""`termlab inspect`: look inside a trained network, as pictures in the terminal, PNG files, or numbers."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tui.commands.options import Json
from tui.console import emit, narrate, terminal_columns, wants_colour
from tui.tables import TableFormat

if TYPE_CHECKING:
    from engine.analysis.question import Inspection, Question
    from engine.analysis.whats import What
    from engine.store import RunStore
    from tui.pictures.seen import Seen
    from tui.workspace import Workspace

COLUMNS, LINES = 100, 40
"""Of a picture where no terminal says how much room there is."""
SUMMARY = "summary"
"""The layers with their totals, in words."""


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("inspect")(inspect)


def inspect(
    context: typer.Context,
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="Id, unique prefix of an id, latest, or the label of a recipe: its lowest seed."
        ),
    ],
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="summary, layers, weights, features, saliency, mistakes, neutral, pair, confusion, calibration, roc, "
            "boundary, dropout, gradients or activations.",
        ),
    ],
    image: Annotated[
        int | None, typer.Option("--image", metavar="I", help="Test example, counted from 0; pair looks from there on.")
    ] = None,
    class_name: Annotated[
        str | None, typer.Option("--class", metavar="C", help="Class, by name or number: whose score, or of which.")
    ] = None,
    layer: Annotated[
        str | None, typer.Option("--layer", metavar="NAME", help="One layer, by its name or the end of it.")
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RUN",
            help="A second run to set beside it; repeatable where curves share axes: weights, calibration, roc, "
            "gradients, activations.",
        ),
    ] = None,
    examples: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Of how many test examples dropout is asked; usually as many as some minutes allow.",
        ),
    ] = None,
    channels: Annotated[int, typer.Option(min=1, max=64, help="Channels of a layer that are seen at once.")] = 9,
    first_channel: Annotated[int, typer.Option(min=0, help="The first of them.")] = 0,
    page: Annotated[int, typer.Option(min=1, help="Which page, where there is more than fits.")] = 1,
    log_y: Annotated[bool, typer.Option("--log-y", help="Logarithmic y axis of histograms.")] = False,
    images: Annotated[
        bool, typer.Option("--images", help="Draw a real image, on a terminal that speaks the Kitty or Sixel protocol.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write PNG and the numbers into this folder instead of drawing.")
    ] = None,
    png: Annotated[bool, typer.Option("--png/--no-png", help="With --out: whether to draw PNG files.")] = True,
    force: Annotated[bool, typer.Option("--force", help="With --out: replace files of the same names.")] = False,
    form: Annotated[
        TableFormat, typer.Option("--format", help="Print the numbers: json, or tables as csv, md or latex.")
    ] = TableFormat.TABLE,
    as_json: Json = False,
) -> None:
    """Look inside a trained network: what its layers are, see and get wrong.

    Draws with half blocks and braille, in colours where the terminal has them. What takes long is kept in the run's
    artifacts/ and used again while weights and data are the same.

    --out DIR writes WHAT.png, WHAT.json and a CSV file for each table; PNG needs: pip install 'termlab[png]', and
    --images: pip install 'termlab[images]'.
    gradients and activations need a run that recorded them: termlab run PRESET record.layers_every=10.
    """
    from engine.analysis.inspector import Inspector
    from engine.analysis.question import Question
    from engine.analysis.whats import WHATS
    from engine.errors import TermlabError, suggest
    from engine.store import RunStore
    from tui.pictures.files import check_folder, write_files
    from tui.workspace import data_of_run

    if what != SUMMARY and what not in WHATS:
        known = (SUMMARY, *WHATS)
        raise TermlabError(f'"{what}" cannot be asked.{suggest(what, known)}', f"What can: {', '.join(known)}.")
    if out is not None:
        check_folder(out, what, needs_png=png, replaces=force)
    question_name = "layers" if what == SUMMARY else what
    workspace: Workspace = context.obj
    store = RunStore(workspace.results)
    _check_taken(WHATS[question_name], image=image, class_=class_name, layer=layer, examples=examples)
    others = list(dict.fromkeys(_run_called(store, name) for name in against or ()))
    if len(others) > 1 and not WHATS[question_name].takes_many:
        raise TermlabError(f"{what} is seen of two runs at most, and {len(others) + 1} were named")
    question = Question(
        what=question_name,
        run=_run_called(store, run),
        image=image or 0,
        class_name=class_name,
        layer=layer,
        against=others[0] if others else None,
        also=tuple(others[1:]),
        examples=examples,
    )
    inspector = Inspector(store, lambda run_id: data_of_run(run_id, store, workspace.data))
    try:
        inspection = _asked(inspector, question)
    finally:
        inspector.forget()
    form = TableFormat.JSON if as_json else form
    if what == SUMMARY and form is TableFormat.TABLE and out is None:
        _print_summary(store, inspection)
        return
    seen = _seen(store, inspection, channels=channels, first_channel=first_channel, log_y=log_y)
    if out is not None:
        for path in write_files(out, what, seen, needs_png=png):
            emit(str(path))
    elif form is not TableFormat.TABLE:
        _print_numbers(seen, form)
    elif images:
        _print_image(seen)
    else:
        _print_picture(seen, page - 1)


def _check_taken(what: What, **given: object) -> None:
    """Make sure that the question takes what it is given: who names a layer expects it to be looked at.

    Raises: ConfigError naming every option that it does not take.
    """
    from engine.errors import ConfigError

    taken = {
        "image": what.takes_image, "class_": what.takes_class, "layer": what.takes_layer,
        "examples": what.takes_examples,
    }  # fmt: skip
    idle = [f"--{name.rstrip('_')}" for name, value in given.items() if value is not None and not taken[name]]
    if idle:
        raise ConfigError([f"{what.name} takes no {' and no '.join(idle)}"])


def _run_called(store: RunStore, name: str) -> str:
    """Return the run that is meant; of a recipe, the one of the lowest seed.

    Raises: RunNotFoundError, ConfigError as `choose_runs`.
    """
    from engine.choice import choose_runs

    return choose_runs(store, [name], store.summaries())[0].run


def _asked(inspector: Any, question: Question) -> Inspection:
    """Answer, telling on a terminal how far it has come."""
    is_told, told = sys.stderr.isatty(), ""
    steps = inspector.ask(question)
    try:
        while True:
            progress = next(steps)
            said = f"{progress.what}… {100 * progress.done // max(1, progress.total)} %"
            if is_told and said != told:
                told = said
                print(f"\r\x1b[K{said}", end="", file=sys.stderr, flush=True)  # noqa: T201 - over the line before
    except StopIteration as end:
        found: Inspection = end.value
        return found
    finally:
        if told:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)  # noqa: T201


def _seen(store: RunStore, inspection: Inspection, *, channels: int, first_channel: int, log_y: bool) -> Seen:
    from tui.pictures.naming import looks_of, remark_on
    from tui.pictures.seen import Seen

    summaries = [store.summary(run_id) for run_id in inspection.question.runs]
    names, looks = looks_of(summaries)
    remark = remark_on(summaries)
    return Seen(inspection, names, looks, first_channel=first_channel, channels=channels, log_y=log_y, remark=remark)


def _print_picture(seen: Seen, page: int) -> None:
    from tui.charts.render import rows_text
    from tui.pictures.draw import draw_plate
    from tui.pictures.registry import plate_of

    has_colours = wants_colour(sys.stdout)
    width = terminal_columns() or COLUMNS
    height = max(16, shutil.get_terminal_size((width, LINES)).lines - 3) if sys.stdout.isatty() else LINES
    what = seen.inspection.question.what
    if what == "layers":
        height = 10_000  # a table is not cut
    drawn = draw_plate(plate_of(seen), width, height, page=page, color=has_colours)
    emit(rows_text(drawn.rows, color=has_colours), has_colours=has_colours)
    if drawn.pages > 1:
        narrate(f"Page {min(page, drawn.pages - 1) + 1} of {drawn.pages}; --page shows another one.")


def _print_image(seen: Seen) -> None:
    from tui.pictures.png import to_png
    from tui.pictures.registry import plate_of
    from tui.real_images import print_image

    print_image(to_png(plate_of(seen)), terminal_columns() or COLUMNS)


def _print_numbers(seen: Seen, form: TableFormat) -> None:
    from engine.shown import json_text
    from tui.pictures.files import document_of, tables_of

    if form is TableFormat.JSON:
        emit(json_text(document_of(seen)), is_checked=True)
        return
    tables = tables_of(seen)
    for place, (name, table) in enumerate(tables.items()):
        if place:
            emit("")
        if form is not TableFormat.CSV and len(tables) > 1:
            emit(name)
        emit(table.written(form))


def _print_summary(store: RunStore, inspection: Inspection) -> None:
    from tui.layer_text import Networks, networks_text

    networks: Networks = {}
    for run_id, size in zip(inspection.question.runs, inspection.answers, strict=True):
        summary = store.summary(run_id)
        networks.setdefault(size, []).append(f"{summary.label} ({run_id})")
    emit(networks_text(networks, terminal_columns()))
