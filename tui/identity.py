"""Which colour and which marker stand for a trial, the same on every screen and in every command."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

COLORS = ("#339ecc", "#c32283", "#76a112", "#5959c0", "#ce7e7e", "#6f612a", "#8c25f4")
"""Contrast of at least 3 on the dark theme and 2.9 on the light one, which the Okabe-Ito and Tol palettes lack.

Any two stay 26 apart (CIE76) for normal, protan, deutan and tritan sight; a search over hue, lightness and
saturation found them. Source: simulation after Machado, Oliveira and Fernandes 2009, severity 1.
"""
MARKERS = ("■", "▲", "●", "◆", "▼", "★", "+", "✕")


@dataclass(frozen=True, slots=True)
class Identity:
    """How a trial is recognised: by colour, and by marker where there is none."""

    color: str
    """`#rrggbb`."""
    marker: str
    """One glyph, one cell wide."""


def identities(keys: Sequence[str]) -> dict[str, Identity]:
    """Give each key, written `preset/label`, its colour and marker.

    Both derive from the key, so that they are the same in every process. Only where keys of one preset collide does
    one of them move on to what is free; give all known keys of a preset, and it moves the same way everywhere. Up to
    seven keys of a preset differ in both colour and marker; up to 56 keys of any presets differ in at least one.
    """
    ranks = {key: _digest(key) for key in keys}
    colors: dict[str, int] = {}
    markers: dict[str, int] = {}
    for preset in dict.fromkeys(key.partition("/")[0] for key in ranks):
        group = {key: rank for key, rank in ranks.items() if key.partition("/")[0] == preset}
        colors |= _share_out({key: rank % len(COLORS) for key, rank in group.items()}, group, len(COLORS))
        markers |= _share_out(
            {key: rank // len(COLORS) % len(MARKERS) for key, rank in group.items()}, group, len(MARKERS)
        )
    found: dict[str, Identity] = {}
    taken: set[tuple[int, int]] = set()
    for key in sorted(ranks, key=ranks.__getitem__):
        pair = _free_pair(colors[key], markers[key], taken)
        taken.add(pair)
        found[key] = Identity(COLORS[pair[0]], MARKERS[pair[1]])
    return {key: found[key] for key in ranks}


def _digest(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")


def _share_out(preferred: Mapping[str, int], ranks: Mapping[str, int], size: int) -> dict[str, int]:
    """Give each key the place it prefers, or the next one that is least used."""
    order = sorted(preferred, key=ranks.__getitem__)
    uses = [0] * size
    places: dict[str, int] = {}
    for key in order:
        if uses[preferred[key]] == 0:
            places[key] = preferred[key]
            uses[preferred[key]] += 1
    for key in order:
        if key not in places:
            candidates = [(preferred[key] + offset) % size for offset in range(size)]
            places[key] = min(candidates, key=uses.__getitem__)
            uses[places[key]] += 1
    return places


def _free_pair(color: int, marker: int, taken: set[tuple[int, int]]) -> tuple[int, int]:
    """Return the pair, or the nearest free one: another marker first, then another colour."""
    for color_shift in range(len(COLORS)):
        for marker_shift in range(len(MARKERS)):
            pair = (color + color_shift) % len(COLORS), (marker + marker_shift) % len(MARKERS)
            if pair not in taken:
                return pair
    return color, marker
