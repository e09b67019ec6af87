"""Sound models with events, bodies and calls, and one mutation: the check reports it, or the case ends all the same.

Nobody knows beforehand what a mutation means; so a model that passes the check is held to the one promise of soundness:
whatever people do and whatever happens, the case never stands still with tokens that nothing can move. A command may be
refused only where the check has warned of it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from engine.base.errors import Refused
from engine.model import chain
from engine.model.runtime import Program
from tests.unit.model.runtime.bpmn_text import program
from tests.unit.model.runtime.random_models import Model
from tests.unit.model.runtime.test_random_models import ChoosingHost

MODELS = 2000 if os.environ.get("LICET_SOAK") else 80
DEPTH, RUNS, STEPS = 4, 3, 60
REGRESSIONS = (799, 911, 1718)
"""Seeds whose mutants refuse a command, as the check has warned."""
WARNED = {"default-flow", "caught-outside"}
"""Rules that warn of a command that may be refused."""

B = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
GATEWAYS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway")
ACTIVITIES = ("userTask", "serviceTask", "subProcess", "callActivity")

Mutation = Callable[[Any, random.Random], bool]
"""Changes one thing in a document; false where there is nothing of the kind."""


def swap(root: Any, dice: random.Random) -> bool:
    """Replace a gateway by one of another kind, with the conditions that its flows then need."""
    found = [e for e in root.iter() if e.tag in {B + kind for kind in GATEWAYS}]
    if not found:
        return False
    gateway = dice.choice(found)
    gateway.tag = B + dice.choice([kind for kind in GATEWAYS if B + kind != gateway.tag])
    flows = [f for f in gateway.getparent().findall(B + "sequenceFlow") if f.get("sourceRef") == gateway.get("id")]
    gateway.attrib.pop("default", None)
    for number, flow in enumerate(flows):
        for condition in flow.findall(B + "conditionExpression"):
            flow.remove(condition)
        if len(flows) > 1 and gateway.tag != B + "parallelGateway":
            if number == 0:
                gateway.set("default", flow.get("id"))
            else:
                etree.SubElement(flow, B + "conditionExpression").text = f"={gateway.get('id')}_{number}"
    return True


def lead_elsewhere(root: Any, dice: random.Random) -> bool:
    """Lead a flow to another element of its body."""
    flow = dice.choice(list(root.iter(B + "sequenceFlow")))
    wanted = {B + kind for kind in (*GATEWAYS, *ACTIVITIES, "task", "endEvent", "intermediateCatchEvent")}
    there = [e.get("id") for e in flow.getparent() if e.tag in wanted and e.get("triggeredByEvent") != "true"]
    flow.set("targetRef", dice.choice(there))
    return True


def cut(root: Any, dice: random.Random) -> bool:
    """Remove a flow that leaves a gateway."""
    gateways = {e.get("id") for e in root.iter() if e.tag in {B + kind for kind in GATEWAYS}}
    found = [f for f in root.iter(B + "sequenceFlow") if f.get("sourceRef") in gateways]
    if not found:
        return False
    gone = dice.choice(found)
    for gateway in root.iter():
        if gateway.get("default") == gone.get("id"):
            del gateway.attrib["default"]
    gone.getparent().remove(gone)
    return True


def flip(root: Any, dice: random.Random) -> bool:
    """Make a boundary event, or the start of an event subprocess, interrupting or not."""
    found = [(e, "cancelActivity") for e in root.iter(B + "boundaryEvent")]
    found += [(e, "isInterrupting") for e in root.iter(B + "startEvent") if e.get("isInterrupting")]
    if not found:
        return False
    event, name = dice.choice(found)
    event.set(name, "false" if event.get(name) == "true" else "true")
    return True


def reattach(root: Any, dice: random.Random) -> bool:
    """Attach a boundary event to another activity of its body."""
    found = list(root.iter(B + "boundaryEvent"))
    if not found:
        return False
    event = dice.choice(found)
    hosts = {B + kind for kind in ACTIVITIES}
    there = [e.get("id") for e in event.getparent() if e.tag in hosts and e.get("triggeredByEvent") != "true"]
    event.set("attachedToRef", dice.choice(there))
    return True


def uncatch(root: Any, dice: random.Random) -> bool:
    """Change the code that is caught, or thrown."""
    found = [e for e in root.iter() if e.get("errorRef") or e.get("escalationRef")]
    if not found:
        return False
    event = dice.choice(found)
    name = "errorRef" if event.get("errorRef") else "escalationRef"
    event.set(name, event.get(name)[:-1] + ("b" if event.get(name).endswith("a") else "a"))
    return True


MUTATIONS: tuple[Mutation, ...] = (swap, swap, lead_elsewhere, cut, flip, reattach, uncatch)


def play(model: Model, built: Program, dice: random.Random) -> str:
    """Play one run; return ended | running | stuck | refused."""
    host = ChoosingHost(choices=model.choices())
    try:
        run = built.start("P", host)
        for step in range(STEPS):
            if run.ended:
                return "ended"
            options = moves(host, rare=step < STEPS // 2 and dice.random() < 0.3)
            if not options:
                return "stuck"
            number, element = dice.choice(options)
            host.choices = model.choices()
            run = built.load("P", host.normal_form(), host)
            if host.tasks.get(number) == element:
                run.complete(number)
            elif host.tokens[number].arms[element].kind == "job":
                run.answer(number)
            else:
                run.fire(number, element)
    except Refused:
        return "refused"
    return "running"


def moves(host: ChoosingHost, rare: bool) -> list[tuple[int, str]]:
    """Return all that can be done, or can happen: (token, element)."""
    tasks = list(host.tasks.items())
    arms = [(n, e, arm.kind) for n, token in host.tokens.items() for e, arm in token.arms.items()]
    tasks += [(n, e) for n, e, kind in arms if kind == "job"]
    events = [(n, e) for n, e, kind in arms if kind in ("message", "signal", "timer")]
    return sorted(events if events and (rare or not tasks) else tasks)


def found(document: bytes, folder: Path) -> list[set[str]]:
    """Return the rules that refuse the model, and those that warn."""
    file = folder / "model.bpmn"
    file.write_bytes(document)
    findings = chain.check([file])
    return [{f.rule for f in findings if f.severity == severity} for severity in ("error", "warning")]


@pytest.mark.soak
@pytest.mark.parametrize("seed", [*REGRESSIONS, *range(MODELS)])
def test_a_mutation_of_events_and_bodies_is_found_or_does_no_harm(seed: int, tmp_path: Path) -> None:
    dice, model = random.Random(seed), Model(seed, DEPTH)
    root = etree.fromstring(model.document)
    mutation = next(m for m in dice.sample(MUTATIONS, len(MUTATIONS)) if m(root, dice))
    mutant = etree.tostring(root)

    errors, warnings = found(mutant, tmp_path)

    if not errors:
        built = program(mutant)
        played = {play(model, built, random.Random(seed * 10 + run)) for run in range(RUNS)}
        allowed = {"ended", "running"} | ({"refused"} if warnings & WARNED else set())
        assert played <= allowed, (mutation.__name__, played)
