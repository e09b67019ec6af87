"""The shape of an expression's value, and what in it can't be meant: unknown names, kinds that never fit, options that
nobody offers. Knows FEEL's tree and shapes; knows no model.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from engine.language.feel import syntax
from engine.model.chain.data import calls, shapes
from engine.model.chain.data.likeness import is_near
from engine.model.chain.data.shapes import ANY, NULL, Shape, context, join, joined, list_of

_KIND_OF = {
    "str": shapes.TEXT,
    "Decimal": shapes.NUMBER,
    "int": shapes.NUMBER,
    "bool": shapes.BOOLEAN,
    "date": shapes.DATE,
    "time": shapes.TIME,
    "datetime": shapes.MOMENT,
    "timedelta": shapes.DAYS,
    "YearsMonths": shapes.MONTHS,
}
_PARTS = {
    shapes.DATE: ("year", "month", "day", "weekday"),
    shapes.TIME: ("hour", "minute", "second", "time offset", "timezone"),
    shapes.DAYS: ("days", "hours", "minutes", "seconds"),
    shapes.MONTHS: ("years", "months"),
    shapes.RANGE: ("start", "end", "start included", "end included"),
}
_PARTS[shapes.MOMENT] = (*_PARTS[shapes.DATE], *_PARTS[shapes.TIME])
_DURATIONS = (shapes.DAYS, shapes.MONTHS)
_INSTANTS = (shapes.DATE, shapes.TIME, shapes.MOMENT)
_SUMS = {(shapes.NUMBER, shapes.NUMBER): shapes.NUMBER} | {(d, d): d for d in _DURATIONS}
_MOVED = {(i, d): i for i in _INSTANTS for d in _DURATIONS}
_APART = {(a, b): shapes.DAYS for a in _INSTANTS for b in _INSTANTS if (a == shapes.TIME) is (b == shapes.TIME)}
_SCALED = {(d, shapes.NUMBER): d for d in _DURATIONS}
ARITHMETIC: Mapping[str, Mapping[tuple[str, str], str]] = {
    "+": _SUMS | _MOVED | {(d, i): i for (i, d) in _MOVED} | {(shapes.TEXT, shapes.TEXT): shapes.TEXT},
    "-": _SUMS | _MOVED | _APART,
    "*": {(shapes.NUMBER, shapes.NUMBER): shapes.NUMBER} | _SCALED | {(n, d): d for (d, n) in _SCALED},
    "/": {(shapes.NUMBER, shapes.NUMBER): shapes.NUMBER} | _SCALED | {(d, d): shapes.NUMBER for d in _DURATIONS},
    "**": {(shapes.NUMBER, shapes.NUMBER): shapes.NUMBER},
}  # fmt: skip
"""Operator → kinds on both sides → kind of the result."""

WORDS = {shapes.MOMENT: "date and time", shapes.TEXT: "text", shapes.BOOLEAN: "yes or no"}


@dataclass(frozen=True, slots=True)
class Misread:
    """One thing in an expression that can't be meant. `kind`: fact, member, kind or option. `name`: what is unknown;
    `known`: what there is instead.
    """

    kind: str
    name: str
    message: str
    known: tuple[str, ...] = ()


class Names:
    """The facts that an expression sees. `is_open`: there may be others that nobody told of."""

    def __init__(self, *facts: Mapping[str, Shape], is_open: bool = False) -> None:
        self.facts = facts
        self.is_open = is_open

    def find(self, name: str) -> Shape | None:
        return next((facts[name] for facts in self.facts if name in facts), None)

    def all(self) -> Iterator[str]:
        for facts in self.facts:
            yield from facts

    def within(self, facts: Mapping[str, Shape], is_open: bool = False) -> Names:
        return Names(facts, *self.facts, is_open=self.is_open or is_open)


@dataclass(slots=True)
class Inference:
    """One reading of an expression: what it found out on the way stands in `misread`.

    `functions`: function of the host → kinds of its arguments, its result. `missing`: the shape of what isn't there,
    null as long as the facts are still being worked out.
    """

    functions: Mapping[str, tuple[tuple[str, ...], Shape]]
    misread: list[Misread] = field(default_factory=list)
    missing: Shape = ANY

    def shape(self, node: syntax.Part, names: Names) -> Shape:
        """Return the shape of the node's value."""
        read = _READERS.get(type(node))
        return read(self, node, names) if read is not None else ANY

    def tell(self, kind: str, name: str, message: str, known: Iterable[str] = ()) -> None:
        self.misread.append(Misread(kind, name, message, tuple(known)))


