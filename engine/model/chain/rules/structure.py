"""Rules about the graph of a process: starts and ends, events, gateways and their conditions, what can be reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from engine.base.errors import a
from engine.model.chain.dialect import (
    ACTIVITIES,
    BODIES,
    EVENT_KINDS,
    EVENT_SUBPROCESS_STARTS,
    NEEDED_EXTENSION,
    REFUSED_EVENTS,
)
from engine.model.chain.draft import Draft
from engine.model.chain.model import Element, Event, Process
from engine.model.chain.rules.remark import Remark, at, described

CHOICES = ("exclusiveGateway", "inclusiveGateway")


def bodies(process: Process) -> Iterator[tuple[Process | Element, list[Element]]]:
    """Yield the process and each subprocess, each with the elements directly inside it."""
    inside: dict[str, list[Element]] = {process.id: []}
    for element in process.elements.values():
        inside.setdefault(element.parent, []).append(element)
    yield process, inside[process.id]
    for element in process.elements.values():
        if element.kind in BODIES:
            yield element, inside.get(element.id, [])


def starts(process: Process) -> Iterator[Remark]:
    """Report bodies without exactly one start event: a case is started by one command."""
    for body, elements in bodies(process):
        begun = [e for e in elements if e.kind == "startEvent"]
        is_empty_pool = body is process and not elements
        if len(begun) != 1 and not is_empty_pool:
            where = begun[1] if begun else body
            yield at(where, f"Expected one start event in '{body.id}'; found {len(begun)}. Begin at one, then branch.")


def events(process: Process) -> Iterator[Remark]:
    """Report events of a kind that isn't run, or not in that place."""
    for element in process.elements.values():
        if element.event is None or element.kind not in EVENT_KINDS:
            continue
        kind, allowed = element.event.kind, EVENT_KINDS[element.kind]
        parent = process.elements.get(element.parent)
        if element.kind == "startEvent" and parent is not None and parent.event_subprocess:
            allowed = EVENT_SUBPROCESS_STARTS
        if kind in REFUSED_EVENTS:
            yield at(element, f"{described(element)} can't be run: {REFUSED_EVENTS[kind]}.")
        elif kind not in allowed:
            yield at(element, _misplaced(element, kind, allowed))


def _misplaced(element: Element, kind: str, allowed: frozenset[str]) -> str:
    if element.kind == "startEvent" and allowed == EVENT_KINDS["startEvent"]:
        return f"A case is started by a command, not by {a(kind)}. Use a start event without definition."
    return f"{a(kind).capitalize()} event can't stand here; {a(element.kind)} may be: {', '.join(sorted(allowed))}."


def flow_directions(process: Process) -> Iterator[Remark]:
    """Report flows into starts and boundary events or out of ends, and flows at links and event subprocesses."""
    for element in process.elements.values():
        link = element.event is not None and element.event.kind == "link"
        sourceless = element.kind in ("startEvent", "boundaryEvent") or (link and "Catch" in element.kind)
        endless = element.kind == "endEvent" or (link and "Throw" in element.kind)
        if element.incoming and (sourceless or element.event_subprocess):
            yield at(element, f"{described(element)} can't have incoming flows. Lead them to what follows it.")
        if element.outgoing and (endless or element.event_subprocess):
            yield at(element, f"{described(element)} can't have outgoing flows. Remove them.")
        if element.kind in ("boundaryEvent", *CHOICES) and not element.outgoing:
            yield at(element, f"{described(element)} leads nowhere. Draw what happens then.")


def unreachable(process: Process) -> Iterator[Remark]:
    """Report elements that no token can come to, whatever the conditions say."""
    reached = reachable(process)
    bodies_reached = {*reached, process.id}
    begun = {e.parent for e in process.elements.values() if e.kind == "startEvent"} & bodies_reached
    for element in process.elements.values():
        if element.id not in reached and element.parent in begun:  # otherwise the body itself is reported
            yield at(element, f"{described(element)} can't be reached from the start. Draw a flow to it, or remove it.")


