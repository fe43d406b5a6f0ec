"""Dropout at inference against plain averages of the scores that were kept, scipy's entropies and the run's record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.special import softmax
from scipy.stats import entropy
from torch import nn

from engine.analysis import dropout as module
from engine.analysis.dropout import RESAMPLINGS, DropoutInference, answer
from engine.errors import TermlabError
from engine.objective import Reading
from tests.engine.analysis.runs import ONE_LOGIT, asked, loaded, outcome, predictions, save_photographs, train_run
from tests.faults.hostile import Bomb

MASKS = 30
Trained = tuple[Path, str]


@pytest.fixture(autouse=True)
def few_masks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MASKS", MASKS)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    results = tmp_path_factory.mktemp("results")
    settings: dict[str, Any] = {"evaluate__dropout_masks": "4", "evaluate__batch_size": "100"}
    return results, train_run(results, model__dropout="0.5", **settings)


@pytest.fixture
def run(trained: Trained) -> Trained:
    """A trained run that remembers nothing yet."""
    file_of(trained).unlink(missing_ok=True)
    return trained


def file_of(run: Trained) -> Path:
    return run[0] / run[1] / "artifacts" / "dropout.npz"


def found_of(run: Trained) -> DropoutInference:
    return outcome(answer(asked(*run)))


def kept(run: Trained) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the scores that were kept, under each mask and of the whole network.

    Shapes: (M, N, outputs), (N, outputs).
    """
    with np.load(file_of(run)) as arrays:
        return arrays["scores"].astype(np.float64), arrays["whole"].astype(np.float64)


def same(one: DropoutInference, other: DropoutInference) -> bool:
    names = ("pre_softmax", "post_softmax", "entropy", "mutual_information", "uncertain", "mean_probabilities")
    return one.scaling_error == other.scaling_error and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in names
    )


def test_with_every_unit_on_it_is_as_often_wrong_as_the_run_recorded(run: Trained) -> None:
    found, one = found_of(run), loaded(*run)
    assert one.run.finished is not None
    assert found.scaling_error == one.run.finished.metrics["scaling_error"]
    assert found.scaling_error == pytest.approx(1 - predictions(*run).accuracy)
    assert found.asked_examples == len(found.examples) == 360
    assert found.masks.tolist() == list(range(1, MASKS + 1))


def test_the_scores_kept_are_those_of_the_network_under_masks_drawn_in_turn(run: Trained) -> None:
    found_of(run)
    scores, whole = kept(run)
    one = loaded(*run)
    expected = np.zeros_like(scores)
    with torch.no_grad(), torch.random.fork_rng():
        for start in range(0, 360, 100):  # the batches of the run's evaluation
            inputs = one.inputs.for_testing(one.test.images[start : start + 100])
            one.model.eval()
            assert whole[start : start + 100] == pytest.approx(one.model(inputs).numpy(), abs=1e-6)
        torch.manual_seed(module._SEED)
        one.model.train()  # it has no BatchNorm
        for start in range(0, 360, 100):
            inputs = one.inputs.for_testing(one.test.images[start : start + 100])
            for mask in range(MASKS):
                expected[mask, start : start + 100] = one.model(inputs).numpy()
    assert scores == pytest.approx(expected, abs=1e-6)
    differences = np.abs(scores[0] - scores[1]).max(1)
    assert (differences > 0).mean() > 0.9  # each example has a mask of its own, each time


def test_uncertainty_is_that_of_scipy(run: Trained) -> None:
    found = found_of(run)
    probabilities = softmax(kept(run)[0], axis=2)
    mean = probabilities.mean(0)
    assert found.mean_probabilities == pytest.approx(mean, abs=1e-6)
    assert found.entropy == pytest.approx(entropy(mean, axis=1), abs=1e-5)
    # How far the masks lie from their mean says the same as the entropy of the mean above the mean of the entropies.
    apart = entropy(probabilities, mean[None], axis=2).mean(0)
    assert found.mutual_information == pytest.approx(apart, abs=1e-5)
    assert (found.mutual_information >= 0).all()
    assert (found.mutual_information <= found.entropy + 1e-6).all()
    assert sorted(found.uncertain.tolist()) == list(range(360))
    assert (np.diff(found.entropy[found.uncertain]) <= 0).all()


