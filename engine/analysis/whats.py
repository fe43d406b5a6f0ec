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
    needs: Needs = Needs.NETWORK
    takes_image: bool = False
    takes_class: bool = False
    takes_layer: bool = False
    takes_many: bool = False
    """Whether more than two runs can be seen in the same axes."""
    is_of_images: bool = False
    """Whether it can only be asked of a network whose inputs are images."""
    needs_classes: bool = True
    """Whether it can only be asked of a network that tells classes apart."""
    takes_examples: bool = False
    """Whether it may be asked of a part of the test examples alone."""
    shares: str = ""
    """The question whose module answers and draws this one too."""

    @property
    def module(self) -> str:
        """The module of `engine.analysis` that answers, and of `tui.pictures` that draws the answer."""
        return self.shares or self.name


_ALL = (
    What("layers", "Layers", Needs.RECIPE),
    What("weights", "Weights", takes_layer=True, takes_many=True, needs_classes=False),
    What("features", "Features", takes_image=True, takes_layer=True, is_of_images=True),
    What("saliency", "Saliency", takes_image=True, takes_class=True, is_of_images=True),
    What("mistakes", "Mistakes", takes_class=True),
    What("neutral", "Neutral", takes_class=True, shares="mistakes"),
    What("pair", "Pair", takes_image=True),
    What("confusion", "Confusion"),
    What("calibration", "Calibration", takes_many=True),
    What("roc", "ROC", takes_class=True, takes_many=True),
    What("boundary", "Boundary"),
    What("dropout", "Dropout", takes_examples=True),
    What("gradients", "Gradients", Needs.EVENTS, takes_many=True, shares="layer_history"),
    What("activations", "Activations", Needs.EVENTS, takes_many=True, shares="layer_history"),
)
WHATS: dict[str, What] = {what.name: what for what in _ALL}
"""By name; `summary` is what the shell calls the layers with their totals."""
