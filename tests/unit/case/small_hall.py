"""A small hall: a few items, departments with dates, and models that do actions one after the other."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

from engine.law import organisation as organisations
from engine.model import chain as chains
from tests.samples.desk import Desk, moment
from tests.unit.model.runtime import bpmn_text as bpmn

MATERIALS = ("plan", "deed", "photo", "report")


def item(key: str, **changes: Any) -> dict[str, Any]:
    """Return an item that asks the applicant for a plan and a deed; the deed may come later."""
    entry: dict[str, Any] = {
        "key": key,
        "code": "000131001000",
        "name": f"事项{key}",
        "department": "planning",
        "kind": "committed",
        "valid_from": "2020-01-01",
        "basis": [{"law": "示范条例", "article": "第一条"}],
        "conditions": ["符合规划"],
        "materials": [
            {"material": "plan"},
            {"material": "deed", "tolerable": True},
            {"material": "photo", "required": False},
            {"material": "report", "source": "department"},
        ],
        "limits": {
            "statutory": {"amount": 20, "extension": 10},
            "promised": {"amount": 10},
            "supply": {"amount": 5},
            "step": {"amount": 3},
        },
        "sign_off": ["head"],
        "fees": [],
        "result": {"name": "证书"},
        "flow": "受理、审查、决定",
    }
    return entry | changes


ITEMS = (
    item("permit", commitment=True),
    item("sensitive", sensitive="public_safety", commitment=False, materials=[{"material": "plan"}]),
    item("strict", materials=[{"material": "plan"}]),
    item("after_permit", requires=["permit"]),
    item("ended", valid_to="2026-02-28"),
    item("coming", valid_from="2026-07-01"),
    item("orphaned", department="dissolved"),
    item("town_item"),
)

ORGANISATION: dict[str, Any] = {
    "name": "示范大厅",
    "region": "990001",
    "departments": [
        {"key": "planning", "name": "自然资源和规划局"},
        {"key": "ecology", "name": "生态环境局"},
        {"key": "town", "name": "示范镇人民政府"},
        {"key": "dissolved", "name": "规划局", "to": "2025-12-31"},
    ],
    "roles": [{"key": key, "name": key} for key in ("window", "reviewer", "head", "administrator")],
    "people": [{"key": key, "name": key} for key in ("window1", "planner", "ecologist", "townsman", "boss")],
    "grants": [
        {"person": "window1", "role": "window"},
        {"person": "boss", "role": "administrator"},
        {"person": "planner", "role": "reviewer", "department": "planning"},
        {"person": "ecologist", "role": "reviewer", "department": "ecology"},
        {"person": "townsman", "role": "reviewer", "department": "town"},
    ],
    "delegations": [
        {
            "item": "town_item",
            "from_department": "planning",
            "to_department": "town",
            "area": "990001100",
            "from": "2026-01-01",
            "to": "2026-03-31",
        }
    ],
}


def task(id: str, *inner: str, groups: str = "window", **properties: str) -> str:
    """Return a user task that has a limit and a role that may do it."""
    stated = "".join(bpmn.zeebe("property", name=name, value=value) for name, value in properties.items())
    extensions = [bpmn.zeebe("assignmentDefinition", candidateGroups=groups)]
    extensions += [bpmn.zeebe("taskSchedule", dueDate="=workdays(1)")]
    extensions += [bpmn.zeebe("properties", stated)] if stated else []
    return bpmn.user(id, *inner, extensions=tuple(extensions))


def action(id: str, type: str, **inputs: str) -> str:
    """Return a service task with this action; each input is FEEL or literal text."""
    outputs = {"matter": "=matter"} if type == "matter.receive" else {}
    return bpmn.service(id, type, extensions=(bpmn.mapping(inputs, outputs),))


def steps(*elements: str) -> bytes:
    """Return a chain with these elements one after the other; boundary events and the like stand beside them."""
    ids = [match[1] for text in elements if (match := re.match(r'<bpmn:\w+ id="(\w+)"', text))]
    after = [id for id, text in zip(ids, elements, strict=True) if "attachedToRef" not in text]
    flows = " ".join(f"{a}>{b}" for a, b in pairwise(["S", *after, "E"]))
    beside = "".join(f" {id}>E" for id, text in zip(ids, elements, strict=True) if "attachedToRef" in text)
    chain = bpmn.zeebe("properties", bpmn.zeebe("property", name="chain", value="small"))
    box = f"<bpmn:extensionElements>{chain}</bpmn:extensionElements>"
    return bpmn.document(bpmn.process("small", box, bpmn.S, *elements, bpmn.E, bpmn.flows(flows + beside)))


def desk(folder: Path, model: bytes, at: str = "2026-03-02 09:00", **hall: Any) -> Desk:
    """Return a case of this model in the small hall."""
    place = folder / "small" / "after"
    place.mkdir(parents=True, exist_ok=True)
    (place / "chain.bpmn").write_bytes(model)
    materials = [{"key": key, "name": f"材料{key}"} for key in MATERIALS]
    (folder / "catalogue.json").write_text(json.dumps({"items": ITEMS, "materials": materials}))
    (folder / "organisation.json").write_text(json.dumps(ORGANISATION | hall))
    reading = chains.read(place)
    assert reading.version is not None, [(f.rule, f.element, f.message) for f in reading.findings]
    return Desk(reading.version, organisations.read((folder / "organisation.json").read_bytes()), moment(at))
