from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.shown import json_text, printable

ANY_TEXT = st.text(st.characters())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_TEXT, lambda inner: st.dictionaries(ANY_TEXT, inner)
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, é, 日本, −", "plain, é, 日本, −"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[2J\x07", "�[2J�"),
        ("\x9b31m\x85\x7f", "�31m��"),
        ("\u202eback\u2066\u200b", "�back��"),
        ("\r\v\f\u2028\u2029", "�����"),
        ("\udcff", "�"),
    ],
)
def test_what_a_terminal_would_obey_or_hide_is_replaced_one_for_one(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(JSON, st.sampled_from([None, 2]))
def test_json_says_the_same_and_shows_nothing_that_is_obeyed(document: object, indent: int | None) -> None:
    text = json_text(document, indent=indent)
    assert json.loads(text) == document
    assert all(line.isprintable() for line in text.split("\n"))


def test_json_keeps_letters_readable() -> None:
    assert json_text({"é": "日本\x7f\x9b\u202e🎉"}, indent=None) == '{"é": "日本\\u007f\\u009b\\u202e🎉"}'


def test_json_has_no_word_for_what_is_not_finite() -> None:
    with pytest.raises(ValueError, match="JSON"):
        json_text([float("nan")])