def reachable(process: Process) -> set[str]:
    """Return the ids of all elements to which a way leads from the start."""
    beside: dict[str, list[str]] = {}
    for element in process.elements.values():
        if element.attached_to and element.kind == "boundaryEvent":
            beside.setdefault(element.attached_to, []).append(element.id)
        elif element.kind == "startEvent" or element.event_subprocess:
            beside.setdefault(element.parent, []).append(element.id)
    linked = _links(process)
    reached: set[str] = set()
    todo = list(beside.get(process.id, ()))
    while todo:
        id = todo.pop()
        if id in reached or id not in process.elements:
            continue
        reached.add(id)
        todo += [process.flows[flow].target for flow in process.elements[id].outgoing]
        todo += beside.get(id, ())
        todo += linked.get(id, ())
    return reached


def misplaced_conditions(process: Process) -> Iterator[Remark]:
    """Report conditions on flows that aren't chosen by a condition."""
    for flow in process.flows.values():
        source = process.elements[flow.source]
        if flow.condition is None:
            continue
        if source.kind not in CHOICES:
            yield at(
                flow,
                f"The condition is never evaluated: {source.kind} '{source.id}' takes all its flows. Use a gateway.",
            )
        elif source.default == flow.id:
            yield at(flow, f"It is the default flow of '{source.id}': its condition is never evaluated. Remove it.")


def missing_conditions(process: Process) -> Iterator[Remark]:
    """Report flows of a choice that have no condition and aren't the default."""
    for element in process.elements.values():
        if element.kind in CHOICES and len(element.outgoing) > 1:
            for flow in (process.flows[id] for id in element.outgoing):
                if flow.condition is None and flow.id != element.default:
                    yield at(
                        flow, f"Gateway '{element.id}' can't choose it: give it a condition, or make it the default."
                    )


def no_default(process: Process) -> Iterator[Remark]:
    """Report choices without a default flow: the command is refused if no condition is true."""
    for element in process.elements.values():
        conditions = [process.flows[id].condition for id in element.outgoing]
        if element.kind in CHOICES and conditions and element.default is None and None not in conditions:
            yield at(
                element, f"{described(element)} has no default flow: if no condition is true, the command is refused."
            )


def event_gateways(process: Process) -> Iterator[Remark]:
    """Report event gateways that don't wait for the first of several events."""
    for element in process.elements.values():
        if element.kind != "eventBasedGateway":
            continue
        if len(element.outgoing) < 2:
            yield at(element, f"{described(element)} needs two or more events to wait for.")
        for target in (process.elements[process.flows[id].target] for id in element.outgoing):
            catches = (
                target.kind == "intermediateCatchEvent" and target.event is not None and target.event.kind != "link"
            )
            if not (catches or target.kind == "receiveTask"):
                yield at(
                    target, f"After the event gateway '{element.id}' only catching events and receive tasks may stand."
                )
            elif len(target.incoming) > 1:
                yield at(target, f"It waits for the event gateway '{element.id}': no other flow may lead to it.")
            elif any(e.attached_to == target.id for e in process.elements.values()):
                yield at(target, f"It waits for the event gateway '{element.id}': it can't have boundary events.")


def boundaries(process: Process) -> Iterator[Remark]:
    """Report boundary events that stand on no activity, and errors that don't interrupt."""
    for element in process.elements.values():
        if not element.interrupting and element.event is not None and element.event.kind == "error":
            yield at(element, "An error always interrupts. Make the event an interrupting one.")
        host = process.elements.get(element.attached_to or "")
        if element.kind != "boundaryEvent" or host is None:
            continue
        if host.kind not in ACTIVITIES or host.event_subprocess:
            yield at(element, f"Attach it to an activity: '{host.id}' is {a(host.kind)}.")


def links(process: Process) -> Iterator[Remark]:
    """Report links that aren't caught exactly once in their body, and catching links that nothing leads to."""
    for body, elements in bodies(process):
        linked = [e for e in elements if e.event is not None and e.event.kind == "link"]
        caught = Counter(e.event.name for e in linked if e.event and e.kind == "intermediateCatchEvent")
        thrown = {e.event.name for e in linked if e.event and e.kind == "intermediateThrowEvent"}
        for element in linked:
            name = element.event.name if element.event else None
            if not name:
                yield at(element, "Give the link a name: it leads to the link of the same name.")
            elif element.kind == "intermediateThrowEvent" and caught[name] != 1:
                yield at(element, f"Expected one catching link '{name}' in '{body.id}'; found {caught[name]}.")
            elif element.kind == "intermediateCatchEvent" and name not in thrown:
                yield at(element, f"No link '{name}' leads here. Draw one, or remove it.")


