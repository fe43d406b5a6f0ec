from __future__ import annotations

import pytest

from engine.errors import ConfigError, DataError, ModelError
from engine.trial_faults import MOST_NAMED, Faults, join_faults

LABELS = [f"t{number}" for number in range(MOST_NAMED + 3)]


def test_what_all_trials_have_is_told_once_and_keeps_its_kind() -> None:
    error = join_faults([(label, DataError("gone", "get it")) for label in LABELS], LABELS)
    assert (type(error), error.message, error.hint) == (DataError, "gone", "get it")


@pytest.mark.parametrize(
    ("count", "led_by"),
    [
        (1, 'trial "t0": '),
        (2, 'trials "t0", "t1": '),
        (MOST_NAMED + 2, 'trials "t0", "t1", "t2", "t3" and 2 more: '),
    ],
)
def test_what_some_trials_have_is_led_by_their_labels(count: int, led_by: str) -> None:
    error = join_faults([(label, ModelError("too small")) for label in LABELS[:count]], LABELS)
    assert (type(error), error.message) == (ModelError, f"{led_by}too small")


def test_faults_of_several_kinds_become_one_with_every_hint_once() -> None:
    found = [
        ("a", DataError("gone", "get it")),
        ("a", ConfigError(["x", "y"], "set z")),
        ("b", ModelError("x", "set z")),
    ]
    error = join_faults(found, ["a", "b"])
    assert isinstance(error, ConfigError)
    assert error.problems == ('trial "a": gone', "x", 'trial "a": y')
    assert error.hint == "get it\nset z"


def test_one_fault_does_not_hide_the_next() -> None:
    faults = Faults()
    for message in ("one", "two"):
        with faults.kept():
            raise ModelError(message)
    with faults.kept():
        pass
    assert [error.message for error in faults.found] == ["one", "two"]
