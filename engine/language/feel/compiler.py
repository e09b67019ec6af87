"""Compiles the tree of an expression into closures. A closure takes the scope of an evaluation and gives a value.

One method compiles one kind of node. Everything that is the same in each evaluation is worked out here, once:
constants, where a name is looked up, which comparison is between numbers. A closure gives None for a wrong value, and
raises only BudgetExceeded.
"""

from __future__ import annotations

import datetime
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeGuard

from engine.language.feel import limits, operators, syntax
from engine.language.feel.callables import Function, Parameter
from engine.language.feel.conformance import conforms, kind_of
from engine.language.feel.functions import registry
from engine.language.feel.invoke import call_host, invoke
from engine.language.feel.members import member
from engine.language.feel.scope import Scope
from engine.language.feel.tokens import Vocabulary, feel_error
from engine.language.feel.types import ANY, SIMPLE, Type, list_of
from engine.language.feel.values import NUMBERS, PLAIN, Range, Value, from_host

Closure = Callable[[Scope], Value]

_NUMERIC: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": NUMBERS.add, "-": NUMBERS.subtract, "*": NUMBERS.multiply, "/": NUMBERS.divide, "**": NUMBERS.power,
}  # fmt: skip
_NATIVE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class Compiler:
    """Compiles the nodes of one text. `types` are named types, such as the item definitions of a model."""

    def __init__(self, text: str, vocabulary: Vocabulary, types: Mapping[str, Type]) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.types = types

    def compile(self, node: syntax.Part) -> Closure:
        """The closure of a node."""
        closure: Closure = _COMPILE[type(node)](self, node)
        return closure

    def _all(self, nodes: Sequence[syntax.Part]) -> tuple[Closure, ...]:
        return tuple(self.compile(node) for node in nodes)

    def literal(self, node: syntax.Literal) -> Closure:
        value = node.value
        return lambda scope: value

    def _is_plain(self, node: syntax.Name) -> bool:
        """Whether a name can be nothing but a variable of the host."""
        return not node.local and (node.name in self.vocabulary.names or node.name not in self.vocabulary.built_in)

    def name(self, node: syntax.Name) -> Closure:
        name = node.name
        if name not in self.vocabulary.names and name in self.vocabulary.built_in:
            return _name_or_function(name, registry.as_value(name))
        if node.local:
            return lambda scope: scope.find(name)

        def read(scope: Scope) -> Value:
            value = scope.get(name)
            return value if type(value) in PLAIN else from_host(value)

        return read

    def path(self, node: syntax.Path) -> Closure:
        members, base = [node.member], node.base
        while isinstance(base, syntax.Path):
            members.insert(0, base.member)
            base = base.base
        if isinstance(base, syntax.Name) and not base.local and base.name not in self.vocabulary.built_in:
            return _host_path(base.name, tuple(members))
        return _value_path(self.compile(base), tuple(members))

    def filter(self, node: syntax.Filter) -> Closure:
        base = self.compile(node.base)
        index = constant(node.test)
        if type(index) is Decimal:
            return lambda scope: _item(base(scope), index)
        kept = _filter(base, self.compile(node.test), not syntax.captures(node.test))
        test = node.test
        if isinstance(test, syntax.Comparison) and isinstance(test.left, syntax.Name) and test.left.name != "item":
            fixed = constant(test.right)
            if _is_comparable(fixed, test.operator) and test.left.name not in self.vocabulary.built_in:
                source = _raw(node.base.name) if self._is_variable(node.base) else base
                return _filter_entries(source, test.left.name, fixed, test.operator, kept)
        return kept

    def _is_variable(self, node: syntax.Part) -> TypeGuard[syntax.Name]:
        return isinstance(node, syntax.Name) and self._is_plain(node)

    def chain(self, node: syntax.Chain) -> Closure:
        first = self.compile(node.first)
        rest = tuple((operators.ARITHMETIC[sign], sign, self.compile(operand)) for sign, operand in node.rest)
        if len(rest) == 1:
            return _one_operation(first, *rest[0])

        def run(scope: Scope) -> Value:
            value = first(scope)
            for rule, sign, operand in rest:
                value = _operate(rule, sign, value, operand(scope), scope)
            return value

        return run

    def negative(self, node: syntax.Negative) -> Closure:
        operand = self.compile(node.value)
        return lambda scope: operators.negative(operand(scope))

    def logic(self, node: syntax.Logic) -> Closure:
        parts = self._all(node.parts)
        rule = operators.conjunction if node.operator == "and" else operators.disjunction
        if len(parts) == 2:
            return _two(node.operator == "or", *parts)
        return lambda scope: rule(part(scope) for part in parts)

    def comparison(self, node: syntax.Comparison) -> Closure:
        left, right, sign = self.compile(node.left), self.compile(node.right), node.operator
        fixed = constant(node.right)
        if _is_comparable(fixed, sign):
            if self._is_variable(node.left):
                return _compare_named(node.left.name, fixed, sign)
            return _compare_with(left, fixed, sign)
        return _compare(left, right, sign)

    def between(self, node: syntax.Between) -> Closure:
        value, low, high = self._all((node.value, node.low, node.high))
        return lambda scope: operators.between(value(scope), low(scope), high(scope))

    def membership(self, node: syntax.Membership) -> Closure:
        value, tests = self.compile(node.value), self._all(node.tests)
        fixed = [constant(test, lists=True) for test in node.tests]
        if None not in fixed:
            return _one_of_constants(value, fixed)
        return lambda scope: _one_of(value(scope), [test(scope) for test in tests], scope)

    def range_of(self, node: syntax.RangeOf) -> Closure:
        fixed = constant(node)
        if fixed is not None:
            return lambda scope: fixed
        start, end = self.compile(node.start), self.compile(node.end)
        left, right = node.start_included, node.end_included
        return lambda scope: operators.make_range(start(scope), left, end(scope), right)

    def open_range(self, node: syntax.OpenRange) -> Closure:
        end, sign = self.compile(node.end), node.operator
        return lambda scope: operators.open_range(sign, end(scope))

    def list_of(self, node: syntax.ListOf) -> Closure:
        items = self._all(node.items)
        return lambda scope: [item(scope) for item in items]

    def context_of(self, node: syntax.ContextOf) -> Closure:
        entries = tuple((key, self.compile(value)) for key, value in node.entries)

        def run(scope: Scope) -> Value:
            built: dict[str, Value] = {}
            inner = scope.within(built)
            for key, value in entries:
                built[key] = value(inner)
            return built

        return run

    def if_(self, node: syntax.If) -> Closure:
        condition, then, otherwise = self._all((node.condition, node.then, node.otherwise))
        return lambda scope: then(scope) if condition(scope) is True else otherwise(scope)

    def for_(self, node: syntax.For) -> Closure:
        loops, result, partial = self._loops(node.iterations), self.compile(node.result), node.partial
        reused = not syntax.captures(node)

        def run(scope: Scope) -> Value:
            results: list[Value] = []
            for inner in _scopes(scope, loops, 0, reused):
                if inner is None:
                    return None
                if partial:
                    # A copy, because a result may hold the list, and must not see it grow.
                    scope.spend(len(results) >> 4)
                    inner = inner.within({"partial": list(results)})
                results.append(result(inner))
                if len(results) > limits.LIST_ITEMS:
                    limits.exceeded("a loop gives more", limits.LIST_ITEMS, "items in a list")
            return results

        return run

    def quantified(self, node: syntax.Quantified) -> Closure:
        loops, test = self._loops(node.iterations), self.compile(node.test)
        rule = operators.conjunction if node.every else operators.disjunction
        reused = not syntax.captures(node)
        return lambda scope: rule(None if inner is None else test(inner) for inner in _scopes(scope, loops, 0, reused))

    def _loops(self, iterations: tuple[syntax.Iteration, ...]) -> tuple[_Loop, ...]:
        return tuple(
            (loop.name, self.compile(loop.source), self.compile(loop.end) if loop.end else None) for loop in iterations
        )

    def call(self, node: syntax.Call) -> Closure:
        values = self._all([value for _, value in node.arguments])
        named = [name for name, _ in node.arguments if name is not None]
        names = tuple(named) if named else None
        name = node.name
        if node.kind == "built-in" and names is not None:
            return lambda scope: registry.call(name, [value(scope) for value in values], names, scope)
        if node.kind == "built-in":
            called = registry.caller(name, values)
            whole = node.arguments[0][1] if name in _LENGTHS and len(values) == 1 else None
            return _length_of(whole.name, _LENGTHS[name], called) if whole and self._is_variable(whole) else called
        if node.kind == "host":
            return lambda scope: call_host(name, [value(scope) for value in values], names, scope)
        if node.target is None:
            raise feel_error("Expected something that can be called.", self.text, node.at)
        target = self.compile(node.target)
        built_in = name if name in self.vocabulary.built_in else None
        return _call_value(target, values, names, built_in)

    def lambda_(self, node: syntax.Lambda) -> Closure:
        parameters = tuple(Parameter(name, self.type(kind) if kind else None) for name, kind in node.parameters)
        names = tuple(parameter.name for parameter in parameters)
        if node.body is None:
            external = Function(parameters, lambda values, scope: None)
            return lambda scope: external
        body, result = self.compile(node.body), inferred(node.body)

        def define(scope: Scope) -> Value:
            def run(values: Sequence[Value], caller: Scope) -> Value:
                return body(scope.called_by(caller).within(dict(zip(names, values, strict=True))))

            return Function(parameters, run, result)

        return define

    def instance_of(self, node: syntax.InstanceOf) -> Closure:
        value, wanted = self.compile(node.value), self.type(node.type)
        return lambda scope: conforms(value(scope), wanted)

    def type(self, node: syntax.TypeOf) -> Type:
        """The type that is written here. Raises FeelError if there is none of that name."""
        known_type = self.types.get(node.name) or SIMPLE.get(node.name)
        if known_type is None:
            known = ", ".join(sorted(set(SIMPLE) | set(self.types)))
            raise feel_error(f'Expected a known type, found "{node.name}". Known: {known}.', self.text, node.at)
        if not node.parts and node.result is None:
            return known_type
        parts = tuple((name, self.type(part)) for name, part in node.parts)
        return Type(known_type.kind, parts, self.type(node.result) if node.result else None, open=False)

    def tests(self, node: syntax.Tests) -> Closure:
        """The closure of a cell, which tells whether the input `?` meets it."""
        if node.any:
            return lambda scope: True
        tests = tuple((self.compile(test.test), test.complete) for test in node.tests)
        negated = node.negated

        def run(scope: Scope) -> Value:
            value = scope.find("?")
            met = operators.disjunction(_meets(value, test(scope), complete) for test, complete in tests)
            return operators.negation(met) if negated else met

        return run