def test_errors_are_those_of_growing_means_over_masks_drawn_again(run: Trained) -> None:
    found = found_of(run)
    scores, labels = kept(run)[0], found.examples.labels
    probabilities = softmax(scores, axis=2)
    assert found.pre_softmax.shape == found.post_softmax.shape == (RESAMPLINGS, MASKS)
    generator = torch.Generator().manual_seed(module._SEED)
    for turn in range(RESAMPLINGS):
        drawn = torch.randint(MASKS, (MASKS,), generator=generator).numpy()
        for count in (1, 2, 3, 10, MASKS):
            pre, post = (
                (values[drawn[:count]].mean(0).argmax(1) != labels).mean() for values in (scores, probabilities)
            )
            # Of two equal classes rounding may choose another.
            assert found.pre_softmax[turn, count - 1] == pytest.approx(pre, abs=1.01 / 360)
            assert found.post_softmax[turn, count - 1] == pytest.approx(post, abs=1.01 / 360)
    of_one = (scores.argmax(2) != labels).mean(1)
    assert of_one.min() <= found.pre_softmax[:, 0].min() <= found.pre_softmax[:, 0].max() <= of_one.max()
    assert (found.pre_softmax[:, 0] == found.post_softmax[:, 0]).all()  # the softmax keeps the order of one


def test_many_masks_are_as_good_as_the_mean_of_all(run: Trained) -> None:
    found = found_of(run)
    scores, labels = kept(run)[0], found.examples.labels
    all_scores = (scores.mean(0).argmax(1) != labels).mean()
    all_probabilities = (found.mean_probabilities.argmax(1) != labels).mean()
    assert found.pre_softmax[:, -1].mean() == pytest.approx(all_scores, abs=0.02)
    assert found.post_softmax[:, -1].mean() == pytest.approx(all_probabilities, abs=0.02)
    assert found.pre_softmax[:, -1].mean() < found.pre_softmax[:, 0].mean()


def cannot_compute(*_: object) -> None:
    raise AssertionError("computed although it was kept")


