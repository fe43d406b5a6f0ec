"""`Find`: the line in which one types to filter, and from which one comes back with the arrows."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class Find(Input):
    """Filters while one types: enter and the arrows keep the filter, escape clears it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear_filter", "Clear", tooltip="Clear the filter and go back to the list"),
        Binding(
            "enter,down,up",
            "leave",
            "To the list",
            key_display="enter",
            tooltip="Keep the filter and go back to the list",
        ),
    ]

    class Left(Message):
        """The list should have the focus again."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(placeholder="/ find", id=id, compact=True, select_on_focus=False)

    def on_focus(self) -> None:
        """Have what stands beside the line make room; a rule with :focus-within is not looked at for siblings."""
        if self.parent is not None:
            self.parent.set_class(True, "-typing")

    def on_blur(self) -> None:
        """Give the room back."""
        if self.parent is not None:
            self.parent.set_class(False, "-typing")

    def action_clear_filter(self) -> None:
        """Clear the filter and leave."""
        self.value = ""
        self.post_message(self.Left())

    def action_leave(self) -> None:
        """Leave with the filter as it is."""
        self.post_message(self.Left())
