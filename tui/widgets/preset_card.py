"""`PresetCard`: everything there is to know of a preset before one launches it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.errors import ConfigError, TermlabError
from engine.leaderboard_row import LeaderboardRow
from engine.tolerance import is_within
from engine.trial import Published, Trial
from engine.trial_facts import TrialFacts
from tui.format import count, estimate, metric_gap, metric_words, plain, published
from tui.plan import Plan
from tui.runbook import facts_key
from tui.widgets.columns import Cell, Column, Row, whole_width
from tui.widgets.table import Table

TRIAL_COLUMNS = (
    Column("trial", "trial", most=34),
    Column("parameters", "parameters", is_right=True, yields=2),
    Column("published", "published", is_right=True, most=32),
    Column("yours", "yours (n)", is_right=True),
    Column("gap", "gap", is_right=True, yields=3),
    Column("verdict", "", yields=4),
)
STACKED_COLUMNS = (
    Column("published", "published", is_right=True),
    Column("yours", "yours (n)", is_right=True),
    Column("gap", "gap", is_right=True),
    Column("verdict", "", yields=1),
)
"""Where a card is narrow: the figures of a trial stand below its name, and none is left out."""
SETTING_COLUMNS = (
    Column("setting", "setting"),
    Column("default", "preset", is_right=True, most=20),
    Column("value", "this time", is_right=True, most=24),
    Column("description", "", most=200, yields=1),
)
NOTHING = Cell("–", "quiet")
PENDING = Cell("…", "quiet")


class PresetCard(VerticalScroll, can_focus=False):
    """Title, source, reason, trials with figures, finding, the settings that matter, and below them what was chosen."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._said: dict[str, str] = {}
        self._trials: Sequence[_ShownTrial] = ()

    def compose(self) -> ComposeResult:
        """Put the parts under each other."""
        yield Static(id="card-title")
        yield Static(id="card-source")
        yield Static(id="card-why")
        yield Table(TRIAL_COLUMNS, id="card-trials", has_cursor=False, indent=0)
        yield Static(id="card-finding")
        yield Table(SETTING_COLUMNS, id="card-settings", has_cursor=False, indent=0)
        yield Static(id="card-problem")
        yield Static(id="card-choices")
        yield Static(id="card-quick")

    def show_plan(
        self,
        plan: Plan,
        rows: Mapping[str, LeaderboardRow],
        facts: Mapping[object, TrialFacts | TermlabError],
    ) -> None:
        """Show a preset as it would be launched now; `rows` are the saved recipes by fingerprint."""
        preset = plan.preset
        self._say("card-title", plain(preset.title))
        self._say("card-source", plain(f"{preset.name} · {preset.source}"))
        self._say("card-why", plain(preset.why.strip()))
        self._say("card-finding", plain(f"Found: {preset.finding}") if preset.finding else "")
        choices = [f"- {plain(choice.strip())}" for choice in preset.choices]
        self._say("card-choices", "\n".join(["Chosen, where the source leaves it open:", *choices]) if choices else "")
        self._say("card-quick", plain(f"Quick look: {preset.quick_note}") if preset.quick_note else "")
        problem = ""
        try:
            trials = plan.trials()
        except ConfigError as error:
            trials = list(preset.trials)
            problem = str(error)
        shown = {trial.label: trial for trial in reversed(trials)}
        self._trials = [
            (trial, rows.get(trial.config.fingerprint), facts.get(facts_key(trial)))
            for trial in reversed(shown.values())
        ]
        self._show_trials()
        self.query_one("#card-settings", Table).set_rows([_setting_row(plan, key) for key in plan.matters()])
        if not problem:
            known = [facts.get(facts_key(trial)) for trial in shown.values()]
            problems = dict.fromkeys(str(one) for one in known if isinstance(one, TermlabError))
            problem = "\n".join(problems)
        self._say("card-problem", "\n".join(plain(line) for line in problem.splitlines()))

    def on_resize(self) -> None:
        """Put figures beside names, or below them, as there is room."""
        self._show_trials()

    def _show_trials(self) -> None:
        table = self.query_one("#card-trials", Table)
        columns: tuple[Column, ...] = TRIAL_COLUMNS
        rows = [row for trial in self._trials for row in _trial_rows(*trial)]
        if whole_width(columns, rows) > self.scrollable_content_region.width > 0:
            columns, rows = STACKED_COLUMNS, [row for trial in self._trials for row in _stacked_rows(*trial)]
        if columns is not table.columns:
            table.set_columns(columns)
        table.set_rows(rows)

    def show_faults(self, message: str) -> None:
        """Show why a preset cannot be used."""
        self._say("card-title", "This preset cannot be used")
        for part in ("card-source", "card-why", "card-finding", "card-choices", "card-quick"):
            self._say(part, "")
        self._trials = ()
        self._show_trials()
        self.query_one("#card-settings", Table).set_rows([])
        self._say("card-problem", "\n".join(plain(line) for line in message.splitlines()))

    def _say(self, part: str, text: str) -> None:
        if self._said.get(part) != text:
            self._said[part] = text
            static = self.query_one(f"#{part}", Static)
            static.display = bool(text)
            static.update(Content(text))


