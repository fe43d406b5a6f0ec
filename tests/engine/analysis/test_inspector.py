"""Questions as the screen and the command line ask them: what is answered, what is refused, what is left untouched."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.analysis.inspector import Inspector
from engine.analysis.question import Question
from engine.analysis.whats import WHATS, Needs
from engine.errors import DamagedError, DataError, TermlabError
from engine.store import RunStore
from tests.builders import build_trial, save_run
from tests.engine.analysis.runs import NOWHERE, ask, outcome, train_run

OF_NETWORKS = [name for name, what in WHATS.items() if what.needs is Needs.NETWORK]
OF_IMAGES = [name for name, what in WHATS.items() if what.is_of_images]


def build_inspector(results: Path) -> Inspector:
    return Inspector(RunStore(results), lambda _run_id: NOWHERE)


def usual(what: str) -> dict[str, Any]:
    """Return what a question needs on digits."""
    return {"class_name": "3"} if what == "roc" else {}


@pytest.mark.parametrize("what", OF_NETWORKS)
def test_nothing_changes_but_what_is_kept(what: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"data__name": "moons", "data__train_limit": "200"} if what == "boundary" else {}
    run_id = train_run(tmp_path, model__dropout="0.5", **settings)
    other = train_run(tmp_path, model__dropout="0.5", **settings)
    before, noise = contents(tmp_path), torch.get_rng_state()
    found = outcome(build_inspector(tmp_path).ask(Question(what, run_id, against=other, **usual(what))))
    assert found.first is not None
    assert found.second is not None
    assert found.question.what == what
    assert contents(tmp_path) == before
    kept = {path.name for path in tmp_path.glob("*/artifacts/*")}
    assert kept <= {"predictions.npz", "dropout.npz"}
    assert torch.equal(torch.get_rng_state(), noise)
    assert torch.is_grad_enabled()


def contents(results: Path) -> dict[str, tuple[str, int]]:
    """Return the hash and the time of every file outside of `artifacts/`."""
    files = [path for path in results.rglob("*") if path.is_file() and path.parent.name != "artifacts"]
    return {str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) for path in files}


@pytest.mark.parametrize("what", OF_NETWORKS)
def test_a_run_without_weights_is_refused(what: str, tmp_path: Path) -> None:
    run_id = save_run(tmp_path)
    with pytest.raises(TermlabError) as caught:
        ask(tmp_path, what, run_id)
    assert caught.value.message == f"{run_id} has no weights (weights.pt): the run is done, and the file is gone"
    assert caught.value.hint


@pytest.mark.parametrize("what", OF_NETWORKS)
def test_damaged_weights_are_refused(what: str, tmp_path: Path) -> None:
    run_id = train_run(tmp_path)
    path = tmp_path / run_id / "weights.pt"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DamagedError, match=f"{run_id}: weights.pt does not hold this network's weights") as caught:
        ask(tmp_path, what, run_id)
    assert caught.value.hint


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    run_id, other = train_run(tmp_path), train_run(tmp_path, model__hidden="16,16")
    (tmp_path / run_id / "weights.pt").write_bytes((tmp_path / other / "weights.pt").read_bytes())
    with pytest.raises(DamagedError, match=f"{run_id}: weights.pt does not hold this network's weights"):
        ask(tmp_path, "confusion", run_id)


def test_weights_that_are_a_link_to_nothing_are_refused(tmp_path: Path) -> None:
    run_id = train_run(tmp_path)
    path = tmp_path / run_id / "weights.pt"
    path.unlink()
    path.symlink_to(tmp_path / "nothing")
    with pytest.raises(DamagedError):
        ask(tmp_path, "confusion", run_id)


def test_data_that_is_not_there_is_named_with_how_to_get_it(tmp_path: Path) -> None:
    run_id = save_run(tmp_path, trial=build_trial(overrides={"data.name": "mnist"}))
    (tmp_path / run_id / "weights.pt").touch()
    with pytest.raises(DataError, match=f"the data of {run_id} cannot be loaded: mnist is not in") as caught:
        ask(tmp_path, "mistakes", run_id)
    assert "termlab data get mnist" in caught.value.hint


@pytest.mark.parametrize("what", ["weights", "layers", "mistakes"])
def test_a_run_that_is_not_there_is_refused(what: str, tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    with pytest.raises(TermlabError, match="abcdef-nothing"):
        ask(tmp_path / "results", what, "abcdef-nothing")


@pytest.mark.parametrize("what", [name for name, one in WHATS.items() if one.takes_image and name in OF_NETWORKS])
@pytest.mark.parametrize("place", [-1, 360])
def test_an_image_that_is_not_there_is_refused(what: str, place: int, tmp_path: Path) -> None:
    with pytest.raises(TermlabError, match=f"there is no test example {place}") as caught:
        ask(tmp_path, what, train_run(tmp_path), image=place)
    assert "the last of 360 is 359" in caught.value.hint


@pytest.mark.parametrize("what", [name for name, one in WHATS.items() if one.takes_class])
def test_a_class_that_is_not_there_is_refused(what: str, tmp_path: Path) -> None:
    with pytest.raises(TermlabError, match='"zebra" is not a class') as caught:
        ask(tmp_path, what, train_run(tmp_path), class_name="zebra")
    assert caught.value.hint == "The classes are: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9."


@pytest.mark.parametrize("what", [name for name, one in WHATS.items() if one.takes_layer])
def test_a_layer_that_is_not_there_is_refused(what: str, tmp_path: Path) -> None:
    run_id = train_run(tmp_path)
    names = [layer.name for layer in ask(tmp_path, "weights", run_id)]
    with pytest.raises(TermlabError, match='"zebra" is not a layer here') as caught:
        ask(tmp_path, what, run_id, layer="zebra")
    assert all(name in caught.value.hint for name in names)


@pytest.mark.parametrize("what", OF_IMAGES)
def test_points_are_no_images(what: str, tmp_path: Path) -> None:
    run_id = train_run(tmp_path, data__name="moons", data__train_limit="200")
    with pytest.raises(TermlabError, match=f"{what} is asked of images, and {run_id} learned from points") as caught:
        ask(tmp_path, what, run_id)
    assert "boundary" in caught.value.hint


@pytest.mark.parametrize("what", [name for name in OF_NETWORKS if name != "weights"])
def test_of_a_network_that_predicts_a_number_only_the_weights_can_be_asked(what: str, tmp_path: Path) -> None:
    quadratic: dict[str, Any] = {"data__name": "quadratic", "model__name": "linear", "train__batch_size": "1"}
    run_id = train_run(tmp_path, model__hidden=None, optim__lr="0.1", **quadratic)
    inspector = build_inspector(tmp_path)
    (layer,) = outcome(inspector.ask(Question("weights", run_id))).first  # it is in memory now, without classes
    assert layer.weights.count == 5
    with pytest.raises(TermlabError, match=f"{run_id} predicts a number") as caught:
        outcome(inspector.ask(Question(what, run_id)))
    assert caught.value.hint
    assert len(outcome(inspector.ask(Question("weights", run_id))).first) == 1


@pytest.mark.parametrize("what", [name for name, one in WHATS.items() if one.needs is not Needs.EVENTS])
def test_whoever_waits_is_told_how_far_it_is(what: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"data__name": "moons", "data__train_limit": "200"} if what == "boundary" else {}
    run_id = train_run(tmp_path, model__dropout="0.5", **settings)
    steps = list(build_inspector(tmp_path).ask(Question(what, run_id, **usual(what))))
    assert steps
    assert all(0 <= step.done <= step.total and step.what for step in steps)