def _links(process: Process) -> dict[str, list[str]]:
    """Return the ids of the catching links by the id of the throwing link."""
    linked = [e for e in process.elements.values() if e.event is not None and e.event.kind == "link"]
    catches = [e for e in linked if e.kind == "intermediateCatchEvent"]
    return {
        e.id: [c.id for c in catches if c.parent == e.parent and c.event == e.event]
        for e in linked
        if e.kind == "intermediateThrowEvent"
    }


def link_targets(process: Process) -> dict[str, str]:
    """Return the id of the catching link for each throwing link that has exactly one."""
    return {id: targets[0] for id, targets in _links(process).items() if len(targets) == 1}


def multi_instances(process: Process) -> Iterator[Remark]:
    """Report multi-instance activities that don't say over what they run, or where their outputs go."""
    for element in process.elements.values():
        multi = element.multi
        if multi is None:
            continue
        if element.event_subprocess:
            yield at(element, "An event subprocess runs once for each event; it can't be multi-instance.")
        if not multi.input_collection:
            yield at(element, "Say what it runs over: zeebe:loopCharacteristics with an inputCollection.")
        if bool(multi.output_collection) != bool(multi.output_element):
            yield at(element, "outputCollection and outputElement belong together. Give both, or neither.")


NO_CALL = "has no process to call: one that stands in BPMN's own attribute calledElement isn't read"


def nothing_to_do(process: Process) -> Iterator[Remark]:
    """Report tasks that don't say what is to be done, or say it twice."""
    for element in process.elements.values():
        said = {
            "taskDefinition": element.job,
            "script": element.script,
            "calledDecision": element.decision,
            "calledElement": element.called,
        }
        needed = NEEDED_EXTENSION.get(element.kind, ())
        if needed and not any(said[name] for name in needed):
            names = " or ".join(f"zeebe:{name}" for name in needed)
            lacks = "doesn't say what it does" if element.kind != "callActivity" else NO_CALL
            yield at(element, f"{described(element)} {lacks}. Give it {names}.")
        if element.kind in ("scriptTask", "businessRuleTask") and element.job and (element.script or element.decision):
            yield at(element, f"{described(element)} says two things: a job and its own work. Leave one.")


def caught_outside(draft: Draft) -> Iterator[Remark]:
    """Report errors and escalations that are caught neither in the process nor by every process that calls it."""
    for process in draft.processes.values():
        for element in process.elements.values():
            event = element.event
            if (
                event is None
                or event.kind not in ("error", "escalation")
                or element.kind not in ("endEvent", "intermediateThrowEvent")
                or _is_caught(draft, process, element, event, frozenset())
            ):
                continue
            yield at(
                element,
                f"Nothing in '{process.id}' catches the {event.kind} '{event.name or ''}'; only a caller could.",
                file=process.file,
            )


def _is_caught(draft: Draft, process: Process, thrown: Element, event: Event, calls: frozenset[str]) -> bool:
    """Return whether an event thrown at an element is caught around it. `calls`: ids of processes visited already."""
    if _catches(process, thrown, event):
        return True
    callers = [(p, e) for p in draft.processes.values() for e in p.elements.values() if e.called == process.id]
    seen = calls | {process.id}
    return bool(callers) and all(p.id not in seen and _is_caught(draft, p, e, event, seen) for p, e in callers)


def _catches(process: Process, thrown: Element, event: Event) -> bool:
    around = {process.id, thrown.id}
    parent = process.elements.get(thrown.parent)
    while parent is not None:
        around.add(parent.id)
        parent = process.elements.get(parent.parent)
    for element in process.elements.values():
        caught = element.event
        if caught is None or caught.kind != event.kind or caught.name not in (None, event.name):
            continue
        if element.kind == "boundaryEvent" and element.attached_to in around:
            return True
        handler = process.elements.get(element.parent)
        if (
            element.kind == "startEvent"
            and handler is not None
            and handler.event_subprocess
            and handler.parent in around
        ):
            return True
    return False
