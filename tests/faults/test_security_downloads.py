"""Downloads over real connections: what arrives is what was published, or nothing of it is kept."""

from __future__ import annotations

import dataclasses
import gc
import os
import resource
import signal
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.config import DataConfig
from engine.data import download as download_module
from engine.data.catalog import SOURCES, source_state, verified
from engine.data.download import download
from engine.data.load import load_dataset
from engine.data.torchvision_import import import_torchvision
from engine.errors import DataError
from tests.faults.hostile import everything_under
from tests.faults.mirror import Behaviour, Mirror, idx_files, md5, packed, required, serve, tar_of
from tests.processes import start_python

# torchvision leaves the connection of a failed download to the garbage collector, which complains.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
FAULTY: list[Behaviour] = ["truncated", "unannounced", "wrong", "cut", "silent", "missing", "no http"]
CIFAR_FILES = {file.path: bytes(100 + place) for place, file in enumerate(SOURCES["cifar10"].files)}


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A small MNIST and the only place that has it."""
    files = idx_files()
    mirror = Mirror({f"{Path(path).name}.gz": packed(content) for path, content in files.items()})
    monkeypatch.setenv("no_proxy", "*")
    server, thread = serve(mirror)
    small = dataclasses.replace(SOURCES["mnist"], train_examples=20, test_examples=10, files=required(files))
    monkeypatch.setitem(SOURCES, "mnist", small)
    mnist = import_torchvision().datasets.MNIST
    monkeypatch.setattr(mnist, "mirrors", [mirror.address])
    monkeypatch.setattr(mnist, "resources", [(name, md5(content)) for name, content in mirror.contents.items()])
    yield mirror
    mirror.is_over.set()
    server.shutdown()
    thread.join()
    server.server_close()
    gc.collect()  # here, where the complaint is expected


@pytest.fixture
def cifar_mirror(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    """The same for a CIFAR-10 whose archive a test makes up."""
    monkeypatch.setitem(SOURCES, "cifar10", dataclasses.replace(SOURCES["cifar10"], files=required(CIFAR_FILES)))
    monkeypatch.setattr(import_torchvision().datasets.CIFAR10, "url", f"{mirror.address}cifar-10-python.tar.gz")
    return mirror


def offer_cifar(mirror: Mirror, monkeypatch: pytest.MonkeyPatch, archive: bytes) -> None:
    mirror.contents["cifar-10-python.tar.gz"] = archive
    monkeypatch.setattr(import_torchvision().datasets.CIFAR10, "tgz_md5", md5(archive))


def member(name: str, **changes: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for key, value in changes.items():
        setattr(info, key, value)
    return info


@pytest.mark.parametrize("behaviour", FAULTY)
def test_what_did_not_arrive_whole_is_not_kept_and_comes_the_next_time(
    behaviour: Behaviour, mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "_SILENCE_SECONDS", 0.3)
    mirror.behaviour = behaviour
    with pytest.raises(
        DataError, match=rf"mnist could not be downloaded: 127\.0\.0\.1:{mirror.port}: .{{5}}"
    ) as caught:
        download("mnist", tmp_path / "data")
    reason = {
        "truncated": "bytes of train-images",
        "wrong": "whose MD5 is",
        "silent": "timed out",
        "missing": "404",
        "no http": "BadStatusLine",
    }
    assert reason.get(behaviour, "") in caught.value.message
    assert list(tmp_path.iterdir()) == []
    mirror.behaviour = "good"
    assert download("mnist", tmp_path / "data").status == "complete"
    assert load_dataset(DataConfig(name="mnist"), tmp_path / "data").test.labels.tolist() == list(range(10))


@pytest.mark.parametrize("behaviour", ["truncated", "wrong", "cut", "missing"])
def test_another_address_is_asked_where_one_fails(
    behaviour: Behaviour, mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.behaviour = behaviour
    addresses = [mirror.address, f"{mirror.address}good/"]
    monkeypatch.setattr(import_torchvision().datasets.MNIST, "mirrors", addresses)
    assert download("mnist", tmp_path).status == "complete"


def test_a_file_of_the_right_size_and_other_contents_is_not_used_and_is_replaced(
    mirror: Mirror, tmp_path: Path
) -> None:
    download("mnist", tmp_path)
    path = tmp_path / SOURCES["mnist"].files[1].path
    path.write_bytes(path.read_bytes()[:-1] + b"\x05")
    with pytest.raises(DataError, match="train-labels-idx1-ubyte is damaged") as caught:
        load_dataset(DataConfig(name="mnist"), tmp_path)
    assert "termlab data get mnist" in caught.value.hint
    assert verified(source_state("mnist", tmp_path)).status == "incomplete"
    assert download("mnist", tmp_path).status == "complete"
    load_dataset(DataConfig(name="mnist"), tmp_path)


DOWNLOAD = """
import dataclasses, sys
from pathlib import Path
from engine.data.catalog import SOURCES
from engine.data.download import download
from engine.data.torchvision_import import import_torchvision
from tests.faults.mirror import idx_files, md5, packed, required
files = idx_files()
SOURCES["mnist"] = dataclasses.replace(SOURCES["mnist"], files=required(files))
mnist = import_torchvision().datasets.MNIST
mnist.mirrors = [sys.argv[1]]
mnist.resources = [(f"{Path(path).name}.gz", md5(packed(content))) for path, content in files.items()]
print(download("mnist", Path(sys.argv[2])).status)
"""


def test_a_killed_download_is_discarded_by_the_next_and_one_under_way_is_not(mirror: Mirror, tmp_path: Path) -> None:
    mirror.behaviour = "silent"
    (tmp_path / ".mnist-of-the-user").mkdir()
    with start_python(DOWNLOAD, mirror.address, str(tmp_path)) as process:
        assert mirror.half_is_sent.wait(60)
        (lock,) = tmp_path.glob(".mnist-*/under-way.lock")
        with pytest.raises(DataError, match="refused"):
            download_from_nowhere(tmp_path)
        assert lock.exists()
        os.kill(process.pid, signal.SIGKILL)
    assert lock.exists()
    assert source_state("mnist", tmp_path).status == "absent"
    mirror.is_over.set()
    mirror.behaviour = "good"
    assert download("mnist", tmp_path).status == "complete"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mnist-of-the-user", "MNIST"]


def download_from_nowhere(folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_torchvision().datasets.MNIST, "mirrors", ["http://127.0.0.1:1/"])
        download("mnist", folder)


def test_a_packed_file_that_holds_more_is_not_unpacked_to_its_end(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The published archives are none of these; this is the second line of defence."""
    name = "train-images-idx3-ubyte.gz"
    mirror.contents[name] = packed(bytes(100_000_000))
    assert len(mirror.contents[name]) < 200_000
    resources = [(file, md5(content)) for file, content in mirror.contents.items()]
    monkeypatch.setattr(import_torchvision().datasets.MNIST, "resources", resources)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, limits[1]))
    try:
        with pytest.raises(DataError, match="train-images-idx3-ubyte is packed with more than its 15,696 bytes"):
            download("mnist", tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cut", [10, -4, -20])
def test_a_broken_archive_is_no_dataset(
    cut: int, mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "t10k-images-idx3-ubyte.gz"
    mirror.contents[name] = mirror.contents[name][:cut]
    resources = [(file, md5(content)) for file, content in mirror.contents.items()]
    monkeypatch.setattr(import_torchvision().datasets.MNIST, "resources", resources)
    with pytest.raises(DataError):
        download("mnist", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_tar_gives_the_files_that_were_asked_for(
    cifar_mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer_cifar(cifar_mirror, monkeypatch, tar_of((member(name), content) for name, content in CIFAR_FILES.items()))
    assert download("cifar10", tmp_path).status == "complete"
    assert {path: (tmp_path / path).read_bytes() for path in CIFAR_FILES} == CIFAR_FILES


@pytest.mark.parametrize(
    "extra",
    [
        member("../escaped"), member("../../escaped"), member("/escaped"), member("cifar-10-batches-py/../../escaped"),
        member("cifar-10-batches-py", type=tarfile.SYMTYPE, linkname="../outside"),
        member("link", type=tarfile.SYMTYPE, linkname="/"),
        member("hard", type=tarfile.LNKTYPE, linkname="../outside/kept"),
        member("pipe", type=tarfile.FIFOTYPE), member("device", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
        member("suid", mode=0o6777), member("other"),
    ],
    ids=lambda info: f"{info.name} {info.type!r}",
)  # fmt: skip
@pytest.mark.parametrize("has_all", [True, False], ids=["whole", "lacking"])
def test_nothing_else_leaves_a_tar(
    extra: tarfile.TarInfo, has_all: bool, cifar_mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kept").write_text("mine")
    before = everything_under(tmp_path)
    wanted = [(member(name, mode=0o4755), content) for name, content in list(CIFAR_FILES.items())[not has_all :]]
    offer_cifar(cifar_mirror, monkeypatch, tar_of([(extra, b""), *wanted, (extra, b"")]))
    if has_all:
        download("cifar10", tmp_path / "data")
        found = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
        assert sorted(str(path.relative_to(tmp_path / "data")) for path in found) == sorted(CIFAR_FILES)
        assert not any(path.stat().st_mode & 0o7111 for path in found)
    else:
        with pytest.raises(DataError, match=r"does not hold cifar-10-batches-py/data_batch_1"):
            download("cifar10", tmp_path / "data")
    after = everything_under(tmp_path)
    assert {path: after[path] for path in before} == before
    assert all(path.startswith("data") for path in after.keys() - before.keys())


@pytest.mark.parametrize(
    ("changes", "content", "reason"),
    [
        ({"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, b"", "is a link, a folder or a device"),
        ({"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"}, b"", "is a link, a folder or a device"),
        ({"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 5}, b"", "is a link, a folder or a device"),
        ({"type": tarfile.DIRTYPE}, b"", "is a link, a folder or a device"),
        ({}, bytes(10**7), "is packed with more than its 102 bytes"),
        ({}, bytes(101), "is packed with fewer than its 102 bytes"),
        ({}, b"x" * 102, "is damaged: its MD5"),
    ],
    ids=["link", "hard link", "device", "folder", "longer", "shorter", "other"],
)
def test_a_member_that_is_not_what_was_published_is_refused(
    changes: dict[str, object], content: bytes, reason: str,
    cifar_mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    name = "cifar-10-batches-py/data_batch_3"
    members = [(member(path), own) for path, own in CIFAR_FILES.items() if path != name]
    offer_cifar(cifar_mirror, monkeypatch, tar_of([(member(name, **changes), content), *members]))
    with pytest.raises(DataError, match=reason):
        download("cifar10", tmp_path)
    assert list(tmp_path.iterdir()) == []
