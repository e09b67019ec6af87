"""The journal says why: what a decision and a condition read, which rules matched, and what came out.

A personal value is told by its digest. The reasons change nothing in the state.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.base.canonical import digest
from engine.case.normal_form import state_digest
from engine.case.records import (
    LONGEST,
    ConditionsAsked,
    DecisionMade,
    Personal,
    effect_from_json,
    effect_to_json,
    plain,
)
from engine.case.state import Case, evolve
from engine.language import decisions
from tests.samples.desk import Desk
from tests.unit.case import small_hall
from tests.unit.model.runtime import bpmn_text as bpmn

DMN = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="urn:t" name="t">
<inputData id="i1" name="area"><variable name="area" typeRef="number"/></inputData>
<inputData id="i2" name="holder"><variable name="holder" typeRef="string"/></inputData>
<inputData id="i3" name="unused"><variable name="unused" typeRef="string"/></inputData>
<decision id="size" name="规模"><variable name="规模" typeRef="string"/>
  <informationRequirement><requiredInput href="#i1"/></informationRequirement>
  <decisionTable hitPolicy="FIRST"><input><inputExpression typeRef="number"><text>area</text></inputExpression></input>
    <output name="size" typeRef="string"/>
    <rule id="r1"><description>大型项目</description>
      <inputEntry><text>&gt; 1000</text></inputEntry><outputEntry><text>"large"</text></outputEntry></rule>
    <rule id="r2"><inputEntry><text>&gt; 100</text></inputEntry><outputEntry><text>"small"</text></outputEntry></rule>
  </decisionTable></decision>
<decision id="way" name="way"><informationRequirement><requiredDecision href="#size"/></informationRequirement>
  <informationRequirement><requiredInput href="#i2"/></informationRequirement>
  <decisionTable hitPolicy="UNIQUE">
    <input><inputExpression typeRef="string"><text>规模</text></inputExpression></input>
    <input><inputExpression typeRef="string"><text>holder</text></inputExpression></input>
    <output name="way" typeRef="string"/>
    <rule><inputEntry><text>"large"</text></inputEntry><inputEntry><text>-</text></inputEntry>
      <outputEntry><text>"long"</text></outputEntry></rule>
    <rule><inputEntry><text>"small"</text></inputEntry><inputEntry><text>-</text></inputEntry>
      <outputEntry><text>"short for " + holder</text></outputEntry></rule>
  </decisionTable></decision>
</definitions>"""
FORM = {
    "type": "default",
    "id": "apply",
    "components": [
        {"type": "textfield", "id": "h", "key": "holder", "label": "权利人", "properties": {"personal": "true"}},
        {"type": "textfield", "id": "u", "key": "unused", "label": "其他"},
        {"type": "number", "id": "a", "key": "area", "label": "面积"},
    ],
}


def user(id: str, *inner: str, extensions: tuple[str, ...] = ()) -> str:
    return small_hall.task(id, *inner).replace(
        "</bpmn:extensionElements>", "".join(extensions) + "</bpmn:extensionElements>", 1
    )


def rule_task(decision: str, result: str, outputs: dict[str, str] | None = None) -> str:
    called = bpmn.zeebe("calledDecision", decisionId=decision, resultVariable=result)
    mapped = (bpmn.mapping(None, outputs),) if outputs else ()
    return bpmn.element("businessRuleTask", "R", extensions=(called, *mapped))


def desk_of(folder: Path, *elements: str, flows: str = "", dmn: str = DMN) -> Desk:
    """Return a case with the form, the decisions, and these elements between two tasks."""
    place = folder / "small" / "after"
    for name, text in (("decisions/way.dmn", dmn), ("forms/apply.form", json.dumps(FORM, ensure_ascii=False))):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
    form = bpmn.zeebe("formDefinition", formId="apply")
    ask = user("T", extensions=(form,))
    if not flows:
        model = small_hall.steps(ask, *elements, user("U"))
    else:
        chain = bpmn.zeebe("properties", bpmn.zeebe("property", name="chain", value="small"))
        box = f"<bpmn:extensionElements>{chain}</bpmn:extensionElements>"
        model = bpmn.document(bpmn.process("small", box, bpmn.S, ask, *elements, bpmn.E, flows))
    found = small_hall.desk(folder, model)
    found.start()
    return found


