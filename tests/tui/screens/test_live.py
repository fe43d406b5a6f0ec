from __future__ import annotations

import pytest

from engine.events import Noted
from engine.presets import Preset
from engine.store import RunStore
from engine.summary import RunStatus
from tests.tui.laboratory import (
    NOW,
    FrozenApp,
    PretendedTraining,
    finished,
    screen_text,
    started,
    training,
    until,
    with_seed,
)
from tui.app import TermlabApp
from tui.charts.curves import MOST_WHOLE
from tui.screens.ask import AskScreen
from tui.screens.live import LiveScreen
from tui.screens.run import RunScreen
from tui.widgets.chart_deck import ChartDeck
from tui.widgets.plot import PlotView
from tui.widgets.table import Table


def deck_of(app: FrozenApp) -> ChartDeck:
    return app.screen.query_one(ChartDeck)


def visible_titles(app: FrozenApp) -> list[str]:
    views = [view for view in app.screen.query(PlotView) if view.display]
    return [view.figure.title if view.figure is not None else "" for view in views]


@pytest.fixture
def under_way(frozen: FrozenApp, presets: list[Preset]) -> FrozenApp:
    """Call `begin` on it inside `run_test`: one trial done, the other at its third epoch."""
    return frozen


def begin(app: FrozenApp, presets: list[Preset]) -> None:
    first, second = presets[0].trials
    app.tell_launch(presets[0].trials)
    app.call_later(app.tell_event, 0, "run0", started(first, NOW - 30), *training(first, time=NOW - 30))
    app.call_later(app.tell_event, 0, "run0", finished(NOW - 18))
    app.call_later(app.tell_event, 1, "run1", started(second, NOW - 6), *training(second, time=NOW - 6, epochs=3))


async def test_empty_screen_says_what_would_fill_it(frozen: FrozenApp) -> None:
    async with frozen.run_test() as pilot:
        await pilot.press("2")
        await pilot.pause()
        assert "Press 1, pick a preset and press enter" in screen_text(frozen)
        await pilot.press("z", "y", "x", "l", "P", "X", "enter", "tab", "plus")  # nothing to act on


async def test_progress_says_which_run_and_how_long_it_will_take(under_way: FrozenApp, presets: list[Preset]) -> None:
    async with under_way.run_test(size=(120, 36)) as pilot:
        begin(under_way, presets)
        await until(pilot, lambda: "run 2 of 2" in screen_text(under_way))
        line = screen_text(under_way).splitlines()[2]
        assert "80 %" in line
        assert "4.0 s left" in line
        assert "momentum  epoch 3/5" in line