_Loop = tuple[str, Closure, Closure | None]

_COMPILE: Mapping[type, Callable[[Compiler, Any], Closure]] = {
    syntax.Literal: Compiler.literal, syntax.Name: Compiler.name, syntax.Path: Compiler.path,
    syntax.Filter: Compiler.filter, syntax.Chain: Compiler.chain, syntax.Negative: Compiler.negative,
    syntax.Logic: Compiler.logic, syntax.Comparison: Compiler.comparison, syntax.Between: Compiler.between,
    syntax.Membership: Compiler.membership, syntax.RangeOf: Compiler.range_of,
    syntax.OpenRange: Compiler.open_range, syntax.ListOf: Compiler.list_of,
    syntax.ContextOf: Compiler.context_of, syntax.If: Compiler.if_, syntax.For: Compiler.for_,
    syntax.Quantified: Compiler.quantified, syntax.Call: Compiler.call, syntax.Lambda: Compiler.lambda_,
    syntax.InstanceOf: Compiler.instance_of, syntax.Tests: Compiler.tests,
}  # fmt: skip


def constant(node: syntax.Part, *, lists: bool = False) -> Value:
    """The value of a node that has the same one in every evaluation; None if it hasn't, or if the value is null.

    `lists`: the node may be a list. Allowed only where the list can't leave the expression, because whoever gets a
    list may change it.
    """
    if isinstance(node, syntax.Literal):
        return node.value
    if isinstance(node, syntax.Negative):
        return operators.negative(constant(node.value))
    if isinstance(node, syntax.RangeOf):
        start, end = constant(node.start), constant(node.end)
        return operators.make_range(start, node.start_included, end, node.end_included)
    if isinstance(node, syntax.OpenRange):
        end = constant(node.end)
        return None if end is None else operators.open_range(node.operator, end)
    if lists and isinstance(node, syntax.ListOf):
        items = [constant(item, lists=True) for item in node.items]
        return None if None in items else items
    return None


