"""`Quitting`: how the application ends when somebody asks for it, with a question while something trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.control import HANDED_OVER, ON_REQUEST
from tui.screens.ask import OVERTAKEN, AskScreen
from tui.screens.questions import quit_question

if TYPE_CHECKING:
    from tui.app import TermlabApp


class Quitting:
    """Asks once, however often the key is pressed."""

    def __init__(self, app: TermlabApp) -> None:
        self._app = app
        self._question: AskScreen | None = None

    def ask(self) -> None:
        """Quit, asking first while something trains."""
        app, book = self._app, self._app.runbook
        if not book.is_training:
            app.exit(0)
        elif app.screen is not self._question:
            self._question = quit_question(lambda: book.is_training, has_begun=not book.is_checking)
            app.push_screen(self._question, self._answered)

    def _answered(self, answer: str | None) -> None:
        app = self._app
        if answer == OVERTAKEN:
            app.notify("The training is over: q quits.")
        elif answer in ("stop", "keep"):
            if answer == "keep":
                app.trainings.keep_running()
            app.trainings.stop_here(HANDED_OVER if answer == "keep" else ON_REQUEST)
            app.exit(0)
