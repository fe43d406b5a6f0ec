"""The formats that runs are exported to: what each makes, and what it needs beyond termlab itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

from engine.errors import ExportError
from engine.export.run_columns import RunColumn
from engine.export.saved import SavedRun


class Write(Protocol):
    """What every format's module has as `write`."""

    def __call__(
        self, path: Path, runs: Iterable[SavedRun], /, *, columns: Sequence[RunColumn], has_steps: bool
    ) -> None:
        """Write runs to a file that is not there yet, or into a folder that is."""


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One format."""

    name: str
    module: str
    is_folder: bool
    package: str = ""
    """What it needs to be installed; empty where termlab alone writes it. It is also the import name."""
    extra: str = ""
    """The optional dependencies of termlab that bring it."""

    def writer(self) -> Write:
        """Return the function that writes it.

        Raises: ExportError naming the command that installs what is missing.
        """
        if self.package and find_spec(self.package) is None:
            raise ExportError(
                f"--format {self.name} needs {self.package}, which is not installed",
                f"Install it: pip install 'termlab[{self.extra}]', or pip install {self.package}",
            )
        return cast("Write", import_module(self.module).write)


_ALL = (
    ExportFormat("csv", "engine.export.csv_tables", is_folder=True),
    ExportFormat("json", "engine.export.json_document", is_folder=False),
    ExportFormat("parquet", "engine.export.parquet_tables", is_folder=True, package="pyarrow", extra="parquet"),
    ExportFormat(
        "tensorboard", "engine.export.tensorboard_logs", is_folder=True, package="tensorboard", extra="tensorboard"
    ),
)
FORMATS = {form.name: form for form in _ALL}
