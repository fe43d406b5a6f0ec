"""The last words of runs that did not come to their own end."""

from __future__ import annotations

import time

from engine.errors import TermlabError
from engine.events import RunFinished
from engine.run import Run


def stopped(run: Run, why: str) -> RunFinished:
    """Return the last word of a run that can be gone on with."""
    return RunFinished(time=time.time(), status="stopped", reason=f"stopped {why} after step {run.step}")


def failed(error: Exception) -> RunFinished:
    """Return the last word of a run that an exception ended."""
    known = isinstance(error, TermlabError)
    reason = str(error) if known else f"{type(error).__name__}: {error}"
    return RunFinished(time=time.time(), status="failed", reason=saveable(reason))


def saveable(text: str) -> str:
    """Replace what UTF-8 cannot hold, such as the bytes of a file name in another encoding."""
    return text.encode("utf-8", "replace").decode()
