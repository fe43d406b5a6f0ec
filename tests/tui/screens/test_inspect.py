"""The Inspect screen: what it asks, what it shows, and what its keys do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from engine.analysis.question import Inspection, Question
from engine.analysis.whats import WHATS
from engine.errors import TermlabError
from engine.presets import Preset
from tests.engine.analysis.runs import train_run
from tests.tui.laboratory import FrozenApp, saved_runs, screen_text, told, until
from tests.tui.pictures.answers import answer_to
from tui import messages
from tui.app import TermlabApp
from tui.screens.ask_line import AskLineScreen
from tui.screens.choose import ChooseScreen
from tui.screens.inspect import InspectScreen
from tui.widgets.click_line import ClickLine
from tui.widgets.plate_view import PlateView

FIRST, SECOND = "run1-digits-first-momentum-s0", "run0-digits-first-sgd-s0"


def asked(app: TermlabApp) -> Question:
    """What the engine's thread was asked last."""
    question = app.engine_thread.inquiries.inspected
    assert question is not None
    return question


def answer(app: FrozenApp, question: Question | None = None) -> None:
    """Answer what was asked last, or an earlier question."""
    question = question or asked(app)
    second = answer_to(question.what, 400, question.layer) if question.against is not None else None
    found = Inspection(question, answer_to(question.what, 90, question.layer), second)
    app.post_message(messages.InspectionFound(question, found))


async def look_into(app: FrozenApp, pilot: Pilot[Any], presets: list[Preset], what: str = "layers") -> InspectScreen:
    """Open the screen at a question, and have it answered."""
    app.tell_facts([])
    app.tell_runs(saved_runs(presets))
    await until(pilot, lambda: bool(app.runbook.summaries))
    app.look_into(FIRST)
    app.inspecting.view = app.inspecting.view.asking(what)
    await until(pilot, lambda: isinstance(app.screen, InspectScreen))
    screen = app.screen
    assert isinstance(screen, InspectScreen)
    await answered(app, pilot, what)
    return screen


async def answered(app: FrozenApp, pilot: Pilot[Any], what: str, **parts: Any) -> None:
    """Wait until a question is asked, answer it, and wait until the picture is there."""

    def is_asked() -> bool:
        question = app.engine_thread.inquiries.inspected
        return (
            question is not None
            and question.what == what
            and all(getattr(question, name) == value for name, value in parts.items())
        )

    await until(pilot, is_asked)
    answer(app)
    await until(pilot, lambda: isinstance(app.screen, InspectScreen) and app.screen._found is not None)


def tabs(app: FrozenApp) -> str:
    return app.screen.query_one("#inspect-tabs", ClickLine).text


def title(app: FrozenApp) -> str:
    return app.screen.query_one("#inspect-title", ClickLine).text


async def test_without_runs_it_says_what_would_fill_it(frozen: FrozenApp) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        frozen.tell_runs([])
        await pilot.press("5")
        await until(pilot, lambda: "No trained network yet. Press 1, pick digits-first" in screen_text(frozen))
        await pilot.press("tab", "right", "down", "enter", "t", "L", "o", "b", "y", "greater_than_sign", "e", "v")
        assert isinstance(frozen.screen, InspectScreen)
        assert frozen.engine_thread.inquiries.inspected is None


