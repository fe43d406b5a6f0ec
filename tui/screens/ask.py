"""`AskScreen`: a question with a few answers, or a message with one; nothing is done before the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tui.format import plain, plain_lines

if TYPE_CHECKING:
    from tui.app import TermlabApp

MOST_BESIDE = 66
"""Characters, with those around them, of answers that stand beside each other; more of them stand under each other."""
AROUND = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """One way out: `name` is what the question returns, `key` presses it."""

    name: str
    label: str
    key: str


GO_BACK = Answer("", "Go back", "b")
OVERTAKEN = "overtaken"
"""What a question returns that there is no more need to answer."""


class AskScreen(ModalScreen[str]):
    """Shows a title, a text and one button for each answer; the last one, which changes nothing, has the focus."""

    AUTO_FOCUS = "Button:last-of-type"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "Go back", tooltip="Close this and change nothing"),
        Binding("left,h,shift+tab,up,k", "app.focus_previous", "Previous", show=False),
        Binding("right,l,tab,down,j", "app.focus_next", "Next", show=False),
    ]

    def __init__(
        self,
        title: str,
        text: str,
        answers: Sequence[Answer] = (GO_BACK,),
        *,
        holds: Callable[[], bool] = lambda: True,
    ) -> None:
        """The question closes by itself once it does not hold any more."""
        super().__init__()
        self._title, self._holds = plain(title), holds
        self._text = "\n".join(plain_lines(text))
        self._answers = {answer.name: answer for answer in answers}

    def compose(self) -> ComposeResult:
        """Put the answers under the text."""
        with Vertical(id="ask"):
            yield Static(Content(self._title), id="ask-title")
            with VerticalScroll(id="ask-text", can_focus=False):
                yield Static(Content(self._text))
            width = sum(len(f"{answer.label} ({answer.key})") + AROUND for answer in self._answers.values())
            with Vertical(id="ask-lines") if width > MOST_BESIDE else Horizontal(id="ask-answers"):
                for answer in self._answers.values():
                    yield Button(Content(f"{answer.label} ({answer.key})"), name=answer.name, compact=True, flat=True)

    def on_mount(self) -> None:
        """Hear of what may answer the question."""
        cast("TermlabApp", self.app).changed.subscribe(self, lambda _: self.close_if_overtaken())

    def on_screen_resume(self) -> None:
        """Catch up with what happened under what was opened over the question."""
        self.close_if_overtaken()

    def close_if_overtaken(self) -> None:
        """Close once the question does not hold any more; under another screen, only when that is closed."""
        if self.is_current and not self._holds():
            self.dismiss(OVERTAKEN)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Return the answer."""
        self.dismiss(event.button.name or "")

    def on_key(self, event: Key) -> None:
        """Take the key of an answer for the answer."""
        for answer in self._answers.values():
            if event.character == answer.key:
                event.stop()
                self.dismiss(answer.name)
                return

    def action_back(self) -> None:
        """Close without an answer."""
        self.dismiss("")
