"""What is said of two networks on the same examples."""

from __future__ import annotations

from dataclasses import replace

from tests.builders import build_summary
from tests.tui.charts.examples import build_examples
from tui.example_words import PairNames, counts_lines, examples_table, names_of_pair, verdict_words
from tui.narrow_table import narrowed

NAMES = PairNames("plain", "better")


def test_the_verdict_is_of_mcnemars_test() -> None:
    assert verdict_words(NAMES, build_examples(12, 1, 0, 1987).comparison) == (
        "better has more examples right than plain (p = 0.0034): 12 fixed, 1 broken of 2,000."
    )
    assert verdict_words(NAMES, build_examples(1, 12, 0, 0).comparison).startswith("better has fewer examples right")
    assert verdict_words(NAMES, build_examples(3, 2, 0, 5).comparison) == (
        "better and plain cannot be told apart (p = 1.00) on these examples: 3 fixed, 2 broken of 10."
    )
    assert verdict_words(NAMES, build_examples(0, 0, 1, 5).comparison) == (
        "better and plain have the same examples right and wrong."
    )


def test_the_small_table_has_numbers_under_each_other() -> None:
    assert counts_lines(NAMES, build_examples(120, 7, 34, 1839).comparison) == [
        "             better right  better wrong",
        "plain right  1,839             7 broken",
        "plain wrong    120 fixed      34",
    ]


def test_runs_are_called_as_shortly_as_tells_them_apart() -> None:
    one = build_summary("run-a", preset="p", label="x", seed=0)
    assert names_of_pair((one, replace(one, label="y"))) == PairNames("x", "y")
    assert names_of_pair((one, replace(one, preset="q"))) == PairNames("p x", "q x")
    assert names_of_pair((one, replace(one, seed=1))) == PairNames("x seed 0", "x seed 1")
    assert names_of_pair((one, replace(one, run="run-b"))) == PairNames("run-a", "run-b")


def test_a_terminal_of_80_columns_shows_both_accuracies_and_all_counts() -> None:
    pair = (build_summary("a" * 40, label="B2 +standardisation"), build_summary("b" * 40, label="B6 +BatchNorm"))
    table = examples_table([pair], [build_examples(284, 84, 280, 352).comparison], names_of_pair(pair))
    shown = narrowed(table, 80)
    assert shown.text.splitlines()[0].split("  ")[1:3] == ["first %", "second %"]
    assert shown.left_out == ("first run", "second run", "examples")
