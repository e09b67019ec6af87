"""Facts as a page holds them: dates, times and durations are texts, numbers are numbers. Knows no field.

A page gets facts as JSON. A condition must not tell a date from its text on the server if it can't in the browser.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from engine.language import feel

_ITSELF = frozenset({type(None), bool, int, str, float, Decimal})


class Shown(Mapping[str, Any]):
    """Facts by name, each turned into what the page holds when it is asked for."""

    __slots__ = ("_facts",)

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = facts

    def __getitem__(self, name: str) -> Any:
        return as_shown(self._facts[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __contains__(self, name: object) -> bool:
        return name in self._facts


def as_shown(value: Any) -> Any:
    """Return a value as the page holds it; lists and objects are new where something in them was turned."""
    kind = type(value)
    if kind in _ITSELF:
        return value
    if kind is list or kind is tuple:
        return [as_shown(item) for item in value]
    if kind is dict:
        return {name: as_shown(item) for name, item in value.items()}
    return feel.to_json(value)
