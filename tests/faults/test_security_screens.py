"""What a stranger has written is shown in the application as it is written, and is neither markup nor an action."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.presets import read_preset
from tests.tui.laboratory import FrozenApp, screen_text

HOSTILE = "[/x][@click=app.quit]go[/][red"
PRESET = f"""\
title = "title {HOSTILE}"
why = "why {HOSTILE}"
source = "source {HOSTILE}"
group = "First steps"
[[trials]]
label = "label {HOSTILE}"
"""


async def test_text_from_a_preset_is_no_markup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "stranger.toml"
    path.write_text(PRESET)
    preset = read_preset("stranger", path)
    monkeypatch.setattr("tui.screens.presets.list_presets", lambda: ([preset], []))
    app = FrozenApp()
    async with app.run_test(size=(160, 40)) as pilot:
        await pilot.pause()
        text = screen_text(app)
        for what in ("title", "why", "source"):
            assert f"{what} {HOSTILE}" in text
        assert "label [/x][@click=app.quit]go" in text  # its column is narrow
