"""Which names an expression needs: those that have to be set for it to say something. Pure; knows FEEL's tree alone.

A name is not needed where the expression asks for null itself (`x = null`, `is defined(x)`, `get or else(x, 0)`),
where such a question stands before it (`if x = null then 0 else x + 1`, `x != null and x > 3`), and where it is only
handed on. A comparison with a literal by `=` has an answer for null too, which is no: `compared` has those names.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce

from engine.language.feel import syntax

Names = frozenset[str]
Answer = tuple[Hashable, bool]
"""A condition, and whether it is met. Conditions that say the same have equal keys, as far as that is plain to see."""
_NONE: Names = frozenset()
_ASKED: Mapping[str, int] = {"is defined": 0, "is empty": 0, "is blank": 0, "get or else": 0, "list contains": 1}
"""Built-in function → the place of its argument that may be null."""


@dataclass(frozen=True, slots=True)
class Need:
    """A name that has to be set where these conditions are answered so."""

    name: str
    where: frozenset[Answer] = frozenset()


@dataclass(frozen=True, slots=True)
class _Around:
    """Known where a part of an expression stands: the names that are set, the conditions that are answered, the
    names that are none of facts. `filters`: any name may be a member of the items.
    """

    safe: Names = _NONE
    where: frozenset[Answer] = frozenset()
    bound: Names = _NONE
    filters: bool = False

    def with_answer(self, condition: syntax.Part, met: bool) -> _Around:
        safe, where = self.safe | surely(condition, met), self.where | answers(condition, met)
        return replace(self, safe=safe, where=where)

    def binding(self, *names: str) -> _Around:
        return replace(self, bound=self.bound | set(names))

    def is_fact(self, node: syntax.Name) -> bool:
        return node.name not in self.bound and not (self.filters and node.local)


_NOTHING_KNOWN = _Around()
Found = frozenset[Need]


def needed(node: syntax.Part, handed_on: bool = False, around: _Around = _NOTHING_KNOWN) -> Found:
    """Return the names that have to be set. `handed_on`: the value is only kept, so that a bare name in it is none."""
    if handed_on and source_of(node) is not None:
        return frozenset()
    if isinstance(node, syntax.Name):
        unknown = around.is_fact(node) and node.name not in around.safe
        return frozenset({Need(node.name, around.where)} if unknown else ())
    read = _NEEDS.get(type(node))
    if read is not None:
        return read(node, handed_on, around)
    return _all(needed(part, False, around) for part in syntax.parts(node))


def source_of(node: syntax.Part | None) -> str | None:
    """Return the name that an expression is, or a member of which it is; None: it is something else."""
    while isinstance(node, syntax.Path):
        node = node.base
    return node.name if isinstance(node, syntax.Name) else None


def compared(node: syntax.Part, safe: Names = _NONE) -> Names:
    """Return the names that a condition compares with literals: where one isn't set yet, the condition isn't met."""
    if isinstance(node, syntax.Logic):
        told = [surely(part, node.operator == "and") if _asked_for_null(part) else _NONE for part in node.parts]
        others = [_NONE.union(*told[:place], *told[place + 1 :]) for place in range(len(told))]
        return _NONE.union(*(compared(part, safe | other) for part, other in zip(node.parts, others, strict=True)))
    if isinstance(node, syntax.Call) and node.name == "not" and node.arguments:
        return compared(node.arguments[0][1], safe)
    asks = isinstance(node, syntax.Comparison | syntax.Membership) and _asked_for_null(node) is None
    return _by_value(node) - safe if asks else _NONE


def _all(found: Iterable[Found]) -> Found:
    return frozenset[Need]().union(*found)


def _asked_for_null(node: syntax.Part) -> syntax.Part | None:
    """Return what a comparison asks to be null or not."""
    if isinstance(node, syntax.Comparison) and node.operator in ("=", "!="):
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(one, syntax.Literal) and one.value is None:
                return other
    return None


def _comparison(node: syntax.Comparison, handed_on: bool, around: _Around) -> Found:
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if node.operator in ("=", "!=") and isinstance(other, syntax.Literal):
            return needed(one, True, around)
    return needed(node.left, False, around) | needed(node.right, False, around)


def _membership(node: syntax.Membership, handed_on: bool, around: _Around) -> Found:
    listed = all(isinstance(test, syntax.Literal) for test in node.tests)
    return needed(node.value, listed, around) | _all(needed(test, False, around) for test in node.tests)


def _call(node: syntax.Call, handed_on: bool, around: _Around) -> Found:
    asked = _ASKED.get(node.name) if node.kind == "built-in" else None
    found = _all(needed(part, place == asked, around) for place, (_, part) in enumerate(node.arguments))
    return found | (needed(node.target, False, around) if node.target is not None else frozenset())


def _if(node: syntax.If, handed_on: bool, around: _Around) -> Found:
    then = needed(node.then, handed_on, around.with_answer(node.condition, True))
    otherwise = needed(node.otherwise, handed_on, around.with_answer(node.condition, False))
    return needed(node.condition, False, around) | then | otherwise


def _logic(node: syntax.Logic, handed_on: bool, around: _Around) -> Found:
    found = frozenset[Need]()
    for part in node.parts:
        here = around
        for other in node.parts:
            here = here.with_answer(other, node.operator == "and") if other is not part else here
        found |= needed(part, False, here)
    return found


def _context(node: syntax.ContextOf, handed_on: bool, around: _Around) -> Found:
    found = frozenset[Need]()
    for name, part in node.entries:
        found |= needed(part, True, around)
        around = around.binding(name)
    return found


def _filter(node: syntax.Filter, handed_on: bool, around: _Around) -> Found:
    return needed(node.base, False, around) | needed(node.test, False, replace(around, filters=True))


def _lambda(node: syntax.Lambda, handed_on: bool, around: _Around) -> Found:
    inner = around.binding(*(name for name, _ in node.parameters))
    return needed(node.body, False, inner) if node.body is not None else frozenset()


def _iterated(node: syntax.For | syntax.Quantified, handed_on: bool, around: _Around) -> Found:
    found = frozenset[Need]()
    for iteration in node.iterations:
        for part in (iteration.source, iteration.end):
            found |= needed(part, False, around) if part is not None else frozenset()
        around = around.binding(iteration.name)
    result = node.result if isinstance(node, syntax.For) else node.test
    return found | needed(result, False, around.binding("partial"))


def _instance(node: syntax.InstanceOf, handed_on: bool, around: _Around) -> Found:
    return needed(node.value, True, around)


_NEEDS: Mapping[type[syntax.Part], Callable[..., Found]] = {
    syntax.Comparison: _comparison,
    syntax.Membership: _membership,
    syntax.Call: _call,
    syntax.If: _if,
    syntax.Logic: _logic,
    syntax.ContextOf: _context,
    syntax.InstanceOf: _instance,
    syntax.Filter: _filter,
    syntax.Lambda: _lambda,
    syntax.For: _iterated,
    syntax.Quantified: _iterated,
}


# ---------------------------------------------------------------------- what a condition tells


def surely(node: syntax.Part, met: bool) -> Names:
    """Return the names that are surely set where a condition is met, or where it isn't."""
    asked = _asked_for_null(node)
    if asked is not None and isinstance(node, syntax.Comparison):
        return _named(asked) if (node.operator == "!=") is met else _NONE
    if isinstance(node, syntax.Logic):
        told = [surely(part, met) for part in node.parts]
        return _NONE.union(*told) if (node.operator == "and") is met else reduce(frozenset.intersection, told)
    if isinstance(node, syntax.Call) and node.name == "not" and node.arguments:
        return surely(node.arguments[0][1], False) if met else _NONE
    return _by_value(node) if met else _NONE


