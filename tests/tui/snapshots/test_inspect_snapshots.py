"""What each tab of Inspect looks like. Look at the picture before `--snapshot-update`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from engine.analysis.question import Inspection
from engine.analysis.whats import WHATS
from engine.presets import Preset
from tests.tui.fixtures import frozen, in_utc, presets
from tests.tui.laboratory import FrozenApp, refreshed, saved_runs, until
from tests.tui.pictures.answers import answer_to
from tui import messages
from tui.screens.inspect import InspectScreen

__all__ = ["frozen", "in_utc", "presets"]

Compare = Callable[..., bool]
FIRST, SECOND = "run1-digits-first-momentum-s0", "run0-digits-first-sgd-s0"


def picture(
    snap_compare: Compare,
    app: FrozenApp,
    presets: list[Preset],
    what: str,
    size: tuple[int, int],
    *,
    is_double: bool = False,
) -> bool:
    async def act(pilot: Pilot[Any]) -> None:
        app.tell_facts([])
        app.tell_runs(saved_runs(presets))
        await until(pilot, lambda: bool(app.runbook.summaries))
        app.inspecting.view = app.inspecting.view.asking(what)
        app.look_into(FIRST, SECOND if is_double else None)
        await until(pilot, lambda: app.engine_thread.inquiries.inspected is not None)
        question = app.engine_thread.inquiries.inspected
        assert question is not None
        second = answer_to(what, 400) if is_double else None
        app.post_message(messages.InspectionFound(question, Inspection(question, answer_to(what), second)))
        await until(pilot, lambda: isinstance(app.screen, InspectScreen) and app.screen._found is not None)
        await refreshed(pilot)

    return snap_compare(app, run_before=act, terminal_size=size)


@pytest.mark.parametrize("what", [what for what in WHATS if what != "boundary"])
def test_tab(what: str, snap_compare: Compare, frozen: FrozenApp, presets: list[Preset]) -> None:
    assert picture(snap_compare, frozen, presets, what, (120, 36))


@pytest.mark.parametrize("what", ["saliency", "weights", "gradients", "confusion"])
def test_two_runs_side_by_side(what: str, snap_compare: Compare, frozen: FrozenApp, presets: list[Preset]) -> None:
    assert picture(snap_compare, frozen, presets, what, (80, 24), is_double=True)


def test_boundary(snap_compare: Compare, frozen: FrozenApp, presets: list[Preset]) -> None:
    digits, *others = presets
    config = digits.trials[1].config
    points = config.model_copy(update={"data": config.data.model_copy(update={"name": "moons"})})
    moons = digits.model_copy(update={"trials": (digits.trials[0], digits.trials[1].with_config(points))})
    assert picture(snap_compare, frozen, [moons, *others], "boundary", (120, 36))
