"""The findings of `chain check` about the decisions of a chain: with file, element and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.model import chain

TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="urn:t" name="t" id="t">
<inputData id="x" name="x"><variable name="x" typeRef="number"/></inputData>
<decision id="kind" name="kind">
<informationRequirement><requiredInput href="#x"/></informationRequirement>
<decisionTable id="table">
<input><inputExpression typeRef="number"><text>{input}</text></inputExpression></input><output/>
<rule><inputEntry><text>&lt; 5</text></inputEntry><outputEntry><text>{output}</text></outputEntry></rule>
<rule><inputEntry><text>&lt; 3</text></inputEntry><outputEntry><text>2</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def told(folder: Path, input: str = "x", output: str = "1") -> list[tuple[str | None, int | None, str, str]]:
    file = folder / "kind.dmn"
    file.write_text(TABLE.format(input=input, output=output), encoding="utf-8")
    found = chain.check([file])
    assert {f.file for f in found} <= {str(file)}
    return [(f.element, f.line, f.rule, f.message) for f in found]


def test_gaps_and_overlaps_of_a_table_are_found(tmp_path: Path) -> None:
    gap, overlap = told(tmp_path)

    assert overlap[:3] == ("table", 8, "decision-problem") and "Rules 1 and 2 both match" in overlap[3]
    assert gap[:3] == ("table", 5, "decision-advice") and 'No rule matches "x" >= 5' in gap[3]


def test_a_wrong_expression_is_found_with_its_place_and_what_would_be_right(tmp_path: Path) -> None:
    wrong = [f for f in told(tmp_path, output="if x then 1") if f[2] == "decision-problem"]

    assert wrong[0][:2] == ("table", 7)
    assert 'expected "else"' in wrong[0][3].lower()


def test_functions_of_the_engine_may_be_called(tmp_path: Path) -> None:
    assert not [f for f in told(tmp_path, output='if supplied("a") then 1 else 2') if "feel" in f[3].lower()]
    assert any("Did you mean supplied(…)" in f[3] for f in told(tmp_path, output='supplid("a")'))


ASKED = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
 targetNamespace="urn:t"><process id="p" isExecutable="true"><startEvent id="s"/><userTask id="a"><extensionElements>
 <zeebe:userTask/><zeebe:formDefinition formId="f"/></extensionElements></userTask><businessRuleTask id="r">
 <extensionElements><zeebe:calledDecision decisionId="d" resultVariable="y"/></extensionElements></businessRuleTask>
 <endEvent id="e"/><sequenceFlow id="f1" sourceRef="s" targetRef="a"/>
 <sequenceFlow id="f2" sourceRef="a" targetRef="r"/>
 <sequenceFlow id="f3" sourceRef="r" targetRef="e"/></process></definitions>"""


@pytest.mark.parametrize(
    ("subtype", "column", "told"),
    [
        ("date", "date", False),
        ("date", "date and time", False),
        ("datetime", "date and time", False),
        ("datetime", "date", True),
        ("time", "date", True),
    ],
)
def test_a_moment_into_a_column_of_days_is_told(tmp_path: Path, subtype: str, column: str, told: bool) -> None:
    field = {"id": "x", "type": "datetime", "key": "x", "dateLabel": "日", "timeLabel": "时", "subtype": subtype}
    (tmp_path / "f.form").write_text(json.dumps({"id": "f", "type": "default", "components": [field]}))
    (tmp_path / "m.bpmn").write_text(ASKED)
    (tmp_path / "d.dmn").write_text(
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="urn:t" name="t"><decision id="d" '
        f'name="d"><decisionTable id="t"><input id="i"><inputExpression typeRef="{column}"><text>x</text>'
        '</inputExpression></input><output id="o"/><rule id="r1"><inputEntry id="c"><text>-</text></inputEntry>'
        '<outputEntry id="q"><text>1</text></outputEntry></rule></decisionTable></decision></definitions>'
    )

    found = [f.message for f in chain.check([tmp_path]) if f.rule == "value-kind"]

    assert any(f"The column is {column}, and what comes is" in message for message in found) is told
