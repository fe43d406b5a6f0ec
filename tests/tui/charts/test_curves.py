from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.events import Table
from engine.run import Run
from engine.trial import Trial
from tests.tui.charts.runs import build_run
from tui.charts.curves import (
    MOST_RAW,
    MOST_WHOLE,
    accuracy_figure,
    curves_figure,
    has_accuracy,
    has_weights,
    loss_figure,
    spans_powers,
    table_figure,
    weights_figure,
)
from tui.charts.render import render_lines
from tui.charts.values import KEPT_FROM_VALUES, curve


def empty_run(label: str = "bn=off") -> Run:
    run = build_run(label)
    return Run(id="empty", trial=Trial(preset="batchnorm", label=label, config=run.trial.config), created=0.0)


def test_loss_shows_steps_dotted_and_test_epochs_solid_in_one_colour() -> None:
    figure = loss_figure([build_run()])
    train, test = figure.lines
    assert (train.style, test.style) == ("dotted", "solid")
    assert train.color == test.color
    assert (train.name, test.name) == ("bn=on", "")
    assert len(train.xs) == 30
    np.testing.assert_allclose(test.xs, [1, 2, 3])
    np.testing.assert_allclose(test.ys, [0.2, 0.1, 2 / 30])
    assert figure.title == "loss"
    assert figure.log_y
    assert figure.caption == "·· train  ── test"


def test_accuracy_is_in_percent_and_leaves_out_what_no_run_has() -> None:
    figure = accuracy_figure([build_run()])
    assert figure.y_percent
    assert [line.style for line in figure.lines] == ["solid"]


@pytest.mark.parametrize(
    ("x", "xs", "label"), [("step", [10, 20, 30], "step"), ("epoch", [1, 2, 3], "epoch"), ("time", [1, 2, 3], "s")]
)
def test_x_axes(x: str, xs: list[float], label: str) -> None:
    figure = curves_figure([build_run()], ["test_loss"], x=x)  # type: ignore[arg-type]
    np.testing.assert_allclose(figure.lines[0].xs, xs)
    assert figure.x_label == label
    assert figure.title == "test loss"


def test_long_times_are_in_minutes() -> None:
    figure = curves_figure([build_run(seconds_per_step=60.0)], ["test_loss"], x="time")
    assert (figure.x_label, figure.x_unit) == ("min", 60.0)
    axis = render_lines(figure, 60, 10, color=False).splitlines()[-1]
    assert axis.split() == ["0", "10", "20", "min"]


def test_seeds_of_a_trial_share_colour_marker_and_legend() -> None:
    runs = [build_run("bn=on", seed=0), build_run("bn=on", seed=1), build_run("bn=off")]
    lines = curves_figure(runs, ["test_loss"]).lines
    assert [line.name for line in lines] == ["bn=on ×2", "", "bn=off"]
    assert (lines[0].color, lines[0].marker) == (lines[1].color, lines[1].marker)
    assert lines[0].color != lines[2].color
    assert lines[0].marker != lines[2].marker


def test_runs_of_one_trial_alone_differ_in_the_marker() -> None:
    lines = curves_figure([build_run(seed=0), build_run(seed=1)], ["test_loss"]).lines
    assert [line.name for line in lines] == ["bn=on seed 0", "seed 1"]
    assert lines[0].marker != lines[1].marker


def test_seeds_of_a_trial_differ_in_the_marker_though_its_preset_has_other_trials() -> None:
    lines = curves_figure([build_run(seed=0), build_run(seed=1)], ["test_loss"], known=["batchnorm/bn=off"]).lines
    assert [line.name for line in lines] == ["bn=on seed 0", "seed 1"]
    assert lines[0].marker != lines[1].marker


def test_a_seed_that_ran_again_is_named_by_the_start_of_its_id() -> None:
    again = replace(build_run(seed=0), id="x7k2-batchnorm-bn=on-s0")
    figure = curves_figure([build_run(seed=0), again, build_run(seed=1)], ["test_loss"])
    assert [line.name for line in figure.lines] == ["bn=on seed 0 bn=on", "seed 0 x7k2", "seed 1"]


def test_a_run_without_values_does_not_take_the_marker_of_the_next() -> None:
    first, second = build_run(seed=0), build_run(seed=1)
    without = Run(id=first.id, trial=first.trial, created=0.0)
    alone = curves_figure([without, second], ["test_loss"]).lines[0]
    assert alone.marker == curves_figure([first, second], ["test_loss"]).lines[1].marker


def test_a_trial_that_waits_does_not_change_the_colour_of_the_others_when_it_starts() -> None:
    running, waiting = build_run("bn=on"), empty_run()
    before = loss_figure([running, waiting]).lines[0]
    after = loss_figure([running, build_run("bn=off")]).lines[0]
    alone = loss_figure([running], known=["batchnorm/bn=off"]).lines[0]
    assert (before.color, before.marker) == (after.color, after.marker) == (alone.color, alone.marker)
    assert len(loss_figure([running, waiting]).lines) == 2


