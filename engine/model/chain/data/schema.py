"""The data schema of a chain: which facts each process may have, of which shape, and what sets them.

    schema = Schema(draft)
    schema.names(process, element)          # what an expression of the element sees

Facts live in scopes: those of the process, and those of an element that has inputs or instances. The shapes are worked
out by reading all mappings again and again until nothing is added. Whatever nobody can know beforehand is told so:
a process is *open* where somebody outside may set any fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.law.matter import ACTIONS
from engine.model.chain.data import known, read, shapes
from engine.model.chain.data.answers import Answers, Stated, grow
from engine.model.chain.data.inference import Inference, Names
from engine.model.chain.data.shapes import ANY, NULL, Shape, join, list_of
from engine.model.chain.draft import Draft
from engine.model.chain.model import Element, MultiInstance, Process

_ROUNDS = 12  # mappings that pass a fact on one after another, through called processes too
_READS = re.compile(r"=\s*([^\W\d]\w*)\s*(?:\.[\s\w.]*)?\Z")


@dataclass(slots=True)
class Facts:
    """The facts of one process: its own, and those of scopes inside it by element."""

    own: dict[str, Shape] = field(default_factory=dict)
    inner: dict[str, dict[str, Shape]] = field(default_factory=dict)
    is_open: bool = False
    changes: int = 0

    def grow(self, scope: dict[str, Shape], name: str, shape: Shape) -> None:
        """Let a fact of one of the scopes have this shape too."""
        self.changes += grow(scope, name, shape)

    def open(self, is_open: bool) -> None:
        """Note whether others may set facts that nobody told of."""
        self.changes += is_open and not self.is_open
        self.is_open |= is_open


class Schema:
    """The facts of all processes of a draft. `own`: processes of the files that were asked for; others are shared."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.facts: dict[str, Facts] = {id: Facts() for id in draft.processes}
        self.own = {id for source in draft.given if source.suffix == ".bpmn" for id in source.ids}
        self.throws = _thrown(draft)
        self.answers = Answers(draft)
        self._hoped_for: set[tuple[str, str, str]] = set()
        for process in draft.processes.values():
            self.facts[process.id].is_open = not is_started_here(draft, process)
        states: dict[str, tuple[int, ...]] = {}
        for _ in range(_ROUNDS):
            if not any([self._again(process, states) for process in draft.processes.values()]):
                break
        self._drop_unset()

    # ---------------------------------------------------------------- what an expression sees

    def names(self, process: Process, element: Element | None, *more: Mapping[str, Shape]) -> Names:
        """Return what an expression at an element sees, its own scope included; None: what the process itself sees."""
        facts = self.facts[process.id]
        scopes = [facts.inner[id] for id in around(process, element) if id in facts.inner]
        return Names(*more, *scopes, facts.own, is_open=facts.is_open)

    def before(self, process: Process, element: Element, place: int) -> Names:
        """Return what the input mapping at `place` sees: of the element's own scope, only what is set by then."""
        facts, targets = self.facts[process.id], [mapping.target for mapping in element.inputs]
        later = set(targets[place:]) - set(targets[:place])
        own = {name: shape for name, shape in facts.inner.get(element.id, {}).items() if name not in later}
        return Names(own, *self.outside(process, element).facts, is_open=facts.is_open)

    def outside(self, process: Process, element: Element) -> Names:
        """Return what an expression sees that is worked out around an element, such as its collection."""
        return self.names(process, process.elements.get(element.parent))

    def results(self, process: Process, element: Element) -> tuple[Mapping[str, Shape], bool]:
        """Return the facts that an element's work brings, and whether it may bring others."""
        if element.kind == "userTask":
            return _submitted(self.draft, element)
        if element.called is not None:
            called = self.facts.get(element.called)
            return (called.own, called.is_open) if called is not None else ({}, True)
        if element.decision is not None or element.script is not None:
            return {element.result: self._computed(process, element)} if element.result else {}, False
        if element.job is not None:
            action = ACTIONS.get(element.job)
            return (
                ({}, True) if action is None else (self.answers.of(element.job, self._stated(process, element)), False)
            )
        if element.event is not None and element.event.kind in ("message", "signal") and _catches(element):
            return self._brought(element)
        return {}, False

    # ---------------------------------------------------------------- working out

    def _again(self, process: Process, states: dict[str, tuple[int, ...]]) -> bool:
        """Read the elements of a process, unless nothing that they see has changed since; return whether they were
        read. `states`: what had changed how often when each process was read last.
        """
        elements = process.elements.values()
        seen = {process.id, *(element.called for element in elements if element.called in self.facts)}
        events = [element.event for element in elements if element.event is not None and _catches(element)]
        seen |= {id for event in events for id, _ in self.throws.get((event.kind, event.name or ""), ())}
        state = (self.answers.changes, *(self.facts[id].changes for id in sorted(filter(None, seen))))
        if states.get(process.id) == state:
            return False
        states[process.id] = state
        for element in process.elements.values():
            self._element(process, element)
        return True

    def _element(self, process: Process, element: Element) -> None:
        facts = self.facts[process.id]
        if element.multi is not None:
            self._instances(process, element, element.multi)
        for place, mapping in enumerate(element.inputs):
            shape = self.shape(mapping.source, self.before(process, element, place))
            facts.grow(facts.inner.setdefault(element.id, {}), mapping.target, shape)
        if element.called in self.facts:
            self._call(process, element, self.facts[element.called or ""])
        self.answers.note(element.job, self._stated(process, element))
        brought, is_open = self.results(process, element)
        if element.outputs:
            seen: dict[str, Shape] = {}
            for mapping in element.outputs:
                seen[mapping.target] = self.shape(mapping.source, self.names(process, element, seen, brought))
            for name, shape in seen.items():
                self._assign(process, element if element.multi else process.elements.get(element.parent), name, shape)
            return
        if element.called is not None and not element.propagate_out:
            return
        facts.open(is_open)
        for name, shape in list(brought.items()):
            self._assign(process, element, name, shape)

    def shape(self, text: str, names: Names) -> Shape:
        """Return the shape of a mapping's source, literal or FEEL."""
        if not text.startswith("="):
            return shapes.text((text,))
        tree = read.tree_of(text[1:])
        return Inference(known.FUNCTIONS, missing=NULL).shape(tree, names) if tree is not None else ANY

    def _instances(self, process: Process, element: Element, multi: MultiInstance) -> None:
        facts = self.facts[process.id]
        around = self.outside(process, element)
        inner = facts.inner.setdefault(element.id, {})
        items = self.shape(multi.input_collection, around) if multi.input_collection else ANY
        facts.grow(inner, "loopCounter", shapes.of(shapes.NUMBER))
        if multi.input_element:
            facts.grow(inner, multi.input_element, shapes.item_of(items))
        reads = _READS.match(multi.output_element or "")
        if reads and reads[1] not in ("true", "false", "null", "loopCounter", multi.input_element):
            self._hoped_for.add((process.id, element.id, reads[1]))
            facts.grow(inner, reads[1], NULL)
        if multi.output_collection:
            each = self.shape(multi.output_element, self.names(process, element)) if multi.output_element else NULL
            self._assign(process, process.elements.get(element.parent), multi.output_collection, list_of(each))

    def _drop_unset(self) -> None:
        """Forget the names that an output element reads of its instance, and that nothing sets there."""
        for id, element, name in self._hoped_for:
            scope, elements = self.facts[id].inner[element], self.draft.processes[id].elements.values()
            if scope.get(name) == NULL and all(m.target != name for e in elements for m in (*e.outputs, *e.inputs)):
                del scope[name]

    def _call(self, process: Process, element: Element, called: Facts) -> None:
        facts = self.facts[process.id]
        given: dict[str, Shape] = dict(facts.inner.get(element.id, {}))
        if element.propagate_in:
            for scope in reversed(self.names(process, element).facts):
                given |= scope
            called.open(facts.is_open)
        for name, shape in given.items():
            called.grow(called.own, name, shape)

    def _assign(self, process: Process, place: Element | None, name: str, shape: Shape) -> None:
        """Set a fact where a scope around has it already, else in that of the process."""
        facts = self.facts[process.id]
        for id in around(process, place):
            if name in facts.inner.get(id, ()):
                facts.grow(facts.inner[id], name, shape)
                return
        facts.grow(facts.own, name, shape)

    def _stated(self, process: Process, element: Element) -> Stated:
        """Return the inputs of an action as shapes, by name: a header, an input, or a fact of that name."""
        names = self.names(process, element)

        def stated(name: str) -> Shape:
            if name in element.headers:
                return self.shape(element.headers[name], names)
            return names.find(name) or ANY

        return stated

    def _computed(self, process: Process, element: Element) -> Shape:
        names = self.names(process, element)
        if element.script is not None:
            return self.shape(element.script, names)
        source = self.draft.decisions.get(element.decision or "")
        model = read.outline_of(source.data) if source is not None else None
        decision = model.decisions.get(element.decision or "") if model is not None else None
        if model is None or decision is None:
            return ANY
        return read.given_by(decision, model, names, known.FUNCTIONS)

    def _brought(self, element: Element) -> tuple[Mapping[str, Shape], bool]:
        """Return the facts that a message or signal brings: those that the hall or a thrower in the chain gives it."""
        event = element.event
        name = event.name if event is not None else None
        if event is None or name is None:
            return {}, True
        if event.kind == "message" and name in known.MESSAGES:
            return known.MESSAGES[name], False
        throwers = self.throws.get((event.kind, name), ())
        facts: dict[str, Shape] = {}
        for process, thrower in throwers:
            for target, shape in self.facts[process].inner.get(thrower, {}).items():
                facts[target] = join(facts.get(target, NULL), shape)
        return facts, not throwers


