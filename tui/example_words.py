"""What two networks do to the same test examples, in words and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.example_pairs import Pair
from tui.format import p_value, percent, plain
from tui.standing_words import p_words
from tui.tables import Column, Table

if TYPE_CHECKING:
    from engine.analysis.example_comparison import ExampleComparison
    from engine.analysis.example_set import Kind

KIND_WORDS: dict[Kind, str] = {
    "fixed": "fixed",
    "broken": "broken",
    "both_wrong": "both wrong",
    "both_right": "both right",
}
ORDER_WORDS: dict[Kind, str] = {
    "fixed": "surest mistakes first",
    "broken": "surest mistakes first",
    "both_wrong": "surest mistakes first",
    "both_right": "least sure first",
}
"""How the examples of a kind follow each other."""
COUNTED: tuple[Kind, ...] = ("both_right", "both_wrong", "fixed", "broken")
SURE = 0.05
"""Below it two networks are said to differ."""


@dataclass(frozen=True, slots=True)
class PairNames:
    """How the two networks of a pair are called."""

    first: str
    second: str


def names_of_pair(pair: Pair) -> PairNames:
    """Name two runs as shortly as tells them apart."""
    first, second = pair
    for one, other in (
        (first.label, second.label),
        (f"{first.preset} {first.label}", f"{second.preset} {second.label}"),
        (f"{first.label} seed {first.seed}", f"{second.label} seed {second.seed}"),
    ):
        if one != other:
            return PairNames(plain(one), plain(other))
    return PairNames(plain(first.run), plain(second.run))


def verdict_words(names: PairNames, found: ExampleComparison) -> str:
    """Say which of two networks has more examples right, and whether that is more than chance."""
    fixed, broken = len(found.fixed), len(found.broken)
    if not fixed + broken:
        return f"{names.second} and {names.first} have the same examples right and wrong."
    counts = f"{fixed:,} fixed, {broken:,} broken of {found.examples:,}"
    sure = p_words(found.p)  # early in the sentence, where no line is broken
    if found.p >= SURE:
        return f"{names.second} and {names.first} cannot be told apart ({sure}) on these examples: {counts}."
    better = "more" if fixed > broken else "fewer"
    return f"{names.second} has {better} examples right than {names.first} ({sure}): {counts}."


def counts_lines(names: PairNames, found: ExampleComparison) -> list[str]:
    """Return the four counts as a small table: what the first has right in rows, the second in columns."""
    counts = [
        [(len(found.both_right), ""), (len(found.broken), "broken")],
        [(len(found.fixed), "fixed"), (len(found.both_wrong), "")],
    ]
    digits = max(len(f"{number:,}") for row in counts for number, _ in row)
    cells = [[f"{number:>{digits},} {word:6}" for number, word in row] for row in counts]
    titles = [f"{names.second} {outcome}" for outcome in ("right", "wrong")]
    starts = [f"{names.first} {outcome}" for outcome in ("right", "wrong")]
    widths = [max(len(title), digits + 7) for title in titles]
    rows = [("", titles), *zip(starts, cells, strict=True)]
    return [
        "  ".join(
            [start.ljust(len(starts[0])), *(cell.rjust(width) for cell, width in zip(row, widths, strict=True))]
        ).rstrip()
        for start, row in rows
    ]


def legend_words(names: PairNames) -> str:
    """Say what fixed and broken mean."""
    return f"Fixed: only {names.second} is right; broken: only {names.first} is."


def seed_of(pair: Pair) -> int | str:
    """Return the seed of a pair, or both where they differ."""
    first, second = (run.seed for run in pair)
    return first if first == second else f"{first}, {second}"


def counts_of(found: ExampleComparison) -> dict[str, int]:
    """Return how many examples there are, and how many of each kind."""
    return {"examples": found.examples, **{kind: len(getattr(found, kind)) for kind in COUNTED}}


def examples_table(pairs: Sequence[Pair], found: Sequence[ExampleComparison], names: PairNames) -> Table:
    """Return a row for each pair of networks, and of several their sum, which has no p: the examples are the same."""
    columns = [
        Column("seed", "seed", is_number=True),
        Column("first", "first run", yields=3),
        Column("second", "second run", yields=3),
        Column("first_accuracy", f"{names.first} %", percent, is_number=True, yields=1, short="first %"),
        Column("second_accuracy", f"{names.second} %", percent, is_number=True, yields=1, short="second %"),
        Column("examples", "examples", _count, is_number=True, yields=2),
        *(Column(kind, KIND_WORDS[kind], _count, is_number=True) for kind in COUNTED),
        Column("p", "p", p_value, is_number=True),
    ]
    rows: list[tuple[Any, ...]] = []
    for pair, one in zip(pairs, found, strict=True):
        runs = (pair[0].run, pair[1].run)
        rows.append((seed_of(pair), *runs, one.first.accuracy, one.second.accuracy, *counts_of(one).values(), one.p))
    if len(rows) > 1:
        sums = [sum(column) for column in zip(*(counts_of(one).values() for one in found), strict=True)]
        rows.append(("sum", None, None, None, None, *sums, None))
    return Table(tuple(columns), tuple(rows))


def examples_document(pairs: Sequence[Pair], found: Sequence[ExampleComparison]) -> dict[str, Any]:
    """Return the comparisons as a JSON object; examples are counted from 0 in the order of the test data."""
    documents = []
    for (first, second), one in zip(pairs, found, strict=True):
        indices = {kind: getattr(one, kind).tolist() for kind in KIND_WORDS}
        documents.append(
            {
                "first": {"run": first.run, "label": first.label, "seed": first.seed, "accuracy": one.first.accuracy},
                "second": {
                    "run": second.run, "label": second.label, "seed": second.seed, "accuracy": one.second.accuracy
                },
                "counts": counts_of(one),
                "p": one.p,
                "indices": indices,
                "doubts": list(one.doubts),
            }
        )  # fmt: skip
    sums = {name: sum(counts_of(one)[name] for one in found) for name in counts_of(found[0])}
    return {"pairs": documents, "sum": sums}


def _count(value: int) -> str:
    return f"{value:,}"
