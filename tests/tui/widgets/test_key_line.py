"""Which keys the last line offers, whatever else there is to say."""

from __future__ import annotations

import pytest

from engine.presets import Preset
from tests.tui.fixtures import frozen, in_utc, presets
from tests.tui.laboratory import NOW, FrozenApp, saved_runs, screen_text, started, training, until
from tui.screens.help import HelpScreen

__all__ = ["frozen", "in_utc", "presets"]


def last_line(app: FrozenApp) -> str:
    return screen_text(app).splitlines()[-1]


@pytest.mark.parametrize("place", ["presets", "live", "leaderboard"])
async def test_help_is_offered_on_the_smallest_screen_however_many_keys_there_are(
    frozen: FrozenApp, presets: list[Preset], place: str
) -> None:
    async with frozen.run_test(size=(60, 24)) as pilot:
        frozen.tell_runs(saved_runs(presets))
        frozen.tell_launch(presets[0].trials)
        frozen.call_later(
            frozen.tell_event, 0, "run0", started(presets[0].trials[0], NOW), *training(presets[0].trials[0])
        )
        await until(pilot, lambda: frozen.current_mode == "live")
        frozen.go(place)
        await until(pilot, lambda: last_line(frozen).endswith("? Help  ctrl+p commands"))
        assert last_line(frozen).split()[0] != "?"  # the keys of the screen keep the rest of the line


async def test_help_is_whole_at_any_width(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(60, 24)) as pilot:
        frozen.tell_runs(saved_runs(presets))
        await pilot.press("3")
        for width in range(60, 110):
            await pilot.resize_terminal(width, 24)
            await until(pilot, lambda: frozen.screen.size.width == width)  # noqa: B023
            await until(pilot, lambda: last_line(frozen).endswith("  ? Help  ctrl+p commands"))


async def test_what_is_being_typed_is_not_offered_as_a_key_for_help(frozen: FrozenApp) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await pilot.press("slash")
        await until(pilot, lambda: "F1 Help" in last_line(frozen))
        assert "? Help" not in last_line(frozen)
        await pilot.press("question_mark")
        assert not isinstance(frozen.screen, HelpScreen)
        await pilot.press("f1")
        assert isinstance(frozen.screen, HelpScreen)
