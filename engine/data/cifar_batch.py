"""The batches of CIFAR-10, which are pickles: the numbers in them are found without unpickling anything."""

from __future__ import annotations

import pickletools

import torch
from torch import Tensor

from engine.errors import DataError

_PIXELS = 3 * 32 * 32
_WHOLE_NUMBERS = frozenset({"BININT1", "BININT2", "BININT", "INT"})
_TEXTS = frozenset({
    "SHORT_BINSTRING", "BINSTRING", "SHORT_BINBYTES", "BINBYTES", "BINUNICODE", "SHORT_BINUNICODE", "STRING", "UNICODE",
})  # fmt: skip


def read_cifar_batch(content: bytes | bytearray, count: int, *, what: str) -> tuple[Tensor, Tensor]:
    """Read the images of one batch and their labels; `what` it is stands in the error.

    A batch is a dictionary with a list of numbers under "labels" and an array under "data", one row an image, rows of
    one colour after the other. A pickle is a list of instructions; those that carry them are read, and none is obeyed.

    Shapes: returns (`count`, 3, 32, 32) uint8 and (`count`,) int64.
    Raises: DataError if it holds something else.
    """
    labels: list[int] = []
    pixels = b""
    key, is_by_column = "", False
    try:
        for code, argument, _ in pickletools.genops(bytes(content)):
            if code.name in _TEXTS:
                text = argument if isinstance(argument, bytes) else str(argument).encode("latin-1")
                if len(text) == count * _PIXELS:
                    if is_by_column:
                        raise ValueError("its pixels lie by column")
                    pixels = text
                key = text[:16].decode("latin-1")
            elif code.name in _WHOLE_NUMBERS and key == "labels":
                labels.append(int(argument or 0))
            elif code.name in ("NEWFALSE", "NEWTRUE"):  # the last one before the bytes of an array tells their order
                is_by_column = code.name == "NEWTRUE"
    except (ValueError, UnicodeError) as error:
        raise DataError(f"{what} is damaged: {error}.") from error
    if len(labels) != count or not pixels:
        raise DataError(f"{what} is damaged: it does not hold {count:,} images with their labels.")
    images = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).reshape(count, 3, 32, 32)
    return images, torch.tensor(labels, dtype=torch.int64)