def inferred(node: syntax.Part) -> Type | None:
    """The type that a node's value will have, if the text alone says so; else None."""
    if isinstance(node, syntax.Literal):
        return SIMPLE[kind_of(node.value)]
    if isinstance(node, syntax.ListOf):
        items = {inferred(item) for item in node.items}
        return list_of(items.pop() or ANY) if len(items) == 1 else list_of(ANY)
    if isinstance(node, syntax.ContextOf):
        return Type("context", tuple((key, inferred(value) or ANY) for key, value in node.entries))
    return None


def _name_or_function(name: str, function: Function) -> Closure:
    def read(scope: Scope) -> Value:
        value = scope.find(name)
        return function if value is None else value

    return read


def _host_path(name: str, members: tuple[str, ...]) -> Closure:
    """Reads members of a host's value; only the member is converted, not the whole value."""

    def read(scope: Scope) -> Value:
        value = scope.get(name)
        for position, key in enumerate(members):
            if type(value) is not dict:
                value = from_host(value)
                for rest in members[position:]:
                    value = member(value, rest, scope)
                return value
            value = value.get(key)
        return value if type(value) in PLAIN else from_host(value)

    return read


def _value_path(base: Closure, members: tuple[str, ...]) -> Closure:
    def read(scope: Scope) -> Value:
        value = base(scope)
        for key in members:
            value = value[key] if type(value) is dict and key in value else member(value, key, scope)
        return value

    return read


