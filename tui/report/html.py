"""A report as one HTML file: no script, nothing from elsewhere, curves as SVG inside it."""

from __future__ import annotations

from html import escape

from engine.shown import printable
from tui.report.content import Block, Bullets, Commands, Curves, Paragraph, Report, Tabled
from tui.report.svg import chart
from tui.tables import Table

STYLE = """\
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #20272d;
  background: #fbfbfa; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0; overflow-x: auto; }
figcaption { font-weight: 600; margin-bottom: .3rem; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #d3d8dc; vertical-align: top; }
.number { text-align: right; }
pre { background: #eef0f1; padding: .6rem; overflow-x: auto; }
svg { max-width: 100%; height: auto; }"""


def written(report: Report) -> str:
    """Return the report as a page of its own."""
    parts = [f"<h1>{_text(report.title)}</h1>", *map(_block, report.lead)]
    for section in report.sections:
        parts += [f"<h2>{_text(section.heading)}</h2>", *map(_block, section.blocks)]
    head = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(report.title)}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>",
    ]
    return "\n".join([*head, *parts, "</body>\n</html>\n"])


def _block(block: Block) -> str:
    match block:
        case Paragraph(text):
            return f"<p>{_text(text)}</p>"
        case Bullets(items):
            return "\n".join(["<ul>", *(f"<li>{_text(item)}</li>" for item in items), "</ul>"])
        case Tabled(title, table):
            return f"<figure>\n<figcaption>{_text(title)}</figcaption>\n{_table(table)}\n</figure>"
        case Commands(lines):
            return f"<pre>{escape(printable(_NEWLINE.join(lines)))}</pre>"
        case Curves(title):
            return f"<figure>\n<figcaption>{_text(title)}</figcaption>\n{chart(block)}\n</figure>"


_NEWLINE = "\n"


def _table(table: Table) -> str:
    columns, rows = table.shown()
    kinds = [' class="number"' if column.is_number else "" for column in columns]

    def line(cells: list[str], tag: str) -> str:
        inner = "".join(f"<{tag}{kind}>{_text(cell)}</{tag}>" for cell, kind in zip(cells, kinds, strict=True))
        return f"<tr>{inner}</tr>"

    head = line([column.heading for column in columns], "th")
    return "\n".join(["<table>", head, *(line(row, "td") for row in rows), "</table>"])


def _text(text: str) -> str:
    return escape(" ".join(printable(text).split()))
