"""Facts as a case holds them, and as a scope sees them: looked at when somebody asks, not before. Pure.

An application may hold hundreds of facts, and a command reads a few of them. So a loaded case keeps their stored
text, and makes values of it one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple

from engine.records import plain

FactKey = tuple[int, str]
"""Scope and name."""


class _Stored(NamedTuple):
    """A fact that nobody has asked for yet."""

    text: str
    decode: Callable[[str], Any]


class Facts(MutableMapping[FactKey, Any]):
    """Values by scope and name."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[FactKey, Any] | Iterable[tuple[FactKey, Any]] = ()) -> None:
        self._values: dict[FactKey, Any] = dict(values)

    @classmethod
    def stored(cls, texts: Mapping[FactKey, str], decode: Callable[[str], Any]) -> Facts:
        """Facts whose values `decode` makes of their texts."""
        return cls((key, _Stored(text, decode)) for key, text in texts.items())

    def copy(self) -> Facts:
        new = Facts.__new__(Facts)
        new._values = self._values.copy()
        return new

    def __getitem__(self, key: FactKey) -> Any:
        value = self._values[key]
        if type(value) is _Stored:
            value = self._values[key] = value.decode(value.text)
        return value

    def __setitem__(self, key: FactKey, value: Any) -> None:
        self._values[key] = value

    def __delitem__(self, key: FactKey) -> None:
        del self._values[key]

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[FactKey]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class Visible(Mapping[str, Any]):
    """What a scope sees, by name: its own facts before those of the scopes around it.

    `unwrapped`: personal values as what they are, instead of wrapped.
    """

    __slots__ = ("_facts", "_scopes", "_unwrapped")

    def __init__(self, facts: Facts, parents: Mapping[int, int | None], scope: int, *, unwrapped: bool = False) -> None:
        self._facts, self._unwrapped = facts, unwrapped
        self._scopes: list[int] = []
        current: int | None = scope
        while current is not None:
            self._scopes.append(current)
            current = parents.get(current)

    def __getitem__(self, name: str) -> Any:
        for scope in self._scopes:
            if (scope, name) in self._facts:
                value = self._facts[scope, name]
                return plain(value) if self._unwrapped else value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        seen = {
            name: None for scope in self._scopes for name in sorted(n for owner, n in self._facts if owner == scope)
        }
        return iter(seen)

    def __len__(self) -> int:
        return sum(1 for _ in self)
