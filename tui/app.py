"""`TermlabApp`: the screens, the threads behind them, and what happens between a key and a message."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.events import Event, Key
from textual.screen import Screen
from textual.signal import Signal

from engine.garbage import leave_out_what_is_there
from tui import messages, worker
from tui.clipboard import ClipboardError, clipboard_sequence
from tui.console import ExitCode
from tui.early_keys import EarlyKeys
from tui.format import plain, plural
from tui.headline import headline
from tui.inspecting import Inspecting
from tui.kept_view import KeptView
from tui.opened_runs import OpenedRuns
from tui.quitting import Quitting
from tui.runbook import Change, Runbook, facts_key
from tui.screens.ask import AskScreen
from tui.screens.presets import PresetsScreen
from tui.screens.questions import rest_question
from tui.signals import HUNG_UP
from tui.theme import DARK, LIGHT
from tui.trainings import Trainings
from tui.trash import Trash, moved_words, problem_words

if TYPE_CHECKING:
    from engine.example_pairs import Pair
    from tui.rest import Rest
    from tui.screens.compare import CompareScreen
    from tui.screens.inspect import InspectScreen
    from tui.screens.leaderboard import LeaderboardScreen
    from tui.screens.live import LiveScreen

MOST_READING_SECONDS = 2.0
"""That reading the results folder may keep torch waiting."""
MANY_RUNS = 1000
MOST_OPENED = 8
"""Runs that are looked at together: more curves tell nothing."""


def _live_screen() -> LiveScreen:
    from tui.screens.live import LiveScreen

    return LiveScreen()


def _leaderboard_screen() -> LeaderboardScreen:
    from tui.screens.leaderboard import LeaderboardScreen

    return LeaderboardScreen()


def _compare_screen() -> CompareScreen:
    from tui.screens.compare import CompareScreen

    return CompareScreen()


def _inspect_screen() -> InspectScreen:
    from tui.screens.inspect import InspectScreen

    return InspectScreen()


class TermlabApp(App[int]):
    """The terminal application over one results folder."""

    TITLE = "termlab"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    # Charts bring NumPy; the first screen does without them.
    MODES: ClassVar[dict[str, str | Callable[[], Screen[None]]]] = {
        "presets": PresetsScreen,
        "live": _live_screen,
        "leaderboard": _leaderboard_screen,
        "compare": _compare_screen,
        "inspect": _inspect_screen,
    }
    DEFAULT_MODE = "presets"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "go('presets')", "Presets", show=False, tooltip="Go to Presets"),
        Binding("2", "go('live')", "Live", show=False, tooltip="Go to Live"),
        Binding("3", "go('leaderboard')", "Leaderboard", show=False, tooltip="Go to the leaderboard"),
        Binding("4", "go('compare')", "Compare", show=False, tooltip="Put marked recipes side by side"),
        Binding("5", "go('inspect')", "Inspect", show=False, tooltip="Look inside a network"),
        Binding("question_mark", "help", "Help", tooltip="What this screen is for and its keys", key_display="?"),
        Binding("f1", "help", "Help", tooltip="What this screen is for and its keys", key_display="F1"),
        Binding("q", "leave", "Quit", tooltip="Close this view; at the top level, quit"),
        Binding("ctrl+q", "quit", "Quit termlab", show=False, priority=True, tooltip="Quit from anywhere"),
        Binding("ctrl+c", "quit", "Quit termlab", show=False, system=True),
        Binding(
            "ctrl+z", "to_shell", "Shell", show=False, priority=True, tooltip="Hold all and go to the shell; fg returns"
        ),
    ]

    def __init__(
        self,
        results: Path,
        data_folder: Path,
        *,
        clock: Callable[[], float] = time.time,
        driver: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class=driver)
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name
        self.animation_level = "none"
        self.results, self.data_folder, self.clock = results, data_folder, clock
        self.runbook = Runbook()
        self.view = KeptView(results, self.set_timer)
        self.changed: Signal[Change] = Signal(self, "changed")
        self.store_thread = worker.StoreThread(self, results)
        self.engine_thread = worker.EngineThread(self, results, data_folder)
        self.trainings = Trainings(
            self.runbook,
            self.store_thread,
            self.engine_thread,
            data_folder,
            clock=clock,
            publish=self._publish,
            say=self.notify,
        )
        self.trash = Trash(results, self.store_thread)
        self._early_keys = EarlyKeys()
        self._quitting = Quitting(self)
        self.opened = OpenedRuns(self.runbook, self.store_thread)
        self.inspecting = Inspecting(self.runbook, self.engine_thread, partial(self._publish, Change.INSPECTION))
        self._asked_examples: tuple[str, str] | None = None
        """The runs of the examples that are looked at."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: tuple[ExitCode, str] | None = None

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the colours that the style sheet names beside those of every theme."""
        return DARK.variables

    def get_key_display(self, binding: Binding) -> str:
        """Write control keys the same way everywhere: ctrl+p, not ^p."""
        return binding.key_display or super().get_key_display(binding).replace("^", "ctrl+")

    def on_mount(self) -> None:
        """Show the first screen, and only then start what takes time."""
        self._loop = asyncio.get_running_loop()
        self.set_interval(worker.LOOK_SECONDS, self._look)
        self.call_after_refresh(self.start_threads)
        if self._ending is not None:
            self.end(*self._ending)

    def start_threads(self) -> None:
        """Begin to read the results folder; torch, which takes a core for seconds, is imported after that.

        A folder that answers slowly must not hold up a launch.
        """
        self.store_thread.start()
        self.set_timer(MOST_READING_SECONDS, self._start_engine)

    def _start_engine(self) -> None:
        """Start the thread that imports torch, unless it has begun already, or no thread is wanted."""
        if self.store_thread.ident is not None and self.engine_thread.ident is None:
            self.engine_thread.start()

    def end_soon(self, code: ExitCode, why: str) -> None:
        """End without a question, whatever is under way saved, with why as its last word; called from any thread."""
        self._ending = (code, why)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.end, code, why)

    def end(self, code: ExitCode, why: str) -> None:
        """End without a question, whatever is under way saved."""
        self.trainings.stop_here(why)
        self.exit(code, return_code=code)

    def on_hung_up(self) -> None:
        """End as a hang-up signal would have it, which does not come where it is ignored."""
        self.end(ExitCode.TERMINATED, HUNG_UP)

    def save_training(self, why: str) -> None:
        """End the training and return when its run is saved, with why as its last word; called from any thread."""
        self.engine_thread.close(why)
        if self.engine_thread.is_alive():
            self.engine_thread.join()

    def close_threads(self) -> None:
        """End every thread and wait for it; a run under way is saved as stopped first."""
        threads = (self.engine_thread, self.store_thread)
        for thread in threads:
            thread.close()
        for thread in threads:
            if thread.is_alive():
                thread.join()

    async def on_event(self, event: Event) -> None:
        """Remember what had the focus when a key came; if nothing takes it, it comes by here again."""
        if isinstance(event, Key):
            self._early_keys.note(event, self.focused)
        await super().on_event(event)

    def on_key(self, event: Key) -> None:
        """Give to a line what was typed before it opened."""
        if self._early_keys.belongs_to_line(event, self.focused):
            event.stop()
            event.prevent_default()
            self.post_message(Key(event.key, event.character))

    def action_leave(self) -> None:
        """Close a view that was opened over another one, or quit."""
        if len(self.screen_stack) > 1:
            self.pop_screen()
        else:
            self.run_worker(self.action_quit(), exclusive=True)

    async def action_quit(self) -> None:
        """Quit, asking first while something trains."""
        self._quitting.ask()

    def action_to_shell(self) -> None:
        """Hold everything and give the terminal to the shell, where there is one to come back from."""
        if self._driver is not None and self._driver.can_suspend:
            self.action_suspend_process()
        else:
            self.notify("There is no shell here that could bring termlab back.")

    def on_launch_began(self, message: messages.LaunchBegan) -> None:
        """Show the launch on Live."""
        self.runbook.is_checking = False
        self.runbook.begin(message.trials, message.facts, message.earlier)
        self.runbook.facts |= {
            facts_key(trial): known for trial, known in zip(message.trials, message.facts, strict=True)
        }
        self._publish(Change.STATE, Change.SWEEP)
        self.go("live")

    def on_events_arrived(self) -> None:
        """Take what the training has to say."""
        self.trainings.take_events()
        self._publish(Change.SWEEP)

    def _look(self) -> None:
        if self.trainings.has_news:
            self.on_events_arrived()
        for text in self.trainings.late_answers():
            self.notify(text, severity="warning", markup=False)

    def on_launch_ended(self, message: messages.LaunchEnded) -> None:
        """Say how it ended where that was not as hoped."""
        self.trainings.end_launch(message.problem, has_begun=message.has_begun)
        self._publish(Change.STATE, Change.SWEEP)
        self.store_thread.look_now()
        if message.problem is not None:
            title = "The training had to end" if message.has_begun else "Nothing was started"
            self.push_screen(AskScreen(title, str(message.problem)))

    def on_runs_changed(self, message: messages.RunsChanged) -> None:
        """Show the saved runs, and on Live those that another process trains."""
        book = self.runbook
        shown = book.sweep.runs if book.sweep is not None else []
        before = [run.status for run in shown]
        is_first = not book.is_read
        book.take_runs(message.summaries, message.rows)
        if is_first and len(book.summaries) >= MANY_RUNS:
            leave_out_what_is_there()  # it would be searched now and then, while one types
        self._publish(Change.RUNS)
        self.call_after_refresh(self._start_engine)
        if before != [run.status for run in shown]:  # a process is gone
            self._publish(Change.SWEEP, Change.STATE)
        if not book.is_training:
            for summary in book.live:
                if not self.opened.is_on_live(summary.run):
                    self.opened.follow(summary.run)

    def on_store_failed(self, message: messages.StoreFailed) -> None:
        """Say what could not be read."""
        if message.run_id:
            self.opened.give_up(message.run_id)
            self.runbook.unreadable[message.run_id] = message.problem
            self._publish(Change.SWEEP)
            self.notify(plain(str(message.problem)), severity="warning", markup=False)
        else:
            self.runbook.store_problem = message.problem
            self._publish(Change.RUNS)
            self._start_engine()

    def on_request_failed(self, message: messages.RequestFailed) -> None:
        """Say what could not be done."""
        self.runbook.asked.pop(message.run_id, None)
        self.notify(plain(str(message.problem)), severity="warning", markup=False)
        self._publish(Change.STATE)

    def on_runs_moved(self, message: messages.RunsMoved) -> None:
        """Say what was moved, and name what could not be."""
        if message.problems:
            self.push_screen(AskScreen(*problem_words(message)))
        else:
            self.notify(moved_words(message))

    def on_trash_read(self, message: messages.TrashRead) -> None:
        """Show what lies in the trash."""
        if self.trash.take(message):
            self._publish(Change.TRASH)

    def on_runs_exported(self, message: messages.RunsExported) -> None:
        """Say what was written, and what could not be."""
        lacking = f" {plural(message.left_out, 'run')} could not be read." if message.left_out else ""
        said = f"{plural(message.count, 'run')} exported to {plain(str(message.path))}.{lacking}"
        self.notify(said, severity="warning" if lacking else "information", markup=False)

    def on_run_read(self, message: messages.RunRead) -> None:
        """Take in what another process wrote."""
        book = self.runbook
        book.unreadable.pop(message.run_id, None)
        if message.run_id in book.opened:
            book.open(message.run_id, message.trial, message.created, message.events, is_first=message.is_first)
        if book.is_training:  # Live shows what is trained here; afterwards the run is read anew, from its beginning
            self.opened.give_up(message.run_id)
        elif self.opened.is_on_live(message.run_id):
            book.follow(
                message.run_id,
                message.trial,
                message.created,
                message.events,
                is_first=message.is_first,
                siblings=message.siblings,
                sweep_id=message.sweep,
                place=message.place,
            )
        self._publish(Change.SWEEP, *([Change.STATE] if message.is_first else []))

    def on_trials_awaited(self, message: messages.TrialsAwaited) -> None:
        """Show which trials another process has still to begin."""
        self.runbook.await_trials(message.sweep, message.trials, is_going_on=message.is_going_on)
        self._publish(Change.SWEEP, Change.STATE)

    def on_rest_found(self, message: messages.RestFound) -> None:
        """Go on with a run, or ask with what of its sweep as well."""
        rest = message.rest
        choices = rest.choices
        if not choices:
            self.notify(f"{plain(rest.run.run)} is done: nothing is left to do. {plain(rest.note)}", markup=False)
        elif list(choices) == ["this"] and rest.run.status.is_resumable and not self.runbook.is_training:
            self.trainings.start(choices["this"])
        else:
            question = rest_question(rest, is_apart=self.runbook.is_training)
            self.push_screen(question, partial(self._go_on_after, rest))

    def _go_on_after(self, rest: Rest, answer: str | None) -> None:
        if (work := rest.choices.get(answer or "")) is not None:
            self.trainings.start(work)

    def on_detached_ended(self, message: messages.DetachedEnded) -> None:
        """Say that a process of its own did not end well."""
        self.push_screen(AskScreen("A process of its own had to end", str(message.problem)))

    def on_thread_failed(self, message: messages.ThreadFailed) -> None:
        """Say what no user can have caused."""
        self.push_screen(AskScreen(message.what, str(message.problem)))

    def on_device_found(self, message: messages.DeviceFound) -> None:
        """Show the device."""
        self.runbook.device = message.device
        self._publish(Change.FACTS, Change.STATE)

    def on_facts_found(self, message: messages.FactsFound) -> None:
        """Show the size of a trial."""
        self.runbook.facts[message.key] = message.facts
        self._publish(Change.FACTS)

    def on_examples_found(self, message: messages.ExamplesFound) -> None:
        """Show which test examples two runs have right, if that is still looked at."""
        if message.run_ids == self._asked_examples:
            self.runbook.examples = message.found
            self._publish(Change.FACTS)

    def on_inspection_found(self, message: messages.InspectionFound) -> None:
        """Show what was found out about a network."""
        self.inspecting.take(message)

    def on_inspection_progressed(self, message: messages.InspectionProgressed) -> None:
        """Show how far the answer has come."""
        self.inspecting.take_progress(message)

    def on_picture_drawn(self, message: messages.PictureDrawn) -> None:
        """Show a real image."""
        from tui.screens.real_image import RealImageScreen

        if self.current_mode == "inspect" and not self.screen.is_modal:
            self.push_screen(RealImageScreen(message.png))

    def on_picture_written(self, message: messages.PictureWritten) -> None:
        """Say what was written."""
        self.notify(f"{plural(message.count, 'file')} written to {plain(str(message.folder))}.", markup=False)

    def look_into(self, run_id: str, against: str | None = None, also: Sequence[str] = ()) -> None:
        """Go to the pictures of one network, with another one beside it, and further ones where they share axes."""
        self.inspecting.view = self.inspecting.view.of_run(run_id, against, also)
        self.go("inspect")

    def _publish(self, *changes: Change) -> None:
        for change in changes:
            self.changed.publish(change)

    def headline(self) -> str:
        """Say in one line what is happening now."""
        return headline(self.runbook, self.clock())

    def look_at(self, run_ids: Sequence[str]) -> None:
        """Show saved runs: on Live if one trains, by themselves otherwise."""
        sweep = self.runbook.sweep
        under_way = {run.id for run in sweep.runs if run.status.is_live} if sweep is not None else set()
        if len(run_ids) == 1 and run_ids[0] in under_way:
            self.go("live")
        elif len(run_ids) == 1 and run_ids[0] in self.trainings.live_ids and not self.runbook.is_training:
            self.opened.follow(run_ids[0])
            self.go("live")
        else:
            self.open_runs(run_ids)

    def open_runs(self, run_ids: Sequence[str]) -> None:
        """Show saved runs by themselves."""
        from tui.screens.run import RunScreen

        chosen = run_ids[:MOST_OPENED]
        self.opened.read("run", chosen)
        self.push_screen(RunScreen(chosen))

    def action_trash(self) -> None:
        """Show what was removed."""
        from tui.screens.trash import TrashScreen

        if not self.screen.is_modal and not isinstance(self.screen, TrashScreen):
            self.push_screen(TrashScreen())

    def open_examples(self, pair: Pair) -> None:
        """Show which test examples two runs have right, as soon as the engine's thread has found out."""
        from tui.screens.examples import ExamplesScreen

        self._asked_examples = (pair[0].run, pair[1].run)
        self.engine_thread.compare_examples(self._asked_examples)
        self.push_screen(ExamplesScreen(pair))

    def forget_examples(self) -> None:
        """Ask no longer, and give the memory back."""
        self._asked_examples = None
        self.engine_thread.compare_examples(None)
        self.runbook.examples = None

    def on_unmount(self) -> None:
        """Write down what has changed last."""
        self.view.save()

    def copy(self, text: str, what: str) -> None:
        """Put text on the clipboard of the terminal, over SSH too, and say so."""
        try:
            sequence = clipboard_sequence(text)
        except ClipboardError as error:
            self.notify(f"{error.message}. Filter, or mark less.", severity="warning", markup=False)
            return
        if self._driver is not None:
            self._driver.write(sequence)  # unlike Textual's own, it passes through tmux and screen
        self.notify(f"Copied {what}, if this terminal lets programs do so (OSC 52).", markup=False)

    def go(self, place: str) -> None:
        """Go to a screen; going where one is already closes what was opened over it."""
        if place != self.current_mode:
            self.switch_mode(place)
        elif len(self.screen_stack) == 2 and not self.screen.is_modal:
            self.pop_screen()

    def action_go(self, place: str) -> None:
        """Go to a screen."""
        self.go(place)

    def action_help(self) -> None:
        """Explain the screen and list its keys."""
        from tui.screens.help import HelpScreen, keys_of

        screen = self.screen
        title, purpose = getattr(screen, "HELP_TITLE", ""), getattr(screen, "HELP", "")
        if purpose:
            self.push_screen(HelpScreen(title, purpose, keys_of(screen)))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer every action of the screen by name."""
        from tui.palette import commands_of

        commands = list(commands_of(self, screen))
        if all(command.title != "Trash" for command in commands):
            what = "See the removed runs, restore them or delete them for good"
            commands.append(SystemCommand("Trash", what, self.action_trash))
        return commands
