from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import DamagedError
from engine.summary import SCHEMA_VERSION, RunStatus, RunSummary
from tests.builders import build_summary

PROMISED = {
    "schema_version", "run", "preset", "label", "seed", "status", "dataset", "model", "parameters", "epochs", "steps",
    "device", "train_seconds", "samples_per_second", "metrics", "published", "fingerprint", "config",
}  # fmt: skip


@given(
    st.text(max_size=20),
    st.sampled_from(RunStatus),
    st.dictionaries(st.text(max_size=8), st.floats(allow_infinity=False, allow_nan=False), max_size=4),
)
def test_a_summary_survives_json(label: str, status: RunStatus, metrics: dict[str, float]) -> None:
    summary = build_summary(label=label, status=status, metrics=metrics)
    assert RunSummary.from_dict(json.loads(summary.to_json())) == summary


def test_the_run_object_has_what_is_promised() -> None:
    document = build_summary().to_dict()
    assert set(document) >= PROMISED
    assert document["schema_version"] == SCHEMA_VERSION
    assert type(document["status"]) is str


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_null_in_json_and_nan_again(value: float) -> None:
    summary = build_summary(metrics={"test_loss": value})
    document = json.loads(summary.to_json())
    assert document["metrics"] == {"test_loss": None}
    assert math.isnan(RunSummary.from_dict(document).metrics["test_loss"])


def test_json_is_one_line_and_keeps_letters_of_any_language() -> None:
    text = build_summary(label="épreuve\n日本").to_json()
    assert "\n" not in text
    assert "日本" in text


def test_fields_of_a_later_version_are_passed_over() -> None:
    summary = build_summary()
    assert RunSummary.from_dict(summary.to_dict() | {"events_bytes": 12, "later": []}) == summary


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_a_missing_field_is_damage(name: str) -> None:
    document = build_summary().to_dict()
    del document[name]
    with pytest.raises(DamagedError):
        RunSummary.from_dict(document)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("schema_version", SCHEMA_VERSION + 1),
        ("run", None),
        ("seed", "0"),
        ("seed", 0.5),
        ("steps", None),
        ("status", "asleep"),
        ("status", []),
        ("created", "today"),
        ("metrics", []),
        ("metrics", {"test_loss": "low"}),
        ("metrics", {"test_loss": []}),
        ("published", 0.9),
        ("config", None),
    ],
)
def test_a_field_of_the_wrong_type_is_damage(name: str, value: Any) -> None:
    with pytest.raises(DamagedError, match="summary"):
        RunSummary.from_dict(build_summary().to_dict() | {name: value})


def test_the_gap_is_measured_minus_published() -> None:
    figure = {"metric": "test_accuracy", "value": 0.75, "tolerance": 0.1, "comparable": True}
    assert build_summary(metrics={"test_accuracy": 0.5}, published=figure).gap == -0.25
    assert build_summary(metrics={"test_error": 0.5}, published=figure).gap is None
    assert build_summary(published=None).gap is None


def test_only_runs_that_await_more_are_live() -> None:
    live = {status for status in RunStatus if status.is_live}
    assert live == {RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.PAUSED}
