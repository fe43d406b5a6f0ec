"""A results folder of any number of runs, as trainings of the packaged presets would have left it, within a minute.

    python -m tests.bench.many_runs FOLDER 10000

What a file says is put together by the code that trainings use, from invented values; only the locks and the waiting
for the disk are left out. Of a hundred runs some are stopped, failed, lost or damaged, some have no summary, and some
are tagged. The same number makes the same runs.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from engine.events import EpochDone, Event, RunFinished, RunStarted, StepsDone, to_json
from engine.presets import list_presets
from engine.process import Writer, host_name
from engine.run import Run
from engine.store.annotations import Annotations, change_annotations
from engine.store.files import CONFIG, EVENTS, FORMAT_VERSION, SUMMARY
from engine.summary import ANNOTATED
from engine.trial import Trial
from tests.builders import NO_PROCESS, START

EPOCHS, STEPS_OF_AN_EPOCH = 10, 50
FATES = [*["done"] * 88, *["stopped"] * 3, *["failed"] * 3, *["lost"] * 3, *["no summary"] * 2, "damaged"]
"""Of a hundred runs, in this order."""


def make_many_runs(results: Path, number_of: int) -> None:
    """Fill a folder with so many runs."""
    results.mkdir(parents=True, exist_ok=True)
    trials = [trial for preset in list_presets()[0] for trial in preset.trials]
    chance = random.Random(0)
    for number in range(number_of):
        trial = trials[number % len(trials)]
        seed = number // len(trials)
        trial = trial.with_config(trial.config.model_copy(update={"seed": seed}))
        fate = FATES[number * 37 % len(FATES)]
        _make_run(results, trial, number, fate, chance)


def _make_run(results: Path, trial: Trial, number: int, fate: str, chance: random.Random) -> None:
    run = Run(f"r{number:05d}-{trial.preset}-s{trial.config.seed}", trial, created=START + 60.0 * number)
    folder = results / run.id
    folder.mkdir()
    header = {"format": FORMAT_VERSION, "run": run.id, "created": run.created, "trial": trial.model_dump(mode="json")}
    config = json.dumps(header, indent=2, ensure_ascii=False) + "\n"
    lines: list[str] = []
    for event in _events(run, fate, chance):
        run.apply(event)
        lines.append(to_json(event) + "\n")
    if fate == "damaged":
        lines[3] = lines[3][:40] + "\n"
    log = "".join(lines)
    (folder / CONFIG).write_text(config)
    (folder / EVENTS).write_text(log)
    (folder / "writer.1.json").write_text("{}\n" if fate != "lost" else json.dumps(asdict(_gone())) + "\n")
    if fate not in ("no summary", "damaged"):
        document = {key: value for key, value in run.summary().to_dict().items() if key not in ANNOTATED}
        document |= {"events_bytes": len(log.encode()), "config_bytes": len(config.encode())}
        (folder / SUMMARY).write_text(json.dumps(document, allow_nan=False, ensure_ascii=False) + "\n")
    if number % 50 == 0:
        said = Annotations(("baseline",), f"number {number}", is_hidden=number % 500 == 0)
        change_annotations(folder, lambda _: said)


def _events(run: Run, fate: str, chance: random.Random) -> Iterator[Event]:
    time = run.created
    yield RunStarted(
        time=time, device="cpu", device_name="Example CPU", parameters=chance.randrange(1_000, 1_000_000),
        train_examples=3200, test_examples=800, image_shape=(1, 28, 28), class_names=tuple("0123456789"),
        steps_per_epoch=STEPS_OF_AN_EPOCH, epochs=EPOCHS, total_steps=EPOCHS * STEPS_OF_AN_EPOCH, threads=2,
        deterministic=True, versions={"termlab": "0.1.0", "torch": "2.13.0"}, **asdict(_gone()),
    )  # fmt: skip
    best = chance.uniform(0.5, 0.99)
    for epoch in range(1, EPOCHS + 1 if fate in ("done", "no summary") else EPOCHS // 2):
        step, seconds = epoch * STEPS_OF_AN_EPOCH, epoch * 1.5
        losses = tuple(2.3 / (epoch + place / STEPS_OF_AN_EPOCH) for place in range(STEPS_OF_AN_EPOCH))
        place = {"time": time + seconds, "step": step, "samples": step * 64, "train_seconds": seconds, "lr": 0.001}
        yield StepsDone(epoch=epoch, series={"train_loss": losses}, **place)
        accuracy = best * (1 - 0.5**epoch) + chance.uniform(-0.01, 0.01)
        metrics = {"train_loss": losses[-1], "train_accuracy": accuracy, "test_loss": 1 - accuracy,
                   "test_accuracy": accuracy, "test_error": 1 - accuracy}  # fmt: skip
        yield EpochDone(epoch=epoch, metrics=metrics, weights_sha256=f"{chance.getrandbits(256):064x}", **place)
    if fate not in ("lost", "damaged"):
        status = fate if fate in ("stopped", "failed") else "done"
        reasons = {"stopped": "stopped on request after step 200", "failed": "the loss became nan at step 200"}
        yield RunFinished(time=time + 20.0, status=status, reason=reasons.get(status, ""))


def _gone() -> Writer:
    return Writer(host_name(), NO_PROCESS, 1.0)


if __name__ == "__main__":
    make_many_runs(Path(sys.argv[1]), int(sys.argv[2]))
