"""What can be asked of a saved run: names, in the order of the screen's tabs, and what each question takes.

Knows no torch, so that the command line can offer the names; the module of a question has its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Needs(Enum):
    """What a question needs of a run."""

    RECIPE = "the config alone: nothing has to be trained"
    EVENTS = "what was recorded while it trained"
    NETWORK = "its weights and its data"


@dataclass(frozen=True, slots=True)
class What:
    """One question."""

    name: str
    title: str
    about: str
    needs: Needs = Needs.NETWORK
    takes_image: bool = False
    takes_class: bool = False
    takes_layer: bool = False
    takes_many: bool = False
    """Whether more than two runs can be seen in the same axes."""
    is_of_images: bool = False
    """Whether it can only be asked of a network whose inputs are images."""
    module: str = ""
    """The module of `engine.analysis` that answers; empty where it has the question's name."""

    @property
    def answered_by(self) -> str:
        """The module that answers."""
        return f"engine.analysis.{self.module or self.name}"


_ALL = (
    What("layers", "Layers", "each layer's output, parameters, receptive field, multiply-adds", Needs.RECIPE),
    What("weights", "Weights", "histograms of weights and biases, norms, near zero", takes_layer=True, takes_many=True),
    What(
        "features", "Features", "what each layer makes of one image", takes_image=True, takes_layer=True,
        is_of_images=True,
    ),
    What(
        "saliency", "Saliency", "which pixels move the score of a class", takes_image=True, takes_class=True,
        is_of_images=True,
    ),
    What("mistakes", "Mistakes", "misclassified examples, the most confident first", takes_class=True),
    What("neutral", "Neutral", "examples nearest to a tie of two classes", takes_class=True, module="mistakes"),
    What("pair", "Pair", "a mistake, and an example of the class it was taken for", takes_image=True),
    What("confusion", "Confusion", "which class is taken for which, recall and precision"),
    What("calibration", "Calibration", "whether it is as often right as it is sure", takes_many=True),
    What("roc", "ROC", "true against false positives, and the threshold chosen", takes_class=True, takes_many=True),
    What("boundary", "Boundary", "the regions of two classes in the plane"),
    What("dropout", "Dropout", "error against the number of masks, uncertain examples"),
    What("gradients", "Gradients", "gradient norm of each layer over training", Needs.EVENTS, takes_many=True,
         module="layer_history"),
    What(
        "activations", "Activations", "mean, spread and dead units of each layer over training", Needs.EVENTS,
        takes_many=True, module="layer_history",
    ),
)  # fmt: skip
WHATS: dict[str, What] = {what.name: what for what in _ALL}
"""By name; `summary` is what the shell calls the layers with their totals."""
