"""Functions that compare points and ranges (Allen's relations), and make ranges from text.

Source: DMN 1.5 § 10.3.4.10 table 78; § 10.3.4.1 `range`.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.base.errors import FeelError
from engine.language.feel import operators, syntax
from engine.language.feel.functions import registry
from engine.language.feel.functions.registry import define
from engine.language.feel.operators import conjunction, disjunction, equal, greater_equal, less, less_equal, negation
from engine.language.feel.parser import Parser
from engine.language.feel.scope import Scope
from engine.language.feel.tokens import Vocabulary
from engine.language.feel.values import Range, Value

Truth = bool | None

# Functions that the ends of a range in a text may call, with constants as arguments.
_MAKERS = frozenset(("date", "time", "date and time", "duration"))


def _and(*parts: Truth) -> Truth:
    return conjunction(parts)


def _or(*parts: Truth) -> Truth:
    return disjunction(parts)


def _before(first: Value, second: Value) -> Truth:
    """Whether the first ends before the second starts; each may be a point or a range."""
    end, end_in = (first.end, first.end_included) if isinstance(first, Range) else (first, True)
    start, start_in = (second.start, second.start_included) if isinstance(second, Range) else (second, True)
    if end is None or start is None:
        return False
    return _or(less(end, start), _and(equal(end, start), not (end_in and start_in)))


def _meets(first: Range, second: Range) -> Truth:
    return _and(first.end_included, second.start_included, equal(first.end, second.start))


def _overlaps(first: Range, second: Range) -> Truth:
    return negation(_or(_before(first, second), _before(second, first)))


def _starts_first(first: Range, second: Range) -> Truth:
    return _or(
        less(first.start, second.start),
        _and(equal(first.start, second.start), first.start_included and not second.start_included),
    )


def _ends_first(first: Range, second: Range) -> Truth:
    return _or(
        less(first.end, second.end), _and(equal(first.end, second.end), second.end_included and not first.end_included)
    )


def _same_start(first: Range, second: Range) -> Truth:
    return _and(equal(first.start, second.start), first.start_included == second.start_included)


def _same_end(first: Range, second: Range) -> Truth:
    return _and(equal(first.end, second.end), first.end_included == second.end_included)


def _overlaps_before(first: Range, second: Range) -> Truth:
    return _and(_starts_first(first, second), negation(_ends_first(second, first)), _overlaps(first, second))


def _finishes(first: Value, second: Range) -> Truth:
    if not isinstance(first, Range):
        return _and(second.end_included, equal(first, second.end))
    return _and(_same_end(first, second), negation(_starts_first(first, second)))


def _starts(first: Value, second: Range) -> Truth:
    if not isinstance(first, Range):
        return _and(second.start_included, equal(first, second.start))
    return _and(_same_start(first, second), negation(_ends_first(second, first)))


def _includes(first: Range, second: Value) -> Truth:
    if not isinstance(second, Range):
        return operators.in_range(second, first)
    return _and(
        less_equal(first.start, second.start), greater_equal(first.end, second.end),
        negation(_starts_first(second, first)), negation(_ends_first(first, second)),
    )  # fmt: skip


def _coincides(first: Value, second: Value) -> Truth:
    if isinstance(first, Range) != isinstance(second, Range):
        return None
    return (
        _and(_same_start(first, second), _same_end(first, second)) if isinstance(first, Range) else equal(first, second)
    )


def _swapped(relation: Callable[[Value, Value], Truth]) -> Callable[[Value, Value], Truth]:
    return lambda a, b: relation(b, a)


_RELATIONS: tuple[tuple[str, Callable[..., Truth]], ...] = (
    ("before(point1: Any, point2: Any)", _before),
    ("after(point1: Any, point2: Any)", _swapped(_before)),
    ("meets(range1: range, range2: range)", _meets),
    ("met by(range1: range, range2: range)", _swapped(_meets)),
    ("overlaps(range1: range, range2: range)", _overlaps),
    ("overlaps before(range1: range, range2: range)", _overlaps_before),
    ("overlaps after(range1: range, range2: range)", _swapped(_overlaps_before)),
    ("finishes(point: Any, range: range)", _finishes),
    ("finished by(range: range, point: Any)", _swapped(_finishes)),
    ("includes(range: range, point: Any)", _includes),
    ("during(point: Any, range: range)", _swapped(_includes)),
    ("starts(point: Any, range: range)", _starts),
    ("started by(range: range, point: Any)", _swapped(_starts)),
    ("coincides(point1: Any, point2: Any)", _coincides),
)
for _signature, _relation in _RELATIONS:
    define(_signature)(_relation)


@define("range(from: string)", with_scope=True)
def _range(scope: Scope, text: str) -> Value:
    """The range of a text such as `[1..5]`, whose ends must be constants; None for any other text."""
    try:
        node = Parser(text, Vocabulary((), (), registry.TABLE)).whole_expression()
    except FeelError:
        return None
    if not isinstance(node, syntax.RangeOf):
        return None
    start, end = _constant(node.start, scope), _constant(node.end, scope)
    return operators.make_range(start, node.start_included, end, node.end_included)


def _constant(node: syntax.Part, scope: Scope) -> Value:
    if isinstance(node, syntax.Literal):
        return node.value
    if isinstance(node, syntax.Negative):
        return operators.negative(_constant(node.value, scope))
    if isinstance(node, syntax.Call) and node.name in _MAKERS:
        values = [argument.value for _, argument in node.arguments if isinstance(argument, syntax.Literal)]
        return registry.call(node.name, values, None, scope) if len(values) == len(node.arguments) else None
    return None
