"""The regions of the plane against the network asked point by point."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from engine.analysis.asked import Asked, OpenedRun
from engine.analysis.boundary import MARGIN, SIDE, Boundary, answer
from engine.data.dataset import Split
from engine.errors import TermlabError
from engine.objective import Objective, Reading
from tests.engine.analysis.runs import ask, asked, loaded, outcome, predictions, save_photographs, train_run


def check(found: Boundary, network: nn.Module) -> None:
    """Ask the network about some points of the grid, one after the other."""
    random = np.random.default_rng(0)
    rows, columns = random.integers(0, SIDE, (2, 60))
    rows[:4], columns[:4] = [0, 0, -1, -1], [0, -1, 0, -1]
    for row, column in zip(rows, columns, strict=True):
        point = torch.tensor([found.xs[column], found.ys[row]]).float().reshape(1, 2, 1, 1)
        with torch.no_grad():
            outputs = network(point).double()[0]
        logit = outputs[0] if len(outputs) == 1 else outputs[1] - outputs[0]
        assert found.probability[row, column] == pytest.approx(1 / (1 + np.exp(-logit.item())), abs=1e-5)


def test_of_a_trained_network(tmp_path: Path) -> None:
    run_id = train_run(tmp_path, data__name="moons", data__train_limit="1000", train__batch_size="16")
    found, one, every = (
        outcome(answer(asked(tmp_path, run_id))),
        loaded(tmp_path, run_id),
        predictions(tmp_path, run_id),
    )
    assert found.probability.shape == (SIDE, SIDE)
    assert found.probability.dtype == np.float32
    check(found, one.model)
    assert found.points.tolist() == one.test.images[:, :, 0, 0].tolist()
    assert found.labels.tolist() == one.test.labels.tolist()
    assert found.is_right.tolist() == every.is_right.tolist()
    assert found.class_names == ("upper moon", "lower moon")
    assert {*np.unique(found.probability >= 0.5)} == {True, False}


def test_the_grid_reaches_a_little_over_the_data_on_each_side(tmp_path: Path) -> None:
    found = ask(tmp_path, "boundary", train_run(tmp_path, data__name="moons", data__train_limit="200"))
    assert found.xs.dtype == found.ys.dtype == np.float64
    for values, axis in ((found.xs, 0), (found.ys, 1)):
        low, high = found.points[:, axis].min(), found.points[:, axis].max()
        assert np.diff(values) == pytest.approx(np.full(SIDE - 1, (values[-1] - values[0]) / (SIDE - 1)))
        assert (low - values[0]) / (high - low) == pytest.approx(MARGIN, rel=1e-4)
        assert (values[-1] - high) / (high - low) == pytest.approx(MARGIN, rel=1e-4)


def test_rows_are_of_the_second_coordinate_and_a_logit_is_of_class_1(tmp_path: Path) -> None:
    one = loaded(tmp_path, train_run(tmp_path, data__name="moons", data__train_limit="200"))
    line = nn.Linear(2, 1)
    line.weight.data.copy_(torch.tensor([[0.0, 3.0]]))  # class 1 where y is large, whatever x
    line.bias.data.zero_()
    network = nn.Sequential(nn.Flatten(), line)
    found = outcome(answer(Asked(OpenedRun(replace(one, model=network, objective=Objective(Reading.LOGIT))))))
    check(found, network)
    assert (np.diff(found.probability, axis=0) > 0).all()
    assert np.ptp(found.probability, axis=1).max() < 1e-6


def test_images_have_no_plane(tmp_path: Path) -> None:
    run_id = train_run(tmp_path)
    message = f"a boundary is drawn in a plane, and {run_id} learned from images of 1x8x8"
    with pytest.raises(TermlabError, match=message) as caught:
        outcome(answer(asked(tmp_path, run_id)))
    assert "data.name=moons" in caught.value.hint


def test_images_of_two_classes_have_none_either(tmp_path: Path) -> None:
    run_id = train_run(tmp_path, data__name=save_photographs(tmp_path / "images"))
    with pytest.raises(TermlabError, match="learned from images of 3x16x16"):
        outcome(answer(asked(tmp_path, run_id)))


def test_points_of_other_than_two_numbers_have_none(tmp_path: Path) -> None:
    one = loaded(tmp_path, train_run(tmp_path, data__name="moons", data__train_limit="200"))
    test = Split(torch.zeros(4, 3, 1, 1), torch.tensor([0, 1, 0, 1]))
    of_space = replace(one, dataset=replace(one.dataset, test=test, train=test))
    with pytest.raises(TermlabError, match="learned from 3 numbers an example"):
        outcome(answer(Asked(OpenedRun(of_space))))


def test_three_classes_have_no_boundary_between_two(tmp_path: Path) -> None:
    one = loaded(tmp_path, train_run(tmp_path, data__name="moons", data__train_limit="200"))
    of_three = replace(one, dataset=replace(one.dataset, class_names=("a", "b", "c")))
    with pytest.raises(TermlabError, match=r"a boundary is between two classes, and .* has 3"):
        outcome(answer(Asked(OpenedRun(of_three))))
