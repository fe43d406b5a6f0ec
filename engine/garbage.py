"""Python's search for cycles, which takes a quarter of a second wherever ten thousand runs are in memory."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collections() -> Iterator[None]:
    """Keep Python from searching ten thousand objects for cycles again and again while more of them are made."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def leave_out_what_is_there() -> None:
    """Search no more in what is in memory now, which is to stay; what comes later is searched as ever."""
    gc.freeze()
