"""`Asked`: a question with the loaded run that it is asked of; what every analysis takes."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.analysis.examples import Examples, examples_of
from engine.analysis.loaded_run import LoadedRun
from engine.analysis.predictions import Predictions, find_predictions
from engine.analysis.progress import Steps


@dataclass(eq=False)
class OpenedRun:
    """A loaded run with what was found out about it already; kept between two questions."""

    loaded: LoadedRun
    examples: Examples = field(init=False)
    _predictions: Predictions | None = None

    def __post_init__(self) -> None:
        self.examples = examples_of(self.loaded)

    def predictions(self) -> Steps[Predictions]:
        """Return what the network predicts for the test examples.

        Raises: as `find_predictions`.
        """
        if self._predictions is None:
            self._predictions = yield from find_predictions(self.loaded)
        return self._predictions


@dataclass(frozen=True, eq=False)
class Asked:
    """One question about one network."""

    run: OpenedRun
    image: int = 0
    """Place in the test data, from 0."""
    class_name: str | None = None
    """As the user wrote it: the name or the number of a class."""
    layer: str | None = None
    """As the user wrote it."""
    examples: int | None = None
    """How many of the test examples dropout is asked about; None is as many as some minutes allow."""
    beside: tuple[OpenedRun, ...] = ()
    """Other runs that will be seen with it, so that all may share a scale."""
