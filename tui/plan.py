"""`Plan`: a preset and what the user changed of it before a launch. Pure; the form edits one, Launch expands it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.errors import ConfigError
from engine.overrides import Setting, format_value, get_value, settings
from engine.presets import Preset
from engine.sweep import expand, parse_seeds
from engine.trial import Trial
from tui.format import seeds

SEEDS, ONLY = "seeds", "only"
VARIES = "by trial"


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be trained. Values are texts, the way an override gives them."""

    preset: Preset
    values: Mapping[str, str] = field(default_factory=dict)
    """By dotted key, and under `seeds` and `only`."""

    def with_value(self, key: str, text: str) -> Plan:
        """Return the plan with one value changed; the preset's own value takes the change back."""
        kept = {name: value for name, value in self.values.items() if name != key}
        is_default = text.strip() == self.default(key)
        return replace(self, values=kept if is_default else {**kept, key: text.strip()})

    def without(self, key: str) -> Plan:
        """Return the plan with one change taken back."""
        return replace(self, values={name: value for name, value in self.values.items() if name != key})

    def trials(self, *, is_quick: bool = False) -> list[Trial]:
        """Return what will run.

        Raises: ConfigError with every fault at once.
        """
        overrides = {key: text for key, text in self.values.items() if key not in (SEEDS, ONLY)}
        problems: list[str] = []
        chosen_seeds = None
        try:
            chosen_seeds = parse_seeds(self.values[SEEDS]) if SEEDS in self.values else None
        except ConfigError as error:
            problems += [problem.replace("--seeds", SEEDS) for problem in error.problems]
        labels = [part.strip() for part in self.values.get(ONLY, "").split(",") if part.strip()]
        try:
            trials = expand(self.preset, overrides=overrides, seeds=chosen_seeds, only=labels, quick=is_quick)
        except ConfigError as error:
            problems += [problem.replace("--only", ONLY) for problem in error.problems]
            raise ConfigError(problems, error.hint) from error
        if problems:
            raise ConfigError(problems)
        return trials

    @property
    def model_name(self) -> str:
        """The family whose settings there are."""
        return self.values.get("model.name", self.preset.trials[0].config.model.name)

    def settings(self) -> dict[str, Setting]:
        """Return everything that can be changed, what is not part of a config first."""
        asked = {
            SEEDS: Setting(SEEDS, "Seeds to train every trial with.", "0", (), "0..4 or 0,3,7", True, False),
            ONLY: Setting(
                ONLY, "Train only these trials.", "all", (),
                f"all, or labels separated by commas: {', '.join(t.label for t in self.preset.trials)}", True, False,
            ),
        }  # fmt: skip
        try:
            known = settings(self.model_name)
        except KeyError:  # a family that does not exist is being typed
            known = settings(self.preset.trials[0].config.model.name)
        # A seed of the config would be overruled by the seeds of the sweep: one of them is enough.
        return asked | {key: setting for key, setting in known.items() if key != "seed"}

    def default(self, key: str) -> str:
        """Return the preset's own value; `by trial` where its trials differ."""
        if key == SEEDS:
            return seeds([self.preset.trials[0].config.seed])
        if key == ONLY:
            return "all"
        texts = {self._default_of(trial, key) for trial in self.preset.trials}
        return texts.pop() if len(texts) == 1 else VARIES

    def value(self, key: str) -> str:
        """Return the value that will be used this time."""
        return self.values.get(key, self.default(key))

    def matters(self) -> list[str]:
        """Return the settings worth showing: what a reader asks first, what differs, what was changed."""
        varied = [key for key in self.settings() if self.default(key) == VARIES]
        first = ["data.name", "model.name", "optim.name", "optim.lr", "train.epochs", "train.batch_size"]
        listed = dict.fromkeys([*first, *varied, *self.values])
        return [key for key in listed if key not in (SEEDS, ONLY)] + ["device", SEEDS, ONLY]

    def _default_of(self, trial: Trial, key: str) -> str:
        try:
            return format_value(get_value(trial.config, key))
        except AttributeError:  # a setting of another family of models than the preset's
            return format_value(self.settings()[key].default)
