from __future__ import annotations

import torch

from engine.data.dataset import Dataset, Split


def numbered(count: int) -> Split:
    """Examples whose label is their place."""
    return Split(torch.zeros(count, 1, 2, 3, dtype=torch.uint8), torch.arange(count))


def test_subset_is_the_same_every_time_and_leaves_the_global_random_state_alone() -> None:
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = numbered(100).subset(10).labels
    torch.manual_seed(2)
    assert torch.equal(numbered(100).subset(10).labels, first)
    torch.manual_seed(1)
    numbered(100).subset(10)
    assert torch.equal(torch.get_rng_state(), state)


def test_subset_is_drawn_without_repetition_from_the_whole_split() -> None:
    labels = numbered(1000).subset(100).labels.tolist()
    assert len(set(labels)) == 100
    assert labels == sorted(labels)
    assert max(labels) > 900


def test_smaller_subset_is_part_of_the_larger() -> None:
    split = numbered(100)
    assert set(split.subset(10).labels.tolist()) <= set(split.subset(30).labels.tolist())


def test_subset_keeps_images_with_their_labels() -> None:
    split = Split(torch.arange(50, dtype=torch.uint8).reshape(50, 1, 1, 1), torch.arange(50))
    chosen = split.subset(7)
    assert torch.equal(chosen.images.flatten().long(), chosen.labels)


def test_subset_larger_than_the_split_is_the_split() -> None:
    assert numbered(10).subset(11).labels.tolist() == list(range(10))


def test_dataset_knows_its_shape_and_moves_as_a_whole() -> None:
    dataset = Dataset("numbers", numbered(5), numbered(3), ("a", "b"))
    assert dataset.image_shape == (1, 2, 3)
    assert dataset.classes == 2
    moved = dataset.to("meta")
    assert moved.train.images.device.type == moved.test.labels.device.type == "meta"
    assert (len(moved.train), len(moved.test)) == (5, 3)
