"""What every screen looks like. Look at the picture before `--snapshot-update`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from engine.presets import Preset
from engine.removed_run import RemovedRun
from engine.summary import RunStatus
from tests.processes import ROOT
from tests.tui.charts.digit_examples import build_digit_examples
from tests.tui.fixtures import frozen, in_utc, presets
from tests.tui.laboratory import (
    NOW,
    FrozenApp,
    build_run,
    finished,
    masks_table,
    refreshed,
    saved_runs,
    screen_text,
    started,
    training,
    until,
)
from tui import messages
from tui.runbook import Change
from tui.widgets.chart_deck import ChartDeck

__all__ = ["frozen", "in_utc", "presets"]

Compare = Callable[..., bool]
Act = Callable[[FrozenApp, Pilot[Any], list[Preset]], Awaitable[None]]
SIZES = [(80, 24), (120, 36)]


async def settle(app: FrozenApp, pilot: Pilot[Any]) -> None:
    """Wait until the charts are painted and nothing blinks."""
    await until(pilot, lambda: all(not deck._is_due and not deck._is_painting for deck in app.screen.query(ChartDeck)))
    await refreshed(pilot)


async def show_presets(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> None:
    app.tell_runs(saved_runs(presets))
    app.tell_facts([trial for preset in presets for trial in preset.trials])
    await pilot.pause()


async def show_form(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> None:
    await show_presets(app, pilot, presets)
    await pilot.press("e", "G", "enter", *"cudo")
    await pilot.pause()


async def show_live(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> None:
    app.tell_facts([])
    first, second = presets[0].trials
    app.tell_launch(presets[0].trials)
    await until(pilot, lambda: app.current_mode == "live")
    app.tell_event(0, "run0", started(first, NOW - 30), *training(first, time=NOW - 30), finished(NOW - 18))
    app.tell_event(1, "run1", started(second, NOW - 6), *training(second, time=NOW - 6, epochs=3))
    await until(pilot, lambda: "3/5" in screen_text(app))
    await settle(app, pilot)


async def show_cursor(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> None:
    await show_live(app, pilot, presets)
    deck = app.screen.query_one(ChartDeck)
    await pilot.press("tab", "end")
    await until(pilot, lambda: deck.view.cursor == 5.0)
    await pilot.press("shift+left", "shift+left", "shift+left", "i")
    await until(pilot, lambda: deck.view.x_limits is not None)
    await settle(app, pilot)


async def show_log(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> None:
    await show_live(app, pilot, presets)
    await pilot.press("l")
    await settle(app, pilot)


async def show_stop(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> None:
    await show_live(app, pilot, presets)
    await pilot.press("X")
    await pilot.pause()


async def show_leaderboard(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> None:
    app.tell_facts([])
    await pilot.press("3")
    app.tell_runs(saved_runs(presets))
    await until(pilot, lambda: "momentum" in screen_text(app))


async def show_baseline(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> None:
    await show_leaderboard(app, pilot, presets)
    await pilot.press("j", "p", "space", "g")
    await until(pilot, lambda: "+1.20" in screen_text(app) and "3 marked" in screen_text(app))


async def show_compare(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> None:
    app.tell_facts([])
    runs = [run for run in saved_runs(presets) if run.status is RunStatus.DONE]
    app.tell_runs(runs)
    await pilot.pause()
    app.runbook.marked = {run.id: None for run in runs}
    await pilot.press("4")
    for run in runs:
        app.runbook.opened[run.id] = run
    app.changed.publish(Change.SWEEP)
    await until(pilot, lambda: "momentum ×3" in screen_text(app))
    await settle(app, pilot)


async def show_examples(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> None:
    app.tell_facts([])
    runs = [run for run in saved_runs(presets) if "digits-first" in run.id]
    app.tell_runs(runs)
    await pilot.pause()
    app.runbook.marked = {run.id: None for run in runs}
    await pilot.press("4")
    for run in runs:
        app.runbook.opened[run.id] = run
    app.changed.publish(Change.SWEEP)
    await until(pilot, lambda: "momentum ×3" in screen_text(app))
    await pilot.press("E")
    asked = app.engine_thread.inquiries.compared
    assert asked is not None
    app.post_message(messages.ExamplesFound(asked.run_ids, build_digit_examples()))
    await until(pilot, lambda: "fixed 53" in screen_text(app))
    await refreshed(pilot)


async def show_runs(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> None:
    await show_leaderboard(app, pilot, presets)
    await pilot.press("t")
    await until(pilot, lambda: "failed" in screen_text(app))


async def show_run(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> None:
    await show_leaderboard(app, pilot, presets)
    trial = presets[0].trials[1]
    events = [started(trial), *training(trial), finished(tables=masks_table(), metrics={"neutral_share": 0.1})]
    app.look_at(["run1-digits-first-momentum-s0"])
    run = build_run("run1-digits-first-momentum-s0", trial, [])
    app.post_message(messages.RunRead(run, events, is_first=True))
    await until(pilot, lambda: "neutral share" in screen_text(app) or "Metrics" in screen_text(app))
    await settle(app, pilot)


async def show_trash(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> None:
    await show_leaderboard(app, pilot, presets)
    await pilot.press("u")
    removed = [
        RemovedRun(run.summary(), NOW - 3600 * place, 400_000 + 123_456 * place)
        for place, run in enumerate(saved_runs(presets)[3:])
    ]
    app.post_message(messages.TrashRead(removed))
    await until(pilot, lambda: "7 removed runs" in screen_text(app))
    await pilot.press("j", "space", "space")
    await until(pilot, lambda: "2 marked" in screen_text(app))


async def show_help(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> None:
    await show_leaderboard(app, pilot, presets)
    await pilot.press("question_mark")
    await pilot.pause()


def picture(compare: Compare, app: FrozenApp, act: Act, presets: list[Preset], size: tuple[int, int]) -> bool:
    async def run_before(pilot: Pilot[Any]) -> None:
        await act(app, pilot, presets)

    return compare(app, terminal_size=size, run_before=run_before)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    "act",
    [
        show_presets,
        show_form,
        show_live,
        show_leaderboard,
        show_baseline,
        show_compare,
        show_run,
        show_trash,
        show_examples,
    ],
    ids=lambda act: act.__name__,
)
def test_screen(
    snap_compare: Compare, frozen: FrozenApp, presets: list[Preset], act: Act, size: tuple[int, int]
) -> None:
    assert picture(snap_compare, frozen, act, presets, size)


@pytest.mark.parametrize("act", [show_cursor, show_log, show_stop, show_runs, show_help], ids=lambda act: act.__name__)
def test_part_of_a_screen(snap_compare: Compare, frozen: FrozenApp, presets: list[Preset], act: Act) -> None:
    assert picture(snap_compare, frozen, act, presets, (120, 36))


@pytest.mark.parametrize("act", [show_live, show_baseline, show_compare], ids=lambda act: act.__name__)
def test_large_window_is_used(snap_compare: Compare, frozen: FrozenApp, presets: list[Preset], act: Act) -> None:
    assert picture(snap_compare, frozen, act, presets, (200, 60))


def test_window_that_is_too_small(snap_compare: Compare, frozen: FrozenApp, presets: list[Preset]) -> None:
    async def act(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> None:
        app.tell_runs(saved_runs(presets))
        await pilot.pause()

    assert picture(snap_compare, frozen, act, presets, (50, 12))


def test_no_picture_is_left_of_a_screen_that_is_gone() -> None:
    """Which the library tells only where tests run one after another."""
    pictures = Path(__file__).parent / "__snapshots__" / Path(__file__).stem
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", __file__]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    told = subprocess.run(collect, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    tests = {line.partition("::")[2] for line in told.splitlines() if "::" in line}
    left = {path.stem for path in pictures.iterdir()}
    assert left
    assert left <= tests


def test_light_colours(snap_compare: Compare, frozen: FrozenApp, presets: list[Preset]) -> None:
    async def act(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> None:
        app.theme = "termlab-light"
        await show_live(app, pilot, presets)

    assert picture(snap_compare, frozen, act, presets, (120, 36))
