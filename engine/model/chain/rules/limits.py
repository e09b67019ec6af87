"""Rules about limits: office hours to count them in, and how long the steps of a procedure may take together.

The limit of a step is its due date where that is a number of workdays, worked out for each item. Only time that the
decision clock counts is added up: from acceptance (from receipt, where the law counts from there) to the decision,
without the spans that the law takes out (行政许可法 art. 45). A task that is due with the clock itself
(`=due("decision")`) adds nothing, nor does a task of the applicant. Flows that lead back aren't followed.
"""

from __future__ import annotations

import re
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
from engine.model.chain.rules.reference import ITEM_INPUTS, elements, used
from engine.model.chain.rules.remark import Remark, at, described
from engine.model.chain.version import literals


class Phase(StrEnum):
    """The state of the decision clock while a step is taken."""

    BEFORE = "before"
    COUNTING = "counting"
    SUSPENDED = "suspended"
    OVER = "over"


_ENDING = frozenset(move for move, (_, state) in LIFECYCLE.items() if state not in OPEN)
APPLICANT = "applicant"
Way = tuple[Decimal, tuple[str, ...]]
"""(workdays that the clock counts, ids of the elements that take them)."""
Ways = dict[Phase, Way]
"""The longest way for each state of the clock at its end."""


def step_limits(draft: Draft) -> Iterator[Remark]:
    """Report procedures whose steps may take longer together than their item promises."""
    if draft.folder is None or draft.catalogue is None:
        return
    items = used(draft)
    for process in draft.processes.values():
        if process.properties.get("procedure") == "true":
            for item in _decided_in(process, draft, items):
                yield from _too_long(process, item, draft, items)


_BY_THE_HOUR = re.compile(r'"?unit"?\s*:\s*"hour"')


def office_hours(draft: Draft) -> Iterator[Remark]:
    """Report limits that count office hours where the organisation has none: their clocks could never start."""
    if draft.organisation is None or draft.organisation.office_hours or draft.catalogue is None:
        return
    remedy = "counts office hours, and the organisation has none. Give it `office_hours`, such as 09:00-12:00."
    files = draft.catalogue.files
    for item in used(draft).items.values():
        for name, limit in item.limits.each():
            if limit.unit == "hour" or limit.amount % 1 != 0:
                yield Remark(f"The limit '{name}' of item '{item.key}' {remedy}", item.key, None, file=files[item.key])
    for process in draft.processes.values():
        for element in process.elements.values():
            texts = [m.source for m in element.inputs if m.target == "limit" and element.job == "clock.start"]
            if any(_BY_THE_HOUR.search(text) and "office_hours" not in text for text in texts):
                yield at(element, f"{described(element)} {remedy}", file=process.file)


def _decided_in(process: Process, draft: Draft, items: Catalogue) -> Iterator[Item]:
    """Yield the items that calls of the procedure name; all items of the chain where no call names one."""
    calls = [e for _, e in elements(draft) if e.called == process.id]
    named = {key for e in calls for m in e.inputs if m.target in ITEM_INPUTS for key in _keys(m.source)}
    own = literals(process) & items.items.keys()
    yield from (item for key, item in items.items.items() if not (named or own) or key in named | own)


def _keys(source: str) -> set[str]:
    return {source} if not source.startswith("=") else {part for part in source.split('"')[1::2]}


def _too_long(process: Process, item: Item, draft: Draft, items: Catalogue) -> Iterator[Remark]:
    promised = item.limits.promised
    if promised is None or promised.unit != "workday":
        return
    walk = _LimitWalk(draft, items, item)
    phase = Phase.COUNTING if item.starts_on == "receipt" else Phase.BEFORE
    longest = max(walk.process(process, phase, {}).values(), default=(Decimal(0), ()))
    if longest[0] > promised.amount:
        message = (
            f"The steps of '{process.name or process.id}' may take {longest[0]} workdays together for '{item.key}', "
            f"which promises {promised.amount}: {', '.join(longest[1])}. Shorten their limits, or promise more."
        )
        yield at(process, message, longest[1], process.file)


class _LimitWalk:
    """Finds the longest ways through a process and the processes that it calls, for one item."""

    def __init__(self, draft: Draft, items: Catalogue, item: Item) -> None:
        self._processes = draft.processes
        self._items, self._item = items, item
        self._functions = {name: _nothing for name in FEEL_FUNCTIONS} | {"workdays": _as_given, "item": self._facts}
        self._known: dict[tuple[str, Phase, str], Ways] = {}
        self._open: set[str] = set()  # a process that calls itself is reported by another rule; here it would never end

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
        """Return the ways through each element of a body alone, by element id and state of the clock when it is
        reached.
        """
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
        """Return the facts that are known inside an element."""
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
        """Return whether a flow is never taken for the item, whatever the facts are that aren't known here."""
        return flow.condition is not None and self._value(flow.condition, known, surely=True) is False

    def _value(self, text: str, known: Mapping[str, Any], surely: bool = False) -> Any:
        """Return the value of an expression as far as it is known.

        `surely`: return None unless everything that the expression names is known.
        """
        if not text.startswith("="):
            return text
        try:
            expression = feel.compile(text[1:], functions=FEEL_FUNCTIONS)
            if surely and (expression.names - known.keys() or expression.calls & FEEL_FUNCTIONS.keys() - {"item"}):
                return None
            return expression.evaluate(known, self._functions)
        except LicetError:
            return None  # another rule reports it

    def _facts(self, key: Any = None) -> Any:
        item = self._items.items.get(key) if isinstance(key, str) else None
        return item.as_facts() if item is not None else None


def _after(element: Element, phase: Phase) -> Phase:
    """Return the state of the clock once an element has been passed."""
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
    """Return the longest ways from an element to the end of its body."""
    ways_on = []
    for reached, (days, path) in taken.items():
        after = [best[target, reached] for target in targets if (target, reached) in best]
        rest = _longest(after) if after else {reached: (Decimal(0), ())}
        ways_on.append({p: (days + more, path + further) for p, (more, further) in rest.items()})
    return _longest(ways_on)


def _longest(several: Any) -> Ways:
    """Return the longest of several ways, for each state of the clock at the end."""
    best: Ways = {}
    for some in several:
        for phase, way in some.items():
            if phase not in best or way[0] > best[phase][0]:
                best[phase] = way
    return best


def _nothing(*args: Any) -> None:
    return None


def _as_given(days: Any = None) -> Any:
    return days
