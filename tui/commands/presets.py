"""`termlab presets`: what there is to run, and what one preset is about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.shown import json_text
from tui.commands.options import Format, Json
from tui.console import emit, narrate, terminal_columns
from tui.tables import Column, Table, TableFormat, table_of

if TYPE_CHECKING:
    from engine.presets import Preset
    from engine.trial import Published
    from tui.workspace import Workspace

_presets = typer.Typer(help="List the presets, or read one: why, source, config, trials, published figures.")


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(_presets, name="presets")


@_presets.callback(invoke_without_command=True)
def list_them(
    context: typer.Context,
    form: Format = TableFormat.TABLE,
    as_json: Json = False,
) -> None:
    """List the presets, or read one: why, source, config, trials, published figures."""
    if context.invoked_subcommand is not None:
        return
    from engine.presets import list_presets
    from tui.format import plural

    presets, errors = list_presets()
    for error in errors:
        narrate(str(error))
    if as_json or form is TableFormat.JSON:
        emit(json_text([_listed(preset) for preset in presets]))
        return
    if form is not TableFormat.TABLE:
        emit(_list_table(presets).written(form))
        return
    width = max(len(preset.name) for preset in presets)
    groups: dict[str, list[str]] = {}
    for preset in presets:
        trials = plural(len(preset.trials), "trial")
        groups.setdefault(preset.group, []).append(f"  {preset.name:<{width}}  {trials:>9}  {preset.title}")
    emit("\n\n".join("\n".join([group, *lines]) for group, lines in groups.items()))


@_presets.command("show")
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of a preset.")],
    form: Format = TableFormat.TABLE,
    as_json: Json = False,
) -> None:
    """Print one preset: why, source, choices, shared config, trials with parameter counts, published figures.

    As CSV, Markdown or LaTeX it is the table of its trials alone.
    """
    from engine.presets import load_preset

    preset = load_preset(name)
    counts = _parameter_counts(preset, context.obj)
    if as_json or form is TableFormat.JSON:
        emit(json_text(_shown(preset, counts)))
    elif form is TableFormat.TABLE:
        emit(_text(preset, counts, terminal_columns()))
    else:
        emit(_trial_table(preset, counts).written(form))


def _parameter_counts(preset: Preset, workspace: Workspace) -> list[int | None]:
    """Size each trial's network for the preset's data; None where that data is not at hand."""
    from engine.errors import TermlabError
    from engine.sizing import parameter_count

    counts: list[int | None] = []
    for trial in preset.trials:
        try:
            counts.append(parameter_count(trial.config, workspace.data))
        except TermlabError:
            counts.append(None)
    return counts


def _listed(preset: Preset) -> dict[str, Any]:
    return {
        "name": preset.name,
        "title": preset.title,
        "group": preset.group,
        "source": preset.source,
        "trials": [trial.label for trial in preset.trials],
    }


def _list_table(presets: list[Preset]) -> Table:
    """Return one line a preset."""
    columns = (
        (Column("name", "preset"), lambda preset: preset.name),
        (Column("group", "group"), lambda preset: preset.group),
        (Column("trials", "trials", is_number=True), lambda preset: len(preset.trials)),
        (Column("title", "title"), lambda preset: preset.title),
        (Column("source", "source"), lambda preset: preset.source),
    )
    return table_of(columns, presets)


def _shown(preset: Preset, counts: list[int | None]) -> dict[str, Any]:
    return {
        **_listed(preset),
        "why": preset.why,
        "finding": preset.finding,
        "choices": list(preset.choices),
        "origin": preset.origin,
        "config": _shared(preset),
        "quick": preset.quick,
        "quick_note": preset.quick_note,
        "check": preset.check.model_dump(mode="json"),
        "trials": [
            {
                "label": trial.label,
                "parameters": count,
                "published": [
                    figure.model_dump(include={"metric", "value", "tolerance", "bound"}) for figure in trial.published
                ],
                "config": trial.config.model_dump(mode="json"),
            }
            for trial, count in zip(preset.trials, counts, strict=True)
        ],
    }


def _shared(preset: Preset) -> dict[str, Any]:
    """Return the settings, by dotted key, that all trials have in common."""
    from engine.overrides import get_value, settings

    configs = [trial.config for trial in preset.trials]
    families = {config.model.name for config in configs}
    known = set.intersection(*(set(settings(family)) for family in families))
    ordered = [key for key in settings(configs[0].model.name) if key in known]
    values = {key: [get_value(config, key) for config in configs] for key in ordered}
    return {key: found[0] for key, found in values.items() if all(value == found[0] for value in found)}


def _text(preset: Preset, counts: list[int | None], width: int | None) -> str:
    """Write what a person asks of a preset, in so many characters; None has room for all."""
    from engine.overrides import ESSENTIAL, format_value, settings
    from tui.format import filled
    from tui.narrow_table import narrowed

    trials = _trial_table(preset, counts)
    table = trials.written(TableFormat.TABLE) if width is None else narrowed(trials, width - 2).text
    defaults = settings(preset.trials[0].config.model.name)
    shared = [
        f"  {key} = {format_value(value)}"
        for key, value in _shared(preset).items()
        if key in (*ESSENTIAL, "seed", "device") or value != defaults[key].default
    ]
    choices = [filled(f"  - {' '.join(choice.split())}", width, "  ") for choice in preset.choices]
    quick = [f"  {key} = {format_value(value)}" for key, value in preset.quick.items()]
    quick_note = f": {' '.join(preset.quick_note.split())}" if preset.quick_note else ""
    parts = [
        f"{preset.title}\n{preset.source} · {preset.group}{_own(preset)}",
        " ".join(preset.why.split()),
        preset.finding and f"Published finding: {preset.finding}",
        "Choices, where the source leaves them open\n" + "\n".join(choices) if choices else "",
        f"Trials\n{_indented(table)}",
        "Shared settings; those that are not named are at their default\n" + "\n".join(shared),
        f"Quick profile (--quick){quick_note}\n" + "\n".join(quick) if quick else "",
        f"Run it: termlab run {preset.name}"
        + (f"\nCheck it: termlab check {preset.name}" if any(trial.published for trial in preset.trials) else ""),
    ]
    return filled("\n\n".join(part for part in parts if part), width)


def _trial_table(preset: Preset, counts: list[int | None]) -> Table:
    """Return one line a trial: its size, what was published of it, and what it changes of the shared config."""
    from tui.format import MISSING, count

    columns = (
        (Column("label", "trial", least=16, wraps=True), lambda pair: pair[0].label),
        (Column("parameters", "parameters", count, is_number=True), lambda pair: pair[1]),
        (
            Column("published", "published", least=16, wraps=True),
            lambda pair: "; ".join(map(_figure, pair[0].published)) or MISSING,
        ),
        (Column("changes", "changes", least=20, wraps=True), lambda pair: _changes(preset, pair[0])),
    )
    return table_of(columns, list(zip(preset.trials, counts, strict=True)))


def _own(preset: Preset) -> str:
    """Name the file of a user's own preset, which may stand in for a packaged one of the same name."""
    from engine.presets import user_preset_folder

    return f"\nYour own: {preset.origin}" if Path(preset.origin).is_relative_to(user_preset_folder()) else ""


def _changes(preset: Preset, trial: Any) -> str:
    from engine.overrides import format_value, get_value, settings

    shared = _shared(preset)
    own = [key for key in settings(trial.config.model.name) if key not in shared]
    return " ".join(f"{key}={format_value(get_value(trial.config, key))}" for key in own)


def _figure(figure: Published) -> str:
    from tui.format import published

    return published(figure.metric, figure.value, figure.tolerance, figure.bound, is_named=True)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
