"""The Examples screen: from Compare to pictures, and what stands in the way of them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from engine.errors import DataError
from engine.presets import Preset
from engine.run import Run
from tests.engine.analysis.runs import train_run
from tests.tui.charts.examples import build_examples
from tests.tui.laboratory import FrozenApp, refreshed, saved_runs, screen_text, told, until
from tui import messages
from tui.app import TermlabApp
from tui.screens.compare import CompareScreen
from tui.screens.examples import ExamplesScreen
from tui.widgets.click_line import ClickLine
from tui.widgets.example_cards import ExampleCards
from tui.widgets.table import Table


async def open_compare(app: FrozenApp, pilot: Pilot[Any], runs: list[Run], kept: str) -> None:
    """Go to Compare with the runs whose id has this text."""
    chosen = [run for run in runs if kept in run.id]
    app.tell_runs(runs)
    await pilot.pause()
    for run in chosen:
        app.runbook.marked[run.id] = None
    await pilot.press("4")
    for run in chosen:
        app.runbook.opened[run.id] = run
    app.screen.show_all()  # type: ignore[attr-defined]
    await until(pilot, lambda: bool(app.screen.query_one("#compare-facts", Table).rows))


async def open_examples(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset]) -> ExamplesScreen:
    await open_compare(app, pilot, saved_runs(presets), "digits-first")
    await pilot.press("E")
    await until(pilot, lambda: isinstance(app.screen, ExamplesScreen))
    assert isinstance(app.screen, ExamplesScreen)
    return app.screen


def asked(app: FrozenApp) -> tuple[str, str]:
    """The two runs that the engine's thread was asked about."""
    found = app.engine_thread.inquiries.compared
    assert found is not None
    return found.run_ids


def says(app: FrozenApp, text: str) -> bool:
    return text in kinds_line(app)


def kinds_line(app: FrozenApp) -> str:
    return app.screen.query_one("#examples-kinds", ClickLine).text


async def test_e_asks_about_the_lowest_common_seed_and_says_that_it_is_computed(
    frozen: FrozenApp, presets: list[Preset]
) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        screen = await open_examples(frozen, pilot, presets)
        assert [run.label for run in screen.pair] == ["sgd", "momentum"]
        assert [run.seed for run in screen.pair] == [0, 0]
        assert asked(frozen) == ("run0-digits-first-sgd-s0", "run1-digits-first-momentum-s0")
        text = screen_text(frozen)
        assert "Computing…" in text
        assert "seed 0 · digits" in text


