"""ROC curves against scikit-learn and against counting pairs, and the threshold against what training recorded."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, roc_auc_score, roc_curve

from engine.analysis.roc import Roc, answer, count_at, roc_of
from engine.errors import TermlabError
from tests.engine.analysis.runs import asked, loaded, outcome, predictions, train_run

Floats = NDArray[np.float64]
NAMES = ("no", "yes")
MOONS: dict[str, Any] = {
    "data__name": "moons",
    "data__validation_fraction": "0.25",
    "data__train_limit": "1200",
    "evaluate__roc_threshold": "true",
    "evaluate__batch_size": "170",
    "train__batch_size": "32",
}


def drawn(is_positive: list[int], scores: list[float]) -> Roc:
    truth, values = np.array(is_positive, dtype=np.bool_), np.array(scores, dtype=np.float64)
    found = roc_of(NAMES, 1, "test", truth, values, truth, values)
    check(found, truth, values)
    return found


def check(found: Roc, truth: NDArray[np.bool_], scores: Floats) -> None:
    """Compare a curve with scikit-learn's, with the share of pairs in the right order, and with counts."""
    false_rate, true_rate, thresholds = roc_curve(truth, scores, drop_intermediate=False)
    assert found.false_positive_rate.tolist() == false_rate.tolist()
    assert found.true_positive_rate.tolist() == true_rate.tolist()
    assert found.thresholds.tolist() == thresholds.tolist()
    assert found.area == pytest.approx(roc_auc_score(truth, scores))
    pairs = scores[truth][:, None] - scores[~truth]
    assert found.area == pytest.approx(((pairs > 0).mean() + (pairs == 0).mean() / 2).item())
    for threshold, fall_out, hits in zip(thresholds, false_rate, true_rate, strict=True):
        assert fall_out == pytest.approx((scores[~truth] >= threshold).mean())
        assert hits == pytest.approx((scores[truth] >= threshold).mean())
    distances = np.hypot(false_rate, 1 - true_rate)
    assert found.chosen_point == pytest.approx(
        ((scores[~truth] >= found.chosen).mean(), (scores[truth] >= found.chosen).mean())
    )
    assert np.hypot(found.chosen_point[0], 1 - found.chosen_point[1]) == pytest.approx(distances.min())
    assert 0 <= found.chosen <= 1


def test_of_random_scores() -> None:
    random = np.random.default_rng(0)
    truth = random.random(300) < 0.3
    scores = np.clip(random.normal(0.4 + 0.2 * truth, 0.2), 0, 1)
    found = drawn(truth.astype(int).tolist(), scores.tolist())
    assert len(found.thresholds) == len(np.unique(scores)) + 1
    assert (found.positive, found.class_names, found.curve_examples) == ("yes", NAMES, 300)


def test_scores_that_are_equal_make_one_point() -> None:
    found = drawn([0, 0, 1, 1, 0, 1], [0.2, 0.5, 0.5, 0.5, 0.9, 0.9])
    assert found.thresholds.tolist() == [np.inf, 0.9, 0.5, 0.2]
    assert found.area == pytest.approx(5.5 / 9)  # of nine pairs four are in order, and three are equal


def test_scores_that_are_all_equal_are_as_good_as_guessing() -> None:
    found = drawn([0, 1, 1], [0.4, 0.4, 0.4])
    assert found.area == 0.5
    assert found.false_positive_rate.tolist() == [0, 1]


def test_a_perfect_order_has_the_whole_area_and_the_reverse_none() -> None:
    perfect = drawn([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4])
    assert (perfect.area, perfect.chosen, perfect.chosen_point) == (1.0, 0.3, (0.0, 1.0))
    assert perfect.confusions[1].accuracy == 1.0
    assert perfect.confusions[0].accuracy == 0.5
    assert drawn([1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4]).area == 0.0


def test_where_taking_nothing_for_positive_is_best_the_threshold_is_1() -> None:
    found = drawn([1, 0, 0, 0], [0.1, 0.9, 0.9, 0.9])
    assert found.chosen == 1.0
    assert found.chosen_point == (0.0, 0.0)


def test_probabilities_of_1_are_positive_at_a_threshold_of_1() -> None:
    truth, scores = np.array([True, False, False, True]), np.array([0.1, 1.0, 1.0, 1.0])
    found = roc_of(NAMES, 1, "test", truth, scores, truth, scores)
    assert found.chosen == 1.0
    assert found.chosen_point == (1.0, 0.5)
    assert (found.confusions[1].true_positives, found.confusions[1].false_positives) == (1, 2)


