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
    from engine.analysis.inspector import Inspection, Question
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
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id, unique prefix of an id, or latest.")],
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="summary, layers, weights, features, saliency, mistakes, neutral, pair, confusion, calibration, roc, "
            "boundary, dropout, gradients or activations.",
        ),
    ],
    image: Annotated[
        int, typer.Option("--image", metavar="I", help="Test example, counted from 0; pair looks from there on.")
    ] = 0,
    class_name: Annotated[
        str | None, typer.Option("--class", metavar="C", help="Class, by name or number: whose score, or of which.")
    ] = None,
    layer: Annotated[
        str | None, typer.Option("--layer", metavar="NAME", help="One layer, by its name or the end of it.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", metavar="RUN", help="A second run to set beside it.")
    ] = None,
    channels: Annotated[int, typer.Option(min=1, max=64, help="Channels of a layer that are seen at once.")] = 9,
    first_channel: Annotated[int, typer.Option(min=0, help="The first of them.")] = 0,
    page: Annotated[int, typer.Option(min=1, help="Which page, where there is more than fits.")] = 1,
    log_y: Annotated[bool, typer.Option("--log-y", help="Logarithmic y axis of histograms.")] = False,
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

    --out DIR writes WHAT.png, WHAT.json and a CSV file for each table; PNG needs: pip install 'termlab[png]'.
    gradients and activations need a run that recorded them: termlab run PRESET record.layers_every=10.
    """
    from engine.analysis.inspector import Inspector, Question
    from engine.analysis.whats import WHATS
    from engine.errors import TermlabError, suggest
    from engine.store import RunStore
    from tui.workspace import data_of_run

    if what != SUMMARY and what not in WHATS:
        known = (SUMMARY, *WHATS)
        raise TermlabError(f'"{what}" cannot be asked.{suggest(what, known)}', f"What can: {', '.join(known)}.")
    if out is not None:
        _check_out(out, what, needs_png=png, replaces=force)
    workspace: Workspace = context.obj
    store = RunStore(workspace.results)
    question = Question(
        what="layers" if what == SUMMARY else what,
        run=store.find(run),
        image=image,
        class_name=class_name,
        layer=layer,
        against=None if against is None else store.find(against),
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
        _write(out, what, seen, needs_png=png)
    elif form is not TableFormat.TABLE:
        _print_numbers(seen, form)
    else:
        _print_picture(seen, page - 1)


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
    from tui.pictures.naming import looks_of
    from tui.pictures.seen import Seen

    question = inspection.question
    runs = [question.run] if question.against is None else [question.run, question.against]
    names, identities = looks_of([store.summary(run_id) for run_id in runs])
    return Seen(inspection, names, identities, first_channel=first_channel, channels=channels, log_y=log_y)


def _print_picture(seen: Seen, page: int) -> None:
    from tui.charts.render import rows_text
    from tui.pictures.draw import draw_plate
    from tui.pictures.registry import drawer_of

    has_colours = wants_colour(sys.stdout)
    width = terminal_columns() or COLUMNS
    height = max(16, shutil.get_terminal_size((width, LINES)).lines - 3) if sys.stdout.isatty() else LINES
    what = seen.inspection.question.what
    if what == "layers":
        height = 10_000  # a table is not cut
    drawn = draw_plate(drawer_of(what).plate(seen), width, height, page=page, color=has_colours)
    emit(rows_text(drawn.rows, color=has_colours), has_colours=has_colours)
    if drawn.pages > 1:
        narrate(f"Page {min(page, drawn.pages - 1) + 1} of {drawn.pages}; --page shows another one.")


def _print_numbers(seen: Seen, form: TableFormat) -> None:
    from engine.shown import json_text
    from tui.pictures.registry import drawer_of

    if form is TableFormat.JSON:
        emit(json_text(document_of(seen)), is_checked=True)
        return
    drawer = drawer_of(seen.inspection.question.what)
    for place, (name, table) in enumerate(_tables(seen, drawer).items()):
        if place:
            emit("")
        if form is not TableFormat.CSV:
            emit(name)
        emit(table.written(form))


def _tables(seen: Seen, drawer: Any) -> dict[str, Any]:
    if not seen.is_double:
        tables: dict[str, Any] = drawer.tables(seen.inspection.first)
        return tables
    runs = (seen.inspection.question.run, seen.inspection.question.against)
    return {
        f"{name}-{run}": table
        for run, (_, _, answer) in zip(runs, seen.answers, strict=True)
        for name, table in drawer.tables(answer).items()
    }


def document_of(seen: Seen) -> dict[str, Any]:
    """Return the numbers for scripts: of one run, and of the one beside it where there is one."""
    from engine.summary import SCHEMA_VERSION
    from tui.pictures.registry import drawer_of

    question = seen.inspection.question
    drawer = drawer_of(question.what)
    found: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "what": question.what, "run": question.run}
    found |= drawer.document(seen.inspection.first)
    if question.against is not None:
        found["against"] = {"run": question.against} | drawer.document(seen.inspection.second)
    return found


def _print_summary(store: RunStore, inspection: Inspection) -> None:
    from tui.layer_text import Networks, networks_text

    question = inspection.question
    networks: Networks = {}
    asked = [(question.run, inspection.first)]
    if question.against is not None:
        asked.append((question.against, inspection.second))
    for run_id, size in asked:
        summary = store.summary(run_id)
        networks.setdefault(size, []).append(f"{summary.label} ({run_id})")
    emit(networks_text(networks, terminal_columns()))


def _check_out(out: Path, what: str, *, needs_png: bool, replaces: bool) -> None:
    """Make sure, before anything is computed, that files can be written there.

    Raises: ExportError if they cannot.
    """
    from engine.errors import ExportError

    if needs_png:
        from tui.pictures.png import require_matplotlib

        require_matplotlib()
    if out.exists() and not out.is_dir():
        raise ExportError(f"--out {out} is not a folder", "Name one, which may be new.")
    if not out.absolute().parent.is_dir():
        raise ExportError(f"--out {out}: there is no folder {out.absolute().parent}", "Make it first.")
    there = sorted(path.name for path in out.glob(f"{what}[.-]*")) if out.is_dir() else []
    if there and not replaces:
        raise ExportError(f"--out {out} has {', '.join(there)} already", "Name another folder, or add --force.")


def _write(out: Path, what: str, seen: Seen, *, needs_png: bool) -> None:
    from engine.atomic import write_atomic
    from engine.errors import ExportError
    from engine.shown import json_text
    from tui.pictures.registry import drawer_of

    drawer = drawer_of(seen.inspection.question.what)
    contents: dict[str, bytes] = {}
    if needs_png:
        from tui.pictures.png import to_png

        contents[f"{what}.png"] = to_png(drawer.plate(seen))
    contents[f"{what}.json"] = json_text(document_of(seen)).encode() + b"\n"
    for name, table in _tables(seen, drawer).items():
        contents[f"{what}-{name}.csv"] = table.written(TableFormat.CSV).encode() + b"\n"
    try:
        out.mkdir(exist_ok=True)
        for name, content in contents.items():
            write_atomic(out / name, content)
            emit(str(out / name))
    except OSError as error:
        raise ExportError(f"--out {out}: {error.strerror}: {error.filename}") from error
