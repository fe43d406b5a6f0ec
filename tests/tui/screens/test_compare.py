"""The Compare screen over really saved runs: what it says and draws, and what every key changes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from textual.pilot import Pilot

from engine.events import EpochDone, Event
from engine.presets import Preset
from engine.store import RunStore
from engine.trial import Trial
from tests.tui.laboratory import finished, screen_text, started, told, training, until, with_seed, write_run
from tui.app import TermlabApp
from tui.clipboard import clipboard_sequence
from tui.screens.compare import CompareScreen
from tui.screens.help import HelpScreen
from tui.screens.leaderboard import LeaderboardScreen
from tui.screens.run import RunScreen
from tui.widgets.chart_deck import ChartDeck
from tui.widgets.table import Table

SGD, MOMENTUM, BN_ON = (0.950, 0.956, 0.953), (0.962, 0.971, 0.966), (0.98, 0.982)
Save = Callable[..., list[str]]


@pytest.fixture
def save(app: TermlabApp) -> Save:
    """Save a run of a trial for each quality that its seeds reach."""
    store = RunStore(app.results)

    def save_seeds(trial: Trial, qualities: Sequence[float], *, last: Event | None = None) -> list[str]:
        ids = []
        for seed, quality in enumerate(qualities):
            chosen = with_seed(trial, seed)
            events = [started(chosen), *training(chosen, quality=quality), last or finished()]
            ids.append(write_run(store, chosen, events))
        return ids

    return save_seeds


@pytest.fixture
def digits(save: Save, presets: list[Preset]) -> list[str]:
    """Three seeds of two recipes on the same data."""
    sgd, momentum = presets[0].trials
    return [*save(sgd, SGD), *save(momentum, MOMENTUM)]


async def compare(pilot: Pilot[Any], app: TermlabApp, run_ids: Sequence[str]) -> CompareScreen:
    """Mark these runs and look at them side by side, their curves read."""
    await until(pilot, lambda: all(app.runbook.summary_of(run_id) is not None for run_id in run_ids))
    app.runbook.marked = dict.fromkeys(run_ids)
    app.go("compare")
    await until(pilot, lambda: isinstance(app.screen, CompareScreen) and bool(deck_of(app).charts))
    assert isinstance(app.screen, CompareScreen)
    return app.screen


def deck_of(app: TermlabApp) -> ChartDeck:
    return app.screen.query_one(ChartDeck)


def facts_of(app: TermlabApp) -> Table:
    return app.screen.query_one("#compare-facts", Table)


def fact(app: TermlabApp, name: str) -> list[str]:
    """Return a row of the facts, without its name."""
    row = next(row for row in facts_of(app).rows if row.cells[0].text.strip() == name)
    return [cell.text for cell in row.cells[1:]]


def recipes(app: TermlabApp) -> list[str]:
    return [column.title[2:] for column in facts_of(app).columns[1:]]


async def test_nothing_marked_says_what_to_do(app: TermlabApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "Nothing is marked" in screen_text(app))
        assert "Press 3, mark recipes or runs with space, and press d." in screen_text(app)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_it_answers_and_leaves_the_charts_their_room(
    app: TermlabApp, digits: list[str], size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await compare(pilot, app, digits)
        await until(pilot, lambda: "momentum" in screen_text(app) and "×3" in screen_text(app))
        answer = str(app.screen.query_one("#compare-said").render())
        assert "better" in answer
        assert "+1.33 points" in answer
        assert app.screen.query_one("#compare-said").size.height <= (2 if size[1] < 30 else 4)
        assert deck_of(app).size.height >= size[1] // 3
        assert facts_of(app).size.height >= 6
        assert recipes(app) == ["sgd", "momentum"]
        assert fact(app, "seeds") == ["0..2 (3)", "0..2 (3)"]
        assert fact(app, "optim.momentum") == ["0.0", "0.9"]


async def test_means_have_bands_and_b_draws_each_run(app: TermlabApp, digits: list[str]) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await compare(pilot, app, digits)
        deck = deck_of(app)
        figure = deck.charts[0].build(deck.runs, deck.view)
        assert [(line.name, band.name) for line, band in zip(figure.lines, figure.bands, strict=True)] == [
            ("sgd ×3", "sgd ×3"), ("momentum ×3", "momentum ×3"),
        ]  # fmt: skip
        assert figure.lines[0].ys[-1] == pytest.approx(sum(SGD) / 3, abs=0.01)
        await pilot.press("b")
        assert not screen.is_banded
        figure = deck.charts[0].build(deck.runs, deck.view)
        assert not figure.bands
        assert len({line.name for line in figure.lines if line.name}) >= 2
        await pilot.press("b")
        assert deck.charts[0].key == "band test_accuracy"


async def test_p_makes_the_recipe_under_the_column_cursor_the_baseline_here_and_on_the_leaderboard(
    app: TermlabApp, digits: list[str]
) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await compare(pilot, app, digits)
        await pilot.press("l", "p")
        await until(pilot, lambda: recipes(app) == ["momentum", "sgd"])
        assert facts_of(app).column_cursor == 1
        assert fact(app, "Δ baseline")[0] == "baseline"
        assert "baseline momentum" in screen_text(app)
        await pilot.press("3")
        await until(pilot, lambda: "Δ baseline" in screen_text(app) and "baseline momentum" in screen_text(app))


async def test_enter_looks_at_the_runs_of_a_recipe_or_zooms_the_chart(app: TermlabApp, digits: list[str]) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await compare(pilot, app, digits)
        await pilot.press("l", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        assert isinstance(app.screen, RunScreen)
        assert app.screen.run_ids == tuple(digits[3:])
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("tab", "enter")
        assert deck_of(app).is_zoomed


async def test_zoom_hides_what_is_beside_the_chart_and_escape_leaves_cursor_zoom_and_marks_in_this_order(
    app: TermlabApp, digits: list[str]
) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await compare(pilot, app, digits)
        await pilot.press("tab", "z", "right")
        await until(pilot, lambda: deck_of(app).view.cursor is not None)
        assert facts_of(app).size.height == 0 or not facts_of(app).is_on_screen
        app.runbook.summaries = list(app.runbook.summaries)
        app.store_thread.look_now()
        await pilot.press("escape")
        await until(pilot, lambda: deck_of(app).view.cursor is None)
        assert deck_of(app).is_zoomed
        await pilot.press("escape")
        assert not deck_of(app).is_zoomed
        assert app.runbook.marked
        await pilot.press("escape")
        assert not app.runbook.marked
        await until(pilot, lambda: "Nothing is marked" in screen_text(app))


KEYS: list[tuple[list[str], Callable[[ChartDeck], object]]] = [
    (["y"], lambda deck: deck.charts[0].build(deck.runs, deck.view).log_y),
    (["x"], lambda deck: deck.charts[0].build(deck.runs, deck.view).x_label),
    (["minus"], lambda deck: deck.view.smoothing),
    (["plus"], lambda deck: deck.view.smoothing),
    (["0"], lambda deck: deck.view.smoothing),
    (["L"], lambda deck: deck.charts[0].build(deck.runs, deck.view).log_x),
    (["i"], lambda deck: deck.charts[0].build(deck.runs, deck.view).x_limits),
    (["i", "left_square_bracket"], lambda deck: deck.view.x_limits and deck.view.x_limits[0] < 1.5),
    (["right"], lambda deck: deck.charts[0].build(deck.runs, deck.view).cursor),
]


@pytest.mark.parametrize(("keys", "seen"), KEYS, ids=[" ".join(keys) for keys, _ in KEYS])
async def test_keys_change_what_is_drawn(
    app: TermlabApp, digits: list[str], keys: list[str], seen: Callable[[ChartDeck], object]
) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await compare(pilot, app, digits)
        await pilot.press("tab")
        await until(pilot, lambda: deck_of(app).frame is not None)
        before = seen(deck_of(app))
        await pilot.press(*keys)
        await until(pilot, lambda: seen(deck_of(app)) != before)


async def test_o_and_f_see_more_again(app: TermlabApp, digits: list[str]) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await compare(pilot, app, digits)
        await pilot.press("tab")
        await until(pilot, lambda: deck_of(app).frame is not None)
        await pilot.press("i")
        close = deck_of(app).view.x_limits
        await pilot.press("i")
        closer = deck_of(app).view.x_limits
        assert close is not None
        assert closer is not None
        assert closer[1] - closer[0] < close[1] - close[0]
        await pilot.press("o")
        further = deck_of(app).view.x_limits
        assert further is not None
        assert further[1] - further[0] > closer[1] - closer[0]
        await pilot.press("f")
        assert deck_of(app).view.x_limits is None


async def test_how_curves_are_looked_at_is_the_same_on_other_screens_and_next_time(
    app: TermlabApp, digits: list[str]
) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await compare(pilot, app, digits)
        await pilot.press("x", "0", "L")
        await pilot.press("l", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        assert (deck_of(app).view.x, deck_of(app).view.smoothing, deck_of(app).view.log_x) == ("step", 0.0, True)
        await pilot.press("x", "escape")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        assert deck_of(app).view.x == "samples"
    again = TermlabApp(app.results, app.data_folder)
    assert again.view.now.charts.x == "samples"
    assert again.view.now.charts.smoothing == 0.0


async def test_c_copies_the_answer_and_the_figures(
    app: TermlabApp, digits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    written: list[str] = []

    def sequence(text: str) -> str:
        copied.append(text)
        return clipboard_sequence(text, {})

    monkeypatch.setattr("tui.app.clipboard_sequence", sequence)
    async with app.run_test(size=(120, 36)) as pilot:
        await compare(pilot, app, digits)
        assert app._driver is not None
        monkeypatch.setattr(app._driver, "write", written.append)
        await pilot.press("c")
        await until(pilot, lambda: "Copied the comparison" in told(app))
    (text,) = copied
    assert text.startswith("momentum is better than sgd: +1.33 points in best test accuracy (95 % interval ")
    assert "| momentum |" in text
    assert clipboard_sequence(text, {}) in written


async def test_runs_of_another_process_join_their_recipe_while_it_is_looked_at(
    app: TermlabApp, digits: list[str], save: Save, presets: list[Preset]
) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await compare(pilot, app, digits)
        live = with_seed(presets[0].trials[1], 9)
        writer = RunStore(app.results).create(live, started(live))
        for event in training(live, epochs=2):
            writer.append(event)
        app.store_thread.look_now()
        await until(pilot, lambda: app.runbook.summary_of(writer.run.id) is not None)
        app.runbook.marked[writer.run.id] = None
        app.screen.show_all()  # type: ignore[attr-defined]
        await until(pilot, lambda: "1 not done: drawn, not counted" in screen_text(app))
        await until(pilot, lambda: len(deck_of(app).runs) == 7)
        epochs_before = sum(len(run.epochs) for run in deck_of(app).runs)
        last = training(live)[4:]
        for event in last:
            writer.append(event)
        await until(pilot, lambda: sum(len(run.epochs) for run in deck_of(app).runs) > epochs_before)
        writer.append(finished())
        writer.close()
        await until(pilot, lambda: fact(app, "seeds") == ["0..2 (3)", "0,1,2,9 (4)"])


async def test_marked_runs_that_are_removed_leave(app: TermlabApp, digits: list[str]) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await compare(pilot, app, digits)
        for run_id in digits[3:]:
            shutil.move(app.results / run_id, app.results.parent / run_id)
        await until(pilot, lambda: recipes(app) == ["sgd"])
        assert list(app.runbook.marked) == digits[:3]
        assert "baseline" not in screen_text(app)  # of one recipe


async def test_run_that_cannot_be_read_keeps_nobody_from_the_others(app: TermlabApp, digits: list[str]) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: len(app.runbook.summaries) == 6)
        (app.results / digits[0] / "events.jsonl").unlink()
        await compare(pilot, app, digits)
        await until(pilot, lambda: "1 cannot be read" in screen_text(app))
        assert len(deck_of(app).runs) == 5


async def test_metric_that_some_runs_lack_or_that_is_not_finite_is_a_gap(
    app: TermlabApp, digits: list[str], presets: list[Preset]
) -> None:
    trial = with_seed(presets[1].trials[0], 0)
    events: list[Event] = []
    for event in training(trial):
        if isinstance(event, EpochDone):
            metrics = {"train_loss": float("nan"), "test_loss": float("inf"), "odd": 1.0}
            event = event.model_copy(update={"metrics": metrics})
        events.append(event)
    odd = write_run(RunStore(app.results), trial, [started(trial), *events, finished()])
    async with app.run_test(size=(200, 60)) as pilot:
        await compare(pilot, app, [*digits, odd])
        assert "band odd" in [chart.key for chart in deck_of(app).charts]
        await until(pilot, lambda: "bn=off" in screen_text(app))
        assert fact(app, "best test accuracy %")[2] == "–"
        for _ in deck_of(app).charts:
            await pilot.press("tab")
            await pilot.pause()
        await pilot.press("b", "y", "L", "right")
        await pilot.pause()
        assert len(recipes(app)) == 3


async def test_recipes_on_other_data_stand_there_but_are_not_compared(
    app: TermlabApp, digits: list[str], save: Save, presets: list[Preset]
) -> None:
    other = save(presets[1].trials[1], BN_ON)
    async with app.run_test(size=(120, 36)) as pilot:
        await compare(pilot, app, [*digits, *other])
        assert fact(app, "Δ baseline")[2] == "other data"
        assert fact(app, "figures are about") == ["digits", "digits", "mnist"]
        answer = str(app.screen.query_one("#compare-said").render())
        assert "bn=on" in answer
        assert "not compared" in answer
        assert "+" not in answer.splitlines()[-1]


async def test_single_seeds_have_no_interval_and_no_test(app: TermlabApp, save: Save, presets: list[Preset]) -> None:
    ids = [*save(presets[0].trials[0], SGD[:1]), *save(presets[0].trials[1], MOMENTUM[:1])]
    async with app.run_test(size=(80, 24)) as pilot:
        await compare(pilot, app, ids)
        await until(pilot, lambda: "one common seed" in screen_text(app))
        assert "±" not in "".join(fact(app, "best test accuracy %"))
        assert "p (Holm)" not in [row.cells[0].text.strip() for row in facts_of(app).rows]


async def test_of_more_runs_than_can_be_told_apart_the_first_are_shown(
    app: TermlabApp, save: Save, presets: list[Preset]
) -> None:
    ids = save(presets[0].trials[0], [0.95 + seed / 10_000 for seed in range(63)])
    async with app.run_test(size=(120, 36)) as pilot:
        await compare(pilot, app, ids)
        await until(pilot, lambda: "the first 60 of 63 marked" in screen_text(app))
        assert len(deck_of(app).runs) == 60


async def test_title_of_a_recipe_that_is_clicked_is_chosen(app: TermlabApp, digits: list[str]) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await compare(pilot, app, digits)
        await until(pilot, lambda: "▲ momentum" in screen_text(app) or "momentum" in screen_text(app))
        lines = screen_text(app).splitlines()
        header = next(line for line in lines[15:] if "sgd" in line and "momentum" in line)
        await pilot.click("#compare-facts", offset=(header.index("momentum"), 1))
        assert facts_of(app).column_cursor == 2


async def test_every_key_is_in_the_help_and_in_the_palette(app: TermlabApp, digits: list[str]) -> None:
    async with app.run_test(size=(120, 60)) as pilot:
        await compare(pilot, app, digits)
        commands = {command.title for command in app.get_system_commands(app.screen)}
        assert {
            "Open", "Baseline", "Band/runs", "Copy", "Unmark", "Zoom", "Log y", "X axis", "Smooth", "Less smooth",
            "Not smooth", "Log x", "Closer", "Further", "Earlier", "Later", "Fit",
        } <= commands  # fmt: skip
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert isinstance(app.screen, HelpScreen)
        listed = " ".join(key for key, _ in app.screen._keys).split()
        assert {"enter", "p", "b", "c", "esc", "z", "y", "x", "+", "-", "0", "L", "i", "o", "[", "]", "f"} <= set(
            listed
        )


async def test_going_back_keeps_the_marks(app: TermlabApp, digits: list[str]) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await compare(pilot, app, digits)
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, LeaderboardScreen) and "6 marked" in screen_text(app))
