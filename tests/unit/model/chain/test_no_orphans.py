"""Everything in `bpmn/` is reached by some chain: items, materials, forms, decisions, called processes."""

from __future__ import annotations

import json
import re
from pathlib import Path

BPMN = Path(__file__).parents[4] / "bpmn"
MODELS = {path: path.read_text("utf-8") for path in sorted(BPMN.rglob("*.bpmn"))}
TABLES = {path: path.read_text("utf-8") for path in sorted(BPMN.rglob("*.dmn"))}
TOLD = "\n".join((*MODELS.values(), *TABLES.values()))
CATALOGUE = [json.loads(path.read_text("utf-8")) for path in sorted(BPMN.glob("catalogue/*.json"))]
ITEMS = [item for file in CATALOGUE for item in file["items"]]


def test_every_item_is_named_by_a_model_or_a_decision_table() -> None:
    named = set(re.findall(r"\w+", TOLD))

    assert ITEMS and [item["key"] for item in ITEMS if item["key"] not in named] == []


def test_every_material_is_asked_for_by_an_item() -> None:
    asked = {need["material"] for item in ITEMS for need in item["materials"]}

    assert {material["key"] for file in CATALOGUE for material in file["materials"]} == asked


def test_every_form_is_some_tasks() -> None:
    forms = {json.loads(path.read_text("utf-8"))["id"] for path in BPMN.rglob("*.form")}

    assert forms - set(re.findall(r'\bformId="([^"]+)"', TOLD)) == set()


def test_every_decision_is_asked_by_a_model_or_by_another_one() -> None:
    made = {key for text in TABLES.values() for key in re.findall(r'<decision\b[^>]*\bid="([^"]+)"', text)}
    asked = set(re.findall(r'\b(?:decisionId="|requiredDecision href="#)([^"]+)"', TOLD))

    assert made - asked == set()


def test_every_process_is_called_or_begins_a_case() -> None:
    found = [body for text in MODELS.values() for body in re.findall(r"<bpmn:process\b.*?</bpmn:process>", text, re.S)]
    begins = re.compile(r'<zeebe:property name="(?:chain|stage)"')
    alone = {re.search(r'\bid="([^"]+)"', body)[1] for body in found if not begins.search(body)}

    assert found
    assert alone - set(re.findall(r'\bprocessId="([^"]+)"', TOLD)) == set()


def test_every_picture_is_shown() -> None:
    pages = "\n".join(path.read_text("utf-8") for path in BPMN.rglob("*.md"))

    assert [path.name for path in BPMN.rglob("*.svg") if path.name not in pages] == []