def made(desk: Desk) -> DecisionMade:
    (one,) = [effect for effect in desk.effects if isinstance(effect, DecisionMade)]
    return one


def asked(desk: Desk) -> list[ConditionsAsked]:
    return [effect for effect in desk.effects if isinstance(effect, ConditionsAsked)]


# ------------------------------------------------------------------ decisions


def test_a_decision_is_told_with_its_model_its_inputs_the_rules_that_matched_and_its_output(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, rule_task("size", "size"))

    desk.complete("T", area=1200)

    one = made(desk)
    assert (one.element, one.decision, one.model) == ("R", "size", digest(DMN.encode()))
    assert (one.inputs, one.rules, one.output) == ({"area": 1200}, {"size": [1, 2]}, "large")
    assert (one.warnings, one.digests) == ((), {})


def test_the_rules_of_required_decisions_are_told_and_only_what_was_asked_for_is_an_input(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, rule_task("way", "way"))

    desk.complete("T", area=1200, unused="x")

    assert made(desk).rules == {"size": [1, 2], "way": [1]}
    assert made(desk).inputs == {"area": 1200, "holder": None}


def test_an_input_that_nobody_gave_is_told_as_null_with_the_warning_that_nothing_matched(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, rule_task("size", "size"))

    desk.complete("T")

    assert (made(desk).inputs, made(desk).rules, made(desk).output) == ({"area": None}, {}, None)
    assert made(desk).warnings[-1] == "No rule of the table matches; null."


def test_a_personal_input_is_told_by_its_digest_alone(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, rule_task("way", "way"))

    desk.complete("T", area=1200, holder="示范申请人甲")

    holder = made(desk).inputs["holder"]
    assert isinstance(holder, Personal) and plain(holder) == "示范申请人甲"
    kept = effect_to_json(made(desk))
    assert kept["inputs"] == {"area": 1200, "holder": {"$personal": holder.digest}}
    assert "示范申请人甲" not in json.dumps(kept, ensure_ascii=False)


def test_an_output_that_is_a_personal_fact_has_the_digest_of_that_fact(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, rule_task("way", "holder"))

    desk.complete("T", area=500, holder="示范申请人甲")

    assert isinstance(made(desk).output, Personal)
    assert desk.case is not None and desk.case.facts[0, "holder"] == made(desk).output
    assert "示范申请人甲" not in json.dumps([effect_to_json(effect) for effect in desk.effects], ensure_ascii=False)


def test_a_fact_that_is_given_for_a_required_decision_is_told_as_an_input(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, bpmn.script("Q", '="large"', "规模"), rule_task("way", "way"))

    desk.complete("T", area=1)

    assert made(desk).inputs == {"规模": "large", "holder": None}
    assert made(desk).rules == {"way": [1]}


def test_who_watches_the_rules_of_many_decisions_sees_those_that_a_case_has_told(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, rule_task("size", "size"))

    with decisions.watched() as matched:
        desk.complete("T", area=1200)

    assert matched == {("size", 1), ("size", 2)}


@pytest.mark.parametrize("length", [LONGEST, LONGEST + 1])
@pytest.mark.parametrize("rows", [False, True])
def test_a_long_value_is_told_by_its_digest(tmp_path: Path, length: int, rows: bool) -> None:
    value: Any = ["x" * (length - 4)] if rows else "x" * (length - 2)
    flows = bpmn.flows("S>T T>Q Q>G b>E") + bpmn.flow("no", "G", "E") + bpmn.flow("yes", "G", "b", "=text != null")
    gateway = bpmn.element("exclusiveGateway", "G", default="no")
    desk = desk_of(tmp_path, bpmn.script("Q", f"={json.dumps(value)}", "text"), gateway, user("b"), flows=flows)

    desk.complete("T")

    (one,) = asked(desk)
    text = json.dumps(value).encode()
    assert len(text) == length
    assert (one.digests, one.facts) == (({"text": digest(text)}, {}) if length > LONGEST else ({}, {"text": value}))


