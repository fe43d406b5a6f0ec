"""Histograms and norms of weights against torch, and counted one by one."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.analysis.weights import NEAR_ZERO, LayerWeights, Spread, answer, parameters_of, spread
from engine.errors import TermlabError
from tests.engine.analysis.runs import ask, asked, loaded, outcome, train_run

BATCHNORM: dict[str, Any] = {
    "model__name": "block_cnn",
    "model__channels": "4,6",
    "model__batchnorm": "true",
    "model__hidden": None,
}


def counted(values: NDArray[np.float64], edges: NDArray[np.float64]) -> list[int]:
    """Count the values between two edges each, the last one with its upper edge."""
    inside = [(low <= values) & (values < high) for low, high in pairwise(edges.tolist())]
    inside[-1] |= values == edges[-1]
    return [int(one.sum()) for one in inside]


def bins_for(count: int) -> int:
    """The square root of the number of values, from 8 to 60."""
    return min(60, max(8, round(math.sqrt(count))))


@pytest.mark.parametrize(("count", "bins"), [(1, 8), (100, 10), (10_000, 60)])
def test_few_values_have_few_bins(count: int, bins: int) -> None:
    values = np.linspace(-1, 1, count)
    assert len(spread(values).counts) == bins == bins_for(count)
    assert len(spread(values[:1], np.linspace(-2, 2, 400)).counts) == 20


def test_of_a_trained_network(tmp_path: Path) -> None:
    run_id = train_run(tmp_path)
    layers = outcome(answer(asked(tmp_path, run_id)))
    state = loaded(tmp_path, run_id).model.state_dict()
    assert len(layers) == 2
    found = {f"{layer.name}.weight": layer.weights for layer in layers}
    found |= {f"{layer.name}.bias": layer.biases for layer in layers}
    assert set(found) == set(state)
    for name, one in found.items():
        values = state[name].double().flatten()
        assert one is not None
        assert one.count == values.numel() == one.counts.sum()
        assert one.norm == pytest.approx(torch.linalg.vector_norm(values).item())
        assert one.mean == pytest.approx(values.mean().item())
        assert one.std == pytest.approx(values.std(correction=0).item())
        assert (one.least, one.most) == (values.min().item(), values.max().item())
        assert one.near_zero == pytest.approx((values.abs() < 1e-3).double().mean().item())
        assert (one.edges[0], one.edges[-1], len(one.counts)) == (one.least, one.most, bins_for(one.count))
        assert one.counts.tolist() == counted(values.numpy(), one.edges)
    assert [layer.kind for layer in layers] == ["Linear 64→16", "Linear 16→10"]


def test_near_zero_is_below_a_thousandth_and_not_at_it() -> None:
    found = spread(np.array([0.0, NEAR_ZERO / 2, -NEAR_ZERO / 2, NEAR_ZERO, -NEAR_ZERO, 1.0, -1.0, 2.0]))
    assert found.near_zero == 3 / 8


def test_values_that_are_all_equal_have_a_bin_around_them() -> None:
    found = spread(np.full(7, 0.25))
    assert (found.counts.sum(), found.counts.max()) == (7, 7)
    assert found.edges[0] < 0.25 < found.edges[-1]
    assert (found.mean, found.std) == (0.25, 0.0)
    assert found.norm == pytest.approx(0.25 * 7**0.5)


def test_values_that_are_not_finite_are_counted_and_nothing_more() -> None:
    values = np.array([1.0, float("nan"), -3.0, float("inf"), -float("inf"), 0.0])
    found, finite = spread(values), spread(values[np.isfinite(values)])
    assert (found.count, found.counts.sum()) == (6, 3)
    assert (found.norm, found.mean, found.std, found.least, found.most, found.near_zero) == (
        finite.norm, finite.mean, finite.std, -3.0, 1.0, 1 / 3,
    )  # fmt: skip


@pytest.mark.parametrize("values", [[], [float("nan")] * 3])
def test_where_nothing_is_finite_there_is_nothing_to_say(values: list[float]) -> None:
    found = spread(np.array(values))
    assert (found.count, found.counts.sum(), found.norm) == (len(values), 0, 0.0)
    assert np.isnan([found.mean, found.std, found.least, found.most, found.near_zero]).all()
    assert (np.diff(found.edges) > 0).all()


def test_the_largest_weights_there_are_have_a_norm() -> None:
    most = float(np.finfo(np.float32).max)
    found = spread(np.array([most, -most]))
    assert found.norm == pytest.approx(most * 2**0.5)
    assert (found.counts[0], found.counts[-1]) == (1, 1)


def test_weights_that_differ_by_one_rounding_are_told_apart() -> None:
    one, next_one = 1.0, float(np.nextafter(np.float32(1), np.float32(2)))
    found = spread(np.array([one, one, next_one]))
    assert (found.counts[0], found.counts[-1], found.counts.sum()) == (2, 1, 3)


def parts(layers: tuple[LayerWeights, ...]) -> list[Spread]:
    return [part for layer in layers for part in (layer.weights, layer.biases) if part is not None]


def test_two_runs_that_are_seen_together_have_their_bins_in_common(tmp_path: Path) -> None:
    first, second = train_run(tmp_path), train_run(tmp_path, optim__lr="0.5")
    ours, theirs = asked(tmp_path, first), asked(tmp_path, second)
    alone, beside = parts(outcome(answer(ours))), parts(outcome(answer(asked(tmp_path, first, beside=(theirs.run,)))))
    other = parts(outcome(answer(asked(tmp_path, second, beside=(ours.run,)))))
    assert len(alone) == len(beside) == len(other) == 4
    for one, left, right in zip(alone, beside, other, strict=True):
        assert left.edges.tolist() == right.edges.tolist()
        assert left.edges[0] == min(left.least, right.least)
        assert left.edges[-1] == max(left.most, right.most)
        assert left.counts.sum() == left.count
        assert right.counts.sum() == right.count
        assert (one.norm, one.mean, one.near_zero) == (left.norm, left.mean, left.near_zero)
    assert any(one.edges.tolist() != left.edges.tolist() for one, left in zip(alone, beside, strict=True))


def test_a_layer_that_the_other_run_lacks_keeps_bins_of_its_own(tmp_path: Path) -> None:
    first, second = train_run(tmp_path), train_run(tmp_path, model__hidden="16,8")
    other = asked(tmp_path, first).run
    found = outcome(answer(asked(tmp_path, second, beside=(other,))))[-1].weights
    alone = outcome(answer(asked(tmp_path, second)))[-1].weights
    assert found is not None
    assert alone is not None
    assert found.edges.tolist() == alone.edges.tolist()


def test_batchnorm_has_its_scales_and_shifts_and_not_its_running_means(tmp_path: Path) -> None:
    run_id = train_run(tmp_path, **BATCHNORM)
    found = outcome(answer(asked(tmp_path, run_id)))
    model = loaded(tmp_path, run_id).model
    (name, kind), *_ = [(layer.name, layer.kind) for layer in found if layer.kind.startswith("BatchNorm2d")]
    layer = next(layer for layer in found if layer.name == name)
    state = model.state_dict()
    assert kind == "BatchNorm2d 4"
    assert layer.weights is not None
    assert layer.biases is not None
    assert layer.weights.mean == pytest.approx(state[f"{name}.weight"].double().mean().item())
    assert layer.biases.mean == pytest.approx(state[f"{name}.bias"].double().mean().item())
    assert sum(one.count for one in parts(found)) == sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    "family", [{"model__name": "scratch_mlp"}, BATCHNORM, {"model__name": "resnet", "model__filters": "4"}]
)
def test_every_parameter_is_in_one_layer(family: dict[str, Any], tmp_path: Path) -> None:
    model = loaded(tmp_path, train_run(tmp_path, **family)).model
    values = [value for _, of_layer in parameters_of(model).values() for value in of_layer.values()]
    assert sum(len(value) for value in values) == sum(parameter.numel() for parameter in model.parameters())
    squares = sum(float((value**2).sum()) for value in values)
    assert squares == pytest.approx(sum(parameter.double().square().sum().item() for parameter in model.parameters()))


def test_one_layer_by_its_name_or_the_end_of_it(tmp_path: Path) -> None:
    run_id = train_run(tmp_path, **BATCHNORM)
    every = outcome(answer(asked(tmp_path, run_id)))
    for layer in every:
        (found,) = outcome(answer(asked(tmp_path, run_id, layer=layer.name)))
        assert found.name == layer.name
    with pytest.raises(TermlabError, match='"conv9" is not a layer here') as caught:
        outcome(answer(asked(tmp_path, run_id, layer="conv9")))
    assert caught.value.hint == f"The layers are: {', '.join(layer.name for layer in every)}."


def test_a_network_that_predicts_a_number_has_weights_like_any_other(tmp_path: Path) -> None:
    quadratic: dict[str, Any] = {
        "data__name": "quadratic",
        "model__name": "linear",
        "model__hidden": None,
        "train__batch_size": "1",
    }
    run_id = train_run(tmp_path, optim__lr="0.1", **quadratic)
    (layer,) = ask(tmp_path, "weights", run_id)
    assert layer.biases is None
    assert layer.weights.count == 5
    assert layer.weights.mean == pytest.approx(0.2)
    with pytest.raises(TermlabError, match="predicts a number"):
        ask(tmp_path, "mistakes", run_id)
