"""Colour jitter of a batch against torchvision's of one image at a time: the amounts, their order, and the outcome."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any

import pytest
import torch
from scipy import stats
from torch import Tensor

from engine import augment
from engine.data.torchvision_import import import_torchvision

UNLIKELY = 1e-3
"""Draws as odd as this or odder count as wrong; the seeds are fixed, so a test that passes goes on passing."""

JITTER = {"brightness": 0.5, "contrast": 1.5, "saturation": 0.3, "hue": 0.2}


@pytest.fixture(scope="module")
def transforms() -> Any:
    return import_torchvision().transforms


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def some_images(count: int, height: int = 1, width: int = 1) -> Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(99))


@pytest.fixture
def jitter_calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Tensor]]:
    """What `colour_jitter` does, in its order: the property and the amounts; it is done all the same."""
    calls: list[tuple[str, Tensor]] = []

    def watch(name: str) -> None:
        adjust = getattr(augment, f"adjust_{name}")

        def watched(images: Tensor, amounts: Tensor) -> Tensor:
            calls.append((name, amounts))
            changed: Tensor = adjust(images, amounts)
            return changed

        monkeypatch.setattr(augment, f"adjust_{name}", watched)

    for name in JITTER:
        watch(name)
    return calls


def test_no_strength_changes_nothing() -> None:
    images = some_images(64, 16, 16)
    assert augment.colour_jitter(images, generator=seeded()) is images


@pytest.mark.parametrize("name", JITTER)
def test_one_strength_changes_that_property_alone(name: str, jitter_calls: list[tuple[str, Tensor]]) -> None:
    images = some_images(64, 16, 16)
    changed = augment.colour_jitter(images, generator=seeded(), **{name: JITTER[name]})
    assert [called for called, _ in jitter_calls] == [name]
    assert not torch.equal(changed, images)


def test_amounts_are_drawn_as_torchvision_draws_them(transforms: Any, jitter_calls: list[tuple[str, Tensor]]) -> None:
    augment.colour_jitter(some_images(4_000), generator=seeded(), **JITTER)
    ours = dict(jitter_calls)
    jitter = transforms.ColorJitter(**JITTER)
    ranges = [getattr(jitter, name) for name in JITTER]
    with torch.random.fork_rng():
        torch.manual_seed(1)
        theirs = [jitter.get_params(*ranges)[1:] for _ in range(4_000)]
    for name, values, (low, high) in zip(JITTER, zip(*theirs, strict=True), ranges, strict=True):
        found = ours[name]
        assert low <= float(found.min()) < float(found.max()) <= high
        assert stats.ks_2samp(found.numpy(), values).pvalue > UNLIKELY, name
    # Amounts of an image say nothing about each other.
    correlations = torch.corrcoef(torch.stack([ours[name] for name in JITTER])) - torch.eye(4)
    assert float(correlations.abs().max()) < 4 / math.sqrt(4_000)


def test_all_orders_are_equally_likely(jitter_calls: list[tuple[str, Tensor]]) -> None:
    generator = seeded()
    for _ in range(1_200):
        augment.colour_jitter(some_images(1), generator=generator, **JITTER)
    names = [name for name, _ in jitter_calls]
    orders = Counter(tuple(names[start : start + 4]) for start in range(0, len(names), 4))
    assert len(orders) == 24
    assert stats.chisquare(list(orders.values())).pvalue > UNLIKELY


def test_jittered_colours_are_distributed_as_torchvisions(transforms: Any) -> None:
    """Amounts, order and what is cut off at black and white, taken together."""
    image = torch.tensor([[0.9, 0.2], [0.5, 0.3], [0.1, 0.6]]).view(1, 3, 1, 2)
    generator, jitter = seeded(), transforms.ColorJitter(**JITTER)
    ours = torch.cat([augment.colour_jitter(image, generator=generator, **JITTER) for _ in range(1_500)])
    with torch.random.fork_rng():
        torch.manual_seed(1)
        theirs = torch.cat([jitter(image) for _ in range(1_500)])
    for channel, place in itertools.product(range(3), range(2)):
        ours_here, theirs_here = ours[:, channel, 0, place].numpy(), theirs[:, channel, 0, place].numpy()
        assert stats.ks_2samp(ours_here, theirs_here).pvalue > UNLIKELY
