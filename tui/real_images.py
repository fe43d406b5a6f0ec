"""Real images in terminals that speak the Kitty or the Sixel protocol, by textual-image, which is an optional extra.

The only file that knows it. Which protocol a terminal speaks is asked of it once, before the application has its
keyboard: an answer that came later would be taken for keys.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Literal

from engine.errors import ExportError

if TYPE_CHECKING:
    from textual.widget import Widget

Protocol = Literal["kitty", "sixel"]
VARIABLE = "TERMLAB_IMAGES"
"""1 asks the terminal whatever it is called, 0 asks none."""
_SPEAKERS = ("kitty", "ghostty", "wezterm", "foot", "iterm", "konsole", "contour", "mlterm", "rio", "vscode", "sixel")
"""In the names of terminals that speak one of them. Others are not asked: one that does not answer keeps a user
waiting, and may swallow a key."""
_found: list[Protocol] = []


def is_worth_asking() -> bool:
    """Tell whether the extra is installed and the terminal may speak one of the protocols."""
    asked = os.environ.get(VARIABLE, "")
    if asked == "0" or find_spec("textual_image") is None:
        return False
    names = " ".join(os.environ.get(name, "") for name in ("TERM", "TERM_PROGRAM", "LC_TERMINAL")).casefold()
    return asked == "1" or "KITTY_WINDOW_ID" in os.environ or any(speaker in names for speaker in _SPEAKERS)


def ask_terminal() -> None:
    """Ask the terminal once which protocol it speaks; called before the application takes the keyboard."""
    if not _found and is_worth_asking() and (protocol := _protocol()) is not None:
        _found.append(protocol)


def is_possible() -> bool:
    """Tell whether the terminal said that it shows real images."""
    return bool(_found)


def _protocol() -> Protocol | None:
    from textual_image import renderable

    known: dict[type, Protocol] = {renderable.SixelImage: "sixel", renderable.TGPImage: "kitty"}
    return known.get(renderable.Image)


def image_widget(png: bytes) -> Widget:
    """Return a widget that shows a PNG file in the terminal's protocol; only where `is_possible`."""
    from PIL import Image as Pictures
    from textual_image.widget import SixelImage, TGPImage

    shown: Widget = (SixelImage if _found[0] == "sixel" else TGPImage)(Pictures.open(BytesIO(png)))
    return shown


def print_image(png: bytes, columns: int) -> None:
    """Print a PNG file on the terminal, so many cells wide.

    Raises: ExportError if the extra is not installed, or the terminal speaks neither protocol.
    """
    if find_spec("textual_image") is None:
        raise ExportError("real images are drawn by textual-image, which is not installed", _INSTALL)
    from PIL import Image as Pictures
    from rich.console import Console
    from textual_image import renderable

    if _protocol() is None:
        raise ExportError(
            "this terminal speaks neither the Kitty nor the Sixel protocol",
            "Without --images the same picture is drawn in cells.",
        )
    Console(force_terminal=True).print(renderable.Image(Pictures.open(BytesIO(png)), width=columns))


_INSTALL = "pip install 'termlab[images]'; without --images the same picture is drawn in cells."
