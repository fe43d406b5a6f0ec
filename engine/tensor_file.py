"""Files of tensors and plain values, which hold nothing that could run when they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from engine.atomic import atomic_file
from engine.errors import DamagedError


def save_tensors(path: Path, document: dict[str, Any]) -> None:
    """Write them, whole or not at all.

    Raises: OSError if the disk refuses.
    """
    with atomic_file(path) as file:
        torch.save(document, file)


def load_tensors(path: Path, *, what: str) -> dict[str, Any]:
    """Read them onto the CPU; `what` the file should hold is for the error.

    Raises: FileNotFoundError; DamagedError if it is no such file, or one that would run something.
    """
    try:
        document = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:  # torch raises whatever its unpickler meets
        raise DamagedError(f"{path.name} does not hold {what}: {error}") from error
    if not isinstance(document, dict):
        raise DamagedError(f"{path.name} does not hold {what}")
    return document
