"""The facts of a case, and the facts that a scope sees. A stored fact is decoded when somebody reads it. Pure.

An application may hold hundreds of facts, and a command reads a few of them. So a loaded case keeps their stored
texts, and decodes them one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any

from engine.case.records import plain

FactKey = tuple[int, str]
"""Scope and name."""


class Facts(MutableMapping[FactKey, Any]):
    """Values by scope and name. `texts` are the stored ones; `decode` makes the value of a text."""

    __slots__ = ("_decode", "_texts", "_values")

    def __init__(self, texts: Mapping[FactKey, str] = MappingProxyType({}), decode: Callable[[str], Any] = str) -> None:
        self._values: dict[FactKey, Any] = {}  # read or set already; looked up before the texts
        self._texts = dict(texts)
        self._decode = decode

    def copy(self) -> Facts:
        new = Facts.__new__(Facts)
        new._values, new._texts, new._decode = self._values.copy(), self._texts.copy(), self._decode
        return new

    def __getitem__(self, key: FactKey) -> Any:
        if key not in self._values:
            self._values[key] = self._decode(self._texts[key])
        return self._values[key]

    def __setitem__(self, key: FactKey, value: Any) -> None:
        self._values[key] = value

    def __delitem__(self, key: FactKey) -> None:
        if key not in self:
            raise KeyError(key)
        self._values.pop(key, None)
        self._texts.pop(key, None)

    def __contains__(self, key: object) -> bool:
        return key in self._values or key in self._texts

    def __iter__(self) -> Iterator[FactKey]:
        yield from self._texts
        yield from [key for key in self._values if key not in self._texts]

    def __len__(self) -> int:
        return len(self._texts.keys() | self._values.keys())


class Visible(Mapping[str, Any]):
    """The facts that a scope sees, by name. A fact of the scope itself hides one of the same name further out.

    `unwrapped`: personal values are given without their wrapper. `read` takes each value that is looked up, wrapper and
    all, by name; None where there is none.
    """

    __slots__ = ("_facts", "_read", "_scopes", "_unwrapped")

    def __init__(
        self,
        facts: Facts,
        parents: Mapping[int, int | None],
        scope: int,
        *,
        unwrapped: bool = False,
        read: dict[str, Any] | None = None,
    ) -> None:
        self._facts, self._unwrapped, self._read = facts, unwrapped, read
        self._scopes: list[int] = []
        current: int | None = scope
        while current is not None:
            self._scopes.append(current)
            current = parents.get(current)

    def __getitem__(self, name: str) -> Any:
        for scope in self._scopes:
            if (scope, name) in self._facts:
                value = self._facts[scope, name]
                if self._read is not None:
                    self._read[name] = value
                return plain(value) if self._unwrapped else value
        if self._read is not None:
            self._read[name] = None
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any((scope, name) in self._facts for scope in self._scopes)

    def __iter__(self) -> Iterator[str]:
        seen = {
            name: None for scope in self._scopes for name in sorted(n for owner, n in self._facts if owner == scope)
        }
        return iter(seen)

    def __len__(self) -> int:
        return sum(1 for _ in self)
