"""The conditions that a filter is made of: one column of a run against a value, or a text anywhere in its names."""

from __future__ import annotations

import fnmatch
import operator
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from engine.columns import column_kind, column_value, value_text
from engine.errors import ConfigError, unknown
from engine.summary import RunStatus, RunSummary

Predicate = Callable[[RunSummary], bool]

SEARCHED = ("run", "preset", "label", "status", "dataset", "model", "tags", "note")
"""Where a bare word is looked for."""
_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_FIRST_SECONDS = 1e8
"""Smaller numbers, which would be before 1973, are years or dates without dashes."""
_KINDS = {"words": "list of words", "truth": "truth value"}
_ALLOWED = {
    "text": "= != ~ =~",
    "number": "= != < <= > >=",
    "time": "= != < <= > >=",
    "words": "= != ~ =~",
    "truth": "= !=",
}


def build_search(word: str, *, is_literal: bool) -> Predicate:
    """Look for a word anywhere in what names a run, whatever its case."""
    is_in = _text_test(word, is_literal=is_literal, is_part=True)
    return lambda run: any(is_in(value_text(column_value(run, name) or "")) for name in SEARCHED)


def build_comparison(name: str, sign: str, value: str, *, is_literal: bool) -> Predicate:
    """Compare a column with a value; `!=` is the opposite of `=`.

    A run that lacks the column passes `!=` and, where it is a setting, `=none`.

    Raises: ConfigError if such a column cannot be compared so, or not with this value.
    """
    if sign == "!=":
        is_equal = build_comparison(name, "=", value, is_literal=is_literal)
        return lambda run: not is_equal(run)
    kind = column_kind(name)
    sign = "=" if sign == "==" else sign
    if kind != "setting" and sign not in _ALLOWED[kind].split():
        raise ConfigError(
            [f'"{sign}" does not go with {name}, which is a {_KINDS.get(kind, kind)}: it takes {_ALLOWED[kind]}']
        )
    if name == "status" and sign == "=":
        _check_status(value, is_literal=is_literal)
    if kind == "truth" and value.lower() not in ("true", "false"):
        raise ConfigError([f'{name} is true or false, not "{value}"'])
    test = _build_test(kind, name, sign, value, is_literal=is_literal)
    return lambda run: test(column_value(run, name))


def _build_test(kind: str, name: str, sign: str, value: str, *, is_literal: bool) -> Callable[[Any], bool]:
    """Return what tells whether a column's value meets the condition."""
    if kind == "time":
        return _time_test(name, sign, value)
    if sign in _ORDER or kind == "number":
        number = parse_number(value)
        if number is None:
            raise ConfigError([f'{name} is compared with a number; "{value}" is not one'])
        limit, compare = number, _ORDER.get(sign, operator.eq)
        return lambda found: _is_number(found) and compare(found, limit)
    is_part = sign in ("~", "=~")
    is_text = _expression_test(value) if sign == "=~" else _text_test(value, is_literal=is_literal, is_part=is_part)
    if kind == "words":
        return lambda found: any(is_text(word) for word in found or ())
    number = None if is_part or kind == "text" else parse_number(value)
    is_none = not is_part and value.lower() == "none"

    def is_equal(found: Any) -> bool:
        if found is None:
            return is_none
        return bool(found == number) if number is not None and _is_number(found) else is_text(value_text(found))

    return is_equal


def parse_number(text: str) -> float | None:
    """Read a number, or a percentage as the fraction that it is; None if the text is neither."""
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        return None
    if number != number:  # NaN compares with nothing
        return None
    return number / 100 if text.endswith("%") else number


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text_test(text: str, *, is_literal: bool, is_part: bool) -> Callable[[str], bool]:
    """Match a text whatever its case; * and ? are wildcards, unless it is to be taken literally."""
    pattern = re.sub(r"([*?[])" if is_literal else r"(\[)", r"[\1]", text.casefold())
    matches = re.compile(fnmatch.translate(f"*{pattern}*" if is_part else pattern)).match
    return lambda found: matches(found.casefold()) is not None


def _expression_test(expression: str) -> Callable[[str], bool]:
    """Look for a regular expression anywhere in a text, whatever its case.

    By RE2, whose search takes as long as the text is: with Python's, an odd expression could hold up a screen for ever.
    Raises: ConfigError if it is none.
    """
    import re2

    options = re2.Options()
    options.case_sensitive, options.log_errors = False, False
    try:
        finds = re2.compile(expression, options).search
    except re2.error as error:
        reason = error.args[0]
        told = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise ConfigError([f'"{expression}" is no regular expression: {told}'], "The syntax is that of RE2.") from error
    return lambda found: finds(found) is not None


def _check_status(value: str, *, is_literal: bool) -> None:
    known = [str(status) for status in RunStatus]
    is_pattern = not is_literal and ("*" in value or "?" in value)
    if not is_pattern and value.lower() not in known:
        raise ConfigError([unknown("status", value, known)])


def _time_test(name: str, sign: str, value: str) -> Callable[[Any], bool]:
    """Compare with a moment; a date is a whole day, which begins and ends in the local time zone."""
    try:
        first, last = _moments(value)
    except (ValueError, OverflowError, OSError) as error:
        example = "2026-07-01, 2026-07-01T14:30 or seconds since 1970"
        raise ConfigError([f'{name} is compared with a time; "{value}" is not one: write {example}']) from error
    match sign:
        case "=":
            return lambda found: first <= found <= last
        case "<" | ">=":
            return lambda found: bool(_ORDER[sign](found, first))
        case _:
            return lambda found: bool(_ORDER[sign](found, last))


def _moments(value: str) -> tuple[float, float]:
    """Return the first and the last moment that a text means, in seconds since 1970."""
    number = parse_number(value)
    if number is not None and number >= _FIRST_SECONDS:
        return number, number
    try:
        day = date.fromisoformat(value)
    except ValueError:
        moment = datetime.fromisoformat(value).timestamp()
        return moment, moment
    midnight = datetime(day.year, day.month, day.day)
    following = (midnight + timedelta(days=1)).timestamp()
    return midnight.timestamp(), following - 1e-6  # a microsecond is the finest that a clock tells here
