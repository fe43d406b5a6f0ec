"""`Span`: a piece of a row in one colour; what a drawn chart is made of, on the screen and in plain text alike."""

from __future__ import annotations

from typing import NamedTuple

AXIS_COLOR = "#808080"
"""Quiet, and readable on black and on white: contrast 5.3 and 3.9."""

_ASCII = str.maketrans(
    "│┊┤├└─┬■▲●◆▼★✕·╌×−–…≈±", "|:+++-+#Ao%v*x.-x--~~~"
)  # fmt: skip


class Span(NamedTuple):
    """Text in one colour."""

    text: str
    color: str | None = None
    """`#rrggbb`; None is the terminal's own."""
    is_bold: bool = False
    is_dim: bool = False
    background: str | None = None
    """`#rrggbb`; None is the terminal's own."""

    def to_ansi(self) -> str:
        """Return the text in 24-bit colour codes, or bare where it has no colour."""
        codes = ["1"] if self.is_bold else ["2"] if self.is_dim else []
        if self.color is not None:
            red, green, blue = rgb(self.color)
            codes.append(f"38;2;{red};{green};{blue}")
        if self.background is not None:
            red, green, blue = rgb(self.background)
            codes.append(f"48;2;{red};{green};{blue}")
        is_seen = self.text.strip() or self.background is not None
        return f"\x1b[{';'.join(codes)}m{self.text}\x1b[0m" if codes and is_seen else self.text


Row = list[Span]


def rgb(color: str) -> tuple[int, int, int]:
    """Return the parts of `#rrggbb`; 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def to_ascii(text: str) -> str:
    """Replace what a terminal without Unicode cannot show, cell for cell."""
    return text.translate(_ASCII).encode("ascii", "replace").decode()
