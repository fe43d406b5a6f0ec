"""One object for what thousands of summaries have in common: ten thousand runs would else fill half a gigabyte.

Seeds of a recipe have the same settings, and all runs the same names of metrics; JSON makes each of them anew.
"""

from __future__ import annotations

import sys
from typing import Any

MOST_RECIPES = 10_000
"""Whose settings are remembered; a process that has seen more starts afresh."""
_sections: dict[str, dict[str, Any]] = {}


def share_settings(fingerprint: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return a config whose sections are those of an earlier run of the recipe, wherever they say the same."""
    if len(_sections) >= MOST_RECIPES:
        _sections.clear()
    known = _sections.setdefault(fingerprint, {})
    shared: dict[str, Any] = {}
    for name, section in config.items():
        same = known.setdefault(name, section)
        shared[sys.intern(name)] = same if type(same) is type(section) and same == section else section
    return shared


def shared_name(name: str) -> str:
    """Return the one string that has these letters."""
    return sys.intern(name)
