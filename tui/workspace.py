"""Where results and data lie: command line before environment before the user's config file before the default."""

from __future__ import annotations

import os
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ConfigError, TermlabError, suggest

if TYPE_CHECKING:
    from engine.remainder import Work
    from engine.store import RunStore

_KEYS = ("results", "data")


@dataclass(frozen=True, slots=True)
class Workspace:
    """The two folders that every command works with, and whether it may show tracebacks."""

    results: Path
    data: Path
    debug: bool = False


def resolve_workspace(results: Path | None, data: Path | None, *, debug: bool = False) -> Workspace:
    """Return the folders to work with; None means that the command line did not say.

    Raises: ConfigError if the user's config file is not usable.
    """
    configured = _user_config()
    return Workspace(
        results=_first(results, "TERMLAB_RESULTS", configured.get("results")) or Path("results"),
        data=_first(data, "TERMLAB_DATA", configured.get("data")) or _default_data(),
        debug=debug,
    )


def data_of_work(work: Work, store: RunStore, data: Path) -> Path:
    """Return where the data is of runs that are gone on with: where it was, unless the user says where it is now."""
    if data != _default_data():
        return data
    with suppress(TermlabError, StopIteration):
        runs = iter(work.interrupted.values())
        if not work.interrupted and work.belongs:
            runs = (run.run for run in store.summaries() if run.sweep == work.belongs[0].sweep)
        return data_of_run(next(runs), store, data)
    return data


def data_of_run(run_id: str, store: RunStore, data: Path) -> Path:
    """Return where the data of a saved run is: where it was, unless the user says where it is now."""
    from engine.store.files import read_header

    if data != _default_data():
        return data
    with suppress(TermlabError, OSError):  # whatever a stranger wrote there
        before = read_header(store.folder / run_id).data_folder
        if before and Path(before).is_dir():
            return Path(before)
    return data


def _first(option: Path | None, variable: str, configured: str | None) -> Path | None:
    text = os.environ.get(variable) or configured
    if option is not None:
        return option.expanduser()
    return Path(text).expanduser() if text else None


def _default_data() -> Path:
    from engine.data.places import default_data_folder

    return default_data_folder()


def _user_config() -> dict[str, str]:
    from platformdirs import user_config_path

    path = user_config_path("termlab") / "config.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError([f"{path}: cannot be read: {error}"]) from error
    problems = [
        f"{path}: {key} is not a key of this file.{suggest(key, _KEYS)}" for key in document if key not in _KEYS
    ]
    problems += [
        f"{path}: {key} = {document[key]!r} is not a folder; write it in quotes"
        for key in _KEYS
        if key in document and not isinstance(document[key], str)
    ]
    if problems:
        raise ConfigError(problems, f"It may hold: {', '.join(_KEYS)}.")
    return document
