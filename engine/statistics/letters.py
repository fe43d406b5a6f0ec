"""Compact letters: rows that share one cannot be told apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.statistics.method import Method

METHOD = Method(
    name="compact letter display",
    answers="which of many recipes can be told apart, in one column",
    assumes="what the paired tests behind it assume; all pairs are tested, Holm-corrected together",
    source="Piepho, An algorithm for a letter-based representation of all-pairwise comparisons, "
    "Journal of Computational and Graphical Statistics 13 (2004)",
)


def compact_letters(count: int, told_apart: Collection[tuple[int, int]]) -> list[str]:
    """Give each of `count` items, best first, letters such that two share one unless they are told apart.

    Letters come in the order of the items: `a` stands at the first. Behind `z` follow `aa`, `ab` and so on, which are
    one letter each: several of an item then stand apart by a comma.
    """
    groups: list[frozenset[int]] = [frozenset(range(count))] if count else []
    for one, other in sorted(told_apart):
        split: list[frozenset[int]] = []
        for group in groups:
            split += [group - {one}, group - {other}] if one in group and other in group else [group]
        groups = _absorbed(split)
    groups.sort(key=sorted)
    names = [_name(place) for place in range(len(groups))]
    between = "," if any(len(name) > 1 for name in names) else ""
    return [
        between.join(name for name, group in zip(names, groups, strict=True) if item in group) for item in range(count)
    ]


def _absorbed(groups: Iterable[frozenset[int]]) -> list[frozenset[int]]:
    """Drop groups that lie within another one: they say nothing more."""
    kept: list[frozenset[int]] = []
    for group in sorted(set(groups), key=lambda group: (-len(group), sorted(group))):
        if not any(group <= larger for larger in kept):
            kept.append(group)
    return kept


def _name(place: int) -> str:
    """Return a, b, ..., z, aa, ab, ..."""
    letters = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return letters
