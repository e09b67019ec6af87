"""Reads texts as dates, times and durations where a type asks for them. Knows no XML.

FEEL itself takes no text for a date. But a form's date field gives a text, and so does JSON.
"""

from __future__ import annotations

from engine.language.feel import Type, Value, temporal
from engine.language.feel.conformance import conforms

_DATED = ("date", "time", "date and time", "days and time duration", "years and months duration")


def dated(value: Value, wanted: Type | None) -> Value:
    """Return the value with texts read as dates, times and durations where the type has them.

    A text that can't be read as such stays.
    """
    if wanted is None:
        return value
    if isinstance(value, list) and wanted.kind == "list" and wanted.parts:
        return [dated(item, wanted.parts[0][1]) for item in value]
    if isinstance(value, dict):
        parts = dict(wanted.parts)
        return {name: dated(item, parts.get(name)) for name, item in value.items()}
    if isinstance(value, str) and wanted.kind in _DATED:
        moment = temporal.parse(value)
        return moment if conforms(moment, Type(wanted.kind)) else value
    return value
