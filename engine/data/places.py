"""Where datasets lie; apart from what they are, so that a command that lists runs need not import that."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path


def default_data_folder() -> Path:
    """Return the folder that holds the datasets when the user names no other."""
    return user_cache_path("termlab") / "data"
