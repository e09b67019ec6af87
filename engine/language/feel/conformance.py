"""Tells whether a value is of a type, and converts it where that type is asked for. Knows no syntax.

Source: DMN 1.5 § 10.3.2.9 (the lattice, equivalence and conformance, conversions).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from engine.language.feel import limits
from engine.language.feel.callables import Function
from engine.language.feel.temporal import midnight
from engine.language.feel.types import Type
from engine.language.feel.values import Range, Value, YearsMonths

_KINDS: Mapping[type, str] = {
    bool: "boolean", Decimal: "number", str: "string", datetime.date: "date", datetime.time: "time",
    datetime.datetime: "date and time", datetime.timedelta: "days and time duration",
    YearsMonths: "years and months duration", list: "list", dict: "context", Range: "range", Function: "function",
}  # fmt: skip


def kind_of(value: Value) -> str:
    """The name of the kind of a value, for messages and tables; that of null is "Null"."""
    return _KINDS.get(type(value), "Null")


def python_types(wanted: Type) -> frozenset[type]:
    """The Python types whose values belong to this type, if what is inside lists and the like isn't looked at."""
    if wanted.kind == "Any":
        return frozenset((*_KINDS, type(None)))
    return frozenset(kind for kind, name in _KINDS.items() if name == wanted.kind)


def conforms(value: Value, wanted: Type) -> bool:
    """Whether the value is of the type (`instance of`). Null is of type Null only; values inside may be null."""
    if value is None:
        return wanted.kind == "Null"
    if wanted.kind == "Any":
        return True
    if kind_of(value) != wanted.kind:
        return False
    check = _STRUCTURED.get(wanted.kind)
    return check is None or check(value, wanted)


def _nullable(value: Value, wanted: Type) -> bool:
    return value is None or conforms(value, wanted)


def _list_conforms(value: list[Value], wanted: Type) -> bool:
    return not wanted.parts or all(_nullable(item, wanted.parts[0][1]) for item in value)


def _context_conforms(value: dict[str, Value], wanted: Type) -> bool:
    return all(name in value and _nullable(value[name], part) for name, part in wanted.parts)


def _range_conforms(value: Range, wanted: Type) -> bool:
    return not wanted.parts or all(_nullable(end, wanted.parts[0][1]) for end in (value.start, value.end))


def _function_conforms(value: Function, wanted: Type) -> bool:
    if value.variadic or (wanted.open and not wanted.parts):
        fits = True
    else:
        fits = len(value.parameters) == len(wanted.parts) and all(
            _takes(own.type, asked) for own, (_, asked) in zip(value.parameters, wanted.parts, strict=True)
        )
    return fits and _narrower(value.result, wanted.result)


_STRUCTURED: Mapping[str, Callable[..., bool]] = {
    "list": _list_conforms, "context": _context_conforms, "range": _range_conforms, "function": _function_conforms,
}  # fmt: skip


def _takes(own: Type | None, asked: Type) -> bool:
    """Whether a parameter of the type `own` takes each value of the type that is asked for."""
    return own is None or _narrower(asked, own, sure=True)


def _narrower(narrow: Type | None, wide: Type | None, sure: bool = False) -> bool:
    """Whether each value of `narrow` is also one of `wide`. A type that isn't stated (None) fits any.

    `sure`: Any is not narrower than another type. Else it is a type that isn't known, as that of a result.
    """
    if narrow is None or wide is None or wide.kind == "Any" or narrow.kind == "Null":
        return True
    if narrow.kind == "Any":
        return not sure
    if narrow.kind != wide.kind:
        return False
    if wide.kind == "context":
        own = dict(narrow.parts)
        return all(name in own and _narrower(own[name], part, sure) for name, part in wide.parts)
    if wide.kind == "function":
        taken = zip(narrow.parts, wide.parts, strict=False)
        fits = len(narrow.parts) == len(wide.parts) and all(_takes(mine, asked) for (_, mine), (_, asked) in taken)
        return fits and _narrower(narrow.result, wide.result, sure)
    if not wide.parts:
        return True
    return _narrower(narrow.parts[0][1], wide.parts[0][1], sure) if narrow.parts else not sure


def coerce(value: Value, wanted: Type | None) -> tuple[Value, bool]:
    """`(value, True)`, converted to the type; `(None, False)` if it can't be.

    A list of one item becomes that item, an item becomes a list of one, a date becomes its midnight.
    """
    if value is None or wanted is None:
        return value, True
    for candidate in _conversions(value, wanted):
        if _fits(candidate, wanted):
            return _shaped(candidate, wanted), True
    return None, False


def _conversions(value: Value, wanted: Type) -> tuple[Value, ...]:
    if wanted.kind == "list":
        return (value,) if isinstance(value, list) else (value, [value])
    if isinstance(value, list) and len(value) == 1:
        return (value, value[0])
    if type(value) is datetime.date and wanted.kind == "date and time":
        return (midnight(value),)
    return (value,)


def _fits(value: Value, wanted: Type) -> bool:
    return conforms(value, _without_tests(wanted)) and allowed(value, wanted)


def _without_tests(wanted: Type) -> Type:
    return wanted if wanted.allowed is None else replace(wanted, allowed=None)


def allowed(value: Value, wanted: Type) -> bool:
    """Whether the value and the values inside it pass the tests of their item definitions."""
    if value is None:
        return True
    if wanted.allowed is not None and wanted.allowed(value) is not True:
        return False
    if wanted.kind == "list" and wanted.parts and isinstance(value, list):
        limits.check_value(value)
        return all(allowed(item, wanted.parts[0][1]) for item in value)
    if wanted.kind == "context" and isinstance(value, dict):
        return all(allowed(value.get(name), part) for name, part in wanted.parts)
    return True


def _shaped(value: Value, wanted: Type) -> Value:
    """The value. A function without result type gets that of the type it was converted to."""
    if isinstance(value, Function) and wanted.result is not None and value.result is None:
        return replace(value, result=wanted.result)
    return value
