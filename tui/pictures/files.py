"""A picture and its numbers as files: one PNG, one JSON document, a CSV file for each table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.errors import ExportError
from engine.shown import finite
from tui.pictures.png import require_matplotlib, to_png
from tui.pictures.registry import drawer_of, plate_of
from tui.pictures.seen import Seen
from tui.tables import Table, TableFormat


def tables_of(seen: Seen) -> dict[str, Table]:
    """Return the numbers as tables, by name; those of two runs by the run too."""
    question = seen.inspection.question
    drawer = drawer_of(question.what)
    if question.against is None:
        return drawer.tables(seen.inspection.first)
    return {
        f"{name}-{run}": table
        for run, (_, _, answer) in zip(question.runs, seen.answers, strict=True)
        for name, table in drawer.tables(answer).items()
    }


def document_of(seen: Seen) -> dict[str, Any]:
    """Return the numbers for scripts: of one run, and of the one beside it where there is one."""
    from engine.summary import SCHEMA_VERSION

    question = seen.inspection.question
    drawer = drawer_of(question.what)
    found: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "what": question.what, "run": question.run}
    found |= drawer.document(seen.inspection.first)
    if question.against is not None:
        found["against"] = {"run": question.against} | drawer.document(seen.inspection.second)
    if question.also:
        found["also"] = [
            {"run": run} | drawer.document(answer)
            for run, answer in zip(question.also, seen.inspection.further, strict=True)
        ]
    document: dict[str, Any] = finite(found)
    return document


def check_folder(out: Path, what: str, *, needs_png: bool, replaces: bool) -> None:
    """Make sure, before anything is computed, that files can be written into a folder, which may be new.

    Raises: ExportError if they cannot, or something of the same name is there that is not to be replaced.
    """
    if needs_png:
        require_matplotlib()
    if out.exists() and not out.is_dir():
        raise ExportError(f"{out} is not a folder", "Name one, which may be new.")
    if not out.absolute().parent.is_dir():
        raise ExportError(f"{out}: there is no folder {out.absolute().parent}", "Make it first.")
    there = sorted(path.name for path in out.glob(f"{what}[.-]*")) if out.is_dir() else []
    if there and not replaces:
        raise ExportError(f"{out} has {', '.join(there)} already", "Name another folder, or add --force.")


def write_files(out: Path, what: str, seen: Seen, *, needs_png: bool) -> list[Path]:
    """Write the files, each whole or not at all, and return their paths.

    Raises: ExportError if the file system refuses.
    """
    from engine.atomic import write_atomic
    from engine.shown import json_text

    contents: dict[str, bytes] = {}
    if needs_png:
        contents[f"{what}.png"] = to_png(plate_of(seen))
    contents[f"{what}.json"] = json_text(document_of(seen)).encode() + b"\n"
    for name, table in tables_of(seen).items():
        full = name if name == what or name.startswith(f"{what}-") else f"{what}-{name}"
        contents[f"{full}.csv"] = table.written(TableFormat.CSV).encode() + b"\n"
    try:
        out.mkdir(exist_ok=True)
        for name, content in contents.items():
            write_atomic(out / name, content)
    except OSError as error:
        raise ExportError(f"{out}: {error.strerror}: {error.filename}") from error
    return [out / name for name in contents]
