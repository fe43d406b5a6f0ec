"""The measurements of a run as arrays."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from engine.analysis.layer_history import layer_history
from engine.errors import TermlabError
from engine.events import LayersMeasured
from engine.store import RunStore
from tests.builders import START, build_started, build_steps, build_trial, fold
from tests.engine.analysis.runs import train_run
from tests.processes import start_python


def measured(step: int, **of_layer: float) -> LayersMeasured:
    """Return a measurement of layers by name, every value made of theirs."""
    values = tuple(of_layer.values())
    return LayersMeasured(
        time=START, step=step, epoch=1, layers=tuple(of_layer), kinds=tuple(f"a {name}" for name in of_layer),
        gradient_norm=values, activation_mean=tuple(-value for value in values),
        activation_std=tuple(2 * value for value in values), dead_share=tuple(math.nan for _ in values),
    )  # fmt: skip


def test_a_row_a_layer_and_a_column_a_moment() -> None:
    run = fold([build_started(), measured(1, conv=1.0, relu=math.nan), measured(5, conv=3.0, relu=4.0), build_steps(5)])
    history = layer_history(run)
    assert (history.layers, history.kinds) == (("conv", "relu"), ("a conv", "a relu"))
    assert history.steps.tolist() == [1, 5]
    assert history.epochs.tolist() == [0.1, 0.5]
    np.testing.assert_array_equal(history.gradient_norm, [[1, 3], [np.nan, 4]])
    np.testing.assert_array_equal(history.activation_mean, [[-1, -3], [np.nan, -4]])
    np.testing.assert_array_equal(history.activation_std, [[2, 6], [np.nan, 8]])
    assert np.isnan(history.dead_share).all()
    assert history.dead_share.shape == (2, 2)
    assert (str(history.steps.dtype), str(history.gradient_norm.dtype)) == ("int64", "float64")


def test_a_layer_that_did_not_act_every_time_has_gaps() -> None:
    """No network of today leaves one out; a log can say so."""
    run = fold([build_started(), measured(1, a=1.0), measured(2, b=5.0, a=2.0), measured(3)])
    np.testing.assert_array_equal(layer_history(run).gradient_norm, [[1, 2, np.nan], [np.nan, 5, np.nan]])


def test_a_run_that_measured_none_says_what_to_do() -> None:
    with pytest.raises(TermlabError, match="abcdef-test recorded no gradients and activations") as caught:
        layer_history(fold([build_started(), build_steps(10)]))
    assert caught.value.hint.endswith("Train it again with record.layers_every=10.")


def test_a_run_that_has_only_begun_says_so() -> None:
    trial = build_trial(overrides={"record.layers_every": 2})
    with pytest.raises(TermlabError, match="has not measured its layers yet"):
        layer_history(fold([build_started()], trial=trial))


def test_a_real_run_is_read_back_whole(tmp_path: Path) -> None:
    run_id = train_run(tmp_path, record__layers_every="4")
    history = layer_history(RunStore(tmp_path).load(run_id))
    assert history.layers == ("layers.0", "layers.1", "layers.2")
    assert history.kinds == ("Linear 64→16", "ReLU", "Linear 16→10")
    assert history.steps.tolist() == [1, 5, 9]  # of 6 an epoch
    assert history.epochs.tolist() == [1 / 6, 5 / 6, 9 / 6]
    has_length = ~np.isnan(history.gradient_norm)
    assert has_length.all(axis=1).tolist() == [True, False, True]
    assert not has_length[1].any()
    assert ((history.dead_share[1] >= 0) & (history.dead_share[1] <= 1)).all()


def test_it_needs_no_torch() -> None:
    code = "import sys, engine.analysis.layer_history as _; sys.exit('torch' in sys.modules)"
    with start_python(code) as process:
        process.communicate()
    assert process.returncode == 0
