"""Fields that come to nothing: required ones that are hidden for ever, and those that nothing reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.model import chain as chains
from engine.model.chain.model import Finding
from tests.unit.model.runtime import bpmn_text as bpmn

BEFORE: list[dict[str, Any]] = [
    {
        "type": "radio", "id": "f1", "key": "kind", "label": "类型",
        "values": [{"label": "新", "value": "new"}, {"label": "换", "value": "renewal"}],
    },
    {"type": "checkbox", "id": "f2", "key": "local", "label": "本地"},
    {"type": "number", "id": "f3", "key": "age", "label": "年龄"},
    {"type": "textfield", "id": "f4", "key": "note", "label": "备注"},
    {"type": "datetime", "id": "f5", "key": "born", "label": "出生", "dateLabel": "出生", "subtype": "date"},
]  # fmt: skip


def findings(
    folder: Path, *fields: dict[str, Any], mapped: dict[str, str] | None = None, notes: bool = False
) -> list[Finding]:
    """The findings about the fields of a form, which comes after one with the facts above."""
    for id, components in (("before", BEFORE), ("after", list(fields))):
        form = {"type": "default", "id": id, "components": components}
        (folder / f"{id}.form").write_text(json.dumps(form, ensure_ascii=False), "utf-8")
    outputs = (bpmn.mapping(outputs=mapped),) if mapped else ()
    tasks = [bpmn.user("A", extensions=(bpmn.zeebe("formDefinition", formId="before"),))]
    tasks.append(bpmn.user("B", extensions=(bpmn.zeebe("formDefinition", formId="after"), *outputs)))
    gate = bpmn.element("exclusiveGateway", "g", default="g-end"), bpmn.flow("y", "g", "end", "=taken = 1")
    ways = bpmn.flows("S>A A>B B>g g>end")
    body = bpmn.S, *tasks, *gate, bpmn.element("endEvent", "end"), ways
    (folder / "model.bpmn").write_bytes(bpmn.document(bpmn.process("P", *body)))
    found = chains.check([folder], notes=notes)
    assert not [f for f in found if f.severity == "error"], found
    return [f for f in found if f.rule in ("hidden-field", "unread-field") and "after.form" in f.file]


def hidden(condition: str, required: bool = True, **more: Any) -> dict[str, Any]:
    rules = {"validate": {"required": True}} if required else {}
    return {
        "type": "number",
        "id": "x",
        "key": "taken",
        "label": "数",
        "conditional": {"hide": condition},
        **rules,
        **more,
    }


NEVER = (
    "=true", "=1 = 1", "=local or local != true", "=age < 3 or age >= 3 or age = null",
    '=kind != "new" or kind = "new"',
    '=not(kind = "new" and kind = "renewal")', '=kind != "newest"', "=age = 3 or age != 3",
    '=note = "a" or note != "a"',
    "=local = true or local = false or local = null", "=age != null or age = null",
)  # fmt: skip
SOMETIMES = (
    "=false", "=local", "=local != true", '=kind != "new"', "=age > 3", "=age != 3.2", "=note = null", "=other",
    '=kind = "new" or kind = "renewal"', '=note != "a"', "=born < today()", '=list contains(["a"], note)',
    "=local = true or local = false", "=age < 3 or age > 3", "=age >= 3 or age <= 2", "=x.part", "=not(local)",
    '=born != @"2024-01-01"', "=count(note) > -1", "=not(age > 3 and age < 2)",
)  # fmt: skip


@pytest.mark.parametrize("condition", NEVER)
def test_a_required_field_that_is_hidden_for_ever_is_told(tmp_path, condition):
    [found] = findings(tmp_path, hidden(condition))

    assert (found.rule, found.severity, found.element) == ("hidden-field", "warning", "x")


@pytest.mark.parametrize("condition", NEVER)
def test_a_field_that_may_stay_empty_may_be_hidden_for_ever(tmp_path, condition):
    assert findings(tmp_path, hidden(condition, required=False)) == []


@pytest.mark.parametrize("condition", SOMETIMES)
def test_a_field_that_is_shown_at_times_is_no_finding(tmp_path, condition):
    named = {"type": "textfield", "id": "o", "key": "other", "label": "别"}
    part = {"type": "textfield", "id": "p", "key": "x.part", "label": "份"}

    assert findings(tmp_path, hidden(condition), named, part) == []


def test_groups_that_contradict_each_other_hide_their_fields_for_ever(tmp_path):
    def group(outer: str, inner: str) -> dict[str, Any]:
        shown = {"conditional": {"hide": outer}, "components": [hidden(inner)]}
        return {"type": "group", "id": "g", "label": "组", **shown}

    assert [f.element for f in findings(tmp_path, group('=kind != "new"', '=kind != "renewal"'))] == ["x"]
    assert findings(tmp_path, group('=kind != "new"', "=local != true")) == []


def test_a_field_of_the_form_itself_may_hide_another(tmp_path):
    choice = {"type": "checkbox", "id": "c", "key": "wanted", "label": "要"}

    assert findings(tmp_path, choice, hidden("=wanted != true")) == []
    assert [f.element for f in findings(tmp_path, choice, hidden('=wanted != true or kind = "old"'))] == []
    assert [f.element for f in findings(tmp_path, choice, hidden("=wanted or wanted != true"))] == ["x"]


# ---------------------------------------------------------------------- nothing reads it


READ = {"type": "number", "id": "x", "key": "taken", "label": "数"}
UNREAD = {"type": "number", "id": "y", "key": "left", "label": "数"}


def test_fields_that_nothing_reads_are_noted_for_who_asks(tmp_path):
    assert findings(tmp_path, READ, UNREAD) == []
    [found] = findings(tmp_path, READ, UNREAD, notes=True)

    assert (found.rule, found.severity, found.element) == ("unread-field", "note", "y")
    assert "It is there for people alone" in found.message


def test_a_field_that_no_output_mapping_takes_is_noted(tmp_path):
    mapped = {"taken": "=taken", "left_by": "=1"}
    [found] = findings(tmp_path, READ, UNREAD, mapped=mapped, notes=True)

    assert (found.element, "no output mapping of 'B' takes it" in found.message) == ("y", True)


def test_a_field_that_its_own_form_asks_for_is_read(tmp_path):
    shown = {"type": "textfield", "id": "z", "key": "taken", "label": "数", "conditional": {"hide": "=left = 1"}}

    assert findings(tmp_path, shown, UNREAD, notes=True) == []
