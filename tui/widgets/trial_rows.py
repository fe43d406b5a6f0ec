"""The rows of the table of trials on Live, as values."""

from __future__ import annotations

from collections.abc import Sequence

from engine.run import Run
from engine.summary import DIVERGED, RunStatus
from tui.charts.naming import name_runs
from tui.format import MISSING, loss, percent, plain, rate, seconds
from tui.identity import Identity
from tui.live_sweep import Slot, Sweep
from tui.widgets.columns import Cell, Column, Row

COLUMNS = (
    Column("mark", "", gap=1),
    Column("trial", "trial", most=30, least=12),
    Column("seed", "seed", is_right=True, yields=3),
    Column("status", "status", least=10),
    Column("epoch", "epoch", is_right=True),
    Column("train_loss", "train loss", is_right=True, yields=4),
    Column("test_loss", "test loss", is_right=True, yields=2),
    Column("test_accuracy", "test acc %", is_right=True),
    Column("best", "best %", is_right=True, yields=5),
    Column("rate", "img/s", is_right=True, least=8, yields=1),
    Column("time", "train", is_right=True, least=9, yields=6),
)
TONES = {
    RunStatus.QUEUED: "quiet",
    RunStatus.RUNNING: "accent",
    RunStatus.PAUSED: "warn",
    RunStatus.DONE: "",
    RunStatus.STOPPED: "warn",
    RunStatus.FAILED: "bad",
    RunStatus.LOST: "bad",
    RunStatus.DAMAGED: "bad",
}


def status_cell(status: RunStatus, *, is_evaluating: bool = False, is_diverged: bool = False) -> Cell:
    """Return a status in words, with a dot where something is under way."""
    if is_diverged:
        return Cell(DIVERGED, "warn")
    if status is RunStatus.RUNNING:
        return Cell("● testing" if is_evaluating else "● training", TONES[status])
    return Cell(str(status), TONES[status])


def trial_rows(sweep: Sweep, known: Sequence[str]) -> list[Row]:
    """Return one row for each trial of a sweep, marked as its curves are; `known` as in `name_runs`."""
    looks = {run.id: naming.identity for run, naming in zip(sweep.runs, name_runs(sweep.runs, known), strict=True)}
    return [
        _row(index, slot, looks[slot.run.id] if slot.run is not None else None)
        for index, slot in enumerate(sweep.slots)
    ]


def row_key(index: int) -> str:
    """Return the key of the row of a trial."""
    return str(index)


def _row(index: int, slot: Slot, look: Identity | None) -> Row:
    run, trial = slot.run, slot.trial
    mark = Cell(look.marker, look.color) if look is not None else Cell(" ")
    name, seed = Cell(plain(trial.label)), Cell(str(trial.config.seed), "quiet")
    if run is None:
        blank = (Cell(MISSING, "quiet"),) * 7
        return Row(row_key(index), (mark, name, seed, status_cell(slot.status), *blank))
    metrics = run.metrics
    is_evaluating = run.last is not None and getattr(run.last, "phase", "training") == "evaluating"
    cells = (
        mark,
        name,
        seed,
        status_cell(slot.status, is_evaluating=is_evaluating, is_diverged=run.is_diverged),
        Cell(f"{run.epoch_under_way if slot.status.is_live else len(run.epochs)}/{run.total_epochs}"),
        Cell(loss(_last_loss(run))),
        Cell(loss(metrics.get("test_loss"))),
        Cell(percent(metrics.get("test_accuracy"))),
        Cell(percent(metrics.get("best_test_accuracy"))),
        Cell(rate(run.samples_per_second)),
        Cell(seconds(run.train_seconds)),
    )
    return Row(row_key(index), cells)


def _last_loss(run: Run) -> float | None:
    """Return the loss of the last epoch, or of the last step before there was one."""
    if run.epochs:
        return run.epochs[-1].metrics.get("train_loss")
    series = run.series.get("train_loss")
    return series[-1] if series else None
