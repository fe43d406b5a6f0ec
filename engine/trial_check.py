"""What can be foreseen of one trial before anything is trained: what it will be, and all that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from engine.config import DataConfig, RunConfig
from engine.data.dataset import Dataset
from engine.data.stand_in import stand_in
from engine.demands import check_demands
from engine.device import choose_device
from engine.errors import ConfigError
from engine.evaluate import has_dropout
from engine.inputs import input_shape, require_images
from engine.learner import build_learner
from engine.models import build_model, count_parameters
from engine.objective import choose_objective
from engine.threshold import require_both_classes
from engine.trial_facts import TrialFacts
from engine.trial_faults import Faults

Load = Callable[[DataConfig], Dataset]


def check_trial(config: RunConfig, load: Load) -> TrialFacts:
    """Load the data, choose the device and size the network.

    Where data is missing, the network is held against what is known of that data, and its faults are told too.
    Raises: ExceptionGroup of everything that is wrong.
    """
    faults = Faults()
    dataset, model, device = None, None, ""
    with faults.kept():
        dataset = load(config.data)
    seen = dataset or stand_in(config.data)
    with faults.kept():
        device = str(choose_device(config.device))
    if seen is not None:
        with faults.kept():
            model = _network(config, seen)
        with faults.kept():
            _check_threshold(config, seen, has_labels=dataset is not None)
    if seen is not None and model is not None:
        with faults.kept():
            _check_recipe(config, seen, model)
        with faults.kept():
            _check_masks(config, model)
    if faults.found:
        raise ExceptionGroup("the trial cannot be trained", faults.found)
    assert dataset is not None
    assert model is not None
    return TrialFacts(
        parameters=count_parameters(model),
        train_examples=len(dataset.train),
        test_examples=len(dataset.test),
        epochs=config.train.total_epochs(len(dataset.train)),
        steps=config.train.total_steps(len(dataset.train)),
        device=device,
        remark=getattr(model, "remark", ""),
    )


def _network(config: RunConfig, dataset: Dataset) -> nn.Module:
    """Return the network on the meta device.

    Raises: ConfigError, ModelError if it does not fit the images.
    """
    require_images(config.data, config.augment, dataset)
    shape = input_shape(config.augment, dataset.image_shape)
    with torch.device("meta"):  # shapes without memory or random numbers
        return build_model(config.model, shape, dataset.classes)


def _check_recipe(config: RunConfig, dataset: Dataset, model: nn.Module) -> None:
    shape, train_examples = input_shape(config.augment, dataset.image_shape), len(dataset.train)
    with torch.device("meta"), torch.no_grad():
        outputs = model.eval()(torch.empty(2, *shape))  # (2, outputs)
    objective = choose_objective(outputs.shape, dataset.test.labels, dataset.classes)
    build_learner(model, objective, config.optim, train_examples=train_examples)
    check_demands(config, model, image_shape=shape, train_examples=train_examples)


def _check_threshold(config: RunConfig, dataset: Dataset, *, has_labels: bool) -> None:
    if not config.evaluate.roc_threshold:
        return
    if dataset.classes != 2:
        classes = f"{dataset.name} has {dataset.classes} classes"
        raise ConfigError(
            [f"evaluate.roc_threshold = true: {classes}, and a threshold divides two"],
            "Set evaluate.roc_threshold=false, or choose data with two classes, such as data.name=moons.",
        )
    if has_labels:
        require_both_classes(dataset)


def _check_masks(config: RunConfig, model: nn.Module) -> None:
    masks = config.evaluate.dropout_masks
    if masks and not has_dropout(model):
        raise ConfigError(
            [f"evaluate.dropout_masks = {masks}: the network has no dropout to draw masks for"],
            "Set model.dropout, or evaluate.dropout_masks=0.",
        )