def _item(value: Value, index: Decimal) -> Value:
    """The item of a list at a place, counted from 1, or from the end with -1; None if there is none.

    A value that is no list counts as a list of one.
    """
    items = value if isinstance(value, list) else [value]
    if index != index.to_integral_value() or not index or abs(index) > len(items):
        return None
    return items[int(index) - 1 if index > 0 else int(index)]


def _filter(base: Closure, test: Closure, reused: bool) -> Closure:
    def run(scope: Scope) -> Value:
        value = base(scope)
        if value is None:
            return None
        items = value if isinstance(value, list) else [value]
        scope.spend(len(items))
        kept: list[Value] = []
        with_item = scope.each(reused)
        for item in items:
            inner = with_item({"item": item})
            if isinstance(item, dict):
                inner.frame = (item, inner.frame)
            met = test(inner)
            if type(met) is Decimal:
                return _item(items, met)
            if met is True:
                kept.append(item)
        return kept

    return run


def _raw(name: str) -> Callable[[Scope], object]:
    """Reads a host's variable without converting it."""
    return lambda scope: scope.get(name)


def _filter_entries(
    source: Callable[[Scope], object], entry: str, fixed: Value, sign: str, general: Closure
) -> Closure:
    """Filters a host's list of contexts by one entry, as `rows[a > 25]`. Only the contexts that are kept are converted.

    A list that holds anything else is left to the general filter.
    """
    native, compare, exact = _NATIVE[sign], operators.COMPARISONS[sign], _exact(fixed)

    def run(scope: Scope) -> Value:
        items = source(scope)
        if type(items) is not list or len(items) > limits.LIST_ITEMS:
            return general(scope)
        kept: list[Value] = []
        for item in items:
            if type(item) is not dict or entry not in item:
                return general(scope)
            value = item[entry]
            met = native(value, fixed) if type(value) in exact else compare(from_host(value), fixed)
            if met is True:
                kept.append(from_host(item))
        scope.spend(len(items))
        return kept

    return run


