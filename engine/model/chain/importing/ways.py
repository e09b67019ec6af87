"""Steps for starts, conditions and collections: one start in each body, and a condition on every way of a choice."""

from __future__ import annotations

import re

from engine.base.errors import a
from engine.model.chain.dialect import ACTIVITIES, BODIES, FLOW_NODES
from engine.model.chain.importing import phrases
from engine.model.chain.importing.tree import (
    Ids,
    Said,
    add,
    add_end,
    add_zeebe,
    bodies,
    connect,
    event_definition,
    every,
    fact_name,
    flows_of,
    lose,
    named,
    remove,
    retag,
    say,
    unset,
)
from engine.model.chain.reader import Node, children, extension, is_bpmn, local, resolve
from engine.model.chain.rules.wording import expression_error

CHOICES = ("exclusiveGateway", "inclusiveGateway")


def starts(root: Node) -> Said:
    """Give each body one start; where it has several, or none, a gateway after a new one leads to all beginnings."""
    ids = Ids(root)
    for body in bodies(root):
        if (body.get("triggeredByEvent") or "false") in ("true", "1"):
            continue
        begun = list(children(body, "startEvent"))
        if local(body) in BODIES and not any(local(n) in FLOW_NODES for n in body):
            connect(ids, body, _start(ids, body), add_end(ids, body))
            yield say(body, f"'{named(body)}' is empty: it is passed at once. Draw what is in it", True)
            continue
        entered = {resolve(flow.get("targetRef")) for flow in children(body, "sequenceFlow")}
        first = [n for n in body if is_bpmn(n) and _begins(n) and n.get("id") not in entered]
        if len(begun) == 1 and not first:
            continue
        if len(begun) > 1:
            yield from _several(ids, body, begun)
        elif not begun and first:
            start = _start(ids, body)
            yield say(body, f"'{named(body)}' began without a start event: one was added", len(first) > 1)
            _branch(ids, body, start, [n.get("id") or "" for n in first], "parallelGateway")
        elif begun and first:
            yield say(first[0], f"Nothing leads to '{named(first[0])}': it begins with the start now", True)
            _branch_off(ids, body, begun[0], [n.get("id") or "" for n in first])


def _begins(node: Node) -> bool:
    """Return whether BPMN begins this element by itself when no flow leads to it."""
    link = event_definition(node)
    if local(node) == "intermediateCatchEvent" and link is not None and local(link) == "linkEventDefinition":
        return False
    triggered = (node.get("triggeredByEvent") or "false") in ("true", "1")
    return local(node) in FLOW_NODES - {"startEvent", "boundaryEvent"} and not triggered


def _start(ids: Ids, body: Node) -> str:
    id = ids.new(f"start_{body.get('id')}")
    add(body, "startEvent", id=id)
    return id


def _several(ids: Ids, body: Node, begun: list[Node]) -> Said:
    start = _start(ids, body)
    for node in begun:
        retag(node, "intermediateThrowEvent", "isInterrupting", "parallelMultiple")
        for part in [
            n for n in node if local(n).endswith("EventDefinition") or local(n) in ("dataOutput", "outputSet")
        ]:
            remove(part)
    gateway = _branch(ids, body, start, [node.get("id") or "" for node in begun], "exclusiveGateway")
    yield say(
        body, f"'{named(body)}' had {len(begun)} starts: one was added, and the gateway '{gateway}' chooses", True
    )


def _branch(ids: Ids, body: Node, start: str, targets: list[str], kind: str) -> str:
    if len(targets) == 1:
        connect(ids, body, start, targets[0])
        return ""
    gateway = ids.new(f"{start}_ways")
    add(body, kind, id=gateway)
    connect(ids, body, start, gateway)
    for target in targets:
        connect(ids, body, gateway, target)
    return gateway


def _branch_off(ids: Ids, body: Node, start: Node, targets: list[str]) -> None:
    """Lead the start to the targets too, beside the elements that it leads to already."""
    for target in targets:
        connect(ids, body, start.get("id") or "", target)


