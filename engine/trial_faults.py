"""Faults collected, and told as one error: each once, with the trials that have it unless all do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from engine.errors import ConfigError, TermlabError

MOST_NAMED = 4
"""Trials that a message names before it counts the rest."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Collects what is wrong, so that one fault does not hide the next."""

    found: list[TermlabError] = field(default_factory=list)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the fault that ends the block, if one does, and go on after it."""
        try:
            yield
        except TermlabError as error:
            self.found.append(error)


def join_faults(found: Sequence[tuple[str, TermlabError]], labels: Iterable[str]) -> TermlabError:
    """Make one error of faults, each with the label of its trial; `labels` are those of all trials.

    It is of the kind that the faults have, and a ConfigError where they are of several kinds.
    """
    everybody = list(dict.fromkeys(labels))
    having: dict[str, dict[str, None]] = {}
    for label, error in found:
        problems = error.problems if isinstance(error, ConfigError) else (error.message,)
        for problem in problems:
            having.setdefault(problem, {})[label] = None
    lines = [f"{_named(list(those), everybody)}{problem}" for problem, those in having.items()]
    hint = "\n".join(dict.fromkeys(error.hint for _, error in found if error.hint))
    kinds = {type(error) for _, error in found}
    if len(kinds) > 1 or kinds == {ConfigError}:
        return ConfigError(lines, hint)
    return kinds.pop()("\n".join(lines), hint)


def _named(labels: Sequence[str], everybody: Sequence[str]) -> str:
    if len(labels) == len(everybody):
        return ""
    named = ", ".join(f'"{label}"' for label in labels[:MOST_NAMED])
    rest = len(labels) - MOST_NAMED
    return f"trial{'s' if len(labels) > 1 else ''} {named}{f' and {rest} more' if rest > 0 else ''}: "