async def test_while_something_trains_it_is_said_to_wait(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        frozen.runbook.is_training = True
        await open_examples(frozen, pilot, presets)
        assert "Computed once the training under way is over." in screen_text(frozen)


async def test_counts_p_and_pictures(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await open_examples(frozen, pilot, presets)
        frozen.post_message(messages.ExamplesFound(asked(frozen), build_examples(14, 2, 1, 1983)))
        await until(pilot, lambda: "fixed 14" in screen_text(frozen))
        await refreshed(pilot)
        text = screen_text(frozen)
        assert "momentum has more examples right than sgd (p = 0.0042): 14 fixed, 2 broken of" in text
        assert "not of their recipes" in " ".join(text.split())
        assert "sgd wrong" in text
        assert "#0 is 7" in text
        assert "▀" in text
        assert "surest mistakes first" in text
        assert "Both wrong" in text  # among the keys, now that there is something to show


async def test_keys_choose_the_kind_and_turn_the_pages(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await open_examples(frozen, pilot, presets)
        frozen.post_message(messages.ExamplesFound(asked(frozen), build_examples(9, 2, 0, 30)))
        await until(pilot, lambda: "1–4 of 9" in kinds_line(frozen))
        for key, seen in (
            ("right", "5–8 of 9"),
            ("down", "9–9 of 9"),
            ("pagedown", "9–9 of 9"),
            ("left", "5–8 of 9"),
            ("home", "1–4 of 9"),
            ("end", "9–9 of 9"),
            ("b", "1–2 of 2"),
            ("w", "none"),
            ("right", "none"),
            ("tab", "1–4 of 30"),
            ("f", "1–4 of 9"),
            ("r", "1–4 of 30"),
        ):
            await pilot.press(key)
            await until(pilot, partial(says, frozen, seen))
        assert "least sure first" in screen_text(frozen)
        await pilot.press("b")
        await until(pilot, lambda: "#9 is 7" in screen_text(frozen))  # the first broken one
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(frozen.screen, CompareScreen))
        assert frozen.runbook.examples is None


async def test_a_resize_keeps_what_is_seen_in_view(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await open_examples(frozen, pilot, presets)
        frozen.post_message(messages.ExamplesFound(asked(frozen), build_examples(40)))
        await until(pilot, lambda: "1–4 of 40" in kinds_line(frozen))
        for _ in range(4):
            await pilot.press("right")
        await until(pilot, lambda: "17–20 of 40" in kinds_line(frozen))
        await pilot.resize_terminal(200, 60)
        await until(pilot, lambda: "13–24 of 40" in kinds_line(frozen))
        assert "#16 is 7" in screen_text(frozen)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_every_card_is_whole(size: tuple[int, int], frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=size) as pilot:
        await open_examples(frozen, pilot, presets)
        frozen.post_message(messages.ExamplesFound(asked(frozen), build_examples(40)))
        await until(pilot, lambda: "of 40" in kinds_line(frozen))
        await refreshed(pilot)
        cards = frozen.screen.query_one(ExampleCards)
        assert cards.grid is not None
        assert cards.grid.count >= 4
        assert screen_text(frozen).count(" is 7") == min(40, cards.grid.count)


async def test_what_stands_in_the_way_is_said(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await open_examples(frozen, pilot, presets)
        problem = DataError("mnist is not in /data.", "`termlab data get mnist` downloads it")
        frozen.post_message(messages.ExamplesFound(asked(frozen), problem))
        await until(pilot, lambda: "mnist is not in /data." in screen_text(frozen))
        assert "termlab data get mnist" in screen_text(frozen)


async def test_an_answer_that_nobody_waits_for_any_more_is_dropped(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await open_examples(frozen, pilot, presets)
        before = asked(frozen)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(frozen.screen, CompareScreen))
        frozen.post_message(messages.ExamplesFound(before, build_examples()))
        await pilot.pause()
        assert frozen.runbook.examples is None
        assert frozen.engine_thread.inquiries.compared is None


async def test_one_recipe_alone_asks_for_another(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await open_compare(frozen, pilot, saved_runs(presets), "bn=on")
        await pilot.press("E")
        await until(pilot, lambda: "mark a second one" in told(frozen))


async def test_recipes_on_other_data_are_refused(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        runs = saved_runs(presets)
        await open_compare(frozen, pilot, runs, "-s0")
        facts = frozen.screen.query_one("#compare-facts", Table)
        titles = [column.title for column in facts.columns]
        facts.column_cursor = next(place for place, title in enumerate(titles) if "bn=on" in title)
        await pilot.press("E")
        await until(pilot, lambda: "they share no test examples" in told(frozen))
        assert isinstance(frozen.screen, CompareScreen)


async def test_two_trained_networks_from_the_results_folder(tmp_path: Path) -> None:
    results = tmp_path / "results"
    for label, lr in (("slow", "0.02"), ("fast", "0.3")):
        train_run(results, label, optim__lr=lr)
    lab = TermlabApp(results, tmp_path / "data")
    try:
        async with lab.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: len(lab.runbook.rows) == 2)
            await pilot.press("3")
            await pilot.pause()
            await pilot.press("d")
            await until(pilot, lambda: lab.current_mode == "compare")
            await until(pilot, lambda: bool(lab.screen.query_one("#compare-facts", Table).rows))
            await pilot.press("E")
            await until(pilot, lambda: "fast has more examples right than slow (p < 0.0001)" in screen_text(lab))
            assert "▀" in screen_text(lab)
    finally:
        lab.close_threads()
