"""Functions of strings, with regular expressions; and the conversion of any value into a string.

A character is a code point. Regular expressions are those of XPath (`patterns`). The `regex` library runs them, and
stops after limits.REGEX_SECONDS.
Source: DMN 1.5 § 10.3.4.3; § 10.3.4.1 (conversions).
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from typing import Any

from engine.language.feel import limits, temporal
from engine.language.feel.functions.patterns import compiled
from engine.language.feel.functions.registry import define
from engine.language.feel.values import NUMBERS, Range, Value, YearsMonths

_PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def text_of(value: Value) -> str | None:
    """The string of a value; None for null. Numbers have neither an exponent nor zeros at their end."""
    if value is None or isinstance(value, str):
        return value
    limits.check_value(value)
    return _text(value)


def _text(value: Value) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, list):
        return limits.check_text("[" + ", ".join(_text(item) for item in value) + "]")
    if isinstance(value, dict):
        return limits.check_text("{" + ", ".join(f"{key}: {_text(item)}" for key, item in value.items()) + "}")
    if isinstance(value, Range):
        return _range_text(value)
    return temporal_text(value) or "function"


def _range_text(value: Range) -> str:
    if value.operator:
        return f"({value.operator} {_text(value.end if value.start is None else value.start)})"
    opening, closing = "[" if value.start_included else "(", "]" if value.end_included else ")"
    return f"{opening}{_text(value.start)}..{_text(value.end)}{closing}"


def number_text(value: Decimal) -> str:
    """The digits of a number: `1200`, `0.5`."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def temporal_text(value: Value) -> str | None:
    """The ISO 8601 text of a date, time, date and time or duration; None for another value."""
    if isinstance(value, datetime.datetime):
        return temporal.format_datetime(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return temporal.format_time(value)
    return temporal.format_duration(value) if isinstance(value, (datetime.timedelta, YearsMonths)) else None


@define("string(from: Any)")
def _string(value: Value) -> str | None:
    return text_of(value)


@define("number(from: string)")
def _number(text: str) -> Decimal | None:
    if len(text) > 1_000 or not _PLAIN_NUMBER.fullmatch(text):
        return None
    value = NUMBERS.create_decimal(text)
    return value if value.is_finite() else None


@define("number(from: string, grouping separator?: string, decimal separator?: string)")
def _number_with(text: str, grouping: str | None, point: str | None) -> Decimal | None:
    if grouping not in (None, " ", ",", ".") or point not in (None, ",", ".") or (grouping and grouping == point):
        return None
    if grouping:
        text = text.replace(grouping, "")
    value: Decimal | None = _number(text.replace(point, ".") if point else text)
    return value


@define("substring(string: string, start position: number, length?: number)")
def _substring(text: str, start: Decimal, length: Decimal | None) -> str | None:
    """Positions count from 1, or from the end with -1. Decimals of a position are cut off."""
    place = int(start)
    if not place or abs(place) > len(text):
        return None
    first = place - 1 if place > 0 else len(text) + place
    if length is None:
        return text[first:]
    return text[first : first + int(length)] if length >= 1 else None


@define("string length(string: string)")
def _length(text: str) -> Decimal:
    return Decimal(len(text))


@define("upper case(string: string)")
def _upper(text: str) -> str:
    return text.upper()


@define("lower case(string: string)")
def _lower(text: str) -> str:
    return text.lower()


@define("trim(string: string)")
def _trim(text: str) -> str:
    return text.strip()


@define("is blank(string: string)")
def _is_blank(text: str) -> bool:
    return not text.strip()


@define("substring before(string: string, match: string)")
def _before(text: str, match: str) -> str:
    found = text.find(match)
    return text[:found] if found > 0 else ""


@define("substring after(string: string, match: string)")
def _after(text: str, match: str) -> str:
    found = text.find(match)
    return text[found + len(match) :] if found >= 0 else ""


@define("contains(string: string, match: string)")
def _contains(text: str, match: str) -> bool:
    return match in text


@define("starts with(string: string, match: string)")
def _starts(text: str, match: str) -> bool:
    return text.startswith(match)


@define("ends with(string: string, match: string)")
def _ends(text: str, match: str) -> bool:
    return text.endswith(match)


@define("string join(list: list, delimiter?: string)")
def _join(items: list[Value], delimiter: str | None) -> str | None:
    texts = [item for item in items if item is not None]
    if not all(isinstance(item, str) for item in texts):
        return None
    between = delimiter or ""
    size = sum(len(item) for item in texts) + len(between) * len(texts)
    if size > limits.TEXT_CHARACTERS:
        limits.exceeded(f"a text grew to {size:,}", limits.TEXT_CHARACTERS, "characters in a text")
    return between.join(texts)


@define("matches(input: string, pattern: string, flags?: string)")
def _matches(text: str, pattern: str, flags: str | None) -> bool | None:
    expression = compiled(pattern, flags or "")
    if expression is None:
        return None
    return _in_time(lambda: expression.search(text, timeout=limits.REGEX_SECONDS)) is not None


@define("replace(input: string, pattern: string, replacement: string, flags?: string)")
def _replace(text: str, pattern: str, replacement: str, flags: str | None) -> str | None:
    expression = compiled(pattern, flags or "")
    if expression is None:
        return None
    parts = _template(replacement, expression.groups)
    if parts is None or expression.fullmatch("", timeout=limits.REGEX_SECONDS):
        return None  # a pattern that matches the empty text would match everywhere
    size = 0

    def expand(found: Any) -> str:
        nonlocal size
        put = "".join(fixed if group is None else found[group] or "" for fixed, group in parts)
        size += len(put)
        if size > limits.TEXT_CHARACTERS:
            limits.exceeded("a text grew beyond", limits.TEXT_CHARACTERS, "characters in a text")
        return put

    return str(_in_time(lambda: expression.sub(expand, text, timeout=limits.REGEX_SECONDS)))


@define("split(string: string, delimiter: string)")
def _split(text: str, delimiter: str) -> list[Value] | None:
    expression = compiled(delimiter, "")
    if expression is None:
        return None
    parts: list[Value] = []
    last = 0
    for found in _in_time(lambda: list(expression.finditer(text, timeout=limits.REGEX_SECONDS))):
        if found.end() > found.start():
            parts.append(text[last : found.start()])
            last = found.end()
    return [*parts, text[last:]]


def _in_time(match: Any) -> Any:
    try:
        return match()
    except TimeoutError:
        limits.exceeded("a regular expression takes longer", limits.REGEX_SECONDS, "seconds for a match")


def _template(replacement: str, groups: int) -> list[tuple[str, int | None]] | None:
    """The parts of a replacement: (text, None), or ("", n) for group `$n`. None if it is malformed."""
    parts: list[tuple[str, int | None]] = []
    for found in re.finditer(r"\\(.)|\$([0-9])|(\$|\\)|([^\\$]+)", replacement, re.S):
        if found[3]:
            return None
        if found[1] is not None:
            if found[1] not in "\\$":
                return None
            parts.append((found[1], None))
        elif found[2] is not None:
            group = int(found[2])
            parts.append(("", group) if group <= groups else ("", None))
        else:
            parts.append((found[4], None))
    return parts
