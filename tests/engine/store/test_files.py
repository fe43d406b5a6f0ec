"""Whole files of a run: what JSON allows and termlab could not go on with is told, however it is written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import DamagedError
from engine.store.files import LARGEST_WHOLE, MOST_NESTED, read_json

ODD = [
    ("1e400", "is not a finite number"),
    ("-1E400", "is not a finite number"),
    ("12.5e+4000", "is not a finite number"),
    ("1" + "0" * 400 + ".0", "is not a finite number"),
    ("NaN", "is not a finite number"),
    ("-Infinity", "is not a finite number"),
    (str(LARGEST_WHOLE + 1), "is too large a number"),
    (str(-(10**30)), "is too large a number"),
    ('"\\ud800"', "is not Unicode"),
    ("[" * MOST_NESTED + "]" * MOST_NESTED, f"nested more than {MOST_NESTED} deep"),
    ("[" * 400 + "]" * 400, f"nested more than {MOST_NESTED} deep"),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST_WHOLE, LARGEST_WHOLE) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@pytest.mark.parametrize(("value", "fault"), ODD)
@pytest.mark.parametrize("place", ['{{"metrics": {{"test_loss": {}}}}}', '{{"metrics":[0,\t{}\n]}}'])
def test_what_no_part_could_go_on_with_is_told_with_its_place(
    value: str, fault: str, place: str, tmp_path: Path
) -> None:
    path = tmp_path / "summary.json"
    path.write_text(place.format(value))
    with pytest.raises(DamagedError, match=f"summary.json: metrics.*{re.escape(fault)}"):
        read_json(path)


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"a": 01}', '{"a": "\x01"}', '{"a": 1} {}', "﻿{}"])
def test_what_is_no_json_object_is_told(content: str, tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    path.write_text(content)
    with pytest.raises(DamagedError, match=r"summary\.json is not (JSON: |a JSON object)"):
        read_json(path)


@given(st.dictionaries(st.text(), VALUES.filter(lambda value: "Infinity" not in json.dumps(value)), max_size=6))
def test_everything_else_is_read_as_pythons_own_reader_does(tmp_path_factory: Any, document: dict[str, Any]) -> None:
    path = tmp_path_factory.mktemp("files") / "summary.json"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    assert read_json(path) == document
