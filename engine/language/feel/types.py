"""The types of FEEL, as they are written and named. Knows no syntax, and no more of values than that there are some.

Source: DMN 1.5 § 10.3.2.9.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.language.feel.values import Value


@dataclass(frozen=True, slots=True)
class Type:
    """A type by its kind.

    `parts`: the item of a list or range (one, unnamed), the entries of a context, the parameters of a
    function. `result`: what a function gives. `allowed`: the further test of an item definition, which
    coercion applies and `instance of` doesn't.
    """

    kind: str
    parts: tuple[tuple[str, Type], ...] = ()
    result: Type | None = None
    allowed: Callable[[Value], bool | None] | None = None
    open: bool = True  # a function type whose parameters aren't said


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
