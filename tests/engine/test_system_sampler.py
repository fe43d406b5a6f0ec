"""What a training takes of its machine: read while it trains, on disk, in the fold, in charts, words and exports."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

from engine import system_sampler
from engine.config import RunConfig
from engine.control import Control
from engine.errors import DamagedError
from engine.events import EpochDone, Event, Kept, SystemSampled, from_json, to_json
from engine.overrides import apply_overrides
from engine.runner import run_trials
from engine.store import EVENTS, RunStore
from engine.system_sampler import SystemSampler
from engine.trial import Trial
from tests.builders import START, build_epoch, build_finished, build_started, build_steps, fold, save_run
from tests.tui.conftest import termlab
from tests.tui.invoke import Shell
from tui.charts.values import curve

__all__ = ["termlab"]

READINGS = {"process_cpu_utilization", "cpu_utilization", "process_memory_bytes", "memory_utilization"}


def sampled(step: int, **readings: float) -> SystemSampled:
    return SystemSampled(
        time=START + step / 100, step=step, samples=64 * step, train_seconds=step / 100,
        readings=readings or {"process_memory_bytes": 1e8 * step, "cpu_utilization": 0.25},
    )  # fmt: skip


def sampled_events() -> list[Event]:
    return [
        build_started(), build_steps(10), build_epoch(1), sampled(10), build_steps(20, first=11), sampled(20),
        build_epoch(2), build_finished(),
    ]  # fmt: skip


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample after every event."""
    monkeypatch.setattr(system_sampler, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(system_sampler, "EVERY_SECONDS", 0.0)


def hashes(events: list[Event]) -> list[str]:
    return [event.weights_sha256 for event in events if isinstance(event, EpochDone)]


@pytest.mark.usefixtures("often")
def test_a_real_training_leaves_readings_and_is_the_same_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"train.epochs": "3", "data.train_limit": "256", "data.test_limit": "64"}
    trial = Trial(preset="test", label="only", config=apply_overrides(RunConfig(), settings))
    store = RunStore(tmp_path)
    events = [one.event for one in run_trials([trial], store, data_folder=tmp_path, control=Control())]
    (summary,) = store.summaries()
    run = store.load(summary.run)
    assert run.system == [event for event in events if isinstance(event, SystemSampled)]
    assert len(run.system) >= 3
    assert set(run.system_names()) == READINGS
    for sample in run.system:
        assert 2**24 < sample.readings["process_memory_bytes"] < 2**40
        assert 0 < sample.readings["memory_utilization"] <= 1
        assert sample.readings["process_cpu_utilization"] >= 0
    assert [sample.step for sample in run.system] == sorted(sample.step for sample in run.system)
    assert not READINGS & set(run.metric_names())
    monkeypatch.setattr(system_sampler, "FIRST_SECONDS", 1e9)
    unread = [one.event for one in run_trials([trial], store, data_folder=tmp_path, control=Control())]
    assert hashes(unread) == hashes(events)
    assert not any(isinstance(event, SystemSampled) for event in unread)


def test_nothing_is_read_before_it_is_due_and_less_often_the_longer_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("engine.system_sampler.time.monotonic", lambda: now)
    sampler = SystemSampler("cpu")
    assert sampler.sample(build_steps(1)) is None
    times = []
    for _ in range(24 * 3600):
        now += 1.0
        if sampler.sample(build_steps(1)) is not None:
            times.append(now - 1000.0)
    assert times[:3] == [2.0, 7.0, 12.0]
    assert times[-1] - times[-2] > 60
    assert len(times) < 2000


def test_a_reading_that_is_refused_costs_neither_the_others_nor_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """What drivers and their bindings raise has no base in common but `Exception`."""

    class NotSupportedError(Exception):
        pass

    def refuse(*_: object) -> float:
        raise NotSupportedError

    monkeypatch.setattr("torch.cuda.memory_allocated", lambda _: 2**20)
    monkeypatch.setattr("torch.cuda.memory_reserved", refuse)
    monkeypatch.setattr("torch.cuda.utilization", refuse)
    monkeypatch.setattr("torch.cuda.temperature", lambda _: 40)
    monkeypatch.setattr("torch.cuda.power_draw", refuse)
    monkeypatch.setattr("psutil.virtual_memory", refuse)
    monkeypatch.setattr(system_sampler, "FIRST_SECONDS", 0.0)
    sample = SystemSampler("cuda:0").sample(build_steps(1))
    assert sample is not None
    assert sample.readings["gpu_memory_bytes"] == 2**20
    assert sample.readings["gpu_temperature_celsius"] == 40
    assert set(sample.readings) == READINGS - {"memory_utilization"} | {"gpu_memory_bytes", "gpu_temperature_celsius"}


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        ([build_started(), build_steps(10), sampled(5)], "step 5 after step 10"),
        ([build_started(), build_steps(10), build_finished(), sampled(10)], "system_sampled after run_finished"),
    ],
)
def test_a_sample_that_cannot_come_there_is_damage(events: list[Event], fault: str, tmp_path: Path) -> None:
    run = save_run(tmp_path, events=[build_started(), build_steps(10), build_finished()])
    (tmp_path / run / EVENTS).write_text("".join(f"{to_json(event)}\n" for event in events))
    with pytest.raises(DamagedError, match=fault):
        RunStore(tmp_path).load(run)


