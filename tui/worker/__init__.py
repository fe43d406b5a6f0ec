"""The only thread boundary: threads that train, read the results folder and ask the engine, and what they post.

A thread reads no widget and touches no `Run` that the screens have; all it does is post messages. Every thread is
joined before the process ends: one that is left inside torch ends it with a core dump.
"""

from __future__ import annotations

from tui.worker.engine_thread import EngineThread
from tui.worker.launch import Launch
from tui.worker.store_thread import StoreThread

LOOK_SECONDS = 1.0
"""Between two looks of the application for steps: charts are not painted more often either."""

__all__ = ["LOOK_SECONDS", "EngineThread", "Launch", "StoreThread"]