def _is_comparable(fixed: Value, sign: str) -> bool:
    """Whether Python's own operator compares a constant with values of its kind as FEEL does."""
    return type(fixed) is Decimal or (type(fixed) in (str, bool) and sign in ("=", "!="))


def _exact(fixed: Value) -> tuple[type, type]:
    """The types of a host's values that Python's own operator compares with the constant as FEEL does."""
    return (Decimal, int) if type(fixed) is Decimal else (type(fixed), type(fixed))


def _length_of(name: str, result: Callable[[int], Value], general: Closure) -> Closure:
    """Answers `count(xs)` for a host's list without converting its items."""

    def run(scope: Scope) -> Value:
        value = scope.get(name)
        if type(value) is list and len(value) <= limits.LIST_ITEMS:
            return result(len(value))
        return general(scope)

    return run


_LENGTHS: Mapping[str, Callable[[int], Value]] = {"count": Decimal, "is empty": lambda length: length == 0}
"""Built-in functions whose result follows from the length of a list."""


def _one_operation(left: Closure, rule: Callable[[Value, Value], Value], sign: str, right: Closure) -> Closure:
    native = _NUMERIC[sign]

    def run(scope: Scope) -> Value:
        first, second = left(scope), right(scope)
        if type(first) is Decimal and type(second) is Decimal:
            result = native(first, second)
            if result.is_finite():
                return result
        return _operate(rule, sign, first, second, scope)

    return run


def _operate(rule: Callable[[Value, Value], Value], sign: str, left: Value, right: Value, scope: Scope) -> Value:
    result = rule(left, right)
    if result is None and left is not None and right is not None:
        scope.warn(f"{kind_of(left)} {sign} {kind_of(right)} has no result; null.")
    return result


def _two(settles: bool, left: Closure, right: Closure) -> Closure:
    """`and` or `or` of two parts, the most frequent case. `settles` is the value that decides it: false or true."""
    other = not settles

    def run(scope: Scope) -> Value:
        first = left(scope)
        if first is settles:
            return settles
        second = right(scope)
        if second is settles:
            return settles
        return other if first is other and second is other else None

    return run


def _compare_with(left: Closure, fixed: Value, sign: str) -> Closure:
    kind, native, general = type(fixed), _NATIVE[sign], operators.COMPARISONS[sign]

    def run(scope: Scope) -> Value:
        value = left(scope)
        return native(value, fixed) if type(value) is kind else general(value, fixed)

    return run


def _compare_named(name: str, fixed: Value, sign: str) -> Closure:
    """Compares a host's variable with a constant in one call; most conditions of gateways are of this kind."""
    native, general, exact = _NATIVE[sign], operators.COMPARISONS[sign], _exact(fixed)

    def run(scope: Scope) -> Value:
        value = scope.get(name)
        return native(value, fixed) if type(value) in exact else general(from_host(value), fixed)

    return run


def _compare(left: Closure, right: Closure, sign: str) -> Closure:
    native, general = _NATIVE[sign], operators.COMPARISONS[sign]

    def run(scope: Scope) -> Value:
        first, second = left(scope), right(scope)
        if type(first) is Decimal and type(second) is Decimal:
            return native(first, second)
        result = general(first, second)
        if result is None and first is not None and second is not None:
            scope.warn(f"{kind_of(first)} {sign} {kind_of(second)} has no result; null.")
        return result

    return run


