"""The errors a user can do something about: what is wrong, where, what is allowed, what to try."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path


class TermlabError(Exception):
    """A fault with a remedy: shown as a message and a hint, never as a traceback."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class ConfigError(TermlabError):
    """One or more settings are wrong; nothing was started."""

    def __init__(self, problems: Sequence[str], hint: str = "") -> None:
        super().__init__("\n".join(problems), hint)
        self.problems = tuple(problems)


class PresetError(TermlabError):
    """A preset is unknown, or its file cannot be used; `file` is the name of that file."""

    def __init__(self, message: str, hint: str = "", *, file: str = "") -> None:
        super().__init__(message, hint)
        self.file = file


class DataError(TermlabError):
    """A dataset is unknown, missing, incomplete or unreadable."""


class DeviceError(TermlabError):
    """The device asked for is not there."""


class ModelError(TermlabError):
    """A model cannot be built for this data."""


class GradientError(TermlabError):
    """A gradient written by hand is not the one that autograd finds."""


class RunNotFoundError(TermlabError):
    """No saved run, or more than one, answers to a name."""


class StoreError(TermlabError):
    """The results folder cannot be read or written."""


class ExportError(TermlabError):
    """What was asked for cannot be written for another tool."""


class RunBusyError(TermlabError):
    """Another process writes the run."""


class PlaceTakenError(TermlabError):
    """Another process that trains the same sweep has begun this trial."""


class DamagedError(TermlabError):
    """A file in a run folder does not say what it should."""


_LATER = "a later one wrote it"


def other_version(what: str, found: object, known: int) -> DamagedError:
    """Return the error for a file of a version that is not read; `what` ends with the word before the number."""
    is_later = isinstance(found, int) and found > known
    later = f", {_LATER}" if is_later else ""
    hint = "A termlab at least as new as the one that wrote it reads it." if is_later else ""
    return DamagedError(f"{what} {found!r:.40}; this termlab reads {known}{later}", hint)


def is_of_later_version(message: str) -> bool:
    """Tell of the message of a DamagedError, which summaries keep as the reason, whether only the reader is too old."""
    return message.endswith(_LATER)


def unreadable_run(folder: Path, why: str) -> DamagedError:
    """Return the error for a run that cannot be read: which, why, where it lies, and what helps."""
    remedy = "Restore it from a copy, or move it out of the way with termlab doctor --set-aside."
    if is_of_later_version(why):
        remedy = "A termlab at least as new as the one that wrote it reads it."
    return DamagedError(f"{folder.name} cannot be read: {why}", f"It lies in {folder}. {remedy}")


_SHORT_FORMS = {"learning_rate": "lr", "learn_rate": "lr", "l2": "weight_decay", "bs": "batch_size"}
"""What settings are called here that many know under another name."""


def suggest(found: str, known: Iterable[str]) -> str:
    """Name the nearest known word, as a sentence to append to a message, or nothing."""
    nearest = difflib.get_close_matches(found, list(known), n=1, cutoff=0.6)
    return f' Did you mean "{nearest[0]}"?' if nearest else ""


def suggest_key(found: str, known: Iterable[str]) -> str:
    """Name the nearest dotted key; whoever writes "lr" or "learning_rate" means "optim.lr", not near by its letters."""
    keys = list(known)
    section, _, name = found.rpartition(".")
    name = _SHORT_FORMS.get(name, name)
    longer = [key for key in keys if key.rpartition(".")[2] == name and key.startswith(section)]
    return f' Did you mean "{longer[0]}"?' if longer else suggest(found, keys)


def unknown(what: str, found: str, known: Iterable[str]) -> str:
    """Say that a name is not known, which ones are, and which is nearest."""
    names = sorted(known)
    listed = f" Known: {', '.join(names)}." if names else ""
    return f'"{found}" is not a known {what}.{listed}{suggest(found, names)}'
