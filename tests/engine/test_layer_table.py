"""Layer tables against what real networks do: shapes, gradients, torch's own count of operations."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from engine.layer_kind import layer_kind
from engine.layer_table import LayerRow, layer_table
from engine.model_config import MODEL_CONFIGS, ModelConfig
from engine.models import build_model, count_parameters

adapter: TypeAdapter[ModelConfig] = TypeAdapter(ModelConfig)
IMAGE = (3, 64, 64)
"""The one size that all families take with their default settings."""
over_families = pytest.mark.parametrize("name", MODEL_CONFIGS)


class Residual(nn.Module):
    """The sum of two paths and a ReLU."""

    def __init__(self, main_path: nn.Module, shortcut_path: nn.Module) -> None:
        super().__init__()
        self.main_path = main_path
        self.shortcut_path = shortcut_path
        self.activation = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        total: Tensor = self.activation(self.main_path(x) + self.shortcut_path(x))
        return total


class Side(nn.Module):
    """The maps of two paths, one after the other."""

    def __init__(self, one: nn.Module, other: nn.Module) -> None:
        super().__init__()
        self.one, self.other = one, other
        self.end = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        joined: Tensor = self.end(torch.cat([self.one(x), self.other(x)], dim=1))
        return joined


class Excited(nn.Module):
    """A map scaled by what a linear layer makes of its means."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 3, padding=1)
        self.gate = nn.Linear(2, 2)
        self.end = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        gate: Tensor = self.gate(x.mean((2, 3)))
        scaled: Tensor = self.end(x * gate[:, :, None, None])
        return scaled


def conv(inputs: int, outputs: int, kernel: Any, **window: Any) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, **window)