def test_scores_are_kept_and_read(run: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    before = found_of(run)
    monkeypatch.setattr(module, "_scores", cannot_compute)
    assert same(found_of(run), before)


def test_they_are_the_same_each_time_whatever_others_draw(run: Trained) -> None:
    before = found_of(run)
    file_of(run).unlink()
    with torch.random.fork_rng():
        torch.manual_seed(5)
        drawn = [torch.rand(1).item() for _ in answer(asked(*run))]
        torch.manual_seed(5)
        assert drawn == [torch.rand(1).item() for _ in drawn]  # nobody drew in between
    assert same(found_of(run), before)


def test_the_random_state_of_training_is_left_alone(run: Trained) -> None:
    before = torch.random.get_rng_state()
    question = asked(*run)
    outcome(answer(question))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not any(layer.training for layer in question.run.loaded.model.modules())


def test_who_stops_half_way_leaves_a_network_that_drops_nothing(run: Trained) -> None:
    question = asked(*run)
    steps = answer(question)
    for _ in range(3):
        next(steps)
    assert not any(layer.training for layer in question.run.loaded.model.modules())
    steps.close()
    assert not file_of(run).exists()


def test_other_weights_are_asked_anew(tmp_path: Path) -> None:
    run_id, other = (train_run(tmp_path, model__dropout="0.5", optim__lr=lr) for lr in ("0.1", "0.5"))
    before, theirs = found_of((tmp_path, run_id)), found_of((tmp_path, other))
    (tmp_path / run_id / "weights.pt").write_bytes((tmp_path / other / "weights.pt").read_bytes())
    after = found_of((tmp_path, run_id))
    assert same(after, theirs)
    assert not same(after, before)


@pytest.mark.parametrize("damage", ["empty", "cut", "pickle", "fewer masks", "other type"])
def test_a_damaged_file_is_computed_again(damage: str, run: Trained, tmp_path: Path) -> None:
    before, path = found_of(run), file_of(run)
    whole = path.read_bytes()
    with np.load(path) as arrays:
        held: dict[str, Any] = {name: arrays[name] for name in arrays}
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "cut":
            path.write_bytes(whole[: len(whole) // 2])
        case "pickle":
            np.savez(path, **(held | {"scores": np.array([Bomb(tmp_path / "ran")], dtype=object)}))
        case "fewer masks":
            np.savez(path, **(held | {"scores": held["scores"][:-1]}))
        case "other type":
            np.savez(path, **(held | {"whole": held["whole"].astype(np.float64)}))
    assert same(found_of(run), before)
    assert path.read_bytes() == whole
    assert not (tmp_path / "ran").exists()


def test_another_number_of_masks_is_drawn_anew(run: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    found_of(run)
    monkeypatch.setattr(module, "MASKS", MASKS + 1)
    assert found_of(run).pre_softmax.shape == (RESAMPLINGS, MASKS + 1)
    file_of(run).unlink()


def test_of_a_large_test_set_the_first_examples_are_asked(run: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SCORES", MASKS * 10 * 150)
    found = found_of(run)
    assert found.asked_examples == 150
    assert found.entropy.shape == (150,)
    assert found.mean_probabilities.shape == (150, 10)
    assert sorted(found.uncertain.tolist()) == list(range(150))
    assert found.scaling_error == pytest.approx((~predictions(*run).is_right[:150]).mean())
    assert kept(run)[0].shape == (MASKS, 150, 10)
    file_of(run).unlink()


@pytest.mark.parametrize("settings", [{}, {"model__dropout": "0"}])
def test_a_network_that_drops_nothing_has_no_masks(settings: dict[str, Any], tmp_path: Path) -> None:
    run_id = train_run(tmp_path, **settings)
    with pytest.raises(TermlabError, match=f"{run_id} has no dropout: there are no masks to draw") as caught:
        outcome(answer(asked(tmp_path, run_id)))
    assert "dropout-inference" in caught.value.hint
    assert not (tmp_path / run_id / "artifacts" / "dropout.npz").exists()


def test_whole_maps_are_dropped_and_one_logit_is_of_two_classes(tmp_path: Path) -> None:
    run_id = train_run(tmp_path, data__name=save_photographs(tmp_path / "images"), **ONE_LOGIT)
    question = asked(tmp_path, run_id)
    one = question.run.loaded
    assert one.objective.reading is Reading.LOGIT
    assert any(isinstance(layer, nn.Dropout2d) for layer in one.model.modules())
    found = outcome(answer(question))
    scores, whole = kept((tmp_path, run_id))
    assert scores.shape == (MASKS, 24, 1)
    assert scores.std(0).min() > 0
    of_red = 1 / (1 + np.exp(-scores[:, :, 0]))  # (M, N)
    labels = found.examples.labels
    assert found.scaling_error == pytest.approx(((whole[:, 0] >= 0) != labels).mean())
    assert found.mean_probabilities == pytest.approx(np.stack([1 - of_red.mean(0), of_red.mean(0)], 1), abs=1e-6)
    assert found.entropy == pytest.approx(entropy([1 - of_red.mean(0), of_red.mean(0)]), abs=1e-5)
    within = entropy([1 - of_red, of_red]).mean(0)
    assert found.mutual_information == pytest.approx(found.entropy - within, abs=1e-5)
    of_one = ((scores[:, :, 0] >= 0) != labels).mean(1)
    assert set(found.pre_softmax[:, 0]) <= set(of_one)
    assert found.pre_softmax[:, -1].mean() == pytest.approx(((scores[:, :, 0].mean(0) >= 0) != labels).mean(), abs=0.1)
    # BatchNorm went on with what it had learned: its statistics are no part of the masks.
    again = loaded(tmp_path, run_id).model.state_dict()
    assert all(torch.equal(value, again[name]) for name, value in one.model.state_dict().items())


def test_dropout_written_by_hand_has_masks_too(tmp_path: Path) -> None:
    run_id = train_run(tmp_path, model__name="scratch_mlp", model__dropout="0.4")
    found = found_of((tmp_path, run_id))
    assert kept((tmp_path, run_id))[0].std(0).max() > 0
    assert found.scaling_error == pytest.approx(1 - predictions(tmp_path, run_id).accuracy)


def test_probabilities_that_are_no_numbers_are_the_least_telling(tmp_path: Path) -> None:
    question = asked(tmp_path, train_run(tmp_path, model__dropout="0.5"))
    next(question.run.loaded.model.parameters()).data.fill_(float("nan"))
    found = outcome(answer(question))
    assert np.isnan(found.entropy).all()
    assert found.uncertain.tolist() == list(range(360))
    assert found.scaling_error == pytest.approx((found.examples.labels != 0).mean())
