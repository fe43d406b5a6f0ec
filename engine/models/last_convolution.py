"""A convolution over the whole of the last map instead of linear layers: how many scores, and which images fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.errors import ModelError
from engine.models.map_size import POINT, MapSize, Window, map_through, remedies_for_points, smallest_image

LAST_KERNEL = 4
"""Side of the last convolution and of the only map it takes, in pixels."""
_MOST_FILTERS = 16


def score_count(classes: int) -> int:
    """Return how many scores tell the classes apart: one logit for two of them, else one score each."""
    return 1 if classes == 2 else classes


def check_last_map(size: MapSize, filter_count: int, windows_of: Callable[[int], Sequence[Window]]) -> None:
    """Make sure that images of this height and width leave the map that the last convolution takes.

    `windows_of` gives the layers before it for a number of filters.
    Units: pixels.
    Raises: ModelError naming what would work.
    """
    needed = (LAST_KERNEL, LAST_KERNEL)
    left = map_through(size, windows_of(filter_count))
    if left == needed:
        return
    raise ModelError(
        f"The network does not fit the image: the last convolution, {LAST_KERNEL}x{LAST_KERNEL} without padding, needs "
        f"a map of {LAST_KERNEL}x{LAST_KERNEL}, and {filter_count} model.filters leave {left[0]}x{left[1]} "
        f"of {size[0]}x{size[1]}.",
        f"What would work: {'; or '.join(_remedies(size, filter_count, windows_of))}.",
    )


def _remedies(size: MapSize, filter_count: int, windows_of: Callable[[int], Sequence[Window]]) -> list[str]:
    needed = (LAST_KERNEL, LAST_KERNEL)
    if size == POINT:
        return remedies_for_points(smallest_image(windows_of(filter_count), map_side=LAST_KERNEL), is_exact=True)
    counts = [count for count in range(1, _MOST_FILTERS + 1) if map_through(size, windows_of(count)) == needed]
    remedies = [f"{count} model.filters instead of {filter_count}" for count in counts]
    for count in range(filter_count, 0, -1):
        larger = smallest_image(windows_of(count), map_side=LAST_KERNEL)
        if larger is not None:
            fewer = "" if count == filter_count else f" with {count} model.filters"
            return [f"data.image_size = {larger}{fewer}", *remedies]
    return remedies
