"""Reading values at a cursor, looking closer and moving along: keys and mouse on the charts of a saved run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual.events import MouseEvent, MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot

from engine.presets import Preset
from tests.tui.fixtures import frozen, presets
from tests.tui.laboratory import NOW, FrozenApp, finished, masks_table, screen_text, started, training, until
from tui.screens.help import keys_of
from tui.widgets.chart_deck import ChartDeck
from tui.widgets.plot import PlotView

__all__ = ["frozen", "presets"]


def deck(app: FrozenApp) -> ChartDeck:
    return app.screen.query_one(ChartDeck)


def first_chart(app: FrozenApp) -> PlotView:
    return next(iter(app.screen.query(PlotView)))


def turned(event: type[MouseEvent], chart: PlotView, x: int, y: int) -> MouseEvent:
    return event(chart, x, y, delta_x=0, delta_y=0, button=0, shift=False, meta=False, ctrl=False)


@asynccontextmanager
async def charts(app: FrozenApp, presets: list[Preset]) -> AsyncIterator[Pilot[Any]]:
    """Show the charts of one run of five epochs; the first chart has the focus."""
    trial = presets[0].trials[0]
    async with app.run_test(size=(120, 36)) as pilot:
        app.tell_launch([trial])
        app.call_later(app.tell_event, 0, "run0", started(trial, NOW - 30), *training(trial, time=NOW - 30))
        app.call_later(app.tell_event, 0, "run0", finished(NOW - 18))
        await until(pilot, lambda: "5/5" in screen_text(app) and first_chart(app).frame is not None)
        await pilot.press("tab")
        await until(pilot, lambda: first_chart(app).has_focus)
        yield pilot


async def test_arrows_read_all_curves_and_escape_ends_it(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with charts(frozen, presets) as pilot:
        assert deck(frozen).view.cursor is None
        await pilot.press("right")
        await until(pilot, lambda: "at epoch" in screen_text(frozen))
        middle = deck(frozen).view.cursor
        assert middle is not None
        await until(pilot, lambda: screen_text(frozen).count("at epoch") == 2)  # both charts
        await pilot.press("right", "right")
        await until(pilot, lambda: (deck(frozen).view.cursor or 0) > middle)
        await pilot.press("h", "left", "left", "h")
        await until(pilot, lambda: (deck(frozen).view.cursor or 9) < middle)
        await pilot.press("escape")
        await until(pilot, lambda: deck(frozen).view.cursor is None)
        assert frozen.screen.query(PlotView)  # the view itself stays


async def test_l_stays_the_key_of_the_log_on_live(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with charts(frozen, presets) as pilot:
        await pilot.press("l")
        await until(pilot, lambda: frozen.screen.query_one("#log").display)
        assert deck(frozen).view.cursor is None


async def test_values_at_the_last_epoch_are_those_of_the_run(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with charts(frozen, presets) as pilot:
        await pilot.press("end")
        await until(pilot, lambda: deck(frozen).view.cursor == 5.0)
        run = deck(frozen).runs[0]
        await until(pilot, lambda: f"── {run.metrics['test_loss']:.4f}" in screen_text(frozen))
        assert f"── {100 * run.metrics['test_accuracy']:.2f}" in screen_text(frozen)
        await pilot.press("home")
        await until(pilot, lambda: deck(frozen).view.cursor == 0.0)


async def test_shift_moves_a_tenth_of_the_chart(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with charts(frozen, presets) as pilot:
        await pilot.press("home", "shift+right")
        frame = first_chart(frozen).frame
        assert frame is not None
        await until(pilot, lambda: frame.column_of(deck(frozen).view.cursor or 0.0) == frame.width // 10)
        await pilot.press("shift+left")
        await until(pilot, lambda: frame.column_of(deck(frozen).view.cursor or 0.0) == 0)


async def test_looking_closer_moving_and_seeing_all_again(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with charts(frozen, presets) as pilot:
        await pilot.press("end", "i", "i")  # faster than it is drawn
        await until(pilot, lambda: deck(frozen).view.x_limits == (3.75, 5.0))
        await until(pilot, lambda: screen_text(frozen).count("epoch 3.75–5.00") == 2)
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: deck(frozen).view.x_limits == (3.4375, 4.6875))
        await pilot.press("right_square_bracket", "right_square_bracket")
        await until(pilot, lambda: deck(frozen).view.x_limits == (3.75, 5.0))
        await pilot.press("o")
        await until(pilot, lambda: deck(frozen).view.x_limits == (2.5, 5.0))
        await pilot.press("f")
        await until(pilot, lambda: deck(frozen).view.x_limits is None)


async def test_another_x_axis_forgets_what_was_in_its_unit(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with charts(frozen, presets) as pilot:
        await pilot.press("end", "i", "x")
        await until(pilot, lambda: deck(frozen).view.x == "step")
        assert (deck(frozen).view.x_limits, deck(frozen).view.cursor) == (None, None)
        await pilot.press("x")
        assert deck(frozen).view.x == "samples"
        await until(pilot, lambda: "samples" in screen_text(frozen))


async def test_log_x_is_of_all_charts(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with charts(frozen, presets) as pilot:
        await pilot.press("L")
        await until(pilot, lambda: screen_text(frozen).count("log x") == 2)
        await pilot.press("i")
        await until(pilot, lambda: deck(frozen).view.x_limits is not None)
        limits = deck(frozen).view.x_limits
        assert limits is not None
        assert limits[0] > 0


async def test_a_click_reads_and_the_wheel_looks_closer(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with charts(frozen, presets) as pilot:
        chart = first_chart(frozen)
        frame = chart.frame
        assert frame is not None
        await pilot.click(PlotView, offset=(frame.left + 10, frame.top + 3))
        await until(pilot, lambda: deck(frozen).view.cursor == frame.value_at(10))
        await pilot.hover(PlotView, offset=(frame.left + 14, frame.top + 3))
        await until(pilot, lambda: deck(frozen).view.cursor == frame.value_at(14))
        chart.post_message(turned(MouseScrollUp, chart, frame.left + 10, frame.top + 3))
        await until(pilot, lambda: deck(frozen).view.x_limits is not None)
        limits = deck(frozen).view.x_limits
        assert limits is not None
        assert limits[0] < frame.value_at(10) < limits[1]
        await until(pilot, lambda: chart.frame is not frame)
        chart.post_message(turned(MouseScrollDown, chart, frame.left + 10, frame.top + 3))
        await until(pilot, lambda: deck(frozen).view.x_limits is None)


async def test_outside_of_the_axes_the_mouse_reads_nothing(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with charts(frozen, presets) as pilot:
        await pilot.click(PlotView, offset=(1, 0))
        await pilot.pause()
        assert deck(frozen).view.cursor is None


async def test_a_chart_with_an_x_of_its_own_is_read_alone(frozen: FrozenApp, presets: list[Preset]) -> None:
    trial = presets[0].trials[0]
    async with frozen.run_test(size=(200, 36)) as pilot:
        frozen.tell_launch([trial])
        frozen.call_later(frozen.tell_event, 0, "run0", started(trial, NOW - 30), *training(trial, time=NOW - 30))
        frozen.call_later(frozen.tell_event, 0, "run0", finished(NOW - 18, tables=masks_table()))
        await until(pilot, lambda: "dropout inference" in screen_text(frozen))
        table = list(frozen.screen.query(PlotView))[2]
        table.focus()
        await until(pilot, lambda: table.has_focus and table.frame is not None)
        await pilot.press("end", "i")
        await until(pilot, lambda: "at masks 10" in screen_text(frozen))
        assert (deck(frozen).view.cursor, deck(frozen).view.x_limits) == (None, None)
        assert "at epoch" not in screen_text(frozen)
        await pilot.press("escape")
        await until(pilot, lambda: "at masks" not in screen_text(frozen))


async def test_other_runs_are_looked_at_as_a_whole(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with charts(frozen, presets) as pilot:
        await pilot.press("end", "i")
        await until(pilot, lambda: deck(frozen).view.x_limits is not None)
        trial = presets[0].trials[1]
        frozen.tell_launch([trial])
        frozen.call_later(frozen.tell_event, 0, "run1", started(trial, NOW), *training(trial, time=NOW, epochs=2))
        await until(pilot, lambda: deck(frozen).view.x_limits is None and deck(frozen).view.cursor is None)


async def test_help_lists_the_keys(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with charts(frozen, presets) as pilot:
        await pilot.press("right")
        await until(pilot, lambda: deck(frozen).view.cursor is not None)
        meanings = {meaning for _, meaning in keys_of(frozen.screen)}
        assert meanings >= {
            "Read the values of all curves at a cursor",
            "Take the cursor away",
            "Look closer, around the cursor or the middle",
            "See the whole x axis again",
            "Logarithmic or plain x axis of all charts",
        }
