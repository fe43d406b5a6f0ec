"""Lets `python -m tui` do what `termlab` does."""

from tui.cli import main

main()
