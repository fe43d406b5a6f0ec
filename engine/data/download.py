"""Downloading a named dataset, only when the user asks: all of it arrives, or nothing that looks like it."""

from __future__ import annotations

import contextlib
import errno
import http.client
import io
import socket
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.data.catalog import SourceState, source_state, unusable
from engine.data.torchvision_import import import_torchvision
from engine.errors import DataError

_TORCHVISION_CLASSES = {"cifar10": "CIFAR10", "fashion_mnist": "FashionMNIST", "mnist": "MNIST"}
# torchvision sets no limit, and a firewall that drops packets would then hang the command for good.
_SILENCE_SECONDS = 30.0
_DISK_ERRORS = {
    errno.EACCES, errno.EDQUOT, errno.EEXIST, errno.EISDIR, errno.ENOSPC, errno.ENOTDIR, errno.EPERM, errno.EROFS,
}  # fmt: skip
_FAILURES = (OSError, RuntimeError, EOFError, http.client.HTTPException, tarfile.TarError, zlib.error)


def download(name: str, folder: Path, *, show_progress: bool = False) -> SourceState:
    """Make a dataset complete under `folder`, and return its state; do nothing where it already is.

    `show_progress` lets torchvision draw its progress bars on stderr.

    Raises: DataError if there is no such dataset, or it could not be reached, checked or written.
    """
    state = source_state(name, folder)
    if state.is_usable:
        return state
    if state.source.is_image_tree:
        raise unusable(state)  # its source wants an account, and an agreement that nobody can give for the user
    assert state.root is not None
    datasets = import_torchvision().datasets
    dataset_class = getattr(datasets, _TORCHVISION_CLASSES[name])
    try:
        with _new_folder(state.root), tempfile.TemporaryDirectory(prefix=f".{name}-", dir=state.root) as staging:
            with _limited_silence(), _progress(show_progress):
                dataset_class(staging, download=True)
            _move_into_place(state, Path(staging))
    except _FAILURES as error:
        raise _failure(state, dataset_class, error) from error
    return source_state(name, folder)


def _move_into_place(state: SourceState, staging: Path) -> None:
    assert state.root is not None
    for file in state.source.files:
        destination = state.root / file.path
        destination.parent.mkdir(parents=True, exist_ok=True)
        (staging / file.path).replace(destination)
    for archive in state.source.archives:  # an earlier download's, of no use beside the files made from it
        (state.root / archive).unlink(missing_ok=True)


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


def _failure(state: SourceState, dataset_class: Any, error: BaseException) -> DataError:
    name = state.source.name
    if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
        return DataError(
            f"{name} cannot be written to {state.root}: {error.strerror}.", "Name another folder with --data DIR."
        )
    addresses = getattr(dataset_class, "mirrors", None) or [dataset_class.url]
    hosts = ", ".join(urlsplit(address).netloc for address in addresses)
    listed = "\n".join(f"  {file.path}" for file in state.source.files)
    return DataError(
        f"{name} could not be downloaded from {hosts}: {_last_line(error)}",
        f"Nothing was kept. Check the network and try again, or copy these files into {state.root}:\n{listed}",
    )


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
