"""`termlab summary`: the networks of a preset layer by layer, before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.shown import json_text
from tui.commands.options import Format, Json
from tui.console import emit, terminal_columns
from tui.tables import TableFormat

if TYPE_CHECKING:
    from engine.sizing import NetworkSize
    from tui.layer_text import Networks


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("summary")(summary)


def summary(
    context: typer.Context,
    preset: Annotated[str, typer.Argument(metavar="PRESET", help="Name of a preset; termlab presets lists them.")],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]...", help="Settings to change, such as model.hidden=400,400."),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="LABEL", help="Only this trial; repeatable.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="The preset's short profile.")] = False,
    form: Format = TableFormat.TABLE,
    as_json: Json = False,
) -> None:
    """Size the networks of a preset: output, parameters, receptive field and multiply-adds of every layer.

    Trains nothing, and needs no data but for a folder of images. Trials with the same network share a table.
    """
    from engine.overrides import parse_assignments
    from engine.presets import load_preset
    from engine.sizing import network_sizes
    from engine.sweep import expand
    from tui.layer_text import layers_of_all, networks_text

    changes = parse_assignments(overrides or ())
    trials = expand(load_preset(preset), overrides=changes, only=only or (), quick=quick)
    sizes = network_sizes([trial.config for trial in trials], context.obj.data)
    networks: Networks = {}
    for trial, size in zip(trials, sizes, strict=True):
        networks.setdefault(size, []).append(trial.label)
    if as_json or form is TableFormat.JSON:
        emit(json_text(_document(preset, networks)))
    elif form is TableFormat.TABLE:
        emit(networks_text(networks, terminal_columns()))
    else:
        emit(layers_of_all(networks).written(form))


def _document(preset: str, networks: Networks) -> dict[str, Any]:
    from engine.summary import SCHEMA_VERSION

    return {
        "schema_version": SCHEMA_VERSION,
        "preset": preset,
        "networks": [_network(size, labels) for size, labels in networks.items()],
    }


def _network(size: NetworkSize, labels: Sequence[str]) -> dict[str, Any]:
    from dataclasses import asdict

    loss, accuracy = size.expected_at_start or (None, None)
    return {
        "trials": list(labels),
        "model": size.model,
        "dataset": size.dataset,
        **asdict(size.data),
        "parameters": size.parameters,
        "parameters_per_example": size.parameters_per_example,
        "multiply_adds": size.multiply_adds,
        "expected_loss": loss,
        "expected_accuracy": accuracy,
        "layers": [asdict(layer) for layer in size.layers],
    }
