"""One export from start to end: checked first, then whole or not at all. The command and the application share it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from engine.errors import DamagedError
from engine.export.destination import check_destination, whole_or_nothing
from engine.export.formats import FORMATS
from engine.export.run_columns import run_columns
from engine.export.saved import OnDamage, SavedRun, read_saved
from engine.store import RunStore
from engine.summary import RunStatus, RunSummary


def check_export(form: str, path: Path, *, replaces: bool) -> None:
    """Make sure that an export can begin.

    Raises: ExportError if what it needs is not installed, or something is at `path` that is not to be replaced.
    """
    FORMATS[form].writer()
    check_destination(path, is_folder=FORMATS[form].is_folder, replaces=replaces)


def export_runs(
    store: RunStore,
    chosen: Sequence[RunSummary],
    form: str,
    path: Path,
    *,
    has_steps: bool = False,
    replaces: bool = False,
    on_damage: OnDamage = lambda _run, _reason: None,
    before_each: Callable[[], None] = lambda: None,
) -> int:
    """Write runs to `path` and return how many; those that cannot be read are told to `on_damage` and left out.

    `before_each` is called before each run is read, and may raise to end the export, which then leaves nothing.
    Raises: ExportError as `check_export`; DamagedError if none of the runs can be read; OSError if the disk refuses.
    """
    check_export(form, path, replaces=replaces)
    kind = FORMATS[form]
    columns = run_columns(run for run in chosen if run.status is not RunStatus.DAMAGED)
    count = 0

    def counted(runs: Iterable[SavedRun]) -> Iterator[SavedRun]:
        nonlocal count
        before_each()
        for saved in runs:
            count += 1
            yield saved
            before_each()

    mark: dict[str, object] = {"format": form, "steps": has_steps}
    with whole_or_nothing(path, is_folder=kind.is_folder, mark=mark) as beside:
        kind.writer()(beside, counted(read_saved(store, chosen, on_damage)), columns=columns, has_steps=has_steps)
        if not count:
            raise DamagedError(f"none of these runs of {store.folder} can be read: nothing is exported")
        mark["runs"] = count
    return count
