"""`Preset`: an experiment worth running, read from one TOML file. The packaged ones and the user's own."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping, Set
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError

from engine.config import RunConfig
from engine.errors import ConfigError, PresetError, suggest, unknown
from engine.model_config import MODEL_CONFIGS, ConfigPart
from engine.overrides import apply_overrides, explain, format_value
from engine.preset_document import read_document
from engine.tolerance import BOUNDS
from engine.trial import Published, Trial

Group = Literal[
    "First steps",
    "From scratch",
    "Two classes",
    "Regularisation",
    "Convolutions",
    "Depth and width",
    "Optimisation",
    "Data",
]
MOST_TRIALS = 1_000
"""More are a mistake in the axes: a sweep of so many would not be done in a lifetime of the machine."""
_LONGEST_LABEL = 200
Label = Annotated[str, Field(min_length=1, max_length=_LONGEST_LABEL)]
GROUPS: tuple[str, ...] = Group.__args__  # type: ignore[attr-defined]  # the order in which they are listed


class TrialSpec(ConfigPart):
    """One explicit trial of a preset file: what it changes of the shared config."""

    label: Label
    set: dict[str, Any] = Field(default_factory=dict)
    published: tuple[Published, ...] = ()


def _each_once(seeds: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(seeds))


class CheckSpec(ConfigPart):
    """How measured figures are held against the published ones."""

    seeds: Annotated[
        Annotated[tuple[Annotated[int, Field(ge=0, le=2**31 - 1)], ...], AfterValidator(_each_once)] | None,
        Field(min_length=1, description="Seeds to train where none are asked for; absent is the preset's own one."),
    ] = None
    mean_gap: dict[
        str,
        Annotated[
            float,
            Field(ge=0, description="Judge by the mean distance of a metric's figures, which is at most this."),
        ],
    ] = Field(default_factory=dict)
    """By metric, in its unit. Figures of other metrics are then shown and decide nothing; empty judges every figure."""


class PresetFile(ConfigPart):
    """The keys of a preset file, as they are written."""

    title: str
    why: str
    source: str
    group: Group
    finding: str = ""
    choices: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    quick_note: str = ""
    config: dict[str, Any] = Field(default_factory=dict)
    label: Annotated[str, Field(max_length=_LONGEST_LABEL)] = ""
    axes: dict[str, list[Any]] = Field(default_factory=dict)
    trials: tuple[TrialSpec, ...] = ()
    quick: dict[str, Any] = Field(default_factory=dict)
    check: CheckSpec = CheckSpec()


class Preset(ConfigPart):
    """An experiment: shared config, trials, a quick profile, and what its source published."""

    name: str
    title: str
    why: str
    source: str
    group: Group
    finding: str
    """What the source found, in words; empty where figures say it all."""
    choices: tuple[str, ...] = ()
    """What the source leaves open or makes impossible, what was chosen, and why: a sentence or two for each."""
    quick_note: str = ""
    """What the quick profile shows, and what it cannot show, in one sentence."""
    trials: tuple[Trial, ...]
    """With the seed of the shared config."""
    quick: dict[str, Any]
    """Overrides that make all trials finish within about two minutes on two CPU cores."""
    origin: str
    """The file it was read from."""
    check: CheckSpec = CheckSpec()


def user_preset_folder() -> Path:
    """Return the folder of the user's own presets; it need not exist."""
    from platformdirs import user_config_path

    return user_config_path("termlab") / "presets"


def preset_files() -> dict[str, Traversable | Path]:
    """Return the file of every preset by its name; the user's own hide packaged ones of the same name."""
    packaged = {item.name[:-5]: item for item in files("presets").iterdir() if item.name.endswith(".toml")}
    folder = user_preset_folder()
    own = {path.stem: path for path in folder.glob("*.toml")} if folder.is_dir() else {}
    return {**packaged, **own}


def load_preset(name: str) -> Preset:
    """Read a preset by its name.

    Raises: PresetError if there is none of this name, saying where the name stands in a source or a label, or if its
    file has faults, all of which it lists.
    """
    found = preset_files()
    if name not in found:
        if "=" in name:
            raise PresetError(f'"{name}" is a setting; the name of a preset comes first', "termlab presets lists them.")
        holders = _holders(name)
        if holders:
            what = f"the preset{'s' if len(holders) > 1 else ''} {', '.join(holders)}"
            raise PresetError(
                f'"{name}" is not a known preset.{suggest(name, found)} {name} is in {what}.',
                f"termlab presets show {holders[0] if len(holders) == 1 else 'NAME'} tells what it is about.",
            )
        raise PresetError(unknown("preset", name, found), "termlab presets lists them with a line each.")
    return read_preset(name, found[name])


