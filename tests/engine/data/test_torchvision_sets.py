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
from engine.data.load import load_dataset
from engine.data.torchvision_import import import_torchvision
from engine.errors import DataError


def idx(values: torch.Tensor) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return bytes([0, 0, 8, values.dim()]) + sizes + values.numpy().tobytes()


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
    files = tuple(RequiredFile(file.path, len(c)) for file, c in zip(source.files, contents, strict=True))
    small = dataclasses.replace(source, train_examples=20, test_examples=10, files=files)
    monkeypatch.setitem(SOURCES, "mnist", small)
    return tmp_path


def test_idx_files_are_read_as_torchvision_reads_them(small_mnist: Path) -> None:
    dataset = load_dataset(DataConfig(name="mnist"), small_mnist)
    expected = import_torchvision().datasets.MNIST(str(small_mnist), train=False)
    assert torch.equal(dataset.test.images, expected.data.unsqueeze(1))
    assert torch.equal(dataset.test.labels, expected.targets)
    assert (len(dataset.train), dataset.train.labels.dtype) == (20, torch.int64)


def test_header_of_something_else_is_damage(small_mnist: Path) -> None:
    path = small_mnist / "MNIST" / "raw" / "train-images-idx3-ubyte"
    path.write_bytes(b"\x1f\x8b" + path.read_bytes()[2:])
    with pytest.raises(DataError, match="train-images-idx3-ubyte is damaged") as caught:
        load_dataset(DataConfig(name="mnist"), small_mnist)
    assert "termlab data get mnist" in caught.value.hint


def test_label_that_is_no_class_is_damage(small_mnist: Path) -> None:
    path = small_mnist / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[:-1] + bytes([10]))
    with pytest.raises(DataError, match="a label is out of range"):
        load_dataset(DataConfig(name="mnist"), small_mnist)


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
    sums = {}
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
        files.append(RequiredFile(file.path, len(content)))
        sums[path.name] = hashlib.md5(content, usedforsecurity=False).hexdigest()
    small = dataclasses.replace(source, train_examples=20, test_examples=4, files=tuple(files))
    monkeypatch.setitem(SOURCES, "cifar10", small)
    batches = [[name, md5] for name, md5 in sums.items() if name.startswith("data")]
    monkeypatch.setattr(datasets.CIFAR10, "train_list", batches)
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", sums["test_batch"]]])
    monkeypatch.setitem(datasets.CIFAR10.meta, "md5", sums["batches.meta"])
    return tmp_path


def test_cifar_batches_come_in_order_with_channels_first(small_cifar10: Path) -> None:
    dataset = load_dataset(DataConfig(name="cifar10"), small_cifar10)
    assert dataset.train.images.shape == (20, 3, 32, 32)
    assert dataset.train.images.is_contiguous()
    assert dataset.train.images[::4, 0, 0, 0].tolist() == [0, 1, 2, 3, 4]
    assert dataset.test.images[0, :, 5, 7].tolist() == [5, 105, 5]
    assert dataset.test.labels.tolist() == [0, 1, 8, 9]


def test_cifar_batch_with_a_wrong_checksum_is_not_unpickled(small_cifar10: Path) -> None:
    path = small_cifar10 / "cifar-10-batches-py" / "data_batch_3"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(DataError, match=r"cifar10 in .* is damaged: the checksum"):
        load_dataset(DataConfig(name="cifar10"), small_cifar10)
