"""The packaged presets against the catalogue of coursework: recipes and figures, typed anew from the catalogue.

A setting stands here where the catalogue names it; what it leaves open is the preset's own choice and is not held.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from engine.config import RecordConfig, RunConfig
from engine.overrides import get_value
from engine.presets import read_preset
from engine.sizing import network_sizes, parameter_count
from engine.trial import Trial

TRIALS: dict[tuple[str, str], Trial] = {
    (file.name[:-5], trial.label): trial
    for file in files("presets").iterdir()
    if file.name.endswith(".toml")
    for trial in read_preset(file.name[:-5], file).trials
}
"""Of the packaged presets, even where the person who runs the tests has others of the same name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalogue says of one trial."""

    preset: str
    label: str
    dataset: str
    family: str
    settings: dict[str, Any] = field(default_factory=dict)
    """By dotted key."""
    parameters: int | None = None
    """As given, or counted by hand where every width is given; None where the catalogue leaves one open."""
    figures: dict[str, float] = field(default_factory=dict)
    """Published values by metric."""
    bound: str = "near"


def sgd(lr: float | None = None, **others: Any) -> dict[str, Any]:
    return optim("sgd", lr, **others)


def adam(lr: float | None = None, **others: Any) -> dict[str, Any]:
    return optim("adam", lr, **others)


def optim(name: str, lr: float | None, **others: Any) -> dict[str, Any]:
    rate = {} if lr is None else {"optim.lr": lr}
    return {"optim.name": name, **rate, **{f"optim.{key}": value for key, value in others.items()}}


def train(epochs: int | None = None, batch_size: int | None = None, **others: Any) -> dict[str, Any]:
    told = {"epochs": epochs, "batch_size": batch_size, **others}
    return {f"train.{key}": value for key, value in told.items() if value is not None}


def model(**settings: Any) -> dict[str, Any]:
    return {f"model.{key}": value for key, value in settings.items()}


# A
A1 = sgd(0.02) | train(100, 64, max_steps=None) | model(hidden=(800, 800), activation="relu")
A1_FIGURES = {"test_error": 0.02, "train_accuracy": 1.0}
A3 = adam(1e-4) | train(10, 64) | model(channels=(16, 32, 64, 128))
A4 = adam(1e-4) | {"data.image_size": 64, "data.validation_fraction": 0.2, "model.filters": (64, 128, 256, 512)}
A5 = {
    "data.scaling": "symmetric", "augment.flip": 0.5, "augment.rotation": 15.0, "augment.brightness": 0.0,
    "augment.contrast": 0.0, "augment.saturation": 0.0, "augment.hue": 0.0, "model.dropout2d": 0.2,
}  # fmt: skip
THREE_WAYS = {"scaling_error": 0.0165, "pre_softmax_error": 0.0165, "post_softmax_error": 0.0165}

# B
B0 = model(filters=(6, 16), kernel_sizes=(5,), hidden=(120, 84))
B1 = model(filters=(32, 64, 64), kernel_sizes=(5,), paddings=(), pooling="max", activation="relu", hidden=(1000,))
B_WEIGHTS = 1_191_170

# C
C1_SHAPE = model(
    filters=(32, 64), kernel_sizes=(5,), paddings=(), pooling="max", activation="relu", hidden=(1024,),
    dropout=(0.0, 0.5), batchnorm=False,
)  # fmt: skip
C1 = C1_SHAPE | adam(1e-4, weight_decay=0.0, weight_decay_summed=0.0) | train(batch_size=500, max_steps=8000)
C2 = C1_SHAPE | adam(1e-4, weight_decay=1e-3) | train(7, 50, max_steps=None)
C3 = C2 | model(kernel_sizes=(3,))
C4 = C3 | model(filters=(64, 128))
C5 = {
    "augment.flip": 0.5, "augment.greyscale": 0.1, "data.scaling": "symmetric", "optim.weight_decay": 0.0,
    **model(
        filters=(64, 128, 256), kernel_sizes=(3,), paddings=(0,), pooling="max", activation="relu",
        hidden_activation="relu", hidden=(128, 256), dropout=(), batchnorm=False,
    ),
}  # fmt: skip
C6_MILD = C5 | {"optim.weight_decay": 1e-3}
C6_STRONG = C5 | {"optim.weight_decay": 1e-2}
C7 = C6_MILD | model(activation="selu")
C8 = C5 | model(kernel_sizes=(5, 3, 3), pooling="avg")
C1_WEIGHTS, C3_WEIGHTS, C4_WEIGHTS, C5_WEIGHTS = 3_274_634, 3_241_354, 6_508_298, 537_610
C8_WEIGHTS = C5_WEIGHTS + 3 * 64 * (5 * 5 - 3 * 3)


def accuracy(value: float) -> dict[str, float]:
    return {"test_accuracy": value}


# D
D2 = adam() | train(2) | model(filters=(8,), kernel_sizes=(5,), paddings=(), hidden=(500,))
D4 = adam() | train(2) | model(filters=(16, 32, 64), kernel_sizes=(5,), hidden=(128, 256), dropout=(0.5, 0.5, 0.0))
D5 = adam() | train(2) | model(filters=(64, 128, 256), block_dropout=0.4, dropout=0.5)

# E
E2_OVERFIT = train(20, 10) | {"data.train_limit": 20, "model.hidden": (128, 128, 128)}
E2_COMPARISON = train(10, 50, batches_per_epoch=100) | model(hidden=(128, 128, 128, 128, 128))
E2_DROPOUT = sgd() | train(30, 10) | {"data.train_limit": 400, "data.test_limit": 800, "model.hidden": (400,)}
E4 = train(10, 32) | {"data.validation_split": "last", "evaluate.roc_threshold": True}
E5_OVERFIT = train(25, 2) | {"data.train_limit": 50} | model(filters=(32,), pool_every=1, hidden=(100,))
E6 = train(batch_size=50, batches_per_epoch=100) | {"data.test_limit": 1200, "optim.weight_decay": 1e-3}
E6_1 = E6 | train(100) | {"optim.lr": 1e-3, "model.hidden": (100,)}
E6_2 = E6 | train(40) | {"optim.lr": 0.01, "model.hidden": (100,)}

MOONS = {  # validation and test accuracy in per cent, by width and depth
    (2, 1): (78.46, 83.68), (2, 2): (72.61, 83.58), (2, 4): (76.57, 83.88),
    (8, 1): (86.73, 88.29), (8, 2): (87.60, 89.53), (8, 4): (88.15, 89.53),
    (32, 1): (88.55, 90.13), (32, 2): (87.58, 87.75), (32, 4): (86.78, 88.99),
    (128, 1): (87.72, 89.53), (128, 2): (87.34, 90.13), (128, 4): (87.08, 89.78),
}  # fmt: skip


def moons_entry(width: int, depth: int) -> Entry:
    validation, test = MOONS[width, depth]
    figures = {"validation_accuracy": validation / 100, "test_accuracy_at_threshold": test / 100}
    label = f"width={width} depth={depth}"
    return Entry("moons", label, "moons", "mlp", E4 | model(hidden=(width,) * depth), figures=figures)


def depth_entry(preset: str, family: str, label: str, recipe: dict[str, Any], pool_every: int, **others: Any) -> Entry:
    """Read K and L from a label such as exp1_3_L1_K64-128-256."""
    layers, _, filters = label.rpartition("_L")[2].partition("_K")
    shape = model(
        filters=tuple(int(width) for width in filters.split("-")), layers_per_filter=int(layers), pool_every=pool_every
    )
    return Entry(preset, label, "cifar10", family, recipe | shape, **others)


CATALOGUE = (
    Entry("weight-decay", "L2=off", "mnist", "mlp", A1 | sgd(weight_decay=0.0, weight_decay_summed=0.0),
          1_276_810, A1_FIGURES),
    Entry("weight-decay", "L2=2.5", "mnist", "mlp", A1 | sgd(weight_decay_summed=2.5, decay_bias=False),
          1_276_810, A1_FIGURES),
    Entry("dropout-inference", "dropout=0.5", "mnist", "mlp",
          A1 | model(dropout=(0.0, 0.5)) | {"evaluate.dropout_masks": 100}, 1_276_810, THREE_WAYS),
    Entry("dropout-inference", "dropout=0", "mnist", "mlp", A1 | model(dropout=()), 1_276_810),
    Entry("batchnorm", "bn=off", "mnist", "block_cnn", A3 | model(batchnorm=False)),
    Entry("batchnorm", "bn=on", "mnist", "block_cnn", A3 | model(batchnorm=True), figures=accuracy(0.99)),
    Entry("cats-and-dogs", "A4 first", "cats_dogs", "strided_cnn", A4, 2_764_737, accuracy(0.808)),
    Entry("cats-and-dogs", "A5 better", "cats_dogs", "regularised_cnn", A4 | A5, 1_560_961, accuracy(0.935)),
    Entry("lenet", "lenet-5", "mnist", "convnet", B0, 61_706),
    Entry("cifar-ladder", "B1 base", "cifar10", "convnet", B1 | sgd(momentum=0.0), B_WEIGHTS),
    Entry("cifar-ladder", "B2 +standardisation", "cifar10", "convnet", B1, B_WEIGHTS),
    Entry("cifar-ladder", "B3 +augmentation", "cifar10", "convnet", B1, B_WEIGHTS),
    Entry("cifar-ladder", "B4 +momentum, decay", "cifar10", "convnet", B1, B_WEIGHTS),
    Entry("cifar-ladder", "B5 +dropout", "cifar10", "convnet", B1, B_WEIGHTS),
    Entry("cifar-ladder", "B6 +BatchNorm", "cifar10", "convnet", B1, B_WEIGHTS + 2 * (32 + 64 + 64)),
    Entry("mnist-l2", "C1 L2=0", "mnist", "convnet", C1, C1_WEIGHTS, accuracy(0.9896)),
    Entry("mnist-l2", "C2 L2=1e-3", "mnist", "convnet", C2, C1_WEIGHTS, accuracy(0.99265)),
    Entry("filter-sizes", "C2 5x5 32-64", "mnist", "convnet", C2, C1_WEIGHTS, accuracy(0.99265)),
    Entry("filter-sizes", "C3 3x3 32-64", "mnist", "convnet", C3, C3_WEIGHTS, accuracy(0.9902)),
    Entry("filter-sizes", "C4 3x3 64-128", "mnist", "convnet", C4, C4_WEIGHTS, accuracy(0.9895)),
    Entry("cifar-l2", "C5 L2=0", "cifar10", "convnet", C5, C5_WEIGHTS, accuracy(0.7901)),
    Entry("cifar-l2", "C6 L2=1e-3", "cifar10", "convnet", C6_MILD, C5_WEIGHTS, accuracy(0.7808)),
    Entry("cifar-l2", "C6 L2=1e-2", "cifar10", "convnet", C6_STRONG, C5_WEIGHTS, accuracy(0.6277)),
    Entry("pooling-and-activation", "C5 ReLU, max", "cifar10", "convnet", C5, C5_WEIGHTS, accuracy(0.7901)),
    Entry("pooling-and-activation", "C6 ReLU, max, L2", "cifar10", "convnet", C6_MILD, C5_WEIGHTS, accuracy(0.7808)),
    Entry("pooling-and-activation", "C7 SELU, max, L2", "cifar10", "convnet", C7, C5_WEIGHTS, accuracy(0.76)),
    Entry("pooling-and-activation", "C8 ReLU, average", "cifar10", "convnet", C8, C8_WEIGHTS, accuracy(0.7964)),
    Entry("mnist-and-cifar", "C1 MNIST", "mnist", "convnet", C1, C1_WEIGHTS, accuracy(0.9896)),
    Entry("mnist-and-cifar", "C5 CIFAR-10 L2=0", "cifar10", "convnet", C5, C5_WEIGHTS, accuracy(0.7901)),
    Entry("mnist-and-cifar", "C6 CIFAR-10 L2=1e-3", "cifar10", "convnet", C6_MILD, C5_WEIGHTS, accuracy(0.7808)),
    Entry("mnist-and-cifar", "C6 CIFAR-10 L2=1e-2", "cifar10", "convnet", C6_STRONG, C5_WEIGHTS, accuracy(0.6277)),
    Entry("logistic-regression", "logistic-regression", "mnist", "mlp", sgd() | train(2) | model(hidden=()),
          7_850, accuracy(0.83)),
    Entry("dropout-architectures", "D2 ConvNet", "mnist", "convnet", D2 | model(dropout=()), 789_718, accuracy(0.983)),
    Entry("dropout-architectures", "D3 ConvNet2", "mnist", "convnet", D2 | model(dropout=(0.5, 0.0)),
          789_718, accuracy(0.983)),
    Entry("dropout-architectures", "D4 ConvNet3", "mnist", "convnet", D4, 173_962, accuracy(0.989)),
    Entry("dropout-architectures", "D5 ConvNet4", "mnist", "double_conv", D5,
          figures={"test_accuracy": 0.9912, "test_loss": 0.0273}),
    Entry("scratch-overfit", "vanilla", "cifar10", "scratch_mlp", E2_OVERFIT | sgd(momentum=0.0),
          427_658, {"train_accuracy": 0.98}, "at_least"),
    Entry("scratch-overfit", "momentum", "cifar10", "scratch_mlp", E2_OVERFIT | sgd(momentum=0.9),
          427_658, {"train_accuracy": 0.98}, "at_least"),
    Entry("scratch-optimisers", "vanilla", "cifar10", "scratch_mlp", E2_COMPARISON | sgd(momentum=0.0), 460_682),
    Entry("scratch-optimisers", "momentum", "cifar10", "scratch_mlp", E2_COMPARISON | sgd(momentum=0.9),
          460_682, accuracy(0.35), "at_least"),
    Entry("scratch-optimisers", "rmsprop", "cifar10", "scratch_mlp", E2_COMPARISON | {"optim.name": "rmsprop"},
          460_682, accuracy(0.35), "at_least"),
    Entry("scratch-dropout", "none", "cifar10", "scratch_mlp", E2_DROPOUT | model(dropout=0.0), 1_233_210),
    Entry("scratch-dropout", "0.4", "cifar10", "scratch_mlp", E2_DROPOUT | model(dropout=0.4), 1_233_210),
    Entry("scratch-dropout", "0.8", "cifar10", "scratch_mlp", E2_DROPOUT | model(dropout=0.8), 1_233_210),
    Entry("cnn-overfit", "cnn-overfit", "cifar10", "cnn", E5_OVERFIT, 821_206, {"train_accuracy": 0.9}, "at_least"),
    *(moons_entry(width, depth) for width, depth in MOONS),
    *(depth_entry("depth", "cnn", f"exp1_1_L{layers}_K{width}", E6_1, 5)
      for width in (32, 64) for layers in (2, 4, 8, 16)),
    *(depth_entry("width", "cnn", f"exp1_2_L{layers}_K{width}", E6_1, pool_every)
      for layers, pool_every in ((2, 2), (4, 3), (8, 5)) for width in (32, 64, 128, 256)),
    *(depth_entry("filter-growth", "cnn", f"exp1_3_L{layers}_K64-128-256", E6_1, 3) for layers in (1, 2, 3, 4)),
    depth_entry("residual-depth", "resnet", "exp1_4_L8_K32", E6_1, 5),
    depth_entry("residual-depth", "resnet", "exp1_4_L16_K32", E6_1, 5),
    depth_entry("residual-depth", "resnet", "exp1_4_L32_K32", E6_1, 6),  # six pools would leave nothing of 32 pixels
    *(depth_entry("residual-depth", "resnet", f"exp1_4_L{layers}_K64-128-256", E6_1, 5) for layers in (2, 4, 8)),
    depth_entry("batchnorm-depth", "your_cnn", "exp2_L3_K32-64-128", E6_2, 5,
                figures={"test_accuracy": 0.80, "train_accuracy": 0.80}),
    depth_entry("batchnorm-depth", "your_cnn", "exp2_L6_K32-64-128", E6_2, 5),
    depth_entry("batchnorm-depth", "your_cnn", "exp2_L9_K32-64-128", E6_2, 5),
    depth_entry("batchnorm-depth", "your_cnn", "exp2_L12_K32-64-128", E6_2, 7),  # seven pools would leave nothing
)  # fmt: skip

over_entries = pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: f"{entry.preset}-{entry.label}")


@over_entries
def test_a_trial_has_the_recipe_of_the_catalogue(entry: Entry) -> None:
    config = TRIALS[entry.preset, entry.label].config
    told = {key: get_value(config, key) for key in entry.settings}
    assert (config.data.name, config.model.name) == (entry.dataset, entry.family)
    assert told == entry.settings


@over_entries
def test_a_trial_carries_the_published_figures_and_no_others(entry: Entry) -> None:
    published = TRIALS[entry.preset, entry.label].published
    assert {figure.metric: figure.value for figure in published} == pytest.approx(entry.figures, abs=1e-9)
    assert {figure.bound for figure in published} <= {entry.bound}


@pytest.mark.parametrize(
    "entry", [entry for entry in CATALOGUE if entry.parameters], ids=lambda entry: f"{entry.preset}-{entry.label}"
)
def test_a_network_has_the_parameters_of_the_catalogue(entry: Entry, tmp_path: Path) -> None:
    config = TRIALS[entry.preset, entry.label].config
    assert parameter_count(config, tmp_path) == entry.parameters


def test_a_preset_of_the_catalogue_has_no_trial_more() -> None:
    presets = {entry.preset for entry in CATALOGUE}
    expected = {(entry.preset, entry.label) for entry in CATALOGUE}
    assert len(expected) == len(CATALOGUE)
    assert {place for place in TRIALS if place[0] in presets} == expected


def test_trials_outside_the_catalogue_claim_no_figure() -> None:
    presets = {entry.preset for entry in CATALOGUE}
    assert not [place for place, trial in TRIALS.items() if place[0] not in presets and trial.published]


def test_the_moons_carry_a_grid_of_24_figures() -> None:
    assert sum(len(trial.published) for (preset, _), trial in TRIALS.items() if preset == "moons") == 24


def test_moons_are_held_out_as_published(tmp_path: Path) -> None:
    """8,000 points make 5,333 to train on and 2,667 to validate."""
    config = TRIALS["moons", "width=2 depth=1"].config
    assert network_sizes([config], tmp_path)[0].data.train_examples == 5333


def test_the_quadratic_is_descended_at_the_rate_that_arrives_at_once() -> None:
    """The distance shrinks by 1 - 2 lr |x|^2 a step, which is 0 at 0.1; 0.2 and above diverge or swing forever."""
    configs = [trial.config for (preset, _), trial in TRIALS.items() if preset == "gradient-descent"]
    rates = [config.optim.lr for config in configs]
    assert "lr=0.1" in {label for preset, label in TRIALS if preset == "gradient-descent"}
    assert 0.1 in rates
    assert min(rates) < 0.1 < max(rates)
    assert max(rates) > 0.2
    assert {(config.data.name, config.model.name, config.optim.name) for config in configs} == {
        ("quadratic", "linear", "sgd")
    }
    assert {(config.optim.momentum, config.schedule.name) for config in configs} == {(0.0, "constant")}


def flat(part: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in part.items():
        values |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return values


RUNGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("B2 +standardisation", {"data.scaling": "standardised"}),
    # The pools round up with the crops, as the catalogue has it.
    ("B3 +augmentation", {"augment.crop": 28, "augment.flip": 0.5, "model.ceil_mode": True}),
    # Momentum 0.9 makes each gradient count ten times, so the preset divides the rate, which is left open, by ten.
    ("B4 +momentum, decay", {"optim.momentum": 0.9, "optim.lr": 0.01, "schedule.name": "exponential"}),
    ("B5 +dropout", {"model.dropout": (0.0, 0.5)}),
    ("B6 +BatchNorm", {"model.batchnorm": True}),
)


def test_each_rung_of_the_ladder_adds_one_thing_to_the_one_before() -> None:
    before = flat(TRIALS["cifar-ladder", "B1 base"].config.model_dump())
    assert before["data.scaling"] == "unit"
    assert before["augment.crop"] is None
    assert before["augment.flip"] == 0
    assert before["optim.lr"] == 0.1
    for label, expected in RUNGS:
        now = flat(TRIALS["cifar-ladder", label].config.model_dump())
        assert {key: value for key, value in now.items() if value != before[key]} == expected
        before = now
    assert before["schedule.gamma"] == 0.95


def recipe(config: RunConfig) -> str:
    """Name what is trained, whatever is recorded of it."""
    return config.model_copy(update={"record": RecordConfig()}).fingerprint


@pytest.mark.parametrize(
    "places",
    [
        [("mnist-l2", "C1 L2=0"), ("mnist-and-cifar", "C1 MNIST")],
        [("mnist-l2", "C2 L2=1e-3"), ("filter-sizes", "C2 5x5 32-64")],
        [
            ("cifar-l2", "C5 L2=0"),
            ("pooling-and-activation", "C5 ReLU, max"),
            ("mnist-and-cifar", "C5 CIFAR-10 L2=0"),
        ],
        [
            ("cifar-l2", "C6 L2=1e-3"),
            ("pooling-and-activation", "C6 ReLU, max, L2"),
            ("mnist-and-cifar", "C6 CIFAR-10 L2=1e-3"),
        ],
        [("cifar-l2", "C6 L2=1e-2"), ("mnist-and-cifar", "C6 CIFAR-10 L2=1e-2")],
    ],
    ids=["C1", "C2", "C5", "C6 mild", "C6 strong"],
)
def test_one_row_of_the_catalogue_is_one_recipe_in_every_preset(places: list[tuple[str, str]]) -> None:
    assert len({recipe(TRIALS[place].config) for place in places}) == 1


@pytest.mark.parametrize("preset", ["depth", "width", "filter-growth", "residual-depth", "batchnorm-depth"])
def test_training_in_depth_stops_after_three_to_five_epochs_without_gain(preset: str) -> None:
    patience = {trial.config.train.early_stopping_epochs for (name, _), trial in TRIALS.items() if name == preset}
    assert patience <= {3, 4, 5}


@pytest.mark.parametrize("preset", ["logistic-regression", "dropout-architectures"])
def test_a_validation_split_is_held_out_by_a_fixed_seed(preset: str) -> None:
    held_out = [trial.config.data for (name, _), trial in TRIALS.items() if name == preset]
    assert all(data.validation_fraction is not None for data in held_out)
    assert {data.validation_split for data in held_out} == {"random"}
    assert len({data.validation_seed for data in held_out}) == 1


def test_dropout_by_hand_is_compared_with_momentum() -> None:
    """How much of it the catalogue leaves open."""
    momenta = {trial.config.optim.momentum for (name, _), trial in TRIALS.items() if name == "scratch-dropout"}
    assert len(momenta) == 1
    assert min(momenta) > 0
