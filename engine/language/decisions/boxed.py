"""Boxed expressions compiled to closures: literal, table, context, invocation, function, list, relation, and the
conditional, iterators and filter of DMN 1.4. Knows XML elements and FEEL; nothing of requirements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from engine.base.errors import FeelError
from engine.language import feel
from engine.language.decisions import coverage, tables, xml
from engine.language.decisions.itemtypes import ItemTypes, Report
from engine.language.feel import Closure, Function, Parameter, Scope, Type, Value, operators
from engine.language.feel.conformance import coerce
from engine.language.feel.invoke import invoke
from engine.language.feel.landmarks import landmarks

KINDS = (
    "literalExpression", "decisionTable", "context", "invocation", "functionDefinition", "list", "relation",
    "conditional", "for", "every", "some", "filter",
)  # fmt: skip

Names = frozenset[str]


def typed(closure: Closure, wanted: Type | None, what: str) -> Closure:
    """Return the closure with its value converted to the type; where it can't be, null with a warning.

    `what`: how the warning calls the value.
    """
    if wanted is None:
        return closure

    def run(scope: Scope) -> Value:
        value, fits = coerce(closure(scope), wanted)
        if not fits:
            scope.warn(f"{what} isn't of its type, {wanted.kind}; null.")
        return value

    return run


class Boxes:
    """Compiles the boxed expressions of one model. Whatever is wrong is reported, and gives null."""

    def __init__(
        self, vocabulary: feel.Vocabulary, types: ItemTypes, report: Report, given: frozenset[str] = frozenset()
    ) -> None:
        self._vocabulary = vocabulary
        self._types = types
        self._report = report
        self._given = given  # names of input data
        self.surveys: list[Callable[[], coverage.Survey]] = []  # one a table; made when asked for
        self.rules: list[tables.Place] = []  # of all tables

    def inside(self, element: xml.Element | None, names: Names) -> Closure:
        """Return the closure of the expression that an element holds; one that gives null if it holds none."""
        expression = xml.child(element, *KINDS)
        return _null if expression is None else self.box(expression, names)

    def box(self, element: xml.Element, names: Names) -> Closure:
        """Return the closure of a boxed expression, where `names` are bound."""
        closure = _BOXES[xml.kind(element)](self, element, names)
        wanted = self._types.of(element, element.get("typeRef"))
        return typed(closure, wanted, f'The value of "{element.get("label") or xml.kind(element)}"')

    def feel(self, element: xml.Element | None, names: Names, *, tests: bool = False) -> Closure:
        """Return the closure of a FEEL text; an empty text gives null. With `tests`, the text is unary tests."""
        source = xml.text(element)
        if element is None or (not source and not tests):
            return _null
        language = element.get("expressionLanguage")
        if language and not any(mark in language.lower() for mark in ("feel", "omg.org")):
            self._report(element, "language", f'Expected FEEL, found the expression language "{language}".')
            return _null
        make = feel.embedded_tests if tests else feel.embedded
        try:
            return make(source, self._vocabulary, self._types.named, names)
        except FeelError as error:
            self._report(element, "feel", error.message)
            return _null

    # One method a kind of box

    def _literal(self, element: xml.Element, names: Names) -> Closure:
        return self.feel(element, names)

    def _context(self, element: xml.Element, names: Names) -> Closure:
        entries: list[tuple[str | None, Closure]] = []
        for entry in xml.children(element, "contextEntry"):
            variable = xml.child(entry, "variable")
            name = None if variable is None else _name(variable)
            closure = self.inside(entry, names)
            if variable is not None and name is not None:
                wanted = self._types.of(variable, variable.get("typeRef"))
                closure = typed(closure, wanted, f'The entry "{name}"')
                names |= {name}
            entries.append((name, closure))
        return _context(entries)

    def _list(self, element: xml.Element, names: Names) -> Closure:
        items = [self.box(item, names) for item in xml.children(element, *KINDS)]
        return lambda scope: [item(scope) for item in items]

    def _relation(self, element: xml.Element, names: Names) -> Closure:
        columns = [_name(column) for column in xml.children(element, "column")]
        rows: list[dict[str, Closure]] = []
        for row in xml.children(element, "row"):
            cells = [self.box(cell, names) for cell in xml.children(row, *KINDS)]
            if len(cells) != len(columns):
                self._report(row, "cells", f"Expected {len(columns)} cells in this row, found {len(cells)}.")
                return _null
            rows.append(dict(zip(columns, cells, strict=True)))
        return lambda scope: [{name: cell(scope) for name, cell in row.items()} for row in rows]

    def _function(self, element: xml.Element, names: Names) -> Closure:
        parameters = self.parameters(element)
        if element.get("kind", "FEEL") != "FEEL":
            # Java and PMML are never run: such a function gives null.
            external = Function(parameters, lambda values, scope: None)
            return lambda scope: external
        own = frozenset(parameter.name for parameter in parameters)
        body = self.inside(element, names | own)
        result = self._types.of(element, element.get("typeRef"))
        declared = result.result if result is not None and result.kind == "function" else None

        def define(scope: Scope) -> Value:
            return closed(parameters, body, scope, declared)

        return define

    def parameters(self, element: xml.Element) -> tuple[Parameter, ...]:
        """Return the formal parameters of a function."""
        return tuple(
            Parameter(_name(p), self._types.of(p, p.get("typeRef"))) for p in xml.children(element, "formalParameter")
        )

    def _invocation(self, element: xml.Element, names: Names) -> Closure:
        target = self.inside(element, names)
        bound: list[tuple[str, Closure]] = []
        for binding in xml.children(element, "binding"):
            parameter = xml.child(binding, "parameter")
            if parameter is not None:
                bound.append((_name(parameter), self.inside(binding, names)))
        keys = [name for name, _ in bound]

        def run(scope: Scope) -> Value:
            function = target(scope)
            if not isinstance(function, Function):
                scope.warn("What is invoked isn't a function; null.")
                return None
            return invoke(function, [closure(scope) for _, closure in bound], keys, scope)

        return run

    def _conditional(self, element: xml.Element, names: Names) -> Closure:
        condition, then, otherwise = (
            self.inside(xml.child(element, part), names) for part in ("if", "then", "else")
        )  # fmt: skip

        def run(scope: Scope) -> Value:
            met = condition(scope)
            if met is not None and not isinstance(met, bool):
                scope.warn("A condition is neither true nor false; null.")
                return None
            return then(scope) if met is True else otherwise(scope)

        return run

    def _iterator(self, element: xml.Element, names: Names) -> Closure:
        kind, variable = xml.kind(element), element.get("iteratorVariable", "item")
        source = self.inside(xml.child(element, "in"), names)
        body = self.inside(xml.child(element, "return", "satisfies"), names | {variable, "partial"})

        def run(scope: Scope) -> Value:
            values = _values(source(scope), scope)
            return None if values is None else _ITERATORS[kind](variable, values, body, scope)

        return run

    def _filter(self, element: xml.Element, names: Names) -> Closure:
        # A filter's test sees the entries of each item: as in FEEL's own filter, they are looked up when it runs.
        source = self.inside(xml.child(element, "in"), names)
        test = self.inside(xml.child(element, "match"), names | {"item"})

        def run(scope: Scope) -> Value:
            value = source(scope)
            if value is None:
                return None
            items = value if isinstance(value, list) else [value]
            scope.spend(len(items))
            met = [test(_item_scope(item, scope)) for item in items]
            if _is_odd(met, scope):
                return None
            return [item for item, kept in zip(items, met, strict=True) if kept is True]

        return run

    def _table(self, element: xml.Element, names: Names) -> Closure:
        policy, aggregator = element.get("hitPolicy", "UNIQUE"), element.get("aggregation", "")
        policy = tables.HIT_POLICIES.get(policy, policy)
        if policy not in tables.HIT_POLICIES.values() or aggregator not in ("", "SUM", "MIN", "MAX", "COUNT"):
            known = ", ".join(tables.HIT_POLICIES.values())
            self._report(element, "hit policy", f'Expected one of {known}, found "{policy} {aggregator}".')
            return _null
        inputs = tuple(self._input(column, names) for column in xml.children(element, "input"))
        single = len(list(xml.children(element, "output"))) == 1
        outputs = tuple(self._output(column, names, single) for column in xml.children(element, "output"))
        around = element.getparent()
        holder = xml.identified(element if around is None else around)
        rows = enumerate(xml.children(element, "rule"), 1)
        rules = [self._rule(row, names, len(inputs), len(outputs), (holder, number)) for number, row in rows]
        if None in rules or not outputs:
            return _null
        self.surveys.append(partial(self._survey, element, names, policy))
        self.rules += [rule.place for rule in rules if rule is not None]
        return tables.Table(inputs, outputs, tuple(filter(None, rules)), policy, aggregator).decide

    def _input(self, column: xml.Element, names: Names) -> tables.Input:
        expression = xml.child(column, "inputExpression")
        allowed = xml.child(column, "inputValues")
        has_allowed = allowed is not None and xml.text(allowed)
        return tables.Input(
            column.get("label") or xml.text(expression),
            self.feel(expression, names),
            self._types.of(column, expression.get("typeRef") if expression is not None else None),
            self.feel(allowed, names | {"?"}, tests=True) if has_allowed else None,
        )

    def _output(self, column: xml.Element, names: Names, single: bool) -> tables.Output:
        allowed, default = xml.child(column, "outputValues"), xml.child(column, "defaultOutputEntry")
        priorities: Sequence[Value] = ()
        if allowed is not None and xml.text(allowed):
            try:
                priorities = feel.compile(f"[{xml.text(allowed)}]").evaluate()
            except FeelError:
                self.feel(allowed, names | {"?"}, tests=True)  # tests (> 5) have no order
        wanted = self._types.of(column, column.get("typeRef"))
        return tables.Output(
            column.get("name") or column.get("label") or "",
            None if single and wanted is not None and wanted.kind in ("list", "context") else wanted,
            priorities,
            None if default is None else self.feel(default, names),
        )

    def _rule(
        self, row: xml.Element, names: Names, inputs: int, outputs: int, place: tables.Place
    ) -> tables.TableRule | None:
        tests = tuple(self.feel(cell, names | {"?"}, tests=True) for cell in xml.children(row, "inputEntry"))
        results = tuple(self.feel(cell, names) for cell in xml.children(row, "outputEntry"))
        if len(tests) != inputs or len(results) != outputs:
            self._report(
                row, "cells",
                f"Expected {inputs} inputs and {outputs} outputs in the rule, found {len(tests)} and {len(results)}.",
            )  # fmt: skip
            return None
        return tables.TableRule(tests, results, place)

    # What the rules of a table cover

    def _survey(self, element: xml.Element, names: Names, policy: str) -> coverage.Survey:
        columns = tuple(self._column(column) for column in xml.children(element, "input"))
        rows = tuple(
            coverage.RuleRow(
                xml.line(row),
                tuple(self._cell(cell, names) for cell in xml.children(row, "inputEntry")),
                _constants(xml.children(row, "outputEntry")),
            )
            for row in xml.children(element, "rule")
        )
        outputs = list(xml.children(element, "output"))
        gives_lists = policy in tables.LISTS and element.get("aggregation", "") in ("", "COUNT")
        has_default = any(xml.text(xml.child(output, "defaultOutputEntry")) for output in outputs)
        is_given = all(column.source in self._given for column in columns)
        where = xml.identified(element)
        return coverage.Survey(where, xml.line(element), policy, gives_lists or has_default, is_given, columns, rows)

    def _column(self, column: xml.Element) -> coverage.Column:
        expression = xml.child(column, "inputExpression")
        wanted = self._types.of(column, expression.get("typeRef") if expression is not None else None)
        source = " ".join(xml.text(expression).split())
        allowed = xml.child(column, "inputValues")
        text = xml.text(allowed) or self._types.allowed_text(wanted)
        cell = self._tests(text, frozenset({"?"})) if text else None
        return coverage.Column(column.get("label") or source, source, wanted.kind if wanted else None, cell)

    def _cell(self, element: xml.Element, names: Names) -> coverage.Cell:
        return self._tests(xml.text(element), names | {"?"})

    def _tests(self, text: str, names: Names) -> coverage.Cell:
        try:
            test = feel.embedded_tests(text, self._vocabulary, self._types.named, names)
            return coverage.Cell(test, landmarks(text, self._vocabulary, names))
        except FeelError:
            return coverage.Cell(_null, None)  # reported already


def _null(scope: Scope) -> Value:
    return None


def _constants(cells: Iterable[xml.Element]) -> tuple[Value, ...] | None:
    """Return the values of output entries if they are the same in every evaluation, else None."""
    values: list[Value] = []
    for cell in cells:
        try:
            expression = feel.compile(xml.text(cell) or "null")
        except FeelError:
            return None
        if expression.names or expression.calls:
            return None
        values.append(expression.evaluate())
    return tuple(values)


def _name(element: xml.Element) -> str:
    return " ".join(element.get("name", "").split())


def closed(parameters: tuple[Parameter, ...], body: Closure, scope: Scope, result: Type | None) -> Function:
    """Return a function whose body sees the scope in which it was written, and its arguments."""
    names = [parameter.name for parameter in parameters]

    def run(values: Sequence[Value], caller: Scope) -> Value:
        return body(scope.called_by(caller).within(dict(zip(names, values, strict=True))))

    return Function(parameters, run, result)


def _context(entries: list[tuple[str | None, Closure]]) -> Closure:
    """Return the closure of a context; if its last entry has no name, the value of that entry instead of the
    context.
    """

    def run(scope: Scope) -> Value:
        built: dict[str, Value] = {}
        inner = scope.within(built)
        for name, closure in entries:
            value = closure(inner)
            if name is None:
                return value
            built[name] = value
        return built

    return run


def _values(value: Value, scope: Scope) -> Sequence[Value] | None:
    if isinstance(value, feel.Range):
        return list(feel.compile("for i in r return i").evaluate({"r": value}) or []) or None
    if not isinstance(value, list):
        scope.warn("What is iterated over isn't a list; null.")
        return None
    scope.spend(len(value))
    return value


def _for(variable: str, values: Sequence[Value], body: Closure, scope: Scope) -> Value:
    results: list[Value] = []
    for value in values:
        scope.spend(len(results) >> 4)
        results.append(body(scope.within({variable: value, "partial": list(results)})))
    return results


def _quantified(rule: Callable[[Any], bool | None]) -> Callable[[str, Sequence[Value], Closure, Scope], Value]:
    def run(variable: str, values: Sequence[Value], body: Closure, scope: Scope) -> Value:
        met = [body(scope.within({variable: value})) for value in values]
        return None if _is_odd(met, scope) else rule(met)

    return run


def _is_odd(met: Iterable[Value], scope: Scope) -> bool:
    """Whether a condition is neither true nor false nor null, of which the scope is warned."""
    odd = any(value is not None and not isinstance(value, bool) for value in met)
    if odd:
        scope.warn("A condition is neither true nor false; null.")
    return odd


_ITERATORS: Mapping[str, Callable[[str, Sequence[Value], Closure, Scope], Value]] = {
    "for": _for, "every": _quantified(operators.conjunction), "some": _quantified(operators.disjunction),
}  # fmt: skip


def _item_scope(item: Value, scope: Scope) -> Scope:
    inner = scope.within({"item": item})
    return inner.within(item) if isinstance(item, dict) else inner


_BOXES: Mapping[str, Callable[[Boxes, xml.Element, Names], Closure]] = {
    "literalExpression": Boxes._literal, "decisionTable": Boxes._table, "context": Boxes._context,
    "invocation": Boxes._invocation, "functionDefinition": Boxes._function, "list": Boxes._list,
    "relation": Boxes._relation, "conditional": Boxes._conditional, "for": Boxes._iterator,
    "every": Boxes._iterator, "some": Boxes._iterator, "filter": Boxes._filter,
}  # fmt: skip
