"""A report as LaTeX, to be included in a paper; it needs no package beyond LaTeX itself (2020 or later)."""

from __future__ import annotations

from engine.shown import printable
from tui.report.content import Block, Bullets, Commands, Curves, Paragraph, Report, Tabled
from tui.tables import TableFormat, latex_text


def written(report: Report) -> str:
    r"""Return the report as a `\section`; charts are left out."""
    parts = [rf"\section{{{_text(report.title)}}}", *map(_block, report.lead)]
    for section in report.sections:
        parts += [rf"\subsection{{{_text(section.heading)}}}", *map(_block, section.blocks)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return _text(text)
        case Bullets(items):
            return "\n".join([r"\begin{itemize}", *(rf"\item {{}}{_text(item)}" for item in items), r"\end{itemize}"])
        case Tabled(title, table):
            heading = rf"\begin{{center}}\small{_NEWLINE}{_text(title)}\\[1ex]"
            return "\n".join([heading, table.written(TableFormat.LATEX), r"\end{center}"])
        case Commands(lines):
            inner = "\n".join(rf"\texttt{{{_typed(line)}}}\par" for line in lines)
            return f"\\begin{{flushleft}}\n{inner}\n\\end{{flushleft}}"
        case Curves():
            return ""


_NEWLINE = "\n"


def _text(text: str) -> str:
    return latex_text(" ".join(printable(text).split()))


def _typed(line: str) -> str:
    """Write what is typed: quotes stay straight, so that a line can be copied."""
    return _text(line).replace("'", r"\textquotesingle{}").replace('"', r"\textquotedbl{}").replace("--", "-{}-")
