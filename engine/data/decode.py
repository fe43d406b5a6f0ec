"""Image files to one uint8 array: the only module that uses Pillow."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from engine.data.image_tree import name_some
from engine.errors import DataError

Pixels = npt.NDArray[np.uint8]
Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

_GREY_MODES = frozenset({"1", "L", "LA", "La"})
# Those of the suffixes that are looked for. Pillow goes by contents, and would hand PostScript that calls itself a .png
# to Ghostscript, a program to run.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
# Pillow clips these to 8 bits, which turns most of a 16-bit picture white.
_DEEP_MODES = ("I", "F")
# Decoding releases the interpreter lock, but 6,000 images of 32x32 took 1.3 s in one thread and 1.9 s in two:
# below some size, taking the lock back costs more than is won.
_PIXELS_WORTH_A_THREAD = 64 * 64


@dataclass(frozen=True)
class _Header:
    mode: str
    width: int
    height: int


def decode(files: Sequence[Path], image_size: int | None) -> Pixels:
    """Read images that all have one size, or bring them to one; one channel if all are grey, otherwise RGB.

    With `image_size` the shorter side is scaled to it, bilinear with antialias, and the centre square kept.
    Transparency and the orientation noted by a camera are ignored.

    Shapes: returns (N, C, H, W).
    Units: pixels.
    Raises: DataError that names the files which cannot be read, are too large, or differ in size.
    """
    with _quiet_pillow():
        headers = _apply(_read_header, files)
        if image_size is None:
            _require_one_size(files, headers)
            height, width = headers[0].height, headers[0].width
        else:
            height = width = image_size
        is_grey = all(header.mode in _GREY_MODES for header in headers)
        images: Pixels = np.empty((len(files), 1 if is_grey else 3, height, width), dtype=np.uint8)

        def read_into(row: int) -> None:
            pixels = _read_pixels(files[row], "L" if is_grey else "RGB", image_size)
            images[row] = pixels if is_grey else pixels.transpose(2, 0, 1)  # (H, W, 3) -> (3, H, W)

        _apply(read_into, range(len(files)), threads=_thread_count(headers))
    return images


def _read_header(path: Path) -> _Header:
    with _opened(path) as image:
        if image.mode.startswith(_DEEP_MODES):
            raise DataError(f"{path} has more than 8 bits a channel (mode {image.mode}).")
        return _Header(image.mode, image.width, image.height)


def _read_pixels(path: Path, mode: str, image_size: int | None) -> Pixels:
    """Decode one image: (H, W) for mode L, (H, W, 3) for RGB."""
    with _opened(path) as image:
        if image.mode == "P":
            image = image.convert("RGBA")  # a palette with transparency has no way to RGB but through here
        image = image.convert(mode)
        if image_size is not None:
            side = min(image.size)
            left, top = (image.width - side) / 2, (image.height - side) / 2
            # Scaling only the centre keeps a panorama from becoming millions of pixels long before the crop.
            image = image.resize(
                (image_size, image_size), Image.Resampling.BILINEAR, box=(left, top, left + side, top + side)
            )
        return np.asarray(image)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path, formats=_FORMATS) as image:
            yield image
    except DataError:
        raise
    except Exception as error:  # a damaged file makes Pillow's parsers raise whatever they stumble over
        raise DataError(f"{path} cannot be read as an image: {_reason(error)}.") from error


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "it is of no known format"  # Pillow's own words only repeat the path
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).rstrip(".") or type(error).__name__


def _require_one_size(files: Sequence[Path], headers: Sequence[_Header]) -> None:
    first = headers[0]
    for path, header in zip(files, headers, strict=True):
        if (header.width, header.height) != (first.width, first.height):
            raise DataError(
                f"The images differ in size: {files[0]} is {first.width}x{first.height}, "
                f"{path} is {header.width}x{header.height} pixels.",
                "Bring them to one size with data.image_size=64 (or another number of pixels).",
            )


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """Keep what Pillow says of odd metadata off the terminal; what it says of decompression bombs is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _thread_count(headers: Sequence[_Header]) -> int:
    mean_pixels = sum(header.width * header.height for header in headers) / len(headers)
    return 1 if mean_pixels < _PIXELS_WORTH_A_THREAD else min(8, os.cpu_count() or 1)


def _apply(function: Callable[[Item], Outcome], items: Sequence[Item], *, threads: int = 1) -> list[Outcome]:
    """Apply `function` to all items, in order, and report all faults as one.

    Raises: DataError with the message of every DataError that `function` raised, the first few in words.
    """

    def attempt(item: Item) -> Outcome | DataError:
        try:
            return function(item)
        except DataError as error:
            return error

    attempts = [attempt(item) for item in items] if threads == 1 else _in_threads(attempt, items, threads)
    faults = [outcome.message for outcome in attempts if isinstance(outcome, DataError)]
    if faults:
        raise DataError(name_some(faults), "Repair, convert or remove these files.")
    return [outcome for outcome in attempts if not isinstance(outcome, DataError)]


def _in_threads(function: Callable[[Item], Outcome], items: Sequence[Item], threads: int) -> list[Outcome]:
    with ThreadPoolExecutor(threads) as pool:
        try:
            return list(pool.map(function, items))
        except BaseException:  # ctrl+c would otherwise wait for thousands of images
            pool.shutdown(wait=False, cancel_futures=True)
            raise
