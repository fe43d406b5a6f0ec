"""The layers of a run's network: what each gives, holds, sees and costs. Of the config alone: nothing is trained."""

from __future__ import annotations

from pathlib import Path

from engine.run import Run
from engine.sizing import NetworkSize, network_sizes


def layers_of(run: Run, data_folder: Path) -> NetworkSize:
    """Return the network of a run, layer by layer, as one blank image passes through it.

    Shapes: of each layer's output for one image, without the batch.
    Raises: ModelError if the network does not fit the images; DataError if a folder of images cannot be read.
    """
    return network_sizes([run.trial.config], data_folder)[0]
