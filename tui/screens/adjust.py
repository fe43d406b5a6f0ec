"""The form in which one changes a preset before launching it, made from the fields of the config."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from engine.errors import ConfigError
from engine.overrides import Setting
from tui.format import plain, plural
from tui.plan import Plan
from tui.screens.find import find, find_binding, may_find
from tui.widgets.click_line import ClickLine, Part
from tui.widgets.columns import Cell, Column, Row
from tui.widgets.find import Find
from tui.widgets.key_line import KeyLine
from tui.widgets.table import Table

COLUMNS = (
    Column("setting", "setting"),
    Column("default", "preset", is_right=True, most=20, least=10),
    Column("value", "this time", is_right=True, most=24, least=12),
    Column("description", "", most=120, takes_rest=True),
)
YES_NO = ("true", "false")


class AdjustScreen(Screen[Plan]):
    """Every setting with its value; below, what it means, what it may be, and the line to type it in."""

    HELP_TITLE: ClassVar[str] = "Settings"
    HELP: ClassVar[str] = (
        "Every setting of the preset. What you change here holds for this launch and until you leave termlab; the "
        "preset's file stays as it is. Figures are compared with published ones only while the recipe is the same."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "edit", "Edit", tooltip="Type another value", key_display="enter"),
        Binding("space", "next_choice", "Next choice", tooltip="Take the next of the allowed values"),
        Binding("backspace,delete", "reset", "Take back", tooltip="Take the preset's own value again"),
        find_binding("Filter the settings as you type"),
        Binding("escape,q", "close", "Done", tooltip="Keep the changes and go back", key_display="esc"),
    ]

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.is_editing = False

    def compose(self) -> ComposeResult:
        """Put the editor under the settings."""
        yield ClickLine(id="header")
        with Vertical(id="body"):
            yield Find(id="find")
            yield Table(COLUMNS, id="settings")
            with Vertical(id="editor"):
                yield Static(id="editor-meaning")
                yield Static(id="editor-allowed")
                with Horizontal(id="editor-line"):
                    yield Static(id="editor-key")
                    yield _ValueInput(id="editor-value", compact=True, select_on_focus=False)
                yield Static(id="editor-message")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """Show the settings."""
        self._fill()
        self.query_one("#settings").focus()

    @property
    def setting(self) -> Setting | None:
        """The setting under the cursor."""
        return self.plan.settings().get(self.query_one("#settings", Table).cursor_key or "")

    def _fill(self) -> None:
        words = self.query_one("#find", Input).value.lower().split()
        rows: list[Row] = []
        section = ""
        for key, setting in self.plan.settings().items():
            if not all(word in f"{key} {setting.description}".lower() for word in words):
                continue
            if (group := _group(key)) != section:
                section = group
                rows.append(Row(f"section {group}", (Cell(group),), is_section=True))
            tone = "accent" if key in self.plan.values else ""
            cells = (
                Cell(f" {key}", tone),
                Cell(plain(self.plan.default(key)), "quiet"),
                Cell(plain(self.plan.value(key)), tone),
                Cell(setting.description, "quiet"),
            )
            rows.append(Row(key, cells))
        if not rows:
            rows.append(Row("none", (Cell("No setting has these words."),), is_section=True))
        table = self.query_one("#settings", Table)
        table.set_rows(rows)
        # "epochs" means train.epochs before schedule.warmup_epochs.
        exact = next((row.key for row in rows if row.key.rpartition(".")[2] in words), None)
        if exact is not None and self.query_one("#find").has_focus:
            table.move_to(exact)
        self._show_setting()

    def _show_setting(self) -> None:
        setting = self.setting
        self.query_one("#editor-meaning", Static).update(Content(setting.description if setting else ""))
        # "Takes text." would tell nothing: the description of such a setting says what it takes.
        allowed = f"Takes {setting.allowed}." if setting and setting.allowed != "text" else ""
        self.query_one("#editor-allowed", Static).update(Content(plain(allowed)))
        self.query_one("#editor-key", Static).update(Content(f"{setting.key} = " if setting else ""))
        if setting and not self.is_editing:
            with self.prevent(Input.Changed):
                self.query_one("#editor-value", Input).value = plain(self.plan.value(setting.key))
        self._judge(self.plan)

    def _judge(self, plan: Plan) -> bool:
        """Say what a plan comes to, or what is wrong with it; return whether it works."""
        message = self.query_one("#editor-message", Static)
        try:
            trials = plan.trials()
        except ConfigError as error:
            message.update(Content(" ".join(plain(problem) for problem in error.problems)))
            message.set_class(True, "-wrong")
            self._show_header("", is_wrong=True)
            return False
        changes = plural(len(plan.values), "change") if plan.values else "no changes"
        message.update(Content(""))
        message.set_class(False, "-wrong")
        self._show_header(f"{changes} · {plural(len(trials), 'run')} ")
        return True

    def _show_header(self, text: str, *, is_wrong: bool = False) -> None:
        left = [Part(" termlab  ", "strong"), Part(f" Settings of {plain(self.plan.preset.name)}", "accent")]
        right = [Part("something is wrong ", "bad")] if is_wrong else [Part(text, "quiet")]
        self.query_one("#header", ClickLine).show(left, right)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Offer only what can be done now."""
        if not self.is_mounted:
            return True
        if action == "find":
            return may_find(self)
        if action in ("edit", "close"):
            return not self.is_editing
        if action == "next_choice":
            return not self.is_editing and bool(self._choices())
        if action == "reset":
            setting = self.setting
            return not self.is_editing and setting is not None and setting.key in self.plan.values
        return True

    def on_table_moved(self) -> None:
        """Explain the setting under the cursor."""
        self._show_setting()
        self.refresh_bindings()

    def on_table_opened(self) -> None:
        """Edit what was clicked twice."""
        self.action_edit()

    def on_find_left(self) -> None:
        """Go back to the settings."""
        self.query_one("#settings").focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter, or judge the value that is being typed."""
        if event.input.id == "find":
            self._fill()
        elif self.is_editing and self.setting is not None:
            self._judge(self.plan.with_value(self.setting.key, event.value))

    def action_edit(self) -> None:
        """Type another value."""
        if self.setting is not None:
            self.is_editing = True
            field = self.query_one("#editor-value", Input)
            self.set_focus(field)  # at once, for what is typed ahead
            field.action_select_all()
            self.refresh_bindings()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the value, unless it is not allowed by itself."""
        if event.input.id != "editor-value" or self.setting is None:
            return
        changed = self.plan.with_value(self.setting.key, event.value)
        # What two settings make wrong together has to be allowed on the way from one good state to another.
        if self._judge(changed) or not _is_wrong_alone(changed, self.setting.key):
            self.plan = changed
            self._stop_editing()

    def on__value_input_cancelled(self) -> None:
        """Leave the value as it was."""
        self._stop_editing()

    def _stop_editing(self) -> None:
        self.is_editing = False
        self.query_one("#settings").focus()
        self._fill()
        self.refresh_bindings()

    def _choices(self) -> tuple[str, ...]:
        setting = self.setting
        if setting is None:
            return ()
        return setting.choices or (YES_NO if setting.allowed == "true or false" else ())

    def action_next_choice(self) -> None:
        """Take the next of the allowed values."""
        setting, choices = self.setting, self._choices()
        if setting is not None and choices:
            value = self.plan.value(setting.key)
            at = choices.index(value) + 1 if value in choices else 0
            self.plan = self.plan.with_value(setting.key, choices[at % len(choices)])
            self._fill()
            self.refresh_bindings()

    def action_reset(self) -> None:
        """Take the preset's own value again."""
        if self.setting is not None:
            self.plan = self.plan.without(self.setting.key)
            self._fill()
            self.refresh_bindings()

    def action_find(self) -> None:
        """Start to filter."""
        find(self)

    def action_close(self) -> None:
        """Go back with the changes."""
        self.dismiss(self.plan)


class _ValueInput(Input):
    """Takes a value; escape gives it up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Take it", tooltip="Use this value", key_display="enter"),
        Binding("escape", "cancel", "Leave it", tooltip="Keep the value as it was"),
    ]

    class Cancelled(Input.Submitted):
        """The value is to stay as it was."""

    def action_cancel(self) -> None:
        """Give the value up."""
        self.post_message(self.Cancelled(self, self.value))


def _group(key: str) -> str:
    section = key.partition(".")[0] if "." in key else "launch"
    return "launch" if key == "device" else section


def _is_wrong_alone(plan: Plan, key: str) -> bool:
    try:
        plan.trials()
    except ConfigError as error:
        return any(problem.startswith((f"{key}:", f"{key} ")) for problem in error.problems)
    return False