def test_presets_are_named_where_there_are_several() -> None:
    lines = curves_figure([build_run("a", preset="depth"), build_run("a", preset="width")], ["test_loss"]).lines
    assert [line.name for line in lines] == ["depth a", "width a"]


def crowd() -> list[Run]:
    return [build_run(f"layers={index}") for index in range(MOST_WHOLE + 1)]


def test_of_many_runs_only_the_one_in_front_keeps_all_its_curves() -> None:
    runs = crowd()
    figure = loss_figure(runs, front=runs[3].id)
    assert [(line.name, line.style) for line in figure.lines if line.is_front] == [
        ("layers=3", "dotted"), ("", "solid"),
    ]  # fmt: skip
    others = [line for line in figure.lines if not line.is_front]
    assert [line.name for line in others] == [run.trial.label for run in runs if run is not runs[3]]
    assert {line.style for line in others} == {"solid"}
    assert figure.caption == "── test, of the first also ·· train"


def test_many_runs_of_which_none_is_chosen_have_one_curve_each_and_keep_their_look() -> None:
    runs = crowd()
    thinned, whole = loss_figure(runs, front=""), loss_figure(runs)
    assert (len(thinned.lines), len(whole.lines)) == (len(runs), 2 * len(runs))
    assert thinned.caption == "── test"
    looks = [[(line.color, line.marker) for line in figure.lines if line.name] for figure in (thinned, whole)]
    assert looks[0] == looks[1]


def test_few_runs_stay_whole_whichever_is_chosen() -> None:
    runs = crowd()[:-1]
    assert loss_figure(runs, front=runs[0].id) == loss_figure(runs)


def test_seed_in_front_is_named_though_another_seed_has_named_the_trial() -> None:
    runs = [build_run(seed=seed) for seed in range(MOST_WHOLE)] + [build_run("bn=off")]
    front = [line.name for line in loss_figure(runs, front=runs[2].id).lines if line.is_front]
    assert front == ["bn=on seed 2", ""]


def test_no_run_and_no_value_say_so() -> None:
    assert loss_figure([]).message == "No values yet."
    assert loss_figure([empty_run()]).message == "No values yet."
    assert loss_figure([empty_run()]).lines == ()


def test_smoothing_applies_to_steps_only() -> None:
    train, test, behind = loss_figure([build_run()], smoothing=0.9).lines
    raw_train, raw_test = loss_figure([build_run()]).lines
    assert np.asarray(train.ys)[-1] > np.asarray(raw_train.ys)[-1]
    assert test == raw_test
    assert (behind.is_dim, behind.name, behind.marker, behind.color) == (True, "", "", train.color)
    np.testing.assert_array_equal(behind.ys, raw_train.ys)


def test_the_caption_says_how_much_is_smoothed_and_what_stands_behind() -> None:
    runs = [build_run(f"layers={index}") for index in range(MOST_RAW + 1)]
    few = curves_figure(runs[:-1], ["train_loss"], smoothing=0.5)
    many = curves_figure(runs, ["train_loss"], smoothing=0.5)
    one = curves_figure(runs, ["train_loss"], smoothing=0.5, front=runs[2].id)
    assert [sum(line.is_dim for line in figure.lines) for figure in (few, many, one)] == [MOST_RAW, 0, 1]
    assert few.caption == "smoothed 0.5, raw behind"
    assert many.caption == "smoothed 0.5"
    assert one.caption == "smoothed 0.5, raw of the first behind"
    assert one.lines[-1].color == one.lines[2].color
    assert curves_figure(runs, ["test_loss"], smoothing=0.5).caption == ""


def test_a_long_curve_is_kept_whole_and_made_again_when_it_grows() -> None:
    run = build_run()
    run.series["train_loss"].extend([0.5] * KEPT_FROM_VALUES)
    xs, ys = curve(run, "train_loss", x="step", smoothing=0.5)
    again = curve(run, "train_loss", x="step", smoothing=0.5)
    assert again[0] is xs
    assert again[1] is ys
    assert curve(run, "train_loss", x="step", smoothing=0.0)[0] is xs
    assert len(xs) == len(ys) == len(run.series["train_loss"])
    run.series["train_loss"].append(7.0)
    assert curve(run, "train_loss", x="step", smoothing=0.0)[1][-1] == 7.0


def test_a_growing_run_is_not_blocked_by_its_chart() -> None:
    run = build_run()
    figure = loss_figure([run])
    run.series["train_loss"].append(0.5)
    assert len(figure.lines[0].xs) == 30


TABLE = Table(
    x_name="masks", x=(1.0, 2.0, 3.0), columns={"scaling_error": (0.1, 0.1, 0.1), "pre_softmax_error": (0.3, 0.2, 0.1)}
)


