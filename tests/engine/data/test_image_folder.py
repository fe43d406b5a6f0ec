from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engine.config import DataConfig
from engine.data import decode
from engine.data.dataset import Dataset
from engine.data.load import load_dataset
from engine.errors import DataError


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERMLAB_CACHE", str(tmp_path_factory.mktemp("cache")))


def paint(path: Path, value: int, *, mode: str = "RGB", size: tuple[int, int] = (6, 4)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, value).convert(mode).save(path)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two classes; each image is one shade, in the order in which it should be listed."""
    root = tmp_path / "tree"
    for split, start in (("train", 0), ("test", 100)):
        for place in range(4):
            name = ("cat", "dog")[place // 2]
            paint(root / split / name / f"{place}.png", start + place)
    return root


def load(root: Path | str, image_size: int | None = None) -> Dataset:
    return load_dataset(DataConfig(name=f"folder:{root}", image_size=image_size), Path("unused"))


def fault(root: Path, image_size: int | None = None) -> DataError:
    with pytest.raises(DataError) as caught:
        load(root, image_size)
    return caught.value


def test_images_come_by_class_and_name_with_their_labels(tree: Path) -> None:
    dataset = load(tree)
    assert dataset.class_names == ("cat", "dog")
    assert dataset.image_shape == (3, 4, 6)
    assert dataset.train.images[:, 0, 0, 0].tolist() == [0, 1, 2, 3]
    assert dataset.test.images[:, 2, 3, 5].tolist() == [100, 101, 102, 103]
    assert dataset.train.labels.tolist() == dataset.test.labels.tolist() == [0, 0, 1, 1]
    assert dataset.train.images.dtype == torch.uint8


def test_channels_are_in_the_order_red_green_blue(tree: Path) -> None:
    Image.new("RGB", (6, 4), (10, 20, 30)).save(tree / "train" / "cat" / "0.png")
    assert load(tree).train.images[0, :, 0, 0].tolist() == [10, 20, 30]


def test_val_stands_in_for_test_only_where_there_is_none(tree: Path) -> None:
    (tree / "test").rename(tree / "val")
    assert load(tree).test.images[0, 0, 0, 0] == 100
    for name in ("cat", "dog"):
        paint(tree / "test" / name / "0.png", 7)
    assert load(tree).test.images[0, 0, 0, 0] == 7


def test_relative_path_and_home_are_understood(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree.parent)
    assert len(load("tree").train) == 4
    monkeypatch.setenv("HOME", str(tree.parent))
    assert len(load("~/tree").train) == 4


def test_tree_of_grey_images_has_one_channel(tree: Path) -> None:
    for path in tree.rglob("*.png"):
        paint(path, 50, mode="L")
    assert load(tree).image_shape == (1, 4, 6)


def test_one_coloured_image_makes_all_of_them_coloured(tree: Path) -> None:
    for path in tree.rglob("*.png"):
        paint(path, 50, mode="L")
    paint(tree / "test" / "dog" / "3.png", 60)
    dataset = load(tree)
    assert dataset.image_shape == (3, 4, 6)
    assert dataset.train.images[0, :, 0, 0].tolist() == [50, 50, 50]


@pytest.mark.parametrize("mode", ["1", "LA", "P", "RGBA", "CMYK"])
def test_other_modes_are_converted_without_a_warning(tree: Path, mode: str) -> None:
    suffix = ".tif" if mode == "CMYK" else ".png"
    paint(tree / "train" / "cat" / f"9{suffix}", 255, mode=mode)
    assert load(tree).train.images[2, :, 0, 0].tolist() == [255, 255, 255]


def test_palette_with_transparency_is_read(tree: Path) -> None:
    image = Image.new("P", (6, 4), 0)
    image.putpalette([9, 8, 7] * 256)
    image.save(tree / "train" / "cat" / "0.png", transparency=bytes([0] * 256))
    assert load(tree).train.images[0, :, 0, 0].tolist() == [9, 8, 7]


def test_hidden_and_foreign_files_are_left_out(tree: Path) -> None:
    (tree / "train" / "cat" / ".hidden.png").write_bytes(b"")
    (tree / "train" / "cat" / "Thumbs.db").write_bytes(b"")
    (tree / "train" / ".git").mkdir()
    (tree / "README.md").write_text("about")
    assert len(load(tree).train) == 4


def test_links_are_followed_and_pipes_are_not_opened(tree: Path, tmp_path: Path) -> None:
    paint(tmp_path / "elsewhere.png", 42)
    (tree / "train" / "cat" / "a link.png").symlink_to(tmp_path / "elsewhere.png")
    os.mkfifo(tree / "train" / "cat" / "pipe.png")
    assert load(tree).train.images[:, 0, 0, 0].tolist() == [0, 1, 42, 2, 3]


def test_link_to_nothing_is_named(tree: Path) -> None:
    (tree / "train" / "cat" / "lost.png").symlink_to(tree / "gone.png")
    assert "lost.png cannot be read: No such file" in fault(tree).message


def test_image_size_scales_the_shorter_side_and_keeps_the_centre(tree: Path) -> None:
    for path in tree.rglob("*.png"):
        pixels = np.zeros((20, 60, 3), dtype=np.uint8)
        pixels[:, 20:40] = 200  # exactly the centre square
        Image.fromarray(pixels).save(path)
    dataset = load(tree, image_size=10)
    assert dataset.image_shape == (3, 10, 10)
    assert (dataset.train.images[..., 1:9] == 200).all()  # only the border mixes with what lies beside it


def test_scaling_agrees_with_torchvision(tree: Path) -> None:
    from engine.data.torchvision_import import import_torchvision

    import_torchvision()
    from torchvision import transforms

    pixels = np.random.default_rng(0).integers(0, 256, (40, 56, 3), dtype=np.uint8)
    for path in tree.rglob("*.png"):
        Image.fromarray(pixels).save(path)
    expected = transforms.CenterCrop(20)(transforms.Resize(20)(Image.fromarray(pixels)))
    difference = load(tree, 20).train.images[0].permute(1, 2, 0).int() - torch.from_numpy(np.array(expected)).int()
    assert difference.abs().max() <= 1


def test_very_long_image_is_scaled_without_being_blown_up(tree: Path) -> None:
    paint(tree / "train" / "cat" / "0.png", 5, size=(20_000, 1))
    assert load(tree, image_size=64).train.images[0, 0, 0, 0] == 5


def test_images_of_two_sizes_name_both_and_the_remedy(tree: Path) -> None:
    paint(tree / "test" / "dog" / "2.png", 5, size=(9, 8))
    error = fault(tree)
    assert "train/cat/0.png is 6x4" in error.message
    assert "test/dog/2.png is 9x8" in error.message
    assert "data.image_size=64" in error.hint
    assert load(tree, image_size=4).image_shape == (3, 4, 4)


def empty(path: Path) -> None:
    shutil.rmtree(path)
    path.mkdir()


def _misplace_classes(root: Path) -> None:
    for split in ("train", "test"):
        shutil.rmtree(root / split)
        paint(root / split / "0.png", 1)


def _keep_one_class(root: Path) -> None:
    for split in ("train", "test"):
        shutil.rmtree(root / split / "dog")


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no folder": (shutil.rmtree, "tree does not exist"),
    "no train": (lambda root: shutil.rmtree(root / "train"), "tree has no train/"),
    "no test": (lambda root: shutil.rmtree(root / "test"), "tree has no test/ and no val/"),
    "no classes": (_misplace_classes, "train has no classes"),
    "one class": (_keep_one_class, "train has one class, cat: there is nothing to tell apart"),
    "empty class": (
        lambda root: empty(root / "test" / "dog"),
        "test/dog holds no images",
    ),
    "class missing in test": (lambda root: shutil.rmtree(root / "test" / "dog"), "test lacks dog."),
    "class missing in train": (lambda root: paint(root / "test" / "eel" / "0.png", 1), "train lacks eel."),
}


@pytest.mark.parametrize("case", FAULTS)
def test_fault_of_the_tree_says_what_is_missing_where(tree: Path, case: str) -> None:
    break_it, expected = FAULTS[case]
    break_it(tree)
    error = fault(tree)
    assert expected in error.message
    assert error.hint


def test_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert fault(tmp_path / "file").message == f"The image folder {tmp_path / 'file'} is not a folder."


def test_classes_that_each_split_lacks_are_told_apart(tree: Path) -> None:
    (tree / "test" / "dog").rename(tree / "test" / "wolf")
    message = fault(tree).message
    assert f"{tree / 'train'} lacks wolf." in message
    assert f"{tree / 'test'} lacks dog." in message


def test_unreadable_image_is_named(tree: Path) -> None:
    (tree / "train" / "dog" / "3.png").write_text("not a picture")
    assert "train/dog/3.png cannot be read as an image: it is of no known format" in fault(tree).message


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_truncated_image_is_named(tree: Path, suffix: str) -> None:
    path = tree / "train" / "dog" / f"9{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    content = path.read_bytes()
    path.write_bytes(content[:-40])
    assert f"train/dog/9{suffix} cannot be read as an image" in fault(tree).message


def test_empty_image_file_is_named(tree: Path) -> None:
    (tree / "train" / "dog" / "3.png").write_bytes(b"")
    assert "train/dog/3.png cannot be read as an image" in fault(tree).message


def test_many_unreadable_images_are_counted_after_the_first_few(tree: Path) -> None:
    for number in range(12):
        (tree / "train" / "dog" / f"bad{number:02}.png").write_text("no")
    message = fault(tree).message
    assert "bad04.png" in message
    assert "bad05.png" not in message
    assert message.endswith("and 7 more")


@pytest.mark.parametrize("pixels_over", [1.5, 3.0], ids=["Pillow warns", "Pillow refuses"])
def test_decompression_bomb_is_refused(tree: Path, monkeypatch: pytest.MonkeyPatch, pixels_over: float) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", int(24 / pixels_over))
    assert "train/cat/0.png cannot be read as an image: Image size (24 pixels) exceeds limit" in fault(tree).message


def test_16_bit_image_is_refused_and_not_clipped(tree: Path) -> None:
    Image.fromarray(np.full((4, 6), 40_000, dtype=np.uint16)).save(tree / "train" / "cat" / "0.png")
    assert "more than 8 bits" in fault(tree).message


def test_what_pillow_says_of_metadata_stays_off_the_terminal(
    tree: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    opened = Image.open

    def chatty(path: Path, formats: tuple[str, ...]) -> Image.Image:
        warnings.warn("Corrupt EXIF data", UserWarning, stacklevel=2)
        return opened(path, formats=formats)

    monkeypatch.setattr(Image, "open", chatty)
    assert len(load(tree).train) == 4
    assert len(recwarn) == 0


def test_threads_give_the_same_images_and_the_same_faults(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = load(tree, image_size=5).train.images
    monkeypatch.setattr(decode, "_PIXELS_WORTH_A_THREAD", 0)
    assert torch.equal(load(tree, image_size=None).train.images[:, :, 0, 0], alone[:, :, 0, 0])
    for name in ("2", "3"):
        path = tree / "train" / "dog" / f"{name}.png"
        path.write_bytes(path.read_bytes()[:50])
    message = fault(tree).message
    assert "2.png" in message
    assert "3.png" in message
