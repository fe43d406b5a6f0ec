from __future__ import annotations

import pytest
from textual.events import Key
from textual.widgets import Button, Input

from engine.errors import DataError, PresetError
from engine.presets import Preset
from tests.tui.laboratory import FrozenApp, PretendedTraining, saved_runs, screen_text, until
from tui import messages
from tui.app import TermlabApp
from tui.plan import Plan
from tui.runbook import facts_key
from tui.screens.adjust import AdjustScreen
from tui.screens.ask import AskScreen
from tui.screens.presets import PresetsScreen
from tui.widgets.table import Table


def screen_of(app: FrozenApp | TermlabApp) -> PresetsScreen:
    screen = app.screen
    assert isinstance(screen, PresetsScreen)
    return screen


async def test_preset_under_the_cursor_is_explained(frozen: FrozenApp) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await pilot.press("j")
        await pilot.pause()
        text = screen_text(frozen)
        assert "Batch normalisation, with and without" in text
        assert "A3 · IFT6135" in text
        assert "99.0 ± 0.5 %" in text


async def test_parameters_are_open_until_they_are_known(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert "…" in screen_text(frozen)
        frozen.tell_facts(presets[0].trials)
        await pilot.pause()
        assert "4,810" in screen_text(frozen)
        assert "…" not in screen_text(frozen)


async def test_yours_comes_from_saved_runs_and_is_a_dash_without_them(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert "inside" not in screen_text(frozen)
        frozen.tell_runs(saved_runs(presets))
        await pilot.pause()
        line = next(line for line in screen_text(frozen).splitlines() if "97.0 ± 1.0 %" in line)
        assert "(3)" in line
        assert "inside" in line


async def test_narrow_card_leaves_no_figure_out(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        frozen.tell_runs(saved_runs(presets))
        frozen.tell_facts(presets[1].trials)
        await pilot.press("j")
        await until(pilot, lambda: "bn=on  98,442 parameters" in screen_text(frozen))
        figures = next(line for line in screen_text(frozen).splitlines() if "99.0 ± 0.5 %" in line)
        assert all(told in figures for told in ("(2)", "−0.90  outside"))
        await pilot.resize_terminal(120, 36)  # beside its figures there is room for the name again
        await until(
            pilot, lambda: any("bn=on" in line and "outside" in line for line in screen_text(frozen).splitlines())
        )


async def test_narrow_card_names_each_of_several_metrics(frozen: FrozenApp, presets: list[Preset]) -> None:
    trial = presets[0].trials[1]
    error = trial.published[0].model_copy(update={"metric": "test_error", "value": 0.02, "tolerance": 0.005})
    changed = trial.model_copy(update={"published": (*trial.published, error)})
    async with frozen.run_test(size=(80, 24)) as pilot:
        frozen.tell_runs(saved_runs(presets))
        screen = screen_of(frozen)
        plan = screen.plans["digits-first"]
        screen.plans["digits-first"] = Plan(plan.preset.model_copy(update={"trials": (trial, changed)[1:]}))
        screen.show_all()
        await until(pilot, lambda: "   test error\n" in screen_text(frozen) + "\n")
        lines = [line.partition("│")[2].strip() for line in screen_text(frozen).splitlines()]
        assert lines[lines.index("test accuracy") + 1].startswith("97.0 ± 1.0 %")
        assert lines[lines.index("test error") + 1].startswith("2.0 ± 0.5 %")


async def test_missing_dataset_is_said_with_its_remedy(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        missing = DataError("mnist is not in /lab/data.", "termlab data get mnist")
        await pilot.press("j")
        for trial in presets[1].trials:
            frozen.post_message(messages.FactsFound(facts_key(trial), missing))
        await pilot.pause()
        assert "termlab data get mnist" in screen_text(frozen)


async def test_typing_filters_and_escape_shows_all_again(frozen: FrozenApp) -> None:
    async with frozen.run_test() as pilot:
        await pilot.press("slash", *"batch")
        table = screen_of(frozen).query_one("#presets", Table)
        assert [row.key for row in table.rows if not row.is_section] == ["batchnorm"]
        assert screen_of(frozen).plan is not None
        await pilot.press("enter")
        assert table.has_focus
        await pilot.press("escape")
        assert len([row for row in table.rows if not row.is_section]) == 2


async def test_letters_that_come_in_one_burst_with_the_key_reach_the_filter(frozen: FrozenApp) -> None:
    async with frozen.run_test() as pilot:
        for letter in "/batch/":
            frozen.post_message(Key("slash" if letter == "/" else letter, letter))
        await pilot.pause()
        assert screen_of(frozen).query_one("#find", Input).value == "batch/"


async def test_typing_a_whole_name_goes_to_that_preset_though_others_have_the_word(frozen: FrozenApp) -> None:
    async with frozen.run_test() as pilot:
        screen = screen_of(frozen)
        first, last = screen.presets.values()
        screen.presets["digits-first"] = first.model_copy(update={"why": f"Unlike {last.name}, needs no download."})
        await pilot.press("slash", *last.name)
        table = screen.query_one("#presets", Table)
        assert [row.key for row in table.rows if not row.is_section] == [first.name, last.name]
        assert table.cursor_key == last.name


async def test_filter_that_finds_nothing_says_so(frozen: FrozenApp) -> None:
    async with frozen.run_test() as pilot:
        await pilot.press("slash", *"zzz")
        await pilot.pause()
        assert "Nothing has these words." in screen_text(frozen)
        await pilot.press("escape", "enter")


async def test_preset_with_faults_is_listed_with_them(
    frozen: FrozenApp, presets: list[Preset], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = PresetError('broken.toml: group: "Nothing" is not a known group.', file="broken.toml")
    monkeypatch.setattr("tui.screens.presets.list_presets", lambda: (presets, [fault]))
    async with frozen.run_test(size=(120, 36)) as pilot:
        await pilot.press("G")
        await pilot.pause()
        assert 'broken.toml: group: "Nothing" is not a known group.' in screen_text(frozen)
        await pilot.press("enter")
        assert not frozen.runbook.is_training


async def test_enter_launches_what_the_preset_says(app: TermlabApp, engine: PretendedTraining) -> None:
    async with app.run_test() as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: app.runbook.sweep is not None and not app.runbook.is_training)
        assert [trial.label for trial in engine.launched] == ["sgd", "momentum"]
        assert app.current_mode == "live"


async def test_form_puts_the_setting_of_that_very_name_under_the_cursor(frozen: FrozenApp) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await pilot.press("e", "slash", *"epochs")
        await pilot.pause()
        keys = [row.key for row in frozen.screen.query_one("#settings", Table).rows]
        assert keys.index("schedule.warmup_epochs") < keys.index("train.epochs")
        assert frozen.screen.query_one("#settings", Table).cursor_key == "train.epochs"


async def test_what_is_typed_ahead_goes_into_the_line_that_it_was_meant_for(frozen: FrozenApp) -> None:
    """Over a slow connection several keys come at once; 1 would be the way to another screen."""
    async with frozen.run_test(size=(120, 36)) as pilot:
        await pilot.press("e")
        screen = frozen.screen
        assert isinstance(screen, AdjustScreen)
        screen.query_one("#settings", Table).move_to("train.epochs")
        for key in ("enter", "1", "2", "3", "backspace", "enter"):
            frozen.post_message(Key(key, key if key.isdecimal() else None))
        await until(pilot, lambda: bool(screen.plan.values))
        assert screen.plan.values == {"train.epochs": "12"}
        assert isinstance(frozen.screen, AdjustScreen)


async def test_buttons_launch_too(app: TermlabApp, engine: PretendedTraining) -> None:
    async with app.run_test() as pilot:
        await pilot.click("#quick")
        await until(pilot, lambda: app.runbook.sweep is not None and not app.runbook.is_training)
        assert {trial.config.train.epochs for trial in engine.launched} == {2}


async def test_what_stands_in_the_way_is_said_and_nothing_is_lost(app: TermlabApp, engine: PretendedTraining) -> None:
    engine.problem = DataError("mnist is not in the data folder.", "termlab data get mnist")
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("e", "j", "enter")
        await pilot.press("backspace", "backspace", "backspace", *"sgd", "enter", "escape", "enter")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        text = screen_text(app)
        assert "Nothing was started" in text
        assert "termlab data get mnist" in text
        await pilot.press("escape")
        assert app.current_mode == "presets"
        plan = screen_of(app).plan
        assert plan is not None
        assert plan.values == {"only": "sgd"}
        assert not app.runbook.is_training


async def test_second_launch_is_not_offered_while_one_is_under_way(app: TermlabApp, engine: PretendedTraining) -> None:
    engine.is_gated = True
    async with app.run_test() as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "live")
        await pilot.press("1")
        await pilot.pause()
        screen = screen_of(app)
        assert screen.check_action("launch", ()) is False
        assert screen.query_one("#launch", Button).disabled
        await until(pilot, lambda: "Training, see 2" in screen_text(app))
    app.close_threads()


async def test_form_lists_every_setting_of_the_model(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 90)) as pilot:
        await pilot.press("e")
        await pilot.pause()
        text = screen_text(frozen)
        for key in ("seeds", "only", "device", "data.name", "model.hidden", "optim.momentum", "train.epochs"):
            assert f" {key} " in text


async def test_form_shows_the_message_of_the_engine_while_one_types(frozen: FrozenApp) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await pilot.press("e")
        screen = frozen.screen
        assert isinstance(screen, AdjustScreen)
        screen.query_one("#settings", Table).move_to("train.epochs")
        await pilot.press("enter", "0")
        await pilot.pause()
        assert "train.epochs" in screen_text(frozen)
        assert "is not allowed" in screen_text(frozen)
        await pilot.press("enter")
        assert screen.is_editing, "a value that is wrong by itself is not taken"
        screen.query_one("#editor-value", Input).value = "3"
        await pilot.press("enter")
        assert screen.plan.values == {"train.epochs": "3"}
        await pilot.press("escape")
        await pilot.pause()
        plan = screen_of(frozen).plan
        assert plan is not None
        assert plan.trials()[0].config.train.epochs == 3


async def test_escape_leaves_a_value_as_it_was(frozen: FrozenApp) -> None:
    async with frozen.run_test() as pilot:
        await pilot.press("e", "enter", *"3,4", "escape")
        screen = frozen.screen
        assert isinstance(screen, AdjustScreen)
        assert not screen.plan.values
        assert screen.query_one("#settings").has_focus


async def test_space_goes_through_choices_and_backspace_takes_back(frozen: FrozenApp) -> None:
    async with frozen.run_test() as pilot:
        await pilot.press("e")
        screen = frozen.screen
        assert isinstance(screen, AdjustScreen)
        screen.query_one("#settings", Table).move_to("optim.decay_bias")
        await pilot.press("space")
        assert screen.plan.values == {"optim.decay_bias": "false"}
        await pilot.press("space")
        assert not screen.plan.values
        screen.query_one("#settings", Table).move_to("optim.name")
        await pilot.press("space", "backspace")
        assert not screen.plan.values


async def test_settings_that_are_wrong_together_are_said_and_not_launched(frozen: FrozenApp) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await pilot.press("e")
        screen = frozen.screen
        assert isinstance(screen, AdjustScreen)
        screen.query_one("#settings", Table).move_to("optim.name")
        await pilot.press("space", "escape")  # adam, for a preset whose second trial has momentum
        await pilot.pause()
        assert "momentum has no effect with adam" in screen_text(frozen)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(frozen.screen, AskScreen)
        assert not frozen.runbook.is_training