@pytest.mark.parametrize(("truth", "words"), [([1, 1], "all of the 2"), ([0, 0, 0], "none of the 3")])
def test_examples_of_one_kind_have_no_curve(truth: list[int], words: str) -> None:
    values = np.full(len(truth), 0.5)
    with pytest.raises(TermlabError, match=f"{words} validation examples are of class yes"):
        roc_of(NAMES, 1, "validation", np.array(truth, dtype=np.bool_), values, np.array([True]), values[:1])


def test_counts_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(1)
    truth, scores = random.random(100) < 0.4, np.round(random.random(100), 1)
    for threshold in (0.0, 0.3, 0.5, 1.0):
        found = count_at(threshold, truth, scores)
        counts = (found.true_negatives, found.false_positives, found.false_negatives, found.true_positives)
        taken = scores >= threshold
        assert list(counts) == confusion_matrix(truth, taken, labels=[False, True]).ravel().tolist()
        assert found.accuracy == pytest.approx((taken == truth).mean())


def test_the_threshold_is_the_one_that_training_recorded(tmp_path: Path) -> None:
    run_id = train_run(tmp_path, **MOONS)
    found, one = outcome(answer(asked(tmp_path, run_id))), loaded(tmp_path, run_id)
    assert one.run.finished is not None
    recorded, tables = one.run.finished.metrics, one.run.finished.tables
    assert found.split == "validation"
    assert found.curve_examples == 300
    assert found.positive == "lower moon"
    assert found.chosen == recorded["threshold"] != 0.5
    assert found.area == recorded["validation_auc"]
    assert tuple(found.false_positive_rate.tolist()) == tables["roc"].x
    assert tuple(found.true_positive_rate.tolist()) == tables["roc"].columns["true_positive_rate"]
    assert tables["confusion"].x == tuple(confusion.threshold for confusion in found.confusions)
    for place, name in itertools.product(
        (0, 1), ("true_negatives", "false_positives", "false_negatives", "true_positives")
    ):
        assert getattr(found.confusions[place], name) == tables["confusion"].columns[name][place]
    assert found.confusions[0].accuracy == one.run.metrics["test_accuracy"]
    assert found.confusions[1].accuracy == recorded["test_accuracy_at_threshold"]


def test_where_nothing_is_held_out_the_curve_is_of_the_test_examples(tmp_path: Path) -> None:
    run_id = train_run(tmp_path, data__name="moons", data__train_limit="500")
    found, every = outcome(answer(asked(tmp_path, run_id))), predictions(tmp_path, run_id)
    assert (found.split, found.curve_examples) == ("test", 2000)
    check(found, every.labels == 1, every.every[:, 1].astype(np.float64))
    assert found.confusions[0].accuracy == pytest.approx(every.accuracy)


def test_the_first_of_two_classes_may_be_the_positive_one(tmp_path: Path) -> None:
    run_id = train_run(tmp_path, data__name="moons", data__train_limit="500")
    second, first = (outcome(answer(asked(tmp_path, run_id, class_name=name))) for name in ("1", "upper moon"))
    assert (second.positive, first.positive) == ("lower moon", "upper moon")
    assert first.area == pytest.approx(second.area)


def test_one_class_of_ten_is_set_against_the_rest(tmp_path: Path) -> None:
    run_id = train_run(tmp_path)
    every = predictions(tmp_path, run_id)
    found = outcome(answer(asked(tmp_path, run_id, class_name="8")))
    check(found, every.labels == 8, every.every[:, 8].astype(np.float64))
    assert found.positive == "8"


def test_of_ten_classes_one_has_to_be_named(tmp_path: Path) -> None:
    run_id = train_run(tmp_path)
    with pytest.raises(TermlabError, match=f"a ROC curve is of two classes, and {run_id} has 10") as caught:
        outcome(answer(asked(tmp_path, run_id)))
    assert "--class 0" in caught.value.hint
    with pytest.raises(TermlabError, match='"ten" is not a class'):
        outcome(answer(asked(tmp_path, run_id, class_name="ten")))


@pytest.mark.parametrize("validation", [None, "0.25"])
def test_a_network_whose_probabilities_are_no_numbers_has_no_curve(validation: str | None, tmp_path: Path) -> None:
    run_id = train_run(tmp_path, data__name="moons", data__train_limit="400", data__validation_fraction=validation)
    question = asked(tmp_path, run_id)
    next(question.run.loaded.model.parameters()).data.fill_(float("nan"))
    with pytest.raises(TermlabError, match="are no numbers"):
        outcome(answer(question))
