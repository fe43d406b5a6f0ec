from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui import format as written


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"), (0.0, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 00 s"),
        (151, "2 min 31 s"), (3599.6, "1 h 00 min"), (11_100, "3 h 05 min"), (math.inf, "–"),
    ],
)  # fmt: skip
def test_duration_reads_as_people_say_it(value: float | None, text: str) -> None:
    assert written.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.98954, "98.95"), (1.0, "100.00"), (math.nan, "nan"), (math.inf, "inf")]
)
def test_fraction_is_shown_as_percent(value: float | None, text: str) -> None:
    assert written.percent(value) == text


def test_gap_always_has_its_sign_except_when_it_rounds_to_nothing() -> None:
    assert written.percent_gap(0.0012) == "+0.12"
    assert written.percent_gap(-0.0012) == "−0.12"
    assert written.percent_gap(0.000001) == "0.00"


def test_published_figure_beyond_all_proportion_is_written_all_the_same() -> None:
    assert written.published("test_accuracy", 0.99, 1.8e305).startswith("99.00 ± 1")


def test_published_figure_names_its_metric_unless_it_is_the_usual_one() -> None:
    assert written.published("test_accuracy", 0.99, 0.005) == "99.0 ± 0.5 %"
    assert written.published("test_error", 0.0165, 0.001) == "test error 1.65 ± 0.10 %"
    assert written.published("test_loss", 0.0273, 0.001) == "test loss 0.0273 ± 0.0010"
    assert written.published("test_accuracy", 0.99, 0.005, is_named=True) == "test accuracy 99.0 ± 0.5 %"
    assert written.published("test_error", 0.0165, 0.001, is_named=False) == "1.65 ± 0.10 %"


def test_published_figure_with_a_bound_shows_its_side() -> None:
    assert written.published("test_accuracy", 0.98, 0, "at_least") == "≥ 98.00 %"
    assert written.published("train_accuracy", 0.98, 0.01, "at_least") == "train accuracy ≥ 98.00 − 1.00 %"
    assert written.published("test_loss", 0.5, 0.25, "at_most") == "test loss ≤ 0.5000 + 0.2500"
    figure = {"metric": "test_accuracy", "value": 0.98, "tolerance": 0}
    assert written.published_figure(figure | {"bound": "at_most"}) == "≤ 98.00 %"
    assert written.published_figure(figure) == "98.0 ± 0.0 %"


def test_seeds_in_a_row_are_a_range() -> None:
    assert written.seeds([0, 1, 2]) == "0..2"
    assert written.seeds([0, 3, 7]) == "0,3,7"
    assert written.seeds([0, 1]) == "0,1"


def test_loss_too_large_for_its_column_is_in_powers_of_ten() -> None:
    assert written.loss(0.04121) == "0.0412"
    assert written.loss(1234567.0) == "1.23e+06"


def test_a_tiny_loss_shows_its_digits_and_no_loss_is_told_from_a_rounded_one() -> None:
    assert written.loss(3.552713678800501e-15) == "3.55e-15"
    assert written.loss(0.0) == "0"
    assert written.loss(-2e-7) == "−2.00e-07"
    assert written.metric_gap("test_loss", 2e-7) == "+2.00e-07"
    assert written.metric_gap("test_loss", -0.25) == "−0.2500"
    assert written.metric_gap("test_loss", 0.0) == "0"
    assert written.table_value(2e-7) == "2.00e-07"
    assert written.table_value(40.0) == "40"


def test_path_in_the_home_folder_is_short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert written.home_path(tmp_path / "lab" / "results") == "~/lab/results"
    assert written.home_path(Path("/elsewhere")) == "/elsewhere"


@given(st.text())
def test_foreign_text_keeps_no_character_that_a_terminal_would_obey(text: str) -> None:
    kept = written.plain(text)
    controls = {*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
    assert not {ord(character) for character in kept} & controls
