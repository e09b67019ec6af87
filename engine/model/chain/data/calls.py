"""Calls of FEEL's built-in functions: whether arguments fit, and the shape of the result."""

from __future__ import annotations

import json
from collections.abc import Sequence

from engine.language import feel
from engine.language.feel.functions import TABLE
from engine.model.chain.data import shapes
from engine.model.chain.data.shapes import ANY, Shape, joined, list_of

_GIVES = {
    shapes.NUMBER: "number|string length|count|mean|sum|product|median|stddev|decimal|floor|ceiling|round up|round down"
    "|round half up|round half down|abs|modulo|sqrt|log|exp|day of year|week of year",
    shapes.TEXT: "string|substring|upper case|lower case|trim|substring before|substring after|replace|string join"
    "|day of week|month of year",
    shapes.BOOLEAN: "not|list contains|contains|starts with|ends with|matches|all|any|odd|even|is|is defined|is empty"
    "|is blank|before|after|meets|met by|overlaps|overlaps before|overlaps after|finishes|finished by|includes|during"
    "|starts|started by|coincides",
    shapes.DATE: "date|today|last day of month",
    shapes.TIME: "time",
    shapes.MOMENT: "date and time|now",
    shapes.MONTHS: "years and months duration",
}
_RESULTS = {name: shapes.of(kind) for kind, names in _GIVES.items() for name in names.split("|")}
_RESULTS["duration"] = shapes.of(shapes.DAYS, shapes.MONTHS)
_RESULTS["split"] = list_of(shapes.text())
_RESULTS["index of"] = list_of(shapes.of(shapes.NUMBER))
_READ = {
    "date": '"2026-03-02"',
    "time": '"09:30:00" or "09:30:00+08:00"',
    "date and time": '"2026-03-02T09:30:00" or "2026-03-02T09:30:00+08:00"',
    "duration": '"P3D", "PT4H" or "P1Y6M"',
    "number": '"1250.50"',
}
"""Function that reads a text → how to write one."""
_SAME_LIST = frozenset({"sublist", "reverse", "distinct values", "remove", "sort", "duplicate values"})
_JOINED_LISTS = frozenset({"concatenate", "union"})
_OF_ITEMS = frozenset({"min", "max", "mode"})


def fits(name: str, arguments: Sequence[Shape]) -> bool:
    """Return whether values of these shapes may be arguments of a built-in function. A list of one item counts as the
    item, and a value as a list of one.
    """
    signatures = TABLE.get(name, ())
    return not signatures or any(_fit(signature.wanted, signature.variadic, arguments) for signature in signatures)


def _fit(wanted: Sequence[object], variadic: bool, arguments: Sequence[Shape]) -> bool:
    if len(arguments) > len(wanted) and not variadic:
        return False
    for place, given in enumerate(arguments):
        want = wanted[min(place, len(wanted) - 1)]
        kinds = {kind.kind for kind in want.types}  # type: ignore[attr-defined]
        if kinds & {"Any", shapes.LIST} or given.may_be(shapes.LIST, *kinds):
            continue
        return False
    return True


def unreadable(name: str, texts: Sequence[str]) -> str:
    """Return in words what a function that reads a text makes null, and how to write it; nothing if it reads it."""
    shown = ", ".join(json.dumps(text, ensure_ascii=False) for text in texts)
    if name not in _READ or not texts or feel.compile(f"{name}({shown})").evaluate({}) is not None:
        return ""
    return f"{shown}: that gives null. Write it as {_READ[name]}."


def result(name: str, arguments: Sequence[Shape]) -> Shape:
    """Return the shape of a built-in function's result."""
    if name in _RESULTS:
        return _RESULTS[name]
    first = arguments[0] if arguments else ANY
    if name in _SAME_LIST:
        return first if first.kinds == frozenset({shapes.LIST}) else list_of(ANY)
    if name in _JOINED_LISTS:
        return list_of(joined(shapes.item_of(shape) for shape in arguments))
    if name == "append":
        return list_of(joined([shapes.item_of(first), *arguments[1:]]))
    if name == "get or else" and len(arguments) > 1:
        return joined(arguments)
    if name == "context merge":
        return shapes.item_of(first)
    if name == "flatten":
        return list_of(ANY)
    return ANY


def put(base: Shape, key: Shape, value: Shape) -> Shape:
    """Return the shape of a context with a member more."""
    if base.members is None or key.options is None or len(key.options) != 1:
        return shapes.context(None)
    return shapes.context({**base.members, next(iter(key.options)): value})
