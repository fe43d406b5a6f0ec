"""Settings by dotted key: what there is, how a value is written as text, and what is wrong with one."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from engine.config import RunConfig
from engine.errors import ConfigError, suggest_key, unknown
from engine.model_config import MODEL_CONFIGS, ConfigPart, ModelConfig

_BOUND_WORDS = {"gt": "greater than", "ge": "at least", "lt": "less than", "le": "at most"}


Kind = Literal["integer", "number", "boolean", "text", "list"]
_KINDS: dict[Any, Kind] = {int: "integer", float: "number", bool: "boolean"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of the config, as help, forms and error messages need it."""

    key: str
    description: str
    default: Any
    choices: tuple[str, ...]
    """The only values there are; empty where any value of the type within `allowed` will do."""
    allowed: str
    """Type and range in words."""
    is_tuple: bool
    is_optional: bool
    kind: Kind = "text"


def settings(model_name: str) -> dict[str, Setting]:
    """Return every setting by its dotted key, in the order of the config, for one family of models."""
    return {setting.key: setting for setting in _walk(RunConfig, "", model_name)}


def every_setting() -> dict[Setting, tuple[str, ...]]:
    """Return the settings of all families of models, each with the families that have it so.

    No families stand for all of them, where a setting is none of the model's own.
    """
    found: dict[Setting, tuple[str, ...]] = {}
    for setting in settings(RunConfig().model.name).values():
        if setting.key == "model.name" or not setting.key.startswith("model."):
            found[setting] = ()
        if setting.key == "model.name":
            for name in MODEL_CONFIGS:
                for own in settings(name).values():
                    if own.key.startswith("model.") and own.key != "model.name":
                        found[own] = (*found.get(own, ()), name)
    return found


def _walk(part: type[ConfigPart], prefix: str, model_name: str) -> Iterator[Setting]:
    for name, field in part.model_fields.items():
        annotation = field.annotation
        if part is RunConfig and name == "model":
            yield from _walk(MODEL_CONFIGS[model_name], "model.", model_name)
        elif isinstance(annotation, type) and issubclass(annotation, ConfigPart):
            yield from _walk(annotation, f"{prefix}{name}.", model_name)
        elif prefix == "model." and name == "name":
            yield _model_name_setting(model_name)
        else:
            yield _setting(f"{prefix}{name}", field)


def _model_name_setting(model_name: str) -> Setting:
    names = tuple(MODEL_CONFIGS)
    return Setting("model.name", "Family of models.", model_name, names, _one_of(names), False, False)


def _setting(key: str, field: FieldInfo) -> Setting:
    bare, is_optional = _without_none(field.annotation)
    choices = tuple(str(choice) for choice in get_args(bare)) if get_origin(bare) is Literal else ()
    is_tuple = get_origin(bare) is tuple
    if choices:
        allowed = _one_of(choices)
    elif is_tuple:
        item, bounds = _unpack(get_args(bare)[0])
        allowed = f"{_type_word(item).removeprefix('a ')}s separated by commas{_bounds(bounds, ', each')}"
    else:
        allowed = _type_word(bare) + _bounds(field.metadata, ",")
    return Setting(
        key=key,
        description=field.description or "",
        default=field.default,
        choices=choices,
        allowed=allowed + (", or none" if is_optional else ""),
        is_tuple=is_tuple,
        is_optional=is_optional,
        kind="list" if is_tuple else _KINDS.get(bare, "text"),
    )


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        if len(kinds) == 1:
            return kinds[0], True
    return annotation, False


def _unpack(annotation: Any) -> tuple[Any, list[Any]]:
    """Split `Annotated[kind, Field(...)]` into the kind and its constraints."""
    metadata = getattr(annotation, "__metadata__", ())
    constraints = [item for extra in metadata for item in getattr(extra, "metadata", [extra])]
    return (get_args(annotation)[0] if metadata else annotation), constraints


def _type_word(kind: Any) -> str:
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    return words.get(kind, str(kind))


def _bounds(metadata: Iterable[Any], lead: str) -> str:
    parts = []
    for item in metadata:
        for kind, words in (
            (annotated_types.Gt, "gt"),
            (annotated_types.Ge, "ge"),
            (annotated_types.Lt, "lt"),
            (annotated_types.Le, "le"),
        ):
            if isinstance(item, kind):
                parts.append(f"{_BOUND_WORDS[words]} {getattr(item, words)}")
    return f"{lead} {' and '.join(parts)}" if parts else ""


def _one_of(names: Iterable[str]) -> str:
    return f"one of {', '.join(names)}"


def format_value(value: Any) -> str:
    """Write a value the way an override gives it; `parse_value` reads it back."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return ",".join(format_value(item) for item in value) or "none"
        case _:
            return str(value)


def parse_value(setting: Setting, text: str) -> Any:
    """Turn text into what the setting's validator takes, which then decides whether it is allowed."""
    stripped = text.strip()
    if setting.is_optional and stripped.lower() in ("none", "null", ""):
        return None
    if setting.is_tuple:
        inner = stripped.removeprefix("[").removesuffix("]").strip()
        return () if inner.lower() in ("", "none") else tuple(part.strip() for part in inner.split(","))
    return stripped


ESSENTIAL = ("data.name", "model.name", "optim.name", "optim.lr", "train.epochs", "train.batch_size")
"""What a recipe is known by: worth showing at its default too."""


