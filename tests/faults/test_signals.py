"""Every signal in every phase: the documented code, nothing lost, and the same result once it is gone on with."""

from __future__ import annotations

import itertools
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from signal import SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2

import pytest

from engine.store import RunStore
from tests.faults.conftest import LOSSES, Figures
from tests.faults.sweeps import RECIPE, Reference, leftovers, result_of
from tests.processes import Launcher, Program

RUN = (*RECIPE, "--only", "momentum", "--epochs", "3")
CODES = {SIGINT: 130, SIGTERM: 143, SIGHUP: 143, SIGUSR1: 75, SIGUSR2: 75}
SUSPENDED_SECONDS = 1.5
IMPORT = "from tests.moments import *; "


@dataclass(frozen=True)
class Phase:
    """A moment, and what there is of the run if a signal comes then."""

    name: str
    moment: str
    status: str
    """Empty where no run has begun."""
    code: int | None = None
    """None is that of the signal."""


PHASES = [
    Phase("start", "hold('engine.presets', 'load_preset')", ""),
    Phase("data", "hold('engine.data.load', 'load_dataset')", ""),
    Phase("network", "hold('engine.runner', '_begin')", ""),
    Phase("config", "hold('engine.store.run_store', 'write_atomic', after=True)", ""),
    Phase("lock", "hold('engine.store.lock', 'create_atomic', after=True)", ""),
    Phase("first step", "hold('engine.train', '_begin_epoch')", "stopped"),
    Phase("epoch", "hold('engine.step_series', 'StepSeries.end_step', call=60)", "stopped"),
    Phase("log", "often(); hold('engine.store.event_log', 'EventLog.append', call=40)", "stopped"),
    Phase("evaluation", "hold('engine.train', 'evaluate', call=2)", "stopped"),
    Phase("checkpoint", "often(); hold('engine.checkpoint_saver', 'save_checkpoint', call=3)", "stopped"),
    Phase("masks", "often(); hold('engine.train', 'evaluate_dropout')", "stopped"),
    Phase("weights", "hold('engine.recording', 'save_weights', after=True)", "done"),
    Phase("unlock", "hold('engine.store.lock', 'RunLock.release')", "done"),
    Phase("table", "hold('tui.run_table', 'run_table')", "done"),
    Phase("exit", "hold_at_exit()", "done", code=0),
]

PHASES_BY_NAME = {phase.name: phase for phase in PHASES}


def cases() -> list[object]:
    """Return every signal in every phase; each phase with one of the signals is tested always."""
    rotating = itertools.cycle(CODES)
    chosen = {phase.name: next(rotating) for phase in PHASES}
    return [
        pytest.param(phase, number, id=f"{phase.name}-{number.name}", marks=() if is_quick else pytest.mark.soak)
        for phase in PHASES
        for number in CODES
        for is_quick in [number == chosen[phase.name]]
    ]


def start(launcher: Launcher, tmp_path: Path, before: str) -> Program:
    results = str(tmp_path / "results")
    return launcher.start("run", *RUN, "--results", results, folder=tmp_path / "program", before=IMPORT + before)


def statuses(tmp_path: Path) -> list[str]:
    return [str(summary.status) for summary in RunStore(tmp_path / "results").summaries()]


def check_going_on(launcher: Launcher, tmp_path: Path, whole: object, figures: Figures) -> None:
    """Go on with the run, or begin it, and see that it ends as one that nobody interrupted."""
    results = tmp_path / "results"
    command = ["resume", "latest"] if statuses(tmp_path) else ["run", *RUN]
    again = launcher.call(*command, "--results", str(results), folder=tmp_path / "again")
    assert again.wait() == 0, again.err
    is_same = result_of(results) == whole
    figures.add(LOSSES, not is_same)
    assert is_same
    assert leftovers(results) == []


@pytest.mark.parametrize(("phase", "number"), cases())
def test_a_signal_ends_the_program_with_its_code_and_loses_nothing(
    phase: Phase, number: signal.Signals, launcher: Launcher, reference: Reference, figures: Figures, tmp_path: Path
) -> None:
    program = start(launcher, tmp_path, phase.moment)
    assert program.reaches_the_moment(), program.err
    program.send(number)
    program.let_go()
    assert program.wait() == (CODES[number] if phase.code is None else phase.code), program.err
    assert "Traceback" not in program.err
    assert "Exception" not in program.err
    assert statuses(tmp_path) == ([phase.status] if phase.status else [])
    if phase.status == "stopped":
        assert "It can be gone on with: termlab resume " in program.err
    figures.add("signals delivered")
    check_going_on(launcher, tmp_path, reference(*RUN), figures)


@dataclass(frozen=True)
class Import:
    """A module that a command imports, and what the code around the import makes of an exception in it."""

    command: str
    module: str
    made_of_it: str

    @property
    def moment(self) -> str:
        return f"hold_import({self.module!r}, {self.made_of_it})"


IMPORTS = [
    Import(command, module, made_of_it)
    for command, module in [
        ("run", "engine.presets"),
        ("run", "engine.trial_facts"),
        ("run", "engine.train"),
        ("run --detach", "engine.trial_facts"),
        ("resume", "engine.trial_facts"),
        ("resume", "engine.train"),
    ]
    for made_of_it in ("None", "RecursionError", "AttributeError")
]


def cases_of_imports() -> list[object]:
    """Return every signal in every import; each import with one of the signals is tested always."""
    rotating = itertools.cycle(CODES)
    chosen = [(each, next(rotating)) for each in IMPORTS]
    return [
        pytest.param(
            each,
            number,
            id=f"{each.command}-{each.module}-{each.made_of_it}-{number.name}",
            marks=() if (each, number) in chosen else pytest.mark.soak,
        )
        for each in IMPORTS
        for number in CODES
    ]


