"""What every model family must satisfy, on every shape of image that the datasets have."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor, nn
from torch.nn import functional as F

from engine.config import OptimConfig
from engine.errors import ModelError
from engine.learner import build_learner
from engine.model_config import MODEL_CONFIGS, CNNConfig, ConfigPart, ModelConfig
from engine.models import ScratchMLP, build_model, count_parameters
from engine.objective import Objective, Reading
from engine.scratch import CrossEntropyLoss

SHAPES = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 64, 64)]
# With ten classes, for each shape; worked out by hand from the formulas in the docstrings. None: it cannot fit.
COUNTS: dict[str, tuple[int | None, ...]] = {
    "linear": (640, 7_840, 30_720, 122_880),
    "mlp": (700_810, 1_276_810, 3_107_210, 10_480_010),
    "scratch_mlp": (26_122, 118_282, 411_146, 1_590_794),
    "block_cnn": (98_442, 98_442, 102_570, 117_930),
    "cnn": (122_326, 1_274_326, 1_658_902, 6_574_102),
    "your_cnn": (122_518, 1_274_518, 1_659_094, 6_574_294),
    "resnet": (122_390, 1_274_390, 1_659_094, 6_574_294),
    "convnet": (325_514, 3_274_634, 4_259_274, 16_842_186),
    "strided_cnn": (2_842, None, 41_322, 2_838_474),
    "double_conv": (1_148_618, 1_148_618, 1_149_770, 1_149_770),
    "regularised_cnn": (2_730, None, 26_810, 1_634_698),
}
SETTINGS: dict[tuple[str, tuple[int, int, int]], dict[str, Any]] = {
    (name, shape): {"filters": filters}
    for name in ("strided_cnn", "regularised_cnn")
    for shape, filters in ((SHAPES[0], (16,)), (SHAPES[2], (16, 32, 48)))
}
"""What a family needs on a shape where its defaults do not fit."""
adapter: TypeAdapter[ModelConfig] = TypeAdapter(ModelConfig)

over_families = pytest.mark.parametrize("name", MODEL_CONFIGS)
over_fitting_shapes = pytest.mark.parametrize(
    ("name", "shape"),
    [
        pytest.param(name, shape, id=f"{name}-{shape}")
        for name, counts in COUNTS.items()
        for shape, count in zip(SHAPES, counts, strict=True)
        if count is not None
    ],
)


def config_for(name: str, shape: tuple[int, int, int]) -> ModelConfig:
    return adapter.validate_python({"name": name, **SETTINGS.get((name, shape), {})})


def gradients_of(model: nn.Module, scores: Tensor, labels: Tensor) -> list[Tensor | None]:
    """Return the gradient of each parameter as the family finds it: by autograd, or written out by hand."""
    if isinstance(model, ScratchMLP):
        loss = CrossEntropyLoss()
        loss(scores, y=labels)
        model.backward(loss.backward())
        return [gradient for _, gradient in model.shared_params()]
    F.cross_entropy(scores, labels).backward()  # type: ignore[no-untyped-call]
    return [parameter.grad for parameter in model.parameters()]


def test_every_family_is_a_setting_of_the_run() -> None:
    assert set(COUNTS) == set(MODEL_CONFIGS)


@over_families
def test_family_has_a_documented_module_with_build(name: str) -> None:
    module = import_module(f"engine.models.{name}")
    build: Callable[[ConfigPart, tuple[int, int, int], int], torch.nn.Module] = module.build
    docstring = type(build(config_for(name, SHAPES[0]), SHAPES[0], 10)).__doc__ or ""
    for word in ("Shapes:", "Parameters:", "Source:"):
        assert word in docstring


@over_fitting_shapes
def test_forward_gives_a_score_for_each_class_and_backward_reaches_every_parameter(
    name: str, shape: tuple[int, int, int]
) -> None:
    torch.manual_seed(0)
    model = build_model(config_for(name, shape), shape, 7)
    scores = model(torch.randn(4, *shape))
    assert scores.shape == (4, 7)
    gradients = gradients_of(model, scores, torch.tensor([0, 1, 5, 6]))
    for (parameter_name, parameter), gradient in zip(model.named_parameters(), gradients, strict=True):
        assert gradient is not None, parameter_name
        assert gradient.shape == parameter.shape, parameter_name
        assert gradient.isfinite().all(), parameter_name
        assert gradient.any(), parameter_name


@over_fitting_shapes
def test_parameter_count_is_known_without_allocating(name: str, shape: tuple[int, int, int]) -> None:
    with torch.device("meta"):
        model = build_model(config_for(name, shape), shape, 10)
    assert all(parameter.is_meta for parameter in model.parameters())
    assert count_parameters(model) == COUNTS[name][SHAPES.index(shape)]


@pytest.mark.parametrize(
    ("name", "shape"),
    [(name, SHAPES[place]) for name, counts in COUNTS.items() for place, count in enumerate(counts) if count is None],
)
def test_image_that_no_setting_fits_is_refused(name: str, shape: tuple[int, int, int]) -> None:
    with pytest.raises(ModelError, match="does not fit the image") as caught:
        build_model(config_for(name, shape), shape, 10)
    assert "data.image_size = " in caught.value.hint


@over_families
def test_equal_seeds_give_equal_networks(name: str) -> None:
    states = []
    for _ in range(2):
        torch.manual_seed(11)
        states.append(build_model(config_for(name, SHAPES[0]), SHAPES[0], 10).state_dict())
    assert list(states[0]) == list(states[1])
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


@over_families
def test_evaluation_does_not_depend_on_the_batch(name: str) -> None:
    torch.manual_seed(0)
    model = build_model(config_for(name, SHAPES[0]), SHAPES[0], 10).eval()
    images = torch.randn(6, *SHAPES[0])
    assert torch.allclose(model(images)[:2], model(images[:2]), atol=1e-5)


def test_network_that_does_not_fit_is_refused_on_the_meta_device_too() -> None:
    with torch.device("meta"), pytest.raises(ModelError):
        build_model(CNNConfig(name="cnn", layers_per_filter=8, pool_every=1), SHAPES[0], 10)


# A linear map without a bias cannot tell one brightness from another.
@pytest.mark.parametrize("name", [name for name in MODEL_CONFIGS if name != "linear"])
def test_learning_lowers_the_loss(name: str) -> None:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(20) % 4
    images = torch.randn(20, 1, 8, 8, generator=generator) * 0.1 + labels.view(-1, 1, 1, 1)
    torch.manual_seed(0)
    model = build_model(config_for(name, (1, 8, 8)), (1, 8, 8), 4)
    recipe = OptimConfig(name="rmsprop", lr=1e-3) if name == "scratch_mlp" else OptimConfig(name="adam", lr=1e-2)
    learner = build_learner(model, Objective(Reading.CLASS_SCORES), recipe, train_examples=20)
    losses = [learner.step(images, labels)[0].item() for _ in range(30)]
    assert losses[-1] < 0.7 * losses[0]
