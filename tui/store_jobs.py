"""What the store's thread does on the disk when the application asks; each job returns what there is to tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from engine.errors import RunBusyError, StoreError, TermlabError
from engine.remainder import Work, remainder_of_sweep
from engine.store import RunStore
from engine.store.annotations import Change
from engine.store.requests import Request
from engine.store.sweeps import load_sweep
from engine.summary import RunStatus
from tui.detached import Detached, start_apart
from tui.export_line import ExportLine
from tui.messages import PictureDrawn, PictureWritten, RestFound, RunsExported
from tui.rest import Rest

if TYPE_CHECKING:
    from tui.pictures.seen import Seen

Job = Callable[[RunStore], Message | Detached | None]


def annotate_run(run_id: str, change: Change) -> Job:
    """Change what people say of a run: its tags, its note, whether lists leave it out."""

    def annotate(store: RunStore) -> None:
        store.annotate(run_id, change)

    return annotate


def export(run_ids: Sequence[str], wanted: ExportLine) -> Job:
    """Write saved runs for another tool."""

    def write(store: RunStore) -> RunsExported:
        from engine.export.run_export import export_runs

        chosen = [store.summary(run_id) for run_id in run_ids]
        try:
            count = export_runs(store, chosen, wanted.form, wanted.path)
        except OSError as error:
            raise StoreError(f"{wanted.path} cannot be written: {error.strerror}") from error
        return RunsExported(count, len(chosen) - count, wanted.path)

    return write


def write_picture(folder: Path, what: str, seen: Seen, *, needs_png: bool) -> Job:
    """Write a picture of a network and its numbers as files."""

    def write(store: RunStore) -> PictureWritten:  # noqa: ARG001 - every job has it
        from tui.pictures.files import write_files

        return PictureWritten(folder, len(write_files(folder, what, seen, needs_png=needs_png)))

    return write


def draw_picture(seen: Seen) -> Job:
    """Draw a picture of a network as a PNG file: matplotlib takes a second for it, which would hold up the screen."""

    def draw(store: RunStore) -> PictureDrawn:  # noqa: ARG001 - every job has it
        from tui.pictures.png import to_png
        from tui.pictures.registry import plate_of

        return PictureDrawn(to_png(plate_of(seen)))

    return draw


def ask_run(run_id: str, request: Request) -> Job:
    """Ask the process that trains a run, whichever it is."""

    def ask(store: RunStore) -> None:
        store.ask(run_id, request)

    return ask


def find_rest(run_id: str) -> Job:
    """Find out what is left of a run and of its sweep."""

    def find(store: RunStore) -> RestFound:
        return RestFound(rest_of(run_id, store))

    return find


def detach(work: Work, data_folder: Path) -> Job:
    """Have a process of its own train."""

    def start(store: RunStore) -> Detached:
        store.check_writable()
        return start_apart(work, store, data_folder)

    return start


def rest_of(run_id: str, store: RunStore) -> Rest:
    """Return what is left of a run and of its sweep.

    Raises: RunBusyError if somebody trains it; any TermlabError if it cannot be read.
    """
    summary = store.summary(run_id)
    if summary.status.is_live:
        raise RunBusyError(f"{run_id} is being trained by {store.load(run_id).writer}", "It appears on Live.")
    this = None
    if summary.status is not RunStatus.DONE:
        this = Work((store.load(run_id).trial,), {0: run_id})
    if not summary.sweep:
        return Rest(summary, this)
    try:
        whole = load_sweep(store.folder, summary.sweep)
    except TermlabError as error:
        return Rest(summary, this, note=error.message)
    saved = store.summaries()
    left = remainder_of_sweep(whole, saved, retry_failed=False)
    retried = remainder_of_sweep(whole, saved, retry_failed=True)
    if left.elsewhere:
        others = ", ".join(left.elsewhere.values())
        return Rest(summary, this, note=f"The rest of its sweep is under way in another process: {others}")
    is_more = bool(left.places) and left.places != [summary.place]
    return Rest(
        summary,
        this,
        sweep=Work.of_rest(whole, left) if is_more else None,
        with_failed=Work.of_rest(whole, retried) if left.failed and retried.places != [summary.place] else None,
    )
