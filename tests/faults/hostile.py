"""What strangers may send: a run that can be gone on with, a bomb for whoever unpickles it, and what lies outside."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Sequence
from pathlib import Path

from engine.config import RunConfig
from engine.control import Control
from engine.events import EpochDone
from engine.overrides import apply_overrides
from engine.runner import TrialEvent, run_trials
from engine.store import RunStore
from engine.trial import Trial

NOWHERE = Path("/nowhere")
SETTINGS = {"train.epochs": "2", "train.batch_size": "64", "data.train_limit": "128", "data.test_limit": "64"}


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.target),)


def bomb(target: Path, *, protocol: int = 2) -> bytes:
    """A pickle that makes the folder `target` for whoever loads it."""
    return pickle.dumps(Bomb(target), protocol=protocol)


def short_trial(label: str = "only", *, preset: str = "test") -> Trial:
    return Trial(preset=preset, label=label, config=apply_overrides(RunConfig(), SETTINGS))


def train(store: RunStore, trials: Sequence[Trial], *, interrupted: str | None = None) -> list[TrialEvent]:
    """Train to the end, the first of the trials as what is left of an interrupted run."""
    known = {} if interrupted is None else {0: interrupted}
    return list(run_trials(trials, store, data_folder=NOWHERE, control=Control(), interrupted=known))


def stopped_run(store: RunStore) -> str:
    """Train half of a short run, so that it can be gone on with, and return its id."""
    control = Control()
    run_id = ""
    for happened in run_trials([short_trial()], store, data_folder=NOWHERE, control=control):
        run_id = happened.run_id
        if isinstance(happened.event, EpochDone):
            control.stop_all()
    return run_id


def everything_under(folder: Path) -> dict[str, tuple[object, ...]]:
    """What a folder holds, down to bytes, permissions and times; links are not followed."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else ""
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_mtime_ns, status.st_size, content)
    return found
