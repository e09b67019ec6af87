"""A decision model: its elements, what each requires, and how one is decided. Knows no table and no syntax.

A decision sees what it requires and nothing else: its input data, the results of its decisions, and its business
knowledge models and decision services as functions. Source: DMN 1.5 § 6, § 10.4.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.base.canonical import digest
from engine.base.errors import ModelError, NotFound
from engine.language import feel
from engine.language.decisions import coverage, xml
from engine.language.decisions.boxed import Boxes, closed, typed
from engine.language.decisions.itemtypes import ItemTypes, dated
from engine.language.decisions.tables import Place
from engine.language.feel import Closure, Function, Parameter, Scope, Type, Value, from_host, temporal
from engine.language.feel.conformance import coerce

_DRG = ("decision", "inputData", "businessKnowledgeModel", "decisionService")


@dataclass(frozen=True, slots=True)
class DecisionProblem:
    """One thing that is wrong with a model. `element`: its id or name; `line`: in the file in which it stands."""

    element: str
    line: int
    rule: str
    message: str
    severity: str = "error"


@dataclass(frozen=True, slots=True)
class DrgElement:
    """An element of the requirements graph. `requires`: (name by which this element knows it, key) of each other
    element.
    """

    key: str
    id: str
    name: str
    kind: str
    type: Type | None
    requires: tuple[tuple[str, str], ...]
    body: Closure
    parameters: tuple[Parameter, ...] = ()
    outputs: tuple[str, ...] = ()  # of a decision service: keys


@dataclass(slots=True)
class Model:
    """A decision model as `read` returns it, then immutable. `digest`: of its file. `rules`: of all tables there."""

    name: str
    digest: str = ""
    rules: list[Place] = field(default_factory=list)
    _problems: list[DecisionProblem] = field(default_factory=list)
    _surveys: list[Callable[[], coverage.Survey]] = field(default_factory=list)
    _elements: dict[str, DrgElement] = field(default_factory=dict)
    _own: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[DecisionProblem]:
        """All problems of the model: wrong texts, types, references, circles; gaps and overlaps of tables."""
        surveys = [survey() for survey in self._surveys]
        tables = [
            DecisionProblem(survey.element, finding.line, finding.rule, finding.message, finding.severity)
            for survey in surveys
            for finding in coverage.findings(survey)
        ]
        return [*self._problems, *tables]

    def decisions(self) -> list[tuple[str, str]]:
        """Return `(id, name)` of each decision of the model's own file."""
        return [(e.id, e.name) for e in map(self._elements.__getitem__, self._own) if e.kind == "decision"]

    def decide(
        self,
        decision: str,
        inputs: Mapping[str, object],
        functions: Mapping[str, Callable[..., object]] | None = None,
        now: datetime.datetime | None = None,
        *,
        warnings: list[str] | None = None,
    ) -> Value:
        """Return the result of a decision, decision service or knowledge model, named by id or name.

        `inputs`: by name; a value given there for a decision replaces deciding it. An expression that fails gives null,
        and
        a line in `warnings`. Raises NotFound, BudgetExceeded.
        """
        element = self._find(decision)
        run = _Run(self._elements, _Inputs(inputs, {}))
        scope = Scope(lambda name: None, functions or {}, now, warnings)
        return temporal.in_zone_of(now, lambda: run.result(element, scope))

    def inputs_of(self, decision: str) -> list[str]:
        """Return the names of the input data that a decision requires, directly or through others. Raises NotFound."""
        wanted, seen = [self._find(decision).key], dict[str, DrgElement]()
        while wanted:
            element = self._elements.get(wanted.pop())
            if element is not None and element.key not in seen:
                seen[element.key] = element
                wanted += [key for _, key in element.requires]
        return sorted(element.name for element in seen.values() if element.kind == "inputData")

    def inputs_from_json(self, data: Mapping[str, Any]) -> Mapping[str, Value]:
        """Return parsed JSON, or the facts of a case, as inputs: texts become dates, times and durations where the
        input's type asks for them. A value is looked up when the decision asks for it.
        """
        own = [self._elements[key] for key in self._own]
        types = {element.name: element.type for element in own if element.kind in ("inputData", "decision")}
        return _Inputs(data, types)

    def _find(self, wanted: str) -> DrgElement:
        own = [self._elements[key] for key in self._own]
        for fact in ("id", "name"):
            for element in own:
                if element.kind != "inputData" and getattr(element, fact) == wanted:
                    return element
        known = ", ".join(sorted(e.name for e in own if e.kind == "decision"))
        raise NotFound(
            f'Expected a decision of "{self.name}", found "{wanted}". It has: {known}.',
            sentence="decision_unknown",
            decision=wanted,
        )


