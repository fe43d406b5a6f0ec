"""What is kept beside a run comes back only whole and of the same thing; whatever else lies there is passed over."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.analysis import artifact
from engine.analysis.artifact import keep_artifact, read_artifact
from tests.faults.hostile import Bomb

KEY = "2 weights examples recipe"
ARRAYS: dict[str, Any] = {
    "classes": np.arange(6, dtype=np.int16),
    "every": np.linspace(0, 1, 12, dtype=np.float32).reshape(6, 2),
}
LIKE: dict[str, tuple[tuple[int, ...], Any]] = {"classes": ((6,), np.int16), "every": ((6, 2), np.float32)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Keep the arrays and return where."""
    path = tmp_path / "artifacts" / "arrays.npz"
    keep_artifact(path, KEY, ARRAYS)
    return path


def test_arrays_come_back_as_they_were(path: Path) -> None:
    found = read_artifact(path, KEY, LIKE)
    assert found is not None
    assert set(found) == set(ARRAYS)
    for name, values in ARRAYS.items():
        assert found[name].dtype == values.dtype
        assert found[name].tolist() == values.tolist()
    assert [file.name for file in path.parent.iterdir()] == ["arrays.npz"]


def test_numbers_that_are_none_come_back_too(path: Path) -> None:
    keep_artifact(path, KEY, {"odd": np.array([np.nan, np.inf, -0.0])})
    found = read_artifact(path, KEY, {"odd": ((3,), np.float64)})
    assert found is not None
    assert str(found["odd"].tolist()) == "[nan, inf, -0.0]"


def test_arrays_that_are_asked_for_alone_come_alone(path: Path) -> None:
    found = read_artifact(path, KEY, {"every": LIKE["every"]})
    assert found is not None
    assert set(found) == {"every"}


@pytest.mark.parametrize(
    ("key", "like"),
    [
        ("2 other-weights examples recipe", LIKE),
        ("", LIKE),
        (KEY + " ", LIKE),
        (KEY, LIKE | {"classes": ((7,), np.int16)}),
        (KEY, LIKE | {"classes": ((6, 1), np.int16)}),
        (KEY, LIKE | {"classes": ((6,), np.int64)}),
        (KEY, LIKE | {"further": ((6,), np.int16)}),
    ],
)
def test_arrays_of_something_else_are_passed_over(key: str, like: dict[str, Any], path: Path) -> None:
    assert read_artifact(path, key, like) is None


def test_what_was_never_kept_is_absent(tmp_path: Path) -> None:
    assert read_artifact(tmp_path / "artifacts" / "arrays.npz", KEY, LIKE) is None
    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_last_counts(path: Path) -> None:
    keep_artifact(path, "another", {"classes": ARRAYS["classes"] + 1})
    assert read_artifact(path, KEY, LIKE) is None
    found = read_artifact(path, "another", {"classes": LIKE["classes"]})
    assert found is not None
    assert found["classes"].tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "damage", ["empty", "text", "cut", "one bit", "compressed", "objects", "keyless", "pipe", "folder", "link"]
)
def test_what_is_damaged_or_of_somebody_else_is_passed_over(damage: str, path: Path, tmp_path: Path) -> None:
    whole = path.read_bytes()
    if damage in ("pipe", "folder", "link"):
        path.unlink()
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("no arrays at all")
        case "cut":
            path.write_bytes(whole[:-30])
        case "one bit":
            place = whole.index(ARRAYS["every"].tobytes()) + 5
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        case "compressed":
            np.savez_compressed(path, key=np.array(KEY), **ARRAYS)
        case "objects":
            held: dict[str, Any] = ARRAYS | {"every": np.array([Bomb(tmp_path / "ran")], dtype=object)}
            np.savez(path, key=np.array(KEY), **held)
        case "keyless":
            np.savez(path, **ARRAYS)
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "link":
            (tmp_path / "elsewhere.npz").write_bytes(whole)
            path.symlink_to(tmp_path / "elsewhere.npz")
    assert read_artifact(path, KEY, LIKE) is None
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_a_file_cut_anywhere_is_passed_over(place: str, path: Path) -> None:
    whole = path.read_bytes()
    end = {"first": 1, "middle": len(whole) // 2, "last": len(whole) - 1}[place]
    path.write_bytes(whole[:end])
    assert read_artifact(path, KEY, LIKE) is None


def test_a_file_that_is_too_large_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact, "MOST_BYTES", path.stat().st_size)
    assert read_artifact(path, KEY, LIKE) is not None
    monkeypatch.setattr(artifact, "MOST_BYTES", path.stat().st_size - 1)
    assert read_artifact(path, KEY, LIKE) is None


def test_a_folder_of_somebody_else_is_neither_read_nor_written(path: Path, tmp_path: Path) -> None:
    path.parent.rename(tmp_path / "elsewhere")
    path.parent.symlink_to(tmp_path / "elsewhere")
    assert read_artifact(path, KEY, LIKE) is None
    before = (tmp_path / "elsewhere" / "arrays.npz").read_bytes()
    keep_artifact(path, "another", ARRAYS)
    assert (tmp_path / "elsewhere" / "arrays.npz").read_bytes() == before


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("a file in its place")
    keep_artifact(tmp_path / "artifacts" / "arrays.npz", KEY, ARRAYS)
    assert (tmp_path / "artifacts").read_text() == "a file in its place"
    keep_artifact(tmp_path / "no-such-run" / "artifacts" / "arrays.npz", KEY, ARRAYS)
    assert not (tmp_path / "no-such-run").exists()


def test_a_disk_that_fills_up_leaves_what_was_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    keep_artifact(path, "another", ARRAYS)
    assert read_artifact(path, KEY, LIKE) is not None
    assert [file.name for file in path.parent.iterdir()] == ["arrays.npz"]