def split_conditions(root: Node) -> Said:
    """Move conditions on flows that leave an activity to a new gateway after it; remove conditions never evaluated."""
    ids = Ids(root)
    for body in bodies(root):
        for source, flows in flows_of(body).items():
            node = next((n for n in body if n.get("id") == source), None)
            if node is None or local(node) in CHOICES:
                continue
            stated = [f for f in flows if next(children(f, "conditionExpression"), None) is not None]
            if stated and local(node) in ACTIVITIES and len(flows) > 1:
                gateway = add(body, "inclusiveGateway", id=ids.new(f"{source}_ways"))
                if node.get("default"):
                    gateway.set("default", node.get("default") or "")
                    unset(node, "default")
                for flow in flows:
                    flow.set("sourceRef", gateway.get("id") or "")
                for old in list(children(node, "outgoing")):
                    node.remove(old)
                connect(ids, body, source, gateway.get("id") or "")
                yield say(node, f"The conditions after '{named(node)}' are evaluated by a gateway of their own now")
            else:
                for flow in stated:
                    text = (next(children(flow, "conditionExpression")).text or "").strip()
                    what = f"Its condition {text!r} was removed: {a(local(node))} takes all its flows"
                    remove(next(children(flow, "conditionExpression")))
                    yield lose(flow, what) if text else say(flow, what)
                unset(node, "default")


def conditions(root: Node) -> Said:
    """Give every way of a choice a FEEL condition, or make it the default."""
    for body in bodies(root):
        leaving = flows_of(body)
        for gateway in [n for n in body if is_bpmn(n) and local(n) in CHOICES]:
            flows = leaving.get(gateway.get("id") or "", [])
            yield from _ways(gateway, flows)


def _ways(gateway: Node, flows: list[Node]) -> Said:
    default = resolve(gateway.get("default"))
    for flow in flows:
        stated = next(children(flow, "conditionExpression"), None)
        if stated is not None and (flow.get("id") == default or len(flows) == 1 or not (stated.text or "").strip()):
            remove(stated)
            yield say(flow, "A condition that is never evaluated was removed")
        elif stated is not None and (changed := _translated((stated.text or "").strip())) is not None:
            text, sure = changed
            if text is not None:
                yield say(flow, f"The condition {stated.text!r} is {text!r} now", not sure)
                _say_condition(flow, stated, text)
            else:
                remove(stated)
                yield lose(flow, f"The condition {stated.text!r} was removed: it is no FEEL. Write it anew")
    if len(flows) < 2:
        return
    open_ones = [f for f in flows if next(children(f, "conditionExpression"), None) is None and f.get("id") != default]
    if open_ones and not default:
        gateway.set("default", open_ones.pop().get("id") or "")
        yield say(gateway, f"'{named(gateway)}' takes '{gateway.get('default')}' by default", True)
    fact = f"{fact_name(gateway)}_way"
    for flow in open_ones:
        wanted = re.sub(r'["\\\s]+', " ", named(flow)).strip()
        _say_condition(flow, None, f'={fact} = "{wanted}"')
        yield say(flow, f"'{named(gateway)}' takes this way if the fact {fact} is \"{wanted}\". Say what decides", True)


def _say_condition(flow: Node, stated: Node | None, text: str) -> None:
    if stated is None:
        stated = add(flow, "conditionExpression")
    stated.attrib.clear()
    for child in list(stated):
        stated.remove(child)
    stated.text = text


def _translated(text: str) -> tuple[str | None, bool] | None:
    """Return the condition in FEEL and whether the translation is certain.

    None: it is FEEL already. (None, False): it can't be translated.
    """
    if text.startswith("="):
        return None if expression_error(text[1:]) is None else (None, False)
    read = phrases.feel(text)
    if read is None and not phrases.is_wrapped(text) and re.search(r"[=<>]", text) and expression_error(text) is None:
        read = f"={text}"
    return (read, phrases.is_wrapped(text)) if read is not None else (None, False)


def collections(root: Node) -> Said:
    for loop in every(root, "multiInstanceLoopCharacteristics"):
        activity = loop.getparent()
        if activity is None or extension(loop, "loopCharacteristics") is not None:
            continue
        fact = f"{fact_name(activity)}_items"
        for child in [n for n in loop if local(n) not in ("documentation", "extensionElements", "completionCondition")]:
            remove(child)
        unset(loop, "behavior", "noneBehaviorEventRef", "oneBehaviorEventRef")
        add_zeebe(loop, "loopCharacteristics", inputCollection=f"={fact}", inputElement="item")
        yield say(activity, f"'{named(activity)}' is done once for each item of the fact {fact}. Say which", True)