def is_started_here(draft: Draft, process: Process) -> bool:
    """Return whether all who start the process are known: the intake of a chain, or calls."""
    called = {e.called for p in draft.processes.values() for e in p.elements.values() if e.called}
    if process.id in called or process.properties.get("chain") or process.id in draft.stages:
        return True
    if [id for id in draft.processes if id not in called] != [process.id]:
        return False
    return draft.folder is not None or _has_forms(draft, process)


def _has_forms(draft: Draft, process: Process) -> bool:
    """Return whether the process asks people, and by forms alone."""
    asked = [e for e in process.elements.values() if e.kind == "userTask"]
    return bool(asked) and all(e.form in draft.forms for e in asked)


def _submitted(draft: Draft, element: Element) -> tuple[Mapping[str, Shape], bool]:
    source = draft.forms.get(element.form or "")
    form = read.form_of(source.data) if source is not None else None
    return ({}, True) if form is None else (read.fields_of(form), False)


def _catches(element: Element) -> bool:
    return element.kind in ("startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask")


def _thrown(draft: Draft) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Return (process, element) of all that throws a message or signal, by (kind, name)."""
    throws: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for process in draft.processes.values():
        for element in process.elements.values():
            if element.event is not None and element.event.kind in ("message", "signal") and not _catches(element):
                throws.setdefault((element.event.kind, element.event.name or ""), []).append((process.id, element.id))
    return throws


def around(process: Process, element: Element | None) -> Iterator[str]:
    """Yield the ids of the element and of the bodies around it, the innermost first."""
    while element is not None:
        yield element.id
        element = process.elements.get(element.parent)
