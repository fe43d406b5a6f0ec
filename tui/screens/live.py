"""The Live screen: how the trials under way are doing, here or in another process."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.summary import RunStatus
from tui.format import plain, plural
from tui.live_sweep import Slot, Sweep, resumable_run
from tui.runbook import Change
from tui.screens.ask import AskScreen
from tui.screens.chart_keys import CHART_BINDINGS, ZOOM_OUT, ChartScreen
from tui.screens.questions import interrupted_words, stop_question
from tui.widgets.chart_deck import ChartDeck
from tui.widgets.log_rows import LOG_COLUMNS, log_rows
from tui.widgets.progress_line import ProgressLine
from tui.widgets.table import Table
from tui.widgets.trial_rows import COLUMNS, row_key, trial_rows

EMPTY = (
    "Nothing trains.",
    "Press 1, pick a preset and press enter: its curves appear here.",
    "A run that another process trains into this results folder appears by itself.",
)


class LiveScreen(ChartScreen):
    """Progress line, charts, and the table of trials or the log."""

    PLACE = "live"
    AUTO_FOCUS = "#trials"
    HELP_TITLE = "Live"
    HELP = (
        "The trials under way, here or in another process that writes into this results folder. Tab goes through "
        "the charts and the table; enter opens what has the focus. Dotted curves are training, solid ones test. Of "
        "more than six trials only the one under the cursor shows all its curves, before the others; move the cursor "
        "to see another one's. P, X and R act on the training of the row under the cursor, or of the one under way, "
        "also where another process trains it: it is asked, and what was asked shows until it is done. Trials that it "
        "has still to begin are queued; once it is gone, they are only counted. R goes on with what was interrupted, "
        "and asks whether with them too."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("P", "pause(True)", "Pause", tooltip="Hold the training"),
        Binding("P,R", "pause(False)", "Resume", key_display="P", tooltip="Let the training go on"),
        Binding("X", "stop", "Stop", tooltip="Stop this run, or all that is left"),
        Binding("R", "go_on", "Go on", tooltip="Go on with what was interrupted"),
        Binding("enter", "open", "Open", key_display="enter", tooltip="Zoom the chart, or open the run of the row"),
        *CHART_BINDINGS,
        ZOOM_OUT,
        Binding("l", "log", "Log", tooltip="Show the log, or the trials again"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._shown: Sweep | None = None
        self._under_way: str | None = None
        self._statuses: list[RunStatus] = []
        self._is_going_on = False
        """Whether time changed what the progress line says when it was shown last."""

    def compose_body(self) -> Iterable[Widget]:
        """Put progress, charts and table under each other."""
        return [
            Static(Content("\n".join(EMPTY)), id="live-empty"),
            Vertical(
                ProgressLine(id="progress"),
                ChartDeck(id="live-deck", along=self._show_text),
                Table(COLUMNS, id="trials", pinned=2),
                Table(LOG_COLUMNS, id="log", has_header=False),
                id="live-body",
            ),
        ]

    def on_mount(self) -> None:
        """Keep the time left honest even when nothing is heard."""
        super().on_mount()
        self.query_one("#log").display = False
        self.set_interval(1.0, self._tick)

    def beside_deck(self) -> Table:
        """Return the table that is seen."""
        return self.query_one("#log" if self._is_log else "#trials", Table)

    @property
    def _is_log(self) -> bool:
        return self.query_one("#log").display

    def show(self, change: Change) -> None:
        """Show what happened to the sweep."""
        if change is Change.RUNS:
            self._show_empty()
        if change in (Change.SWEEP, Change.STATE):
            sweep = self.lab.runbook.sweep
            self._show_empty()
            self.query_one("#live-empty").display = sweep is None
            self.query_one("#live-body").display = sweep is not None
            if sweep is None:
                return
            if sweep is not self._shown:
                self._show_other(sweep)
            self.deck.show_runs(sweep.runs, self.charts_of(sweep.runs))
            statuses = [slot.status for slot in sweep.slots]
            if change is Change.STATE or statuses != self._statuses:  # charts may wait, what was asked for may not
                self._statuses = statuses
                self._show_text()
                self.refresh_bindings()

    def _show_empty(self) -> None:
        lines = [*EMPTY, interrupted_words(len(self.lab.runbook.interrupted))]
        self.query_one("#live-empty", Static).update(Content("\n".join(lines).rstrip()))

    def _show_other(self, sweep: Sweep) -> None:
        self._shown, self._under_way = sweep, None
        self.deck.current = 0
        if len(sweep.slots) == 1 or not self.deck.has_focus_within_deck():
            self.beside_deck().focus()

    def _tick(self) -> None:
        if self.is_current and self._shown is not None and self._is_going_on:
            self._show_progress(self._shown)

    def _show_text(self) -> None:
        sweep = self._shown
        if sweep is None or not self.is_current:
            return
        self._show_progress(sweep)
        if self._is_log:
            log = self.query_one("#log", Table)
            is_at_end = log.cursor in (-1, len(log.rows) - 1)
            log.set_rows(log_rows(sweep.log))
            if is_at_end:
                log.action_last()
        else:
            table = self.query_one("#trials", Table)
            known = self.lab.runbook.keys_of(slot.trial.preset for slot in sweep.slots)
            table.set_rows(trial_rows(sweep, known))
            self._keep_in_view(sweep, table)
            self._bring_forward()  # the trial of the row may have started meanwhile

    def _keep_in_view(self, sweep: Sweep, table: Table) -> None:
        """Move the cursor on with the training, unless the user has moved it elsewhere."""
        slot = sweep.current
        if slot is None:
            return
        key = row_key(sweep.slots.index(slot))
        if key != self._under_way:
            if self._under_way in (None, table.cursor_key):
                table.move_to(key)
            self._under_way = key

    def _show_progress(self, sweep: Sweep) -> None:
        book = self.lab.runbook
        self._is_going_on = not sweep.is_over or sweep.is_handed_over(self.lab.clock())
        self.query_one(ProgressLine).show_sweep(
            sweep,
            self.lab.clock(),
            is_paused=self.lab.trainings.is_paused(sweep.current),
            is_stopping=sweep.is_here and book.is_stopping,
            asked=next((book.asked[run.id] for run in sweep.runs if run.id in book.asked), None),
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be done now."""
        book = self.lab.runbook
        if action == "pause":
            return self._can_ask and parameters[0] is not self.lab.trainings.is_paused(self._target)
        if action == "stop":
            return self._can_ask
        if action == "go_on":
            return bool(self._interrupted)
        if (
            action in ("open", "log", "zoom", "log_y", "log_x", "x_axis", "smooth", "step", "look", "pan", "fit")
            and book.sweep is None
        ):
            return False
        return super().check_action(action, parameters)

    @property
    def _can_ask(self) -> bool:
        """Whether there is a training of which anything can be asked now."""
        book = self.lab.runbook
        if book.sweep is None or not self.is_mounted:
            return False
        if book.sweep.is_here:
            return book.is_training and not book.is_checking and not book.is_stopping
        return self._target is not None

    @property
    def _target(self) -> Slot | None:
        """The trial whose training is meant: the one of the row if it is under way, else the one that is."""
        slot = self._slot
        if slot is not None and slot.run is not None and slot.status.is_live:
            return slot
        return self.lab.runbook.sweep.current if self.lab.runbook.sweep is not None else None

    @property
    def _interrupted(self) -> str:
        """The run by which what was interrupted can be gone on with; empty while something is under way."""
        sweep = self.lab.runbook.sweep
        if sweep is None or not self.is_mounted or (sweep.is_here and self.lab.runbook.is_training):
            return ""
        return resumable_run(sweep, self._slot)

    def action_pause(self, is_paused: bool) -> None:
        """Hold the training, or let it go on."""
        self.lab.trainings.set_paused(self._target, is_paused)

    def action_stop(self) -> None:
        """Ask what to stop."""
        sweep, slot = self.lab.runbook.sweep, self._target
        if sweep is None:
            return
        name = slot.trial.label if slot is not None else sweep.name
        siblings = slot.siblings if slot is not None else len(sweep.slots)
        question = stop_question(name, siblings, lambda: _is_under_way(sweep, slot), is_here=sweep.is_here)
        self.app.push_screen(question, partial(self._stop, slot))

    def _stop(self, slot: Slot | None, answer: str | None) -> None:
        if answer in ("run", "all"):
            self.lab.trainings.stop(slot, is_everything=answer == "all")

    def action_go_on(self) -> None:
        """Go on with what was interrupted."""
        if run_id := self._interrupted:
            self.lab.trainings.go_on(run_id)

    def action_open(self) -> None:
        """Open what has the focus."""
        if self.deck.has_focus_within_deck():
            self.action_zoom()
        elif self._is_log or self._shown is None:
            self.action_log()
        else:
            slot = self._slot
            if slot is not None and slot.run is not None:
                self.lab.open_runs([slot.run.id])
            elif slot is not None:
                text = slot.reason or _waiting_words(slot)
                self.app.push_screen(AskScreen(f"{plain(slot.trial.label)}: {slot.status}", text))

    @property
    def _slot(self) -> Slot | None:
        """The trial of the row under the cursor."""
        key = self.query_one("#trials", Table).cursor_key
        slots = self._shown.slots if self._shown is not None else ()
        return next((slot for index, slot in enumerate(slots) if row_key(index) == key), None)

    def _bring_forward(self, *, is_urgent: bool = False) -> None:
        slot = self._slot
        self.deck.bring_forward(slot.run.id if slot is not None and slot.run is not None else "", is_urgent=is_urgent)

    def on_table_moved(self, event: Table.Moved) -> None:
        """Let the curves of the row stand out."""
        if event.table.id == "trials":
            self._bring_forward(is_urgent=True)
            self.refresh_bindings()

    def on_table_opened(self) -> None:
        """Open the run that was clicked twice."""
        self.action_open()

    def action_log(self) -> None:
        """Show the log in place of the trials, or the trials again; the log is never asked for to stay hidden."""
        has_focus = not self.deck.has_focus_within_deck()
        is_log = not self._is_log or self.deck.is_zoomed
        self.action_zoom(False)
        self.query_one("#log").display = is_log
        self.query_one("#trials").display = not is_log
        if has_focus:
            self.beside_deck().focus()
        self._show_text()


def _waiting_words(slot: Slot) -> str:
    if slot.earlier is None:
        return "This trial has not started yet."
    earlier = slot.earlier
    return f"It goes on in its turn, after {len(earlier.epochs):,} of {plural(earlier.total_epochs, 'epoch')}."


def _is_under_way(sweep: Sweep, slot: Slot | None) -> bool:
    return slot.status.is_live if slot is not None else not sweep.is_over
