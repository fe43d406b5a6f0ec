"""Choice of device and the three streams of randomness."""

from __future__ import annotations

import pytest
import torch

from engine.device import GlobalRandom, RandomSeeds, choose_device
from engine.errors import DeviceError


def test_auto_takes_what_there_is() -> None:
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:7"])
def test_cuda_asked_for_and_absent_is_an_error_with_a_remedy(name: str) -> None:
    with pytest.raises(DeviceError, match=f'device = "{name}" is not available') as caught:
        choose_device(name)
    assert "device=cpu" in caught.value.hint


def test_one_seed_makes_three_streams_that_other_seeds_do_not_share() -> None:
    seeds = [RandomSeeds.of(seed) for seed in range(100)]
    values = [value for one in seeds for value in (one.initialisation, one.order, one.noise)]
    assert len(set(values)) == 300
    assert RandomSeeds.of(7) == RandomSeeds.of(7)


def test_a_random_state_goes_on_where_it_was_left_and_disturbs_nobody() -> None:
    torch.manual_seed(1)
    whole = torch.rand(4)
    random = GlobalRandom(1, torch.device("cpu"))
    torch.manual_seed(9)
    outside = torch.get_rng_state()
    with random.in_force():
        first = torch.rand(2)
    assert torch.equal(torch.get_rng_state(), outside)
    with random.in_force():
        second = torch.rand(2)
    assert torch.equal(torch.cat([first, second]), whole)
