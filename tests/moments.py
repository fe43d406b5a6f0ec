"""Moments in the life of the program, for a test that is there when they come: what a process of `Launcher` runs first.

They are put into the process that is tested, by name, and change nothing but when it goes on.
"""

from __future__ import annotations

import atexit
import ctypes
import errno
import functools
import gc
import importlib
import os
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.processes import channel, wait_for_leave

ACTS = ("write", "fsync", "ftruncate", "rename", "replace", "link", "unlink", "mkdir", "rmdir")
"""What the program does to the disk through `os`, which pathlib uses too."""


def hold(
    module: str, name: str, *, call: int = 1, after: bool = False, block: Callable[[], None] | None = None
) -> None:
    """Wait for the test where a function is called for the so-manieth time, before it does anything or after it."""
    owner: Any = importlib.import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    original = getattr(owner, last)
    calls = 0
    pause = block or wait_for_leave

    @functools.wraps(original)
    def held(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        is_it = calls == call
        if is_it and not after:
            pause()
        result = original(*args, **kwargs)
        if is_it and after:
            pause()
        return result

    setattr(owner, last, held)


class _HeldImport:
    """Is asked first where a module lies; it never knows."""

    def __init__(self, module: str, made_of_it: type[Exception] | None) -> None:
        self._module, self._made_of_it = module, made_of_it

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self._module:
            return None
        sys.meta_path.remove(self)
        try:
            wait_for_leave()
        except BaseException:  # as much of what large packages run while they are imported
            if self._made_of_it is not None:
                raise self._made_of_it(f"within the import of {name}") from None
        return None


def hold_import(module: str, made_of_it: type[Exception] | None) -> None:
    """Wait for the test where a module is imported, among code that makes another exception of any, or none."""
    importlib.import_module(module)
    del sys.modules[module]
    sys.meta_path.insert(0, _HeldImport(module, made_of_it))


def stand_still() -> None:
    """Tell the test, and wait for good where no signal handler is called, as in a long step or on a disk that hangs."""
    mutex = ctypes.create_string_buffer(256)
    lock = ctypes.CDLL(None).pthread_mutex_lock
    lock(mutex)
    os.write(channel[0], b"x")
    lock(mutex)


def fail() -> None:
    """Be out of luck."""
    raise RuntimeError("out of luck")


def leave_memory(number_of_bytes: int) -> None:
    """Have so much address space beyond what the program has taken already."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + number_of_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def require_no_network() -> None:
    """Fail if the state of a training is still in memory; nobody may have to look for it in cycles."""
    from engine.training_state import TrainingState

    assert not [1 for one in gc.get_objects() if isinstance(one, TrainingState)], "an earlier trial was not forgotten"


def hold_at_exit() -> None:
    """Wait for the test when the program has ended and the interpreter is about to."""
    atexit.register(wait_for_leave)


def ignore(*numbers: signal.Signals) -> None:
    """Be started as by nohup, with signals that do nothing."""
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)


def often() -> None:
    """Let every step be an event, and every event leave a checkpoint."""
    for module, names in {
        "engine.train": ["TICK_SECONDS"],
        "engine.training_state": ["TICK_SECONDS"],
        "engine.checkpoint_saver": ["MOST_OFTEN_SECONDS", "WITHIN_EPOCH_SECONDS"],
    }.items():
        for name in names:
            setattr(importlib.import_module(module), name, 0.0)


def die_at_act(number: int, *, how: str) -> None:
    """Be killed at the so-manieth change to the disk: `before` it, `after` it, or, of a write, `half` way."""
    done = 0

    def dying(original: Callable[..., Any], name: str) -> Callable[..., Any]:
        @functools.wraps(original)
        def act(*args: Any, **kwargs: Any) -> Any:
            nonlocal done
            done += 1
            if done != number:
                return original(*args, **kwargs)
            if how == "half" and name == "write":
                descriptor, content = args
                original(descriptor, bytes(content)[: len(content) // 2])
            elif how == "after":
                original(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError

        return act

    for name in ACTS:
        setattr(os, name, dying(getattr(os, name), name))


def use_up_quota(acts: int) -> None:
    """Let the disk take no more after so many changes, as where a quota is used up; whoever deletes may."""
    done = 0

    def refusing(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def act(*args: Any, **kwargs: Any) -> Any:
            nonlocal done
            done += 1
            if done > acts:
                raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))
            return original(*args, **kwargs)

        return act

    for name in ("write", "fsync", "mkdir", "link"):
        setattr(os, name, refusing(getattr(os, name)))
