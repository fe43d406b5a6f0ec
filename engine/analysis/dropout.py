"""Dropout kept on at inference: error against the number of masks, and how far the masks agree on each example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.analysis.artifact import keep_artifact, read_artifact
from engine.analysis.asked import Asked
from engine.analysis.examples import Examples
from engine.analysis.predictions import artifact_key, examples_sha256
from engine.analysis.progress import Progress, Steps
from engine.device import GlobalRandom
from engine.errors import TermlabError
from engine.evaluate import has_dropout
from engine.inputs import input_shape
from engine.layer_table import layer_table
from engine.objective import Objective, Reading
from engine.store.files import ARTIFACTS

FILE = "dropout.npz"
FORMAT_VERSION = 1
MASKS = 100
"""For each example. Source: catalogue A2 (IFT6135), N from 1 to about 100."""
MOST_SCORES = 2**26
"""Kept in memory, 256 MB: a larger test set is asked with its first examples."""
MOST_MULTIPLY_ADDS = 1e13
"""That are spent unless a number of examples is asked for: some minutes of two cores at most. A test set that takes
more is asked with its first examples."""
RESAMPLINGS = 20
"""Ensembles of every size, their masks drawn with replacement from those that were computed (a bootstrap)."""
_SEED = 20_240_301  # of the masks and the resamplings: the same picture each time


@dataclass(frozen=True, eq=False)
class DropoutInference:
    """Three ways of predicting with a network that was trained with dropout.

    Units: errors from 0 to 1; entropies in nats.
    """

    masks: NDArray[np.int64]
    """1 to `MASKS`. Shapes: (M,)."""
    scaling_error: float
    """Of one pass with every unit on."""
    pre_softmax: NDArray[np.float64]
    """Error of the mean score of so many masks, in each resampling. Shapes: (RESAMPLINGS, M)."""
    post_softmax: NDArray[np.float64]
    """Error of the mean probability of so many masks, in each resampling. Shapes: (RESAMPLINGS, M)."""
    entropy: NDArray[np.float64]
    """Of the mean probabilities over all masks, of each example: how uncertain it is. Shapes: (N,)."""
    mutual_information: NDArray[np.float64]
    """The part of it that is because masks disagree; the rest is wavering on which all agree. Shapes: (N,)."""
    uncertain: NDArray[np.int64]
    """Places of the examples, the most uncertain by `entropy` first. Shapes: (N,)."""
    mean_probabilities: NDArray[np.float32]
    """Over all masks. Shapes: (N, K)."""
    examples: Examples
    asked_examples: int
    """How many of the test examples, from the first."""


def answer(asked: Asked) -> Steps[DropoutInference]:
    """Predict every test example under `MASKS` masks, a mask drawn for each example, and compare the three ways.

    The scores are kept beside the run. The random state of training is left alone.
    Raises: TermlabError if the network drops nothing; DamagedError if the weights are no regular file; OSError as the
    file system says.
    Source: IFT6135 assignment 2; Gal and Ghahramani, Dropout as a Bayesian Approximation (arXiv:1506.02142).
    """
    loaded = asked.run.loaded
    if not has_dropout(loaded.model):
        raise TermlabError(
            f"{loaded.run.id} has no dropout: there are no masks to draw",
            "Runs of dropout-inference have it, and any model that is given model.dropout.",
        )
    outputs = 1 if loaded.objective.reading is Reading.LOGIT else loaded.dataset.classes
    count = min(asked.examples or _affordable(asked), len(loaded.test), MOST_SCORES // (MASKS * outputs))
    test_sha256 = examples_sha256(loaded.test)
    key = f"{FORMAT_VERSION} {MASKS} {count} {artifact_key(loaded, test_sha256)}"
    path = loaded.folder / ARTIFACTS / FILE
    like = {"scores": ((MASKS, count, outputs), np.float32), "whole": ((count, outputs), np.float32)}
    found = read_artifact(path, key, like)
    if found is None:
        scores, whole = yield from _scores(asked, count)
        found = {"scores": scores, "whole": whole}
        keep_artifact(path, key, found)
    return (yield from _compared(asked, found["scores"], found["whole"]))


def _affordable(asked: Asked) -> int:
    """Return how many examples can be predicted under all masks at `MOST_MULTIPLY_ADDS`."""
    loaded = asked.run.loaded
    shape = input_shape(loaded.run.trial.config.augment, loaded.dataset.image_shape)
    cost = sum(layer.multiply_adds for layer in layer_table(loaded.model, shape))
    return max(1, int(MOST_MULTIPLY_ADDS / (MASKS * max(1, cost))))


def _scores(asked: Asked, count: int) -> Steps[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Return the scores under each mask, and those of the whole network.

    Shapes: (MASKS, N, outputs), (N, outputs).
    """
    loaded = asked.run.loaded
    droppers = [module for module in loaded.model.modules() if isinstance(module, nn.Dropout | nn.Dropout2d)]
    noise = GlobalRandom(_SEED, loaded.test.images.device)
    batch = loaded.run.trial.config.evaluate.batch_size
    loaded.model.eval()
    masked: list[NDArray[np.float32]] = []
    whole: list[NDArray[np.float32]] = []
    for start in range(0, count, batch):
        inputs = loaded.inputs.for_testing(loaded.test.images[start : min(start + batch, count)])  # (B, C, H, W)
        with torch.no_grad():
            whole.append(loaded.model(inputs).float().cpu().numpy())
        of_batch = []
        for mask in range(MASKS):
            for module in droppers:
                module.train()
            with torch.no_grad(), noise.in_force():
                of_batch.append(loaded.model(inputs).float().cpu().numpy())  # (B, outputs)
            for module in droppers:
                module.eval()
            done = start * MASKS + (mask + 1) * len(inputs)
            yield Progress(done, count * MASKS, f"predicting under {MASKS} dropout masks")
        masked.append(np.stack(of_batch))
    return np.concatenate(masked, axis=1), np.concatenate(whole)


