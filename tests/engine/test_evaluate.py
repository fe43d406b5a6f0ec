"""Dropout at inference against a computation by hand: known masks, known scores, nothing of torch's dropout."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor, nn

from engine.data.dataset import Split
from engine.evaluate import evaluate, evaluate_dropout, has_dropout
from engine.objective import Objective, Reading

Result = TypeVar("Result")
Floats = npt.NDArray[np.float64]
CLASSES, IMAGES = 3, 40
CLASSES_BY_SCORE = Objective(Reading.CLASS_SCORES)


def pixels(images: Tensor) -> Tensor:
    """Stand in for the preparation of inputs."""
    return images.float() / 255


class KnownScores(nn.Module):
    """Gives the scores of a table: one row of it after another while a mask is drawn, their mean otherwise."""

    def __init__(self, scores: Tensor) -> None:
        super().__init__()
        self.scores = scores  # (masks, N, classes)
        self.dropout = nn.Dropout(0.5)
        self.draws = 0

    def forward(self, inputs: Tensor) -> Tensor:
        picked = inputs[:, 0, 0, 0].mul(255).round().long()  # an image's only pixel is its place in the table
        if not self.dropout.training:
            return self.scores.mean(0)[picked]
        self.draws += 1
        return self.scores[(self.draws - 1) % len(self.scores), picked]


def finish(work: Generator[None, None, Result]) -> Result:
    """Run a generator to its end and return what it returns."""
    while True:
        try:
            next(work)
        except StopIteration as finished:
            return finished.value  # type: ignore[no-any-return]


@pytest.fixture
def split() -> Split:
    images = torch.arange(IMAGES, dtype=torch.uint8).reshape(IMAGES, 1, 1, 1)
    labels = torch.randint(CLASSES, (IMAGES,), generator=torch.Generator().manual_seed(1))
    return Split(images, labels)


@pytest.fixture
def scores() -> Tensor:
    # Of very different sizes, so that averaging scores and averaging probabilities choose differently.
    generator = torch.Generator().manual_seed(2)
    sizes = torch.logspace(-1, 2, 12)[torch.randperm(12, generator=generator)]
    return torch.randn(12, IMAGES, CLASSES, generator=generator) * sizes[:, None, None]


def softmax(scores: Floats) -> Floats:
    powers: Floats = np.exp(scores - scores.max(-1, keepdims=True))
    total: Floats = powers.sum(-1, keepdims=True)
    return powers / total


@pytest.mark.parametrize("batch_size", [IMAGES, 7])
def test_the_three_errors_at_every_number_of_masks_are_those_computed_by_hand(
    split: Split, scores: Tensor, batch_size: int
) -> None:
    model = KnownScores(scores)
    metrics, table = finish(
        evaluate_dropout(
            model, split, masks=len(scores), batch_size=batch_size, objective=CLASSES_BY_SCORE, prepare=pixels
        )
    )
    known, labels = scores.double().numpy(), split.labels.numpy()
    numbers = range(1, len(scores) + 1)
    pre = [float((known[:n].mean(0).argmax(-1) != labels).mean()) for n in numbers]
    post = [float((softmax(known[:n]).mean(0).argmax(-1) != labels).mean()) for n in numbers]
    scaling = float((known.mean(0).argmax(-1) != labels).mean())
    assert pre[1:] != post[1:]
    assert table.x == tuple(map(float, numbers))
    assert table.columns["pre_softmax_error"] == pytest.approx(pre)
    assert table.columns["post_softmax_error"] == pytest.approx(post)
    assert table.columns["scaling_error"] == pytest.approx([scaling] * len(scores))
    assert metrics == {name: column[-1] for name, column in table.columns.items()}


def test_both_averages_are_of_the_same_masks_and_leave_the_model_in_training_mode(split: Split, scores: Tensor) -> None:
    model = KnownScores(scores)
    finish(evaluate_dropout(model, split, masks=5, batch_size=IMAGES, objective=CLASSES_BY_SCORE, prepare=pixels))
    assert model.draws == 5
    assert model.training
    assert model.dropout.training


def test_only_dropout_is_in_training_mode_while_masks_are_drawn(split: Split) -> None:
    norm = nn.BatchNorm1d(1)
    model = nn.Sequential(nn.Flatten(), norm, nn.Dropout(0.5), nn.Linear(1, CLASSES))
    finish(evaluate_dropout(model, split, masks=3, batch_size=10, objective=CLASSES_BY_SCORE, prepare=pixels))
    assert norm.num_batches_tracked is not None
    assert norm.num_batches_tracked.item() == 0


def test_loss_accuracy_and_error_do_not_depend_on_the_batches(split: Split) -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(1, CLASSES))
    whole, parts = (
        finish(evaluate(model, split, name="test", batch_size=size, objective=CLASSES_BY_SCORE, prepare=pixels))
        for size in (IMAGES, 7)
    )
    assert parts == pytest.approx(whole)
    assert whole["test_accuracy"] + whole["test_error"] == 1


def test_dropout_counts_only_where_it_drops() -> None:
    assert has_dropout(nn.Sequential(nn.Linear(2, 2), nn.Dropout2d(0.1)))
    assert not has_dropout(nn.Sequential(nn.Linear(2, 2), nn.Dropout(0)))
