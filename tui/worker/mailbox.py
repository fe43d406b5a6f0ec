"""`Mailbox`: what the threads post to, and how they say what nobody foresaw."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Protocol

from textual.message import Message

from engine.errors import TermlabError


class Mailbox(Protocol):
    """What messages are posted to: the application."""

    def post_message(self, message: Message) -> bool:
        """Queue a message; safe from any thread."""


def unforeseen(error: Exception) -> TermlabError:
    """Return what can be said of a fault of ours that must not end the thread in silence."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return TermlabError(
        f"{type(error).__name__}: {error}", f"This is a fault in termlab ({Path(where.filename).name}:{where.lineno})."
    )
