"""What tells, without opening a file, whether anything changed that a run's summary is made of."""

from __future__ import annotations

import os
import stat

from engine.store.files import ANNOTATIONS, CONFIG, EVENTS, SUMMARY

Signature = tuple[int, ...]
"""Length and time of the last change, in ns, of the events, the config, the summary and the annotations."""

_FILES = tuple(f"/{name}" for name in (EVENTS, CONFIG, SUMMARY, ANNOTATIONS))
_ABSENT = (-1, 0)
_NO_RUN: Signature = _ABSENT * 2
"""How the signature of a folder begins that holds no file of a run."""


def signature_of(folder: str) -> Signature:
    """Return what changes when one of the files does; it takes a call a file, also on a network file system."""
    found: list[int] = []
    for name in _FILES:
        try:
            status = os.lstat(folder + name)
        except FileNotFoundError:
            found += _ABSENT
        except OSError as error:
            found += (-1, error.errno or 1)
        else:
            is_regular = stat.S_ISREG(status.st_mode)
            found += (status.st_size if is_regular else -status.st_mode, status.st_mtime_ns)
    return tuple(found)


def events_bytes(signature: Signature) -> int:
    """Return how long the log is; less than 0 where it is no regular file."""
    return signature[0]


def events_time(signature: Signature) -> float:
    """Return when the log was last written or touched, in seconds since 1970."""
    return signature[1] / 1e9


def config_bytes(signature: Signature) -> int:
    """Return how long the config is; less than 0 where it is no regular file."""
    return signature[2]


def has_annotations(signature: Signature) -> bool:
    """Tell whether something is where people say something of the run, readable or not."""
    return signature[6:8] != _ABSENT


def last_change(signature: Signature) -> int:
    """Return when the last of the files was changed, in ns since 1970."""
    return max(signature[1:8:2])


def may_be_run(signature: Signature) -> bool:
    """Tell whether a folder holds a file of a run; one that cannot be looked into counts, and is shown as damaged."""
    return signature[:4] != _NO_RUN


def signature_of_damaged(folder: str) -> Signature:
    """Return what changes when a file does that a run cannot be read without, or the folder itself is another one."""
    found: list[int] = []
    for path in (folder, folder + _FILES[0], folder + _FILES[1]):
        try:
            status = os.lstat(path)
            found += [status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode]
        except OSError as error:
            found.append(error.errno or 0)
    return (*signature_of(folder), *found)
