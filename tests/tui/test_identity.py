from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.identity import COLORS, MARKERS, Identity, identities

Linear = np.ndarray[tuple[int], np.dtype[np.float64]]

# Source: Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
SIGHTS = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
LEAST_DISTANCE = 25.0
LEAST_CONTRAST = 2.9


def linear(color: str) -> Linear:
    values = np.array([int(color[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(color: Linear) -> Linear:
    ratios = TO_XYZ @ color / WHITE
    roots = np.where(ratios > 216 / 24389, np.cbrt(ratios), (24389 / 27 * ratios + 16) / 116)
    return np.array([116 * roots[1] - 16, 500 * (roots[0] - roots[1]), 200 * (roots[1] - roots[2])])


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(TO_XYZ[1] @ linear(color)) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("sight", SIGHTS)
def test_colours_stay_apart_for_every_kind_of_sight(sight: str) -> None:
    seen = [lab(np.clip(SIGHTS[sight] @ linear(color), 0, 1)) for color in COLORS]
    assert min(np.linalg.norm(one - other) for one, other in itertools.combinations(seen, 2)) > LEAST_DISTANCE


@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("background", ["#101418", "#fbfbfa", "#000000", "#ffffff"])
def test_colours_can_be_read_on_dark_and_on_light(color: str, background: str) -> None:
    assert contrast(color, background) > LEAST_CONTRAST


def test_markers_are_one_cell_wide_and_differ() -> None:
    assert [cell_len(marker) for marker in MARKERS] == [1] * len(MARKERS)
    assert len(set(MARKERS)) == len(MARKERS)


def test_an_identity_is_the_same_in_every_process() -> None:
    assert identities(["batchnorm/bn=on"]) == {"batchnorm/bn=on": Identity("#5959c0", "●")}


@given(labels=st.lists(st.text(max_size=5), max_size=7, unique=True), data=st.data())
def test_up_to_seven_trials_of_a_preset_differ_in_colour_and_marker_in_any_order(
    labels: list[str], data: st.DataObject
) -> None:
    keys = [f"depth/{label}" for label in labels]
    found = identities(keys)
    assert list(found) == keys
    assert len({mark.color for mark in found.values()}) == len({mark.marker for mark in found.values()}) == len(keys)
    assert identities(data.draw(st.permutations(keys))) == found


def test_trials_of_another_preset_change_nothing_but_equal_pairs() -> None:
    depth = [f"depth/L={layers}" for layers in range(5)]
    others = [f"width/K={filters}" for filters in range(20)]
    alone, together = identities(depth), identities([*depth, *others])
    assert all(alone[key].color == together[key].color for key in depth)
    assert len(set(together.values())) == len(together)


def test_more_keys_than_pairs_are_served_too() -> None:
    assert len(identities([f"p/{index}" for index in range(100)])) == 100