# ---------------------------------------------------------------------- names


def _literal(reading: Inference, node: syntax.Literal, names: Names) -> Shape:
    if node.value is None:
        return NULL
    if isinstance(node.value, str):
        return shapes.text((node.value,))
    kind = _KIND_OF.get(type(node.value).__name__)
    return shapes.of(kind) if kind else ANY


def _name(reading: Inference, node: syntax.Name, names: Names) -> Shape:
    found = names.find(node.name)
    if found is None and not names.is_open:
        reading.tell("fact", node.name, f"Nothing sets the fact '{node.name}'.", names.all())
        return reading.missing
    return ANY if found is None else found


def _path(reading: Inference, node: syntax.Path, names: Names) -> Shape:
    return _member(reading, reading.shape(node.base, names), node.member)


def _member(reading: Inference, base: Shape, member: str) -> Shape:
    if not base.is_known:
        return base
    found = [_member_of(base, kind, member) for kind in sorted(base.kinds or ())]
    fitting = [shape for shape in found if shape is not None]
    if not fitting:
        known = _members(base)
        if _is_open(base) and not is_near(member, known):
            return ANY
        reading.tell("member", member, f"{_called(base)} has no '{member}'.", known)
        return reading.missing
    return joined(fitting)


def _member_of(base: Shape, kind: str, member: str) -> Shape | None:
    if kind == shapes.LIST:
        item = base.item or ANY
        if not item.is_known:
            return list_of(ANY)
        inner = [_member_of(item, k, member) for k in sorted(item.kinds or ())]
        fitting = [shape for shape in inner if shape is not None]
        return list_of(joined(fitting)) if fitting else None
    if kind == shapes.CONTEXT:
        return ANY if base.members is None else base.members.get(member)
    return shapes.of(shapes.NUMBER) if member in _PARTS.get(kind, ()) else None


def _is_open(base: Shape) -> bool:
    """Return whether there may be members that nobody can know: of the context itself, or of those in a list."""
    return base.is_open or (base.item is not None and _is_open(base.item))


def _members(base: Shape) -> list[str]:
    names = list(base.members or ())
    if base.item is not None:
        names += _members(base.item)
    return names + [part for kind in base.kinds or () for part in _PARTS.get(kind, ())]


def _filter(reading: Inference, node: syntax.Filter, names: Names) -> Shape:
    base = reading.shape(node.base, names)
    item = (base.item or ANY) if shapes.LIST in (base.kinds or ()) else base
    if base.kinds is None:
        item = ANY
    unknown = item.kinds is None or (shapes.CONTEXT in item.kinds and (item.members is None or item.is_open))
    inner = names.within({**(item.members or {}), "item": item}, is_open=unknown)
    test = reading.shape(node.test, inner)
    if test.is_known and test.kinds == frozenset({shapes.NUMBER}):
        return item
    return list_of(item)


# ---------------------------------------------------------------------- operators


def _chain(reading: Inference, node: syntax.Chain, names: Names) -> Shape:
    value = reading.shape(node.first, names)
    for operator, part in node.rest:
        value = _calculated(reading, operator, value, reading.shape(part, names))
    return value


def _calculated(reading: Inference, operator: str, left: Shape, right: Shape) -> Shape:
    if not left.is_known or not right.is_known:
        return NULL if frozenset() in (left.kinds, right.kinds) else ANY
    table = ARITHMETIC[operator]
    if shapes.LIST in (*(left.kinds or ()), *(right.kinds or ())):
        return ANY
    results = {table[a, b] for a in left.kinds or () for b in right.kinds or () if (a, b) in table}
    if not results:
        reading.tell("kind", operator, f"'{operator}' can't be worked out with {_words(left)} and {_words(right)}.")
        return ANY
    return shapes.of(*results)


def _negative(reading: Inference, node: syntax.Negative, names: Names) -> Shape:
    value = reading.shape(node.value, names)
    if not value.may_be(shapes.NUMBER, *_DURATIONS):
        reading.tell("kind", "-", f"'-' can't be worked out with {_words(value)}.")
    return value if value.is_known else shapes.of(shapes.NUMBER)


def _logic(reading: Inference, node: syntax.Logic, names: Names) -> Shape:
    for part in node.parts:
        yes_or_no(reading, reading.shape(part, names), f"'{node.operator}'")
    return shapes.of(shapes.BOOLEAN)


def yes_or_no(reading: Inference, value: Shape, what: str) -> None:
    """Tell if a value that has to be true or false is something else."""
    if not value.may_be(shapes.BOOLEAN):
        reading.tell("kind", what, f"{what} needs true or false, and this gives {_words(value)}.")


