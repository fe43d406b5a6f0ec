"""The same augmentation on a CUDA device, where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from engine import augment

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device"),
]

RANDOM: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "crop": lambda images, g: augment.random_crop(images, size=28, pad_pixels=2, generator=g),
    "flip": lambda images, g: augment.random_horizontal_flip(images, probability=0.5, generator=g),
    "greyscale": lambda images, g: augment.random_greyscale(images, probability=0.5, generator=g),
    "rotation": lambda images, g: augment.random_rotation(images, degrees=15.0, generator=g),
    "jitter": lambda images, g: augment.colour_jitter(
        images, brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1, generator=g
    ),
}


@pytest.fixture
def waiting_is_an_error() -> Iterator[None]:
    torch.cuda.set_sync_debug_mode("error")
    yield
    torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("name", RANDOM)
def test_a_generator_on_the_cpu_draws_the_same_for_a_cuda_device(name: str) -> None:
    images = torch.rand(64, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    on_cpu = RANDOM[name](images, torch.Generator().manual_seed(0))
    on_cuda = RANDOM[name](images.cuda(), torch.Generator().manual_seed(0)).cpu()
    # A rotated pixel half-way between two may be either of them.
    different = ((on_cuda - on_cpu).abs() > 1e-5).float().mean()
    assert different < 1e-3 if name == "rotation" else different == 0


@pytest.mark.filterwarnings("ignore:Synchronization debug mode")
@pytest.mark.parametrize("name", RANDOM)
def test_nothing_waits_for_the_device(name: str, request: pytest.FixtureRequest) -> None:
    images = torch.rand(64, 3, 32, 32, device="cuda")
    generator = torch.Generator().manual_seed(0)
    RANDOM[name](images, generator)  # what is loaded on first use may wait
    request.getfixturevalue("waiting_is_an_error")
    RANDOM[name](images, generator)
