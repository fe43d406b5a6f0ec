from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.data.catalog import SOURCES, Source, find_source, source_state, source_states
from engine.errors import DataError


def lay_out(source: Source, root: Path) -> None:
    """Make every file of a set with its exact size, as holes that take no disk."""
    for file in source.files:
        path = root / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.truncate(path, file.size_bytes)


def test_catalogue_imports_neither_torch_nor_numpy() -> None:
    code = (
        "import engine.data.catalog, sys; "
        "print([name for name in ('torch', 'torchvision', 'numpy', 'PIL', 'sklearn') if name in sys.modules])"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10"])
@pytest.mark.parametrize("subfolder", [False, True], ids=["in the folder itself", "in a folder of its name"])
def test_whole_set_is_found_in_both_places(tmp_path: Path, name: str, subfolder: bool) -> None:
    root = tmp_path / name if subfolder else tmp_path
    lay_out(SOURCES[name], root)
    state = source_state(name, tmp_path)
    assert (state.status, state.root, state.problems) == ("complete", root, ())
    assert state.is_usable


def test_empty_folder_holds_no_set(tmp_path: Path) -> None:
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    state = source_state("mnist", tmp_path)
    assert state.status == "absent"
    assert state.problems == ()
    assert not state.is_usable


def test_folder_that_does_not_exist_holds_no_set(tmp_path: Path) -> None:
    assert source_state("cifar10", tmp_path / "nowhere").status == "absent"


def test_archive_without_its_contents_is_incomplete(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte.gz").write_bytes(b"half")
    state = source_state("mnist", tmp_path)
    assert state.status == "incomplete"
    assert "MNIST/raw/train-images-idx3-ubyte is missing" in state.problems


def test_archive_beside_its_contents_changes_nothing(tmp_path: Path) -> None:
    lay_out(SOURCES["mnist"], tmp_path)
    (tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte.gz").write_bytes(b"rest of a download")
    assert source_state("mnist", tmp_path).status == "complete"


def test_cifar_archive_alone_is_incomplete(tmp_path: Path) -> None:
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(b"half")
    assert source_state("cifar10", tmp_path).status == "incomplete"


def test_truncated_file_is_incomplete_and_named_with_both_sizes(tmp_path: Path) -> None:
    lay_out(SOURCES["mnist"], tmp_path)
    os.truncate(tmp_path / "MNIST" / "raw" / "t10k-images-idx3-ubyte", 1000)
    state = source_state("mnist", tmp_path)
    assert state.status == "incomplete"
    assert state.problems == ("MNIST/raw/t10k-images-idx3-ubyte has 1,000 bytes instead of 7,840,016",)


def test_folder_in_place_of_a_file_is_incomplete(tmp_path: Path) -> None:
    lay_out(SOURCES["mnist"], tmp_path)
    labels = tmp_path / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
    labels.unlink()
    labels.mkdir()
    assert source_state("mnist", tmp_path).status == "incomplete"


def test_whole_copy_outweighs_a_broken_one(tmp_path: Path) -> None:
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(b"half")
    lay_out(SOURCES["cifar10"], tmp_path / "cifar10")
    assert source_state("cifar10", tmp_path).root == tmp_path / "cifar10"
    assert source_state("cifar10", tmp_path).status == "complete"


def test_sets_that_come_with_the_program_need_no_folder(tmp_path: Path) -> None:
    by_name = {state.source.name: state for state in source_states(tmp_path / "nowhere")}
    assert list(by_name) == sorted(SOURCES)
    assert {name for name, state in by_name.items() if state.status == "built-in"} == {
        "digits",
        "moons",
        "quadratic",
        "synthetic",
    }


def test_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(DataError, match='Did you mean "mnist"'):
        find_source("minst")
