"""The idx format of the MNIST files: a header that gives the axes, then one byte a value."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.errors import DataError

_UNSIGNED_BYTE = 0x08


def read_idx(content: bytearray, shape: tuple[int, ...], *, what: str) -> Tensor:
    """Read what must be bytes of this shape; the tensor shares their memory. `what` it is stands in the error.

    Shapes: `shape`, uint8.
    Raises: DataError if it holds something else.
    Source: "The IDX file format" in the description of MNIST, Y. LeCun, C. Cortes and C. Burges.
    """
    sizes = b"".join(size.to_bytes(4, "big") for size in shape)
    header = bytes([0, 0, _UNSIGNED_BYTE, len(shape)]) + sizes
    if not content.startswith(header):
        expected = " x ".join(str(size) for size in shape)
        raise DataError(f"{what} is damaged: its header does not announce {expected} bytes.")
    return torch.frombuffer(content, dtype=torch.uint8, offset=len(header)).reshape(shape)
