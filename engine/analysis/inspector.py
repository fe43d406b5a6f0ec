"""`Inspector`: answers questions about saved runs, and keeps those that were asked last in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from engine.analysis.asked import Asked, OpenedRun
from engine.analysis.loaded_run import load_run
from engine.analysis.progress import Progress, Steps
from engine.analysis.question import Inspection, Question
from engine.analysis.whats import WHATS, Needs, What
from engine.data.shared import forget_shared
from engine.errors import DamagedError, TermlabError, unreadable_run
from engine.run import Run
from engine.store import RunStore
from engine.store.files import WEIGHTS

MOST_OPENED = 4
"""Runs that are seen together."""


class _Answers(Protocol):
    def answer(self, asked: Asked) -> Steps[Any]: ...


class Inspector:
    """Loads runs and asks them; one at a time."""

    def __init__(self, store: RunStore, data_folder_of: Callable[[str], Path]) -> None:
        """`data_folder_of` says where the data of a run lies."""
        self._store, self._data_folder_of = store, data_folder_of
        self._opened: dict[tuple[str, int, int], OpenedRun] = {}

    def forget(self) -> None:
        """Give the memory back."""
        self._opened.clear()
        forget_shared()

    def ask(self, question: Question) -> Steps[Inspection]:
        """Answer a question, giving way after each portion of the work.

        Raises: TermlabError, whichever, saying what stands in the way.
        """
        what = WHATS[question.what]
        found = []
        for run_id in question.runs:
            others = [other for other in question.runs if other != run_id]
            found.append((yield from self._answer(what, question, run_id, others)))
        first, *rest = found
        return Inspection(question, first, rest[0] if rest else None, tuple(rest[1:]))

    def _answer(self, what: What, question: Question, run_id: str, beside: Sequence[str]) -> Steps[Any]:
        module: Any = import_module(f"engine.analysis.{what.module}")
        if what.needs is Needs.RECIPE:
            yield Progress(0, 1, "sizing the network")
            return module.layers_of(self._read(run_id), self._data_folder_of(run_id))
        if what.needs is Needs.EVENTS:
            yield Progress(0, 1, "reading the run")
            return module.layer_history(self._read(run_id))
        opened = yield from self._open(run_id, what)
        if what.is_of_images and opened.examples.images is None:
            raise TermlabError(
                f"{what.name} is asked of images, and {run_id} learned from points",
                "Of points of the plane, boundary shows what a network makes of them.",
            )
        others = []
        for other in beside if what.takes_layer else ():  # nothing else shares a scale
            others.append((yield from self._open(other, what)))
        asked = Asked(opened, question.image, question.class_name, question.layer, question.examples, tuple(others))
        return (yield from cast(_Answers, module).answer(asked))

    def _read(self, run_id: str) -> Run:
        """Read a run without its network.

        Raises: DamagedError that names it and says where it lies.
        """
        try:
            return self._store.load(run_id)
        except DamagedError as error:
            raise unreadable_run(self._store.folder / run_id, error.message) from error

    def _open(self, run_id: str, what: What) -> Steps[OpenedRun]:
        """Load a run, or take it from memory if its weights are still those that were loaded."""
        path = self._store.folder / run_id / WEIGHTS
        stat = path.stat() if path.exists() else None
        key = (run_id, stat.st_mtime_ns, stat.st_size) if stat is not None else (run_id, 0, 0)
        opened = self._opened.pop(key, None)
        if opened is None or (what.needs_classes and opened.loaded.test.labels.is_floating_point()):
            yield Progress(0, 1, "loading the network and its data")
            loaded = load_run(self._store, run_id, self._data_folder_of(run_id), needs_classes=what.needs_classes)
            opened = OpenedRun(loaded)
            while len(self._opened) >= MOST_OPENED:
                self._opened.pop(next(iter(self._opened)))
        self._opened[key] = opened
        return opened
