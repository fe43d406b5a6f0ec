"""What a recipe is called in a report: its trial, and what tells it from others of that name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from engine.columns import value_text
from engine.leaderboard_row import LeaderboardRow


def recipe_names(rows: Sequence[LeaderboardRow]) -> dict[str, str]:
    """Return a name for each recipe by its fingerprint: the label, with settings where two share it."""
    counts = Counter(row.label for row in rows)
    return {row.fingerprint: row.label if counts[row.label] == 1 else _told_apart(row, rows) for row in rows}


def _told_apart(row: LeaderboardRow, rows: Sequence[LeaderboardRow]) -> str:
    namesakes = [other for other in rows if other.label == row.label]
    own = [
        f"{key}={value_text(value)}"
        for key, value in row.differs_in.items()
        if any(other.differs_in.get(key) != value for other in namesakes)
    ]
    return f"{row.label} ({', '.join(own)})" if own else f"{row.label} ({row.test_data})"
