from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.config import DataConfig
from engine.data import image_folder
from engine.data.dataset import Dataset
from engine.data.decode import Pixels
from engine.data.decode import decode as decode_for_real
from engine.data.decoded_cache import cache_file
from engine.data.image_tree import scan
from engine.data.load import load_dataset


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TERMLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    noise = np.random.default_rng(0)
    for split in ("train", "test"):
        for name in ("cat", "dog"):
            folder = tmp_path / "pets" / split / name
            folder.mkdir(parents=True)
            for number in range(3):
                Image.fromarray(noise.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(folder / f"{number}.png")
    return tmp_path / "pets"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of images of each decoding, as they happen."""
    counts: list[int] = []

    def counting(files: list[Path], image_size: int | None) -> Pixels:
        counts.append(len(files))
        return decode_for_real(files, image_size)

    monkeypatch.setattr(image_folder, "decode", counting)
    return counts


def load(tree: Path, image_size: int | None = None) -> Dataset:
    return load_dataset(DataConfig(name=f"folder:{tree}", image_size=image_size), Path("unused"))


def test_second_load_decodes_nothing_and_gives_the_same(cache: Path, tree: Path, decoded: list[int]) -> None:
    first, second = load(tree), load(tree)
    assert decoded == [12]
    assert torch.equal(first.train.images, second.train.images)
    assert torch.equal(first.test.images, second.test.images)


def test_cached_images_can_be_written_to(cache: Path, tree: Path) -> None:
    """torch warns of read-only memory, and training in place on it would crash."""
    load(tree)
    load(tree).train.images[0] = 0


def test_sizes_are_kept_side_by_side(cache: Path, tree: Path, decoded: list[int]) -> None:
    load(tree)
    assert load(tree, image_size=4).image_shape == (3, 4, 4)
    assert load(tree).image_shape == (3, 8, 8)
    assert len(decoded) == 2


def test_changed_folder_is_decoded_again_in_the_place_of_the_old(cache: Path, tree: Path, decoded: list[int]) -> None:
    load(tree)
    Image.new("RGB", (8, 8), (1, 2, 3)).save(tree / "train" / "cat" / "0.png")
    assert load(tree).train.images[0, :, 0, 0].tolist() == [1, 2, 3]
    (tree / "train" / "cat" / "0.png").rename(tree / "train" / "cat" / "z.png")
    assert load(tree).train.images[2, :, 0, 0].tolist() == [1, 2, 3]
    assert len(decoded) == 3
    assert len(list(cache.rglob("*.pixels"))) == 1


def test_newer_time_alone_is_a_change(cache: Path, tree: Path, decoded: list[int]) -> None:
    load(tree)
    os.utime(tree / "test" / "dog" / "1.png", ns=(1, 1))
    load(tree)
    assert len(decoded) == 2


@pytest.mark.parametrize("damage", ["truncated", "one bit", "empty", "other header", "no newline", "lengthened"])
def test_damaged_cache_is_decoded_again(cache: Path, tree: Path, decoded: list[int], damage: str) -> None:
    original = load(tree)
    path = cache_file(scan(tree), None)
    content = path.read_bytes()
    path.write_bytes(
        {
            "truncated": content[:-100],
            "one bit": content[:-100] + bytes([content[-100] ^ 1]) + content[-99:],
            "empty": b"",
            "other header": b"[1, 2]\n" + content,
            "no newline": b"\0" * 50,
            "lengthened": content + b"\0",
        }[damage]
    )
    assert torch.equal(load(tree).train.images, original.train.images)
    assert torch.equal(load(tree).train.images, original.train.images)
    assert len(decoded) == 2  # decoded once more, and well kept then


def test_unwritable_cache_is_not_an_error(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TERMLAB_CACHE", str(tmp_path / "file"))
    assert len(load(tree).train) == 6


def test_nothing_but_the_cache_file_is_left(cache: Path, tree: Path) -> None:
    load(tree)
    assert [path.suffix for path in (cache / "decoded").iterdir()] == [".pixels"]