@pytest.mark.parametrize(("each", "number"), cases_of_imports())
def test_a_signal_within_an_import_is_not_forgotten_whatever_the_imported_code_makes_of_it(
    each: Import,
    number: signal.Signals,
    launcher: Launcher,
    reference: Reference,
    figures: Figures,
    tmp_path: Path,
) -> None:
    command, *options = each.command.split()
    if command == "resume":
        begun = start(launcher, tmp_path, PHASES_BY_NAME["epoch"].moment)
        assert begun.reaches_the_moment(), begun.err
        begun.send(SIGTERM)
        begun.let_go()
        assert begun.wait() == 143, begun.err
    before = statuses(tmp_path)
    arguments = ["resume", "latest"] if command == "resume" else ["run", *RUN]
    program = launcher.start(
        *arguments,
        *options,
        "--results",
        str(tmp_path / "results"),
        folder=tmp_path / "program",
        before=IMPORT + each.moment,
    )
    assert program.reaches_the_moment(), program.err
    program.send(number)
    program.let_go()
    assert program.wait() == CODES[number], program.err
    assert "termlab:" not in program.err
    assert "Traceback" not in program.err
    assert "Starting" not in program.err
    assert program.out == ""
    assert statuses(tmp_path) == before
    figures.add("signals delivered")
    check_going_on(launcher, tmp_path, reference(*RUN), figures)


@pytest.mark.parametrize(
    ("module", "later"),
    [
        ("engine.presets", "hold('engine.sweep', 'expand')"),
        ("engine.trial_facts", "hold('engine.data.load', 'load_dataset')"),
    ],
)
@pytest.mark.parametrize("number", [SIGTERM, SIGINT])
def test_a_program_that_swallowed_a_signal_obeys_the_next_one_with_the_code_of_the_first(
    module: str, later: str, number: signal.Signals, launcher: Launcher, figures: Figures, tmp_path: Path
) -> None:
    program = start(launcher, tmp_path, f"{later}; hold_import({module!r}, None)")
    assert program.reaches_the_moment(), program.err
    program.send(SIGUSR1)
    assert program.reaches_the_moment(), program.err
    program.send(number)
    assert program.wait() == 75, program.err
    assert program.err == ""
    assert statuses(tmp_path) == []
    figures.add("signals delivered", 2)


@pytest.mark.parametrize(
    "moment",
    [
        "hold('engine.store.event_log', 'EventLog.append', call=3, block=stand_still)",
        "hold('engine.checkpoint_saver', 'save_checkpoint', block=stand_still)",
        "hold('engine.learner', 'AutogradLearner.step', call=30, block=stand_still)",
    ],
)
def test_a_second_interrupt_leaves_at_once_though_nothing_moves(
    moment: str, launcher: Launcher, reference: Reference, figures: Figures, tmp_path: Path
) -> None:
    program = start(launcher, tmp_path, moment)
    assert program.reaches_the_moment(), program.err
    for _ in range(100):
        program.send(SIGINT)
        if program.is_over(0.2):  # two of a kind that wait to be delivered at the same time would be one
            break
    assert program.wait(0.0) == 130
    assert "Traceback" not in program.err
    assert statuses(tmp_path) == ["lost"]
    figures.add("signals delivered", 2)
    check_going_on(launcher, tmp_path, reference(*RUN), figures)


@pytest.mark.parametrize("number", [SIGHUP, SIGINT])
def test_a_signal_that_the_program_was_started_without_does_nothing(
    number: signal.Signals, launcher: Launcher, reference: Reference, figures: Figures, tmp_path: Path
) -> None:
    """As nohup does, and a shell with what it starts in the background of a script."""
    program = start(launcher, tmp_path, f"ignore({int(number)}); hold('engine.train', 'evaluate')")
    assert program.reaches_the_moment(), program.err
    program.send(number)
    program.let_go()
    assert program.wait() == 0, program.err
    figures.add("signals delivered")
    assert result_of(tmp_path / "results") == reference(*RUN)


def test_a_program_that_was_suspended_goes_on_as_if_nothing_had_happened(
    launcher: Launcher, reference: Reference, figures: Figures, tmp_path: Path
) -> None:
    program = start(launcher, tmp_path, "hold('engine.step_series', 'StepSeries.end_step', call=60)")
    assert program.reaches_the_moment(), program.err
    program.send(SIGTSTP)
    while program.state() != "T":
        assert not program.is_over(0.01), program.err
    since = time.time()
    program.let_go()
    assert statuses(tmp_path) == ["running"]
    time.sleep(SUSPENDED_SECONDS)  # which is what must not count
    suspended = time.time() - since
    program.send(SIGCONT)
    assert program.wait() == 0, program.err
    figures.add("signals delivered", 2)
    assert result_of(tmp_path / "results") == reference(*RUN)
    store = RunStore(tmp_path / "results")
    run = store.load(store.find("latest"))
    assert run.started is not None
    assert run.finished is not None
    assert run.train_seconds <= run.finished.time - run.started.time - suspended


def test_a_storm_of_signals_is_as_one(
    launcher: Launcher, reference: Reference, figures: Figures, tmp_path: Path
) -> None:
    """A handler that is interrupted by the next one, or interrupts what prints, must not raise."""
    program = start(launcher, tmp_path, "often(); hold('engine.train', 'evaluate')")
    assert program.reaches_the_moment(), program.err
    program.let_go()
    sent = 0
    while not program.is_over():
        program.send(SIGUSR1)
        sent += 1
    assert program.wait() == 75, program.err
    assert "Traceback" not in program.err
    assert statuses(tmp_path) == ["stopped"]
    figures.add("signals delivered", sent)
    check_going_on(launcher, tmp_path, reference(*RUN), figures)