# ------------------------------------------------------------------ conditions

FLOWS = bpmn.flows("S>T T>G a>E b>E") + "".join(
    (
        bpmn.flow("large", "G", "a", "=area > 1000 and supplied(&quot;plan&quot;) = false".replace("&quot;", '"')),
        bpmn.flow("named", "G", "b", '=holder = "甲"'),
        bpmn.flow("other", "G", "E"),
    )
)


@pytest.mark.parametrize(
    ("kind", "given_", "taken", "read"),
    [
        ("exclusiveGateway", {"area": 2000}, ("large",), {"area": 2000, 'supplied("plan")': False}),
        ("exclusiveGateway", {"area": 5}, ("other",), {"area": 5, "holder": None}),
        ("exclusiveGateway", {}, ("other",), {"area": None, 'supplied("plan")': False, "holder": None}),
        ("inclusiveGateway", {"area": 2000}, ("large",), {"area": 2000, 'supplied("plan")': False, "holder": None}),
    ],
)
def test_a_gateway_tells_the_way_that_was_taken_and_what_its_conditions_read(
    tmp_path: Path, kind: str, given_: dict[str, Any], taken: tuple[str, ...], read: dict[str, Any]
) -> None:
    gateway = bpmn.element(kind, "G", default="other")
    desk = desk_of(tmp_path, gateway, user("a"), user("b"), flows=FLOWS)

    desk.complete("T", **given_)

    (one,) = asked(desk)
    assert (one.element, one.flows, one.met) == ("G", taken, None)
    assert one.facts == read


def test_a_condition_tells_a_personal_fact_by_its_digest(tmp_path: Path) -> None:
    gateway = bpmn.element("exclusiveGateway", "G", default="other")
    desk = desk_of(tmp_path, gateway, user("a"), user("b"), flows=FLOWS)

    desk.complete("T", area=5, holder="示范申请人甲")

    (one,) = asked(desk)
    assert effect_to_json(one)["facts"]["holder"] == {"$personal": one.facts["holder"].digest}


def test_a_gateway_without_conditions_has_nothing_to_tell(tmp_path: Path) -> None:
    gateway = bpmn.element("exclusiveGateway", "G")
    desk = desk_of(tmp_path, gateway, user("a"), flows=bpmn.flows("S>T T>G G>a a>E"))

    desk.complete("T")

    assert desk.open == ["a"] and asked(desk) == []


def test_a_completion_condition_tells_what_it_read_and_whether_it_is_met(tmp_path: Path) -> None:
    loop = bpmn.multi("=[1, 2, 3]", "one", until="=numberOfCompletedInstances >= needed")
    desk = desk_of(tmp_path, bpmn.script("Q", "=2", "needed"), user("M", loop))
    desk.complete("T")

    desk.complete("M")
    desk.complete("M")

    told = [(one.element, one.met, one.facts) for one in asked(desk)]
    assert told == [
        ("M", False, {"numberOfCompletedInstances": 1, "needed": 2}),
        ("M", True, {"numberOfCompletedInstances": 2, "needed": 2}),
    ]
    assert desk.open == ["U"]


# ------------------------------------------------------------------ kept


def test_reasons_change_nothing_in_the_state_and_come_back_as_they_were(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, rule_task("way", "way"))
    desk.complete("T", area=500, holder="示范申请人甲")

    others = [effect for effect in desk.effects if not isinstance(effect, DecisionMade | ConditionsAsked)]

    assert desk.case is not None
    assert state_digest(evolve(Case("2026-000001"), others)) == state_digest(desk.case)
    coded = effect_to_json(made(desk))
    assert effect_to_json(effect_from_json(coded)) == coded
