"""What the application asks before it ends, stops or goes on with a training."""

from __future__ import annotations

from collections.abc import Callable

from engine.summary import RunStatus
from tui.format import plain, plural
from tui.rest import Rest
from tui.screens.ask import GO_BACK, Answer, AskScreen


def can_go_on(status: RunStatus) -> bool:
    """Tell whether a run can be gone on with; one that failed only if somebody says so."""
    return status.is_resumable or status is RunStatus.FAILED


def go_on_words(status: RunStatus) -> str:
    """Say beside a run how to go on with it."""
    return "R goes on from its last checkpoint." if status is RunStatus.FAILED else "Interrupted: R goes on with it."


def interrupted_words(count: int) -> str:
    """Say where nobody looks for it that something can be gone on with; empty if there is nothing."""
    if not count:
        return ""
    runs, which = ("1 run was", "it") if count == 1 else (f"{count:,} runs were", "the one under the cursor")
    return f"{runs} interrupted: R on the Leaderboard (3) goes on with {which}."


def quit_question(holds: Callable[[], bool], *, has_begun: bool = True) -> AskScreen:
    """Ask what becomes of the training when the application is left; the question ends with the training."""
    text = (
        "Keep running: a process of its own goes on with it, and this terminal can be closed.\n"
        "Stop and save: the run is saved where it stands. termlab can go on with it later."
    )
    if not has_begun:
        text = text.partition("\n")[0] + "\nStop: no run has begun yet, and nothing is kept."
    answers = [Answer("keep", "Keep running", "k"), Answer("stop", "Stop and save", "s"), GO_BACK]
    return AskScreen("Something is still training", text, answers, holds=holds)


def stop_question(name: str, siblings: int, holds: Callable[[], bool], *, is_here: bool) -> AskScreen:
    """Ask what to stop: a run, or all that was started together with it."""
    text = f"{plain(name)} is saved where it stands; R goes on with it."
    if not is_here:
        text += "\nAnother process trains it, and is asked to stop."
    if siblings > 1:
        answers = [Answer("run", "This run", "r"), Answer("all", "The whole sweep", "a"), GO_BACK]
        text += "\nStopping the whole sweep leaves out the runs that have not started."
    else:
        answers = [Answer("run", "Stop this run", "r"), GO_BACK]
    return AskScreen("Stop the training", text, answers, holds=holds)


def rest_question(rest: Rest, *, is_apart: bool) -> AskScreen:
    """Ask what to go on with; `is_apart` if something trains here already, so that this takes a process of its own."""
    run = rest.run
    lines = [f"{plain(run.run)}: {plain(run.reason) or run.status}"]
    is_failed = run.status is RunStatus.FAILED
    if is_failed and not is_apart:
        lines.append("This run goes on from its last checkpoint all the same.")
    if rest.note:
        lines.append(plain(rest.note))
    if is_apart:
        lines.append("Something trains here already: this starts in a process of its own, and appears on Live.")
    answers = []
    if is_failed and is_apart:  # another process would leave it alone, as what a sweep calls failed
        lines.append("A run that failed can go on only once nothing else trains here.")
    elif rest.this is not None:
        answers.append(Answer("this", "This run", "t"))
    if rest.sweep is not None:
        answers.append(Answer("sweep", f"The rest of its sweep: {plural(len(rest.sweep.trials), 'run')}", "s"))
    if rest.with_failed is not None:
        failed = plural(rest.failed_count, "run")
        begin = "The rest of its sweep, and" if rest.sweep is not None else "Of its sweep"
        answers.append(Answer("failed", f"{begin} the {failed} that failed, anew", "f"))
    return AskScreen("Go on with the training", "\n".join(lines), [*answers, GO_BACK])
