"""Augmentation of a batch against torchvision's of one image at a time: what is done, and how it is drawn."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from scipy import stats
from torch import Tensor

from engine import augment
from engine.data.torchvision_import import import_torchvision
from engine.errors import ConfigError

Augmentation = Callable[[Tensor, torch.Generator], Tensor]

RANDOM: dict[str, Augmentation] = {
    "crop": lambda images, g: augment.random_crop(images, size=12, generator=g),
    "padded crop": lambda images, g: augment.random_crop(images, size=16, pad_pixels=2, generator=g),
    "flip": lambda images, g: augment.random_horizontal_flip(images, probability=0.5, generator=g),
    "greyscale": lambda images, g: augment.random_greyscale(images, probability=0.5, generator=g),
    "rotation": lambda images, g: augment.random_rotation(images, degrees=15.0, generator=g),
    "jitter": lambda images, g: augment.colour_jitter(
        images, brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1, generator=g
    ),
}
every_random = pytest.mark.parametrize("name", RANDOM)

UNLIKELY = 1e-3
"""Draws as odd as this or odder count as wrong; the seeds are fixed, so a test that passes goes on passing."""


@pytest.fixture(scope="module")
def transforms() -> Any:
    return import_torchvision().transforms


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def some_images(count: int = 64, channels: int = 3, height: int = 16, width: int = 16) -> Tensor:
    return torch.rand(count, channels, height, width, generator=seeded(99)) * 0.98 + 0.01


def numbered_pixels(count: int, height: int, width: int) -> Tensor:
    """The same image `count` times; the value of a pixel is 1 more than its place, so black is no pixel."""
    return torch.arange(1.0, height * width + 1).view(1, 1, height, width).repeat(count, 1, 1, 1)


@every_random
def test_equal_generators_give_equal_batches_and_go_on_to_another(name: str) -> None:
    images = some_images()
    one, other = seeded(), seeded()
    first = RANDOM[name](images, one)
    assert torch.equal(first, RANDOM[name](images, other))
    assert not torch.equal(first, RANDOM[name](images, one))


@every_random
def test_equal_images_of_a_batch_are_drawn_for_separately(name: str) -> None:
    images = some_images(count=1).expand(64, -1, -1, -1)
    distinct = len(torch.unique(RANDOM[name](images, seeded()), dim=0))
    assert distinct == 2 if name in ("flip", "greyscale") else distinct > 15


@every_random
def test_global_random_state_images_and_graph_are_left_alone(name: str) -> None:
    images = some_images()
    untouched, state = images.clone(), torch.get_rng_state()
    augmented = RANDOM[name](images, seeded())
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(images, untouched)
    assert augmented.dtype == torch.float32
    assert augmented.grad_fn is None
    assert not augmented.requires_grad


@every_random
def test_layout_in_memory_does_not_change_the_values(name: str) -> None:
    images = some_images()
    augmented = RANDOM[name](images.contiguous(memory_format=torch.channels_last), seeded())
    torch.testing.assert_close(augmented, RANDOM[name](images, seeded()), rtol=0.0, atol=1e-6)


@every_random
def test_a_batch_of_one_is_a_batch(name: str) -> None:
    assert RANDOM[name](some_images(count=1), seeded()).shape[:2] == (1, 3)


@pytest.mark.parametrize(
    ("weak", "strong"),
    [
        (
            lambda images, g: augment.random_horizontal_flip(images, probability=0.0, generator=g),
            lambda images, g: augment.random_horizontal_flip(images, probability=0.9, generator=g),
        ),
        (
            lambda images, g: augment.random_greyscale(images[:, :1], probability=0.0, generator=g),
            lambda images, g: augment.random_greyscale(images, probability=0.9, generator=g),
        ),
        (
            lambda images, g: augment.random_rotation(images, degrees=0.0, generator=g),
            lambda images, g: augment.random_rotation(images, degrees=90.0, generator=g),
        ),
        (
            lambda images, g: augment.colour_jitter(images, generator=g),
            lambda images, g: augment.colour_jitter(images, brightness=0.2, hue=0.1, generator=g),
        ),
    ],
    ids=["flip", "greyscale", "rotation", "jitter"],
)
def test_strength_does_not_change_how_many_numbers_are_drawn(weak: Augmentation, strong: Augmentation) -> None:
    after_weak, after_strong = seeded(), seeded()
    weak(some_images(), after_weak)
    strong(some_images(), after_strong)
    assert torch.equal(after_weak.get_state(), after_strong.get_state())


@pytest.mark.parametrize(("height", "width"), [(32, 32), (20, 31)])
def test_a_crop_is_torchvisions_at_the_same_place(height: int, width: int, transforms: Any) -> None:
    images = some_images(20, 3, height, width)
    top = torch.randint(height - 17, (20,), generator=seeded(1))
    left = torch.randint(width - 17, (20,), generator=seeded(2))
    places = zip(images, top.tolist(), left.tolist(), strict=True)
    expected = torch.stack([transforms.functional.crop(image, y, x, 18, 18) for image, y, x in places])
    assert torch.equal(augment.crop(images, top, left, size=18), expected)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (30, 34)])
def test_all_places_of_a_crop_are_equally_likely(height: int, width: int) -> None:
    cropped = augment.random_crop(numbered_pixels(4_000, height, width), size=28, generator=seeded())
    corners = Counter(cropped[:, 0, 0, 0].long().tolist())
    places = [row * width + column + 1 for row in range(height - 27) for column in range(width - 27)]
    assert set(corners) == set(places)
    assert stats.chisquare([corners[place] for place in places]).pvalue > UNLIKELY


def test_padding_is_black_and_its_places_are_as_likely(transforms: Any) -> None:
    images = numbered_pixels(3_000, 8, 8)
    cropped = augment.random_crop(images, size=8, pad_pixels=2, generator=seeded())
    padded = transforms.functional.pad(images[0], [2])
    possible = [transforms.functional.crop(padded, y, x, 8, 8) for y, x in itertools.product(range(5), repeat=2)]
    found = [int((cropped == one).all(dim=(1, 2, 3)).sum()) for one in possible]
    assert sum(found) == 3_000
    assert stats.chisquare(found).pvalue > UNLIKELY


def test_a_crop_of_the_whole_image_is_the_image() -> None:
    images = some_images()
    assert torch.equal(augment.random_crop(images, size=16, generator=seeded()), images)
    assert torch.equal(augment.centre_crop(images, size=16), images)


@pytest.mark.parametrize(
    ("height", "width", "size"), [(32, 32, 28), (32, 32, 27), (33, 40, 28), (31, 28, 28), (5, 8, 1)]
)
def test_the_centre_is_where_torchvision_sees_it(height: int, width: int, size: int, transforms: Any) -> None:
    images = some_images(2, 3, height, width)
    assert torch.equal(augment.centre_crop(images, size=size), transforms.functional.center_crop(images, [size]))


def test_a_crop_larger_than_the_images_is_refused_saying_what_fits() -> None:
    images = some_images(2, 3, 16, 20)
    with pytest.raises(ConfigError, match="a crop of 17 x 17 pixels does not fit into images of 16 x 20") as caught:
        augment.centre_crop(images, size=17)
    assert caught.value.hint == "The largest crop that fits is 16."
    with pytest.raises(ConfigError, match=r"21 x 21 .* 16 x 20 with 2 more on each side") as caught:
        augment.random_crop(images, size=21, pad_pixels=2, generator=seeded())
    assert caught.value.hint == "The largest crop that fits is 20."


def test_chosen_images_are_mirrored_as_in_torchvision(transforms: Any) -> None:
    images = some_images()
    is_chosen = torch.arange(64) % 3 == 0
    flipped = augment.flip_horizontally(images, is_chosen)
    assert torch.equal(flipped[is_chosen], transforms.functional.hflip(images[is_chosen]))
    assert torch.equal(flipped[~is_chosen], images[~is_chosen])


@pytest.mark.parametrize("name", ["random_horizontal_flip", "random_greyscale"])
@pytest.mark.parametrize("probability", [0.0, 0.1, 0.5, 1.0])
def test_images_are_chosen_as_often_as_asked(name: str, probability: float) -> None:
    images = some_images(1, 3, 2, 2).expand(5_000, -1, -1, -1)
    changed = getattr(augment, name)(images, probability=probability, generator=seeded())
    count = int((changed != images).any(dim=3).any(dim=2).any(dim=1).sum())
    assert stats.binomtest(count, 5_000, probability).pvalue > UNLIKELY


def test_grey_images_are_as_torchvision_makes_them(transforms: Any) -> None:
    images = some_images()
    grey = augment.random_greyscale(images, probability=1.0, generator=seeded())
    torch.testing.assert_close(grey, transforms.RandomGrayscale(p=1.0)(images), rtol=0.0, atol=1e-7)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (3, 24, 40), (2, 33, 20)])
@pytest.mark.parametrize("degrees", [15.0, 180.0])
def test_a_rotation_is_torchvisions_by_the_same_angle(
    shape: tuple[int, int, int], degrees: float, transforms: Any
) -> None:
    images = some_images(50, *shape)
    angles = torch.linspace(-degrees, degrees, 50)
    pairs = zip(images, angles.tolist(), strict=True)
    expected = torch.stack([transforms.functional.rotate(image, angle) for image, angle in pairs])
    # A pixel half-way between two may be either of them; the last bit of its place decides.
    wrong = (augment.rotate(images, angles) != expected).float().mean()
    assert wrong < 1e-4
    assert (expected == 0).any()


def test_a_quarter_turn_is_counter_clockwise() -> None:
    images = some_images()
    assert torch.equal(augment.rotate(images, torch.full((64,), 90.0)), images.rot90(1, dims=(2, 3)))


def test_angles_are_drawn_as_torchvision_draws_them(transforms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Tensor] = []
    rotate = augment.rotate

    def watched(images: Tensor, degrees: Tensor) -> Tensor:
        drawn.append(degrees)
        return rotate(images, degrees)

    monkeypatch.setattr(augment, "rotate", watched)
    augment.random_rotation(some_images(4_000, 1, 4, 4), degrees=15.0, generator=seeded())
    with torch.random.fork_rng():
        torch.manual_seed(1)
        theirs = [transforms.RandomRotation.get_params([-15.0, 15.0]) for _ in range(4_000)]
    (angles,) = drawn
    assert -15.0 <= float(angles.min()) < -14.9
    assert 14.9 < float(angles.max()) <= 15.0
    assert stats.ks_2samp(angles.numpy(), theirs).pvalue > UNLIKELY
