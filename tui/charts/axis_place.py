"""Where the steps of a run lie on an x axis: steps, epochs, seconds of training, or examples trained on."""

from __future__ import annotations

import numpy as np

from engine.run import Run, XAxis
from tui.charts.figure import Floats


def place_steps(run: Run, steps: Floats, x: XAxis) -> Floats:
    """Return where steps lie on an axis.

    Shapes: (N,) -> (N,).
    Units: steps, epochs, seconds, or examples.
    """
    if x == "step" or len(steps) == 0:
        return steps
    if x == "epoch":
        return steps / run.started.steps_per_epoch if run.started else steps
    if x == "samples":
        return samples_at(run, steps)
    known_steps = np.concatenate(([0.0], np.array(run.tick_steps, np.float64)))
    told = np.array(run.tick_times, np.float64) - run.began if x == "wall" else np.array(run.tick_seconds, np.float64)
    known_seconds = np.concatenate(([0.0], told))
    return np.interp(steps, known_steps, known_seconds)


def samples_at(run: Run, steps: Floats) -> Floats:
    """Return how many examples had been trained on after these steps, each as often as it was seen.

    An epoch takes whole batches, but for its last one, which has what is left of the training examples.
    Shapes: (N,) -> (N,).
    """
    batch = run.trial.config.train.batch_size
    if run.started is None:
        return steps * batch
    per_epoch, examples = run.started.steps_per_epoch, run.started.train_examples
    epochs, within = np.divmod(steps, per_epoch)
    full_epoch = min(per_epoch * batch, examples) if examples else per_epoch * batch
    return np.asarray(epochs * full_epoch + np.minimum(within * batch, full_epoch), np.float64)


def went_backwards(run: Run) -> bool:
    """Tell whether the clock of a run was set back while it was trained."""
    return run.is_clock_odd
