"""Arrays that an analysis leaves beside a run, in its `artifacts/`, and takes up again while nothing has changed."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import read_array
from numpy.typing import NDArray

from engine.archive import check_archive
from engine.atomic import atomic_file
from engine.errors import DamagedError, StoreError
from engine.plain_file import open_plain, require_own_folder

Arrays = dict[str, NDArray[Any]]
MOST_BYTES = 2**30
"""Of a file that is read: the probabilities of a hundred classes for two million examples."""


def read_artifact(path: Path, key: str, like: Mapping[str, tuple[tuple[int, ...], Any]]) -> Arrays | None:
    """Return the arrays that were kept under a key; None where they are absent, damaged or of something else.

    It is a cache: whatever is wrong with it, what it held is computed anew. `like` gives the shape and the type of
    each array.
    """
    try:
        require_own_folder(path.parent)
        with open_plain(path) as file:
            if path.stat().st_size > MOST_BYTES:
                return None
            check_archive(file)
            file.seek(0)
            with zipfile.ZipFile(file) as archive:
                kept, found = _array(archive, "key"), {name: _array(archive, name) for name in like}
    except Exception:
        return None
    is_ours = str(kept) == key and all(
        (found[name].shape, found[name].dtype) == (shape, np.dtype(kind)) for name, (shape, kind) in like.items()
    )
    return found if is_ours else None


def keep_artifact(path: Path, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Keep arrays for the next time, whole or not at all; in a folder of somebody else's they are not kept."""
    with suppress(OSError, StoreError, DamagedError):
        require_own_folder(path.parent)
        path.parent.mkdir(exist_ok=True)
        with atomic_file(path) as file:
            np.savez(file, **{"key": np.array(key), **arrays})  # type: ignore[arg-type]  # names, none of NumPy's own


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    with archive.open(f"{name}.npy") as file:
        found: NDArray[Any] = read_array(file, allow_pickle=False)
        return found
