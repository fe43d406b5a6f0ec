"""Weights on disk."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from engine.errors import DamagedError
from engine.weights import load_weights, save_weights


class Touch:
    """What a hostile pickle does: run something when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_weights_come_back_as_they_were(tmp_path: Path) -> None:
    saved, loaded = nn.Linear(3, 2), nn.Linear(3, 2)
    save_weights(tmp_path / "weights.pt", saved.state_dict())
    load_weights(tmp_path / "weights.pt", loaded)
    assert torch.equal(saved.weight, loaded.weight)
    assert [path.name for path in tmp_path.iterdir()] == ["weights.pt"]


def test_a_pickle_that_would_run_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weights.pt").write_bytes(pickle.dumps(Touch(tmp_path / "was-here")))
    with pytest.raises(DamagedError, match="does not hold this network's weights"):
        load_weights(tmp_path / "weights.pt", nn.Linear(3, 2))
    assert not (tmp_path / "was-here").exists()


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_weights(tmp_path / "weights.pt", nn.Linear(3, 2).state_dict())
    with pytest.raises(DamagedError):
        load_weights(tmp_path / "weights.pt", nn.Linear(5, 2))
