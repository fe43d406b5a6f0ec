"""Runs for tests of charts, folded from events as real ones are."""

from __future__ import annotations

from engine.config import RunConfig
from engine.events import EpochDone, RunFinished, RunStarted, StepsDone, Table
from engine.run import Run
from engine.trial import Trial

STEPS_PER_EPOCH = 10


def build_run(
    label: str = "bn=on",
    *,
    preset: str = "batchnorm",
    seed: int = 0,
    epochs: int = 3,
    seconds_per_step: float = 0.1,
    tables: dict[str, Table] | None = None,
    metrics: dict[str, float] | None = None,
) -> Run:
    """Return a run whose training loss is 1 / step; with tables it is finished."""
    run = Run(id=f"{label}-{seed}", trial=Trial(preset=preset, label=label, config=RunConfig(seed=seed)), created=0.0)
    run.apply(
        RunStarted(
            time=0.0, device="cpu", device_name="test", parameters=1, train_examples=640, test_examples=1,
            image_shape=(1, 8, 8), class_names=("0", "1"), steps_per_epoch=STEPS_PER_EPOCH, epochs=epochs, threads=1,
            deterministic=True, versions={}, host="here", pid=1, process_started=0.0,
        )
    )  # fmt: skip
    for epoch in range(1, epochs + 1):
        step = epoch * STEPS_PER_EPOCH
        where = {"step": step, "epoch": epoch, "samples": step, "train_seconds": step * seconds_per_step, "lr": 0.1}
        losses = tuple(1.0 / (step - STEPS_PER_EPOCH + index) for index in range(1, STEPS_PER_EPOCH + 1))
        run.apply(StepsDone(time=0.0, series={"train_loss": losses}, **where))
        epoch_metrics = {"train_loss": 1.0 / step, "test_loss": 2.0 / step, "test_accuracy": 1.0 - 1.0 / step}
        run.apply(EpochDone(time=0.0, metrics=epoch_metrics, **where))
    if tables is not None:
        run.apply(RunFinished(time=0.0, status="done", tables=tables, metrics=metrics or {}))
    return run
