"""`run_app`: the application from its first picture to its exit code, whatever signal or answer ends it."""

from __future__ import annotations

from pathlib import Path

from engine.memory import share_one_heap
from engine.store import RunStore
from tui.app import TermlabApp
from tui.console import narrate
from tui.driver import TerminalDriver
from tui.handover import hand_over
from tui.headless import tell_how_to_go_on
from tui.real_images import ask_terminal
from tui.watchman import Watchman, watching_signals

SILENT_SECONDS = 2.0
"""After the screen is left, until it is said what is waited for."""


def run_app(results: Path, data_folder: Path) -> int:
    """Open the application and return its exit code once every thread has ended."""
    share_one_heap()
    ask_terminal()
    app = TermlabApp(results, data_folder, driver=TerminalDriver)

    def give_up() -> None:
        if isinstance(app._driver, TerminalDriver):
            app._driver.give_back_modes()

    watchman = Watchman(save=app.save_training, leave=app.end_soon, give_up=give_up)
    with watching_signals(watchman):
        try:
            app.run()
        finally:
            watchman.screen_left()
            _wait_for_the_training(app)
            app.close_threads()
        if app.trainings.kept is not None and watchman.lets_hand_over():
            code = hand_over(*app.trainings.kept, results, data_folder)
            return code if watchman.exit_code is None else watchman.exit_code
    if (left := app.trainings.left) is not None:
        is_sweep = len(left.runs) < len(left.work.trials)
        tell_how_to_go_on(list(left.runs.values()), RunStore(results), is_sweep=is_sweep)
    if watchman.exit_code is not None:
        return watchman.exit_code
    return app.return_code or 0


def _wait_for_the_training(app: TermlabApp) -> None:
    """Wait until the run under way is saved, and say so where that takes long: a step has to come to its end."""
    app.engine_thread.close()
    if app.engine_thread.is_alive():
        app.engine_thread.join(SILENT_SECONDS)
        if app.engine_thread.is_alive():
            narrate("Waiting for the end of what is under way; ctrl+c twice leaves at once.")
