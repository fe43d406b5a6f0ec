"""The table of layers that a saved run is asked for, against its network and against gradients."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.models import build_model
from engine.sizing import NetworkSize
from tests.builders import build_trial, save_run
from tests.engine.analysis.runs import ask, loaded, train_run

BLOCKS: dict[str, Any] = {
    "model__name": "block_cnn",
    "model__channels": "4,6",
    "model__batchnorm": "true",
    "model__hidden": None,
}


def test_the_table_of_layers_is_that_of_the_network(tmp_path: Path) -> None:
    run_id = train_run(tmp_path, **BLOCKS)
    size, model = ask(tmp_path, "layers", run_id), loaded(tmp_path, run_id).model
    assert isinstance(size, NetworkSize)
    assert size.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert sum(row.parameters for row in size.layers) == size.parameters
    for row in size.layers:
        own = model.get_submodule(row.name).parameters(recurse=False)
        assert row.parameters == sum(parameter.numel() for parameter in own)
    features = ask(tmp_path, "features", run_id)
    shapes = {row.name: row.output_shape for row in size.layers}
    assert {layer.name: layer.values.shape for layer in features.layers}.items() <= shapes.items()
    assert size.multiply_adds == 64 * 9 * 4 + 16 * 4 * 9 * 6 + 2 * 2 * 6 * 10
    assert (size.data.image_shape, size.data.classes, size.data.train_examples) == ((1, 8, 8), 10, 1437)


def test_a_map_sees_exactly_the_square_that_the_table_states(tmp_path: Path) -> None:
    settings = {"model.name": "cnn", "model.filters": "2,3", "model.pool_every": "1", "model.pooling": "avg"}
    trial = build_trial(overrides={"data.name": "mnist", **settings})
    run_id = save_run(tmp_path, trial=trial)  # neither trained nor with its data on this machine
    rows = [row for row in ask(tmp_path, "layers", run_id).layers if len(row.output_shape) == 3]
    model = build_model(trial.config.model, (1, 28, 28), 10).double()
    for parameter in model.parameters():
        torch.nn.init.uniform_(parameter, 0.1, 1.0)  # nothing cancels, and every ReLU is on
    caught: dict[str, Tensor] = {}
    for row in rows:
        model.get_submodule(row.name).register_forward_hook(
            lambda _module, _inputs, output, name=row.name: caught.update({name: output})
        )
    images = torch.rand(1, 1, 28, 28, dtype=torch.float64, requires_grad=True)
    model(images)
    assert [row.receptive_field for row in rows if row.kind.startswith(("Conv", "Avg"))] == [3, 4, 8, 10]
    for row in rows:
        middle = row.output_shape[1] // 2
        (gradient,) = torch.autograd.grad(caught[row.name][0, 0, middle, middle], images, retain_graph=True)
        seen = gradient[0, 0] != 0
        assert seen.sum() == (row.receptive_field or 0) ** 2  # no pixel is missing
        for axis in (0, 1):
            places = seen.any(axis).nonzero().flatten()
            assert places[-1] - places[0] + 1 == row.receptive_field  # and none lies outside
        assert tuple(caught[row.name].shape[1:]) == row.output_shape
