"""Decoded image folders kept between runs. Nothing here is ever an error: what cannot be used is decoded again.

A file is one line of JSON (`version`, `digest` of the tree, `shape`, `crc32` of the pixels), then the pixels.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import zlib
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from engine.atomic import atomic_file
from engine.data.decode import Pixels
from engine.data.image_tree import ImageTree

CACHE_VARIABLE = "TERMLAB_CACHE"
_VERSION = 1


def cache_file(tree: ImageTree, image_size: int | None) -> Path:
    """Return where the images of this folder at this size are kept; `$TERMLAB_CACHE` moves the cache.

    The name stands for the folder and the size, so that a changed folder replaces its file and leaves no other.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    folder = Path(chosen) if chosen else user_cache_path("termlab")
    root = tree.root.resolve()
    key = hashlib.sha256(f"{root}\0{image_size}".encode(errors="surrogateescape")).hexdigest()[:16]
    return folder / "decoded" / f"{root.name}-{key}.pixels"


def read_cached(tree: ImageTree, image_size: int | None) -> Pixels | None:
    """Return the images decoded earlier, or None if there are none, the tree has changed, or the file is damaged.

    Shapes: (N, C, H, W), the training examples first.
    """
    try:
        content = bytearray(cache_file(tree, image_size).read_bytes())
        header_length = content.index(b"\n") + 1
        header = json.loads(content[:header_length])
        shape = tuple(header["shape"])
        body = memoryview(content)[header_length:]
        is_current = header["version"] == _VERSION and header["digest"] == tree.digest
        is_whole = math.prod(shape) == len(body) and zlib.crc32(body) == header["crc32"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not (is_current and is_whole):
        return None
    return np.frombuffer(body, dtype=np.uint8).reshape(shape)


def write_cached(tree: ImageTree, image_size: int | None, images: Pixels) -> None:
    """Keep decoded images for the next time, if the cache can be written."""
    path = cache_file(tree, image_size)
    header = {"version": _VERSION, "digest": tree.digest, "shape": images.shape, "crc32": zlib.crc32(images.data)}
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as file:
            file.write(json.dumps(header).encode() + b"\n")
            file.write(images.data)
