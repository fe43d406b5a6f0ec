"""`ProgressLine`: how far the sweep is, when it will be done, and what the trial under way is doing."""

from __future__ import annotations

from collections import Counter

from engine.summary import RunStatus
from tui.asked import Asked
from tui.format import percent, plain, rate, seconds
from tui.live_sweep import Sweep
from tui.time_left import progress_of
from tui.widgets.click_line import ClickLine, Part

BAR_LEAST, BAR_MOST = 8, 40


def bar(fraction: float, width: int) -> tuple[str, str]:
    """Return the done and the open part of a progress bar, exact to half a character."""
    halves = round(max(0.0, min(1.0, fraction)) * width * 2)
    done = "━" * (halves // 2) + ("╸" if halves % 2 else "")
    return done, "─" * (width - len(done))


class ProgressLine(ClickLine):
    """Says it all in one line; what does not fit is left out from the right."""

    def show_sweep(
        self, sweep: Sweep, now: float, *, is_paused: bool, is_stopping: bool, asked: Asked | None = None
    ) -> None:
        """Show where a sweep is, and what was asked of its training and is not done yet.

        Units: `now` in seconds since 1970.
        """
        progress = progress_of(sweep, now)
        slot = sweep.current
        under_way = progress.finished if sweep.is_over else min(progress.finished + 1, progress.total)
        name = [Part(f" {plain(sweep.name)}", "strong"), Part(f"  run {under_way} of {progress.total}  ")]
        if sweep.is_handed_over(now):
            state = Part("  goes on in a process of its own …", "accent")
        elif sweep.is_over:
            state = Part(f"  over{_endings(sweep)}", "quiet")
        elif asked is not None and asked.is_late(now):
            state = Part(f"  {asked.words}: no answer for {seconds(now - asked.time)}", "warn")
        elif is_stopping or asked is not None:
            state = Part(f"  {asked.words if asked is not None else 'stopping'} …", "warn")
        elif is_paused or (slot is not None and slot.status == "paused"):
            state = Part("  paused", "warn")
        elif progress.seconds_left is None:
            state = Part("  estimating", "quiet")
        else:
            of_run = " of this run" if progress.is_of_run else ""
            state = Part(f"  {seconds(progress.seconds_left)} left{of_run}", "accent")
        told = sum(len(part.text) for part in (*name, state)) + BAR_LEAST + len(" 100 %  ")
        right = self._of_trial(sweep, self.size.width - told)
        free = self.size.width - told - sum(len(part.text) for part in right)
        done, open_part = bar(progress.fraction, max(BAR_LEAST, min(BAR_MOST, BAR_LEAST + free)))
        left = [*name, Part(done, "accent"), Part(open_part, "quiet"), Part(f" {percent(progress.fraction, 0):>3} %")]
        self.show([*left, state], right)

    def _of_trial(self, sweep: Sweep, room: int) -> list[Part]:
        """Say what the trial under way is doing, the epoch first, the rate last; of one that was lost, why."""
        slot = sweep.current
        if sweep.is_over:
            losses = next((one.lost_why for one in sweep.slots[::-1] if one.lost_why), "")
            return [Part(f"{plain(losses)} ", "quiet")] if losses and len(losses) < room else []
        if slot is None or slot.run is None:
            return []
        has_seeds = len({one.trial.config.seed for one in sweep.slots}) > 1
        label = Part(f"{plain(slot.trial.label)}  ", "strong")
        seed = Part(f"seed {slot.trial.config.seed}  " if has_seeds else "", "quiet")
        epoch = Part(f"epoch {slot.run.epoch_under_way}/{slot.run.total_epochs} ")
        speed = Part(f" {rate(slot.run.samples_per_second)} img/s ")
        for parts in ([label, seed, epoch, speed], [label, seed, epoch], [label, epoch], [epoch]):
            if sum(len(part.text) for part in parts) <= room:
                return parts
        return []


def _endings(sweep: Sweep) -> str:
    """Say how many trials did not end as hoped, or never began; nothing where all did."""
    counts = Counter(str(slot.status) for slot in sweep.slots if slot.status is not RunStatus.DONE)
    if sweep.left_out:
        counts["not begun"] = sweep.left_out
    return f": {', '.join(f'{count} {status}' for status, count in counts.items())}" if counts else ""