async def test_time_left_is_estimated_before_it_is_known(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        frozen.tell_launch(presets[0].trials)
        await until(pilot, lambda: frozen.current_mode == "live")
        frozen.tell_event(0, "run0", started(presets[0].trials[0], NOW))
        await until(pilot, lambda: "  estimating" in screen_text(frozen))
        assert "– left" not in screen_text(frozen)
        assert "No runs yet." not in screen_text(frozen)  # there is one, and its row says so


async def test_every_trial_has_a_row_and_every_curve_a_chart(under_way: FrozenApp, presets: list[Preset]) -> None:
    async with under_way.run_test(size=(120, 36)) as pilot:
        begin(under_way, presets)
        await until(pilot, lambda: len(under_way.screen.query_one("#trials", Table).rows) == 2)
        await until(pilot, lambda: visible_titles(under_way) == ["loss", "accuracy"])
        await until(pilot, lambda: "done" in screen_text(under_way) and "● training" in screen_text(under_way))


async def test_what_was_asked_for_shows_at_once_though_the_charts_have_to_wait(
    under_way: FrozenApp, presets: list[Preset]
) -> None:
    async with under_way.run_test(size=(120, 36)) as pilot:
        begin(under_way, presets)
        await until(pilot, lambda: "● training" in screen_text(under_way))
        deck_of(under_way).governor.spent(1000.0)  # as if painting had used up all of its time
        under_way.tell_event(1, "run1", Noted(time=NOW, text="paused", mark="paused"))
        await until(pilot, lambda: screen_text(under_way).count("paused") == 2)  # above the charts and below
        under_way.tell_event(1, "run1", finished(NOW, status="stopped"))
        await until(pilot, lambda: "over: 1 stopped" in screen_text(under_way))
        assert "3/5" in screen_text(under_way)  # the epochs that were finished


async def test_narrow_window_shows_one_chart_and_tab_the_next(under_way: FrozenApp, presets: list[Preset]) -> None:
    async with under_way.run_test(size=(80, 24)) as pilot:
        begin(under_way, presets)
        await until(pilot, lambda: visible_titles(under_way) == ["loss"])
        await pilot.press("tab", "tab")
        await until(pilot, lambda: visible_titles(under_way) == ["accuracy"])
        await pilot.press("tab")
        assert under_way.screen.query_one("#trials").has_focus


async def test_resizing_while_training_loses_nothing(under_way: FrozenApp, presets: list[Preset]) -> None:
    async with under_way.run_test(size=(80, 24)) as pilot:
        begin(under_way, presets)
        await until(pilot, lambda: visible_titles(under_way) == ["loss"])
        for size in ((200, 60), (59, 15), (60, 16), (120, 36), (20, 5), (100, 30)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        await until(pilot, lambda: visible_titles(under_way) == ["loss", "accuracy"])
        assert "momentum" in screen_text(under_way)


async def test_keys_change_how_the_current_chart_is_drawn(under_way: FrozenApp, presets: list[Preset]) -> None:
    async with under_way.run_test(size=(120, 36)) as pilot:
        begin(under_way, presets)
        await until(pilot, lambda: len(visible_titles(under_way)) == 2)
        view = deck_of(under_way).view
        await pilot.press("y")
        assert "loss" not in deck_of(under_way).view.log
        await pilot.press("x")
        assert deck_of(under_way).view.x == "step"
        await pilot.press("plus")
        assert deck_of(under_way).view.smoothing > view.smoothing
        await pilot.press("0")
        assert deck_of(under_way).view.smoothing == 0
        await pilot.press("minus")
        assert deck_of(under_way).view.smoothing == 0


async def test_z_shows_the_current_chart_alone(under_way: FrozenApp, presets: list[Preset]) -> None:
    async with under_way.run_test(size=(120, 36)) as pilot:
        begin(under_way, presets)
        await until(pilot, lambda: len(visible_titles(under_way)) == 2)
        await pilot.press("tab", "tab", "enter")
        await until(pilot, lambda: visible_titles(under_way) == ["accuracy"])
        await pilot.press("z")
        await until(pilot, lambda: visible_titles(under_way) == ["loss", "accuracy"])


async def test_footer_says_what_z_would_do(under_way: FrozenApp, presets: list[Preset]) -> None:
    async with under_way.run_test(size=(80, 24)) as pilot:
        begin(under_way, presets)
        await until(pilot, lambda: " z Zoom  " in screen_text(under_way))
        await pilot.press("z")
        await until(
            pilot, lambda: " z Zoom out  " in screen_text(under_way) and "test loss" not in screen_text(under_way)
        )
        for key in ("z", "escape"):
            await pilot.press(key)
            await until(pilot, lambda: " z Zoom  " in screen_text(under_way) and "test loss" in screen_text(under_way))
            await pilot.press("z")
            await until(pilot, lambda: " z Zoom out  " in screen_text(under_way))


async def test_tab_never_leaves_the_charts_for_what_zooming_hides(under_way: FrozenApp, presets: list[Preset]) -> None:
    async with under_way.run_test(size=(80, 24)) as pilot:
        begin(under_way, presets)
        await until(pilot, lambda: visible_titles(under_way) == ["loss"])
        await pilot.press("z")
        for title in ("accuracy", "loss", "accuracy"):
            await pilot.press("tab")
            await until(pilot, lambda: visible_titles(under_way) == [title])  # noqa: B023
            assert deck_of(under_way).has_focus_within_deck()
        await pilot.press("shift+tab", "shift+tab")
        await until(pilot, lambda: visible_titles(under_way) == ["accuracy"])


async def test_log_is_shown_even_where_a_chart_stood_alone(under_way: FrozenApp, presets: list[Preset]) -> None:
    async with under_way.run_test(size=(120, 36)) as pilot:
        begin(under_way, presets)
        await until(pilot, lambda: len(visible_titles(under_way)) == 2)
        for _ in range(2):
            await pilot.press("z", "l")
            await until(pilot, lambda: "started on cpu (a processor)" in screen_text(under_way))


async def test_seeds_of_one_trial_are_marked_in_the_table_as_on_the_chart(
    frozen: FrozenApp, presets: list[Preset]
) -> None:
    trials = [with_seed(presets[0].trials[0], seed) for seed in range(3)]
    async with frozen.run_test(size=(120, 36)) as pilot:
        frozen.tell_launch(trials)
        await until(pilot, lambda: frozen.current_mode == "live")
        for index, trial in enumerate(trials):
            frozen.tell_event(index, f"run{index}", started(trial), *training(trial), finished())
        table = frozen.screen.query_one("#trials", Table)

        def marks_on_chart() -> list[str]:
            figure = next(iter(frozen.screen.query(PlotView))).figure
            return [line.marker for line in figure.lines if line.name] if figure is not None else []

        await until(pilot, lambda: len(marks_on_chart()) == 3 and len(table.rows) == 3)
        assert len(set(marks_on_chart())) == 3
        assert [row.cells[0].text for row in table.rows] == marks_on_chart()


async def test_of_many_trials_the_one_under_the_cursor_stands_out(frozen: FrozenApp, presets: list[Preset]) -> None:
    first = presets[0].trials[0]
    trials = [first.model_copy(update={"label": f"layers={index}"}) for index in range(MOST_WHOLE + 2)]
    async with frozen.run_test(size=(80, 24)) as pilot:
        frozen.tell_launch(trials)
        await until(pilot, lambda: frozen.current_mode == "live")
        for index, trial in enumerate(trials[:-1]):
            frozen.tell_event(index, f"run{index}", started(trial), *training(trial), finished())

        def in_front() -> list[str]:
            figure = next(view.figure for view in frozen.screen.query(PlotView) if view.display)
            return [line.name for line in figure.lines if line.is_front and line.name] if figure is not None else []

        await until(pilot, lambda: in_front() == ["layers=0"])
        await pilot.press("j")
        await until(pilot, lambda: in_front() == ["layers=1"])
        await pilot.press("G")  # has not started
        await until(pilot, lambda: in_front() == [])
        frozen.tell_event(len(trials) - 1, "last", started(trials[-1]), *training(trials[-1]))
        await until(pilot, lambda: in_front() == [trials[-1].label])


async def test_l_shows_the_log(under_way: FrozenApp, presets: list[Preset]) -> None:
    async with under_way.run_test(size=(120, 36)) as pilot:
        begin(under_way, presets)
        await until(pilot, lambda: len(visible_titles(under_way)) == 2)
        await pilot.press("l")
        await until(pilot, lambda: "started on cpu (a processor), 4,810 parameters" in screen_text(under_way))
        await pilot.press("l")
        await until(pilot, lambda: "test loss" in screen_text(under_way))


async def test_enter_on_a_row_opens_its_run(app: TermlabApp, engine: PretendedTraining) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: app.runbook.sweep is not None and not app.runbook.is_training)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "Metrics" in screen_text(app))
        await pilot.press("escape")
        assert isinstance(app.screen, LiveScreen)


