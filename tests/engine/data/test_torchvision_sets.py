from __future__ import annotations

import dataclasses
import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.config import DataConfig
from engine.data.catalog import SOURCES, RequiredFile
from engine.data.cifar_batch import read_cifar_batch
from engine.data.idx import read_idx
from engine.data.load import load_dataset
from engine.data.torchvision_import import import_torchvision
from engine.errors import DataError


def idx(values: torch.Tensor) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return bytes([0, 0, 8, values.dim()]) + sizes + values.numpy().tobytes()


def required(path: str, content: bytes) -> RequiredFile:
    return RequiredFile(path, len(content), hashlib.md5(content, usedforsecurity=False).hexdigest())


@pytest.fixture
def small_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set of 20 and 10 images under the name of MNIST."""
    generator = torch.Generator().manual_seed(0)
    source = SOURCES["mnist"]
    contents = [
        idx(torch.randint(256, shape, generator=generator, dtype=torch.uint8) if len(shape) == 3
            else torch.arange(shape[0], dtype=torch.uint8) % 10)
        for shape in ((20, 28, 28), (20,), (10, 28, 28), (10,))
    ]  # fmt: skip
    for file, content in zip(source.files, contents, strict=True):
        path = tmp_path / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    files = tuple(required(file.path, content) for file, content in zip(source.files, contents, strict=True))
    small = dataclasses.replace(source, train_examples=20, test_examples=10, files=files)
    monkeypatch.setitem(SOURCES, "mnist", small)
    return tmp_path


def test_idx_files_are_read_as_torchvision_reads_them(small_mnist: Path) -> None:
    dataset = load_dataset(DataConfig(name="mnist"), small_mnist)
    expected = import_torchvision().datasets.MNIST(str(small_mnist), train=False)
    assert torch.equal(dataset.test.images, expected.data.unsqueeze(1))
    assert torch.equal(dataset.test.labels, expected.targets)
    assert (len(dataset.train), dataset.train.labels.dtype) == (20, torch.int64)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("byte", [0, 7, -1], ids=["header", "size", "last value"])
def test_a_changed_byte_is_damage(small_mnist: Path, place: int, byte: int) -> None:
    path = small_mnist / SOURCES["mnist"].files[place].path
    content = bytearray(path.read_bytes())
    content[byte] ^= 1
    path.write_bytes(content)
    with pytest.raises(
        DataError, match=f"{path.name} is damaged: its MD5 is [0-9a-f]{{32}}, and the published"
    ) as caught:
        load_dataset(DataConfig(name="mnist"), small_mnist)
    assert "termlab data get mnist" in caught.value.hint


def test_header_of_something_else_is_damage() -> None:
    with pytest.raises(DataError, match="labels is damaged: its header does not announce 4 bytes"):
        read_idx(bytearray(idx(torch.zeros(5, dtype=torch.uint8))), (4,), what="labels")


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
def test_absent_set_names_the_folder_and_both_remedies(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError) as caught:
        load_dataset(DataConfig(name=name), tmp_path)
    assert caught.value.message == f"{name} is not in {tmp_path}."
    assert f"termlab data get {name}" in caught.value.hint
    assert "--data DIR" in caught.value.hint


def test_incomplete_set_names_its_files(small_mnist: Path) -> None:
    (small_mnist / "MNIST" / "raw" / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="incomplete: MNIST/raw/t10k-labels-idx1-ubyte is missing"):
        load_dataset(DataConfig(name="mnist"), small_mnist)


@pytest.fixture
def small_cifar10(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four images a batch in the files of CIFAR-10, with torchvision's checksums made to fit."""
    datasets = import_torchvision().datasets
    source = SOURCES["cifar10"]
    files = []
    for place, file in enumerate(source.files):
        if file.path.endswith("meta"):
            content = pickle.dumps({"label_names": list("abcdefghij")})
        else:
            pixels = np.full((4, 3072), place, dtype=np.uint8)
            pixels[:, 1024:2048] += 100  # the second channel is told from the others
            content = pickle.dumps({"data": pixels, "labels": [0, 1, 8, 9]}, protocol=2)
            # The real files hold `align` as a number, at which the first NumPy 2.4 warned.
            content = content.replace(b"\x89\x88\x87", b"K\x00K\x01\x87")
        path = tmp_path / file.path
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        files.append(required(file.path, content))
    small = dataclasses.replace(source, train_examples=20, test_examples=4, files=tuple(files))
    monkeypatch.setitem(SOURCES, "cifar10", small)
    batches = [[Path(file.path).name, file.md5] for file in files[:5]]
    monkeypatch.setattr(datasets.CIFAR10, "train_list", batches)
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", files[5].md5]])
    monkeypatch.setitem(datasets.CIFAR10.meta, "md5", files[6].md5)
    return tmp_path


