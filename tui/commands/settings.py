"""`termlab settings`: every key that KEY=VALUE and a preset file may set, with default, what it takes and meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.shown import json_text
from tui.commands.options import Format, Json
from tui.console import emit, terminal_columns
from tui.tables import Column, Table, TableFormat, table_of

if TYPE_CHECKING:
    from engine.overrides import Setting

    Known = tuple[Setting, tuple[str, ...]]


def add_to(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("settings")(settings)


def settings(
    prefix: Annotated[
        str, typer.Argument(metavar="[PREFIX]", help="Only keys that begin so, such as optim or optim.lr.")
    ] = "",
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Only what this family of models has.")] = None,
    form: Format = TableFormat.TABLE,
    as_json: Json = False,
) -> None:
    """List the settings: what KEY=VALUE takes, its default and its meaning.

    A setting of some families of models names them; its default is that of a run without a preset.
    """
    known = _matching(prefix, model)
    if as_json or form is TableFormat.JSON:
        emit(json_text([_document(*one) for one in known]))
        return
    text, columns = _table(known).written(form), terminal_columns()
    if form is TableFormat.TABLE and columns is not None and max(map(len, text.splitlines())) > columns:
        text = _paragraphs(known, columns)  # what they mean is sentences, which a narrow column makes hard to read
    emit(text)


def _matching(prefix: str, model: str | None) -> list[Known]:
    from engine.errors import ConfigError, suggest_key, unknown
    from engine.model_config import MODEL_CONFIGS
    from engine.overrides import every_setting

    if model is not None and model not in MODEL_CONFIGS:
        raise ConfigError([f"--model: {unknown('model', model, MODEL_CONFIGS)}"])
    known = [one for one in every_setting().items() if model is None or not one[1] or model in one[1]]
    found = [one for one in known if one[0].key.startswith(prefix)]
    if not found:
        of_model = "" if model is None else f" of the model {model}"
        keys = [setting.key for setting, _ in known]
        raise ConfigError(
            [f'no setting{of_model} begins with "{prefix}".{suggest_key(prefix, keys)}'],
            f"They begin with {', '.join(dict.fromkeys(key.partition('.')[0] for key in keys))}.",
        )
    return found


def _table(known: list[Known]) -> Table:
    from engine.overrides import format_value

    columns = (
        (Column("key", "setting"), lambda one: one[0].key),
        (Column("models", "of", is_remark=True), lambda one: ", ".join(one[1])),
        (Column("default", "default"), lambda one: format_value(one[0].default)),
        (Column("allowed", "takes"), lambda one: one[0].allowed),
        (Column("description", "meaning"), lambda one: one[0].description),
    )
    return table_of(columns, known)


def _paragraphs(known: list[Known], width: int) -> str:
    from engine.overrides import format_value
    from tui.format import filled

    lines: list[str] = []
    for setting, models in known:
        of = f"   of {', '.join(models)}" if models else ""
        lines.append(f"{setting.key} = {format_value(setting.default)}{of}")
        lines.append(f"    {setting.description} It takes {setting.allowed}.")
    return filled("\n".join(lines), width)


def _document(setting: Setting, models: tuple[str, ...]) -> dict[str, Any]:
    return {
        "key": setting.key,
        "type": setting.kind,
        "default": setting.default,
        "is_optional": setting.is_optional,
        "choices": list(setting.choices),
        "allowed": setting.allowed,
        "description": setting.description,
        "models": list(models),
    }