class _Inputs(Mapping[str, Value]):
    """Values of a host as values of FEEL, of these types; each is made when it is first asked for."""

    def __init__(self, given: Mapping[str, object], types: Mapping[str, Type | None]) -> None:
        self._given, self._types = given, types
        self._made: dict[str, Value] = {}

    def __getitem__(self, name: str) -> Value:
        if name not in self._made:
            self._made[name] = dated(from_host(self._given[name]), self._types.get(name))
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._given

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


class _Run:
    """One decision being made: the given inputs, and the values worked out so far."""

    def __init__(self, elements: Mapping[str, DrgElement], inputs: Mapping[str, Value]) -> None:
        self._elements = elements
        self._inputs = inputs
        self._values: dict[str, Value] = {}

    def result(self, element: DrgElement, scope: Scope) -> Value:
        """Return the result for a caller outside the model: a function is called with the inputs."""
        value = self.value(element, scope)
        if element.kind == "decision" or not isinstance(value, Function):
            return value
        arguments = [self._inputs.get(parameter.name) for parameter in value.parameters]
        return feel.invoke(value, arguments, None, scope)

    def value(self, element: DrgElement, scope: Scope) -> Value:
        """Return the element's value, worked out once."""
        if element.key not in self._values:
            self._values[element.key] = None  # an element that requires itself sees null; the circle was reported
            self._values[element.key] = _VALUES[element.kind](self, element, scope)
        return self._values[element.key]

    def _input(self, element: DrgElement, scope: Scope) -> Value:
        value, fits = coerce(self._inputs.get(element.name), element.type)
        if not fits:
            scope.warn(f'The input "{element.name}" isn\'t of its type; null.')
        return value

    def _decision(self, element: DrgElement, scope: Scope) -> Value:
        if element.name in self._inputs:
            return self._inputs[element.name]
        return element.body(self._scope(element, scope))

    def _knowledge(self, element: DrgElement, scope: Scope) -> Value:
        # The function may call itself: its own name is bound to it by the time it runs.
        local: dict[str, Value] = {}
        inner = scope.within(local)
        function = closed(element.parameters, element.body, inner, element.type)
        self._values[element.key] = function
        local[element.name] = function
        local.update(self._required(element, scope))
        return function

    def _service(self, element: DrgElement, scope: Scope) -> Value:
        names = [parameter.name for parameter in element.parameters]

        def decide(values: Sequence[Value], caller: Scope) -> Value:
            run = _Run(self._elements, dict(zip(names, values, strict=True)))
            outputs = [self._elements[key] for key in element.outputs]
            results = {output.name: run.value(output, caller) for output in outputs}
            return next(iter(results.values())) if len(results) == 1 else results

        return Function(element.parameters, decide, element.type, element.name)

    def _scope(self, element: DrgElement, scope: Scope) -> Scope:
        """Return the scope with what the element requires.

        An element without requirements sees all inputs: models made for Camunda leave input data out of the drawing.
        """
        if not element.requires:
            return scope.seeing(self._inputs.get)
        return scope.within(self._required(element, scope))

    def _required(self, element: DrgElement, scope: Scope) -> dict[str, Value]:
        required: dict[str, Value] = {}
        for name, key in element.requires:
            prefix, _, rest = name.rpartition("\0")
            value = self.value(self._elements[key], scope)
            if prefix:
                # Through an import: a member of the context that has the import's name.
                required.setdefault(prefix, {})[rest] = value
            else:
                required[name] = value
        return required


_VALUES: Mapping[str, Callable[[_Run, DrgElement, Scope], Value]] = {
    "inputData": _Run._input, "decision": _Run._decision,
    "businessKnowledgeModel": _Run._knowledge, "decisionService": _Run._service,
}  # fmt: skip


def read(files: bytes | Sequence[bytes], *, functions: Collection[str] = ()) -> Model:
    """Return the model in the text of its file. Of several files, the first is the model, and it may import the others.

    `functions`: names of host functions that its expressions may call; `decide` is given the functions themselves.
    Raises ModelError (`line`) for text that isn't XML or isn't DMN. Everything else that is wrong is one of the model's
    `problems`, and null where it is evaluated.
    """
    contents = [files] if isinstance(files, bytes) else files
    roots = [_definitions(contents[0]), *_readable(contents[1:])]
    model = Model(roots[0].get("name", ""), digest(contents[0]))
    library = _Library(roots, model, functions)
    library.load(roots[0])
    for element in xml.children(roots[0], *_DRG):
        model._own.append(library.key(roots[0], element))
    _report_circles(model)
    _report_doubles(model, roots[0])
    return model