def test_what_no_checkpoint_kept_is_forgotten_with_its_steps() -> None:
    kept = Kept(step=10, epochs=1, samples=640, train_seconds=0.1, lr=0.1)
    run = fold([*sampled_events()[:-1], build_started(kept=kept)])
    assert [sample.step for sample in run.system] == [10]


def test_it_survives_json_and_a_number_that_is_none() -> None:
    event = sampled(3, gpu_power_watts=float("nan"))
    assert str(from_json(to_json(event))) == str(event)


@pytest.mark.parametrize(("x", "places"), [("step", [10, 20]), ("epoch", [1, 2]), ("samples", [640, 1280])])
def test_readings_are_curves_over_every_axis(x: Any, places: list[float]) -> None:
    xs, ys = curve(fold(sampled_events()), "process_memory_bytes", x=x, smoothing=0.0)
    assert list(xs) == places
    assert list(ys) == [1e9, 2e9]


class TestCommands:
    def test_plot_draws_them_and_leaves_a_gap_for_runs_without(self, termlab: Shell, tmp_path: Path) -> None:
        run = save_run(tmp_path / "results", events=sampled_events())
        old = save_run(tmp_path / "results")
        ended = termlab("plot", run, old, "--metric", "process_memory_bytes", "--metric", "cpu_utilization")
        assert ended.code == 0
        assert "process memory bytes" in ended.out
        assert "2G" in ended.out
        assert "cpu utilization %" in ended.out

    def test_plot_names_them_where_a_metric_is_not_known(self, termlab: Shell, tmp_path: Path) -> None:
        run = save_run(tmp_path / "results", events=sampled_events())
        ended = termlab("plot", run, "--metric", "process_memory")
        assert ended.code == 2
        assert 'Did you mean "process_memory_bytes"' in ended.err

    def test_show_says_the_most_memory_and_nothing_of_runs_without(self, termlab: Shell, tmp_path: Path) -> None:
        run = save_run(
            tmp_path / "results",
            events=[
                build_started(),
                build_steps(10),
                sampled(10, process_memory_bytes=3e8, process_cpu_utilization=0.5),
                sampled(10, process_memory_bytes=2e8, process_cpu_utilization=0.7),
                build_epoch(1),
                build_finished(),
            ],
        )
        assert "300 MB of memory at most, 60 % of the processor on average" in termlab("show", run).out
        assert "of memory" not in termlab("show", save_run(tmp_path / "results")).out

    def test_every_export_has_them(self, termlab: Shell, tmp_path: Path) -> None:
        run = save_run(tmp_path / "results", events=sampled_events())
        assert termlab("export", "--format", "csv", "--out", str(tmp_path / "csv")).code == 0
        with (tmp_path / "csv" / "system.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert [(row["run"], row["step"], row["metric"], row["value"]) for row in rows] == [
            (run, "10", "process_memory_bytes", "1000000000.0"),
            (run, "10", "cpu_utilization", "0.25"),
            (run, "20", "process_memory_bytes", "2000000000.0"),
            (run, "20", "cpu_utilization", "0.25"),
        ]
        assert termlab("export", "--format", "json", "--out", str(tmp_path / "runs.json")).code == 0
        (document,) = json.loads((tmp_path / "runs.json").read_text())["runs"]
        assert [sample["step"] for sample in document["system"]] == [10, 20]
        parquet: Any = pytest.importorskip("pyarrow.parquet", reason="pip install 'termlab[parquet]'")
        assert termlab("export", "--format", "parquet", "--out", str(tmp_path / "parquet")).code == 0
        assert parquet.read_table(tmp_path / "parquet" / "system.parquet").num_rows == 4
        pytest.importorskip("tensorboard", reason="pip install 'termlab[tensorboard]'")
        assert termlab("export", "--format", "tensorboard", "--out", str(tmp_path / "boards")).code == 0
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        board = EventAccumulator(os.fspath(tmp_path / "boards" / run))
        board.Reload()
        assert [scalar.step for scalar in board.Scalars("system/cpu_utilization")] == [10, 20]


def test_log_of_a_later_sampler_is_read_with_readings_that_nobody_knew(tmp_path: Path) -> None:
    run = save_run(tmp_path, events=[build_started(), build_steps(10), build_epoch(1), build_finished()])
    log = tmp_path / run / EVENTS
    lines = log.read_text().splitlines(keepends=True)
    later = json.loads(to_json(sampled(10, tpu_utilization=0.5))) | {"host": "elsewhere"}
    log.write_text("".join([*lines[:2], json.dumps(later) + "\n", *lines[2:]]))
    assert RunStore(tmp_path).load(run).system[0].readings == {"tpu_utilization": 0.5}
