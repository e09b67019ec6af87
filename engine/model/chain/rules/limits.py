"""Rules about how long the steps of a procedure may take together, held against what the item promises.

A step's limit is its due date where that is a number of workdays, worked out for each item. Only what the clock of the
decision counts is added up: from acceptance (receipt, where the law counts from there) to decision, without what the
law takes out (行政许可法 45). A task that is due with the clock itself (`=due("decision")`) adds nothing, nor does one
of the applicant; and a way back isn't followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from engine.base.errors import LicetError
from engine.language import feel
from engine.law.catalogue import Catalogue, Item
from engine.law.matter import ACTIONS, OPEN
from engine.law.matter import MOVES as LIFECYCLE
from engine.model.chain import ways
from engine.model.chain.dialect import FEEL_FUNCTIONS
from engine.model.chain.draft import Draft
from engine.model.chain.model import Element, Flow, Process
from engine.model.chain.rules.found import Found, at
from engine.model.chain.rules.reference import ITEM_INPUTS, elements, used
from engine.model.chain.version import literals


class Phase(StrEnum):
    """What the clock of the decision does while a step is taken."""

    BEFORE = "before"
    COUNTING = "counting"
    SUSPENDED = "suspended"
    OVER = "over"


_ENDING = frozenset(move for move, (_, state) in LIFECYCLE.items() if state not in OPEN)
APPLICANT = "applicant"
Way = tuple[Decimal, tuple[str, ...]]
"""Workdays that are counted, and the elements that they are for."""
Ways = dict[Phase, Way]
"""The longest way, by what the clock does at its end."""


def step_limits(draft: Draft) -> Iterator[Found]:
    """The steps of a procedure take no longer together than its item promises."""
    if draft.folder is None or draft.catalogue is None:
        return
    items = used(draft)
    for process in draft.processes.values():
        if process.properties.get("procedure") == "true":
            for item in _decided_in(process, draft, items):
                yield from _too_long(process, item, draft, items)


def _decided_in(process: Process, draft: Draft, items: Catalogue) -> Iterator[Item]:
    """The items that calls of the procedure name; any of the chain's where they don't say."""
    calls = [e for _, e in elements(draft) if e.called == process.id]
    named = {key for e in calls for m in e.inputs if m.target in ITEM_INPUTS for key in _keys(m.source)}
    own = literals(process) & items.items.keys()
    yield from (item for key, item in items.items.items() if not (named or own) or key in named | own)


def _keys(source: str) -> set[str]:
    return {source} if not source.startswith("=") else {part for part in source.split('"')[1::2]}


def _too_long(process: Process, item: Item, draft: Draft, items: Catalogue) -> Iterator[Found]:
    promised = item.limits.promised
    if promised is None or promised.unit != "workday":
        return
    walk = _Walk(draft, items, item)
    phase = Phase.COUNTING if item.starts_on == "receipt" else Phase.BEFORE
    longest = max(walk.process(process, phase, {}).values(), default=(Decimal(0), ()))
    if longest[0] > promised.amount:
        message = (
            f"The steps of '{process.name or process.id}' may take {longest[0]} workdays together for '{item.key}', "
            f"which promises {promised.amount}: {', '.join(longest[1])}. Shorten their limits, or promise more."
        )
        yield at(process, message, longest[1], process.file)


class _Walk:
    """The longest ways through a process and what it calls, for one item."""

    def __init__(self, draft: Draft, items: Catalogue, item: Item) -> None:
        self._processes = draft.processes
        self._items, self._item = items, item
        self._functions = {name: _nothing for name in FEEL_FUNCTIONS} | {"workdays": _as_given, "item": self._facts}
        self._known: dict[tuple[str, Phase, str], Ways] = {}
        self._open: set[str] = set()  # a recursion is refused by another rule; here it would never end

    def process(self, process: Process, phase: Phase, known: Mapping[str, Any]) -> Ways:
        if process.id in self._open:
            return {phase: (Decimal(0), ())}
        given = {**known, **{name: self._item.key for name in ITEM_INPUTS}}
        key = process.id, phase, repr(sorted(given.items()))
        if key not in self._known:
            self._open.add(process.id)
            self._known[key] = self._body(process, process.id, phase, given)
            self._open.discard(process.id)
        return self._known[key]

    def _body(self, process: Process, body: str, phase: Phase, known: Mapping[str, Any]) -> Ways:
        inside = {e.id: e for e in process.elements.values() if e.parent == body and not e.event_subprocess}
        flows = [flow for flow in process.flows.values() if flow.source in inside and not self._closed(flow, known)]
        following = ways.following(inside, flows)
        starts = [id for id, element in inside.items() if element.kind == "startEvent"]
        taken = self._taken(process, inside, following, [(id, phase) for id in starts], known)
        best: dict[tuple[str, Phase], Ways] = {}
        for id in ways.innermost_first(following):
            for before in Phase:
                if (id, before) in taken:
                    best[id, before] = _continued(taken[id, before], following[id], best)
        return _longest(best[id, phase] for id in starts)

    def _taken(
        self,
        process: Process,
        inside: Mapping[str, Element],
        following: Mapping[str, list[str]],
        todo: list[tuple[str, Phase]],
        known: Mapping[str, Any],
    ) -> dict[tuple[str, Phase], Ways]:
        """The ways through each element of a body by itself, in the phases in which it can be come to."""
        taken: dict[tuple[str, Phase], Ways] = {}
        inner: dict[str, Mapping[str, Any]] = {}
        while todo:
            id, phase = todo.pop()
            if (id, phase) in taken:
                continue
            if id not in inner:
                inner[id] = self._inner(inside[id], known)
            taken[id, phase] = self._element(process, inside[id], phase, inner[id])
            todo.extend((target, reached) for target in following[id] for reached in taken[id, phase])
        return taken

    def _inner(self, element: Element, known: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is known inside an element."""
        mapped = {m.target: value for m in element.inputs if (value := self._value(m.source, known)) is not None}
        return {**known, **mapped} if element.called is None or element.propagate_in else mapped

    def _element(self, process: Process, element: Element, phase: Phase, inner: Mapping[str, Any]) -> Ways:
        if element.called in self._processes:
            return self.process(self._processes[element.called or ""], phase, inner)
        if element.kind == "subProcess":
            return self._body(process, element.id, phase, inner)
        if phase is Phase.COUNTING and element.due_date and not _applicants(element):
            days = self._value(element.due_date, inner)
            return {phase: (days, (element.id,)) if isinstance(days, Decimal) and days else (Decimal(0), ())}
        return {_after(element, phase): (Decimal(0), ())}

    def _closed(self, flow: Flow, known: Mapping[str, Any]) -> bool:
        """Whether a flow is never taken for the item, whatever else is known."""
        return flow.condition is not None and self._value(flow.condition, known, surely=True) is False

    def _value(self, text: str, known: Mapping[str, Any], surely: bool = False) -> Any:
        """The value of an expression as far as it is known; `surely`: null unless all that it names is."""
        if not text.startswith("="):
            return text
        try:
            expression = feel.compile(text[1:], functions=FEEL_FUNCTIONS)
            if surely and (expression.names - known.keys() or expression.calls & FEEL_FUNCTIONS.keys() - {"item"}):
                return None
            return expression.evaluate(known, self._functions)
        except LicetError:
            return None  # told by another rule

    def _facts(self, key: Any = None) -> Any:
        found = self._items.items.get(key) if isinstance(key, str) else None
        return found.as_facts() if found is not None else None


