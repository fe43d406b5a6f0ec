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
    if is_out_of_memory(error):
        reason = (
            f"out of memory: {_first_line(error)}\n"
            "A smaller train.batch_size needs less; between two epochs, a smaller evaluate.batch_size does."
        )
    else:
        reason = str(error) if isinstance(error, TermlabError) else f"{type(error).__name__}: {error}"
    return RunFinished(time=time.time(), status="failed", reason=saveable(reason))


def is_out_of_memory(error: Exception) -> bool:
    """Tell whether a device or the machine had no memory left; torch says so in an error of its own on CUDA alone."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def saveable(text: str) -> str:
    """Replace what UTF-8 cannot hold, such as the bytes of a file name in another encoding."""
    return text.encode("utf-8", "replace").decode()
