"""The packaged presets on the smallest screen: each can be read, and its settings can be opened."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from engine.model_config import MODEL_CONFIGS
from engine.presets import Preset, list_presets
from tests.tui.laboratory import FrozenApp, refreshed, screen_text
from tui.screens.adjust import AdjustScreen
from tui.screens.presets import PresetsScreen
from tui.widgets.preset_card import PresetCard
from tui.widgets.table import Table

SMALLEST = (80, 24)


@pytest.fixture
def packaged(monkeypatch: pytest.MonkeyPatch, presets: list[Preset]) -> list[Preset]:
    """The presets that come with the program, instead of the two of the laboratory."""
    found, faults = list_presets()
    assert not faults
    monkeypatch.setattr("tui.screens.presets.list_presets", lambda: (found, faults))
    return found


def screen_of(app: FrozenApp) -> PresetsScreen:
    screen = app.screen
    assert isinstance(screen, PresetsScreen)
    return screen


def card_lines(app: FrozenApp) -> list[str]:
    """Return what can be seen of the card."""
    region = app.screen.query_one(PresetCard).region
    lines = [line.ljust(SMALLEST[0])[region.x : region.right] for line in screen_text(app).splitlines()]
    return [line.strip() for line in lines[region.y : region.bottom]]


def unseen(preset: Preset, lines: list[str]) -> list[str]:
    """Return the trials that no line begins with."""
    return [
        trial.label for trial in preset.trials if not any(f"{line} ".startswith(f"{trial.label} ") for line in lines)
    ]


async def read_on(pilot: Pilot[Any], app: FrozenApp, preset: Preset) -> list[str]:
    """Scroll the card until all trials have been seen, or to its end."""
    card = app.screen.query_one(PresetCard)
    lines = card_lines(app)
    while unseen(preset, lines) and card.scroll_y < card.max_scroll_y:
        await pilot.press("ctrl+d")
        await refreshed(pilot)
        lines += card_lines(app)
    return lines


async def test_every_packaged_preset_can_be_read_on_the_smallest_screen(
    frozen: FrozenApp, packaged: list[Preset]
) -> None:
    async with frozen.run_test(size=SMALLEST) as pilot:
        await refreshed(pilot)
        for preset in packaged:
            assert screen_of(frozen).query_one("#presets", Table).cursor_key == preset.name
            assert preset.title in " ".join(card_lines(frozen))  # a long one takes two lines
            assert f" {preset.name} " in screen_text(frozen)
            assert not unseen(preset, await read_on(pilot, frozen, preset))
            assert not screen_of(frozen).query_one("#card-problem", Static).display
            assert "Fix the settings" not in screen_text(frozen)
            assert not frozen._notifications
            await pilot.press("j")
            await refreshed(pilot)


@pytest.mark.parametrize("size", [SMALLEST, (120, 40)])
async def test_the_card_ends_in_what_was_chosen_and_what_a_quick_look_shows(
    frozen: FrozenApp, packaged: list[Preset], size: tuple[int, int]
) -> None:
    async with frozen.run_test(size=size) as pilot:
        await refreshed(pilot)
        for preset in packaged:
            screen_of(frozen).query_one("#presets", Table).move_to(preset.name)
            await refreshed(pilot)
            card = frozen.screen.query_one(PresetCard)
            top = " ".join(card_lines(frozen))
            assert card.scroll_y == 0
            assert preset.title in top
            assert preset.source.split()[0] in top
            assert preset.trials[0].label in top, "the trials are not pushed away"
            card.scroll_end(animate=False)
            await refreshed(pilot)
            settings, choices, quick = (card.query_one(f"#card-{part}") for part in ("settings", "choices", "quick"))
            assert settings.region.bottom <= choices.region.y < quick.region.y
            assert card.region.contains_region(quick.region)
            assert " ".join(preset.quick_note.split()[-3:]) in " ".join(card_lines(frozen))


@pytest.mark.parametrize("name", ["moons", "residual-depth", "scratch-dropout"])
async def test_the_form_of_a_preset_has_the_settings_of_its_model(
    frozen: FrozenApp, packaged: list[Preset], name: str
) -> None:
    preset = next(preset for preset in packaged if preset.name == name)
    family = preset.trials[0].config.model.name
    async with frozen.run_test(size=SMALLEST) as pilot:
        screen_of(frozen).query_one("#presets", Table).move_to(name)
        await pilot.press("e")
        await refreshed(pilot)
        form = frozen.screen
        assert isinstance(form, AdjustScreen)
        assert f"Settings of {name}" in screen_text(frozen)
        assert "something is wrong" not in screen_text(frozen)
        settings = form.query_one("#settings", Table)
        expected = [f"model.{key}" for key in MODEL_CONFIGS[family].model_fields]
        assert [row.key for row in settings.rows if row.key.startswith("model.")] == expected
        for key in expected:
            settings.move_to(key)
            await refreshed(pilot)
            assert f" {key} " in screen_text(frozen)
            assert f"{key} = " in screen_text(frozen)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("exp1_1", {"depth"}),
        ("A3", {"batchnorm"}),
        ("C5", {"cifar-l2", "mnist-and-cifar", "pooling-and-activation"}),
        ("rmsprop", {"scratch-optimisers"}),
    ],
)
async def test_a_row_of_the_catalogue_is_found_by_its_label_or_source(
    frozen: FrozenApp, packaged: list[Preset], typed: str, names: set[str]
) -> None:
    assert names < {preset.name for preset in packaged}
    async with frozen.run_test(size=SMALLEST) as pilot:
        await pilot.press("slash", *typed)
        await refreshed(pilot)
        rows = screen_of(frozen).query_one("#presets", Table).rows
        assert {row.key for row in rows if not row.is_section} == names
