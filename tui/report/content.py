"""What a report consists of: sections of a few kinds of blocks, which every format can write."""

from __future__ import annotations

from dataclasses import dataclass

from tui.tables import Table


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """Short statements below each other."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tabled:
    """A table under its title."""

    title: str
    table: Table


@dataclass(frozen=True, slots=True)
class Commands:
    """Lines for the shell."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a chart: a value for each x, in the order of x."""

    name: str
    key: str
    """`preset/label`, from which its colour follows."""
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Curves:
    """A chart under its title; formats without pictures leave it out."""

    title: str
    x_name: str
    curves: tuple[Curve, ...]
    known: tuple[str, ...] = ()
    """Keys of what is not drawn and has a colour too, so that a trial looks the same whoever stands beside it."""


Block = Paragraph | Bullets | Tabled | Commands | Curves


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a heading."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A title, what stands below it, and sections."""

    title: str
    lead: tuple[Block, ...]
    sections: tuple[Section, ...]
