"""Turns effects, and the values that a case's state consists of, into JSON and back.

The journal keeps these shapes, so that they can be read for ever. An effect is `{"type": "fact_set", ...fields}`;
fields that hold their default are left out.
"""

from __future__ import annotations

import dataclasses
import functools
import operator
import re
import typing
from collections.abc import Callable, Mapping
from typing import Any

from engine.base.errors import JournalBroken
from engine.case.records.effects import Effect
from engine.case.records.values import ITSELF, Personal, decode, encode
from engine.model.runtime import changes

_RUNTIME_TYPES: dict[type, str] = {
    changes.Entered: "element_entered",
    changes.Completed: "element_completed",
    changes.Terminated: "element_terminated",
    changes.Taken: "flow_taken",
    changes.Armed: "event_awaited",
    changes.Disarmed: "event_dropped",
    changes.ScopeOpened: "scope_opened",
    changes.ScopeClosed: "scope_closed",
    changes.MultiAdvanced: "multi_instance_advanced",
}


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


EFFECTS: Mapping[str, type] = {
    _RUNTIME_TYPES.get(kind, _snake(kind.__name__)): kind for kind in typing.get_args(Effect)
}
"""The class of each effect, by its name in the journal."""
_NAMES = {kind: name for name, kind in EFFECTS.items()}
_NESTED = {"arm": changes.Arm, "multi": changes.Multi}
_NESTED_TYPES = frozenset(_NESTED.values())


@functools.cache
def _fields_of(kind: Any) -> tuple[tuple[str, ...], tuple[Any, ...], Callable[[Any], tuple[Any, ...]]]:
    """(names, defaults, getter of all values) of the fields of a dataclass. A field without default has the marker
    `dataclasses.MISSING` for one."""
    fields = dataclasses.fields(kind)
    names = tuple(f.name for f in fields)
    defaults = (f.default_factory() if f.default_factory is not dataclasses.MISSING else f.default for f in fields)
    if len(names) == 1:
        return names, tuple(defaults), lambda value: (getattr(value, names[0]),)
    return names, tuple(defaults), operator.attrgetter(*names)


def fields_to_json(value: Any) -> dict[str, Any]:
    """The JSON of a dataclass value, without the fields that hold their default."""
    out: dict[str, Any] = {}
    names, defaults, values_of = _fields_of(value.__class__)
    for name, default, item in zip(names, defaults, values_of(value), strict=True):
        if item is default or item == default:
            continue
        kind = type(item)
        if kind in ITSELF:
            out[name] = item
        else:
            out[name] = fields_to_json(item) if kind in _NESTED_TYPES else encode(item)
    return out


def effect_to_json(effect: Effect) -> dict[str, Any]:
    return {"type": _NAMES[type(effect)], **fields_to_json(effect)}


def fields_from_json(kind: type, data: Mapping[str, Any], personal: Callable[[str], Personal] = Personal.erased) -> Any:
    """The dataclass value of type `kind` from its JSON. Raises TypeError if the fields don't fit."""
    values: dict[str, Any] = {}
    for name, item in data.items():
        if name == "type":
            continue
        if name in _NESTED and item is not None:
            values[name] = fields_from_json(_NESTED[name], item, personal)
        else:
            value = decode(item, personal)
            values[name] = tuple(value) if name in _tuple_fields(kind) else value
    return kind(**values)


@functools.cache
def _tuple_fields(kind: type) -> frozenset[str]:
    hints = typing.get_type_hints(kind)
    return frozenset(name for name, hint in hints.items() if typing.get_origin(hint) is tuple)


def effect_from_json(data: Any, personal: Callable[[str], Personal] = Personal.erased) -> Effect:
    """The effect from its JSON in a journal entry. Raises JournalBroken if it isn't one."""
    try:
        effect: Effect = fields_from_json(EFFECTS[data["type"]], data, personal)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise JournalBroken(f"Expected an effect of a known type; found {str(data)[:200]}.") from error
    return effect
