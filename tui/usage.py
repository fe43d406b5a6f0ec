"""Words that a command does not take, as Typer finds them, told as every other error is."""

from __future__ import annotations

from typing import Any

import typer

from engine.errors import ConfigError

UsageError: Any = typer.BadParameter.__mro__[1]
"""What Typer raises for them. It does not export the name, and its releases differ in where the class comes from."""


def is_help(error: Any) -> bool:
    """Tell whether it is no fault but the help of a group of commands, called without one."""
    return error.ctx is not None and error.message == error.ctx.get_help()


def usage_fault(error: Any) -> ConfigError:
    """Return what to tell of a usage error."""
    said = error.format_message().rstrip(".").replace("Value error, ", "")  # a word of pydantic's, not of ours
    if error.ctx is None:
        return ConfigError([said[:1].lower() + said[1:]], "termlab COMMAND --help says what a command takes.")
    hint = f"{error.ctx.get_usage()}\n{error.ctx.command_path} --help says more."
    return ConfigError([said[:1].lower() + said[1:]], hint)
