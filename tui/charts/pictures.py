"""An image as rows of spans: two pixels a cell in colour, upper and lower half, or one in shades without colours."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from tui.charts.span import Row, Span

UPPER_HALF = "▀"
SHADES = " ░▒▓█"
"""From black to white, as on a dark terminal."""
MOST_ENLARGED_ROWS = 8
"""Up to here a small image is enlarged: beyond, nobody sees more in it."""
_GREY = np.array([0.299, 0.587, 0.114])  # of red, green, blue; ITU-R BT.601

Pixels = NDArray[np.uint8]


def picture_size(
    height: int, width: int, *, most_columns: int, most_rows: int, most_enlarged_rows: int = MOST_ENLARGED_ROWS
) -> tuple[int, int]:
    """Return the columns and rows of cells that an image takes: its own pixels if they fit, fewer if they do not.

    A small one is enlarged by a whole factor, up to so many rows. A cell is about twice as high as wide, so that
    pixels stay square.

    Units: `height` and `width` in pixels, the rest in cells.
    """
    rows = (height + 1) // 2
    if width > most_columns or rows > most_rows:
        scale = min(most_columns / width, 2 * most_rows / height)
        return max(1, round(width * scale)), max(1, min(most_rows, round(height * scale / 2)))
    factor = max(1, min(most_columns // width, most_enlarged_rows * 2 // height, 2 * most_rows // height))
    return width * factor, (height * factor + 1) // 2


def picture_rows(image: Pixels, columns: int, rows: int, *, color: bool) -> list[Row]:
    """Draw an image in so many cells.

    Shapes: (H, W, C) uint8 with one or three channels.
    """
    if color:
        pixels = _resized(image, 2 * rows, columns).round().astype(np.uint8)  # (2 * rows, columns, C)
        pixels = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
        return [_half_blocks(pixels[2 * row], pixels[2 * row + 1]) for row in range(rows)]
    grey = _resized(image, rows, columns)
    grey = grey @ _GREY if grey.shape[2] == 3 else grey[:, :, 0]  # (rows, columns)
    shades = (grey * len(SHADES) / 256).astype(int)
    return [[Span("".join(SHADES[shade] for shade in line))] for line in shades.tolist()]


def _half_blocks(upper: Pixels, lower: Pixels) -> Row:
    """Shapes: (columns, 3) each."""
    pairs = zip(map(_hex, upper.tolist()), map(_hex, lower.tolist()), strict=True)
    return [
        Span(UPPER_HALF * len(list(alike)), color, background=background)
        for (color, background), alike in groupby(pairs)
    ]


def _hex(pixel: list[int]) -> str:
    red, green, blue = pixel
    return f"#{red:02x}{green:02x}{blue:02x}"


def _resized(image: Pixels, height: int, width: int) -> NDArray[np.float64]:
    """Average the pixels that each new one covers.

    Shapes: (H, W, C) -> (height, width, C).
    """
    down, across = _coverage(image.shape[0], height), _coverage(image.shape[1], width)
    found: NDArray[np.float64] = np.einsum("yh,hwc,xw->yxc", down, image.astype(np.float64), across, optimize=True)
    return found


def _coverage(old: int, new: int) -> NDArray[np.float64]:
    """Return which part each old pixel has in each new one; rows sum to 1.

    Shapes: (new, old).
    """
    edges = np.arange(new + 1) * (old / new)
    starts, ends = edges[:-1, None], edges[1:, None]
    places = np.arange(old)[None, :]
    overlap = np.clip(np.minimum(ends, places + 1) - np.maximum(starts, places), 0, None)
    share: NDArray[np.float64] = overlap / overlap.sum(axis=1, keepdims=True)
    return share
