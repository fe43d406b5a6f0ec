from __future__ import annotations

import dataclasses
import functools
import gc
import gzip
import hashlib
import http.server
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.config import DataConfig
from engine.data.catalog import SOURCES, RequiredFile, source_state
from engine.data.download import download
from engine.data.load import load_dataset
from engine.data.torchvision_import import import_torchvision
from engine.errors import DataError

# torchvision leaves the connection of a failed download to the garbage collector, which complains.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
COUNTS = (20, 20, 10, 10)


def idx_file(place: int) -> bytes:
    shape = (COUNTS[place], 28, 28) if place % 2 == 0 else (COUNTS[place],)
    values = (torch.arange(COUNTS[place]) % 10).to(torch.uint8).reshape(-1, *[1] * (len(shape) - 1)).expand(shape)
    sizes = b"".join(size.to_bytes(4, "big") for size in shape)
    return bytes([0, 0, 8, len(shape)]) + sizes + values.contiguous().numpy().tobytes()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("no_proxy", "*")
    yield
    gc.collect()  # here, where the complaint is expected, and not in whichever test comes next


@pytest.fixture
def closed_address() -> str:
    """An address on this machine at which nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
        pass


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder served as the only mirror of MNIST, holding a small set with its checksums."""
    served = tmp_path / "served"
    served.mkdir()
    source = SOURCES["mnist"]
    resources = []
    files = []
    for place, file in enumerate(source.files):
        content = idx_file(place)
        packed = gzip.compress(content, mtime=0)
        name = f"{Path(file.path).name}.gz"
        (served / name).write_bytes(packed)
        resources.append((name, hashlib.md5(packed, usedforsecurity=False).hexdigest()))
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        files.append(RequiredFile(file.path, len(content), md5))
    monkeypatch.setitem(
        SOURCES,
        "mnist",
        dataclasses.replace(source, train_examples=20, test_examples=10, files=tuple(files)),
    )
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_QuietHandler, directory=str(served)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    mnist = import_torchvision().datasets.MNIST
    monkeypatch.setattr(mnist, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
    monkeypatch.setattr(mnist, "resources", resources)
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


def everything_under(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_download_makes_a_set_complete_and_leaves_only_its_files(mirror: Path, tmp_path: Path) -> None:
    folder = tmp_path / "made" / "on the way"
    state = download("mnist", folder)
    assert state.status == "complete"
    expected = sorted(["MNIST", "MNIST/raw", *(file.path for file in SOURCES["mnist"].files)])
    assert everything_under(folder) == expected
    assert load_dataset(DataConfig(name="mnist"), folder).test.labels.tolist() == list(range(10))


def test_nothing_is_fetched_when_the_set_is_complete(
    mirror: Path, tmp_path: Path, closed_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    download("mnist", tmp_path / "data")
    monkeypatch.setattr(import_torchvision().datasets.MNIST, "mirrors", [closed_address])
    assert download("mnist", tmp_path / "data").status == "complete"


def test_download_repairs_a_truncated_set_where_it_lies(mirror: Path, tmp_path: Path) -> None:
    root = tmp_path / "data" / "mnist"
    download("mnist", root)
    os.truncate(root / "MNIST" / "raw" / "train-images-idx3-ubyte", 100)
    (root / "MNIST" / "raw" / "train-images-idx3-ubyte.gz").write_bytes(b"half")
    state = download("mnist", tmp_path / "data")
    assert (state.status, state.root) == ("complete", root)
    assert not list(root.rglob("*.gz"))


def test_progress_is_shown_only_on_request(mirror: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    download("mnist", tmp_path / "quiet")
    assert capsys.readouterr() == ("", "")
    download("mnist", tmp_path / "loud", show_progress=True)
    assert capsys.readouterr().err


@pytest.mark.parametrize(("name", "attribute"), [("mnist", "MNIST"), ("cifar10", "CIFAR10")])
def test_unreachable_network_says_so_and_leaves_nothing(
    tmp_path: Path, closed_address: str, monkeypatch: pytest.MonkeyPatch, name: str, attribute: str
) -> None:
    dataset_class = getattr(import_torchvision().datasets, attribute)
    monkeypatch.setattr(dataset_class, "mirrors", [closed_address], raising=False)
    monkeypatch.setattr(dataset_class, "url", f"{closed_address}archive.tar.gz", raising=False)
    timeout_before = socket.getdefaulttimeout()
    with pytest.raises(DataError) as caught:
        download(name, tmp_path / "a" / "b")
    host = closed_address.removeprefix("http://").rstrip("/")
    assert caught.value.message.startswith(f"{name} could not be downloaded: {host}: ")
    assert "refused" in caught.value.message
    assert SOURCES[name].files[0].path in caught.value.hint
    assert everything_under(tmp_path) == []
    assert socket.getdefaulttimeout() == timeout_before


def test_network_that_fails_halfway_leaves_nothing(mirror: Path, tmp_path: Path) -> None:
    (mirror / "t10k-images-idx3-ubyte.gz").unlink()
    with pytest.raises(DataError, match="404"):
        download("mnist", tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_wrong_contents_are_refused_and_files_already_there_are_kept(mirror: Path, tmp_path: Path) -> None:
    raw = tmp_path / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "t10k-labels-idx1-ubyte").write_bytes(idx_file(3))
    packed = mirror / "train-images-idx3-ubyte.gz"
    packed.write_bytes(packed.read_bytes()[:50])
    with pytest.raises(DataError, match=r"50 bytes of train-images-idx3-ubyte\.gz came whose MD5 is"):
        download("mnist", tmp_path / "data")
    assert [path.name for path in raw.iterdir()] == ["t10k-labels-idx1-ubyte"]
    assert source_state("mnist", tmp_path / "data").status == "incomplete"


def test_interrupted_download_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_url: str, root: str, filename: str, _md5: str) -> None:
        Path(root, filename).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(import_torchvision().datasets.utils, "download_url", interrupted)
    with pytest.raises(KeyboardInterrupt):
        download("mnist", tmp_path / "data")
    assert everything_under(tmp_path) == []


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"mnist cannot be written to .*file") as caught:
        download("mnist", tmp_path / "file")
    assert "--data DIR" in caught.value.hint


@pytest.mark.parametrize("name", ["digits", "synthetic"])
def test_sets_that_come_with_the_program_are_never_downloaded(tmp_path: Path, name: str) -> None:
    assert download(name, tmp_path / "data").status == "built-in"
    assert everything_under(tmp_path) == []


def test_unknown_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a known dataset"):
        download("imagenet", tmp_path)
