"""The types of FEEL. Whether a value is of a type stands in `conformance`. Knows no syntax.

Source: DMN 1.5 § 10.3.2.9.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.language.feel.values import Value


@dataclass(frozen=True, slots=True)
class Type:
    """A type of this kind.

    `parts` are the types inside it: that of the items of a list or range (one, unnamed), those of the entries of a
    context by key, or those of the parameters of a function by name. `result` is the type that a function gives.
    `allowed` is a further test that an item definition states; coercion applies it, `instance of` doesn't.
    """

    kind: str
    parts: tuple[tuple[str, Type], ...] = ()
    result: Type | None = None
    allowed: Callable[[Value], bool | None] | None = None
    open: bool = True  # of a function: its parameters aren't stated


ANY = Type("Any")
SIMPLE: Mapping[str, Type] = {
    name: Type(name)
    for name in (
        "Any", "Null", "number", "string", "boolean", "date", "time", "date and time", "list", "context",
        "days and time duration", "years and months duration", "function", "range",
    )
} | {
    "dateTime": Type("date and time"), "dayTimeDuration": Type("days and time duration"),
    "yearMonthDuration": Type("years and months duration"), "any": ANY,
}  # fmt: skip


def list_of(item: Type) -> Type:
    """The type of a list of such items."""
    return Type("list", (("", item),))
