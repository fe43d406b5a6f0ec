from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest
import torch

from engine.data import torchvision_import
from engine.data.torchvision_import import import_torchvision
from engine.errors import DataError


def test_torchvision_imports_beside_this_torch_without_a_warning() -> None:
    code = (
        "from engine.data import torchvision_import as t; first = t.import_torchvision(); "
        "assert t.import_torchvision() is first; print(first.datasets.MNIST.__name__, len(t._declared))"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.stderr == ""
    name, declared = finished.stdout.split()
    assert name == "MNIST"
    assert declared == "0" or torch.version.cuda is None


def test_missing_torchvision_points_to_the_pinned_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> ModuleType:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(torchvision_import, "import_module", missing)
    with pytest.raises(DataError, match="No module named") as caught:
        import_torchvision()
    assert "constraints.txt" in caught.value.hint


def test_other_faults_of_torchvision_are_not_covered_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> ModuleType:
        raise RuntimeError("PyTorch and torchvision were compiled with different CUDA versions")

    monkeypatch.setattr(torchvision_import, "import_module", broken)
    with pytest.raises(DataError, match="different CUDA versions"):
        import_torchvision()
