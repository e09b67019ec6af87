"""How points and ranges lie to each other (Allen's relations), and ranges from text.

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

# Functions that the ends of a range in text may call, with constants.
_MAKERS = frozenset(("date", "time", "date and time", "duration"))


def _and(*parts: Truth) -> Truth:
    return conjunction(parts)


def _or(*parts: Truth) -> Truth:
    return disjunction(parts)


def _before(a: Value, b: Value) -> Truth:
    """Any two of points and ranges: the first ends before the second starts."""
    end, end_in = (a.end, a.end_included) if isinstance(a, Range) else (a, True)
    start, start_in = (b.start, b.start_included) if isinstance(b, Range) else (b, True)
    if end is None or start is None:
        return False
    return _or(less(end, start), _and(equal(end, start), not (end_in and start_in)))


def _meets(a: Range, b: Range) -> Truth:
    return _and(a.end_included, b.start_included, equal(a.end, b.start))


def _overlaps(a: Range, b: Range) -> Truth:
    return negation(_or(_before(a, b), _before(b, a)))


def _starts_first(a: Range, b: Range) -> Truth:
    return _or(less(a.start, b.start), _and(equal(a.start, b.start), a.start_included and not b.start_included))


def _ends_first(a: Range, b: Range) -> Truth:
    return _or(less(a.end, b.end), _and(equal(a.end, b.end), b.end_included and not a.end_included))


def _same_start(a: Range, b: Range) -> Truth:
    return _and(equal(a.start, b.start), a.start_included == b.start_included)


def _same_end(a: Range, b: Range) -> Truth:
    return _and(equal(a.end, b.end), a.end_included == b.end_included)


def _overlaps_before(a: Range, b: Range) -> Truth:
    return _and(_starts_first(a, b), negation(_ends_first(b, a)), _overlaps(a, b))


def _finishes(a: Value, b: Range) -> Truth:
    if not isinstance(a, Range):
        return _and(b.end_included, equal(a, b.end))
    return _and(_same_end(a, b), negation(_starts_first(a, b)))


def _starts(a: Value, b: Range) -> Truth:
    if not isinstance(a, Range):
        return _and(b.start_included, equal(a, b.start))
    return _and(_same_start(a, b), negation(_ends_first(b, a)))


def _includes(a: Range, b: Value) -> Truth:
    if not isinstance(b, Range):
        return operators.in_range(b, a)
    return _and(
        less_equal(a.start, b.start), greater_equal(a.end, b.end),
        negation(_starts_first(b, a)), negation(_ends_first(a, b)),
    )  # fmt: skip


def _coincides(a: Value, b: Value) -> Truth:
    if isinstance(a, Range) != isinstance(b, Range):
        return None
    return _and(_same_start(a, b), _same_end(a, b)) if isinstance(a, Range) else equal(a, b)


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
    """A range of constants, as it would be written; null for anything else."""
    try:
        node = Parser(text, Vocabulary((), (), registry.TABLE)).whole_expression()
    except FeelError:
        return None
    if not isinstance(node, syntax.RangeOf):
        return None
    start, end = _constant(node.start, scope), _constant(node.end, scope)
    return operators.make_range(start, node.start_included, end, node.end_included)


def _constant(node: syntax.Node, scope: Scope) -> Value:
    if isinstance(node, syntax.Literal):
        return node.value
    if isinstance(node, syntax.Negative):
        return operators.negative(_constant(node.value, scope))
    if isinstance(node, syntax.Call) and node.name in _MAKERS:
        values = [argument.value for _, argument in node.arguments if isinstance(argument, syntax.Literal)]
        return registry.call(node.name, values, None, scope) if len(values) == len(node.arguments) else None
    return None
