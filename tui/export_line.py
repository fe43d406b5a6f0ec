"""What is written where, as one line says it: a format and a path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.errors import ConfigError, unknown


@dataclass(frozen=True, slots=True)
class ExportLine:
    """A format of `engine.export`, and where it goes."""

    form: str
    path: Path


def read_export_line(line: str) -> ExportLine:
    """Read a line such as `csv runs` and make sure that an export can begin.

    Raises: ConfigError for another format, or no path; ExportError if what it needs is not installed, or something is
    at the path already.
    """
    from engine.export.formats import FORMATS
    from engine.export.run_export import check_export

    form, _, path = line.strip().partition(" ")
    if form not in FORMATS:
        raise ConfigError([unknown("format", form, FORMATS)], "Write a format and a path, such as: csv runs")
    if not path.strip():
        raise ConfigError([f"{form}: to which path?"], f"Write a format and a path, such as: {form} runs")
    found = ExportLine(form, Path(path.strip()).expanduser())
    check_export(found.form, found.path, replaces=False)
    return found