async def test_the_newest_finished_run_is_looked_into(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        frozen.tell_runs(saved_runs(presets))
        await pilot.press("5")
        await until(pilot, lambda: frozen.engine_thread.inquiries.inspected is not None)
        assert asked(frozen).run == "run7-batchnorm-bn=on-s1"  # newer ones failed or were stopped
        assert "Waiting for PyTorch" in screen_text(frozen)


async def test_i_on_the_leaderboard_looks_into_a_line_beside_the_marked_one(
    frozen: FrozenApp, presets: list[Preset]
) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        frozen.tell_runs(saved_runs(presets))
        await pilot.press("3")
        await until(pilot, lambda: "momentum" in screen_text(frozen))
        await pilot.press("j", "space", "g", "i")  # sgd is marked, momentum is under the cursor
        await until(pilot, lambda: isinstance(frozen.screen, InspectScreen))
        assert (asked(frozen).run, asked(frozen).against) == (FIRST, SECOND)
        assert "momentum" in title(frozen)
        assert "against" in title(frozen)


async def test_every_tab_is_reached_and_shown_in_the_line_of_tabs(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await look_into(frozen, pilot, presets)
        reached = ["layers"]
        while len(reached) < 13:
            await pilot.press("tab")
            what = frozen.inspecting.view.what
            assert WHATS[what].title in tabs(frozen)
            await answered(frozen, pilot, what)
            assert screen_text(frozen).count("\n") == 23
            reached.append(what)
        assert set(reached) == set(WHATS) - {"boundary"}  # digits are no points of a plane
        await pilot.press("tab")
        assert frozen.inspecting.view.what == "layers"
        await pilot.press("shift+tab")
        assert frozen.inspecting.view.what == "activations"


async def test_an_answer_is_asked_for_once(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        screen = await look_into(frozen, pilot, presets, "mistakes")
        first = asked(frozen)
        await pilot.press("tab")
        await answered(frozen, pilot, "neutral")
        await pilot.press("shift+tab")
        await until(pilot, lambda: screen._found is not None and screen._found.question is first)
        assert asked(frozen).what == "neutral"  # and nothing after it
        for size in ((160, 50), (60, 16), (59, 15), (120, 36)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert asked(frozen).what == "neutral"
        assert screen.query_one(PlateView).rows


async def test_arrows_go_to_other_images(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await look_into(frozen, pilot, presets, "saliency")
        assert asked(frozen).image == 0
        await pilot.press("right")
        await answered(frozen, pilot, "saliency", image=1)
        await pilot.press("left", "left")  # there is none before the first
        assert frozen.inspecting.view.image == 0
        await pilot.press("i")
        await until(pilot, lambda: isinstance(frozen.screen, AskLineScreen))
        await pilot.press(*"x7", "enter")
        await until(pilot, lambda: "is not a whole number" in screen_text(frozen))
        await pilot.press("backspace", "backspace", *"360", "enter")
        await until(pilot, lambda: "the last of 360 is 359" in screen_text(frozen))
        await pilot.press("backspace", "backspace", "backspace", *"12", "enter")
        await answered(frozen, pilot, "saliency", image=12)
        assert "image 12" in title(frozen)


async def test_the_selected_mistake_is_the_image_of_other_tabs(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        screen = await look_into(frozen, pilot, presets, "mistakes")
        wrong = answer_to("mistakes").wrong.tolist()
        assert frozen.inspecting.view.image == wrong[0]
        await pilot.press("right", "right", "left")
        assert frozen.inspecting.view.image == wrong[1]
        assert f"▸#{wrong[1]} " in screen_text(frozen)
        await pilot.press("down")
        across = screen.plate.drawn.across
        assert frozen.inspecting.view.image == wrong[1 + across]
        await pilot.press("G")
        assert frozen.inspecting.view.image == wrong[-1]
        assert f"page {screen.plate.drawn.pages} of {screen.plate.drawn.pages}" in title(frozen)
        await pilot.press("right", "down", "pagedown")
        assert frozen.inspecting.view.image == wrong[-1]
        await pilot.press("home", "up", "enter")
        await answered(frozen, pilot, "saliency", image=wrong[0])


async def test_the_next_mistake_of_a_pair_is_looked_for_from_there_on(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await look_into(frozen, pilot, presets, "pair")
        found = answer_to("pair")
        assert found.mistake is not None
        await pilot.press("right")
        await answered(frozen, pilot, "pair", image=found.mistake + 1)


async def test_classes_and_layers_are_chosen_by_name(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await look_into(frozen, pilot, presets, "features")
        await pilot.press("L")
        await until(pilot, lambda: isinstance(frozen.screen, ChooseScreen))
        await pilot.press(*"classi")
        await until(pilot, lambda: "classifier" in screen_text(frozen) and "features.1" not in screen_text(frozen))
        await pilot.press("enter")
        await answered(frozen, pilot, "features", layer="classifier")
        assert "layer classifier" in title(frozen)
        await pilot.press("tab")
        await answered(frozen, pilot, "saliency")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(frozen.screen, ChooseScreen))
        assert "the class it is taken for" in screen_text(frozen)
        await pilot.press("down", "down", "enter")
        await answered(frozen, pilot, "saliency", class_name="1")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(frozen.screen, ChooseScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(frozen.screen, InspectScreen))
        assert frozen.inspecting.view.class_name == "1"


async def test_a_second_run_is_set_beside_it_and_taken_away(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await look_into(frozen, pilot, presets, "saliency")
        await pilot.press("b")
        await until(pilot, lambda: isinstance(frozen.screen, ChooseScreen))
        await pilot.press(*"run0", "enter")
        await answered(frozen, pilot, "saliency", against=SECOND)
        assert "│" in screen_text(frozen)
        await pilot.press("b")
        await until(pilot, lambda: isinstance(frozen.screen, ChooseScreen))
        await pilot.press(*"no second", "enter")
        await until(pilot, lambda: frozen.inspecting.view.against is None)
        await until(pilot, lambda: "against" not in title(frozen))


async def test_another_run_is_chosen(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await look_into(frozen, pilot, presets, "confusion")
        await pilot.press("o")
        await until(pilot, lambda: isinstance(frozen.screen, ChooseScreen))
        await pilot.press(*"run0", "enter")
        await answered(frozen, pilot, "confusion", run=SECOND)


async def test_classes_of_another_run_are_not_offered(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await look_into(frozen, pilot, presets, "saliency")
        await pilot.press("o")
        await until(pilot, lambda: isinstance(frozen.screen, ChooseScreen))
        await pilot.press(*"run7", "enter")
        await until(pilot, lambda: asked(frozen).run == "run7-batchnorm-bn=on-s1")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(frozen.screen, AskLineScreen))  # none is known yet


async def test_points_have_no_saliency_to_go_to(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        screen = await look_into(frozen, pilot, presets, "mistakes")
        assert screen.check_action("look_closer", ())
        summary = frozen.runbook.summary_of(FIRST)
        assert summary is not None
        points = replace(summary, dataset="moons")
        frozen.runbook.summaries = [points if run.run == FIRST else run for run in frozen.runbook.summaries]
        assert not screen.check_action("look_closer", ())


async def test_histograms_have_a_logarithmic_axis(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await look_into(frozen, pilot, presets, "weights")
        before = asked(frozen)
        await pilot.press("y")
        await until(pilot, lambda: "(log)" in screen_text(frozen))
        assert asked(frozen) is before
        await pilot.press("y")
        await until(pilot, lambda: "(log)" not in screen_text(frozen))


async def test_a_problem_is_told_and_the_next_question_works(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        screen = await look_into(frozen, pilot, presets, "calibration")
        await pilot.press("tab")
        await until(pilot, lambda: asked(frozen).what == "roc")
        problem = TermlabError("a ROC curve is of two classes, and it has 10", "Name one. [red]not markup[/red]")
        frozen.post_message(messages.InspectionFound(asked(frozen), problem))
        await until(pilot, lambda: "a ROC curve is of two classes" in screen_text(frozen))
        assert "[red]not markup[/red]" in screen_text(frozen)
        assert "t chooses a class." in screen_text(frozen)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(frozen.screen, ChooseScreen | AskLineScreen))
        await pilot.press("escape")
        await until(pilot, lambda: frozen.screen is screen)
        await pilot.press("shift+tab")
        await until(pilot, lambda: "Calibration: is it" in screen_text(frozen))


async def test_an_answer_to_an_earlier_question_is_not_shown(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        screen = await look_into(frozen, pilot, presets, "layers")
        await pilot.press("tab")
        await until(pilot, lambda: asked(frozen).what == "weights")
        late = asked(frozen)
        await pilot.press("tab")
        await until(pilot, lambda: asked(frozen).what == "features")
        answer(frozen, late)
        await pilot.pause()
        assert screen._found is None
        answer(frozen)
        await until(pilot, lambda: screen._found is not None)


async def test_how_far_it_has_come_is_said(frozen: FrozenApp, presets: list[Preset]) -> None:
    from engine.analysis.progress import Progress

    async with frozen.run_test(size=(80, 24)) as pilot:
        await look_into(frozen, pilot, presets, "roc")
        await pilot.press("tab")
        await until(pilot, lambda: asked(frozen).what == "dropout")
        progress = Progress(30, 120, "predicting under 100 dropout masks")
        frozen.post_message(messages.InspectionProgressed(asked(frozen), progress))
        await until(pilot, lambda: "Predicting under 100 dropout masks… 25 %" in screen_text(frozen))


async def test_while_something_trains_it_is_said_to_wait(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await look_into(frozen, pilot, presets)
        frozen.runbook.is_training = True
        await pilot.press("tab")
        await until(pilot, lambda: "Looked into once the training under way is over." in screen_text(frozen))


async def test_leaving_the_screen_drops_the_question(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await look_into(frozen, pilot, presets)
        await pilot.press("tab")
        await until(pilot, lambda: asked(frozen).what == "weights")
        await pilot.press("3")
        await until(pilot, lambda: frozen.engine_thread.inquiries.inspected is None)
        await pilot.press("5")
        await answered(frozen, pilot, "weights")


async def test_a_run_that_is_removed_gives_way_to_another(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await look_into(frozen, pilot, presets)
        frozen.tell_runs([run for run in saved_runs(presets) if run.id != FIRST])
        await until(pilot, lambda: asked(frozen).run != FIRST)
        frozen.tell_runs([])
        await until(pilot, lambda: "No trained network yet" in screen_text(frozen))


async def test_a_run_beside_it_that_is_removed_is_left_out(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await look_into(frozen, pilot, presets, "confusion")
        frozen.look_into(FIRST, SECOND)
        frozen.screen.show_all()  # type: ignore[attr-defined]
        await answered(frozen, pilot, "confusion", against=SECOND)
        frozen.tell_runs([run for run in saved_runs(presets) if run.id != SECOND])
        await until(pilot, lambda: "against" not in title(frozen))
        assert frozen.inspecting.view.against is None
        assert (asked(frozen).run, "confusion" in asked(frozen).what) == (FIRST, True)


async def test_a_run_on_other_data_is_looked_into_alone(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await look_into(frozen, pilot, presets, "confusion")
        frozen.look_into(FIRST, SECOND)
        frozen.screen.show_all()  # type: ignore[attr-defined]
        await answered(frozen, pilot, "confusion", against=SECOND)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(frozen.screen, ChooseScreen))
        await pilot.press(*"run7", "enter")
        await answered(frozen, pilot, "confusion", run="run7-batchnorm-bn=on-s1", against=None)


async def test_a_tab_is_clicked(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await look_into(frozen, pilot, presets)
        await pilot.click("#inspect-tabs", offset=(tabs(frozen).index("Mistakes") + 2, 0))
        await answered(frozen, pilot, "mistakes")


async def test_the_wheel_turns_pages(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        screen = await look_into(frozen, pilot, presets, "mistakes")
        screen.plate.post_message(PlateView.Scrolled(1))
        await until(pilot, lambda: frozen.inspecting.view.place == screen.plate.drawn.on_page)


async def test_a_picture_is_written_into_a_folder(frozen: FrozenApp, presets: list[Preset], tmp_path: Path) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await look_into(frozen, pilot, presets, "confusion")
        await pilot.press("e")
        await until(pilot, lambda: isinstance(frozen.screen, AskLineScreen))
        for _ in range(30):
            await pilot.press("backspace")
        await pilot.press(*str(tmp_path / "out"), "enter")
        await until(pilot, lambda: isinstance(frozen.screen, InspectScreen))
        (job, _), *_ = frozen.store_thread._jobs
        written = job(frozen.store_thread._store)
        assert isinstance(written, messages.PictureWritten)
        frozen.post_message(written)
        await until(pilot, lambda: "files written to" in told(frozen))
        assert (tmp_path / "out" / "confusion.png").is_file()


@pytest.mark.parametrize("what", ["weights", "features", "mistakes", "gradients"])
async def test_a_trained_network_is_looked_into(what: str, tmp_path: Path) -> None:
    """The whole way: the engine's thread loads a run that was really trained."""
    run_id = train_run(tmp_path, record__layers_every="2")
    app = TermlabApp(tmp_path, Path("there-is-no-data-here"))
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: app.runbook.is_read and bool(app.runbook.device), 6000)
            app.inspecting.view = replace(app.inspecting.view, run=run_id, what=what)
            await pilot.press("5")
            await until(pilot, lambda: isinstance(app.screen, InspectScreen) and app.screen._found is not None, 6000)
            assert screen_text(app).count("\n") == 23
    finally:
        app.close_threads()
