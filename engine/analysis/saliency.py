"""Which pixels of an image move the score of a class: the absolute gradient of that score by the input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.analysis.asked import Asked
from engine.analysis.examples import check_place, find_class
from engine.analysis.progress import Progress, Steps
from engine.models import ScratchMLP
from engine.objective import Objective, Reading


@dataclass(frozen=True, eq=False)
class Saliency:
    """One image and what the score of a class depends on."""

    place: int
    image: NDArray[np.uint8]
    """As it is stored. Shapes: (H, W, C)."""
    map: NDArray[np.float32]
    """Mean over channels of the absolute gradient, by the inputs as the network takes them: cropped and scaled.
    Shapes: (H', W')."""
    target: int
    """The class whose score it is."""
    score: float
    """Before softmax or sigmoid."""
    label: int
    predicted: int
    probabilities: NDArray[np.float32]
    """Shapes: (K,)."""
    class_names: tuple[str, ...]
    example_count: int = 0
    """Test examples that there are."""


def answer(asked: Asked) -> Steps[Saliency]:
    """Return the saliency of a test image for the class asked for, or for the one it is taken for.

    Raises: TermlabError if there is no such image or class.
    """
    loaded, examples = asked.run.loaded, asked.run.examples
    assert examples.images is not None  # the inspector sees to it
    place = check_place(asked.image, len(examples))
    images = loaded.inputs.for_testing(loaded.test.images[place : place + 1])  # (1, C, H, W)
    loaded.model.eval()
    with torch.no_grad():
        outputs = loaded.model(images)  # (1, outputs)
    predicted = int(loaded.objective.predict(outputs)[0])
    target = predicted if asked.class_name is None else find_class(asked.class_name, examples.class_names)
    score, gradient = input_gradient(loaded.model, loaded.objective, images, target)
    yield Progress(1, 1, "following the gradient")
    return Saliency(
        place=place,
        image=examples.images[place],
        map=gradient.abs().mean(1)[0].float().cpu().numpy(),
        target=target,
        score=score,
        label=int(examples.labels[place]),
        predicted=predicted,
        probabilities=loaded.objective.probabilities(outputs)[0].float().cpu().numpy(),
        class_names=examples.class_names,
        example_count=len(examples),
    )


def input_gradient(model: nn.Module, objective: Objective, images: Tensor, target: int) -> tuple[float, Tensor]:
    """Return the score of a class for one image, and its gradient by the image.

    One logit is the score of class 1, and the negative one that of class 0. The network is left in evaluation mode,
    and its parameters keep whatever gradients they had.

    Shapes: (1, C, H, W) -> (1, C, H, W).
    Source: Simonyan, Vedaldi and Zisserman, Deep Inside Convolutional Networks (arXiv:1312.6034).
    """
    model.eval()
    one_logit = objective.reading is Reading.LOGIT
    column, sign = (0, 1.0 if target == 1 else -1.0) if one_logit else (target, 1.0)
    if isinstance(model, ScratchMLP):  # no autograd there: the derivative written out by hand
        outputs = model(images)
        chosen = torch.zeros_like(outputs)
        chosen[0, column] = sign
        kept = [(gradient, gradient.clone()) for _, gradient in model.shared_params()]
        by_input = model.backward(chosen).reshape(images.shape)  # (1, C, H, W)
        for gradient, before in kept:  # to which backward has added
            gradient.copy_(before)
        return sign * float(outputs[0, column]), by_input
    inputs = images.detach().clone().requires_grad_(True)
    with torch.enable_grad():
        score = sign * model(inputs)[0, column]
        (gradient,) = torch.autograd.grad(score, inputs)
    return float(score.detach()), gradient
