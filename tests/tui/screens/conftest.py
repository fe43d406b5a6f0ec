"""Every test of a screen gets the frozen laboratory."""

from __future__ import annotations

from tests.tui.fixtures import app, engine, frozen, in_utc, presets

__all__ = ["app", "engine", "frozen", "in_utc", "presets"]