def parse_assignments(texts: Iterable[str]) -> dict[str, str]:
    """Split `KEY=VALUE` texts, the last one for a key winning.

    Raises: ConfigError naming every text that is not of this form.
    """
    assignments: dict[str, str] = {}
    problems = []
    for text in texts:
        key, equals, value = text.partition("=")
        if not text.isprintable():  # a byte that is not UTF-8 arrives as a lone surrogate, which no file can hold
            problems.append(f"{text!a} holds characters that cannot be shown or saved")
        elif equals and key.strip():
            assignments[key.strip()] = value
        else:
            problems.append(f'"{text}" is not a setting; write KEY=VALUE, such as optim.lr=0.05')
    if problems:
        raise ConfigError(problems)
    return assignments


def get_value(config: RunConfig, key: str) -> Any:
    """Return the value at a dotted key of the config."""
    value: Any = config
    for part in key.split("."):
        value = getattr(value, part)
    return value


def apply_overrides(config: RunConfig, overrides: Mapping[str, Any], where: str = "") -> RunConfig:
    """Return the config with some settings changed; texts are parsed, other values taken as they are.

    Another `model.name` brings that family's defaults; what was set otherwise stays where both families have it, and
    it is a value for both: a dropout for each layer is none for a family with a single one.
    Raises: ConfigError with every fault at once, each led by `where` if given.
    """
    document = config.model_dump()
    model_name = str(overrides.get("model.name", config.model.name))
    problems: list[str] = []
    if model_name in MODEL_CONFIGS:
        document["model"] = _carried_over(config.model, model_name)
    else:
        problems.append(f"model.name: {unknown('model', model_name, MODEL_CONFIGS)}")
        model_name = config.model.name
    known = settings(model_name)
    for key, value in overrides.items():
        setting = known.get(key)
        if setting is None:
            problems.append(f"{key} is not a setting{_of_model(key, model_name)}.{suggest_key(key, known)}")
        elif key != "model.name":
            section, _, name = key.rpartition(".")
            target = document[section] if section else document
            target[name] = parse_value(setting, value) if isinstance(value, str) else value
    try:
        changed = RunConfig.model_validate(document)
    except ValidationError as error:
        problems += explain(error)
    if problems:
        raise ConfigError([f"{where}{problem}" for problem in problems], _hint(problems))
    return changed


def _carried_over(model: ModelConfig, model_name: str) -> dict[str, Any]:
    family = MODEL_CONFIGS[model_name]
    chosen = model.model_dump(exclude_defaults=True) | {"name": model_name}
    if model_name == model.name:
        return chosen
    kept: dict[str, Any] = {"name": model_name}
    for key, value in chosen.items():
        if key in family.model_fields and _is_allowed(family, {**kept, key: value}):
            kept[key] = value
    return kept


def _is_allowed(part: type[ConfigPart], values: Mapping[str, Any]) -> bool:
    try:
        part.model_validate(values)
    except ValidationError:
        return False
    return True


def _of_model(key: str, model_name: str) -> str:
    return f" of the model {model_name}" if key.startswith("model.") else ""


def _hint(problems: list[str]) -> str:
    return "termlab settings lists them." if any("not a setting" in text for text in problems) else ""


def explain(error: ValidationError, model_name: str = "mlp") -> list[str]:
    """Turn each fault that pydantic found into a sentence: where, what was found, what is allowed, what is near."""
    faults = error.errors(include_url=False)
    lists = {fault["loc"][:-1] for fault in faults if fault["loc"] and isinstance(fault["loc"][-1], int)}
    # A list with a wrong item is too short without it, which pydantic tells as well.
    told = [fault for fault in faults if fault["type"] != "too_short" or fault["loc"] not in lists]
    return [_sentence(fault, model_name) for fault in told]


def _sentence(fault: Any, model_name: str) -> str:
    path = [str(part) for part in fault["loc"]]
    if path[:1] == ["model"] and len(path) > 1 and path[1] in MODEL_CONFIGS:
        model_name = path.pop(1)  # pydantic names the chosen family; a user's key does not
    if fault["type"] in ("union_tag_invalid", "union_tag_not_found"):
        path.append("name")
    key = ".".join(path)
    known = settings(model_name)
    context = fault.get("ctx", {})
    found = fault["input"]
    shown = f'"{found}"' if isinstance(found, str) else format_value(found)
    setting = known.get(".".join(path[:2])) or known.get(path[0] if path else "")
    match fault["type"]:
        case "extra_forbidden":
            return f"{key} is not a setting{_of_model(key, model_name)}.{suggest_key(key, known)}"
        case "missing":
            return f"{key} is missing"
        case "union_tag_invalid" | "union_tag_not_found":
            tag = found.get("name", "") if isinstance(found, dict) else found
            return f"{key}: {unknown('model', str(tag), MODEL_CONFIGS)}"
        case "literal_error" if setting:
            return f"{key}: {unknown('choice', str(found), setting.choices)}"
        case "value_error":
            return f"{key}: {context['error']}" if key else str(context["error"])
        case _ if setting and path[-1].isdecimal():
            return f"{setting.key}: value {int(path[-1]) + 1}, {shown}, is not allowed: it takes {setting.allowed}"
        case _ if setting:
            return f"{key} = {shown} is not allowed: it takes {setting.allowed}"
        case _:
            return f"{key} = {shown} is not allowed: {fault['msg'][0].lower()}{fault['msg'][1:]}"
