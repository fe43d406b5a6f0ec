"""Each reading of a network's outputs, against torch's own losses and by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from engine.errors import ModelError
from engine.objective import Objective, Reading, choose_objective

LABELS = torch.tensor([0, 1, 1, 0])
LOGITS = torch.tensor([[-2.0], [0.5], [-0.1], [0.0]])


def test_the_reading_follows_from_the_data_and_the_outputs() -> None:
    assert choose_objective(torch.Size((4, 10)), LABELS, 10).reading is Reading.CLASS_SCORES
    assert choose_objective(torch.Size((4, 2)), LABELS, 2).reading is Reading.CLASS_SCORES
    assert choose_objective(torch.Size((4, 1)), LABELS, 2).reading is Reading.LOGIT
    assert choose_objective(torch.Size((4, 1)), LABELS.float(), 1).reading is Reading.NUMBER


@pytest.mark.parametrize(("outputs", "labels", "classes"), [(3, LABELS, 10), (1, LABELS, 10), (2, LABELS.float(), 1)])
def test_outputs_that_do_not_fit_the_data_are_refused(outputs: int, labels: torch.Tensor, classes: int) -> None:
    with pytest.raises(ModelError, match=f"{outputs} outputs"):
        choose_objective(torch.Size((4, outputs)), labels, classes)


def test_one_logit_is_read_as_two_scores_of_which_one_is_zero() -> None:
    one, two = Objective(Reading.LOGIT), Objective(Reading.CLASS_SCORES)
    scores = torch.cat([torch.zeros_like(LOGITS), LOGITS], dim=1)  # (4, 2)
    for reduction in ("mean", "sum"):
        torch.testing.assert_close(
            one.loss(LOGITS, LABELS, reduction=reduction), two.loss(scores, LABELS, reduction=reduction)
        )
    torch.testing.assert_close(one.probabilities(LOGITS), two.probabilities(scores))
    assert one.predict(LOGITS).tolist() == [0, 1, 0, 1]  # a logit of 0 is probability 0.5, and that is class 1
    assert int(one.count_correct(LOGITS, LABELS)) == 2


def test_a_confident_wrong_logit_costs_its_size_and_not_infinity() -> None:
    loss = Objective(Reading.LOGIT).loss(torch.tensor([[-500.0]]), torch.tensor([1]))
    assert loss.item() == pytest.approx(500)


def test_a_number_has_a_squared_error_and_nothing_to_be_right_about() -> None:
    objective = Objective(Reading.NUMBER)
    targets = torch.tensor([1.0, 0.0, 2.0, 0.0])
    torch.testing.assert_close(objective.loss(LOGITS, targets), F.mse_loss(LOGITS[:, 0], targets))
    assert not objective.has_classes
    assert int(objective.count_correct(LOGITS, targets)) == 0
