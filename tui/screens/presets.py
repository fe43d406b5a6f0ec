"""The Presets screen: find an experiment, read what it is about, change it, launch it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from engine.errors import ConfigError, PresetError
from engine.presets import Preset, list_presets
from engine.summary import RunStatus
from tui.format import plain, plural, seconds, shorten
from tui.plan import Plan
from tui.runbook import Change
from tui.screens.ask import AskScreen
from tui.screens.base import LabScreen
from tui.screens.find import find, find_binding, may_find
from tui.screens.questions import interrupted_words
from tui.widgets.click_line import ClickLine, Part
from tui.widgets.columns import Cell, Column, Row
from tui.widgets.find import Find
from tui.widgets.preset_card import PresetCard
from tui.widgets.table import Table

COLUMNS = (
    Column("name", "", most=30, takes_rest=True),
    Column("trials", "", is_right=True, most=12, least=3, gap=0),
)


class PresetsScreen(LabScreen):
    """The list at the left, the preset under the cursor at the right."""

    PLACE = "presets"
    AUTO_FOCUS = "#presets"
    HELP_TITLE = "Presets"
    HELP = (
        "Pick an experiment, read what it is about, launch it. Figures under 'yours' come from runs saved in the "
        "results folder. A quick look trains a short version; its figures are not compared with published ones. At the "
        "end of the description stands what the source leaves open, and what a quick look can show."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "launch", "Launch", key_display="enter", tooltip="Train the trials of this preset"),
        Binding("u", "quick", "Quick look", tooltip="Train a short version of this preset"),
        Binding("e", "adjust", "Edit settings", tooltip="Change settings, seeds or trials before launching"),
        find_binding("Filter the list as you type"),
        Binding("escape", "clear", "Clear filter", show=False, tooltip="Show all presets again"),
        Binding("ctrl+d", "read(1)", "Read on", show=False, tooltip="Scroll the description down"),
        Binding("ctrl+u", "read(-1)", "Read back", show=False, tooltip="Scroll the description up"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.presets: dict[str, Preset] = {}
        self.faults: dict[str, PresetError] = {}
        self.plans: dict[str, Plan] = {}

    def compose_body(self) -> Iterable[Widget]:
        """Put the list beside the card."""
        return [
            Horizontal(
                Vertical(Find(id="find"), Table(COLUMNS, id="presets", has_header=False), id="presets-side"),
                Vertical(PresetCard(id="card"), _LaunchBar(id="launch-bar"), id="presets-main"),
                id="presets-both",
            ),
            ClickLine(id="interrupted"),
        ]

    def on_mount(self) -> None:
        """Read the presets and show the first one."""
        super().on_mount()
        presets, faults = list_presets()
        self.presets = {preset.name: preset for preset in presets}
        self.faults = {f"fault {number}": fault for number, fault in enumerate(faults)}
        self.plans = {name: Plan(preset) for name, preset in self.presets.items()}
        self.lab.runbook.know((preset.name, trial.label) for preset in presets for trial in preset.trials)
        self._fill()
        self.query_one("#presets").focus()

    def show(self, change: Change) -> None:
        """Show the figures, the counts or what is under way anew."""
        if change in (Change.RUNS, Change.FACTS):
            self._show_card()
        if change is Change.RUNS:
            words = interrupted_words(len(self.lab.runbook.interrupted))
            line = self.query_one("#interrupted", ClickLine)
            line.show([Part(f" {words}", "accent", "3")] if words else [])
            line.display = bool(words)
        if change is Change.STATE:
            self._fill()
            self._show_bar()
            self._ask_facts()

    def _fill(self) -> None:
        words = self.query_one("#find", Input).value.lower().split()
        rows: list[Row] = []
        group = ""
        training = {run.preset for run in self.lab.runbook.live if run.status is not RunStatus.QUEUED}
        for preset in self.presets.values():
            labels = " ".join(trial.label for trial in preset.trials)
            told = f"{preset.name} {preset.title} {preset.source} {preset.group} {preset.why} {labels}".lower()
            if not all(word in told for word in words):
                continue
            if preset.group != group:
                group = preset.group
                rows.append(Row(f"group {group}", (Cell(plain(group)), Cell("")), is_section=True))
            is_changed = bool(self.plans[preset.name].values)
            name = f" {plain(preset.name)}{' *' if is_changed else ''}"
            mark = Cell("●", "good") if preset.name in training else Cell(str(len(preset.trials)), "quiet")
            rows.append(Row(preset.name, (Cell(name), mark)))
        if self.faults and not words:
            rows.append(Row("faults", (Cell("With faults"), Cell("")), is_section=True))
            rows += [
                Row(key, (Cell(f" {plain(shorten(fault.file, 60))}", "bad"), Cell("!", "bad")))
                for key, fault in self.faults.items()
            ]
        if not rows:
            hint = "Nothing has these words." if words else "No presets were found."
            rows.append(Row("none", (Cell(hint), Cell("")), is_section=True))
        self.query_one("#presets", Table).set_rows(rows)

    def on_table_moved(self, event: Table.Moved) -> None:
        """Show the preset under the cursor."""
        if event.table.id == "presets":
            self.query_one("#card", PresetCard).scroll_home(animate=False)
            self._ask_facts()
            self._show_card()
            self._show_bar()
            self.refresh_bindings()

    def on_table_opened(self) -> None:
        """Launch what was clicked twice."""
        self.action_launch()

    def on_input_changed(self) -> None:
        """Filter as one types, and go to the preset of that very name."""
        self._fill()
        self.query_one("#presets", Table).move_to(self.query_one("#find", Input).value.strip().lower())

    def on_find_left(self) -> None:
        """Go back to the list."""
        self.query_one("#presets").focus()

    @property
    def plan(self) -> Plan | None:
        """What would be launched."""
        return self.plans.get(self.query_one("#presets", Table).cursor_key or "")

    def _show_card(self) -> None:
        card, plan = self.query_one("#card", PresetCard), self.plan
        book = self.lab.runbook
        if plan is not None:
            card.show_plan(plan, {row.fingerprint: row for row in book.rows}, book.facts)
        else:
            fault = self.faults.get(self.query_one("#presets", Table).cursor_key or "")
            card.show_faults(fault.message) if fault else None

    def _show_bar(self) -> None:
        bar = self.query_one("#launch-bar", _LaunchBar)
        bar.show_state(self._bar_text(), can_launch=self.plan is not None and not self.lab.runbook.is_training)

    def _bar_text(self) -> str:
        book, plan = self.lab.runbook, self.plan
        if book.is_checking:
            return "Checking the trials…" if book.device else "Loading PyTorch…"
        if book.is_training:
            return "Training, see 2"
        if plan is None:
            return ""
        try:
            trials = plan.trials()
        except ConfigError:
            return "Fix the settings: e"
        rows = {row.fingerprint: row for row in book.rows}
        known = [rows.get(trial.config.fingerprint) for trial in trials]
        text = plural(len(trials), "run")
        if all(row is not None for row in known):
            total = sum(row.estimates["train_seconds"].mean for row in known if row is not None)
            text += f", ~{seconds(total)}"
        return text

    def _ask_facts(self) -> None:
        plan = self.plan
        try:
            trials = plan.trials() if plan is not None else []
        except ConfigError:
            return
        self.lab.trainings.ask_facts(trials)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Offer only what can be done now."""
        if action == "find":
            return may_find(self)
        if action in ("launch", "quick"):
            return self.is_mounted and self.plan is not None and not self.lab.runbook.is_training
        if action == "adjust":
            return self.is_mounted and self.plan is not None
        if action == "clear":
            return self.is_mounted and bool(self.query_one("#find", Input).value)
        return True

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Do what the button says."""
        {"launch": self.action_launch, "quick": self.action_quick, "edit": self.action_adjust}[
            event.button.name or ""
        ]()

    def action_launch(self) -> None:
        """Train the trials."""
        self._launch(is_quick=False)

    def action_quick(self) -> None:
        """Train a short version of the trials."""
        self._launch(is_quick=True)

    def _launch(self, *, is_quick: bool) -> None:
        if self.plan is None or self.lab.runbook.is_training:
            return
        try:
            trials = self.plan.trials(is_quick=is_quick)
        except ConfigError as error:
            self.app.push_screen(AskScreen("These settings do not work", str(error)))
            return
        self.lab.trainings.launch(trials)

    def action_adjust(self) -> None:
        """Open the form."""
        from tui.screens.adjust import AdjustScreen

        if self.plan is not None:
            self.app.push_screen(AdjustScreen(self.plan), self._take_plan)

    def _take_plan(self, plan: Plan | None) -> None:
        if plan is not None:
            self.plans[plan.preset.name] = plan
            self._fill()
            self._ask_facts()
            self._show_card()
            self._show_bar()

    def action_find(self) -> None:
        """Start to filter."""
        find(self)

    def action_clear(self) -> None:
        """Show all presets again."""
        self.query_one("#find", Input).value = ""

    def action_read(self, pages: int) -> None:
        """Scroll the description."""
        card = self.query_one("#card", PresetCard)
        card.scroll_relative(y=pages * max(1, card.size.height - 2), animate=False)


class _LaunchBar(Horizontal):
    """What would run, and the buttons that start it."""

    def compose(self) -> ComposeResult:
        yield Static(id="launch-text")
        yield Button("Launch", name="launch", id="launch", compact=True, flat=True)
        yield Button("Quick look", name="quick", id="quick", compact=True, flat=True)
        yield Button("Edit", name="edit", id="edit", compact=True, flat=True)

    def on_mount(self) -> None:
        for button in self.query(Button):
            button.can_focus = False  # keys do the same from the list

    def show_state(self, text: str, *, can_launch: bool) -> None:
        """Say what would run, and whether it can."""
        self.query_one("#launch-text", Static).update(Content(text))
        for name in ("#launch", "#quick"):
            self.query_one(name, Button).disabled = not can_launch
