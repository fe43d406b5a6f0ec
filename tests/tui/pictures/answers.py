"""Answers to every question about a network that are the same on every machine: nothing is trained or drawn by lot."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.analysis.boundary import Boundary
from engine.analysis.calibration import calibrate
from engine.analysis.confusion import count_confusion
from engine.analysis.dropout import MASKS, RESAMPLINGS, DropoutInference
from engine.analysis.examples import Examples
from engine.analysis.features import Features, LayerActivations
from engine.analysis.layer_history import LayerHistory
from engine.analysis.mistakes import find_mistakes
from engine.analysis.pair import find_pair
from engine.analysis.predictions import Predictions
from engine.analysis.question import Inspection, Question
from engine.analysis.roc import roc_of
from engine.analysis.saliency import Saliency
from engine.analysis.weights import LayerWeights, spread
from engine.config import DataConfig, RunConfig
from engine.data import digits
from engine.data.moons import load as load_moons
from engine.overrides import apply_overrides
from engine.sizing import network_sizes
from tui.identity import Identity
from tui.pictures.seen import Seen

NOWHERE = Path("there-is-no-data-here")
NEIGHBOURS = 9
LOOKS = (Identity("#339ecc", "■"), Identity("#c32283", "▲"))
IMAGE = 4


@cache
def digit_examples() -> Examples:
    """The test images of the digits."""
    dataset = digits.load(DataConfig(), NOWHERE)
    images = dataset.test.images.numpy().transpose(0, 2, 3, 1)
    return Examples(images, None, dataset.test.labels.numpy(), dataset.class_names)


@cache
def predicted(known_count: int) -> Predictions:
    """What the nearest neighbours among so many training digits say: they only count."""
    dataset = digits.load(DataConfig(), NOWHERE)
    known = dataset.train.images.numpy().astype(np.int64)[:known_count]
    known_labels, asked = dataset.train.labels.numpy(), dataset.test.images.numpy().astype(np.int64)
    distances = np.stack([np.square(known - one).sum(axis=(1, 2, 3)) for one in asked])
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :NEIGHBOURS]
    votes = np.stack([np.bincount(known_labels[row], minlength=10) for row in nearest])
    return Predictions(
        run="digits",
        classes=votes.argmax(axis=1).astype(np.int16),
        every=(votes / NEIGHBOURS).astype(np.float32),
        labels=dataset.test.labels.numpy().astype(np.int16),
        test_sha256="digits",
        recorded_accuracy=None,
    )


def answer_to(what: str, known: int = 90, layer: str | None = None) -> Any:
    """Return an answer of the type that the question has; `known` makes another network of it."""
    predictions, examples = predicted(known), digit_examples()
    match what:
        case "layers":
            changes = {"model.name": "block_cnn", "data.name": "mnist", "model.batchnorm": str(known > 100)}
            return network_sizes([apply_overrides(RunConfig(), changes)], NOWHERE)[0]
        case "weights":
            return weights(known)
        case "features":
            return features(predictions, examples, layer)
        case "saliency":
            return saliency(predictions, examples)
        case "mistakes" | "neutral":
            return find_mistakes(predictions, examples)
        case "pair":
            return find_pair(predictions, examples, IMAGE)
        case "confusion":
            return count_confusion(predictions, examples.class_names)
        case "calibration":
            return calibrate(predictions)
        case "roc":
            is_positive, scores = predictions.labels == 8, predictions.every[:, 8].astype(np.float64)
            return roc_of(examples.class_names, 8, "test", is_positive, scores, is_positive, scores)
        case "boundary":
            return boundary(known)
        case "dropout":
            return dropout(predictions, examples)
        case _:
            return history(known)


def seen(what: str, *, is_double: bool = False, **question: Any) -> Seen:
    """Return an answer, or two side by side, as it is drawn."""
    layer = question.get("layer")
    against = "two" if is_double else None
    asked = Question(what, "one", image=IMAGE, against=against, **question)
    second = answer_to(what, 400, layer) if is_double else None
    inspection = Inspection(asked, answer_to(what, 90, layer), second)
    return Seen(inspection, ("few", "many")[: 1 + is_double], LOOKS[: 1 + is_double])


def weights(known: int) -> tuple[LayerWeights, ...]:
    """Weights that lie between bounds, of the other network nearer to zero; both over the same bins."""
    found = []
    for place, (name, count) in enumerate((("layers.0", 1024), ("layers.2", 160))):
        both = [np.sin(np.arange(count) * 0.37 + place) * bound for bound in (0.2, 0.2 * 90 / known)]
        biases = np.cos(np.arange(16) + place) / 10
        found.append(LayerWeights(name, f"Linear {count}", spread(both[1], both[0]), spread(biases)))
    return tuple(found)


def features(predictions: Predictions, examples: Examples, layer: str | None) -> Features:
    """A digit, its differences in four directions, and their mean in each row."""
    assert examples.images is not None
    values = examples.images[IMAGE, :, :, 0].astype(np.float32) / 255
    maps: NDArray[np.float32] = np.stack(
        [values - np.roll(values, shift, axis) for shift in (1, 2) for axis in (0, 1)], dtype=np.float32
    )
    layers = [
        LayerActivations("features.0", "Conv2d 1→4, 3x3, pad 1", maps),
        LayerActivations("features.1", "ReLU", np.maximum(maps, 0)),
        LayerActivations("classifier", "Linear 32→10", maps.mean((0, 1)).repeat(2)[:10].astype(np.float32)),
    ]
    return Features(
        place=IMAGE, image=examples.images[IMAGE], label=int(predictions.labels[IMAGE]),
        predicted=int(predictions.classes[IMAGE]), probabilities=predictions.every[IMAGE],
        class_names=examples.class_names, layers=tuple(one for one in layers if layer in (None, one.name)),
        example_count=len(examples),
    )  # fmt: skip


def saliency(predictions: Predictions, examples: Examples) -> Saliency:
    """A digit, and how its rows and columns change."""
    assert examples.images is not None
    values = examples.images[IMAGE, :, :, 0].astype(np.float32) / 255
    return Saliency(
        place=IMAGE, image=examples.images[IMAGE], map=np.abs(values - np.roll(values, 1, 0)),
        target=int(predictions.classes[IMAGE]), score=3.25, label=int(predictions.labels[IMAGE]),
        predicted=int(predictions.classes[IMAGE]), probabilities=predictions.every[IMAGE],
        class_names=examples.class_names, example_count=len(examples),
    )  # fmt: skip


def boundary(known: int) -> Boundary:
    """The moons, parted by a wave."""
    moons = load_moons(DataConfig(name="moons"), NOWHERE)
    points, labels = moons.test.images.numpy().reshape(-1, 2), moons.test.labels.numpy()

    def probability(x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        found: NDArray[Any] = 1 / (1 + np.exp(-(known / 30) * (x - y + 0.5 * np.sin(2 * x))))
        return found

    xs, ys = np.linspace(-2, 3, 60), np.linspace(-1.5, 2.5, 60)
    is_right = (probability(points[:, 0], points[:, 1]) >= 0.5) == (labels == 1)
    grid = probability(xs[None, :], ys[:, None]).astype(np.float32)
    return Boundary(xs, ys, grid, points, labels, is_right, moons.class_names)


def dropout(predictions: Predictions, examples: Examples) -> DropoutInference:
    """Errors that fall with the number of masks, and the entropy of votes."""
    masks = np.arange(1, MASKS + 1)
    turns = np.arange(RESAMPLINGS)[:, None] / RESAMPLINGS
    falling = 0.05 + (0.05 + 0.03 * turns) / masks
    every = predictions.every.astype(np.float64)
    entropy = -(every * np.log(np.maximum(every, 1e-12))).sum(1)
    return DropoutInference(
        masks=masks, scaling_error=0.055, pre_softmax=falling, post_softmax=falling + 0.002, entropy=entropy,
        mutual_information=entropy / 4, uncertain=np.argsort(-entropy, kind="stable"),
        mean_probabilities=predictions.every, examples=examples, asked_examples=len(examples) // 2,
    )  # fmt: skip


def history(known: int) -> LayerHistory:
    """Gradients that vanish towards the first layer, the more the fewer are known."""
    layers = tuple(f"features.{place}" for place in range(8))
    depth, steps = np.arange(8)[:, None], np.arange(1, 102, 10)
    gradients = 10.0 ** ((depth - 7) * 90 / known) * np.ones(len(steps))
    gradients[1::2] = np.nan
    dead = np.where(depth % 2 == 1, depth / 10 + steps / 1000, np.nan)
    kinds = tuple("ReLU" if place % 2 else "Linear 8→8" for place in range(8))
    return LayerHistory(
        steps, steps / 20, layers, kinds, gradients, np.sin(depth + steps / 50), 1.0 / (1 + depth + steps / 100), dead
    )
