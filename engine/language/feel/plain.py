"""Turns values of FEEL into plain JSON, for the command line and the pages. Knows no syntax."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from engine.language.feel import limits
from engine.language.feel.callables import Function
from engine.language.feel.functions.strings import number_text, temporal_text, text_of
from engine.language.feel.values import Range, Value, from_host

# JSON readers keep integers below 2**53 exactly; a double holds 15 digits of a decimal for sure.
_SAFE_DIGITS = 15


def to_json(value: Value) -> Any:
    """The value as something that `json.dumps` takes.

    A number becomes int or float if that loses nothing, else the text of its digits. Dates, times and durations become
    their ISO 8601 text, ranges the text of FEEL, functions None.
    """
    limits.check_value(value)
    return _to_json(from_host(value))


def _to_json(value: Value) -> Any:
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, list):
        return [_to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: _to_json(item) for key, item in value.items()}
    if isinstance(value, Range):
        return text_of(value)
    return None if isinstance(value, Function) else temporal_text(value)


def _number(value: Decimal) -> int | float | str:
    text = number_text(value)
    if "." not in text and len(text) <= 6_200:
        return int(text)
    return float(text) if len(value.normalize().as_tuple().digits) <= _SAFE_DIGITS else text


def json_text(value: Value) -> str:
    """The JSON text of a value, as `to_json` has it, but with all digits of every number."""
    limits.check_value(value)
    return _json_text(from_host(value))


def _json_text(value: Value) -> str:
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_json_text, value))}]"
    if isinstance(value, dict):
        entries = (f"{json.dumps(key, ensure_ascii=False)}: {_json_text(item)}" for key, item in value.items())
        return f"{{{', '.join(entries)}}}"
    return json.dumps(_to_json(value), ensure_ascii=False)
