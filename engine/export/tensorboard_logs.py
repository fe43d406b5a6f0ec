"""A folder for TensorBoard: one folder a run, with its scalars by step and by epoch and its settings.

`epoch/NAME` stands at the training step at which the epoch ended, so that it shares an axis with `step/NAME`,
`system/NAME` and `layers/LAYER/NAME`. All carry the wall times of the run. Records and messages are TensorBoard's own;
its threaded writer is not used, for it names files after the machine and tells of a full disk too late.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.columns import flat_settings, value_text
from engine.events import MEASURES, LayersMeasured
from engine.export.run_columns import RunColumn, writable
from engine.export.saved import SavedRun
from engine.export.tensorboard_hparams import hparams_summary

EVENT_FILE = "events.out.tfevents.{second}.termlab"
"""TensorBoard takes files with `tfevents` in their name, in the order of these."""


def write(folder: Path, runs: Iterable[SavedRun], *, columns: Sequence[RunColumn], has_steps: bool) -> None:  # noqa: ARG001
    """Write a folder for each run into a folder that is there; steps are always in it."""
    from tensorboard.summary.writer.record_writer import RecordWriter

    for saved in runs:
        own = folder / saved.summary.run
        own.mkdir()
        with (own / EVENT_FILE.format(second=int(saved.summary.created))).open("xb") as file:
            records = RecordWriter(file)
            for event in _events(saved):
                records.write(event.SerializeToString())


def _events(saved: SavedRun) -> Iterator[Any]:
    """Yield the messages of a run in the order of their steps."""
    from tensorboard.compat.proto.event_pb2 import Event

    created = saved.summary.created
    yield Event(wall_time=created, file_version="brain.Event:2")
    for name, text in _texts(saved).items():
        yield Event(wall_time=created, step=0, summary=_text_summary(name, text))
    yield Event(wall_time=created, step=0, summary=hparams_summary(saved.summary))
    scalar = _scalars()
    for sample in saved.run.system:
        values = [(f"system/{name}", value) for name, value in sample.readings.items()]
        yield Event(wall_time=sample.time, step=sample.step, summary=scalar(values))
    for measured in saved.run.layers:
        yield Event(
            wall_time=saved.clock.at(measured.step), step=measured.step, summary=scalar(_layer_values(measured))
        )
    epochs = iter(saved.run.epochs)
    due = next(epochs, None)
    for step in saved.steps():
        values = [
            (f"step/{name}", column[step - 1]) for name, column in saved.run.series.items() if step <= len(column)
        ]
        yield Event(wall_time=saved.clock.at(step), step=step, summary=scalar(values))
        while due is not None and due.step <= step:
            yield Event(wall_time=due.time, step=due.step, summary=scalar(_epoch_values(due)))
            due = next(epochs, None)
    while due is not None:
        yield Event(wall_time=due.time, step=due.step, summary=scalar(_epoch_values(due)))
        due = next(epochs, None)


def _epoch_values(epoch: Any) -> list[tuple[str, float]]:
    return [*((f"epoch/{name}", value) for name, value in epoch.metrics.items()), ("epoch/lr", epoch.lr)]


def _layer_values(measured: LayersMeasured) -> list[tuple[str, float]]:
    values = [
        (f"layers/{layer}/{name}", value)
        for name in MEASURES
        for layer, value in zip(measured.layers, getattr(measured, name), strict=True)
    ]
    return [(tag, value) for tag, value in values if not math.isnan(value)]  # what does not apply to a layer


def _scalars() -> Callable[[Iterable[tuple[str, float]]], Any]:
    from tensorboard.compat.proto.summary_pb2 import Summary

    def build(values: Iterable[tuple[str, float]]) -> Any:
        return Summary(value=[Summary.Value(tag=writable(tag), simple_value=value) for tag, value in values])

    return build


def _texts(saved: SavedRun) -> dict[str, str]:
    """Return the settings and the facts of a run as tables of Markdown, which TensorBoard renders."""
    summary = saved.summary
    facts = {
        "preset": summary.preset,
        "trial": summary.label,
        "seed": summary.seed,
        "status": summary.status,
        "parameters": summary.parameters,
        "device": f"{summary.device} {summary.device_name}".strip(),
        "fingerprint": summary.fingerprint,
        **summary.metrics,
    }
    return {"run": _markdown(facts), "config": _markdown(flat_settings(summary.config))}


def _markdown(values: dict[str, Any]) -> str:
    lines = [f"| {_cell(name)} | {_cell(value_text(value))} |" for name, value in values.items()]
    return "\n".join(["| | |", "| --- | --- |", *lines])


def _cell(text: str) -> str:
    return " ".join(writable(text).replace("|", "\\|").split())


def _text_summary(name: str, text: str) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
    from tensorboard.compat.proto.types_pb2 import DT_STRING
    from tensorboard.plugins.text.metadata import create_summary_metadata

    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
    tensor = TensorProto(dtype=DT_STRING, string_val=[text.encode()], tensor_shape=shape)
    metadata = create_summary_metadata(display_name=name, description="")
    return Summary(value=[Summary.Value(tag=name, metadata=metadata, tensor=tensor)])