def _compared(asked: Asked, scores: NDArray[np.float32], whole: NDArray[np.float32]) -> Steps[DropoutInference]:
    loaded, examples = asked.run.loaded, asked.run.examples
    labels = torch.from_numpy(examples.labels[: scores.shape[1]])
    all_scores = torch.from_numpy(scores)  # (M, N, outputs)
    probabilities = loaded.objective.probabilities(all_scores.flatten(0, 1)).reshape(*all_scores.shape[:2], -1)
    generator = torch.Generator().manual_seed(_SEED)
    pre, post = [], []
    for turn in range(RESAMPLINGS):
        drawn = torch.randint(MASKS, (MASKS,), generator=generator)
        pre.append(_errors(all_scores, drawn, labels, loaded.objective))
        post.append(_errors(probabilities, drawn, labels, None))
        yield Progress(turn + 1, RESAMPLINGS, "resampling the masks")
    mean = probabilities.double().mean(0)  # (N, K)
    entropy = _entropy(mean).numpy()
    within = torch.stack([_entropy(one.double()) for one in probabilities]).mean(0).numpy()
    wrong = loaded.objective.predict(torch.from_numpy(whole)) != labels
    return DropoutInference(
        masks=np.arange(1, MASKS + 1),
        scaling_error=float(wrong.double().mean()),
        pre_softmax=np.stack(pre),
        post_softmax=np.stack(post),
        entropy=entropy,
        mutual_information=np.maximum(entropy - within, 0.0),
        uncertain=np.argsort(-entropy, kind="stable"),
        mean_probabilities=mean.float().numpy(),
        examples=examples,
        asked_examples=len(labels),
    )


def _errors(values: Tensor, drawn: Tensor, labels: Tensor, objective: Objective | None) -> NDArray[np.float64]:
    """Return the error of the mean of the first 1, 2, ... of the masks drawn.

    Shapes: values (M, N, outputs), drawn (M,), labels (N,) -> (M,).
    """
    total = torch.zeros_like(values[0])
    wrong = []
    for mask in drawn.tolist():
        total += values[mask]
        predicted = total.argmax(1) if objective is None else objective.predict(total)
        wrong.append((predicted != labels).double().mean())
    return cast("NDArray[np.float64]", torch.stack(wrong).numpy())


def _entropy(probabilities: Tensor) -> Tensor:
    """Shapes: (N, K) -> (N,). Units: nats."""
    return -torch.xlogy(probabilities, probabilities).sum(1)
