"""How soon the first picture of a network is there, and the mistakes among 10,000 test images; PyTorch is imported.

    python -m pytest -m bench -s tests/bench/inspecting.py

A run of the block CNN with BatchNorm and one of the MLP 784-800-800-10 are trained for 200 steps on MNIST; all of its
10,000 test images are asked about. In the application at 120x36, each time anew: from the key `5` until the first
picture (the features of an image) is painted; from then until the gallery of mistakes is; and a resize of it, during
which no question may reach the engine.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from statistics import median

import pytest
from textual.pilot import Pilot

from engine.control import Control
from engine.runner import run_trials
from engine.store import RunStore
from tests.builders import build_trial
from tests.real_data import REAL_DATA, needs_mnist
from tui.app import TermlabApp
from tui.screens.inspect import InspectScreen
from tui.widgets.plate_view import PlateView

ROUNDS = 5
FIRST_SECONDS, GALLERY_SECONDS = 2.0, 3.0
PATIENCE_SECONDS = 60.0
NETWORKS = {
    "MLP 784-800-800-10": {"model.hidden": "800,800"},
    "block CNN with BatchNorm": {"model.name": "block_cnn", "model.batchnorm": "true"},
}


@pytest.mark.bench
@needs_mnist
@pytest.mark.timeout(900)
@pytest.mark.parametrize("network", list(NETWORKS))
async def test_pictures_are_there_at_once(network: str, tmp_path: Path) -> None:
    settings = {"data.name": "mnist", "train.epochs": "1", "train.max_steps": "200", "device": "cpu"}
    trial = build_trial("bench", overrides=settings | NETWORKS[network])
    events = list(run_trials([trial], RunStore(tmp_path), data_folder=REAL_DATA, control=Control()))
    seconds: dict[str, list[float]] = {"first picture": [], "mistakes": [], "resize": []}
    for _ in range(ROUNDS):
        shutil.rmtree(tmp_path / events[-1].run_id / "artifacts", ignore_errors=True)
        for name, taken in (await looked_into(tmp_path)).items():
            seconds[name].append(taken)
    print(f"\n{network}")
    for name, taken_each in seconds.items():
        print(
            f"  {name}: {median(taken_each):.2f} s ({min(taken_each):.2f} to {max(taken_each):.2f} s, {ROUNDS} rounds)"
        )
    assert median(seconds["first picture"]) <= FIRST_SECONDS
    assert median(seconds["mistakes"]) <= GALLERY_SECONDS


async def looked_into(results: Path) -> dict[str, float]:
    """Return the seconds until each picture is there, in an application of its own."""
    app = TermlabApp(results, REAL_DATA)
    found: dict[str, float] = {}
    try:
        async with app.run_test(size=(120, 36)) as pilot:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not (app.runbook.is_read and app.runbook.device):
                assert time.monotonic() < deadline
                await pilot.pause(0.01)
            app.inspecting.view = app.inspecting.view.asking("features")
            began = time.perf_counter()
            await pilot.press("5")
            found["first picture"] = await painted(pilot, app) - began
            began = time.perf_counter()
            app.inspecting.view = app.inspecting.view.asking("mistakes")
            screen = app.screen
            assert isinstance(screen, InspectScreen)
            screen._show_answer()
            found["mistakes"] = await painted(pilot, app) - began
            asked = app.engine_thread.inquiries.inspected
            began = time.perf_counter()
            await pilot.resize_terminal(160, 50)
            await painted(pilot, app)
            found["resize"] = time.perf_counter() - began
            assert app.engine_thread.inquiries.inspected is asked
    finally:
        app.close_threads()
    return found


async def painted(pilot: Pilot[int], app: TermlabApp) -> float:
    """Wait until the screen has drawn an answer, and return when."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        await pilot.pause(0.002)
        screen = app.screen
        found = screen._found if isinstance(screen, InspectScreen) else None
        if found is not None and found.question.what == app.inspecting.view.what and screen.query_one(PlateView).rows:
            return time.perf_counter()
        assert time.monotonic() < deadline
