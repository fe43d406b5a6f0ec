"""Two runs seen together, and runs that stay in memory between two questions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.analysis import inspector as module
from engine.analysis.inspector import Inspector
from engine.analysis.loaded_run import load_run
from engine.analysis.question import Inspection, Question
from engine.errors import TermlabError
from engine.store import RunStore
from tests.builders import save_run
from tests.engine.analysis.runs import NOWHERE, ask, outcome, train_run


def build_inspector(results: Path) -> Inspector:
    return Inspector(RunStore(results), lambda _run_id: NOWHERE)


def asking(inspector: Inspector, what: str, run_id: str, **question: Any) -> Inspection:
    return outcome(inspector.ask(Question(what, run_id, **question)))


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which runs are loaded."""
    noted: list[str] = []

    def load(store: RunStore, run_id: str, folder: Path, **settings: Any) -> Any:
        noted.append(run_id)
        return load_run(store, run_id, folder, **settings)

    monkeypatch.setattr(module, "load_run", load)
    return noted


def test_the_second_run_is_asked_the_same(tmp_path: Path) -> None:
    first, second = train_run(tmp_path), train_run(tmp_path, optim__lr="0.5")
    found = asking(build_inspector(tmp_path), "confusion", first, against=second)
    assert found.first.counts.tolist() == ask(tmp_path, "confusion", first).counts.tolist()
    assert found.second is not None
    assert found.second.counts.tolist() == ask(tmp_path, "confusion", second).counts.tolist()
    assert found.first.accuracy != found.second.accuracy
    assert asking(build_inspector(tmp_path), "confusion", first).second is None


def test_weights_of_two_runs_share_their_bins_whichever_comes_first(tmp_path: Path) -> None:
    first, second = train_run(tmp_path), train_run(tmp_path, optim__lr="0.5")
    one = asking(build_inspector(tmp_path), "weights", first, against=second)
    other = asking(build_inspector(tmp_path), "weights", second, against=first)
    assert one.second is not None
    assert other.second is not None
    for ours, theirs, again in zip(one.first, one.second, other.second, strict=True):
        assert ours.weights.edges.tolist() == theirs.weights.edges.tolist()
        assert ours.weights.counts.tolist() == again.weights.counts.tolist()


def test_layers_of_a_run_are_those_of_its_own_recipe(tmp_path: Path) -> None:
    first, second = train_run(tmp_path), train_run(tmp_path, model__hidden="8")
    found = asking(build_inspector(tmp_path), "layers", first, against=second)
    assert found.second is not None
    assert (found.first.parameters, found.second.parameters) == (65 * 16 + 17 * 10, 65 * 8 + 9 * 10)


def test_a_second_run_that_cannot_be_asked_is_the_one_that_is_named(tmp_path: Path) -> None:
    first, second = train_run(tmp_path), save_run(tmp_path)
    with pytest.raises(TermlabError, match=f"{second} has no weights"):
        asking(build_inspector(tmp_path), "confusion", first, against=second)


def test_a_run_is_loaded_once_for_many_questions(loads: list[str], tmp_path: Path) -> None:
    run_id, other = train_run(tmp_path, model__dropout="0.5"), train_run(tmp_path)
    inspector = build_inspector(tmp_path)
    for what in ("weights", "features", "saliency", "mistakes", "calibration", "dropout"):
        asking(inspector, what, run_id)
    assert loads == [run_id]
    for what in ("weights", "features", "mistakes"):
        asking(inspector, what, run_id, against=other)
    asking(inspector, "pair", other, against=run_id)
    assert loads == [run_id, other]


def test_a_run_too_many_takes_the_place_of_the_one_that_was_asked_longest_ago(
    loads: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_OPENED", 2)
    first, second, third = (train_run(tmp_path, optim__lr=lr) for lr in ("0.1", "0.2", "0.3"))
    inspector = build_inspector(tmp_path)
    for run_id in (first, second, first, third, first):
        asking(inspector, "confusion", run_id)
    assert loads == [first, second, third]
    asking(inspector, "confusion", second)
    assert loads == [first, second, third, second]


def test_a_run_whose_weights_change_is_loaded_again(loads: list[str], tmp_path: Path) -> None:
    run_id, other = train_run(tmp_path), train_run(tmp_path, optim__lr="0.5")
    inspector = build_inspector(tmp_path)
    before = asking(inspector, "confusion", run_id).first
    path = tmp_path / run_id / "weights.pt"
    path.write_bytes((tmp_path / other / "weights.pt").read_bytes())
    os.utime(path, ns=(1, 10**18))  # whatever the clock of the file system tells apart
    after = asking(inspector, "confusion", run_id).first
    assert loads == [run_id, run_id]
    assert after.counts.tolist() == asking(inspector, "confusion", other).first.counts.tolist()
    assert not np.array_equal(after.counts, before.counts)
    path.unlink()
    with pytest.raises(TermlabError, match="has no weights"):
        asking(inspector, "confusion", run_id)


def test_what_is_in_memory_can_be_given_back(loads: list[str], tmp_path: Path) -> None:
    run_id = train_run(tmp_path)
    inspector = build_inspector(tmp_path)
    asking(inspector, "confusion", run_id)
    inspector.forget()
    asking(inspector, "confusion", run_id)
    assert loads == [run_id, run_id]


def test_further_runs_share_the_axes_of_the_first_two(loads: list[str], tmp_path: Path) -> None:
    first, second, third = (train_run(tmp_path, optim__lr=lr) for lr in ("0.1", "0.2", "0.9"))
    found = asking(build_inspector(tmp_path), "weights", first, against=second, also=(third,))
    layers = [one[0].weights for one in (found.first, found.second, *found.further)]
    assert len({tuple(spread.edges.tolist()) for spread in layers}) == 1
    assert layers[0].edges[0] == min(spread.least for spread in layers)
    assert layers[0].edges[-1] == max(spread.most for spread in layers)
    assert loads == [first, second, third]
