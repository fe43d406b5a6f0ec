"""The words of the filter grammar, and how a fault among them is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from engine.errors import ConfigError

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<mark>[()])
      | (?P<operator>!=|<=|>=|==|=~|[=<>~])
      | (?P<quoted>"[^"]*"|'[^']*')
      | (?P<unclosed>["'])
      | (?P<word>(?:@best\([^\s()]*\)|[^\s()=<>~!]|!(?!=))+)
    )""",
    re.VERBOSE,
)
# After an operator a value reaches to the next space or parenthesis, so that `label=bn=on` needs no quotes.
_VALUE = re.compile(r"""\s*(?:(?P<quoted>"[^"]*"|'[^']*')|(?P<unclosed>["'])|(?P<word>[^\s()]+))""")
_JOINING = ("and", "or", "not")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a filter and its place, as a slice of the text."""

    kind: str
    """and, or, not, (, ), operator, word, quoted, or end."""
    text: str
    """Without quotes."""
    start: int
    end: int


def token_at(text: str, position: int) -> Token:
    """Return the next token from a place on.

    Raises: ConfigError if a quote is never closed.
    """
    token = _found(text, _TOKEN.match(text, position))
    is_joining = token.kind == "word" and token.text.lower() in _JOINING
    return replace(token, kind=token.text.lower()) if is_joining else token


def value_at(text: str, position: int) -> Token:
    """Return the value that an operator is followed by; its kind is `end` where there is none.

    Raises: ConfigError if a quote is never closed.
    """
    return _found(text, _VALUE.match(text, position))


def _found(text: str, hit: re.Match[str] | None) -> Token:
    if hit is None:
        return Token("end", "", len(text), len(text))
    kind = hit.lastgroup
    assert kind is not None  # every alternative has a name
    found, (start, end) = hit[kind], hit.span(kind)
    match kind:
        case "unclosed":
            raise fault_at(text, Token(kind, found, start, end), "this quote is never closed")
        case "quoted":
            return Token(kind, found[1:-1], start, end)
        case "mark":
            return Token(found, found, start, end)
        case _:
            return Token(kind, found, start, end)


def fault_at(text: str, token: Token, message: str, hint: str = "") -> ConfigError:
    """Build an error that shows the filter with the faulty piece underlined."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    marks = " " * token.start + "^" * max(1, token.end - token.start)
    return ConfigError([f"filter: {message}\n  {shown}\n  {marks}"], hint)
