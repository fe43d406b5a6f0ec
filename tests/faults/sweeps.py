"""Sweeps that need every generator of random numbers, and what of them must not depend on interruptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.run import Run
from engine.store import RunStore
from tests.processes import Launcher, Program

RECIPE = ("digits-first", "model.dropout=0.5", "augment.crop=7", "evaluate.dropout_masks=3")
"""Draws at random for initial weights, order, augmentation and dropout; has momentum in one of its two trials."""

Result = dict[tuple[str, int], object]
"""What counts of each run, by trial and seed."""


@dataclass
class Reference:
    """Results of sweeps that nobody interrupts, each trained once."""

    launcher: Launcher
    folder: Path
    _known: dict[tuple[str, ...], Result] = field(default_factory=dict)

    def __call__(self, *sweep: str) -> Result:
        if sweep not in self._known:
            results = self.folder / str(len(self._known))
            program = self.launcher.call("run", *sweep, "--results", str(results), folder=results / "program")
            assert program.wait() == 0, program.err
            self._known[sweep] = result_of(results)
        return self._known[sweep]


@dataclass
class Shell:
    """Calls the program with a results folder of its own."""

    launcher: Launcher
    folder: Path
    _calls: int = 0

    @property
    def results(self) -> Path:
        """Where the runs are."""
        return self.folder / "results"

    def start(self, *arguments: str, before: str = "", environment: Mapping[str, str] | None = None) -> Program:
        """Start a command; `before` may name what is in `tests.moments`."""
        self._calls += 1
        return self.launcher.start(
            *arguments,
            "--results",
            str(self.results),
            folder=self.folder / f"call {self._calls}",
            before=f"from tests.moments import *; {before}",
            environment=environment,
        )

    def __call__(self, *arguments: str, before: str = "", code: int = 0) -> Program:
        """Call a command that ends with a code."""
        program = self.start(*arguments, before=before)
        assert program.wait() == code, program.err
        return program

    def statuses(self) -> list[tuple[str, int, str]]:
        """Return label, seed and status of every run, oldest first."""
        return [(one.label, one.seed, str(one.status)) for one in reversed(RunStore(self.results).summaries())]


def result_of(results: Path) -> Result:
    """Return what a results folder holds, where each trial has one finished run and nothing is damaged."""
    store = RunStore(results)
    summaries = store.summaries()
    assert {summary.status for summary in summaries} == {"done"}, [(one.run, one.status) for one in summaries]
    found: Result = {(one.label, one.seed): what_counts(store.load(one.run)) for one in summaries}
    assert len(found) == len(summaries), "a trial was trained twice"
    return found


def what_counts(run: Run) -> object:
    """Return all of a run but its clock and what was said about interruptions."""
    assert run.finished is not None
    epochs = [(epoch.epoch, epoch.step, epoch.samples, epoch.metrics, epoch.weights_sha256) for epoch in run.epochs]
    end = (run.finished.reason, run.finished.metrics, run.finished.tables)
    return str(run.status), run.step, list(run.series["train_loss"]), epochs, end


def leftovers(results: Path) -> list[Path]:
    """Return the halves of files in a results folder."""
    return [path for path in results.rglob("*") if path.name.endswith(".tmp") or path.name.startswith((".new.", ".wr"))]