LONGEST_BESIDE_ITS_FIGURE = 16

_Facts = TrialFacts | TermlabError | None
_ShownTrial = tuple[Trial, LeaderboardRow | None, _Facts]


def _stacked_rows(trial: Trial, row: LeaderboardRow | None, facts: _Facts) -> Sequence[Row]:
    size = "" if facts is None or isinstance(facts, TermlabError) else f"  {count(facts.parameters)} parameters"
    rows = [Row(trial.label, (Cell(f"{plain(trial.label)}{size}"),), is_section=True)]
    figures: Sequence[Published | None] = trial.published or (None,)
    for figure in figures:
        if figure is not None and (len(figures) > 1 or figure.metric != "test_accuracy"):
            name = Cell(f"  {metric_words(figure.metric)}", "quiet")
            rows.append(Row(f"{trial.label} {figure.metric} name", (name,), is_section=True))
        metric = figure.metric if figure else ""
        rows.append(Row(f"{trial.label} {metric}", _figures(figure, row, is_named=False)))
    return rows


def _trial_rows(trial: Trial, row: LeaderboardRow | None, facts: _Facts) -> Sequence[Row]:
    parameters = (
        PENDING if facts is None else NOTHING if isinstance(facts, TermlabError) else Cell(count(facts.parameters))
    )
    figures = list(trial.published)
    # A long name and its figure are wider than a narrow card leaves for both; below the label there is room for it.
    is_headed = bool(figures) and len(metric_words(figures[0].metric)) <= LONGEST_BESIDE_ITS_FIGURE
    first = figures.pop(0) if is_headed else None
    beside = (Cell(""),) * 4 if figures and first is None else _figures(first, row)
    rows = [Row(trial.label, (Cell(plain(trial.label)), parameters, *beside))]
    for figure in figures:
        name = Cell(f"  {metric_words(figure.metric)}", "quiet")
        key = f"{trial.label} {figure.metric}"
        rows.append(Row(key, (name, Cell(""), *_figures(figure, row, is_named=False))))
    return rows


def _figures(figure: Published | None, row: LeaderboardRow | None, *, is_named: bool | None = None) -> tuple[Cell, ...]:
    metric = figure.metric if figure else "test_accuracy"
    shown = NOTHING
    if figure is not None:
        shown = Cell(published(metric, figure.value, figure.tolerance, figure.bound, is_named=is_named))
    measured = row.estimates.get(metric) if row else None
    if measured is None:
        return shown, NOTHING, NOTHING, Cell("")
    yours = Cell(f"{estimate(metric, measured.mean, measured.half_width)} ({measured.n})")
    if figure is None:
        return shown, yours, NOTHING, Cell("")
    gap = measured.mean - figure.value
    if not figure.comparable:
        return shown, yours, Cell(f"({metric_gap(metric, gap)})", "quiet"), Cell("")
    is_inside = is_within(measured.mean, figure.value, figure.tolerance, figure.bound)
    verdict = Cell("inside", "good") if is_inside else Cell("outside", "warn")
    return shown, yours, Cell(metric_gap(metric, gap)), verdict


def _setting_row(plan: Plan, key: str) -> Row:
    default, value = plain(plan.default(key)), plain(plan.value(key))
    is_changed = key in plan.values
    cells = (
        Cell(key, "accent" if is_changed else ""),
        Cell(default, "quiet"),
        Cell(value, "accent" if is_changed else ""),
        Cell(plan.settings()[key].description, "quiet"),
    )
    return Row(key, cells)
