"""The idx format of the MNIST files: a header that gives the axes, then one byte a value."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from engine.errors import DataError

_UNSIGNED_BYTE = 0x08


def read_idx(path: Path, shape: tuple[int, ...]) -> Tensor:
    """Read a file that must hold bytes of this shape.

    Shapes: `shape`, uint8.
    Raises: DataError if the file cannot be read or holds something else.
    Source: "The IDX file format" in the description of MNIST, Y. LeCun, C. Cortes and C. Burges.
    """
    try:
        content = bytearray(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    sizes = b"".join(size.to_bytes(4, "big") for size in shape)
    header = bytes([0, 0, _UNSIGNED_BYTE, len(shape)]) + sizes
    if not content.startswith(header):
        expected = " x ".join(str(size) for size in shape)
        raise DataError(f"{path} is damaged: its header does not announce {expected} bytes.")
    return torch.frombuffer(content, dtype=torch.uint8, offset=len(header)).reshape(shape)
