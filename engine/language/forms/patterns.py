"""The browser's regular expressions (ECMAScript, no flags), matched within a time limit. Knows no form."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from typing import Any

LONGEST_PATTERN = 2_000  # characters
SECONDS = 0.1  # limit for one match; an ordinary pattern on a field takes microseconds

_TOKEN = re.compile(r"\\.|\[\^?\]|\[|\]|\$|\.|\(\?<(?=[A-Za-z_])|[^\\]", re.DOTALL)
_OUTSIDE = {  # outside brackets: ECMAScript's token → the same for Python, where the two differ
    "$": r"\Z",
    ".": r"[^\n\r\u2028\u2029]",
    r"\d": "[0-9]",
    r"\D": "[^0-9]",
    r"\w": "[A-Za-z0-9_]",
    r"\W": "[^A-Za-z0-9_]",
    r"\/": "/",
    r"\-": "-",
    "[]": "(?!)",
    "[^]": r"[\s\S]",
    "(?<": "(?P<",
}
_INSIDE = {r"\d": "0-9", r"\w": "A-Za-z0-9_", r"\/": "/", "[": r"\[", "[]": r"\[]", "[^]": r"\[^]"}


class TooSlow(Exception):
    """The match took longer than SECONDS."""


def matches(pattern: str, text: str) -> bool:
    """Return whether the pattern matches within the text, as `new RegExp(pattern).test(text)` would.

    Raises TooSlow; ValueError for a pattern that is none.
    """
    try:
        return _compiled(pattern).search(text, timeout=SECONDS) is not None
    except TimeoutError:
        raise TooSlow(pattern) from None


def problem(pattern: str) -> str | None:
    """Return what is wrong with a pattern, in one line; None if nothing is."""
    try:
        _compiled(pattern)
    except ValueError as error:
        return str(error)
    return None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    # Imported at first use: few forms have patterns. Python's own `re` can't stop a match that takes too long.
    regex = import_module("regex")
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"it is longer than {LONGEST_PATTERN} characters")
    try:
        return regex.compile(_translated(pattern), regex.V0)
    except regex.error as error:
        raise ValueError(str(error)) from None


def _translated(pattern: str) -> str:
    parts, inside = [], False
    for token in _TOKEN.findall(pattern):
        parts.append((_INSIDE if inside else _OUTSIDE).get(token, token))
        if not inside and token == "[":
            inside = True
        elif inside and token in ("]", "[]", "[^]"):
            inside = False
    return "".join(parts)
