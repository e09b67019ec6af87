"""Decision models, rule by rule: a small model as text, inputs in, result out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.base.errors import BudgetExceeded, ModelError, NotFound
from engine.language import decisions

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="urn:t" name="t">'


def model(body: str) -> decisions.Model:
    return decisions.read(f"{HEAD}{body}</definitions>".encode())


def literal(text: str) -> str:
    return f"<literalExpression><text><![CDATA[{text}]]></text></literalExpression>"


def decision(name: str, logic: str, requires: str = "", type_: str = "") -> str:
    variable = f'<variable name="{name}" typeRef="{type_}"/>' if type_ else ""
    return f'<decision id="{name}" name="{name}">{variable}{requires}{logic}</decision>'


def needs(kind: str, *ids: str) -> str:
    outer = "knowledgeRequirement" if kind == "requiredKnowledge" else "informationRequirement"
    return "".join(f'<{outer}><{kind} href="#{id_}"/></{outer}>' for id_ in ids)


def input_data(name: str, type_: str = "number") -> str:
    return f'<inputData id="{name}" name="{name}"><variable name="{name}" typeRef="{type_}"/></inputData>'


def table(policy: str, rules: list[tuple[str, str]], output: str = '<output typeRef="number"/>') -> decisions.Model:
    rows = "".join(
        f"<rule><inputEntry><text><![CDATA[{test}]]></text></inputEntry>"
        f"<outputEntry><text>{result}</text></outputEntry></rule>"
        for test, result in rules
    )
    logic = (
        f'<decisionTable {policy}><input><inputExpression typeRef="number"><text>x</text></inputExpression></input>'
        f"{output}{rows}</decisionTable>"
    )
    return model(input_data("x") + decision("d", logic, needs("requiredInput", "x")))


RULES = [("> 1", "10"), ("> 2", "30"), ("> 3", "20")]
ORDERED = '<output typeRef="number"><outputValues><text>30, 20, 10</text></outputValues></output>'


@pytest.mark.parametrize(
    ("policy", "x", "expected"),
    [
        ("", 2, 10),
        ("", 4, None),
        ('hitPolicy="ANY"', 4, None),
        ('hitPolicy="FIRST"', 4, 10),
        ('hitPolicy="PRIORITY"', 4, 30),
        ('hitPolicy="RULE ORDER"', 4, [10, 30, 20]),
        ('hitPolicy="OUTPUT ORDER"', 4, [30, 20, 10]),
        ('hitPolicy="COLLECT"', 4, [10, 30, 20]),
        ('hitPolicy="COLLECT"', 0, []),
        ('hitPolicy="COLLECT" aggregation="SUM"', 4, 60),
        ('hitPolicy="COLLECT" aggregation="MIN"', 4, 10),
        ('hitPolicy="COLLECT" aggregation="MAX"', 4, 30),
        ('hitPolicy="COLLECT" aggregation="COUNT"', 4, 3),
        ('hitPolicy="COLLECT" aggregation="SUM"', 0, None),
    ],
)
def test_hit_policies(policy: str, x: int, expected: Any) -> None:
    found = table(policy, RULES, ORDERED)

    assert {p.rule for p in found.problems} <= {"rules-overlap", "rules-missing", "rule-masked"}
    assert found.decide("d", {"x": x}) == expected


def test_a_default_output_stands_in_when_no_rule_matches() -> None:
    output = "<output><defaultOutputEntry><text>7</text></defaultOutputEntry></output>"

    assert table("", RULES, output).decide("d", {"x": 0}) == 7


def test_a_decision_without_any_drawn_requirement_sees_what_is_given() -> None:
    found = model(decision("alone", literal("a * 2")))

    assert found.decide("alone", {"a": 3}) == 6


def test_an_input_of_the_wrong_type_is_null_with_a_warning() -> None:
    warnings: list[str] = []

    assert table("", RULES).decide("d", {"x": "four"}, warnings=warnings) is None
    assert 'The input "x" isn\'t of its type; null.' in warnings


def test_a_decision_sees_only_what_it_requires() -> None:
    found = model(
        input_data("a")
        + input_data("b")
        + decision("inner", literal("a * 2"), needs("requiredInput", "a"))
        + decision("outer", literal("[inner, b]"), needs("requiredDecision", "inner"))
    )

    assert found.decide("outer", {"a": 3, "b": 4}) == [6, None]


def test_a_knowledge_model_is_a_function_and_may_call_itself() -> None:
    knowledge = (
        '<businessKnowledgeModel id="f" name="factorial"><encapsulatedLogic>'
        '<formalParameter name="n" typeRef="number"/>'
        f"{literal('if n < 2 then 1 else n * factorial(n - 1)')}</encapsulatedLogic></businessKnowledgeModel>"
    )
    found = model(knowledge + decision("d", literal("factorial(10)"), needs("requiredKnowledge", "f")))

    assert found.decide("d", {}) == 3628800


def test_endless_recursion_is_stopped() -> None:
    knowledge = (
        '<businessKnowledgeModel id="f" name="f"><encapsulatedLogic><formalParameter name="n"/>'
        f"{literal('f(n)')}</encapsulatedLogic></businessKnowledgeModel>"
    )
    found = model(knowledge + decision("d", literal("f(1)"), needs("requiredKnowledge", "f")))

    with pytest.raises(BudgetExceeded):
        found.decide("d", {})


def test_a_decision_service_decides_with_its_own_inputs() -> None:
    service = (
        '<decisionService id="s" name="s"><outputDecision href="#double"/><inputData href="#a"/></decisionService>'
    )
    found = model(
        input_data("a")
        + decision("double", literal("a * 2"), needs("requiredInput", "a"))
        + service
        + decision("d", literal("s(21)"), needs("requiredKnowledge", "s"))
    )

    assert found.decide("d", {"a": 1}) == 42
    assert found.decide("s", {"a": 4}) == 8


def test_a_boxed_context_gives_its_last_entry_without_a_name() -> None:
    logic = (
        f'<context><contextEntry><variable name="Net Price"/>{literal("100")}</contextEntry>'
        f'<contextEntry><variable name="tax"/>{literal("Net Price * 0.13")}</contextEntry>'
        f"<contextEntry>{literal('Net Price + tax')}</contextEntry></context>"
    )

    assert model(decision("d", logic)).decide("d", {}) == 113


def test_a_result_that_is_not_of_its_type_is_null() -> None:
    assert model(decision("d", literal('"a"'), type_="number")).decide("d", {}) is None


def test_a_list_of_one_stands_for_its_item() -> None:
    assert model(decision("d", literal("[1]"), type_="number")).decide("d", {}) == Decimal(1)


def test_allowed_values_of_a_type_are_asked_for() -> None:
    kind = (
        '<itemDefinition name="tKind"><typeRef>string</typeRef>'
        '<allowedValues><text>"A", "B"</text></allowedValues></itemDefinition>'
    )
    found = model(kind + input_data("k", "tKind") + decision("d", literal("k"), needs("requiredInput", "k")))

    assert found.decide("d", {"k": "A"}) == "A"
    assert found.decide("d", {"k": "C"}) is None


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (decision("d", literal("1 +")), "feel"),
        (decision("d", literal("foo(1)")), "feel"),
        (decision("d", literal("1"), needs("requiredInput", "nowhere")), "reference"),
        (decision("d", literal("1"), type_="tNothing"), "type"),
        (decision("d", '<decisionTable hitPolicy="BEST"><output/></decisionTable>'), "hit policy"),
        (
            decision(
                "d",
                "<decisionTable><input><inputExpression><text>1</text></inputExpression></input><output/>"
                "<rule><outputEntry><text>1</text></outputEntry></rule></decisionTable>",
            ),
            "cells",
        ),
        (
            decision("a", literal("b"), needs("requiredDecision", "b"))
            + decision("b", literal("a"), needs("requiredDecision", "a")),
            "circle",
        ),
        ('<import name="i" namespace="urn:x" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>', "import"),
    ],
)
def test_what_is_wrong_is_a_problem_and_the_rest_still_decides(body: str, rule: str) -> None:
    found = model(body + decision("right", literal("1")))

    assert [problem.rule for problem in found.problems] == [rule]
    assert found.decide("right", {}) == 1


def test_decisions_that_require_each_other_are_null() -> None:
    found = model(
        decision("a", literal("b"), needs("requiredDecision", "b"))
        + decision("b", literal("a"), needs("requiredDecision", "a"))
    )

    assert found.decide("a", {}) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"<definitions", b"<other/>", b'<!DOCTYPE a [<!ENTITY x "y">]><definitions>&x;</definitions>',
     b'<!DOCTYPE definitions SYSTEM "file:///etc/passwd"><definitions/>'],
)  # fmt: skip
def test_what_is_no_dmn_is_refused(content: bytes) -> None:
    with pytest.raises(ModelError):
        decisions.read(content)


def test_host_functions_are_called() -> None:
    content = f"{HEAD}{decision('d', literal('workdays(5)'))}</definitions>".encode()

    found = decisions.read(content, functions=["workdays"])

    assert found.decide("d", {}, {"workdays": lambda days: days + 2}) == 7
    assert [problem.rule for problem in decisions.read(content).problems] == ["feel"]


def test_a_model_imports_another() -> None:
    other = HEAD.replace("urn:t", "urn:o") + (
        '<businessKnowledgeModel id="f" name="double it"><encapsulatedLogic><formalParameter name="n"/>'
        f"{literal('n * 2')}</encapsulatedLogic></businessKnowledgeModel></definitions>"
    )
    kind = "https://www.omg.org/spec/DMN/20191111/MODEL/"
    main = (
        f'{HEAD}<import name="lib" namespace="urn:o" importType="{kind}"/><decision id="d" name="d">'
        '<knowledgeRequirement><requiredKnowledge href="urn:o#f"/></knowledgeRequirement>'
        f"{literal('lib.double it(4)')}</decision></definitions>"
    )

    assert decisions.read([main.encode(), other.encode()]).decide("d", {}) == 8


def test_a_decision_that_does_not_exist_is_named() -> None:
    with pytest.raises(NotFound, match="It has: d"):
        model(decision("d", literal("1"))).decide("e", {})
