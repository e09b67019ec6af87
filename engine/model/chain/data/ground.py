"""The ground of the data flow in a process: its facts as bits, and the ways that lead to each element.

A bit is a fact of one scope: of the process, or of an element that has inputs or instances of its own. Ways lead along
flows and links, into bodies, and to boundary events and event subprocesses from wherever a token may rest meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.model.chain.data import read
from engine.model.chain.data.needs import Answer, answers, source_of, surely
from engine.model.chain.data.schema import Schema, around
from engine.model.chain.dialect import BODIES
from engine.model.chain.model import DataMapping, Element, Flow, Process
from engine.model.chain.ways import following

EVERYTHING = -1
"""All bits: the state of a place that no way has come to yet, and of one behind work that may set any fact."""

Fact = tuple[str, str]
"""(id of the element whose scope it is, name); an empty id: a fact of the process."""


@dataclass(frozen=True, slots=True)
class Before:
    """One way to an element: the element before it, whether after its work, and what the way tells: facts that are
    surely set, conditions that are answered.
    """

    element: str
    is_after: bool
    told: int = 0
    answered: frozenset[Answer] = frozenset()


class Ground:
    """The facts and the ways of one process."""

    def __init__(self, schema: Schema, process: Process) -> None:
        self.schema, self.process = schema, process
        self.elements = process.elements
        self.bits: dict[Fact, int] = {}
        self._note_facts()
        self.inside: dict[str, list[Element]] = {}
        self.attached: dict[str, list[Element]] = {}
        for element in self.elements.values():
            self.inside.setdefault(element.parent, []).append(element)
            self.attached.setdefault(element.attached_to or "", []).append(element)
        self.linked = _links(process)
        self.ways = {id: list(self._ways_to(element)) for id, element in self.elements.items()}
        self.answers: dict[Answer, int] = {}
        for answer in (answer for ways in self.ways.values() for way in ways for answer in way.answered):
            self.answers.setdefault(answer, 1 << (len(self.bits) + len(self.answers)))

    # ---------------------------------------------------------------- facts

    def fact(self, element: Element | None, name: str) -> Fact | None:
        """Return the fact that a name means at an element; None if nothing in the process sets it."""
        for id in around(self.process, element):
            if (id, name) in self.bits:
                return id, name
        return ("", name) if ("", name) in self.bits else None

    def bit(self, element: Element | None, name: str) -> int:
        """Return the bit of the fact that a name means at an element; 0 if nothing in the process sets it."""
        fact = self.fact(element, name)
        return self.bits[fact] if fact is not None else 0

    def source(self, place: Element | None, mapping: DataMapping) -> int:
        """Return the bit of the fact that a mapping hands on as it is; 0 if it gives a value of its own."""
        name = copied(mapping)
        return self.bit(place, name) if name is not None else 0

    def _note_facts(self) -> None:
        for id, names in self.schema.facts[self.process.id].inner.items():
            for name in names:
                self.bits[id, name] = 1 << len(self.bits)
        for element in self.elements.values():
            for place, name in self._written(element):
                if self.fact(place, name) is None:
                    self.bits["", name] = 1 << len(self.bits)
        self._sets = {
            e.id: {self.fact(place, name) for place, name in self._written(e)} for e in self.elements.values()
        }

    def _written(self, element: Element) -> Iterator[tuple[Element | None, str]]:
        """Yield each fact that an element sets, with the element whose scopes are asked for it."""
        outside = self.elements.get(element.parent)
        yield from ((self.target_of(element), mapping.target) for mapping in element.outputs)
        if element.multi is not None and element.multi.output_collection:
            yield outside, element.multi.output_collection
        if not element.outputs and (element.called is None or element.propagate_out):
            yield from ((element, name) for name in self.schema.results(self.process, element)[0])

    def target_of(self, element: Element) -> Element | None:
        """Return the element whose scopes the output mappings set: an instance sees its own results."""
        return element if element.multi is not None else self.elements.get(element.parent)

    # ---------------------------------------------------------------- ways

    def _ways_to(self, element: Element) -> Iterator[Before]:
        for id in element.incoming:
            flow = self.process.flows[id]
            if flow.source in self.elements:
                yield Before(flow.source, True, *self.told(flow))
        yield from (Before(id, True) for id in self.linked.get(element.id, ()))
        body = self.elements.get(element.parent)
        if element.attached_to in self.elements:
            yield from self._anywhere(self.elements[element.attached_to or ""])
        elif element.event_subprocess:
            waiting = [e for e in self.inside[element.parent] if e.id != element.id and _may_rest(e)]
            yield from (Before(e.id, False) for e in waiting)
        elif element.kind == "startEvent" and body is not None:
            yield Before(body.id, False)

    def _anywhere(self, host: Element) -> Iterator[Before]:
        """Yield the places at which what a boundary event is attached to may be when it happens."""
        resting = [e for e in self.inside.get(host.id, ()) if _may_rest(e)] if host.kind in BODIES else []
        yield from (Before(e.id, False) for e in resting or (host,))

    def told(self, flow: Flow) -> tuple[int, frozenset[Answer]]:
        """Return what the taking of a flow tells: its condition was met, and those before it weren't."""
        source = self.elements[flow.source]
        told = [(flow.condition, True)] if flow.condition is not None and flow.id != source.default else []
        if source.kind == "exclusiveGateway":
            told += [(text, False) for text in conditions_before(self.process, source, flow)]
        names, answered = frozenset[str](), frozenset[Answer]()
        for text, met in told:
            tree = read.tree_of(text[1:]) if text.startswith("=") else None
            if tree is not None:
                names, answered = names | surely(tree, met), answered | answers(tree, met)
        return self.bits_of(self.elements.get(source.parent), names), answered

    def bits_of(self, element: Element | None, names: Iterable[str]) -> int:
        state = 0
        for name in names:
            state |= self.bit(element, name)
        return state

    def may_be_set(self, element: Element, fact: Fact) -> bool:
        """Return whether something that stands before an element may have set a fact."""
        todo, met = [element.id], {element.id}
        while todo:
            here = self.elements[todo.pop()]
            earlier = [way.element for way in self.ways[here.id]]
            earlier += [here.parent] if not earlier and here.parent in self.elements else []
            earlier += [e.id for id in earlier for e in self.inside.get(id, ())]
            if any(fact in self._sets[id] for id in earlier):
                return True
            todo += [id for id in earlier if id not in met]
            met.update(earlier)
        return False

    def interrupts(self, element: Element) -> bool:
        return any(e.kind == "startEvent" and e.interrupting for e in self.inside.get(element.id, ()))


