"""A run folder that a real training left, and everything that termlab does with one, for tests that damage it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.archive import check_archive
from engine.checkpoint import load_checkpoint
from engine.config import RunConfig
from engine.control import Control
from engine.errors import DamagedError, StoreError
from engine.events import EpochDone, from_json
from engine.leaderboard import rank
from engine.overrides import apply_overrides
from engine.run import Run
from engine.runner import run_trials
from engine.shown import json_text
from engine.standings import sections_of, separation, stand
from engine.store import BEST_WEIGHTS, CHECKPOINT, CONFIG, EVENTS, SUMMARY, WEIGHTS, RunStore
from engine.store.files import read_header
from engine.summary import RunStatus, RunSummary
from engine.tensor_file import load_tensors
from engine.trial import Published, Trial
from tests.tui.laboratory import NOW
from tui.board import run_lines, table_rows
from tui.board_rows import BoardRows
from tui.charts.curves import accuracy_figure, loss_figure, table_figure
from tui.charts.render import render_lines
from tui.leaderboard_json import leaderboard_json
from tui.leaderboard_table import entries_of, leaderboard_table
from tui.run_table import run_table
from tui.run_text import epoch_table, run_text
from tui.runbook import Runbook
from tui.screens.run_facts import fact_columns, fact_rows
from tui.standing_words import separation_words
from tui.tables import TableFormat
from tui.time_left import progress_of
from tui.widgets.trial_rows import trial_rows

WRITER = "writer.1.json"
WHOLE_FILES = (CONFIG, SUMMARY, WRITER)
TENSOR_FILES = (WEIGHTS, BEST_WEIGHTS, CHECKPOINT)
SETTINGS = {
    "data.train_limit": "96", "data.test_limit": "32", "model.hidden": "4", "train.epochs": "3",
    "train.batch_size": "32", "optim.momentum": "0.9", "evaluate.dropout_masks": "2", "model.dropout": "0.5",
}  # fmt: skip


@dataclass(frozen=True)
class RealRun:
    """What a training left, as it was before anything was done to it."""

    results: Path
    run_id: str
    contents: dict[str, bytes]

    @property
    def folder(self) -> Path:
        """Its folder."""
        return self.results / self.run_id

    def restore(self) -> None:
        """Put every file back as it was."""
        for name, content in self.contents.items():
            (self.folder / name).write_bytes(content)

    def prefixes(self) -> list[object]:
        """Return what the run was after each of its events, first to last."""
        told = []
        run = read_header(self.folder)
        for line in self.contents[EVENTS].splitlines():
            run.apply(from_json(line))
            told.append(all_of(run))
        return told


def train_run(results: Path, *, is_stopped: bool) -> RealRun:
    """Train a tiny network on digits: to its end, or left after two epochs with a checkpoint to go on from."""
    published = (Published(metric="test_accuracy", value=0.5, tolerance=0.4, comparable=True),)
    trial = Trial(
        preset="digits-first", label="only", config=apply_overrides(RunConfig(), SETTINGS), published=published
    )
    stream = run_trials([trial], RunStore(results), data_folder=results / "none", control=Control())
    run_id = ""
    for happened in stream:
        run_id = happened.run_id
        if is_stopped and isinstance(happened.event, EpochDone) and happened.event.epoch == 2:
            break
    stream.close()
    files = [path for path in (results / run_id).iterdir() if path.is_file()]
    return RealRun(results, run_id, {path.name: path.read_bytes() for path in files})


def all_of(run: Run) -> object:
    """Return all that events say of a run; what is not a number equals itself here."""
    return repr((run.status, run.started, run.epochs, run.notes, run.series, run.tick_steps, run.last, run.finished))


def on_disk(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return what changes when anything in a folder does, however deep."""
    found = {}
    for path in sorted(folder.rglob("*")):
        stat = os.lstat(path)
        found[str(path)] = (stat.st_size, stat.st_mtime_ns, stat.st_mode)
    return found


def load_all(results: Path, tensor_files: Sequence[str] = TENSOR_FILES) -> Iterator[Run]:
    """Yield every run that can be read, and look into its tensors; only errors with a remedy may tell what is wrong."""
    store = RunStore(results)
    for summary in store.summaries():
        with suppress(DamagedError, StoreError):
            yield store.load(summary.run)
        for name in tensor_files:
            path = results / summary.run / name
            with suppress(FileNotFoundError, DamagedError):
                load_checkpoint(path) if name == CHECKPOINT else load_tensors(path, what="weights")


def is_whole_archive(path: Path) -> bool:
    """Tell whether every byte of a file of tensors is what was written."""
    try:
        with path.open("rb") as file:
            check_archive(file)
    except DamagedError:
        return False
    return True


def show_everything(results: Path) -> list[RunSummary]:
    """Do with a results folder what commands and screens do, short of starting them; return the list of its runs."""
    summaries = RunStore(results).summaries()
    for form in TableFormat:
        run_table(summaries).written(form)
    json_text([summary.to_dict() for summary in summaries])
    rows = rank(summaries)
    baseline = rows[-1].fingerprint if rows else None
    entries = entries_of(rows, stand(rows, baseline) if baseline else {}, baseline)
    leaderboard_table(entries).written(TableFormat.TABLE)
    leaderboard_json(entries)
    for section in sections_of(rows):
        if (found := separation(section)) is not None:
            separation_words(found)
    book = Runbook()
    book.take_runs(summaries, rows)
    board = BoardRows()
    board.take(summaries)
    table_rows([*run_lines(summaries, book.look_of, {}), *board.recipe_lines(book.look_of)], 10)
    by_id = {summary.run: summary for summary in summaries}
    for run in load_all(results):
        show_run(run, by_id[run.id], book)
    return summaries


def show_run(run: Run, summary: RunSummary, book: Runbook) -> None:
    """Do with one run what commands and screens do."""
    for width in (None, 60):
        run_text(summary, run, width)
    for form in TableFormat:
        epoch_table(run).written(form)
    figures = [
        loss_figure([run]),
        accuracy_figure([run], x="time"),
        loss_figure([run], x="step", log_y=True),
    ]
    figures += [table_figure([run], name) for name in (run.finished.tables if run.finished else ())]
    for figure in figures:
        render_lines(figure, 60, 12, color=True)
    fact_columns([run])
    fact_rows([run])
    book.follow(run.id, run.trial, run.created, [], is_first=True)
    assert book.sweep is not None
    book.sweep.slots[-1].run = run
    progress_of(book.sweep, NOW)
    trial_rows(book.sweep, [])


def assert_told(summary: RunSummary) -> None:
    """Check that a run that cannot be read says why."""
    assert summary.status is not RunStatus.DAMAGED or summary.reason
