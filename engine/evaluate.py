"""What a network makes of a dataset: generators that give way after each batch and return their metrics."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

import torch
from torch import Tensor, nn

from engine.data.dataset import Split
from engine.events import Table
from engine.objective import Objective

Steps = Generator[None, None, dict[str, float]]
Prepare = Callable[[Tensor], Tensor]
"""From stored examples to what the network takes."""


def batches(split: Split, size: int, prepare: Prepare) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield a split in its own order.

    Shapes: inputs (B, C, H, W) float, labels (B,).
    """
    for images, labels in zip(torch.split(split.images, size), torch.split(split.labels, size), strict=True):
        yield prepare(images), labels


def evaluate(
    model: nn.Module, split: Split, *, name: str, objective: Objective, prepare: Prepare, batch_size: int
) -> Steps:
    """Return mean loss, accuracy and error on a split, in evaluation mode; give way after each batch.

    The metrics begin with the `name` of the split. Where a number is predicted there is a loss and nothing else.
    """
    loss = torch.zeros((), device=split.labels.device)
    correct = torch.zeros((), device=split.labels.device, dtype=torch.long)
    model.eval()
    for inputs, labels in batches(split, batch_size, prepare):
        with torch.no_grad():  # closed before the yield: the mode would leak to whoever reads
            outputs = model(inputs)
            loss += objective.loss(outputs, labels, reduction="sum")
            correct += objective.count_correct(outputs, labels)
        yield
    model.train()
    metrics = {f"{name}_loss": loss.item() / len(split)}
    if objective.has_classes:
        right = int(correct.item())
        metrics[f"{name}_accuracy"] = right / len(split)
        metrics[f"{name}_error"] = (len(split) - right) / len(split)
    return metrics


DropoutSteps = Generator[None, None, tuple[dict[str, float], Table]]


def evaluate_dropout(
    model: nn.Module, split: Split, *, masks: int, objective: Objective, prepare: Prepare, batch_size: int
) -> DropoutSteps:
    """Compare three ways of predicting with a network trained with dropout; give way after each mask of each batch.

    `scaling_error` is of one pass with every unit on, scaled by 1 - p (torch scales by 1 / (1 - p) in training instead,
    which is the same). `pre_softmax` averages the scores of N masks, `post_softmax` their probabilities. One set of
    masks serves every N, cumulatively, so the curve over N is one network ensemble growing. A mask is drawn for
    each image; which one depends on `batch_size`, as random numbers are drawn a batch at a time.
    Returns: the three errors, those of the averages at the largest N; the error at every N.
    Source: IFT6135 assignment 2, dropout at inference; Monte Carlo dropout, arXiv:1506.02142.
    """
    droppers = [module for module in model.modules() if isinstance(module, nn.Dropout | nn.Dropout2d)]
    wrong = torch.zeros(3, masks, dtype=torch.long, device=split.labels.device)
    model.eval()
    for inputs, labels in batches(split, batch_size, prepare):
        with torch.no_grad():
            wrong[0] += (objective.predict(model(inputs)) != labels).sum()
            score_sum = torch.zeros(())
            probability_sum = torch.zeros(())
        for index in range(masks):
            for module in droppers:
                module.train()
            with torch.no_grad():
                outputs = model(inputs)  # (B, outputs)
                score_sum = outputs + score_sum
                probability_sum = objective.probabilities(outputs) + probability_sum
                wrong[1, index] += (objective.predict(score_sum) != labels).sum()
                wrong[2, index] += (probability_sum.argmax(1) != labels).sum()
            for module in droppers:
                module.eval()
            yield
    model.train()
    names = ("scaling_error", "pre_softmax_error", "post_softmax_error")
    columns = {
        name: tuple(count / len(split) for count in counts) for name, counts in zip(names, wrong.tolist(), strict=True)
    }
    metrics = {name: column[-1] for name, column in columns.items()}
    return metrics, Table(x_name="masks", x=tuple(float(n) for n in range(1, masks + 1)), columns=columns)


def has_dropout(model: nn.Module) -> bool:
    """Tell whether anything in the model drops units."""
    return any(isinstance(module, nn.Dropout | nn.Dropout2d) and module.p > 0 for module in model.modules())