def test_cifar_batches_come_in_order_with_channels_first(small_cifar10: Path) -> None:
    dataset = load_dataset(DataConfig(name="cifar10"), small_cifar10)
    assert dataset.train.images.shape == (20, 3, 32, 32)
    assert dataset.train.images.is_contiguous()
    assert dataset.train.images[::4, 0, 0, 0].tolist() == [0, 1, 2, 3, 4]
    assert dataset.test.images[0, :, 5, 7].tolist() == [5, 105, 5]
    assert dataset.test.labels.tolist() == [0, 1, 8, 9]


@pytest.mark.filterwarnings("ignore:dtype:Warning")
def test_cifar_batches_are_read_as_torchvision_reads_them(small_cifar10: Path) -> None:
    dataset = load_dataset(DataConfig(name="cifar10"), small_cifar10)
    for split, is_train in ((dataset.train, True), (dataset.test, False)):
        expected = import_torchvision().datasets.CIFAR10(str(small_cifar10), train=is_train)
        assert torch.equal(split.images, torch.from_numpy(expected.data).permute(0, 3, 1, 2))
        assert split.labels.tolist() == expected.targets


def python_2_batch(pixels: np.ndarray[tuple[int, int], np.dtype[np.uint8]], labels: list[int]) -> bytes:
    """A batch as `cPickle` of Python 2 wrote it, whose strings are bytes: the published ones are such."""

    def text(value: bytes) -> bytes:
        return (
            b"U" + bytes([len(value)]) + value if len(value) < 256 else b"T" + len(value).to_bytes(4, "little") + value
        )

    count, width = pixels.shape
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87R(K\x01M"
        + count.to_bytes(2, "little") + b"M" + width.to_bytes(2, "little")
        + b"\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        + text(pixels.tobytes()) + b"tb"
    )  # fmt: skip
    numbers = b"]q\x05(" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    names = b"](" + b"".join(text(b"picture_%d.png" % place) for place in range(count)) + b"e"
    pairs = [
        (b"batch_label", text(b"training batch 1 of 5")), (b"labels", numbers), (b"data", array), (b"filenames", names),
    ]  # fmt: skip
    return b"\x80\x02}q\x01(" + b"".join(text(key) + value for key, value in pairs) + b"u."


def test_a_batch_of_python_2_is_read_as_it_is_unpickled() -> None:
    pixels = np.random.default_rng(0).integers(256, size=(300, 3072), dtype=np.uint8)
    content = python_2_batch(pixels, [place % 10 for place in range(300)])
    expected = pickle.loads(content, encoding="latin1")  # noqa: S301 - made right here
    images, labels = read_cifar_batch(content, 300, what="batch")
    assert labels.tolist() == expected["labels"]
    assert np.array_equal(images.reshape(300, 3072).numpy(), expected["data"])


@pytest.mark.parametrize(
    "content",
    [b"", b"\x80\x02}.", b"not a pickle", pickle.dumps({"labels": [1, 2], "data": b"\0" * 3072}),
     pickle.dumps({"labels": [1], "data": np.asfortranarray(np.zeros((2, 1536), np.uint8))})],
    ids=["nothing", "no keys", "no pickle", "too many labels", "by column"],
)  # fmt: skip
def test_a_batch_of_something_else_is_damage(content: bytes) -> None:
    with pytest.raises(DataError, match="batch is damaged"):
        read_cifar_batch(content, 1, what="batch")


def test_cifar_batch_with_a_wrong_checksum_is_not_read(small_cifar10: Path) -> None:
    path = small_cifar10 / "cifar-10-batches-py" / "data_batch_3"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(DataError, match=r"data_batch_3 is damaged: its MD5"):
        load_dataset(DataConfig(name="cifar10"), small_cifar10)
