"""Predictions agree with what the run recorded, and are kept only as long as they are true."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from engine.analysis import predictions as module
from engine.analysis.predictions import find_predictions
from engine.objective import Objective, Reading
from engine.weights import load_weights
from tests.engine.analysis.runs import loaded, outcome, predictions, train_run
from tests.faults.hostile import Bomb


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    results = tmp_path_factory.mktemp("results")
    return results, train_run(results)


@pytest.fixture
def run(trained: tuple[Path, str]) -> tuple[Path, str]:
    """A trained run that remembers nothing yet."""
    results, run_id = trained
    (results / run_id / "artifacts" / "predictions.npz").unlink(missing_ok=True)
    return results, run_id


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"data__scaling": "standardised", "augment__crop": "6", "evaluate__batch_size": "100"},
        {"model__dropout": "0.5"},
        {"data__name": "moons", "data__validation_fraction": "0.25"},
    ],
)
def test_they_are_as_often_right_as_the_run_recorded(settings: dict[str, Any], tmp_path: Path) -> None:
    run_id = train_run(tmp_path, **settings)
    found = predictions(tmp_path, run_id)
    recorded = loaded(tmp_path, run_id).run.metrics["test_accuracy"]
    assert found.recorded_accuracy == recorded
    assert found.accuracy == recorded
    assert found.doubt == ""


def test_they_are_what_the_network_says_one_by_one(run: tuple[Path, str]) -> None:
    one = loaded(*run)
    found = predictions(*run)
    inputs = one.test.images.float() / 255
    with torch.no_grad():
        scores = torch.cat([one.model(example[None]) for example in inputs]).double()
    expected = torch.exp(scores - torch.logsumexp(scores, 1, keepdim=True))
    assert [str(array.dtype) for array in (found.classes, found.every)] == ["int16", "float32"]
    assert found.classes.tolist() == scores.argmax(1).tolist()
    assert found.every == pytest.approx(expected.numpy(), abs=1e-6)
    assert found.probabilities == pytest.approx(expected.max(1).values.numpy(), abs=1e-6)
    assert found.labels.tolist() == one.test.labels.tolist()


def test_one_logit_gives_the_probability_of_the_class_taken(tmp_path: Path) -> None:
    one = loaded(tmp_path, train_run(tmp_path, data__name="moons"))
    line = nn.Linear(2, 1)
    line.weight.data.copy_(torch.tensor([[1.0, -2.0]]))
    network = nn.Sequential(nn.Flatten(), line)
    found = outcome(module._predict(replace(one, model=network, objective=Objective(Reading.LOGIT))))
    classes, every = found["classes"], found["every"]
    with torch.no_grad():
        of_class_1 = torch.sigmoid(network(one.test.images))[:, 0].numpy()
    assert classes.tolist() == (of_class_1 >= 0.5).astype(int).tolist()
    assert set(classes.tolist()) == {0, 1}
    assert every == pytest.approx(np.stack([1 - of_class_1, of_class_1], axis=1), abs=1e-6)


def cannot_compute(*_: object) -> None:
    raise AssertionError("computed although it was kept")


def test_they_are_kept_and_read(run: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    before = predictions(*run)
    monkeypatch.setattr(module, "_predict", cannot_compute)
    again = predictions(*run)
    assert again.classes.tolist() == before.classes.tolist()
    assert again.probabilities.tolist() == before.probabilities.tolist()


def test_other_weights_are_predicted_with_anew(tmp_path: Path) -> None:
    run_id, other = train_run(tmp_path), train_run(tmp_path, optim__lr="0.5")
    before, theirs = predictions(tmp_path, run_id), predictions(tmp_path, other)
    (tmp_path / run_id / "weights.pt").write_bytes((tmp_path / other / "weights.pt").read_bytes())
    after = predictions(tmp_path, run_id)
    assert after.classes.tolist() == theirs.classes.tolist() != before.classes.tolist()
    assert after.recorded_accuracy is None  # those are not the weights that the run recorded


def test_other_test_data_is_predicted_anew(run: tuple[Path, str]) -> None:
    before, one = predictions(*run), loaded(*run)
    one.test.images.copy_(one.test.images.flip(0).clone())
    try:
        after = outcome(find_predictions(one))
        assert after.classes.tolist() == before.classes.tolist()[::-1]
        assert after.test_sha256 != before.test_sha256
        assert "recorded a test accuracy of" in after.doubt
    finally:
        from engine.data.shared import forget_shared

        forget_shared()


@pytest.mark.parametrize("damage", ["empty", "cut", "pickle", "short", "link"])
def test_a_damaged_file_is_computed_again(damage: str, run: tuple[Path, str], tmp_path: Path) -> None:
    before = predictions(*run)
    path = run[0] / run[1] / "artifacts" / "predictions.npz"
    whole = path.read_bytes()
    with np.load(path) as arrays:
        kept = {name: arrays[name] for name in arrays}
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(whole[: len(whole) // 2])
        case "pickle":
            np.savez(path, **(kept | {"classes": np.array([Bomb(tmp_path / "ran")], dtype=object)}))
        case "short":
            np.savez(path, **(kept | {"classes": kept["classes"][:-1]}))
        case "link":
            path.unlink()
            path.symlink_to(tmp_path / "elsewhere")
            (tmp_path / "elsewhere").write_bytes(whole)
    after = predictions(*run)
    assert after.classes.tolist() == before.classes.tolist()
    assert path.read_bytes() == whole
    assert not path.is_symlink()
    assert not (tmp_path / "ran").exists()


def test_a_folder_that_cannot_be_written_keeps_nothing(run: tuple[Path, str]) -> None:
    artifacts = run[0] / run[1] / "artifacts"
    artifacts.rmdir() if artifacts.is_dir() else None
    artifacts.write_text("a file in its place")
    try:
        assert predictions(*run).doubt == ""
    finally:
        artifacts.unlink()


def test_nothing_is_written_through_a_link(run: tuple[Path, str], tmp_path: Path) -> None:
    artifacts = run[0] / run[1] / "artifacts"
    artifacts.rmdir() if artifacts.is_dir() else None
    artifacts.symlink_to(tmp_path)
    try:
        predictions(*run)
        assert list(tmp_path.iterdir()) == []
    finally:
        artifacts.unlink()


def test_weights_of_an_epoch_cut_short_have_no_recorded_accuracy(tmp_path: Path) -> None:
    run_id = train_run(tmp_path)
    one = loaded(tmp_path, run_id)
    load_weights(tmp_path / run_id / "best.pt", one.model)
    next(iter(one.model.parameters())).data.add_(0.5)
    assert module._recorded_accuracy(one) is None
