"""The next mistake and what it was taken for, against a walk through the data."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.analysis.pair import answer, find_pair
from engine.analysis.predictions import Predictions
from engine.errors import TermlabError
from tests.engine.analysis.runs import (
    asked,
    build_examples,
    build_predictions,
    of_every_class,
    outcome,
    predictions,
    train_run,
)


def walked(every: Predictions, start: int) -> tuple[int | None, int | None]:
    """Look from a place on, one example at a time; for the counterpart from the beginning once more."""
    labels, classes = every.labels.tolist(), every.classes.tolist()
    places = list(range(start, len(labels)))
    mistake = next((place for place in places if labels[place] != classes[place]), None)
    if mistake is None:
        return None, None
    for place in [*places, *range(start)]:
        if labels[place] == classes[place] == classes[mistake]:
            return mistake, place
    return mistake, None


def found(labels: list[int], classes: list[int], start: int) -> tuple[int | None, int | None]:
    every = build_predictions(labels, of_every_class(classes, [0.9] * len(classes), 3).tolist())
    pair = find_pair(every, build_examples(labels, "abc"), start)
    assert (pair.mistake, pair.counterpart) == walked(every, start)
    assert pair.asked_from == start
    return pair.mistake, pair.counterpart


LABELS, CLASSES = [0, 1, 2, 0, 1, 2], [0, 1, 0, 1, 1, 0]


@pytest.mark.parametrize(
    ("start", "mistake", "counterpart"),
    [
        (0, 2, 0),  # from the place on, before the mistake or after it
        (1, 2, 0),  # none further on: the first of all
        (2, 2, 0),
        (3, 3, 4),
        (4, 5, 0),
        (5, 5, 0),
    ],
)
def test_from_each_place(start: int, mistake: int, counterpart: int) -> None:
    assert found(LABELS, CLASSES, start) == (mistake, counterpart)


def test_after_the_last_mistake_there_is_no_pair() -> None:
    assert found([0, 1, 1], [1, 1, 1], 1) == (None, None)
    assert found([0, 1], [0, 1], 0) == (None, None)


def test_a_class_that_is_never_recognised_has_no_counterpart() -> None:
    assert found([0, 2, 1], [0, 1, 0], 0) == (1, None)


def test_every_place_of_a_trained_network(tmp_path: Path) -> None:
    question = asked(tmp_path, train_run(tmp_path))
    every = predictions(tmp_path, question.run.loaded.run.id)
    for start in range(len(every.labels)):
        pair = find_pair(every, question.run.examples, start)
        assert (pair.mistake, pair.counterpart) == walked(every, start)


def test_the_place_asked_for_is_where_the_search_begins(tmp_path: Path) -> None:
    run_id = train_run(tmp_path)
    every = predictions(tmp_path, run_id)
    first = outcome(answer(asked(tmp_path, run_id)))
    assert first.mistake is not None
    assert first.counterpart is not None
    second = outcome(answer(asked(tmp_path, run_id, image=first.mistake + 1)))
    assert second.mistake is not None
    assert first.mistake < second.mistake
    assert every.is_right[first.mistake + 1 : second.mistake].all()
    assert first.probabilities(first.counterpart).tolist() == every.every[first.counterpart].tolist()
    assert every.labels[first.counterpart] == every.classes[first.mistake] != every.labels[first.mistake]


@pytest.mark.parametrize("place", [-1, 360, 10_000])
def test_a_place_that_is_not_there_is_refused(place: int, tmp_path: Path) -> None:
    with pytest.raises(TermlabError, match=f"there is no test example {place}"):
        outcome(answer(asked(tmp_path, train_run(tmp_path), image=place)))
