"""The threshold and its metrics against scikit-learn, and against a small case by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, roc_auc_score
from torch import Tensor, nn

from engine.data.dataset import Dataset, Split
from engine.errors import ConfigError
from engine.objective import Objective, Reading
from engine.threshold import confusion_table, evaluate_threshold, nearest_threshold, require_both_classes, roc_table
from tests.engine.test_evaluate import finish


def test_the_nearest_point_of_a_small_curve() -> None:
    labels = np.array([0, 0, 1, 1, 0, 1])
    scores = np.array([0.1, 0.3, 0.35, 0.8, 0.7, 0.9])
    roc, area = roc_table(labels, scores)
    # At 0.8 two of three positives and no negative: distance 1/3. At 0.35 all three, and one of three negatives: 1/3
    # as well. The higher threshold wins.
    assert nearest_threshold(roc) == 0.8
    assert area == pytest.approx(roc_auc_score(labels, scores))


def test_a_threshold_above_all_scores_stays_a_probability() -> None:
    roc, _ = roc_table(np.array([1, 0, 0, 0]), np.array([0.1, 0.9, 0.9, 0.9]))
    assert nearest_threshold(roc) == 1.0


def test_confusion_agrees_with_scikit_learn() -> None:
    random = np.random.default_rng(0)
    labels, scores = random.integers(0, 2, 200), random.random(200)
    table = confusion_table(labels, scores, (0.5, 0.8))
    for place, threshold in enumerate((0.5, 0.8)):
        names = ("true_negatives", "false_positives", "false_negatives", "true_positives")
        found = [table.columns[name][place] for name in names]
        assert found == confusion_matrix(labels, scores >= threshold).ravel().tolist()


@pytest.mark.parametrize("outputs", [1, 2])
def test_metrics_at_the_threshold_are_those_counted_by_hand(outputs: int) -> None:
    class Known(nn.Module):
        """Gives its input as the score of class 1."""

        def forward(self, inputs: Tensor) -> Tensor:
            logit = inputs.flatten(1)
            return logit if outputs == 1 else torch.cat([torch.zeros_like(logit), logit], dim=1)

    generator = torch.Generator().manual_seed(0)
    splits = []
    for count in (300, 200):
        labels = torch.randint(2, (count,), generator=generator)
        # Shifted, so that 0.5 is a bad threshold.
        scores = torch.randn(count, generator=generator) + 2 * labels + 1
        splits.append(Split(scores.reshape(-1, 1, 1, 1), labels))
    objective = Objective(Reading.LOGIT if outputs == 1 else Reading.CLASS_SCORES)
    metrics, tables = finish(
        evaluate_threshold(
            Known(), validation=splits[0], test=splits[1], objective=objective, prepare=lambda x: x, batch_size=64
        )
    )
    assert metrics["threshold"] > 0.6
    for name, split in zip(("validation", "test"), splits, strict=True):
        predicted = torch.sigmoid(split.images.flatten().double()) >= metrics["threshold"] - 1e-6
        right = (predicted == (split.labels == 1)).double().mean().item()
        assert metrics[f"{name}_accuracy_at_threshold"] == pytest.approx(right, abs=2 / len(split))
        assert metrics[f"{name}_accuracy_at_threshold"] + metrics[f"{name}_error_at_threshold"] == pytest.approx(1)
    assert set(tables) == {"roc", "confusion"}
    assert tables["confusion"].x == (0.5, metrics["threshold"])
    assert metrics["validation_auc"] == pytest.approx(
        roc_auc_score(splits[0].labels.numpy(), splits[0].images.flatten().numpy())
    )


def test_examples_of_one_class_are_refused_before_training() -> None:
    images = torch.zeros(4, 2, 1, 1)
    split = Split(images, torch.tensor([0, 1, 0, 1]))
    one_class = Split(images, torch.ones(4, dtype=torch.long))
    require_both_classes(Dataset("points", split, split, ("up", "down"), validation=split))
    with pytest.raises(ConfigError, match="none of the 4 validation examples is of class up") as caught:
        require_both_classes(Dataset("points", split, split, ("up", "down"), validation=one_class))
    assert "data.validation_fraction" in caught.value.hint