def _by_value(node: syntax.Part) -> Names:
    """Return the names without which a test is never true."""
    if isinstance(node, syntax.Comparison):
        both = ((node.left, node.right), (node.right, node.left))
        if node.operator == "!=":
            return _NONE
        if node.operator == "=":
            return _NONE.union(*(_named(one) for one, other in both if isinstance(other, syntax.Literal)))
        return _NONE.union(*(_named(one) for one, _ in both))
    if isinstance(node, syntax.Membership):
        null = any(isinstance(test, syntax.Literal) and test.value is None for test in node.tests)
        return _NONE if null else _named(node.value)
    if isinstance(node, syntax.Between):
        return _named(node.value)
    if isinstance(node, syntax.Call) and node.kind == "built-in" and node.name in ("is defined", "list contains"):
        return _named(node.arguments[0][1]) if node.arguments else _NONE
    return _named(node)


def _named(node: syntax.Part) -> Names:
    name = source_of(node)
    return _NONE if name is None else frozenset({name})


def answers(node: syntax.Part, met: bool) -> frozenset[Answer]:
    """Return the conditions that are surely answered where this one is met, or where it isn't."""
    if isinstance(node, syntax.Logic) and (node.operator == "and") is met:
        return frozenset[Answer]().union(*(answers(part, met) for part in node.parts))
    if isinstance(node, syntax.Call) and node.name == "not" and node.arguments:
        return answers(node.arguments[0][1], not met)
    if isinstance(node, syntax.Comparison) and node.operator in ("=", "!="):
        equal = met if node.operator == "=" else not met
        if isinstance(node.right, syntax.Literal) and node.right.value is True:
            return answers(node.left, equal)
        return frozenset({(("=", _key(node.left), _key(node.right)), equal)})
    return frozenset({(_key(node), met)})


def _key(value: object) -> Hashable:
    if isinstance(value, tuple):
        return tuple(_key(part) for part in value)
    if not isinstance(value, syntax.Part):
        return (type(value).__name__, value) if isinstance(value, Hashable) else repr(value)
    fields = ((name, _key(part)) for name, part in vars(value).items() if name not in ("at", "local"))
    return type(value).__name__, tuple(fields)
