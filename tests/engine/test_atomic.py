from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from engine.atomic import atomic_file, sync_folder, write_atomic


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    for text in ("one", "two, é 日本\n"):
        write_atomic(path, text)
        assert path.read_bytes() == text.encode()
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with atomic_file(path) as file:
        file.write(b"new and longer")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new and longer"


@pytest.mark.parametrize("fault", [OSError(28, "full"), ValueError("wrong"), KeyboardInterrupt()], ids=repr)
def test_what_goes_wrong_halfway_leaves_the_old_file_and_nothing_else(tmp_path: Path, fault: BaseException) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def write_half() -> None:
        with atomic_file(path) as file:
            file.write(b"half of the n")
            raise fault

    with pytest.raises(type(fault)):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_that_has_the_old_file_open_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with path.open() as reader:
        write_atomic(path, "new")
        assert reader.read() == "old"


def test_a_folder_that_is_none_is_reported_by_the_file_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        write_atomic(tmp_path / "file" / "inner", "text")
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "none" / "inner", "text")


def test_content_is_on_the_disk_before_the_name_and_the_name_before_anybody_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    synced: list[tuple[bool, bool]] = []

    def note(descriptor: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), path.exists()))

    monkeypatch.setattr(os, "fsync", note)
    write_atomic(path, "text")
    assert synced == [(False, False), (True, True)]


@pytest.mark.parametrize(("number", "is_told"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_file_system_that_syncs_no_folders_is_none_that_fails(
    number: int, is_told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    told = []
    try:
        sync_folder(tmp_path)
    except OSError as error:
        told.append(error.errno)
    assert told == ([number] if is_told else [])
