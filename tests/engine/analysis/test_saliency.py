"""Saliency against differences of the score itself, in double precision, whatever kind of network it is."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.analysis.loaded_run import LoadedRun
from engine.analysis.saliency import Saliency, answer, input_gradient
from engine.errors import TermlabError
from engine.models import ScratchMLP
from engine.objective import Objective, Reading
from engine.weights import weights_sha256
from tests.engine.analysis.runs import (
    NOWHERE,
    ONE_LOGIT,
    asked,
    loaded,
    outcome,
    predictions,
    save_photographs,
    train_run,
)
from tests.real_data import REAL_DATA, needs_cats_dogs, needs_mnist

STEP = 1e-6
NETWORKS: dict[str, dict[str, Any]] = {
    "mlp": {},
    "smooth mlp": {"model__activation": "tanh", "model__dropout": "0.5"},
    "batchnorm": {
        "model__name": "block_cnn", "model__channels": "4,6", "model__batchnorm": "true", "model__hidden": None,
    },
    "residual": {"model__name": "resnet", "model__filters": "4,6", "model__batchnorm": "true"},
    "averages": {"model__name": "cnn", "model__filters": "3,4", "model__pooling": "avg", "model__activation": "elu"},
    "by hand": {"model__name": "scratch_mlp", "model__activation": "relu", "model__dropout": "0.3"},
}  # fmt: skip


def scores(model: nn.Module, objective: Objective, images: Tensor, target: int) -> Tensor:
    """Return the score of a class for each image."""
    with torch.no_grad():
        outputs: Tensor = model(images)
    if objective.reading is Reading.LOGIT:
        return torch.logit(torch.sigmoid(outputs[:, 0])) * (1 if target == 1 else -1)
    return outputs[:, target]


def differences(model: nn.Module, objective: Objective, image: Tensor, target: int) -> Tensor:
    """Return by how much the score of a class changes with each value of an image.

    Shapes: (1, C, H, W) -> (1, C, H, W).
    """
    steps = STEP * torch.eye(image.numel(), dtype=image.dtype).reshape(-1, *image.shape[1:])  # (C*H*W, C, H, W)
    upper, lower = (scores(model, objective, image + sign * steps, target) for sign in (1, -1))
    return ((upper - lower) / (2 * STEP)).reshape(image.shape)


def doubled(one: LoadedRun) -> nn.Module:
    return copy.deepcopy(one.model).double().eval()


def check(one: LoadedRun, place: int, targets: list[int]) -> None:
    """Compare both for one image, moved a little so that no two values of a pool are equal."""
    model = doubled(one)
    image = one.inputs.for_testing(one.test.images[place : place + 1]).double()
    image = image + 0.01 * torch.rand(image.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(place))
    for target in targets:
        score, gradient = input_gradient(model, one.objective, image, target)
        expected = differences(model, one.objective, image, target)
        assert score == pytest.approx(scores(model, one.objective, image, target).item())
        assert gradient.shape == image.shape
        assert gradient.dtype == torch.float64
        assert expected.abs().max() > 1e-3
        assert (gradient - expected).abs().max() < 1e-6 * max(1.0, float(expected.abs().max()))


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_are_the_differences_of_the_score(name: str, tmp_path: Path) -> None:
    one = loaded(tmp_path, train_run(tmp_path, **NETWORKS[name]))
    assert isinstance(one.model, ScratchMLP) == (name == "by hand")
    check(one, 7, list(range(10)))
    check(one, 100, [3])


def test_one_logit_is_the_score_of_class_1_and_its_negative_that_of_class_0(tmp_path: Path) -> None:
    run_id = train_run(tmp_path, data__name=save_photographs(tmp_path / "images"), **ONE_LOGIT)
    one = loaded(tmp_path, run_id)
    assert one.objective.reading is Reading.LOGIT
    for place in (0, len(one.test) - 1):
        check(one, place, [0, 1])
    images = one.inputs.for_testing(one.test.images[:1])
    (score_0, gradient_0), (score_1, gradient_1) = (
        input_gradient(one.model, one.objective, images, target) for target in (0, 1)
    )
    assert score_0 == -score_1 != 0
    assert torch.equal(gradient_0, -gradient_1)


def expected_map(one: LoadedRun, found: Saliency) -> Tensor:
    """Return the mean over channels of the differences' absolute values."""
    image = one.inputs.for_testing(one.test.images[found.place : found.place + 1]).double()
    return differences(doubled(one), one.objective, image, found.target).abs().mean(1)[0]


