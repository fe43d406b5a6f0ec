"""What is measured of layers while they learn: against torch by hand, on disk, and when a run goes on."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor, nn
from torch.nn import functional as F

from engine.config import DataConfig, OptimConfig, RunConfig
from engine.control import Control
from engine.data.dataset import Dataset
from engine.data.load import load_dataset
from engine.errors import DamagedError
from engine.events import MEASURES, EpochDone, Event, Kept, LayersMeasured, RunFinished, StepsDone, to_json
from engine.layer_probe import LayerProbe
from engine.layer_table import layer_table
from engine.learner import build_learner
from engine.model_config import MODEL_CONFIGS, ModelConfig
from engine.models import build_model
from engine.objective import Objective, Reading
from engine.overrides import apply_overrides
from engine.runner import run_trials
from engine.store import EVENTS, RunStore
from engine.train import train
from engine.training_state import TrainingState
from engine.trial import Trial
from tests.builders import build_epoch, build_finished, build_started, build_steps, fold, save_run

NOWHERE = Path("there-is-no-data-here")
SMALL = {"train.epochs": "1", "train.batch_size": "256", "device": "cpu"}
DROPPED_AND_NORMALISED = {
    "model.name": "your_cnn", "model.filters": "4,8", "model.layers_per_filter": "1", "model.pool_every": "1",
    "model.dropout": "0.3", "model.hidden": "16", "train.epochs": "2",
    "optim.momentum": "0.9", "optim.weight_decay": "0.001",
}  # fmt: skip
OPTIMISERS: list[dict[str, Any]] = [
    {"name": "sgd", "weight_decay": 0.1, "momentum": 0.9, "nesterov": True},
    {"name": "adam", "weight_decay": 0.1},
    {"name": "adamw", "weight_decay": 0.1},
    {"name": "rmsprop", "weight_decay": 0.1, "momentum": 0.9},
]
adapter: TypeAdapter[ModelConfig] = TypeAdapter(ModelConfig)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset(DataConfig(), NOWHERE)


def config_of(settings: dict[str, str]) -> RunConfig:
    return apply_overrides(RunConfig(), {**SMALL, **settings})


def measured(events: list[Event]) -> list[LayersMeasured]:
    return [event for event in events if isinstance(event, LayersMeasured)]


def learn(model: nn.Module, images: Tensor, labels: Tensor, **optim: Any) -> LayersMeasured:
    """Learn from one batch under a probe and return what it measured."""
    config = OptimConfig(**{"name": "sgd", "lr": 0.1, **optim})
    learner = build_learner(model, Objective(Reading.CLASS_SCORES), config, train_examples=len(labels))
    probe = LayerProbe(model, 1)
    with probe.watching(1):
        learner.step(images, labels)
    (found,) = probe.read(epoch=1)
    return found


def batch(*shape: int, classes: int = 3) -> tuple[Tensor, Tensor]:
    source = torch.Generator().manual_seed(1)
    return torch.randn(shape, generator=source), torch.randint(classes, shape[:1], generator=source)


@pytest.mark.parametrize("optim", OPTIMISERS, ids=lambda optim: str(optim["name"]))
def test_it_measures_what_autograd_and_the_layers_give_by_hand(optim: dict[str, Any]) -> None:
    torch.manual_seed(0)
    conv, norm, head = nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Linear(4 * 4 * 4, 3)
    with torch.no_grad():
        norm.bias[1] = -100.0  # no value of this channel comes through
    images, labels = batch(8, 1, 6, 6)
    convolved = F.conv2d(images, conv.weight, conv.bias)  # (8, 4, 4, 4)
    normed = F.batch_norm(convolved, None, None, norm.weight, norm.bias, training=True)
    bent = normed.clamp(min=0)
    scores = bent.flatten(1) @ head.weight.T + head.bias
    parameters = [conv.weight, conv.bias, norm.weight, norm.bias, head.weight, head.bias]
    gradients = torch.autograd.grad(F.cross_entropy(scores, labels), parameters)  # type: ignore[arg-type]
    lengths = [torch.cat([g.flatten() for g in gradients[i : i + 2]]).norm().item() for i in (0, 2, 4)]
    flat = bent.flatten(1)
    found = learn(nn.Sequential(conv, norm, nn.ReLU(inplace=True), nn.Flatten(), head), images, labels, **optim)
    assert found.layers == ("0", "1", "2", "3", "4")
    assert found.kinds[:3] == ("Conv2d 1→4, 3x3", "BatchNorm2d 4", "ReLU")
    length = found.gradient_norm
    assert [length[0], length[1], length[4]] == pytest.approx(lengths, rel=1e-4)
    assert math.isnan(length[2])
    assert math.isnan(length[3])
    outputs = (convolved, normed, bent, flat, scores)
    assert found.activation_mean == pytest.approx([x.mean().item() for x in outputs], rel=1e-4, abs=1e-6)
    assert found.activation_std == pytest.approx([x.std(correction=0).item() for x in outputs], rel=1e-4)
    assert found.dead_share[2] == 0.25
    assert [math.isnan(share) for share in found.dead_share] == [True, True, False, True, True]


def test_a_unit_is_dead_only_if_no_example_of_the_batch_wakes_it() -> None:
    layer = nn.Linear(2, 4)
    images, labels = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 1])
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, -1.0], [-1.0, -1.0], [0.0, 0.0], [-2.0, 3.0]]))
        layer.bias.zero_()
    found = learn(nn.Sequential(layer, nn.ReLU()), images, labels)
    assert found.dead_share[1] == 0.5  # the second and the third


@pytest.mark.parametrize("activation", [nn.LeakyReLU(), nn.GELU(), nn.Tanh()])
def test_only_units_of_a_relu_can_be_dead(activation: nn.Module) -> None:
    found = learn(nn.Sequential(nn.Linear(3, 3), activation), *batch(4, 3))
    assert all(map(math.isnan, found.dead_share))


def test_a_layer_used_twice_has_its_last_activations_and_the_gradient_of_both() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bend, self.layer = nn.Tanh(), nn.Linear(3, 3)

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.layer(self.bend(self.layer(x)))
            return result

    torch.manual_seed(0)
    model = Twice()
    images, labels = batch(5, 3)
    weights = [model.layer.weight, model.layer.bias]
    last = model(images)
    gradients = torch.autograd.grad(F.cross_entropy(last, labels), weights)
    found = learn(model, images, labels)
    assert found.layers == ("layer", "bend")
    assert found.gradient_norm[0] == pytest.approx(math.hypot(*(g.norm().item() for g in gradients)), rel=1e-4)
    assert found.activation_mean[0] == pytest.approx(last.mean().item(), rel=1e-4)


def test_a_frozen_layer_has_activations_and_no_gradient() -> None:
    model = nn.Sequential(nn.Linear(3, 3).requires_grad_(False), nn.Linear(3, 3))
    found = learn(model, *batch(4, 3))
    assert math.isnan(found.gradient_norm[0])
    assert not math.isnan(found.activation_std[0])


@pytest.mark.parametrize("name", MODEL_CONFIGS)
def test_its_layers_are_those_of_the_table_for_every_family(name: str) -> None:
    shape = (3, 64, 64)
    model = build_model(adapter.validate_python({"name": name}), shape, 10)
    table = layer_table(model, shape)
    found = learn(model, *batch(2, *shape, classes=10))
    assert found.layers == tuple(dict.fromkeys(row.name for row in table))
    assert found.kinds == tuple({row.name: row.kind for row in table}.values())
    holds = {row.name for row in table if row.parameters}
    has_length = {
        layer for layer, length in zip(found.layers, found.gradient_norm, strict=True) if not math.isnan(length)
    }
    assert has_length == holds
    assert not any(map(math.isnan, (*found.activation_mean, *found.activation_std)))


def test_layers_written_by_hand_measure_as_those_of_torch(digits: Dataset) -> None:
    settings = {"model.hidden": "16,8", "record.layers_every": "2"}
    states = [
        TrainingState.build(config_of({"model.name": name, **settings}), digits) for name in ("scratch_mlp", "mlp")
    ]
    weights = states[0].model.state_dict().values()
    states[1].model.load_state_dict(
        {name: value.clone() for name, value in zip(states[1].model.state_dict(), weights, strict=True)}
    )
    ours, theirs = (measured(list(train(state.config, digits, state))) for state in states)
    assert [one.kinds for one in ours] == [theirs[0].kinds] * 3
    for one, other in zip(ours, theirs, strict=True):
        for measure in MEASURES:
            assert getattr(one, measure) == pytest.approx(getattr(other, measure), rel=1e-3, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize(
    ("every", "steps"), [("1", [1, 2, 3, 4, 5, 6]), ("2", [1, 3, 5]), ("5", [1, 6]), ("1000", [1])]
)
def test_the_first_step_is_measured_and_every_so_many_after_it(every: str, steps: list[int], digits: Dataset) -> None:
    assert [one.step for one in measured(list(train(config_of({"record.layers_every": every}), digits)))] == steps


def test_nothing_is_measured_unless_it_is_asked_for(digits: Dataset) -> None:
    assert not measured(list(train(config_of({}), digits)))


def test_measuring_changes_no_bit_of_a_network_with_dropout_and_batchnorm(digits: Dataset) -> None:
    def trained(**more: str) -> tuple[object, ...]:
        events = list(train(config_of({**DROPPED_AND_NORMALISED, **more}), digits))
        losses = [
            loss for event in events if isinstance(event, StepsDone) for loss in event.series.get("train_loss", ())
        ]
        epochs = [(event.metrics, event.weights_sha256) for event in events if isinstance(event, EpochDone)]
        return losses, epochs

    assert trained() == trained(**{"record.layers_every": "1"}) == trained(**{"record.layers_every": "3"})


def test_no_hook_stays_on_the_network(digits: Dataset) -> None:
    state = TrainingState.build(config_of({"record.layers_every": "2"}), digits)
    for _ in train(state.config, digits, state):
        assert not any(module._forward_hooks for module in state.model.modules())


def test_no_hook_stays_on_a_network_whose_step_fails() -> None:
    model = nn.Sequential(nn.Linear(3, 3))
    probe = LayerProbe(model, 1)
    with pytest.raises(RuntimeError), probe.watching(1):
        model(torch.zeros(2, 4))
    assert not model[0]._forward_hooks
    assert probe.read(epoch=1) == []


def test_a_tick_tells_of_all_that_was_measured_before_it_tells_of_its_steps(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("engine.train", "engine.training_state"):
        monkeypatch.setattr(f"{name}.TICK_SECONDS", 1e9)
    state = TrainingState.build(config_of({"record.layers_every": "2", "train.epochs": "2"}), digits)
    told = []
    for event in train(state.config, digits, state):
        told.append((event.event, getattr(event, "step", None), getattr(event, "epoch", None)))
        assert state.is_at_rest == (not isinstance(event, LayersMeasured | RunFinished))
    assert told[1:5] == [
        ("layers_measured", 1, 1), ("layers_measured", 3, 1), ("layers_measured", 5, 1), ("steps_done", 6, 1),
    ]  # fmt: skip
    assert [place for kind, *place in told if kind == "layers_measured"][3:] == [[7, 2], [9, 2], [11, 2]]


def test_of_steps_after_the_loss_was_no_number_nothing_is_told(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("engine.train", "engine.training_state"):
        monkeypatch.setattr(f"{name}.TICK_SECONDS", 1e9)
    config = config_of({"record.layers_every": "1", "optim.lr": "1e30", "model.hidden": "16"})
    events = list(train(config, digits))
    end = events[-1]
    assert isinstance(end, RunFinished)
    assert end.status == "failed"
    last = [event.step for event in events if isinstance(event, StepsDone)][-1]
    assert [one.step for one in measured(events)] == list(range(1, last + 1))
    assert last < 6


def test_batchnorm_keeps_alive_what_fades_in_a_deep_plain_network(digits: Dataset) -> None:
    """Of sixteen convolutions the first hears nothing of the loss, unless each batch is normalised."""
    deep = {
        "model.filters": "8", "model.layers_per_filter": "16", "model.pool_every": "8", "model.hidden": "16",
        "record.layers_every": "5", "optim.lr": "0.05",
    }  # fmt: skip
    plain = measured(list(train(config_of({"model.name": "cnn", **deep}), digits)))[-1]
    normalised = measured(list(train(config_of({"model.name": "your_cnn", "model.dropout": "0", **deep}), digits)))[-1]

    def of(one: LayersMeasured, measure: str, kind: str) -> list[float]:
        return [value for what, value in zip(one.kinds, getattr(one, measure), strict=True) if what.startswith(kind)][
            :16
        ]

    lengths = of(plain, "gradient_norm", "Conv2d")
    assert lengths[0] < lengths[15] / 10_000
    lengths = of(normalised, "gradient_norm", "Conv2d")
    assert lengths[0] > lengths[15] / 2
    assert max(of(plain, "dead_share", "ReLU")) > 0.3
    assert max(of(normalised, "dead_share", "ReLU")) < 0.1
    assert max(of(plain, "activation_std", "ReLU")[1:]) < min(of(normalised, "activation_std", "ReLU")) / 2


# On disk


def layers(step: int, **changes: Any) -> LayersMeasured:
    values: dict[str, Any] = {
        "time": build_steps(step).time, "step": step, "epoch": (step - 1) // 10 + 1, "layers": ("0", "1"),
        "kinds": ("Linear 2→2", "ReLU"), "gradient_norm": (step / 10, math.nan), "activation_mean": (0.5, 0.25),
        "activation_std": (1.0, 0.5), "dead_share": (math.nan, 0.125),
    }  # fmt: skip
    return LayersMeasured(**(values | changes))


def saved_with(tmp_path: Path, events: list[Event]) -> str:
    run = save_run(tmp_path, events=[build_started(), build_steps(10), build_finished()])
    (tmp_path / run / EVENTS).write_text("".join(f"{to_json(event)}\n" for event in events))
    return run


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        ([build_started(), build_steps(10), layers(5)], "step 5 after step 10"),
        ([build_started(), layers(5), layers(5)], "layers of step 5 after those of step 5"),
        ([build_started(), layers(7), layers(5)], "layers of step 5 after those of step 7"),
        ([build_started(), build_steps(10), build_finished(), layers(11)], "layers_measured after run_finished"),
        ([layers(1)], "layers_measured before run_started"),
    ],
)
def test_what_cannot_come_there_is_damage(events: list[Event], fault: str, tmp_path: Path) -> None:
    run = saved_with(tmp_path, events)
    with pytest.raises(DamagedError, match=fault):
        RunStore(tmp_path).load(run)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ('"kinds":["ReLU"]', "kinds has 1 values for 2 layers"),
        ('"dead_share":[]', "dead_share has 0 values for 2 layers"),
        ('"layers":["0","0"]', "a layer stands in it twice"),
        ('"step":0', "step"),
        ('"step":1e30', "step"),
        ('"gradient_norm":["no",1]', "gradient_norm"),
        ('"gradient_norm":null', "gradient_norm"),
        ('"layers":{"0":1}', "layers"),
    ],
)
def test_a_line_that_says_what_cannot_be_is_damage(changes: str, fault: str, tmp_path: Path) -> None:
    run = saved_with(tmp_path, [build_started(), layers(5)])
    log = tmp_path / run / EVENTS
    log.write_text(log.read_text().rstrip("}\n") + f",{changes}}}\n")  # of two values of a key, the last one counts
    with pytest.raises(DamagedError, match=fault):
        RunStore(tmp_path).load(run)


def test_what_no_checkpoint_kept_is_forgotten_with_its_steps() -> None:
    kept = Kept(step=10, epochs=1, samples=640, train_seconds=0.1, lr=0.1)
    events: list[Event] = [build_started(), layers(1), layers(6), build_steps(10), build_epoch(1), layers(11)]
    run = fold([*events, build_started(kept=kept), layers(11), build_steps(20, first=11)])
    assert [one.step for one in run.layers] == [1, 6, 11]
    assert fold([*events, build_started()]).layers == []


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is told of, and leaves a checkpoint."""
    for name in ("engine.train", "engine.training_state"):
        monkeypatch.setattr(f"{name}.TICK_SECONDS", 0.0)
    for name in ("MOST_OFTEN_SECONDS", "WITHIN_EPOCH_SECONDS"):
        monkeypatch.setattr(f"engine.checkpoint_saver.{name}", 0.0)


