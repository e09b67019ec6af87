"""Element templates: the shipped file is what the tables say; what a template makes of an element passes the check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from engine.law.matter import ACTIONS
from engine.model import chain
from engine.model.chain.dialect import ACTIVITY_PROPERTIES
from engine.reading import scenarios
from tests.samples import halls
from tests.unit.model.runtime import bpmn_text as bpmn
from webui.cli import templates

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "bpmn" / ".camunda" / "element-templates" / "licet.json"
TEMPLATES = templates.templates()
BOUND = {
    "zeebe:taskDefinition", "zeebe:input", "zeebe:output", "zeebe:property", "zeebe:userTask", "zeebe:formDefinition",
    "zeebe:assignmentDefinition", "zeebe:taskSchedule", "zeebe:calledElement",
}  # fmt: skip


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    with scenarios.empty_database() as path:
        yield path


def test_the_shipped_file_is_what_the_tables_say() -> None:
    assert SHIPPED.read_text("utf-8") == templates.text(), "python -m webui.cli.templates > " + SHIPPED.name


def test_every_action_and_every_property_of_an_activity_is_offered() -> None:
    jobs = {p["value"] for t in TEMPLATES for p in t["properties"] if p["binding"]["type"] == "zeebe:taskDefinition"}
    named = {p["binding"].get("name") for p in TEMPLATES[-1]["properties"] if p["binding"]["type"] == "zeebe:property"}

    assert jobs == set(ACTIONS)
    assert named == set(ACTIVITY_PROPERTIES)


def test_templates_have_ids_of_their_own_and_bind_what_the_dialect_has() -> None:
    assert len({template["id"] for template in TEMPLATES}) == len(TEMPLATES)
    assert {p["binding"]["type"] for t in TEMPLATES for p in t["properties"]} == BOUND
    for template in TEMPLATES:
        groups = {group["id"] for group in template["groups"]}
        assert {p["group"] for p in template["properties"] if "group" in p} <= groups
        assert template["elementType"]["value"] in template["appliesTo"]


def value_of(entry: dict[str, Any]) -> str | None:
    """What a designer leaves or fills in: needed ones something, optional ones nothing."""
    if "value" in entry:
        return str(entry["value"])
    return '="x"' if entry.get("constraints", {}).get("notEmpty") else None


def applied(template: dict[str, Any]) -> str:
    """The element that the modeler makes of a template."""
    parts: dict[str, list[str]] = {"ioMapping": [], "properties": []}
    own: dict[str, str] = {}
    for entry in template["properties"]:
        binding, value = entry["binding"], value_of(entry)
        kind = binding["type"].removeprefix("zeebe:")
        if kind in ("input", "output"):
            if value is not None:
                source, target = (value, binding["name"]) if kind == "input" else (binding["source"], value)
                parts["ioMapping"].append(f"<zeebe:{kind} source={quoteattr(source)} target={quoteattr(target)} />")
        elif kind == "property":
            if value is not None:
                parts["properties"].append(f'<zeebe:property name="{binding["name"]}" value="{value}" />')
        elif kind == "userTask":
            own[kind] = "<zeebe:userTask />"
        elif kind == "formDefinition":
            own[kind] = '<zeebe:formDefinition formId="form" />'
        else:
            own[kind] = f"<zeebe:{kind} {binding['property']}={quoteattr(value or '')} />"
    wrapped = [f"<zeebe:{name}>{''.join(inner)}</zeebe:{name}>" for name, inner in parts.items() if inner]
    tag = template["elementType"]["value"].removeprefix("bpmn:")
    tag = tag[0].lower() + tag[1:]
    marks = f'zeebe:modelerTemplate="{template["id"]}" zeebe:modelerTemplateVersion="{template["version"]}"'
    extensions = f"<bpmn:extensionElements>{''.join((*own.values(), *wrapped))}</bpmn:extensionElements>"
    return f'<bpmn:{tag} id="it" name="它" {marks}>{extensions}</bpmn:{tag}>'


def _process_with(element: str) -> str:
    """A process that has the element between its start and its end, or that is the element."""
    if element.startswith("<bpmn:process"):
        opening = element.removesuffix("</bpmn:process>").replace('id="it"', 'id="it" isExecutable="true"')
        return f"{opening}{bpmn.S}{bpmn.E}{bpmn.flow('S-E', 'S', 'E')}</bpmn:process>"
    return bpmn.process("P", bpmn.S, element, bpmn.E, bpmn.flow("S-it", "S", "it"), bpmn.flow("it-E", "it", "E"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template["id"])
def test_what_a_template_makes_of_an_element_passes_the_check(template: dict[str, Any], tmp_path: Path) -> None:
    model = bpmn.document(
        _process_with(applied(template)),
        bpmn.process(
            "licensing_procedure",
            bpmn.element("startEvent", "begin"),
            bpmn.element("endEvent", "over"),
            bpmn.flow("begin-over", "begin", "over"),
        ),
    )
    (tmp_path / "model.bpmn").write_bytes(model)
    (tmp_path / "form.form").write_text(json.dumps({"id": "form", "type": "default", "components": []}))

    found = chain.check([tmp_path / "model.bpmn", tmp_path / "form.form"])

    assert [f.message for f in found if f.severity == "error"] == []


def test_the_called_procedure_is_there_and_takes_these_inputs() -> None:
    (called,) = [t for t in TEMPLATES if t["id"] == "licet.call.licensing_procedure"]
    process = next(p["value"] for p in called["properties"] if p["binding"]["type"] == "zeebe:calledElement")
    model = (ROOT / "bpmn" / "common" / f"{process}.bpmn").read_text("utf-8")

    assert f'<bpmn:process id="{process}"' in model
    inputs = [p["binding"]["name"] for p in called["properties"] if p["binding"]["type"] == "zeebe:input"]
    assert [name for name in inputs if name not in model] == []


# ------------------------------------------------------------------ countersigning

SIGNING = """<bpmn:userTask id="sign" zeebe:modelerTemplate="licet.task.countersigning"><bpmn:extensionElements>
  <zeebe:userTask /><zeebe:assignmentDefinition candidateUsers="=[signer]" /></bpmn:extensionElements>
  <bpmn:multiInstanceLoopCharacteristics isSequential="{sequential}"><bpmn:extensionElements>
    <zeebe:loopCharacteristics inputCollection="=signers" inputElement="signer"
      outputCollection="opinions" outputElement="=opinion" />
  </bpmn:extensionElements>{completion}</bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>"""


@pytest.mark.parametrize(
    ("mode", "opinions", "left"),
    [
        ("all", ["agree", "agree", "agree"], None),
        ("any", ["agree"], ["agree", None, None]),
        ("in_order", ["agree", "disagree", "agree"], None),
        ("veto", ["agree", "disagree"], ["agree", "disagree", None]),
        ("majority", ["agree", "disagree"], ["agree", "disagree", None]),
    ],
)
def test_each_mode_of_countersigning_ends_when_it_should(
    mode: str, opinions: list[str], left: list[str | None] | None, tmp_path: Path, empty: Path
) -> None:
    _, sequential, condition = templates.COUNTERSIGNING[mode]
    completion = (
        f"<bpmn:completionCondition>{condition.replace('>', '&gt;')}</bpmn:completionCondition>" if condition else ""
    )
    sign = SIGNING.format(sequential=str(sequential).lower(), completion=completion)
    model = bpmn.document(
        bpmn.process("P", bpmn.S, sign, bpmn.E, bpmn.flow("S-sign", "S", "sign"), bpmn.flow("sign-E", "sign", "E"))
    )
    (tmp_path / "model.bpmn").write_bytes(model)
    signing = 1 if sequential else 3
    steps: list[dict[str, Any]] = [
        {"complete": "sign", "variables": {"opinion": opinion}, "expect": {"ended": False}} for opinion in opinions
    ]
    steps[-1]["expect"] = {"ended": True, "variables": {"opinions": left or opinions}}
    start = {"at": "2026-03-02T09:00:00+08:00", "variables": {"signers": ["a", "b", "c"]}}
    whole = {"name": mode, "model": "model.bpmn", "start": {**start, "expect": {"open": ["sign"] * signing}}}
    (tmp_path / "scenario.json").write_text(json.dumps({**whole, "steps": steps}))

    row = scenarios.run(tmp_path / "scenario.json", lambda shelf, folder: halls.outside(), empty)

    assert row.passed, row


def test_the_page_for_designers_shows_these_modes() -> None:
    page = (ROOT / "docs" / "templates.md").read_text("utf-8")

    for words, sequential, condition in templates.COUNTERSIGNING.values():
        order = "one after another" if sequential else "at once"
        assert f"| {words} | {order} | {f'`{condition}`' if condition else 'none'} |" in page