def _report_doubles(model: Model, root: xml.Element) -> None:
    """Report ids that stand twice: a reference, or the rule that a decision came from, may be either."""
    lines: dict[str, int] = {}
    for element in root.iter("{*}*"):
        id = element.get("id")
        if id in lines:
            message = f'The id "{id}" is taken, at line {lines[id]}. Give one of the two another id.'
            model._problems.append(DecisionProblem(id, xml.line(element), "id", message, "warning"))
        elif id:
            lines[id] = xml.line(element)


def _definitions(content: bytes) -> xml.Element:
    root = xml.parse(content)
    if xml.kind(root) != "definitions":
        raise ModelError(f"Expected DMN definitions, found <{xml.kind(root)}>.", line=xml.line(root))
    return root


def _readable(contents: Sequence[bytes]) -> Iterable[xml.Element]:
    """Yield the files that are DMN; an import of another one is reported."""
    for content in contents:
        with contextlib.suppress(ModelError):
            yield _definitions(content)


class _Library:
    """The files of a model, each loaded once, after the files that it imports."""

    def __init__(self, roots: Sequence[xml.Element], model: Model, functions: Collection[str]) -> None:
        self.functions = functions
        self.main = roots[0]
        self._by_namespace = {root.get("namespace", ""): root for root in roots}
        self._model = model
        self._types: dict[str, ItemTypes | None] = {}

    def key(self, root: xml.Element, element: xml.Element) -> str:
        """Return the key of an element, unique among all files."""
        return f"{root.get('namespace', '')}#{element.get('id') or element.get('name')}"

    def load(self, root: xml.Element) -> ItemTypes | None:
        """Enter the elements of a file, and of those that it imports; return its types."""
        namespace = root.get("namespace", "")
        if namespace in self._types:
            return self._types[namespace]
        self._types[namespace] = None  # an import in a circle sees no types
        imports = self._imports(root)
        imported: dict[str, Type] = {}
        for prefix, other in imports.items():
            types_there = self.load(other)
            for name, type in types_there.named.items() if types_there else ():
                imported[f"{prefix}.{name}" if prefix else name] = type
        types = ItemTypes(root, imported, self.report)
        self._types[namespace] = types
        _File(root, imports, self, types, self._model).enter()
        return types

    def _imports(self, root: xml.Element) -> dict[str, xml.Element]:
        roots: dict[str, xml.Element] = {}
        for element in xml.children(root, "import"):
            if "dmn" not in element.get("importType", "").lower():
                continue
            other = self._by_namespace.get(element.get("namespace", ""))
            if other is None:
                self.report(element, "import", f'Expected the file of "{element.get("namespace")}" beside this one.')
            else:
                roots[element.get("name", "")] = other
        return roots

    def report(self, element: xml.Element, rule: str, message: str) -> None:
        problem = DecisionProblem(xml.identified(element), xml.line(element), rule, message)
        if problem not in self._model._problems:
            self._model._problems.append(problem)


