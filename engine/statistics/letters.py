"""Compact letters: rows that share one cannot be told apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from engine.statistics.method import Method

METHOD = Method(
    name="compact letter display",
    answers="which of many recipes can be told apart, in one column",
    assumes="what the paired tests behind it assume; all pairs are tested, Holm-corrected together",
    source="Piepho, An algorithm for a letter-based representation of all-pairwise comparisons, "
    "Journal of Computational and Graphical Statistics 13 (2004)",
)


MOST_LETTERS = 52
"""In all. Recipes may stand to each other in so odd a way that there is a letter for each of a million sets of them;
nobody reads more than a few."""


def compact_letters(count: int, told_apart: Collection[tuple[int, int]]) -> list[str]:
    """Give each of `count` items, best first, letters such that two share one unless they are told apart.

    Letters come in the order of the items: `a` stands at the first. Behind `z` follow `aa`, `ab` and so on, which are
    one letter each: several of an item then stand apart by a comma. An item with which there would be more than
    `MOST_LETTERS` gets none, nor does any after it.
    """
    apart = [0] * count  # a set of items is the number whose bits are they
    for one, other in told_apart:
        apart[max(one, other)] |= 1 << min(one, other)
    groups = [0]
    for item in range(count):
        grown = _groups_with(item, apart[item], groups)
        if len(grown) > MOST_LETTERS:
            break
        groups = grown
    groups.sort(key=_items)
    names = [_name(place) for place in range(len(groups))]
    between = "," if any(len(name) > 1 for name in names) else ""
    return [
        between.join(name for name, group in zip(names, groups, strict=True) if group >> item & 1)
        for item in range(count)
    ]


def _groups_with(item: int, apart: int, groups: Sequence[int]) -> list[int]:
    """Return the largest sets in which nothing is told apart, given those of the items before this one."""
    kept = [group for group in groups if group & apart]
    joined = sorted({group & ~apart | 1 << item for group in groups}, key=int.bit_count, reverse=True)
    found: list[int] = []
    for group in joined:
        if not any(group & larger == group for larger in found):
            found.append(group)
    return kept + found


def _items(group: int) -> list[int]:
    return [item for item in range(group.bit_length()) if group >> item & 1]


def _name(place: int) -> str:
    """Return a, b, ..., z, aa, ab, ..."""
    letters = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return letters
