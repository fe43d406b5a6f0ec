"""Where a run computes and where its randomness comes from: device, seeds, determinism, facts for the record."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version

import torch

from engine.errors import DeviceError

# cuBLAS reads this once, when it starts; without it the same seed need not give the same losses.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")


@dataclass(frozen=True, slots=True)
class RandomSeeds:
    """Independent seeds made of one, so that trials that share it share each stream.

    Trials with one seed see the data in one order and, where shapes agree, start from the same weights, whatever
    else differs; comparisons between them are paired.
    """

    initialisation: int
    order: int
    noise: int
    """Dropout and everything else stochastic inside the network."""
    augmentation: int
    """Apart from `noise`, so that trials with and without dropout see the same crops and flips."""

    @classmethod
    def of(cls, seed: int) -> RandomSeeds:
        """Derive them from the run's seed."""
        return cls(*(_derived(seed, stream) for stream in ("initialisation", "order", "noise", "augmentation")))


def _derived(seed: int, stream: str) -> int:
    digest = hashlib.sha256(f"{stream}:{seed}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1  # generators take 63 bits


class GlobalRandom:
    """A state of torch's global generators, which dropout draws from, that is in force only on request.

    Dropout takes no generator of its own. Swapping the global state keeps a run's noise to itself: a reader that
    draws random numbers between two events changes nothing.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        with self._restored():
            torch.manual_seed(seed)
            self._state = self._get()

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Make this the global state inside the block, keep how far it came, and put the old one back."""
        with self._restored():
            self._set(self._state)
            try:
                yield
            finally:
                self._state = self._get()

    def get_state(self) -> list[torch.Tensor]:
        """Return how far it came; outside of `in_force`."""
        return self._state

    def set_state(self, states: list[torch.Tensor]) -> None:
        """Go on from what `get_state` returned, on a device of the same kind."""
        with self._restored():
            self._set(states)  # which refuses what is no state
        self._state = states

    @contextmanager
    def _restored(self) -> Iterator[None]:
        before = self._get()
        try:
            yield
        finally:
            self._set(before)

    def _get(self) -> list[torch.Tensor]:
        states = [torch.get_rng_state()]
        if self.device.type == "cuda":
            states.append(torch.cuda.get_rng_state(self.device))
        return states

    def _set(self, states: list[torch.Tensor]) -> None:
        torch.set_rng_state(states[0])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(states[1], self.device)


def choose_device(name: str) -> torch.device:
    """Return the device that a config names; `auto` is the first CUDA device, or the CPU where there is none.

    Raises: DeviceError if it is not there, saying what is.
    """
    if name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if count == 0:
        why = "this torch is built without CUDA" if torch.version.cuda is None else "torch finds no CUDA device"
        raise DeviceError(f'device = "{name}" is not available: {why}', "Use device=cpu or device=auto.")
    index = int(name.partition(":")[2] or 0)
    if index >= count:
        there = ", ".join(f"cuda:{number}" for number in range(count))
        raise DeviceError(f'device = "{name}" is not available. There are: cpu, {there}', "termlab doctor lists them.")
    return torch.device("cuda", index)


def device_name(device: torch.device) -> str:
    """Return the name of the hardware."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return _cpu_name()


@cache
def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            names = (line.partition(":")[2].strip() for line in file if line.startswith("model name"))
            return next(names, "") or platform.processor() or platform.machine()
    except OSError:
        return platform.processor() or platform.machine()


def make_deterministic(device: torch.device) -> bool:
    """Ask for the same result from the same seed, and return whether the device promises it.

    CPU kernels give equal results for an equal number of threads. On CUDA the few kernels without a deterministic
    form warn instead of failing, so the promise is made on the CPU only.
    """
    if device.type == "cpu":
        return True
    torch.backends.cudnn.benchmark = False
    torch.use_deterministic_algorithms(True, warn_only=True)
    return False


ALL_THREADS = torch.get_num_threads()
"""What torch takes of its own accord: the cores, or OMP_NUM_THREADS."""
SMALL_PASS_FLOPS = 50e6
"""Below it a step is so short that threads wait for each other about as long as they work, and where the cores are
shared, far longer. On two cores an MLP 64-64-10 at batch size 32 (0.3 MFLOP) trains at 190,000 images/s with one thread
and 181,000 with two; with another process on one of the cores at 188,000 and 43,000. The block CNN on 8x8 images at
batch size 64 (30 MFLOP): 21,500 and 24,000; where two of them train at once, each 19,000 and 450."""


def choose_threads(pass_flops: float) -> int:
    """Return how many CPU threads serve a network, from the work of one forward pass of a batch.

    It depends on the config alone, because losses are identical only for an equal number of threads.
    """
    return 1 if pass_flops < SMALL_PASS_FLOPS else ALL_THREADS


def versions() -> dict[str, str]:
    """Return the versions on which the numbers of a run may depend."""
    return {
        "termlab": _package_version("termlab"),
        "torch": str(torch.__version__),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


@cache  # reading them takes milliseconds, and every checkpoint asks
def _package_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
