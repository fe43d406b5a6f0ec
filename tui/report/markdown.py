"""A report as Markdown, for a README."""

from __future__ import annotations

import re

from engine.shown import printable
from tui.report.content import Block, Bullets, Commands, Curves, Paragraph, Report, Tabled
from tui.tables import TableFormat


def written(report: Report) -> str:
    """Return the report; charts are left out."""
    parts = [f"## {_text(report.title)}", *map(_block, report.lead)]
    for section in report.sections:
        parts += [f"### {_text(section.heading)}", *map(_block, section.blocks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return _text(text)
        case Bullets(items):
            return "\n".join(f"- {_text(item)}" for item in items)
        case Tabled(title, table):
            return f"{_text(title)}:\n\n{table.written(TableFormat.MD)}"
        case Commands(lines):
            return "\n".join(f"    {printable(line)}" for line in lines)
        case Curves():
            return ""


def _text(text: str) -> str:
    """Write text so that nothing in it is taken for markup."""
    return re.sub(r"([\\`*_\[\]<>])", r"\\\1", " ".join(printable(text).split()))