def trained(store: RunStore, *, events: int, interrupted: str | None = None, stop: bool = False) -> str:
    """Train until so many events were read; then leave, or ask it to stop and read on."""
    trial = Trial(preset="test", label="only", config=config_of({**DROPPED_AND_NORMALISED, "record.layers_every": "2"}))
    control, run_id = Control(), ""
    known = {} if interrupted is None else {0: interrupted}
    stream = run_trials([trial], store, data_folder=NOWHERE, control=control, interrupted=known)
    for number, happened in enumerate(stream, start=1):
        run_id = happened.run_id
        if number == events and not stop:
            break
        if number == events:
            control.stop_run()
    stream.close()
    return run_id


def told(store: RunStore, run_id: str) -> list[str]:
    return [str(one.model_copy(update={"time": 0.0})) for one in store.load(run_id).layers]


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("stop", [False, True])
@pytest.mark.parametrize("events", [2, 3, 4, 5, 6, 11, 14])
def test_a_run_that_goes_on_has_measured_what_a_whole_one_has(events: int, stop: bool, tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    whole = told(store, trained(store, events=10_000))
    assert len(whole) == 6
    run_id = trained(store, events=events, stop=stop)
    steps = store.load(run_id).step
    assert trained(store, events=10_000, interrupted=run_id) == run_id
    assert told(store, run_id) == whole
    assert store.load(run_id).step == 12 > steps


@pytest.mark.usefixtures("often")
def test_a_stop_is_obeyed_with_the_steps_and_loses_none(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run = store.load(trained(store, events=5, stop=True))  # the measurement of step 3
    assert run.layers[-1].step == 3
    assert run.step == 3
