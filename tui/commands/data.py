"""`termlab data`: which datasets there are, where they lie, and how to get them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.shown import json_text
from tui.commands.options import Format, Json
from tui.console import emit, narrate
from tui.narrow_table import emit_table
from tui.signals import leave_if_called
from tui.tables import Column, TableFormat, table_of

if TYPE_CHECKING:
    from engine.data.catalog import SourceState

_data = typer.Typer(help="Datasets: where they are, whether complete, how to get them.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of a dataset; termlab data ls lists them.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(_data, name="data")


@_data.command("ls")
def list_them(context: typer.Context, form: Format = TableFormat.TABLE, as_json: Json = False) -> None:
    """List the datasets by name, and whether each can be used now."""
    from engine.data.catalog import source_states
    from tui.format import count, plural

    states = source_states(context.obj.data)
    columns = (
        (Column("name", "dataset"), lambda state: state.source.name),
        (Column("status", "status"), lambda state: state.status),
        (Column("image_shape", "image", is_number=True), _image),
        (Column("classes", "classes", is_number=True, yields=1), lambda state: state.source.classes),
        (Column("train_examples", "train", count, is_number=True), lambda state: state.source.train_examples),
        (Column("test_examples", "test", count, is_number=True), lambda state: state.source.test_examples),
        (
            Column("download_bytes", "download", _megabytes, is_number=True, yields=2),
            lambda state: state.source.download_bytes,
        ),
        (
            Column("path", "path", least=12, keeps_end=True),
            lambda state: str(state.root) if state.root and state.is_usable else None,
        ),
    )
    emit_table(table_of(columns, states), TableFormat.JSON if as_json else form)
    faulty = [state for state in states if state.status == "incomplete"]
    for state in faulty:
        narrate(f"{state.source.name}: {plural(len(state.problems), 'fault')}: {'; '.join(state.problems)}")
    if not as_json and form is TableFormat.TABLE:
        narrate("Images of your own: data.name=folder:PATH, with PATH/train/CLASS/* and PATH/test/CLASS/*.")


@_data.command("get")
def get(context: typer.Context, name: Name) -> None:
    """Download a dataset into the data folder; what is complete already, and as it was published, is left alone."""
    from engine.data.catalog import source_state, unusable, verified

    state = verified(source_state(name, context.obj.data))
    if not state.is_usable:
        from engine.data.download import download

        if state.source.is_image_tree:
            raise unusable(state)
        leave_if_called()
        narrate(f"Downloading {name}, {_megabytes(state.source.download_bytes)}, from {state.source.homepage}")
        state = download(name, context.obj.data, show_progress=sys.stderr.isatty())
    narrate(f"{name} is {state.status}." if state.root else f"{name} comes with termlab; there is nothing to get.")
    if state.root:
        emit(str(state.root))


@_data.command("path")
def path(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A dataset; without one, the data folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the data folder, or where one dataset lies."""
    if name is None:
        emit(json_text({"path": str(context.obj.data)}, indent=None) if as_json else str(context.obj.data))
        return
    from engine.data.catalog import source_state, unusable
    from engine.errors import DataError

    state = source_state(name, context.obj.data)
    if not state.is_usable:
        raise unusable(state)
    if state.root is None:
        raise DataError(f"{name} comes with termlab and has no folder")
    emit(json_text({"name": name, "path": str(state.root)}, indent=None) if as_json else str(state.root))


def _image(state: SourceState) -> str:
    channels, height, width = state.source.image_shape
    return f"{channels}x{height}x{width}"


def _megabytes(size: Any) -> str:
    return f"{size / 1e6:.1f} MB" if size else "–"