def test_maps_are_means_over_the_channels_of_absolute_values(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"data__name": "synthetic", "data__train_limit": "300", "augment__crop": "14"}
    run_id = train_run(tmp_path, data__scaling="standardised", model__activation="tanh", **settings)
    found = outcome(answer(asked(tmp_path, run_id, image=3)))
    one = loaded(tmp_path, run_id)
    assert found.map.shape == (14, 14)  # of the inputs, which are cropped
    assert found.image.shape == (16, 16, 3)
    assert (found.map >= 0).all()
    assert torch.from_numpy(found.map).double() == pytest.approx(expected_map(one, found), rel=1e-4, abs=1e-6)


def test_the_class_that_it_is_taken_for_is_asked_unless_another_is_named(tmp_path: Path) -> None:
    run_id = train_run(tmp_path)
    every = predictions(tmp_path, run_id)
    place = int((~every.is_right).nonzero()[0][0])
    own = outcome(answer(asked(tmp_path, run_id, image=place)))
    assert (own.place, own.label, own.predicted) == (place, every.labels[place], every.classes[place])
    assert own.target == own.predicted != own.label
    assert own.probabilities == pytest.approx(every.every[place], abs=1e-6)
    other = outcome(answer(asked(tmp_path, run_id, image=place, class_name=str(own.label))))
    assert (other.target, other.predicted) == (own.label, own.predicted)
    one = loaded(tmp_path, run_id)
    for found in (own, other):
        assert torch.from_numpy(found.map).double() == pytest.approx(expected_map(one, found), rel=1e-4, abs=1e-6)
    assert other.score < own.score
    assert (other.image == one.test.images[place].permute(1, 2, 0).numpy()).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_the_network_is_left_as_it_was(name: str, tmp_path: Path) -> None:
    question = asked(tmp_path, train_run(tmp_path, **NETWORKS[name]), image=1)
    model = question.run.loaded.model
    before = weights_sha256(model)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 7.0)
    by_hand = model.shared_params() if isinstance(model, ScratchMLP) else []
    for _, gradient in by_hand:
        gradient.fill_(7.0)
    outcome(answer(question))
    assert weights_sha256(model) == before
    assert all(parameter.grad is not None and (parameter.grad == 7).all() for parameter in model.parameters())
    assert all((gradient == 7).all() for _, gradient in by_hand)
    assert not any(module.training for module in model.modules())
    assert torch.is_grad_enabled()


def test_where_gradients_are_off_there_is_one_all_the_same(tmp_path: Path) -> None:
    question = asked(tmp_path, train_run(tmp_path))
    expected = outcome(answer(question)).map
    with torch.no_grad():
        found = outcome(answer(question)).map
    assert found.tolist() == expected.tolist()
    assert found.max() > 0


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"image": 360}, "there is no test example 360"),
        ({"image": -1}, "there is no test example -1"),
        ({"class_name": "ten"}, '"ten" is not a class'),
    ],
)
def test_what_is_not_there_is_refused(question: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(TermlabError, match=message):
        outcome(answer(asked(tmp_path, train_run(tmp_path), **question)))


@needs_mnist
def test_on_mnist(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"data__train_limit": "300", "data__test_limit": "20", "data__name": "mnist"}
    run_id = train_run(tmp_path, data_folder=REAL_DATA, model__name="convnet", model__filters="3,4", **settings)
    check(loaded(tmp_path, run_id, REAL_DATA), 5, [2, 9])


@needs_cats_dogs
def test_on_photographs_of_cats_and_dogs(tmp_path: Path) -> None:
    settings = {"data__name": f"folder:{REAL_DATA / 'cats_dogs'}", "data__train_limit": "64", "data__test_limit": "8"}
    run_id = train_run(tmp_path, data_folder=NOWHERE, **ONE_LOGIT, **settings)
    check(loaded(tmp_path, run_id), 5, [0, 1])
