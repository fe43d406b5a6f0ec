from __future__ import annotations

from tui.widgets.chart_deck import ChartDeck


def test_deck_begins_without_frames_for_charts_that_it_does_not_have() -> None:
    views = list(ChartDeck().compose())
    assert views
    assert not any(view.display for view in views)