def _one_of_constants(value: Closure, tests: list[Value]) -> Closure:
    """Tests `x in ("a", "b")` and the like. If all are strings, or all numbers, the value is looked up by hash."""
    flat = tests[0] if len(tests) == 1 and isinstance(tests[0], list) else tests
    kinds = {type(test) for test in flat}
    kind = kinds.pop() if len(kinds) == 1 else None
    known = frozenset(flat) if kind in (str, Decimal) else frozenset()

    def run(scope: Scope) -> Value:
        found = value(scope)
        return found in known if known and type(found) is kind else _one_of(found, tests, scope)

    return run


def _one_of(value: Value, tests: Sequence[Value], scope: Scope) -> bool | None:
    for test in tests:
        if isinstance(test, list):
            scope.spend(len(test))
    if len(tests) == 1:
        return operators.member(value, tests[0])
    return operators.disjunction(operators.member(value, test) for test in tests)


def _meets(value: Value, test: Value, complete: bool) -> bool | None:
    """Whether an input meets a test of a cell. `complete`: the test speaks of `?`, so that its value is the answer."""
    if isinstance(test, bool) and (complete or not isinstance(value, bool)):
        return test
    if test is None and not complete:
        return value is None
    return operators.member(value, test)


def _scopes(scope: Scope, loops: tuple[_Loop, ...], place: int, reused: bool) -> Iterator[Scope | None]:
    """A scope for each combination of the loops' variables; a single None if a source is no list."""
    name, source, end = loops[place]
    items = _items(source(scope)) if end is None else _count(source(scope), end(scope))
    if items is None:
        yield None
        return
    innermost = place + 1 == len(loops)
    with_item, root = scope.each(reused), scope.root
    for item in items:
        root.steps += 1
        if root.steps > limits.STEPS:
            scope.spend(0)
        inner = with_item({name: item})
        if innermost:
            yield inner
        else:
            yield from _scopes(inner, loops, place + 1, reused)


def _items(value: Value) -> Iterator[Value] | Sequence[Value] | None:
    if isinstance(value, Range):
        return _count(value.start, value.end, value.start_included, value.end_included)
    return value if isinstance(value, list) else None if value is None else [value]


def _count(start: Value, end: Value, start_included: bool = True, end_included: bool = True) -> Iterator[Value] | None:
    """The numbers or dates from `start` to `end`, upwards or downwards; None for other values."""
    order = operators.order(start, end)
    if order is None or kind_of(start) not in ("number", "date") or kind_of(start) != kind_of(end):
        return None
    return _counting(start, end, 1 if order <= 0 else -1, start_included, end_included)


def _counting(start: Value, end: Value, step: int, start_included: bool, end_included: bool) -> Iterator[Value]:
    value, one = start, _ONE[kind_of(start)][step]
    while value is not None and (operators.order(value, end) or 0) * step <= 0:
        if (start_included or value != start) and (end_included or value != end):
            yield value
        following = operators.add(value, one)
        if following == value:
            return  # 34 digits are not enough to count on from here
        value = following


_ONE: Mapping[str, Mapping[int, Value]] = {
    "number": {1: Decimal(1), -1: Decimal(-1)},
    "date": {1: datetime.timedelta(days=1), -1: datetime.timedelta(days=-1)},
}


def _call_value(
    target: Closure, values: tuple[Closure, ...], names: tuple[str, ...] | None, built_in: str | None
) -> Closure:
    def run(scope: Scope) -> Value:
        function = target(scope)
        arguments = [value(scope) for value in values]
        if isinstance(function, Function):
            return invoke(function, arguments, names, scope)
        if built_in:
            # A variable that is called like a built-in function doesn't hide it.
            return registry.call(built_in, arguments, names, scope)
        scope.warn("What is called isn't a function; null.")
        return None

    return run
