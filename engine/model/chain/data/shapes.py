"""Shapes: what is known beforehand about the value of a fact. Pure; knows no model and no expression.

Kinds have the names of FEEL's types.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

TEXT, NUMBER, BOOLEAN = "string", "number", "boolean"
DATE, TIME, MOMENT = "date", "time", "date and time"
DAYS, MONTHS = "days and time duration", "years and months duration"
LIST, CONTEXT, FUNCTION, RANGE = "list", "context", "function", "range"

_MOST_OPTIONS = 100
"""Texts that a shape lists; a fact that may be more different texts is just a text."""
_DEEPEST = 6
"""Contexts within each other; what lies deeper isn't known. So a fact that grows in a loop has a shape."""


@dataclass(frozen=True, slots=True)
class Shape:
    """All that is known about a value.

    kinds    the kinds that it may be; None: nothing is known; empty: only null
    options  the texts that it may be; None: any
    item     the shape of the items of a list; None: unknown
    members  the shapes of the members of a context; None: unknown
    is_open  whether a context may have other members, which nobody can know beforehand
    """

    kinds: frozenset[str] | None = None
    options: frozenset[str] | None = None
    item: Shape | None = None
    members: Mapping[str, Shape] | None = None
    is_open: bool = False

    @property
    def is_known(self) -> bool:
        """Whether it is known to be something other than null."""
        return bool(self.kinds)

    def may_be(self, *kinds: str) -> bool:
        return not self.kinds or not self.kinds.isdisjoint(kinds)


ANY = Shape()
NULL = Shape(frozenset())


def of(*kinds: str) -> Shape:
    return Shape(frozenset(kinds))


def text(options: Iterable[str] | None = None) -> Shape:
    return Shape(frozenset({TEXT}), frozenset(options) if options is not None else None)


def list_of(item: Shape) -> Shape:
    return Shape(frozenset({LIST}), item=item)


def item_of(shape: Shape) -> Shape:
    """Return the shape of the items of a value; of null there is none."""
    if shape.kinds == frozenset():
        return NULL
    return (shape.item or ANY) if LIST in (shape.kinds or ()) else ANY


def context(members: Mapping[str, Shape] | None, is_open: bool = False) -> Shape:
    return Shape(frozenset({CONTEXT}), members=members, is_open=is_open)


def join(one: Shape, other: Shape, depth: int = 0) -> Shape:
    """Return the shape of a value that is one of two."""
    if one == other or other.kinds == frozenset():
        return one
    if one.kinds == frozenset():
        return other
    if one.kinds is None or other.kinds is None or depth > _DEEPEST:
        return ANY
    return Shape(
        one.kinds | other.kinds,
        _joined_options(one, other),
        _joined_items(one, other, depth),
        _joined_members(one, other, depth),
        one.is_open or other.is_open or _is_unknown(one) is not _is_unknown(other),
    )


def _is_unknown(shape: Shape) -> bool:
    return shape.members is None and CONTEXT in (shape.kinds or ())


def joined(shapes: Iterable[Shape]) -> Shape:
    """Return the shape of a value that is one of these; null where there is none."""
    return reduce(join, shapes, NULL)


def _joined_options(one: Shape, other: Shape) -> frozenset[str] | None:
    if not (one.kinds and other.kinds):
        return None
    if TEXT not in one.kinds or TEXT not in other.kinds:
        return one.options if TEXT in one.kinds else other.options
    if one.options is None or other.options is None or len(one.options | other.options) > _MOST_OPTIONS:
        return None
    return one.options | other.options


def _joined_items(one: Shape, other: Shape, depth: int) -> Shape | None:
    if one.item is None or other.item is None:
        lists = [shape for shape in (one, other) if LIST in (shape.kinds or ())]
        return lists[0].item if len(lists) == 1 else None
    return join(one.item, other.item, depth + 1)


def _joined_members(one: Shape, other: Shape, depth: int) -> Mapping[str, Shape] | None:
    if one.members is None or other.members is None:
        contexts = [shape for shape in (one, other) if CONTEXT in (shape.kinds or ())]
        return one.members or other.members if contexts else None
    names = [*one.members, *(name for name in other.members if name not in one.members)]
    return {n: join(one.members.get(n, NULL), other.members.get(n, NULL), depth + 1) for n in names}


def cut(shape: Shape, depth: int = _DEEPEST) -> Shape:
    """Return the shape without what lies deeper than `depth`."""
    if depth <= 0:
        return ANY
    if shape.item is None and shape.members is None:
        return shape
    members = None if shape.members is None else {n: cut(s, depth - 1) for n, s in shape.members.items()}
    item = None if shape.item is None else cut(shape.item, depth - 1)
    return Shape(shape.kinds, shape.options, item, members, shape.is_open)
