"""What a network makes of a dataset: generators that give way after each batch and return their metrics."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.data.dataset import Split
from engine.events import Table

Steps = Generator[None, None, dict[str, float]]


def to_inputs(images: Tensor, *, channels_last: bool) -> Tensor:
    """Turn stored pixels into what networks take.

    Shapes: (B, C, H, W) uint8 -> (B, C, H, W) float.
    Units: 0 to 255 -> 0 to 1, as torchvision's ToTensor.
    """
    inputs = images.to(torch.float32).div_(255)
    return inputs.contiguous(memory_format=torch.channels_last) if channels_last else inputs


def batches(split: Split, size: int, *, channels_last: bool) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield a split in its own order.

    Shapes: inputs (B, C, H, W) float, labels (B,).
    """
    for images, labels in zip(torch.split(split.images, size), torch.split(split.labels, size), strict=True):
        yield to_inputs(images, channels_last=channels_last), labels


def evaluate(model: nn.Module, split: Split, *, batch_size: int, channels_last: bool) -> Steps:
    """Return mean cross-entropy, accuracy and error on a split, in evaluation mode; give way after each batch."""
    loss = torch.zeros((), device=split.labels.device)
    correct = torch.zeros((), device=split.labels.device, dtype=torch.long)
    model.eval()
    for inputs, labels in batches(split, batch_size, channels_last=channels_last):
        with torch.no_grad():  # closed before the yield: the mode would leak to whoever reads
            scores = model(inputs)
            loss += F.cross_entropy(scores, labels, reduction="sum")
            correct += (scores.argmax(1) == labels).sum()
        yield
    model.train()
    right = int(correct.item())
    return {
        "test_loss": loss.item() / len(split),
        "test_accuracy": right / len(split),
        "test_error": (len(split) - right) / len(split),
    }


DropoutSteps = Generator[None, None, tuple[dict[str, float], Table]]


def evaluate_dropout(
    model: nn.Module, split: Split, *, masks: int, batch_size: int, channels_last: bool
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
    for inputs, labels in batches(split, batch_size, channels_last=channels_last):
        with torch.no_grad():
            wrong[0] += (model(inputs).argmax(1) != labels).sum()
            score_sum = torch.zeros(())
            probability_sum = torch.zeros(())
        for index in range(masks):
            for module in droppers:
                module.train()
            with torch.no_grad():
                scores = model(inputs)  # (B, classes)
                score_sum = scores + score_sum
                probability_sum = scores.softmax(1) + probability_sum
                wrong[1, index] += (score_sum.argmax(1) != labels).sum()
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
