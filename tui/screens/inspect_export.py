"""What is asked before a picture and its numbers are written as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ConfigError, ExportError
from tui.pictures.files import check_folder
from tui.screens.ask_line import AskLineScreen
from tui.store_jobs import write_picture

if TYPE_CHECKING:
    from tui.app import TermlabApp
    from tui.pictures.seen import Seen


def ask_picture_export(lab: TermlabApp, seen: Seen) -> None:
    """Ask for a folder, and write PNG, JSON and CSV into it; without matplotlib the numbers alone."""
    what = seen.inspection.question.what
    has_png = _has_matplotlib()
    text = f"A folder, which may be new, for {what}.png, {what}.json and CSV tables. Nothing that is there is replaced."
    if not has_png:
        text += " PNG needs matplotlib, which is not installed (pip install 'termlab[png]'): the numbers alone."

    def check(line: str) -> None:
        if not line.strip():
            raise ConfigError(["into which folder?"])
        check_folder(Path(line.strip()).expanduser(), what, needs_png=False, replaces=False)

    def write(line: str | None) -> None:
        if line:
            lab.store_thread.do(write_picture(Path(line).expanduser(), what, seen, needs_png=has_png))

    lab.push_screen(AskLineScreen(f"Export {what}", text, f"{what}-{seen.inspection.question.run[:6]}", check), write)


def _has_matplotlib() -> bool:
    from tui.pictures.png import require_matplotlib

    try:
        require_matplotlib()
    except ExportError:
        return False
    return True
