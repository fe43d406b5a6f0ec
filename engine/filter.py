"""The filter grammar of `--where` and of the application: text to a yes or no for each run.

    preset=batchnorm and optim.lr<0.01 and not status=failed

A condition is FIELD OP VALUE with = != < <= > >=, ~ (contains) or =~ (a regular expression finds something in it),
`has:FIELD`, or a word to find anywhere in what names a run. `not`, `and`, `or` and parentheses join them, in this order
of strength; `and` may be left out. Values with spaces or parentheses are quoted; * and ? stand for any letters and one
letter unless they are quoted. What is the label of a run, such as `bn=on`, finds the runs of that label.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from engine.columns import ALIASES, check_column, column_value, has_value
from engine.conditions import Predicate, build_comparison, build_search
from engine.errors import ConfigError
from engine.filter_tokens import Token, fault_at, token_at, value_at
from engine.summary import RunSummary

MOST_NESTED = 50
_SLIPS = {"&&": "and", "&": "and", "||": "or", "|": "or"}


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was understood."""

    text: str
    predicate: Predicate
    columns: frozenset[str] = frozenset()
    """What it asks for."""

    def matches(self, summary: RunSummary) -> bool:
        """Tell whether a run passes."""
        return self.predicate(summary)


def parse_filter(text: str, summaries: Collection[RunSummary] = ()) -> Filter:
    """Read a filter; empty text passes every run.

    `summaries` are the runs that it is meant for: what a preset of theirs measures or sets is a field, too.
    Raises: ConfigError saying what is wrong, at which place, and what is allowed.
    """
    if not text.strip():
        return Filter(text, lambda _: True)
    parser = _Parser(text, summaries)
    return Filter(text, parser.parse(), frozenset(parser.columns))


class _Parser:
    """Reads the grammar from left to right, one token ahead."""

    def __init__(self, text: str, summaries: Collection[RunSummary]) -> None:
        self._text = text
        self._summaries = summaries
        self._nested = 0
        self.columns: set[str] = set()
        self._next = token_at(text, 0)

    def parse(self) -> Predicate:
        predicate = self._any_of()
        if self._next.kind == ")":
            raise self._fault("this parenthesis closes nothing", self._next)
        return predicate

    def _any_of(self) -> Predicate:
        parts = [self._all_of()]
        while self._next.kind == "or":
            self._take()
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else lambda run: any(part(run) for part in parts)

    def _all_of(self) -> Predicate:
        parts = [self._one()]
        while self._next.kind not in ("or", ")", "end"):
            if self._next.kind == "and":
                self._take()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda run: all(part(run) for part in parts)

    def _one(self) -> Predicate:
        token = self._take()
        match token.kind:
            case "not":
                return self._within(token, self._negated)
            case "(":
                return self._within(token, lambda: self._parenthesised(token))
            case "quoted":
                return build_search(token.text, is_literal=True)
            case "word":
                return self._condition(token)
            case "operator":
                raise self._fault(f'"{token.text}" has no field before it', token)
            case "end":
                raise self._fault("a condition is missing at the end", token)
            case _:
                raise self._fault(f'a condition is missing before "{token.text}"', token)

    def _within(self, token: Token, read: Callable[[], Predicate]) -> Predicate:
        if self._nested == MOST_NESTED:
            raise self._fault(f"more than {MOST_NESTED} conditions inside each other", token)
        self._nested += 1
        predicate = read()
        self._nested -= 1
        return predicate

    def _negated(self) -> Predicate:
        inner = self._one()
        return lambda run: not inner(run)

    def _parenthesised(self, opening: Token) -> Predicate:
        inner = self._any_of()
        if self._next.kind != ")":
            raise self._fault("this parenthesis is never closed", opening)
        self._take()
        return inner

    def _condition(self, token: Token) -> Predicate:
        if token.text in _SLIPS:
            raise self._fault(f'write {_SLIPS[token.text]} for "{token.text}"', token)
        if token.text.startswith("!"):
            raise self._fault('write not for "!"', token)
        if self._next.kind == "operator":
            return self._comparison(token, self._next)
        field = token.text.removeprefix("has:")
        if field == token.text:
            return build_search(field, is_literal=False)
        if not field:
            raise self._fault("has: names no field; write has:FIELD", token)
        self._check_field(field, token)
        return lambda run: has_value(column_value(run, field))

    def _comparison(self, field: Token, operator: Token) -> Predicate:
        value = value_at(self._text, operator.end)
        if self._is_name(self._text[field.start : value.end]):
            self._next = token_at(self._text, value.end)
            return build_search(self._text[field.start : value.end], is_literal=True)
        self._check_field(field.text, field)
        if value.kind == "end":
            raise self._fault(f'"{operator.text}" has no value after it', operator)
        self._next = token_at(self._text, value.end)
        try:
            return build_comparison(field.text, operator.text, value.text, is_literal=value.kind == "quoted")
        except ConfigError as error:
            raise self._fault(error.message, value, error.hint) from error

    def _is_name(self, text: str) -> bool:
        """Tell whether what looks like a condition is the label of a run, which may well be called `bn=on`."""
        return any(run.label == text for run in self._summaries)

    def _check_field(self, name: str, token: Token) -> None:
        self.columns.add(ALIASES.get(name, name))
        try:
            check_column(name, self._summaries)
        except ConfigError as error:
            hint = f"{error.hint}\nTo find a text that looks like a condition, quote it."
            raise self._fault(error.message, token, hint) from error

    def _take(self) -> Token:
        taken = self._next
        self._next = token_at(self._text, taken.end)
        return taken

    def _fault(self, message: str, token: Token, hint: str = "") -> ConfigError:
        return fault_at(self._text, token, message, hint)
