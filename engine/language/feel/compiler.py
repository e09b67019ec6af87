"""Compiles the tree of an expression into closures. A closure takes the scope of an evaluation and gives a value.

One method compiles one kind of node. Everything that is the same in each evaluation is worked out here, once:
constants, where a name is looked up, which comparison is between numbers. A closure gives None for a wrong value, and
raises only BudgetExceeded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeGuard

from engine.language.feel import limits, operators, syntax
from engine.language.feel.callables import Function, Parameter
from engine.language.feel.closures import (
    LENGTHS,
    Closure,
    Loop,
    call_value,
    compare_named,
    compare_two,
    compare_with,
    filtered,
    filtered_entries,
    host_path,
    is_comparable,
    item_at,
    length_of,
    meets_alone,
    meets_condition,
    meets_null,
    meets_statement,
    meets_value,
    name_or_function,
    one_of,
    one_of_constants,
    one_operation,
    operate,
    scopes_of,
    two_parts,
    unconverted,
    value_path,
)
from engine.language.feel.conformance import conforms, kind_of
from engine.language.feel.functions import registry
from engine.language.feel.invoke import call_host
from engine.language.feel.scope import Scope
from engine.language.feel.tokens import Vocabulary, feel_error
from engine.language.feel.types import ANY, SIMPLE, Type, list_of
from engine.language.feel.values import PLAIN, Value, from_host


class Compiler:
    """Compiles the nodes of one text. `types` are named types, such as the item definitions of a model. `alone`: its
    unary tests have no input."""

    def __init__(self, text: str, vocabulary: Vocabulary, types: Mapping[str, Type], alone: bool = False) -> None:
        self.alone = alone
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
        return not node.local

    def name(self, node: syntax.Name) -> Closure:
        name = node.name
        if node.local:
            return lambda scope: scope.find(name)

        def read(scope: Scope) -> Value:
            value = scope.get(name)
            return value if type(value) in PLAIN else from_host(value)

        return read

    def _argument(self, node: syntax.Part, may_be_function: bool) -> Closure:
        """The closure of an argument. The name of a built-in function is that function only where one is asked for, and
        where no variable of its name has a value."""
        if may_be_function and isinstance(node, syntax.Name) and node.name in self.vocabulary.built_in:
            return name_or_function(node.name, registry.as_value(node.name))
        return self.compile(node)

    def path(self, node: syntax.Path) -> Closure:
        members, base = [node.member], node.base
        while isinstance(base, syntax.Path):
            members.insert(0, base.member)
            base = base.base
        if isinstance(base, syntax.Name) and not base.local:
            return host_path(base.name, tuple(members))
        return value_path(self.compile(base), tuple(members))

    def filter(self, node: syntax.Filter) -> Closure:
        base = self.compile(node.base)
        index = constant(node.test)
        if type(index) is Decimal:
            return lambda scope: item_at(base(scope), index)
        kept = filtered(base, self.compile(node.test), not syntax.captures(node.test))
        test = node.test
        if isinstance(test, syntax.Comparison) and isinstance(test.left, syntax.Name) and test.left.name != "item":
            fixed = constant(test.right)
            if is_comparable(fixed, test.operator):
                source = unconverted(node.base.name) if self._is_variable(node.base) else base
                return filtered_entries(source, test.left.name, fixed, test.operator, kept)
        return kept

    def _is_variable(self, node: syntax.Part) -> TypeGuard[syntax.Name]:
        return isinstance(node, syntax.Name) and self._is_plain(node)

    def chain(self, node: syntax.Chain) -> Closure:
        first = self.compile(node.first)
        rest = tuple((operators.ARITHMETIC[sign], sign, self.compile(operand)) for sign, operand in node.rest)
        if len(rest) == 1:
            return one_operation(first, *rest[0])

        def run(scope: Scope) -> Value:
            value = first(scope)
            for rule, sign, operand in rest:
                value = operate(rule, sign, value, operand(scope), scope)
            return value

        return run

    def negative(self, node: syntax.Negative) -> Closure:
        operand = self.compile(node.value)
        return lambda scope: operators.negative(operand(scope))

    def logic(self, node: syntax.Logic) -> Closure:
        parts = self._all(node.parts)
        rule = operators.conjunction if node.operator == "and" else operators.disjunction
        if len(parts) == 2:
            return two_parts(node.operator == "or", *parts)
        return lambda scope: rule(part(scope) for part in parts)

    def comparison(self, node: syntax.Comparison) -> Closure:
        left, right, sign = self.compile(node.left), self.compile(node.right), node.operator
        fixed = constant(node.right)
        if is_comparable(fixed, sign):
            if self._is_variable(node.left):
                return compare_named(node.left.name, fixed, sign)
            return compare_with(left, fixed, sign)
        return compare_two(left, right, sign)

    def between(self, node: syntax.Between) -> Closure:
        value, low, high = self._all((node.value, node.low, node.high))
        return lambda scope: operators.between(value(scope), low(scope), high(scope))

    def membership(self, node: syntax.Membership) -> Closure:
        value, tests = self.compile(node.value), self._all(node.tests)
        fixed = [constant(test, lists=True) for test in node.tests]
        if None not in fixed:
            return one_of_constants(value, fixed)
        return lambda scope: one_of(value(scope), [test(scope) for test in tests], scope)

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
            for inner in scopes_of(scope, loops, 0, reused):
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
        return lambda scope: rule(
            None if inner is None else test(inner) for inner in scopes_of(scope, loops, 0, reused)
        )

    def _loops(self, iterations: tuple[syntax.Iteration, ...]) -> tuple[Loop, ...]:
        return tuple(
            (loop.name, self.compile(loop.source), self.compile(loop.end) if loop.end else None) for loop in iterations
        )

    def call(self, node: syntax.Call) -> Closure:
        values = tuple(
            self._argument(value, node.kind == "value" or registry.asks_function(node.name, place, name))
            for place, (name, value) in enumerate(node.arguments)
        )
        named = [name for name, _ in node.arguments if name is not None]
        names = tuple(named) if named else None
        name = node.name
        if node.kind == "built-in" and names is not None:
            return lambda scope: registry.call(name, [value(scope) for value in values], names, scope)
        if node.kind == "built-in":
            called = registry.caller(name, values)
            whole = node.arguments[0][1] if name in LENGTHS and len(values) == 1 else None
            return length_of(whole.name, LENGTHS[name], called) if whole and self._is_variable(whole) else called
        if node.kind == "host":
            return lambda scope: call_host(name, [value(scope) for value in values], names, scope)
        if node.target is None:
            raise feel_error("Expected something that can be called.", self.text, node.at)
        target = self.compile(node.target)
        built_in = name if name in self.vocabulary.built_in else None
        return call_value(target, values, names, built_in)

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
        tests = tuple((self.compile(test.test), meets_alone if self.alone else _rule_of(test)) for test in node.tests)
        negated = node.negated

        def run(scope: Scope) -> Value:
            value = scope.find("?")
            met = operators.disjunction(rule(value, test(scope), scope) for test, rule in tests)
            if not negated:
                return met
            if value is None and met is None:
                scope.warn("A cell is not(…), and its input is null; not met.")
            return operators.negation(met)

        return run


def _rule_of(test: syntax.Test) -> Callable[[Value, Value, Scope], bool | None]:
    """The rule by which an input meets a test."""
    if test.complete:
        return meets_condition
    node = test.test
    asked = node.end if isinstance(node, syntax.OpenRange) and node.operator in ("=", "!=") else node
    if isinstance(asked, syntax.Literal) and asked.value is None:
        return meets_null
    return meets_statement if isinstance(node, _STATEMENTS) else meets_value


_STATEMENTS = (
    syntax.Comparison, syntax.Logic, syntax.Between, syntax.Membership, syntax.InstanceOf, syntax.Quantified,
    syntax.Call,
)  # fmt: skip


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