def copied(mapping: DataMapping) -> str | None:
    """Return the name that a mapping hands on, itself or a member of it; None if it gives a value of its own."""
    return source_of(read.tree_of(mapping.source[1:])) if mapping.source.startswith("=") else None


def conditions_before(process: Process, gateway: Element, flow: Flow) -> Iterator[str]:
    """Yield the conditions of a gateway that weren't met if a flow is taken: all before it, and for the default all."""
    for id in gateway.outgoing:
        if id == flow.id and id != gateway.default:
            return
        condition = process.flows[id].condition
        if condition is not None and id != gateway.default:
            yield condition


def _may_rest(element: Element) -> bool:
    """Return whether a token may lie there for a while, so that something may happen meanwhile."""
    if element.kind in ("userTask", "receiveTask", "eventBasedGateway", "callActivity") or element.kind in BODIES:
        return not element.event_subprocess
    caught = element.event is not None and element.event.kind != "link"
    return (element.kind == "intermediateCatchEvent" and caught) or element.job is not None


def _links(process: Process) -> dict[str, list[str]]:
    """Return the throwing links by the id of the catching one."""
    sources: dict[str, list[str]] = {}
    for id, targets in following(process.elements, ()).items():
        for target in targets:
            if process.elements[target].attached_to is None:
                sources.setdefault(target, []).append(id)
    return sources
