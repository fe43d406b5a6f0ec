"""Options that several commands share, declared once."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.tables import TableFormat

Copy = Annotated[
    bool,
    typer.Option("--copy", help="Copy the table too, as --format says or else as Markdown, over SSH as well (OSC 52)."),
]
Detach = Annotated[bool, typer.Option("--detach", help="Train in a process of its own, which outlives this terminal.")]
Format = Annotated[TableFormat, typer.Option("--format", help="How to print the table.", show_default=True)]
Json = Annotated[bool, typer.Option("--json", help="Short for --format json.")]
Where = Annotated[
    str, typer.Option(metavar="EXPR", help="Only runs for which this holds, e.g. 'preset=batchnorm and optim.lr<0.01'.")
]
SortBy = Annotated[
    str, typer.Option(metavar="COL", help="Sort by a field, metric or setting; a leading - sorts downwards.")
]
Columns = Annotated[
    str,
    typer.Option(
        metavar="A,B,C",
        help="Columns by name: fields, metrics, expressions such as best:test_accuracy, settings such as optim.lr; "
        "+NAME comes on top of the usual ones.",
    ),
]


def named_columns(text: str) -> list[str]:
    """Return the names in what `Columns` was given."""
    return [name.strip() for name in text.split(",") if name.strip()]