def test_a_table_is_a_line_a_column_each_with_its_marker() -> None:
    run = build_run(tables={"dropout_inference": TABLE})
    figure = table_figure([run, build_run()], "dropout_inference")
    assert (figure.title, figure.x_label, figure.y_percent) == ("dropout inference", "masks", True)
    assert [line.name for line in figure.lines] == ["scaling error", "pre softmax error"]
    assert len({line.marker for line in figure.lines}) == len({line.color for line in figure.lines}) == 2
    np.testing.assert_allclose(figure.lines[0].ys, [0.1, 0.1, 0.1])


def test_tables_of_several_runs_keep_the_colour_of_the_run() -> None:
    runs = [build_run(label, tables={"t": TABLE}) for label in ("a", "b")]
    lines = table_figure(runs, "t").lines
    assert [line.name for line in lines] == [
        "a scaling error",
        "a pre softmax error",
        "b scaling error",
        "b pre softmax error",
    ]
    assert lines[0].color == lines[1].color != lines[2].color
    assert len({line.marker for line in lines}) == 4


def test_runs_with_one_column_each_look_and_are_called_as_on_other_charts() -> None:
    columns = {"true_positive_rate": (0.0, 0.8, 1.0)}
    tables = {"roc": Table(x_name="false_positive_rate", x=(0.0, 0.1, 1.0), columns=columns)}
    seeds = [build_run(seed=seed, tables=tables) for seed in (0, 1)]
    others = [build_run(label, tables=tables) for label in ("bn=on", "bn=off")]
    for runs in (seeds, others):
        known = ["batchnorm/bn=on", "batchnorm/bn=off"]
        roc = table_figure(runs, "roc", known=known)
        loss = curves_figure(runs, ["test_loss"], known=known)
        assert [(line.name, line.color, line.marker) for line in roc.lines] == [
            (line.name, line.color, line.marker) for line in loss.lines
        ]
        assert roc.title == "roc, true positive rate"


def test_a_table_that_no_run_has_is_named() -> None:
    assert table_figure([build_run()], "t").message == "None of these runs has the table t."


def test_a_table_draws_only_the_columns_that_are_curves() -> None:
    columns = {"true_positive_rate": (0.0, 0.8, 1.0), "threshold": (np.inf, 0.5, 0.1)}
    roc = Table(x_name="false_positive_rate", x=(0.0, 0.1, 1.0), columns=columns, curves=("true_positive_rate",))
    figure = table_figure([build_run(tables={"roc": roc})], "roc")
    assert [line.name for line in figure.lines] == ["true positive rate"]
    assert figure.x_label == "false positive rate"


def test_validation_stands_dashed_between_training_and_test_where_there_is_any() -> None:
    run = build_run()
    run.epochs = [
        epoch.model_copy(update={"metrics": epoch.metrics | {"validation_loss": 0.5}}) for epoch in run.epochs
    ]
    figure = loss_figure([run])
    assert [line.style for line in figure.lines] == ["dotted", "dashed", "solid"]
    assert figure.caption == "·· train  ╌╌ validation  ── test"
    assert figure.title == "loss"
    assert "validation" not in loss_figure([build_run()]).caption


def gradient_descent(label: str = "lr=0.1", reason: str = "") -> Run:
    """Return a run of one example a step with two weights and no accuracy."""
    run = build_run(label, tables={})
    assert run.started
    assert run.finished
    run.started = run.started.model_copy(update={"train_examples": 1, "class_names": ("target",)})
    run.finished = run.finished.model_copy(update={"reason": reason})
    run.epochs = [epoch.model_copy(update={"metrics": {"test_loss": 1.0}}) for epoch in run.epochs]
    for name in ("weight_1", "weight_2"):
        run.series[name] = run.series["train_loss"][:]
    return run


def test_steps_that_see_all_examples_are_not_smoothed() -> None:
    run = gradient_descent()
    assert loss_figure([run], smoothing=0.9) == loss_figure([run])


def test_weights_share_a_chart_without_the_runs_that_diverged() -> None:
    good, bad = gradient_descent(), gradient_descent("lr=1", "diverged: the loss rose")
    figure = weights_figure([good, bad])
    assert (figure.title, [line.name for line in figure.lines]) == ("weights", ["lr=0.1", ""])
    assert figure.caption == "without 1 diverged"
    assert len(weights_figure([bad]).lines) == 2
    assert has_weights([good])
    assert not has_weights([build_run()])


def test_an_accuracy_is_drawn_unless_it_is_known_that_there_is_none() -> None:
    assert has_accuracy([build_run()])
    assert has_accuracy([empty_run()])
    assert has_accuracy([gradient_descent(), build_run()])
    assert not has_accuracy([gradient_descent()])


def test_a_loss_over_many_powers_of_ten_asks_for_a_logarithmic_axis() -> None:
    run = build_run()
    assert not spans_powers(loss_figure([run]))
    assert not spans_powers(loss_figure([]))
    run.series["train_loss"][-1] = 1e-6
    assert spans_powers(loss_figure([run]))
    run.series["train_loss"][-1] = 0.0  # nothing that a logarithm could show
    assert not spans_powers(loss_figure([run]))
