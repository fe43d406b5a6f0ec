from __future__ import annotations

from pathlib import Path

import pytest

from engine.atomic import atomic_file, write_atomic


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