def _comparison(reading: Inference, node: syntax.Comparison, names: Names) -> Shape:
    compare(reading, reading.shape(node.left, names), reading.shape(node.right, names), node.operator)
    return shapes.of(shapes.BOOLEAN)


def compare(reading: Inference, left: Shape, right: Shape, operator: str = "=") -> None:
    """Tell if two values can never be compared, or never be equal."""
    if not left.is_known or not right.is_known:
        return
    if not _comparable(left, right):
        reading.tell("kind", operator, f"{_words(left).capitalize()} is never compared with {_words(right)}.")
    elif operator in ("=", "!=") and left.kinds == right.kinds == frozenset({shapes.TEXT}):
        option(reading, left, right)


def option(reading: Inference, left: Shape, right: Shape) -> None:
    """Tell if none of the texts on one side is offered by the other."""
    if left.options is None or right.options is None or left.options & right.options:
        return
    less, more = sorted((left.options, right.options), key=len)
    for name in sorted(less)[:1]:
        reading.tell("option", name, f"It is never '{name}'.", sorted(more))


def _between(reading: Inference, node: syntax.Between, names: Names) -> Shape:
    value = reading.shape(node.value, names)
    for end in (node.low, node.high):
        compare(reading, value, reading.shape(end, names), "<")
    return shapes.of(shapes.BOOLEAN)


def _membership(reading: Inference, node: syntax.Membership, names: Names) -> Shape:
    value = reading.shape(node.value, names)
    for test in node.tests:
        read_test(reading, test, value, names)
    return shapes.of(shapes.BOOLEAN)


def read_test(reading: Inference, node: syntax.Part, value: Shape, names: Names) -> None:
    """Read one test of a value: of a cell, or behind `in`."""
    if isinstance(node, syntax.OpenRange):
        compare(reading, value, reading.shape(node.end, names), node.operator)
    elif isinstance(node, syntax.RangeOf):
        _range(reading, node, names)
        for end in (node.start, node.end):
            compare(reading, value, Inference(reading.functions).shape(end, names), "<")
    elif isinstance(node, syntax.ListOf):
        for item in node.items:
            read_test(reading, item, value, names)
    else:
        given = reading.shape(node, names)
        if given.kinds is not None and not given.kinds & {shapes.LIST, shapes.RANGE}:
            compare(reading, value, given)


def _tests(reading: Inference, node: syntax.Tests, names: Names) -> Shape:
    value = names.find("?") or ANY
    for test in node.tests:
        if test.complete:
            reading.shape(test.test, names)
        else:
            read_test(reading, test.test, value, names)
    return shapes.of(shapes.BOOLEAN)


# ---------------------------------------------------------------------- what is made up of others


def _range(reading: Inference, node: syntax.RangeOf, names: Names) -> Shape:
    start, end = reading.shape(node.start, names), reading.shape(node.end, names)
    compare(reading, start, end, "<")
    if {start.kinds, end.kinds} == {frozenset({shapes.DATE}), frozenset({shapes.MOMENT})}:
        reading.tell("kind", "..", "A range from a day to a moment is null. Write date(…) for both, or neither.")
    return shapes.of(shapes.RANGE)


def _open_range(reading: Inference, node: syntax.OpenRange, names: Names) -> Shape:
    reading.shape(node.end, names)
    return shapes.of(shapes.RANGE)


def _list(reading: Inference, node: syntax.ListOf, names: Names) -> Shape:
    return list_of(joined(reading.shape(item, names) for item in node.items))


def _context(reading: Inference, node: syntax.ContextOf, names: Names) -> Shape:
    members: dict[str, Shape] = {}
    inner = names.within(members)
    for key, part in node.entries:
        members[key] = reading.shape(part, inner)
    return context(members)


def _if(reading: Inference, node: syntax.If, names: Names) -> Shape:
    yes_or_no(reading, reading.shape(node.condition, names), "'if'")
    return join(reading.shape(node.then, names), reading.shape(node.otherwise, names))


def _iterations(reading: Inference, iterations: Collection[syntax.Iteration], names: Names) -> Names:
    for iteration in iterations:
        source = reading.shape(iteration.source, names)
        if iteration.end is not None:
            reading.shape(iteration.end, names)
            item = source
        else:
            item = shapes.item_of(source)
        names = names.within({iteration.name: item})
    return names


