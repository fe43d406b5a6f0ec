"""`SystemSampler`: what a training takes of the machine, read now and then between two of its events."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress

import psutil

from engine.events import EpochDone, StepsDone, SystemSampled

FIRST_SECONDS = 2.0
"""From the start to the first sample: importing and loading are not training."""
EVERY_SECONDS = 5.0
MOST_AT_ONE_PACE = 200
"""Samples after which the time between two of them is doubled: a day of training has some two thousand."""


class SystemSampler:
    """Reads processor, memory and, on CUDA, the device; a reading that cannot be had is left out.

    It takes about a ten-thousandth of a core, in the thread that trains.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._process = psutil.Process()
        self._cores = os.cpu_count() or 1
        self._every = EVERY_SECONDS
        self._due = time.monotonic() + FIRST_SECONDS
        self._taken = 0
        # Both tell of the time since they were asked last, and nothing the first time.
        self._process.cpu_percent()
        psutil.cpu_percent()

    def sample(self, after: StepsDone | EpochDone) -> SystemSampled | None:
        """Return what the machine is doing, if it is time for that again."""
        now = time.monotonic()
        if now < self._due:
            return None
        self._taken += 1
        if self._taken % MOST_AT_ONE_PACE == 0:
            self._every *= 2
        self._due = now + self._every
        return SystemSampled(
            time=time.time(),
            step=after.step,
            samples=after.samples,
            train_seconds=after.train_seconds,
            readings=self._readings(),
        )

    def _readings(self) -> dict[str, float]:
        readings = _read(
            {
                "process_cpu_utilization": lambda: self._process.cpu_percent() / 100 / self._cores,
                "cpu_utilization": lambda: psutil.cpu_percent() / 100,
                "process_memory_bytes": lambda: self._process.memory_info().rss,
                "memory_utilization": lambda: psutil.virtual_memory().percent / 100,
            }
        )
        return readings | (_cuda_readings(self._device) if self._device.startswith("cuda") else {})


def _cuda_readings(device: str) -> dict[str, float]:
    """Return what torch knows of its device, and what the driver tells where its Python bindings are installed."""
    import torch

    return _read(
        {
            "gpu_memory_bytes": lambda: torch.cuda.memory_allocated(device),
            "gpu_reserved_memory_bytes": lambda: torch.cuda.memory_reserved(device),
            "gpu_utilization": lambda: torch.cuda.utilization(device) / 100,
            "gpu_temperature_celsius": lambda: torch.cuda.temperature(device),
            "gpu_power_watts": lambda: torch.cuda.power_draw(device) / 1000,
        }
    )


def _read(sources: dict[str, Callable[[], float]]) -> dict[str, float]:
    """Return what can be read; the errors of drivers and their bindings have no base in common but `Exception`."""
    readings: dict[str, float] = {}
    for name, source in sources.items():
        with suppress(Exception):  # no bindings, a device that has no such sensor, a system that does not tell
            readings[name] = float(source())
    return readings
