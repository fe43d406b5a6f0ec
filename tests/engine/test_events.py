from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.errors import DamagedError
from engine.events import (
    MEASURES,
    EpochDone,
    Event,
    LayersMeasured,
    Noted,
    RunFinished,
    RunStarted,
    StepsDone,
    SystemSampled,
    Table,
    from_json,
    to_json,
)
from engine.summary import MOST_SECONDS
from tests.builders import build_epoch, build_events, build_started

ANY_FLOAT = st.floats()
TEXT = st.text(max_size=30)
COLUMN = st.lists(ANY_FLOAT, max_size=5).map(tuple)
COUNT = st.integers(0, 10**12)
METRICS = st.dictionaries(TEXT, ANY_FLOAT, max_size=4)
SECONDS = st.floats(0, MOST_SECONDS)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Return a table whose columns are as long as its x."""
    length = draw(st.integers(0, 5))
    column = st.lists(ANY_FLOAT, min_size=length, max_size=length).map(tuple)
    return Table(x_name=draw(TEXT), x=draw(column), columns=draw(st.dictionaries(TEXT, column, max_size=3)))


@st.composite
def layers_measured(draw: st.DrawFn) -> LayersMeasured:
    """Return what was measured of layers of different names, a value of each measure for each."""
    names = tuple(draw(st.lists(TEXT, max_size=4, unique=True)))
    column = st.lists(ANY_FLOAT, min_size=len(names), max_size=len(names)).map(tuple)
    return LayersMeasured(
        time=draw(SECONDS),
        step=draw(st.integers(1, 10**12)),
        epoch=draw(st.integers(1, 10**12)),
        layers=names,
        kinds=tuple(f"kind of {name}" for name in names),
        **{measure: draw(column) for measure in MEASURES},
    )


TABLES = st.dictionaries(TEXT, tables(), max_size=2)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        RunStarted,
        **{
            "time": SECONDS,
            "process_started": ANY_FLOAT,
            **dict.fromkeys(("device", "device_name", "host"), TEXT),
            **dict.fromkeys(("parameters", "train_examples", "test_examples", "epochs"), COUNT),
            "steps_per_epoch": st.integers(1, 10**12),
            **dict.fromkeys(("threads", "pid"), COUNT),
            "image_shape": st.tuples(COUNT, COUNT, COUNT),
            "class_names": st.lists(TEXT, max_size=3).map(tuple),
            "deterministic": st.booleans(),
            "versions": st.dictionaries(TEXT, TEXT, max_size=3),
        },
    ),
    st.builds(
        StepsDone,
        **dict.fromkeys(("time", "train_seconds"), SECONDS),
        lr=ANY_FLOAT,
        **dict.fromkeys(("step", "epoch", "samples"), COUNT),
        phase=st.sampled_from(["training", "evaluating"]),
        series=st.dictionaries(TEXT, COLUMN, max_size=3),
    ),
    st.builds(
        EpochDone,
        **dict.fromkeys(("time", "train_seconds"), SECONDS),
        lr=ANY_FLOAT,
        **dict.fromkeys(("epoch", "step", "samples"), COUNT),
        metrics=METRICS,
    ),
    layers_measured(),
    st.builds(
        Noted,
        time=SECONDS,
        text=TEXT,
        level=st.sampled_from(["info", "warning"]),
        mark=st.sampled_from([None, "paused", "resumed"]),
    ),
    st.builds(
        RunFinished,
        time=SECONDS,
        status=st.sampled_from(["done", "stopped", "failed"]),
        reason=TEXT,
        metrics=METRICS,
        tables=TABLES,
    ),
)


@given(EVENTS)
def test_an_event_survives_json(event: Event) -> None:
    back = from_json(to_json(event))
    assert type(back) is type(event)
    # NaN is not equal to itself, but is written in one way only.
    assert repr(back) == repr(event)
    assert to_json(back) == to_json(event)


@given(EVENTS)
def test_an_event_is_one_line_of_strict_json(event: Event) -> None:
    line = to_json(event)
    assert b"\n" not in line.encode()

    def refuse(word: str) -> Any:
        raise AssertionError(f"{word} is not JSON")

    assert json.loads(line, parse_constant=refuse)["event"] == event.event


@pytest.mark.parametrize("text", ["a\nb", "\r\n", "\x00\x1b[2J", "\u2028\u2029\x85", "日本 🎉", '"\\', ""])
def test_a_note_keeps_every_character_and_stays_one_line(text: str) -> None:
    note = Noted(time=0, text=text)
    assert from_json(to_json(note).encode()) == note
    assert b"\n" not in to_json(note).encode()


@pytest.mark.parametrize("value", [math.inf, -math.inf, 5e-324, 1.7976931348623157e308, -0.0, 0.1])
def test_a_metric_keeps_its_exact_value(value: float) -> None:
    back = from_json(to_json(build_epoch(1, test_loss=value)))
    assert isinstance(back, EpochDone)
    assert repr(back.metrics["test_loss"]) == repr(value)


def test_a_loss_that_is_not_a_number_is_written_as_text() -> None:
    line = to_json(build_epoch(1, test_loss=math.nan))
    assert json.loads(line)["metrics"]["test_loss"] == "NaN"
    back = from_json(line)
    assert isinstance(back, EpochDone)
    assert math.isnan(back.metrics["test_loss"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "EOF"),
        ("null", "object"),
        ("[]", "object"),
        ("{}", "discriminator"),
        ('{"event":"later","time":1}', "later"),
        ('{"event":["noted"],"time":1}', "noted"),
        ('{"event":"noted","time":1}', "noted.text"),
        ('{"event":"noted","time":"soon","text":""}', "noted.time"),
        ('{"event":"run_finished","time":1,"status":"lost"}', "run_finished.status"),
        ('{"event":"noted","time":1,"text":"a"', "EOF"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_a_line_that_is_no_event_says_what_is_wrong(line: str, message: str) -> None:
    with pytest.raises(DamagedError, match=message) as caught:
        from_json(line)
    assert caught.value.message.startswith("not an event")


def test_bytes_that_are_not_utf_8_are_damage() -> None:
    with pytest.raises(DamagedError):
        from_json(b'{"event":"noted","time":1,"text":"\xff"}')


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_an_event_or_damage(line: bytes) -> None:
    with pytest.raises(DamagedError):
        from_json(line)


@pytest.mark.parametrize("event", build_events(), ids=lambda event: str(event.event))
def test_a_field_of_a_later_version_is_passed_over(event: Event) -> None:
    document = json.loads(to_json(event)) | {"later_field": {"a": 1}}
    assert from_json(json.dumps(document)) == event


def test_the_format_is_as_its_description_says() -> None:
    text = (Path(__file__).parents[2] / "results" / "README.md").read_text(encoding="utf-8")
    examples = [from_json(line) for line in text.splitlines() if line.startswith('{"time"')]
    assert {type(example) for example in examples} == {
        RunStarted,
        StepsDone,
        EpochDone,
        LayersMeasured,
        SystemSampled,
        Noted,
        RunFinished,
    }
    for example in examples:
        assert json.loads(to_json(example)).keys() == type(example).model_fields.keys()
        assert f"`{example.event}`" in text
        assert [name for name in type(example).model_fields if f"`{name}`" not in text] == []


def test_an_event_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(build_started(), "host", "elsewhere")  # noqa: B010 - mypy knows that it is read-only