def _holders(word: str) -> list[str]:
    """Return the presets whose source or trial labels have this word: C1 is in "C1, C2" and not in "C10"."""
    if not any(character.isalnum() for character in word):
        return []
    whole = re.compile(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", re.IGNORECASE)
    texts = {preset.name: [preset.source, *(trial.label for trial in preset.trials)] for preset in list_presets()[0]}
    return [name for name, told in texts.items() if any(map(whole.search, told))]


def list_presets() -> tuple[list[Preset], list[PresetError]]:
    """Read every preset, by group and name; those with faults come as errors beside the good ones."""
    presets, errors = [], []
    for name, file in preset_files().items():
        try:
            presets.append(read_preset(name, file))
        except PresetError as error:
            errors.append(error)
    return sorted(presets, key=lambda preset: (GROUPS.index(preset.group), preset.name)), errors


def read_preset(name: str, file: Traversable | Path) -> Preset:
    """Read a preset from its file.

    Raises: PresetError listing every fault with file and key.
    """
    if not name.isprintable():  # nor could a run of it be saved
        raise PresetError(f"{file.name!a}: the name of a preset has to be readable", file=file.name)
    document = read_document(file)
    problems: list[str] = []
    spec = _spec(document, problems)
    shared = _shared_config(spec.config, problems)
    trials = _trials(name, spec, shared, problems)
    _check_quick(spec.quick, trials, problems)
    if spec.quick_note and not spec.quick:
        problems.append("quick_note has no effect: there is no [quick] for it to tell about")
    published = {figure.metric for trial in spec.trials for figure in trial.published}
    problems += [
        f"check.mean_gap.{metric}: no trial has a published figure of this metric.{suggest(metric, published)}"
        for metric in spec.check.mean_gap
        if metric not in published
    ]
    if problems:
        raise PresetError("\n".join(f"{file}: {problem}" for problem in problems), file=file.name)
    told = spec.model_dump(include=PresetFile.model_fields.keys() & Preset.model_fields.keys() - {"trials"})
    return Preset(name=name, trials=trials, origin=str(file), **told)


def _spec(document: dict[str, Any], problems: list[str]) -> PresetFile:
    """Read the keys of the file; what has a fault is replaced, so that faults elsewhere are found too."""
    try:
        return PresetFile.model_validate(document)
    except ValidationError as error:
        problems += _file_problems(error)
        faulty = {str(fault["loc"][0]) for fault in error.errors()}
        stand_in: dict[str, Any] = {"title": "?", "why": "?", "source": "?", "group": GROUPS[0]}
        if faulty & {"axes", "trials"}:
            stand_in["trials"] = [{"label": "?"}]
        return PresetFile.model_validate({**stand_in, **{key: document[key] for key in document if key not in faulty}})


def _shared_config(document: dict[str, Any], problems: list[str]) -> RunConfig:
    """Read what trials share; what has a fault is at its default, so that faults elsewhere are found too."""
    try:
        return RunConfig.model_validate(document)
    except ValidationError as error:
        problems += [f"[config] {sentence}" for sentence in explain(error)]
        faulty = {fault["loc"][:2] for fault in error.errors()}
    # Of a model only the name is kept, or the trials' settings of it would be unknown.
    whole = {place[0] for place in faulty if len(place) == 1 or "model" in place[:1]}
    sound = {
        section: _without(section, values, faulty) if isinstance(values, dict) else values
        for section, values in document.items()
        if section not in whole
    }
    model = document.get("model")
    if "model" in whole and isinstance(model, dict) and str(model.get("name")) in MODEL_CONFIGS:
        sound["model"] = {"name": str(model["name"])}
    return _as_much_as_fits(sound)


def _without(section: str, values: Mapping[str, Any], faulty: Set[tuple[int | str, ...]]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if (section, key) not in faulty}


def _as_much_as_fits(sections: Mapping[str, Any]) -> RunConfig:
    """Read the sections but for the fewest with which the rest is sound; the model comes last among these.

    One section may not go with another, and the rest of a section may not go without what was left out of it.
    """
    order = ["model", *RunConfig.model_fields]
    last_first = sorted(sections, key=order.index, reverse=True)
    for count in range(len(sections)):
        for dropped in itertools.combinations(last_first, count):
            try:
                return RunConfig.model_validate({key: sections[key] for key in sections if key not in dropped})
            except ValidationError:
                continue
    return RunConfig()


def _file_problems(error: ValidationError) -> list[str]:
    problems = []
    for fault in error.errors(include_url=False):
        key = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            what, known = _keys_around(fault["loc"])
            problems.append(f"{key} is not a key of {what}.{suggest(str(fault['loc'][-1]), known)}")
        elif fault["type"] == "missing":
            problems.append(f"{key} is missing")
        elif key == "group":
            problems.append(f"group: {unknown('group', str(fault['input']), GROUPS)}")
        elif key.endswith(".bound"):
            problems.append(f"{key}: {unknown('bound', str(fault['input']), BOUNDS)}")
        else:
            problems.append(f"{key} = {format_value(fault['input'])} is not allowed: {fault['msg'].lower()}")
    return problems


def _keys_around(place: tuple[int | str, ...]) -> tuple[str, Iterable[str]]:
    """Return what has a key at this place of the file, and the keys that it may have."""
    if place[0] == "trials" and len(place) > 1:
        if "published" in place[:-1]:
            return "a published figure", Published.model_fields
        return "a trial", TrialSpec.model_fields
    if place[0] == "check" and len(place) > 1:
        return "[check]", CheckSpec.model_fields
    return "a preset", PresetFile.model_fields


def _trials(name: str, spec: PresetFile, shared: RunConfig, problems: list[str]) -> tuple[Trial, ...]:
    if bool(spec.axes) == bool(spec.trials):
        problems.append("a preset has either [axes] or [[trials]], one of them and not both")
        return ()
    count = len(spec.trials) or math.prod(len(values) for values in spec.axes.values())
    if count > MOST_TRIALS:
        what = "there are" if spec.trials else "axes make"
        problems.append(f"{what} {_in_words(count)} trials; at most {MOST_TRIALS:,} go into one preset")
        return ()
    specs = spec.trials or tuple(_expand_axes(spec, problems))
    labels = [trial.label for trial in specs]
    problems += [f'two trials are labelled "{label}"' for label in sorted(set(labels)) if labels.count(label) > 1]
    trials = []
    for trial in specs:
        try:
            config = apply_overrides(shared, _judgeable(trial.set, problems), f'trial "{trial.label}": ')
            trials.append(Trial(preset=name, label=trial.label, config=config, published=trial.published))
        except ConfigError as error:
            problems += error.problems
    return tuple(trials)


def _expand_axes(spec: PresetFile, problems: list[str]) -> list[TrialSpec]:
    """Make one trial for each combination of the axes' values, the last axis varying fastest."""
    expanded: list[TrialSpec] = []
    problems += [f"axes.{key} has no values" for key, values in spec.axes.items() if not values]
    for values in itertools.product(*spec.axes.values()):
        changes = dict(zip(spec.axes, values, strict=True))
        written = {key: _in_label(value) for key, value in changes.items()}
        template = spec.label or " ".join(f"{key.rpartition('.')[2]}={{{key}}}" for key in changes)
        label = template
        for key, text in written.items():
            label = label.replace(f"{{{key}}}", text[: _LONGEST_LABEL + 1])
        if len(label) > _LONGEST_LABEL:
            problems.append(f"a label of {len(label):,} characters; at most {_LONGEST_LABEL} go: {label[:40]}…")
            return expanded
        if "{" in label:
            problems.append(f'label = "{spec.label}" names what is not an axis. Axes: {", ".join(spec.axes)}')
            return expanded
        expanded.append(TrialSpec(label=label, set=changes))
    return expanded


def _in_words(count: int) -> str:
    return f"{count:,}" if count < 10**15 else f"about 10^{math.log10(count):.0f}"


def _in_label(value: Any) -> str:
    return "-".join(_in_label(item) for item in value) if isinstance(value, list) else format_value(value)


def _check_quick(quick: Mapping[str, Any], trials: tuple[Trial, ...], problems: list[str]) -> None:
    for trial in trials:
        try:
            apply_overrides(trial.config, _judgeable(quick, problems), "[quick] ")
        except ConfigError as error:
            problems += [problem for problem in error.problems if problem not in problems]


def _judgeable(changes: Mapping[str, Any], problems: list[str]) -> dict[str, Any]:
    """Leave out settings of a model whose name is wrong: whether they are right nobody knows."""
    is_model_known = not any(problem.startswith("[config] model.name:") for problem in problems)
    return {key: value for key, value in changes.items() if is_model_known or not key.startswith("model.")}
