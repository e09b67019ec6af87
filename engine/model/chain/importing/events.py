"""Steps for events: each gets a definition that is run, what it refers to, and a time that can be read."""

from __future__ import annotations

from engine.base.errors import a
from engine.model.chain.dialect import BPMN, EVENT_KINDS, EVENTS, FLOW_NODES, THROWING
from engine.model.chain.importing import phrases
from engine.model.chain.importing.tree import (
    Ids,
    Said,
    add,
    add_end,
    bodies,
    connect,
    event_definition,
    every,
    fact_name,
    flows_of,
    forget_flows,
    lose,
    named,
    remove,
    retag,
    say,
)
from engine.model.chain.reader import Node, children, is_bpmn, local, resolve
from engine.model.chain.rules.wording import cycle_problem, date_problem, duration_problem, expression_error

WAITS_A_DAY = "P1D"
"""Duration given to a timer whose time can't be read; a person has to set the right one."""


def event_definitions(root: Node) -> Said:
    for event in every(root, *EVENTS):
        body = event.getparent()
        inside = body is not None and (body.get("triggeredByEvent") or "false") in ("true", "1")
        definitions = [n for n in event if is_bpmn(n) and local(n).endswith("EventDefinition")]
        for other in definitions[1:]:
            yield say(
                event, f"'{named(event)}' waits for its first event alone; {local(other)} was removed", True, "error"
            )
            remove(other)
        for other in [n for n in event if local(n) == "eventDefinitionRef"]:
            yield say(event, f"'{named(event)}' lost a shared event definition", True, "error")
            remove(other)
        definition = event_definition(event)
        if definition is None:
            yield from _without_definition(event)
        elif local(event) == "startEvent" and not inside:
            kind = local(definition).removesuffix("EventDefinition")
            yield say(event, f"A case is started by a command, not by {a(kind)}: '{named(event)}' is a plain start now")
            for part in [
                *definitions,
                *(n for n in event if local(n) in ("dataOutput", "outputSet", "dataOutputAssociation")),
            ]:
                remove(part)
        else:
            yield from _replaced(event, definition)


def _without_definition(event: Node) -> Said:
    if local(event) == "intermediateCatchEvent":
        yield say(event, f"'{named(event)}' says not what it waits for: it is passed at once", True)
        retag(event, "intermediateThrowEvent", "parallelMultiple")
    elif local(event) == "boundaryEvent":
        yield say(event, f"'{named(event)}' says not what happens: it is a message of that name now", True)
        add(event, "messageEventDefinition")


def _replaced(event: Node, definition: Node) -> Said:
    """Replace a definition that isn't run in that place by one that is."""
    kind = local(definition).removesuffix("EventDefinition")
    if kind == "conditional":
        text = " ".join("".join(str(t) for t in definition.itertext()).split())
        yield lose(event, f"'{named(event)}' waits for a message of that name, not for the condition {text!r}")
        definition.clear()
        retag(definition, "messageEventDefinition")
    elif kind == "cancel":
        yield say(event, f"'{named(event)}' is an error now", True)
        definition.clear()
        retag(definition, "errorEventDefinition")
    elif local(event) in THROWING and kind not in EVENT_KINDS[local(event)]:
        yield lose(event, f"'{named(event)}' can't throw {a(kind)}: it is a plain event now")
        remove(definition)
    if kind == "error" and (event.get("cancelActivity") or "true") in ("false", "0"):
        yield say(event, f"An error always interrupts: so does '{named(event)}' now", True)
        event.set("cancelActivity", "true")


_REFERRED = {"message": "name", "signal": "name", "error": "errorCode", "escalation": "escalationCode"}


def references(root: Node) -> Said:
    """Add the messages, signals, errors and escalations that events refer to and the file lacks."""
    ids = Ids(root)
    known = {(local(n), n.get("id")): n for n in every(root, *_REFERRED)}
    users = [(n, local(n).removesuffix("EventDefinition")) for n in root.iter(f"{{{BPMN}}}*")]
    users = [(n, "message" if local(n) == "receiveTask" else kind) for n, kind in users if kind in _REFERRED
             or local(n) == "receiveTask"]  # fmt: skip
    for node, kind in users:
        if not (local(node).endswith("EventDefinition") or local(node) == "receiveTask"):
            continue
        owner = node if local(node) == "receiveTask" else node.getparent()
        reference = resolve(node.get(f"{kind}Ref"))
        catches_all = kind in ("error", "escalation") and not reference and owner is not None
        if (kind, reference) in known or (catches_all and local(owner) not in THROWING):  # type: ignore[arg-type]
            continue
        id = ids.new(f"{kind}_{fact_name(owner if owner is not None else node)}")
        made = add(root, kind, id=id, name=named(owner if owner is not None else node))
        known[kind, id] = made
        node.set(f"{kind}Ref", id)
        yield say(node, f"It named no {kind}: {a(kind)} '{made.get('name')}' was made", True)
    for (kind, key), node in known.items():
        if not node.get(_REFERRED[kind]):
            node.set(_REFERRED[kind], node.get("name") or key or kind)
    for link in every(root, "linkEventDefinition"):
        parent = link.getparent()
        if not link.get("name") and parent is not None:
            link.set("name", named(parent))
            yield say(link, f"The link got the name '{link.get('name')}' of its event")


def timers(root: Node) -> Said:
    for definition in every(root, "timerEventDefinition"):
        event = definition.getparent()
        stated = next((n for n in definition if local(n) in ("timeDate", "timeDuration", "timeCycle")), None)
        text = ((stated.text or "") if stated is not None else "").strip()
        repeats = (
            event is not None and (event.get("cancelActivity") or event.get("isInterrupting") or "true") == "false"
        )
        if stated is not None and _is_time(local(stated), text, repeats):
            continue
        read = phrases.feel(text) if text and not text.startswith("=") else None
        if stated is not None and read is not None and _is_time(local(stated), read, repeats):
            stated.text = read
            yield say(definition, f"Its time {text!r} is {read!r} now", not phrases.is_wrapped(text))
            continue
        if stated is not None:
            definition.remove(stated)
        add(definition, "timeDuration").text = WAITS_A_DAY
        what = f"Its time {text!r} can't be read: it waits {WAITS_A_DAY} now. Set the time"
        yield lose(definition, what) if text else say(definition, what, True)


def _is_time(form: str, text: str, repeats: bool) -> bool:
    if text.startswith("="):
        return expression_error(text[1:]) is None and (form != "timeCycle" or repeats)
    if form == "timeDate":
        return date_problem(text) is None
    if form == "timeCycle":
        return repeats and cycle_problem(text) is None
    return duration_problem(text) is None


def loose_flows(root: Node) -> Said:
    """Remove flows of which an end is at nothing in the same body."""
    for body in bodies(root):
        inside = {node.get("id") for node in body if is_bpmn(node) and local(node) in FLOW_NODES}
        for flow in list(children(body, "sequenceFlow")):
            if not {resolve(flow.get("sourceRef")), resolve(flow.get("targetRef"))} <= inside:
                yield say(flow, "The flow was removed: one of its ends is at nothing in the same body", True)
                remove(flow)
    forget_flows(root)


def boundaries_without_way(root: Node) -> Said:
    """Lead a boundary event that leads nowhere to an end of its own."""
    ids = Ids(root)
    for body in bodies(root):
        leaving = flows_of(body)
        for event in list(children(body, "boundaryEvent")):
            if event.get("id") not in leaving:
                connect(ids, body, event.get("id") or "", add_end(ids, body))
                yield say(event, f"'{named(event)}' led nowhere: it leads to an end now", True)