def same(kernel: int) -> nn.Conv2d:
    return conv(2, 2, kernel, padding=kernel // 2)


def to_two_sides() -> Residual:
    """Return paths that look up and left, and down and right."""
    return Residual(
        nn.Sequential(nn.ZeroPad2d((2, 0, 2, 0)), conv(2, 2, 3)),
        nn.Sequential(nn.ZeroPad2d((0, 2, 0, 2)), conv(2, 2, 3)),
    )


NETWORKS = {
    "plain": nn.Sequential(same(3), nn.ReLU(), same(5), nn.AvgPool2d(2), same(3)),
    "strided": nn.Sequential(conv(2, 3, 5, stride=2), conv(3, 2, 3, stride=3, padding=1), same(3)),
    "dilated": nn.Sequential(conv(2, 2, 3, dilation=2), nn.AvgPool2d(3, stride=2, padding=1), conv(2, 2, 2)),
    "padded": nn.Sequential(conv(2, 2, 5, padding="same"), nn.ReflectionPad2d((0, 1, 0, 1)), conv(2, 2, 2)),
    "identity shortcut": nn.Sequential(same(3), Residual(nn.Sequential(same(3), same(5)), nn.Identity()), same(3)),
    "shortcut by 1x1": nn.Sequential(
        Residual(nn.Sequential(conv(2, 4, 3, stride=2, padding=1), conv(4, 4, 3, padding=1)),
                 conv(2, 4, 1, stride=2, bias=False)),
        nn.AvgPool2d(2),
        conv(4, 1, 3),
    ),
    "longer shortcut": Residual(same(3), nn.Sequential(same(5), same(5))),
    "nested": Residual(nn.Sequential(Residual(same(3), same(7)), nn.AvgPool2d(2)), conv(2, 2, 2, stride=2)),
    "paths to two sides": to_two_sides(),
    "paths to two sides of a smaller map": nn.Sequential(nn.AvgPool2d(2), to_two_sides(), same(3)),
    "concatenated": nn.Sequential(Side(same(3), same(5)), nn.AvgPool2d(2), conv(4, 1, 3)),
    "regular adaptive pool": nn.Sequential(same(3), nn.AdaptiveAvgPool2d(16), same(3)),
    "normalised": nn.Sequential(same(3), nn.BatchNorm2d(2), nn.Dropout2d(0.5), nn.ELU(), same(3)),
}  # fmt: skip


def seen_side_and_jump(network: nn.Module, layer: str, side: int) -> tuple[int, int]:
    """Return from gradients how many pixels a value in the middle of a layer's map sees, and the next one's jump."""
    network = copy.deepcopy(network).double().eval()
    for parameter in network.parameters():
        nn.init.constant_(parameter, 0.5)  # nothing cancels, and every ReLU is on
    caught: list[Tensor] = []
    network.get_submodule(layer).register_forward_hook(lambda _module, _inputs, output: caught.append(output))
    images = torch.ones(1, 2, side, side, dtype=torch.float64, requires_grad=True)
    network(images)
    middle = caught[0].shape[2] // 2
    rows = []
    for place in (middle, middle + 1):
        (gradient,) = torch.autograd.grad(caught[0][0, :, place, middle].sum(), images, retain_graph=True)
        rows.append(gradient.abs().sum((0, 1, 3)).nonzero().flatten())
    return int(rows[0][-1] - rows[0][0] + 1), int(rows[1][0] - rows[0][0])


@pytest.mark.parametrize("name", NETWORKS)
def test_receptive_fields_are_those_of_the_gradients(name: str) -> None:
    network = NETWORKS[name]
    rows = layer_table(network, (2, 64, 64))
    for row in rows:
        seen = seen_side_and_jump(network, row.name, 64)
        assert (row.receptive_field, row.jump) == seen, row
        assert seen[0] < 40, "cut at the edge, where it would say nothing"
    assert len(rows) >= 3


def test_receptive_fields_of_a_family_are_those_of_the_gradients() -> None:
    config = adapter.validate_python({"name": "cnn", "filters": [2, 3], "layers_per_filter": 2, "pooling": "avg"})
    with torch.device("meta"):
        rows = layer_table(build_model(config, (2, 64, 64), 4), (2, 64, 64))
    real = build_model(config, (2, 64, 64), 4)
    maps = [row for row in rows if len(row.output_shape) == 3]
    assert [(row.receptive_field, row.jump) for row in maps] == [seen_side_and_jump(real, row.name, 64) for row in maps]
    assert maps[-1].receptive_field == 16


def fields(network: nn.Module, *, side: int = 16) -> dict[str, int | None]:
    return {row.name: row.receptive_field for row in layer_table(network, (2, side, side))}


def test_a_maximum_sees_as_much_as_a_mean() -> None:
    for window in ({}, {"stride": 1}, {"stride": 3, "padding": 1}, {"ceil_mode": True}):
        pooled = [fields(nn.Sequential(same(3), pool(3, **window), same(3))) for pool in (nn.MaxPool2d, nn.AvgPool2d)]
        assert pooled[0] == pooled[1]


def test_the_longer_side_of_a_rectangle_counts() -> None:
    network = nn.Sequential(conv(2, 2, (3, 7)), nn.MaxPool2d((2, 1)))
    assert fields(network) == {"0": 7, "1": 7}
    assert fields(nn.Sequential(conv(2, 2, (1, 3)), conv(2, 2, (9, 1)))) == {"0": 3, "1": 9}


def test_padding_counts_on_its_own_axis() -> None:
    left = nn.Sequential(nn.ZeroPad2d((2, 0, 1, 1)), conv(2, 2, 3))
    right = nn.Sequential(nn.ZeroPad2d((0, 2, 1, 1)), conv(2, 2, 3))
    assert fields(nn.Sequential(Residual(left, right), conv(2, 2, (1, 5))))["1"] == 9


class Turned(nn.Module):
    """Rows and columns change places."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(2, 3)


@pytest.mark.parametrize(
    "end",
    [
        nn.Sequential(nn.Flatten(), nn.Linear(512, 3)),
        nn.AdaptiveAvgPool2d(1),
        nn.AdaptiveAvgPool2d(5),
        nn.Upsample(scale_factor=2),
        nn.ConvTranspose2d(2, 2, 2, stride=2),
        Turned(),
        nn.Sequential(nn.Flatten(), nn.Unflatten(1, (2, 16, 16)), nn.Conv2d(2, 2, 3)),
    ],
    ids=lambda end: type(end).__name__,
)
def test_what_no_square_tells_sees_the_whole_image(end: nn.Module) -> None:
    rows = layer_table(nn.Sequential(same(3), end), (2, 16, 16))
    assert rows[0].receptive_field == 3
    assert all((row.receptive_field, row.jump) == (None, None) for row in rows[1:])
    assert len(rows) > 1


def test_a_map_scaled_by_the_means_of_all_places_sees_the_whole_image() -> None:
    assert fields(Excited()) == {"conv": 3, "gate": None, "end": None}


def test_paths_of_unequal_jumps_see_the_whole_image() -> None:
    rows = fields(Residual(nn.AvgPool2d(2), conv(2, 2, 9)))
    assert rows == {"main_path": 2, "shortcut_path": 9, "activation": None}


@over_families
def test_families_cost_what_torch_counts_and_hold_what_training_adjusts(name: str) -> None:
    config = adapter.validate_python({"name": name})
    with torch.device("meta"):
        network = build_model(config, IMAGE, 10)
    rows = layer_table(network, IMAGE)
    with FlopCounterMode(display=False) as counter:
        network.eval()(torch.zeros(1, *IMAGE, device="meta"))
    assert 2 * sum(row.multiply_adds for row in rows) == counter.get_total_flops() > 0
    assert sum(row.parameters for row in rows) == count_parameters(network)


@pytest.mark.parametrize("layer", [conv(4, 6, 3, groups=2), nn.ConvTranspose2d(4, 6, 3, stride=2), conv(4, 2, 5)])
def test_convolutions_of_every_kind_cost_what_torch_counts(layer: nn.Module) -> None:
    (row,) = layer_table(layer, (4, 9, 9))
    with FlopCounterMode(display=False) as counter:
        layer(torch.zeros(1, 4, 9, 9))
    assert 2 * row.multiply_adds == counter.get_total_flops()


@over_families
def test_output_shapes_are_those_of_real_images_and_memory_makes_no_difference(name: str) -> None:
    config = adapter.validate_python({"name": name})
    with torch.device("meta"):
        rows = layer_table(build_model(config, IMAGE, 10), IMAGE)
    real = build_model(config, IMAGE, 10).eval()
    shapes: dict[str, tuple[int, ...]] = {}
    for row in rows:
        real.get_submodule(row.name).register_forward_hook(
            lambda _module, _inputs, output, name=row.name: shapes.update({name: tuple(output.shape)})
        )
    real(torch.rand(2, *IMAGE))
    assert {row.name: (2, *row.output_shape) for row in rows} == shapes
    assert layer_table(real, IMAGE) == rows


def test_rows_stand_in_the_order_in_which_layers_act() -> None:
    assert [(row.name, row.kind) for row in layer_table(NETWORKS["identity shortcut"], (2, 8, 8))] == [
        ("0", "Conv2d 2→2, 3x3, pad 1"),
        ("1.main_path.0", "Conv2d 2→2, 3x3, pad 1"),
        ("1.main_path.1", "Conv2d 2→2, 5x5, pad 2"),
        ("1.activation", "ReLU"),
        ("2", "Conv2d 2→2, 3x3, pad 1"),
    ]


def test_a_layer_used_twice_has_two_rows_and_its_parameters_once() -> None:
    layer = same(3)
    first, second = layer_table(nn.Sequential(layer, nn.Sequential(layer)), (2, 8, 8))
    assert (first.name, first.parameters, first.receptive_field) == ("0", 38, 3)
    assert (second.name, second.parameters, second.receptive_field) == ("0", 0, 5)
    assert first.multiply_adds == second.multiply_adds == 36 * 64


def test_parameters_that_ask_for_no_gradient_are_counted_too() -> None:
    (row,) = layer_table(same(3).requires_grad_(False), (2, 8, 8))
    assert row == LayerRow("", "Conv2d 2→2, 3x3, pad 1", (2, 8, 8), 38, 3, 1, 36 * 64)


def test_layers_written_by_hand_read_as_those_of_torch() -> None:
    config = adapter.validate_python({"name": "scratch_mlp", "hidden": [6], "dropout": 0.4, "activation": "tanh"})
    assert [
        (row.name, row.kind, row.parameters) for row in layer_table(build_model(config, (1, 2, 2), 3), (1, 2, 2))
    ] == [
        ("layers.0", "Linear 4→6", 30),
        ("layers.1", "TanH", 0),
        ("layers.2", "Dropout 0.4", 0),
        ("layers.3", "Linear 6→3", 21),
    ]


class Scaled(nn.Module):
    """A module that holds another and computes with a parameter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = same(3)
        self.scale = nn.Parameter(torch.ones(2, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        scaled: Tensor = self.inner(x) * self.scale
        return scaled


def test_a_module_with_parameters_beside_its_layers_has_a_row_after_them() -> None:
    rows = layer_table(nn.Sequential(Scaled()), (2, 8, 8))
    assert [(row.name, row.parameters, row.receptive_field) for row in rows] == [("0.inner", 38, 3), ("0", 2, 3)]


def test_a_real_network_is_left_as_it_was() -> None:
    network = nn.Sequential(same(3), nn.BatchNorm2d(2), nn.Dropout(0.5), nn.Flatten(), nn.Linear(128, 2))
    network[1].eval()
    before, noise = copy.deepcopy(network.state_dict()), torch.get_rng_state()
    layer_table(network, (2, 8, 8))
    assert torch.equal(torch.get_rng_state(), noise)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert [module.training for module in network] == [True, False, True, True, True]
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_a_network_that_fails_is_left_without_hooks() -> None:
    network = nn.Sequential(same(3), nn.Linear(3, 3))
    with pytest.raises(RuntimeError):
        layer_table(network, (2, 8, 8))
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert network.training


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (conv(3, 32, 5, padding=2), "Conv2d 3→32, 5x5, pad 2"),
        (conv(4, 8, (1, 3), stride=2, dilation=3, groups=2, bias=False),
         "Conv2d 4→8, 1x3, stride 2, dilation 3, groups 2, no bias"),
        (conv(2, 2, 3, stride=(1, 2), padding=1), "Conv2d 2→2, 3x3, stride 1x2, pad 1"),
        (conv(2, 2, 3, padding="same"), "Conv2d 2→2, 3x3, pad same"),
        (nn.Linear(784, 800), "Linear 784→800"),
        (nn.Linear(2, 1, bias=False), "Linear 2→1, no bias"),
        (nn.MaxPool2d(2), "MaxPool2d 2x2"),
        (nn.MaxPool2d(3, stride=2, padding=1), "MaxPool2d 3x3, stride 2, pad 1"),
        (nn.AvgPool2d((2, 1)), "AvgPool2d 2x1"),
        (nn.AdaptiveAvgPool2d(1), "AdaptiveAvgPool2d to 1x1"),
        (nn.BatchNorm2d(16), "BatchNorm2d 16"),
        (nn.Dropout(0.25), "Dropout 0.25"),
        (nn.LeakyReLU(0.1), "LeakyReLU"),
    ],
)  # fmt: skip
def test_a_kind_says_what_decides_the_size(layer: nn.Module, kind: str) -> None:
    assert layer_kind(layer) == kind
