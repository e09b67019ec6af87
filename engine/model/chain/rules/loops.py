"""Rules about loops in which nothing waits, or only a timer whose time is past: they run by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from engine.base.errors import LicetError
from engine.language import feel
from engine.model.chain.dialect import FEEL_FUNCTIONS
from engine.model.chain.draft import Draft
from engine.model.chain.model import Element, Process
from engine.model.chain.rules import behaviour, counted
from engine.model.chain.rules.remark import Remark, at

_MOMENT = r'=\s*(?:now\(\)|today\(\)|date\(|date and time\(|@"\d{4}-)'
_LATER = re.compile(r'=\s*(?:now|today)\(\)\s*\+\s*(?:duration\(\s*)?@?"P[^"]*"\s*\)?\s*\Z')
_NEVER_LATER = re.compile(r"=\s*(?:now\(\)|today\(\))\s*(?:-.*)?\Z", re.DOTALL)


def automatic(draft: Draft) -> Iterator[Remark]:
    """Report loops in which nothing waits: they run on their own until the command's budget is used up.

    A loop that counts up to a bound is none of them.
    """
    waiting = behaviour.waiting_processes(draft)
    for process in draft.processes.values():
        alone = {e.id for e in process.elements.values() if not behaviour.waits(process, e, waiting)}
        following = {id: [t for t in behaviour.targets_of(process, process.elements[id]) if t in alone] for id in alone}
        loops = list(behaviour.loops_of(following))
        for loop in loops:
            if counted.ends(process, loop, [other for other in loops if other is not loop]):
                continue
            element = next(e for e in process.elements.values() if e.id in loop)
            message = (
                "Nothing waits in this loop: it would run by itself for ever. Put a task or an event into it, or let "
                "it count: n + 1 in a script, n < 5 on the way back, and nothing else in the loop that sets n."
            )
            path = tuple(e for e in process.elements if e in loop)
            yield at(element, message, path, process.file)


def certain(draft: Draft) -> Iterator[Remark]:
    """Report loops whose only wait is a timer that surely is due at once: from its date on they never rest."""
    yield from _told(draft, sure=True)


def possible(draft: Draft) -> Iterator[Remark]:
    """Report loops whose only wait is a timer that may be due at once: its time is a fact, or worked out."""
    yield from _told(draft, sure=False)


def _told(draft: Draft, sure: bool) -> Iterator[Remark]:
    waiting = behaviour.waiting_processes(draft)
    for process in draft.processes.values():
        timers = {e.id for e in process.elements.values() if _may_be_past(process, e)}
        if not timers:
            continue
        following = _without_wait(process, waiting, timers)
        for loop in behaviour.loops_of(following):
            held = [process.elements[id] for id in process.elements if id in loop and id in timers]
            verdicts = [_is_sure(process, timer, loop) for timer in held]
            if not held or None in verdicts or all(verdicts) != sure:
                continue
            timer = held[0]
            text = timer.event.text if timer.event is not None else ""
            when = "is past once and for all" if sure else "may be past"
            message = (
                f"Nothing but timer '{timer.id}' waits in this loop, and its time ({text}) {when}: then it goes round "
                "by itself. Count from the moment (a duration, workdays(n)), or let a task be done in the loop."
            )
            yield at(timer, message, tuple(id for id in process.elements if id in loop), process.file)


def _without_wait(process: Process, waiting: set[str], timers: set[str]) -> Mapping[str, list[str]]:
    """Return which element a token may come to next without any wait but that of the timers."""
    after: dict[str, list[str]] = {}
    for element in process.elements.values():
        joins = element.kind == "parallelGateway" and len(element.incoming) > 1  # it may wait for a branch outside
        targets = behaviour.targets_of(process, element)
        if element.id in timers or not (joins or behaviour.waits(process, element, waiting)):
            after[element.id] = targets
        elif element.kind == "eventBasedGateway":
            after[element.id] = [target for target in targets if target in timers]
        else:
            after[element.id] = []
    for id in timers:
        host = process.elements[id].attached_to
        if host in after:
            after[host] = [*after[host], id]
    return {id: [target for target in targets if target in after] for id, targets in after.items()}


def _may_be_past(process: Process, element: Element) -> bool:
    """Return whether the element is a timer that ends a wait, at a date that may lie before the moment it is set."""
    event = element.event
    if event is None or event.kind != "timer" or event.form != "timeDate" or not event.text:
        return False
    if element.kind != "intermediateCatchEvent" and not (element.kind == "boundaryEvent" and element.interrupting):
        return False
    if not event.text.startswith("=") or _NEVER_LATER.match(event.text):
        return True
    expression = _compiled(event.text)
    return expression is not None and "workdays" not in expression.calls and not _LATER.match(event.text)


def _is_sure(process: Process, timer: Element, loop: set[str]) -> bool | None:
    """Return whether the time surely stays past once it is; None where the loop sets it anew."""
    text = (timer.event.text if timer.event is not None else None) or ""
    if not text.startswith("=") or _NEVER_LATER.match(text):
        return True
    expression = _compiled(text)
    names = expression.names if expression is not None else frozenset()
    inside = [process.elements[id] for id in loop]
    if any(name in names for element in inside for name, _ in _sets(element)):
        return None
    sources = [source for element in process.elements.values() for name, source in _sets(element) if name in names]
    alone = len(names) == 1 and text[1:].strip() in names
    return alone and bool(sources) and all(re.match(_MOMENT, source) for source in sources)


def _sets(element: Element) -> Iterator[tuple[str, str]]:
    """Yield (fact, expression) for each fact that the element sets, as far as the model says."""
    yield from ((mapping.target, mapping.source) for mapping in element.outputs)
    if element.result and element.script is not None:
        yield element.result, element.script


def _compiled(text: str) -> feel.Expression | None:
    try:
        return feel.compile(text[1:], functions=FEEL_FUNCTIONS.keys())
    except LicetError:
        return None
