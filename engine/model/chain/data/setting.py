"""Which facts are surely set where in a process: a data-flow analysis on the graph. Values in, sets of bits out.

A fact is surely set at a place if every way there sets it. Where ways meet, what counts is what all of them set; where
a parallel gateway joins branches, what any of them sets, since all have come. The states begin as "everything is set"
and are taken back until nothing changes (the greatest fixpoint), so that a loop counts what stood before it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from engine.model.chain.data.ground import EVERYTHING, Before, Ground, copied
from engine.model.chain.data.needs import Answer
from engine.model.chain.dialect import BODIES
from engine.model.chain.model import Element


class Setting:
    """The facts that are surely set before and after each element of a process.

    `given`: names that whoever starts the process gives; None: anything. `ends`: what a called process surely sets.
    `where`: answers of conditions; ways that tell the contrary aren't gone.
    """

    def __init__(
        self,
        ground: Ground,
        given: Iterable[str] | None,
        ends: Mapping[str, frozenset[str] | None],
        where: frozenset[Answer] = frozenset(),
    ) -> None:
        self.ground, self.given, self.ends = ground, given, ends
        self.elements = ground.elements
        self._never = frozenset((key, not met) for key, met in where)
        bits = (ground.bits.get(("", name), 0) for name in set(given or ()))
        self.entry = EVERYTHING if given is None else sum(bits)
        self.before = dict.fromkeys(self.elements, EVERYTHING)
        self.after = dict.fromkeys(self.elements, EVERYTHING)
        self.left = dict.fromkeys(self.elements, EVERYTHING)
        self._work_out()

    # ---------------------------------------------------------------- what is asked

    def assuming(self, where: frozenset[Answer]) -> Setting:
        """Return the same where conditions are answered so."""
        return Setting(self.ground, self.given, self.ends, where)

    def names_at_the_end(self) -> frozenset[str] | None:
        """Return the names that the process surely sets until it ends; None: any."""
        state = self._end_of(self.ground.process.id)
        if state == EVERYTHING:
            return None
        return frozenset(name for (scope, name), bit in self.ground.bits.items() if not scope and state & bit)

    def working(self, element: Element) -> int:
        """Return what is set while an element works: what it sees, its own inputs and items included."""
        return self.before[element.id] | self._inputs(element, self.before[element.id])

    def with_results(self, element: Element) -> int:
        """Return what the output mappings of an element see."""
        state = self.working(element)
        if element.multi is not None and element.multi.output_collection:  # it grows with each instance
            state |= self.ground.bit(self.elements.get(element.parent), element.multi.output_collection)
        brought = self._brought(element)
        return EVERYTHING if brought is None else state | brought

    # ---------------------------------------------------------------- working out

    def _work_out(self) -> None:
        users: dict[str, list[str]] = {id: [] for id in self.elements}
        for id, ways in self.ground.ways.items():
            for way in ways:
                users[way.element].append(id)
        changed = list(self.elements)
        while changed:
            todo, queued = deque(changed), set(changed)
            while todo:
                id = todo.popleft()
                queued.discard(id)
                before = self._arriving(self.elements[id])
                after = self._done(self.elements[id], before)
                if (before, after) != (self.before[id], self.after[id]):
                    self.before[id], self.after[id] = before, after
                    todo.extend(user for user in users[id] if user not in queued)
                    queued.update(users[id])
            self._leave()
            bodies = [e for e in self.elements.values() if e.kind in BODIES]
            changed = [e.id for e in bodies if self._done(e, self.before[e.id]) != self.after[e.id]]

    def _arriving(self, element: Element) -> int:
        ways = self.ground.ways[element.id]
        if not ways:
            waits_in = element.kind == "startEvent" or element.event_subprocess
            if waits_in and element.parent == self.ground.process.id:
                return self.entry
            body = self.elements.get(element.parent)
            return self.working(body) if body is not None and element.event_subprocess else EVERYTHING
        states = [self.state(way, element) for way in ways]
        met = states[0]
        for state in states[1:]:
            met = met | state if element.kind == "parallelGateway" else met & state
        return met

    def state(self, way: Before, element: Element) -> int:
        """Return what is set on one way to an element."""
        state = self.after[way.element] if way.is_after else self.before[way.element]
        if not way.is_after and element.parent == way.element:
            state = self.working(self.elements[way.element])
        if way.answered & self._never:
            return EVERYTHING
        for answer in way.answered:
            state |= self.ground.answers[answer]
        return state | way.told

    def answered_at(self, element: Element) -> frozenset[Answer]:
        """Return the conditions that every way to an element has answered, and how."""
        state = self.before[element.id]
        return frozenset(answer for answer, bit in self.ground.answers.items() if state & bit and state != EVERYTHING)

    def _inputs(self, element: Element, state: int) -> int:
        """Return the facts of an element's own scope that are set when its work begins."""
        own = 0
        multi = element.multi
        if multi is not None:
            own |= sum(self.ground.bits.get((element.id, name), 0) for name in multi.local)
        seen: set[str] = set()
        for mapping in element.inputs:
            place = element if copied(mapping) in seen else self.elements.get(element.parent)
            source = self.ground.source(place, mapping)
            own |= self.ground.bits.get((element.id, mapping.target), 0) if not source or (state | own) & source else 0
            seen.add(mapping.target)
        return own

    def _brought(self, element: Element) -> int | None:
        """Return the facts that an element's work surely brings, as an expression of its own sees them; None: any."""
        if element.called is not None:
            ends = self.ends.get(element.called)
            given = {mapping.target for mapping in element.inputs}
            return None if ends is None else self.ground.bits_of(element, ends | given)
        names, is_open = self.ground.schema.results(self.ground.process, element)
        return None if is_open else self.ground.bits_of(element, names)

    def _done(self, element: Element, before: int) -> int:
        """Return what is set when an element's work is over."""
        state = before | self._inputs(element, before)
        if element.kind in BODIES:
            state |= self._end_of(element.id)
        brought = self._brought(element)
        if element.multi is not None and element.multi.output_collection:
            state |= self.ground.bit(self.elements.get(element.parent), element.multi.output_collection)
        if not element.outputs:
            if element.called is not None and not element.propagate_out:
                return state
            return EVERYTHING if brought is None else state | brought
        seen = EVERYTHING if brought is None else state | brought
        for mapping in element.outputs:
            source = self.ground.source(element, mapping)
            known = bool(seen & source) if source else not _lacks(self.ends, element, copied(mapping))
            state |= self.ground.bit(self.ground.target_of(element), mapping.target) if known else 0
        return state

    # ---------------------------------------------------------------- ends

    def _leave(self) -> None:
        """Work out what is set by the time that all is over after each element."""
        self.left = dict.fromkeys(self.elements, EVERYTHING)
        todo, queued = deque(reversed(list(self.elements))), set(self.elements)
        while todo:
            id = todo.popleft()
            queued.discard(id)
            left = self._left(self.elements[id])
            if left != self.left[id]:
                self.left[id] = left
                host = self.elements[id].attached_to
                earlier = [way.element for way in self.ground.ways[id]] + ([host] if host is not None else [])
                todo.extend(other for other in earlier if other not in queued)
                queued.update(earlier)

    def _left(self, element: Element) -> int:
        state = self.after[element.id]
        event = element.event.kind if element.event is not None else None
        if element.kind == "endEvent" and event == "error":
            return EVERYTHING
        flows = [self.ground.process.flows[id] for id in element.outgoing]
        on = []
        for flow in (flow for flow in flows if flow.target in self.left):
            told, answered = self.ground.told(flow)
            on.append(EVERYTHING if answered & self._never else self.left[flow.target] | told)
        on += [self.left[id] for id, sources in self.ground.linked.items() if element.id in sources]
        if on:
            chooses = element.kind in ("exclusiveGateway", "inclusiveGateway", "eventBasedGateway")
            further = on[0]
            for other in on[1:]:
                further = further & other if chooses else further | other
            state |= further
        for boundary in self.ground.attached.get(element.id, ()):
            state &= self.left[boundary.id] if boundary.interrupting else EVERYTHING
        return state

    def _end_of(self, body: str) -> int:
        """Return what is set when a body is over."""
        inside = self.ground.inside.get(body, ())
        starts = [self.left[e.id] for e in inside if e.kind == "startEvent" and not e.incoming]
        cut_short = [self.after[e.id] for e in inside if e.event_subprocess and self.ground.interrupts(e)]
        state = EVERYTHING
        for other in (*starts, *cut_short):
            state &= other
        return state


def _lacks(ends: Mapping[str, frozenset[str] | None], element: Element, name: str | None) -> bool:
    """Return whether a called process may end without having set a name that is taken from it."""
    names = ends.get(element.called or "")
    given = {mapping.target for mapping in element.inputs}
    return name is not None and names is not None and name not in names and name not in given
