"""The order of mistakes and of wavering examples, against a plain sort."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.analysis.mistakes import SURE, answer, find_mistakes
from engine.errors import TermlabError
from tests.engine.analysis.runs import (
    ask,
    asked,
    build_examples,
    build_predictions,
    outcome,
    predictions,
    train_run,
)

NAMES = ("a", "b", "c")
LABELS = [0, 0, 1, 1, 2, 2, 0]
EVERY = [
    [0.5, 0.3, 0.2],  # right
    [0.02, 0.97, 0.01],  # wrong and sure
    [0.6, 0.3, 0.1],  # wrong
    [0.1, 0.45, 0.45],  # a tie, of which the first is taken: right
    [0.96, 0.03, 0.01],  # wrong and sure
    [0.6, 0.2, 0.2],  # wrong, as sure as another
    [0.98, 0.01, 0.01],  # right and sure
]


def test_the_most_confident_mistakes_come_first_and_equals_in_the_order_of_the_data() -> None:
    found = find_mistakes(build_predictions(LABELS, EVERY), build_examples(LABELS, NAMES))
    assert found.wrong.tolist() == [1, 4, 2, 5]
    assert found.sure_count == 2
    assert found.of_class is None


def test_the_nearest_to_a_tie_come_first_right_or_wrong() -> None:
    found = find_mistakes(build_predictions(LABELS, EVERY), build_examples(LABELS, NAMES))
    assert found.margins == pytest.approx([0.2, 0.95, 0.3, 0.0, 0.93, 0.4, 0.97], abs=1e-6)
    assert found.balanced.tolist() == [3, 0, 2, 5, 4, 1, 6]


@pytest.mark.parametrize(
    ("of_class", "wrong", "sure", "balanced"),
    [(0, [1], 1, [0, 1, 6]), (1, [2], 0, [3, 2]), (2, [4, 5], 1, [5, 4])],
)
def test_only_examples_of_a_class_are_listed(of_class: int, wrong: list[int], sure: int, balanced: list[int]) -> None:
    found = find_mistakes(build_predictions(LABELS, EVERY), build_examples(LABELS, NAMES), of_class)
    assert (found.wrong.tolist(), found.sure_count, found.balanced.tolist()) == (wrong, sure, balanced)
    assert len(found.margins) == len(LABELS)
    assert found.of_class == of_class


def test_what_is_just_as_sure_as_the_mark_is_not_over_it() -> None:
    every = [[SURE, 0.05], [float(np.nextafter(np.float32(SURE), np.float32(1))), 0.05]]
    found = find_mistakes(build_predictions([1, 1], every), build_examples([1, 1], ("a", "b")))
    assert found.wrong.tolist() == [1, 0]
    assert found.sure_count == 1


def test_probabilities_that_are_no_numbers_come_last() -> None:
    nan = float("nan")
    every = [[nan, nan, nan], [0.1, 0.5, 0.4], [nan, nan, nan], [0.1, 0.7, 0.2]]
    labels = [1, 0, 1, 0]
    found = find_mistakes(build_predictions(labels, every, [0, 1, 0, 1]), build_examples(labels, NAMES))
    assert found.wrong.tolist() == [3, 1, 0, 2]
    assert found.balanced.tolist() == [1, 3, 0, 2]
    assert found.sure_count == 0


def test_where_all_is_right_there_is_no_mistake() -> None:
    found = find_mistakes(build_predictions([0], [[0.9, 0.1]]), build_examples([0], ("a", "b")), of_class=1)
    assert (len(found.wrong), found.sure_count, len(found.balanced)) == (0, 0, 0)


@pytest.mark.parametrize("what", ["mistakes", "neutral"])
def test_of_a_trained_network(what: str, tmp_path: Path) -> None:
    run_id = train_run(tmp_path, data__train_limit="100", train__batch_size="10", train__epochs="40", optim__lr="0.2")
    every, found = predictions(tmp_path, run_id), ask(tmp_path, what, run_id)
    places = range(len(every.labels))
    wrong = [place for place in places if every.classes[place] != every.labels[place]]
    assert found.wrong.tolist() == sorted(wrong, key=lambda place: -every.every[place].max())
    assert found.sure_count == sum(every.every[place].max() > 0.95 for place in wrong) > 0
    two = np.sort(every.every, axis=1)[:, ::-1]
    assert found.balanced.tolist() == sorted(places, key=lambda place: two[place, 0] - two[place, 1])
    of_3 = ask(tmp_path, what, run_id, class_name="3")
    assert of_3.wrong.tolist() == [place for place in found.wrong.tolist() if every.labels[place] == 3]
    assert of_3.balanced.tolist() == [place for place in found.balanced.tolist() if every.labels[place] == 3]


def test_two_classes_of_the_plane_have_mistakes_too(tmp_path: Path) -> None:
    run_id = train_run(tmp_path, data__name="moons", data__train_limit="500")
    found = outcome(answer(asked(tmp_path, run_id, class_name="LOWER moon")))
    assert found.of_class == 1
    assert len(found.wrong) > 0
    assert (found.predictions.labels[found.wrong] == 1).all()
    assert (found.predictions.classes[found.wrong] == 0).all()


def test_a_class_that_is_not_there_is_refused_before_anything_is_predicted(tmp_path: Path) -> None:
    question = asked(tmp_path, train_run(tmp_path), class_name="ten")
    with pytest.raises(TermlabError, match='"ten" is not a class') as caught:
        next(answer(question))
    assert caught.value.hint == "The classes are: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9."
