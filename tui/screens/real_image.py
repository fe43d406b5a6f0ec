"""`RealImageScreen`: a picture of a network as a real image, over all of the terminal."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.real_images import image_widget


class RealImageScreen(ModalScreen[None]):
    """Shows a PNG file until a key is pressed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,v,enter", "app.pop_screen", "Back", key_display="esc", tooltip="Close the picture"),
    ]

    def __init__(self, png: bytes) -> None:
        super().__init__()
        self._png = png

    def compose(self) -> ComposeResult:
        """Put the picture above the way back."""
        with Container(id="real-image"):
            yield image_widget(self._png)
        yield Static("esc back", id="real-image-keys")
