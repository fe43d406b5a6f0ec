"""How many heaps glibc keeps, as it tells itself, once several threads have allocated."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOUR_THREADS = """
import ctypes, sys, threading
from engine.memory import share_one_heap
if "one" in sys.argv:
    share_one_heap()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
together = threading.Barrier(4)
def allocate():
    together.wait()
    library.malloc(1000)
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
library.fflush(None)
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"), reason="the heaps are glibc's"
)
def test_threads_share_one_heap_once_that_is_asked_for() -> None:
    def heaps(*arguments: str) -> int:
        command = [sys.executable, "-c", FOUR_THREADS, *arguments]
        told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        return told.count("<heap nr=")

    assert heaps() > 1
    assert heaps("one") == 1
