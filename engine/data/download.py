"""Downloading a named dataset, only when the user asks: all of it arrives, or nothing that looks like it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import http.client
import io
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.data.catalog import SourceState, source_state, unusable, verified
from engine.data.torchvision_import import import_torchvision
from engine.data.unpack import ARCHIVE_FAULTS, unpack
from engine.errors import DataError

_TORCHVISION_CLASSES = {"cifar10": "CIFAR10", "fashion_mnist": "FashionMNIST", "mnist": "MNIST"}
# torchvision sets no limit, and a firewall that drops packets would then hang the command for good.
_SILENCE_SECONDS = 30.0
_DISK_ERRORS = {
    errno.EACCES, errno.EDQUOT, errno.EEXIST, errno.EISDIR, errno.ENOSPC, errno.ENOTDIR, errno.EPERM, errno.EROFS,
}  # fmt: skip
_FAILURES = (OSError, RuntimeError, http.client.HTTPException, ValueError, *ARCHIVE_FAULTS)
_LOCK = "under-way.lock"
"""In the folder of a download that is under way, and held by its process."""


@dataclass(frozen=True)
class _Archive:
    """A file to fetch, and where there is one."""

    name: str
    md5: str
    addresses: tuple[str, ...]


def download(name: str, folder: Path, *, show_progress: bool = False) -> SourceState:
    """Make a dataset complete under `folder`, and return its state; do nothing where every file is as published.

    It is put together in a folder of its own, which goes with the download. `show_progress` lets torchvision draw its
    progress bars on stderr.

    Raises: DataError if there is no such dataset, or it could not be reached, checked or written.
    """
    state = verified(source_state(name, folder))
    if state.is_usable:
        return state
    if state.source.is_image_tree:
        raise unusable(state)  # its source wants an account, and an agreement that nobody can give for the user
    assert state.root is not None
    try:
        with _new_folder(state.root), _staging(state.root, name) as staging:
            for archive in _archives(name):
                with _limited_silence(), _progress(show_progress):
                    _fetch(archive, staging)
                unpack(staging / archive.name, state.source.files, staging)
            _move_into_place(state, staging)
    except _FAILURES as error:
        raise _failure(state, error) from error
    return verified(source_state(name, folder))


def _archives(name: str) -> list[_Archive]:
    """Return what torchvision knows of a dataset: it keeps the addresses, and the sums of the archives."""
    dataset_class: Any = getattr(import_torchvision().datasets, _TORCHVISION_CLASSES[name])
    if not hasattr(dataset_class, "resources"):
        return [_Archive(dataset_class.filename, dataset_class.tgz_md5, (dataset_class.url,))]
    return [
        _Archive(file, md5, tuple(f"{mirror}{file}" for mirror in dataset_class.mirrors))
        for file, md5 in dataset_class.resources
    ]


def _fetch(archive: _Archive, staging: Path) -> None:
    """Download an archive from the first address that has it as it was published.

    Raises: RuntimeError naming each address and what is wrong with it; OSError if the disk refuses.
    """
    utils = import_torchvision().datasets.utils
    path = staging / archive.name
    problems = []
    for address in archive.addresses:
        try:
            utils.download_url(address, str(staging), archive.name, archive.md5)
        except _FAILURES as error:
            if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
                raise
            reason = _last_line(error)
            if path.exists() and isinstance(error, RuntimeError):
                found = utils.calculate_md5(path)
                reason = f"{path.stat().st_size:,} bytes of {archive.name} came whose MD5 is {found}, not {archive.md5}"
            path.unlink(missing_ok=True)
            problems.append(f"{urlsplit(address).netloc}: {reason}")
        else:
            return
    raise RuntimeError("; ".join(problems))


def _move_into_place(state: SourceState, staging: Path) -> None:
    assert state.root is not None
    for file in state.source.files:
        destination = state.root / file.path
        destination.parent.mkdir(parents=True, exist_ok=True)
        (staging / file.path).replace(destination)
    for archive in state.source.archives:  # an earlier download's, of no use beside the files made from it
        (state.root / archive).unlink(missing_ok=True)


@contextlib.contextmanager
def _staging(root: Path, name: str) -> Iterator[Path]:
    """Make a folder for a download, and discard it afterwards, with those of downloads that were killed."""
    prefix = f".{name}-"
    for folder in root.glob(f"{prefix}*"):
        with contextlib.suppress(OSError), (folder / _LOCK).open("r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while its process is there
            shutil.rmtree(folder)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=root) as made, Path(made, f"{_LOCK}.new").open("xb") as lock:
        with contextlib.suppress(OSError):  # where files cannot be locked, what a killed download left stays
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # It gets its name once it is held, or another process could take it for one that nobody holds.
            Path(lock.name).replace(Path(made, _LOCK))
        yield Path(made)


@contextlib.contextmanager
def _new_folder(folder: Path) -> Iterator[None]:
    """Make a folder; if the block fails, take back whatever of it is new and empty."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        with contextlib.suppress(OSError):  # a folder that is not empty, or was never made, stays as it is
            for path in made:
                path.rmdir()
        raise


@contextlib.contextmanager
def _limited_silence() -> Iterator[None]:
    """Let every network call made by the block fail after some time without an answer."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SILENCE_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


@contextlib.contextmanager
def _progress(is_shown: bool) -> Iterator[None]:
    with contextlib.redirect_stderr(sys.stderr if is_shown else io.StringIO()):
        yield


def _failure(state: SourceState, error: BaseException) -> DataError:
    name = state.source.name
    if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
        return DataError(
            f"{name} cannot be written to {state.root}: {error.strerror}.", "Name another folder with --data DIR."
        )
    listed = "\n".join(f"  {file.path}" for file in state.source.files)
    return DataError(
        f"{name} could not be downloaded: {_last_line(error)}",
        f"Nothing was kept. Check the network and try again, or copy these files into {state.root}:\n{listed}",
    )


def _last_line(error: BaseException) -> str:
    if isinstance(error, http.client.HTTPException):
        return f"what answered is no web server ({error!r})"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
