from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.tui.charts.runs import build_run
from tui.charts.bands import bands_figure, recipe_groups
from tui.charts.curves import curves_figure
from tui.charts.render import draw, render_lines
from tui.identity import Identity


def seeds(label: str = "bn=on", count: int = 3, **options: int) -> list:  # type: ignore[type-arg]
    runs = [build_run(label, seed=seed, **options) for seed in range(count)]  # type: ignore[arg-type]
    for place, run in enumerate(runs):
        for name, values in run.series.items():
            run.series[name] = type(values)("d", [value * (1 + place / 10) for value in values])
        run.epochs = [
            epoch.model_copy(
                update={"metrics": {name: value * (1 + place / 10) for name, value in epoch.metrics.items()}}
            )
            for epoch in run.epochs
        ]
    return runs


def test_each_group_is_a_mean_with_its_band_in_the_look_of_its_trial() -> None:
    groups = [seeds("bn=on"), seeds("bn=off")]
    figure = bands_figure(groups, "test_loss")
    assert [line.name for line in figure.lines] == ["bn=on ×3", "bn=off ×3"]
    assert [band.name for band in figure.bands] == ["bn=on ×3", "bn=off ×3"]
    np.testing.assert_allclose(figure.lines[0].ys, np.array([0.2, 0.1, 2 / 30]) * 1.1)
    plain = curves_figure([group[0] for group in groups], ["test_loss"])
    assert [(line.color, line.marker) for line in figure.lines] == [(line.color, line.marker) for line in plain.lines]
    assert figure.caption == "mean, band: its 95 % interval"
    assert figure.title == "test loss"


def test_a_single_seed_has_no_band() -> None:
    figure = bands_figure([seeds(count=1), seeds("bn=off")], "test_loss")
    assert [line.name for line in figure.lines] == ["bn=on", "bn=off ×3"]
    assert len(figure.bands) == 1


def test_a_seed_that_ran_again_counts_once_with_its_newest_run() -> None:
    again = replace(build_run(seed=0), id="again", created=5.0)
    again.epochs = [epoch.model_copy(update={"metrics": {"test_loss": 9.0}}) for epoch in again.epochs]
    figure = bands_figure([[build_run(seed=0), again]], "test_loss")
    assert figure.bands == ()
    np.testing.assert_array_equal(figure.lines[0].ys, [9.0, 9.0, 9.0])


def test_seeds_of_different_lengths_are_named() -> None:
    group = [build_run(seed=0, epochs=3), build_run(seed=1, epochs=2), build_run(seed=2, epochs=3)]
    figure = bands_figure([group, seeds("bn=off")], "test_loss")
    assert figure.notes == ("fewer seeds at the end: bn=on 2 of 3",)
    assert "fewer seeds at the end" in render_lines(figure, 80, 24, color=False)


def test_what_is_in_view_is_all_that_is_averaged_and_the_way_back_stays_known() -> None:
    figure = bands_figure([seeds()], "train_loss", x="step", x_limits=(5.0, 12.0))
    assert (min(figure.lines[0].xs), max(figure.lines[0].xs)) == (4.0, 13.0)
    frame = draw(figure, 80, 24).frame
    assert frame is not None
    assert (frame.x.low, frame.x.high) == (5.0, 12.0)
    assert frame.whole == draw(bands_figure([seeds()], "train_loss", x="step"), 80, 24).frame.whole  # type: ignore[union-attr]


def test_recipes_are_grouped_whatever_their_seed_and_named_by_what_differs() -> None:
    runs = seeds(count=2)
    for run in runs:
        config = run.trial.config.model_copy(update={"optim": run.trial.config.optim.model_copy(update={"lr": 0.5})})
        run.trial = run.trial.with_config(config)
    groups = recipe_groups([*runs, *seeds(count=2)])
    assert [len(group) for group in groups] == [2, 2]
    lines = bands_figure(groups, "test_loss").lines
    assert [line.name.partition(" ×")[0].startswith("bn=on lr=") for line in lines] == [True, True]
    assert len({(line.color, line.marker) for line in lines}) == 2


def test_groups_without_the_metric_are_left_out() -> None:
    figure = bands_figure([seeds(), []], "no_such")
    assert (figure.lines, figure.bands) == ((), ())
    assert "No values yet." in render_lines(figure, 60, 12, color=False)


@pytest.mark.parametrize("x", ["step", "epoch", "time", "samples"])
def test_steps_have_a_band_over_every_axis(x: str) -> None:
    figure = bands_figure([seeds()], "train_loss", x=x, smoothing=0.5)  # type: ignore[arg-type]
    assert figure.caption == "mean, band: its 95 % interval  smoothed 0.5"
    assert len(figure.lines[0].xs) == 30
    text = render_lines(figure, 80, 24, color=False)
    assert "bn=on ×3" in text
    assert "⠂" in text or "⡂" in text


def test_the_caller_may_name_and_colour_groups() -> None:
    look = Identity("#123456", "★")
    figure = bands_figure([seeds(), seeds()], "test_loss", names=["lr=0.1", "lr=0.2"], looks=[look, look])
    assert [line.name for line in figure.lines] == ["lr=0.1 ×3", "lr=0.2 ×3"]
    assert {line.color for line in figure.lines} == {"#123456"}


def test_without_colour_a_band_is_told_from_its_line_in_ascii_too() -> None:
    text = render_lines(bands_figure([seeds()], "test_loss"), 80, 24, color=False, ascii_only=True)
    assert text.isascii()
    assert "," in text
