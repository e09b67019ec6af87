"""The properties that form-js reads of its components, in one table: where each acts, and whether the server keeps it.

Knows single components as written, no form around them. `told` says what in a component has no effect: a page drops it
too (`form-rules.js`), so that both sides read the same form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from engine.language.feel.tokens import KEYWORDS

TEXTS = frozenset({"textfield", "textarea"})
NUMBERS = frozenset({"number"})
CHOICES = frozenset({"radio", "select", "checklist", "taglist"})
DATES = frozenset({"datetime"})
FILES = frozenset({"filepicker"})
COMPUTED = frozenset({"expression"})
FILLED_IN = TEXTS | NUMBERS | CHOICES | DATES | {"checkbox"}
KEYED = FILLED_IN | FILES | COMPUTED
LISTS = frozenset({"dynamiclist"})
CONTAINERS = LISTS | {"group"}
SHOWN = frozenset({"text", "html", "image", "separator", "spacer", "button", "table", "iframe", "documentPreview"})
ANY = KEYED | CONTAINERS | SHOWN

_HELD_BACK = frozenset({"constructor", "__proto__"})
"""Names that form-js refuses to set, so that a page with such a field shows nothing."""

_NAME = re.compile(r"[^\W\d]\w*")


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else "true or false"


def _flag_or_feel(value: Any) -> str:
    return "" if isinstance(value, bool) or _is_feel(value) else "true, false or FEEL that begins with '='"


def _one_of(*words: str) -> Callable[[Any], str]:
    return lambda value: "" if value in words else f"one of {', '.join(words)}"


def _whole(value: Any) -> str:
    return "" if type(value) is int and value >= 0 else "a whole number that isn't negative"


def _minutes(value: Any) -> str:
    return "" if type(value) is int and value in (1, 5, 10, 15, 30, 60) else "1, 5, 10, 15, 30 or 60"


def _step(value: Any) -> str:
    return "" if (number := _number(value)) is None or number > 0 else "more than 0"


def _default(value: Any) -> str:
    return "a value; FEEL isn't worked out here" if _is_feel(value) else ""


def _accept(value: Any) -> str:
    return "kinds of files or FEEL; templates in {{…}} aren't filled in" if "{{" in str(value) else ""


def _name(value: Any) -> str:
    if not isinstance(value, str):
        return "text"
    if _HELD_BACK & {*value.split(".")}:
        return "a name that pages can hold; constructor and __proto__ are none"
    plain = all(_NAME.fullmatch(part) and part not in KEYWORDS for part in value.split("."))
    return "" if plain or not value else "letters, digits and _, parted by points, and no word of FEEL"


def _text(value: Any) -> str:
    return "" if isinstance(value, str) else "text"


def _always(value: Any) -> str:
    return "" if value is True else "true: a list always repeats"


def _anything(value: Any) -> str:
    return ""


def _is_feel(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("=")


def _number(value: Any) -> Decimal | None:
    """Return the number that is written as one or as its text; None for anything else."""
    try:
        return None if isinstance(value, bool | None) else Decimal(str(value))
    except InvalidOperation:
        return None


@dataclass(frozen=True, slots=True)
class Property:
    """One property. `on`: types on which it acts; `is_kept`: the server keeps it, else it is for the eye alone.

    `expected` says in words what a value should have been; nothing for one that acts as written.
    """

    on: frozenset[str]
    is_kept: bool = True
    expected: Callable[[Any], str] = _anything


def _looks(names: str, on: frozenset[str]) -> dict[str, Property]:
    return {name: Property(on, is_kept=False) for name in names.split()}


PROPERTIES: Mapping[str, Property] = MappingProxyType(
    {
        **dict.fromkeys(("type", "id", "conditional.hide", "properties"), Property(ANY)),
        "key": Property(KEYED, expected=_name),
        "defaultValue": Property(FILLED_IN, expected=_default),
        "disabled": Property(KEYED, expected=_flag),
        "readonly": Property(KEYED - COMPUTED, expected=_flag_or_feel),
        "validate.required": Property(KEYED, expected=_flag),
        **dict.fromkeys(("validate.minLength", "validate.maxLength", "validate.pattern"), Property(TEXTS)),
        "validate.patternErrorMessage": Property(TEXTS),
        "validate.validationType": Property(TEXTS, expected=_one_of("email", "phone", "custom", "")),
        **dict.fromkeys(("validate.min", "validate.max"), Property(NUMBERS)),
        "decimalDigits": Property(NUMBERS, expected=_whole),
        "increment": Property(NUMBERS, expected=_step),
        "serializeToString": Property(NUMBERS, expected=_flag),
        "values": Property(CHOICES),
        **dict.fromkeys(("valuesKey", "valuesExpression"), Property(CHOICES, expected=_text)),
        "subtype": Property(DATES, expected=_one_of("date", "time", "datetime")),
        "timeSerializingFormat": Property(DATES, expected=_one_of("utc_offset", "utc_normalized", "no_timezone")),
        "timeInterval": Property(DATES, expected=_minutes),
        "disallowPassedDates": Property(DATES, expected=_flag),
        "multiple": Property(FILES, expected=_flag_or_feel),
        "accept": Property(FILES, expected=_accept),
        "expression": Property(COMPUTED),
        "components": Property(CONTAINERS),
        "path": Property(CONTAINERS, expected=_name),
        "isRepeating": Property(LISTS, expected=_always),
        "allowAddRemove": Property(LISTS, expected=_flag),
        "defaultRepetitions": Property(LISTS, expected=_whole),
        **_looks("label description layout appearance", ANY),
        **_looks("searchable", frozenset({"select"})),
        **_looks("use24h dateLabel timeLabel", DATES),
        **_looks("computeOn", COMPUTED),
        **_looks("showOutline verticalAlignment", CONTAINERS),
        **_looks("disableCollapse nonCollapsedItems", LISTS),
        **_looks("action", frozenset({"button"})),
        **_looks("text", frozenset({"text"})),
        **_looks("strict", frozenset({"text", "html"})),
        **_looks("content", frozenset({"html"})),
        **_looks("alt source", frozenset({"image"})),
        **_looks("height", frozenset({"spacer", "iframe"})),
        **_looks("url security", frozenset({"iframe"})),
        **_looks("columns columnsExpression rowCount", frozenset({"table"})),
        **_looks("dataSource", frozenset({"table", "documentPreview"})),
        **_looks("title endpointKey maxHeight", frozenset({"documentPreview"})),
    }
)
"""Property, as a path in the component → how it is read."""

_INNER = ("validate", "conditional")  # objects whose names are properties of their own


def told(component: Mapping[str, Any]) -> Iterator[str]:
    """Yield what in a component acts in no page and on no server, or not as it is written."""
    kind = component.get("type")
    for name, value in _written(component):
        known = PROPERTIES.get(name)
        if known is None:
            near = get_close_matches(name, PROPERTIES, 1, 0.75)
            yield f"{name} is no property of a form.{f' Did you mean {near[0]}?' if near else ''}"
        elif kind not in known.on:
            yield f"{name} has no effect on {kind}; it belongs on: {', '.join(sorted(known.on))}."
        elif value is not None and (expected := known.expected(value)):
            yield f"{name} has to be {expected}; found {str(value)[:40]!r}, which has no effect."
    yield from _crossed(component)
    yield from _misspelt(component)


OWN = ("term", "personal", "confidential")
"""Custom properties that Licet reads."""


def _misspelt(component: Mapping[str, Any]) -> Iterator[str]:
    """Yield custom properties that are nearly Licet's own, and those that stand where there is no value."""
    given = component.get("properties")
    for name in given if isinstance(given, dict) else ():
        near = get_close_matches(str(name), OWN, 1, 0.75)
        if name not in OWN and near:
            yield f"the property {name} means nothing to Licet. Did you mean {near[0]}?"
        elif name in OWN and component.get("type") in SHOWN:
            yield f"the property {name} has no effect: a component of type {component['type']} has no value."


def _written(component: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in component.items():
        if name in _INNER:
            inner = value if isinstance(value, dict) else {}
            yield from ((f"{name}.{part}", inner[part]) for part in inner)
        elif not name.startswith(("_", "$")):  # notes of tools
            yield name, value


def _crossed(component: Mapping[str, Any]) -> Iterator[str]:
    """Yield bounds between which nothing lies."""
    rules: Any = component.get("validate")
    for low, high in (("min", "max"), ("minLength", "maxLength")) if isinstance(rules, dict) else ():
        least, most = _number(rules.get(low)), _number(rules.get(high))
        if least is not None and most is not None and least > most:
            yield f"validate.{low} is more than validate.{high} ({least} > {most}): nothing can be filled in."