async def test_pause_holds_the_training_and_resume_lets_it_go_on(app: TermlabApp, engine: PretendedTraining) -> None:
    engine.is_gated = True
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.runbook.sweep and app.runbook.sweep.current))
        sweep = app.runbook.sweep
        assert sweep is not None
        await pilot.press("P")
        engine.gate.release()
        await until(pilot, lambda: sweep.slots[0].status is RunStatus.PAUSED)
        await until(pilot, lambda: "Resume" in screen_text(app) and "paused" in screen_text(app))
        await pilot.press("P")
        await until(pilot, lambda: sweep.slots[0].status is RunStatus.RUNNING)
    app.close_threads()


@pytest.mark.parametrize(("key", "trials_run"), [("r", 2), ("a", 1)])
async def test_stop_asks_whether_one_run_or_all(
    app: TermlabApp, engine: PretendedTraining, key: str, trials_run: int
) -> None:
    engine.is_gated = True
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.runbook.sweep and app.runbook.sweep.current))
        sweep = app.runbook.sweep
        assert sweep is not None
        await pilot.press("X")
        await pilot.pause()
        assert isinstance(app.screen, AskScreen)
        await pilot.press(key)
        await until(pilot, lambda: sweep.slots[0].status is RunStatus.STOPPED)
        engine.gate.release(100)
        await until(pilot, lambda: not app.runbook.is_training)
        assert len(sweep.runs) == trials_run
        assert len(sweep.slots) == trials_run
    app.close_threads()


async def test_run_of_another_process_is_followed(app: TermlabApp, presets: list[Preset]) -> None:
    trial = presets[0].trials[0]
    async with app.run_test(size=(120, 36)) as pilot:
        import os

        from engine.process import host_name, process_start_ticks

        here = {"host": host_name(), "pid": os.getpid(), "process_started": process_start_ticks(os.getpid())}
        writer = RunStore(app.results).create(trial, started(trial).model_copy(update=here))
        app.store_thread.look_now()
        await until(pilot, lambda: "Live ●1" in screen_text(app))
        await pilot.press("2")
        for event in training(trial):
            writer.append(event)
        app.store_thread.look_now()
        await until(pilot, lambda: "5/5" in screen_text(app))
        writer.append(finished())
        writer.close()
        app.store_thread.look_now()
        await until(pilot, lambda: "over" in screen_text(app))
        assert not app.runbook.is_training