class _File:
    """Compiles the elements of one file."""

    def __init__(
        self, root: xml.Element, imports: Mapping[str, xml.Element], library: _Library, types: ItemTypes, model: Model
    ) -> None:
        self._root = root
        self._imports = imports
        self._library = library
        self._types = types
        self._model = model
        self._by_reference = dict(self._references())
        members = types.component_names() | {
            _name(e) for r in (root, *imports.values()) for e in xml.children(r, *_DRG)
        }
        given = frozenset(_name(e) for e in xml.children(root, "inputData"))
        self._boxes = Boxes(feel.vocabulary(members, library.functions), types, library.report, given)

    def _references(self) -> Iterable[tuple[str, tuple[str, str, str]]]:
        """Yield (href, (name here, key, kind)) for each element that this file may refer to."""
        for prefix, root in (("", self._root), *self._imports.items()):
            for element in xml.children(root, *_DRG):
                here = f"{prefix}\0{_name(element)}" if prefix else _name(element)
                entry = (here, self._library.key(root, element), xml.kind(element))
                yield f"{root.get('namespace', '')}#{element.get('id')}", entry
                if root is self._root:
                    yield f"#{element.get('id')}", entry

    def enter(self) -> None:
        """Compile the elements and enter them into the model."""
        for element in xml.children(self._root, *_DRG):
            made = _MAKERS[xml.kind(element)](self, element)
            self._model._elements[made.key] = made
        if self._root is self._library.main:
            self._model._surveys += self._boxes.surveys  # tables of an imported file are reported with that file
            self._model.rules += self._boxes.rules

    def _targets(self, element: xml.Element, *kinds: str) -> tuple[tuple[str, str], ...]:
        targets: list[tuple[str, str]] = []
        for reference in xml.children(element, *kinds):
            href = (reference.get("href") or "").strip()
            entry = self._by_reference.get(href) or self._by_reference.get("#" + href.rpartition("#")[2])
            if entry is None:
                self._library.report(reference, "reference", f'Expected an element of the model, found "{href}".')
            else:
                targets.append(entry[:2])
        return tuple(targets)

    def _requirements(self, element: xml.Element) -> tuple[tuple[str, str], ...]:
        wanted = xml.children(element, "informationRequirement", "knowledgeRequirement")
        kinds = ("requiredDecision", "requiredInput", "requiredKnowledge")
        return tuple(target for requirement in wanted for target in self._targets(requirement, *kinds))

    def _variable_type(self, element: xml.Element) -> Type | None:
        variable = xml.child(element, "variable")
        return None if variable is None else self._types.of(variable, variable.get("typeRef"))

    def _made(self, element: xml.Element, **more: object) -> DrgElement:
        facts: dict[str, object] = {
            "key": self._library.key(self._root, element), "id": element.get("id", ""), "name": _name(element),
            "kind": xml.kind(element), "type": self._variable_type(element), "requires": (),
            "body": lambda scope: None,
        }  # fmt: skip
        return DrgElement(**{**facts, **more})  # type: ignore[arg-type]

    def _input(self, element: xml.Element) -> DrgElement:
        return self._made(element)

    def _decision(self, element: xml.Element) -> DrgElement:
        requires = self._requirements(element)
        body = self._boxes.inside(element, _visible(requires))
        wanted = self._variable_type(element)
        return self._made(element, requires=requires, body=typed(body, wanted, f'The decision "{_name(element)}"'))

    def _knowledge(self, element: xml.Element) -> DrgElement:
        requires, logic = self._requirements(element), xml.child(element, "encapsulatedLogic")
        if logic is None or logic.get("kind", "FEEL") != "FEEL":
            parameters = self._boxes.parameters(logic) if logic is not None else ()
            return self._made(element, parameters=parameters, type=None)
        parameters = self._boxes.parameters(logic)
        names = _visible(requires) | {_name(element)} | {parameter.name for parameter in parameters}
        own = self._variable_type(element)
        result = own.result if own is not None and own.kind == "function" else own
        logic_type = self._types.of(logic, logic.get("typeRef"))
        body = typed(self._boxes.inside(logic, names), logic_type, f'The result of "{_name(element)}"')
        return self._made(element, requires=requires, body=body, parameters=parameters, type=result)

    def _service(self, element: xml.Element) -> DrgElement:
        inputs = (*self._targets(element, "inputData"), *self._targets(element, "inputDecision"))
        parameters = tuple(Parameter(name.rpartition("\0")[2], self._type_of(key)) for name, key in inputs)
        outputs = tuple(key for _, key in self._targets(element, "outputDecision"))
        own = self._variable_type(element)
        result = own.result if own is not None and own.kind == "function" else own
        return self._made(element, parameters=parameters, outputs=outputs, type=result)

    def _type_of(self, key: str) -> Type | None:
        for element in xml.children(self._root, *_DRG):
            if self._library.key(self._root, element) == key:
                return self._variable_type(element)
        return None


_MAKERS: Mapping[str, Callable[[_File, xml.Element], DrgElement]] = {
    "inputData": _File._input, "decision": _File._decision,
    "businessKnowledgeModel": _File._knowledge, "decisionService": _File._service,
}  # fmt: skip


def _name(element: xml.Element) -> str:
    """Return the name under which an element is known, with its white space reduced to single spaces."""
    return " ".join((element.get("name") or "").split())


def _visible(requires: Iterable[tuple[str, str]]) -> frozenset[str]:
    return frozenset(name.partition("\0")[0] for name, _ in requires)


def _report_circles(model: Model) -> None:
    """Report elements that require each other, each circle once."""
    done: set[str] = set()
    for start in model._elements:
        path: list[str] = []
        _follow(model, start, path, done)


def _follow(model: Model, key: str, path: list[str], done: set[str]) -> None:
    if key in path:
        circle = [model._elements[part] for part in path[path.index(key) :]]
        if any(element.kind == "decision" for element in circle):
            names = " → ".join(element.name for element in (*circle, circle[0]))
            message = f"Decisions require each other: {names}."
            model._problems.append(DecisionProblem(circle[0].id, 0, "circle", message))
        return
    if key in done or key not in model._elements:
        return
    path.append(key)
    for _, other in model._elements[key].requires:
        _follow(model, other, path, done)
    path.pop()
    done.add(key)
