"""A trained network comes back as it was, or it is said what stands in the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from engine.analysis.loaded_run import load_run
from engine.errors import DamagedError, DataError, TermlabError
from engine.events import Event
from engine.store import RunStore
from engine.weights import weights_sha256
from tests.builders import build_finished, build_started, build_steps, build_trial, save_run
from tests.engine.analysis.runs import NOWHERE, loaded, train_run


def test_the_weights_are_those_that_the_run_recorded(tmp_path: Path) -> None:
    run_id = train_run(tmp_path)
    found = loaded(tmp_path, run_id)
    assert weights_sha256(found.model) == found.run.epochs[-1].weights_sha256
    assert not found.model.training
    assert found.test.images.dtype == torch.uint8


@pytest.mark.parametrize(
    ("last", "words", "remedy"),
    [
        (build_finished(), "the run is done, and the file is gone", "Restore it"),
        (build_finished("stopped", reason="on request"), "the run is stopped", "termlab resume"),
        (None, "they are written when a run ends, and it is still under way", "once it has ended"),
    ],
)
def test_a_run_without_weights_says_why(last: Event | None, words: str, remedy: str, tmp_path: Path) -> None:
    events: list[Event] = [build_started(), build_steps(10)]
    run_id = save_run(tmp_path, events=[*events, last] if last else events)
    with pytest.raises(TermlabError) as caught:
        loaded(tmp_path, run_id)
    assert caught.value.message == f"{run_id} has no weights (weights.pt): {words}"
    assert remedy in caught.value.hint


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    run_id, other = train_run(tmp_path), train_run(tmp_path, model__hidden="8")
    (tmp_path / run_id / "weights.pt").write_bytes((tmp_path / other / "weights.pt").read_bytes())
    with pytest.raises(DamagedError, match=rf"{run_id}: weights.pt does not hold this network's weights") as caught:
        loaded(tmp_path, run_id)
    assert len(caught.value.message) < 500
    assert str(tmp_path / run_id) in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"not an archive", None])
def test_damaged_weights_are_refused(content: bytes | None, tmp_path: Path) -> None:
    run_id = train_run(tmp_path)
    path = tmp_path / run_id / "weights.pt"
    path.write_bytes(path.read_bytes()[:-200] if content is None else content)
    with pytest.raises(DamagedError, match="does not hold this network's weights"):
        loaded(tmp_path, run_id)


def test_data_that_is_not_there_is_named_with_how_to_get_it(tmp_path: Path) -> None:
    run_id = save_run(tmp_path, trial=build_trial(overrides={"data.name": "mnist"}))
    (tmp_path / run_id / "weights.pt").touch()
    with pytest.raises(DataError, match=f"the data of {run_id} cannot be loaded: mnist is not in") as caught:
        load_run(RunStore(tmp_path), run_id, tmp_path / "data")
    assert "termlab data get mnist" in caught.value.hint


def test_data_of_another_size_is_refused(tmp_path: Path) -> None:
    run_id = train_run(tmp_path)
    path = tmp_path / run_id / "events.jsonl"
    first, *others = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps(json.loads(first) | {"test_examples": 7}), *others, ""]))
    with pytest.raises(DataError, match=f"{run_id}: the data is not what the run began with: test_examples was 7"):
        loaded(tmp_path, run_id)


def test_a_network_that_predicts_a_number_has_nothing_right_or_wrong(tmp_path: Path) -> None:
    run_id = save_run(tmp_path, trial=build_trial(overrides={"data.name": "quadratic", "model.name": "linear"}))
    (tmp_path / run_id / "weights.pt").touch()
    with pytest.raises(TermlabError, match=r"predicts a number \(target, data.name = quadratic\)"):
        load_run(RunStore(tmp_path), run_id, NOWHERE)


def test_a_run_of_a_device_that_is_not_here_is_looked_at_on_the_cpu(tmp_path: Path) -> None:
    run_id = train_run(tmp_path)
    path = tmp_path / run_id / "config.json"
    document = json.loads(path.read_text())
    document["trial"]["config"]["device"] = "cuda:15"
    path.write_text(json.dumps(document))
    assert next(loaded(tmp_path, run_id).model.parameters()).device.type == "cpu"