def _after(element: Element, phase: Phase) -> Phase:
    """What the clock does once an element has been passed."""
    action = ACTIONS.get(element.job or "")
    if element.job == "matter.accept" and phase is Phase.BEFORE:
        return Phase.COUNTING
    if element.job == "clock.suspend" and phase is Phase.COUNTING:
        return Phase.SUSPENDED
    if element.job == "clock.resume" and phase is Phase.SUSPENDED:
        return Phase.COUNTING
    if element.job == "matter.decide" or (action is not None and action.move in _ENDING):
        return Phase.OVER
    return phase


def _applicants(element: Element) -> bool:
    return APPLICANT in (part.strip() for part in (element.candidate_groups or "").split(","))


def _continued(taken: Ways, targets: list[str], best: Mapping[tuple[str, Phase], Ways]) -> Ways:
    """The longest ways from an element to the end of its body."""
    found = []
    for reached, (days, path) in taken.items():
        after = [best[target, reached] for target in targets if (target, reached) in best]
        rest = _longest(after) if after else {reached: (Decimal(0), ())}
        found.append({p: (days + more, path + further) for p, (more, further) in rest.items()})
    return _longest(found)


def _longest(found: Any) -> Ways:
    """Of several ways the longest, for each phase at the end."""
    best: Ways = {}
    for some in found:
        for phase, way in some.items():
            if phase not in best or way[0] > best[phase][0]:
                best[phase] = way
    return best


def _nothing(*args: Any) -> None:
    return None


def _as_given(days: Any = None) -> Any:
    return days