def _for(reading: Inference, node: syntax.For, names: Names) -> Shape:
    inner = _iterations(reading, node.iterations, names).within({"partial": list_of(ANY)})
    return list_of(reading.shape(node.result, inner))


def _quantified(reading: Inference, node: syntax.Quantified, names: Names) -> Shape:
    test = reading.shape(node.test, _iterations(reading, node.iterations, names))
    yes_or_no(reading, test, "'satisfies'")
    return shapes.of(shapes.BOOLEAN)


def _lambda(reading: Inference, node: syntax.Lambda, names: Names) -> Shape:
    if node.body is not None:
        reading.shape(node.body, names.within({name: ANY for name, _ in node.parameters}))
    return shapes.of(shapes.FUNCTION)


def _instance(reading: Inference, node: syntax.InstanceOf, names: Names) -> Shape:
    reading.shape(node.value, names)
    return shapes.of(shapes.BOOLEAN)


def _call(reading: Inference, node: syntax.Call, names: Names) -> Shape:
    given = [(name, reading.shape(part, names)) for name, part in node.arguments]
    if node.kind == "value":
        if node.target is not None:
            reading.shape(node.target, names)
        return ANY
    arguments = [shape for _, shape in given]
    if node.kind == "host":
        return _hosted(reading, node.name, arguments)
    _read_literals(reading, node)
    if any(name is not None for name, _ in given):
        return calls.result(node.name, [])
    if not calls.fits(node.name, arguments):
        what = " and ".join(_words(shape) for shape in arguments)
        reading.tell("kind", node.name, f"'{node.name}' can't be asked with {what}.")
    if node.name == "list contains" and len(arguments) > 1:
        _contained(reading, node.arguments[0][1], arguments[0], arguments[1], names)
    if node.name == "context put" and len(arguments) == len(("context", "key", "value")):
        return calls.put(*arguments)
    return calls.result(node.name, arguments)


def _read_literals(reading: Inference, node: syntax.Call) -> None:
    """Tell of a text that `date`, `time`, … can never read, such as `time("09:30")`, which has no seconds."""
    given = [part.value for _, part in node.arguments if isinstance(part, syntax.Literal)]
    texts = [value for value in given if isinstance(value, str)]
    if len(texts) == len(node.arguments) and (written := calls.unreadable(node.name, texts)):
        reading.tell("kind", node.name, f"'{node.name}' can't read {written}")


def _contained(reading: Inference, listed: syntax.Part, items: Shape, value: Shape, names: Names) -> None:
    if isinstance(listed, syntax.ListOf):
        for item in listed.items:
            compare(reading, value, reading.shape(item, names))
    elif items.item is not None:
        compare(reading, value, items.item)


def _hosted(reading: Inference, name: str, arguments: list[Shape]) -> Shape:
    if name not in reading.functions:
        return ANY
    wanted, result = reading.functions[name]
    for kind, given in zip(wanted, arguments, strict=False):
        if not given.may_be(kind) and not (kind == shapes.DATE and given.may_be(shapes.MOMENT)):
            reading.tell("kind", name, f"'{name}' needs a {WORDS.get(kind, kind)}; this gives {_words(given)}.")
    return result


def _comparable(left: Shape, right: Shape) -> bool:
    if not left.kinds or not right.kinds or left.kinds & right.kinds:
        return True
    both = left.kinds | right.kinds
    return shapes.LIST in both or {shapes.DATE, shapes.MOMENT} <= both  # a list of one value is compared as that value


def _words(shape: Shape) -> str:
    return " or ".join(f"a {WORDS.get(kind, kind)}" for kind in sorted(shape.kinds or ())).replace("a text", "text")


def _called(shape: Shape) -> str:
    return _words(shape).capitalize() if shapes.CONTEXT not in (shape.kinds or ()) else "It"


_READERS: Mapping[type[syntax.Part], Callable[..., Shape]] = {
    syntax.Literal: _literal,
    syntax.Name: _name,
    syntax.Path: _path,
    syntax.Filter: _filter,
    syntax.Chain: _chain,
    syntax.Logic: _logic,
    syntax.Comparison: _comparison,
    syntax.Between: _between,
    syntax.Membership: _membership,
    syntax.Negative: _negative,
    syntax.RangeOf: _range,
    syntax.OpenRange: _open_range,
    syntax.ListOf: _list,
    syntax.ContextOf: _context,
    syntax.If: _if,
    syntax.For: _for,
    syntax.Quantified: _quantified,
    syntax.Lambda: _lambda,
    syntax.InstanceOf: _instance,
    syntax.Call: _call,
    syntax.Tests: _tests,
}
