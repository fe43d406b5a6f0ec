"""What happens now, in one line."""

from __future__ import annotations

from tui.format import percent, plain, seconds
from tui.runbook import Runbook
from tui.time_left import progress_of


def headline(book: Runbook, now: float) -> str:
    """Say what is being trained, how far it is and how long it will take."""
    sweep = book.sweep
    if book.is_checking:
        return "Checking the trials."
    if sweep is None or sweep.is_over:
        return "Nothing trains."
    progress = progress_of(sweep, now)
    left = f", {seconds(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    done = min(progress.finished + 1, progress.total)
    return f"{plain(sweep.name)}: run {done} of {progress.total}, {percent(progress.fraction, 0)} %{left}"
