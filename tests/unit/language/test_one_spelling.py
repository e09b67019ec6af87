"""Expressions and decisions read a letter alike, be it written as one character or as two: NFC, not NFKC."""

from __future__ import annotations

from unicodedata import normalize

import pytest

from engine.language import decisions, feel
from engine.language.templates import fields_of_document
from engine.model.chain.reader import read_bpmn

WORDS = ["café", "größe", "Ångström", "허가", "审批"]
TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
  <inputData id="i" name="NAME"><variable name="NAME" typeRef="string"/></inputData>
  <decision id="décision" name="décision">
    <informationRequirement id="q"><requiredInput href="#i"/></informationRequirement>
    <decisionTable id="t" hitPolicy="UNIQUE">
      <input id="c"><inputExpression id="e" typeRef="string"><text>NAME</text></inputExpression>
        <inputValues id="v"><text>"VALUE", "other"</text></inputValues></input>
      <output id="o" name="o" typeRef="string" />
      <rule id="r"><inputEntry id="x"><text>"VALUE"</text></inputEntry>
        <outputEntry id="y"><text>"VALUE"</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"""
PROCESS = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL">
  <bpmn:process id="p" name="NAME" isExecutable="true">
    <bpmn:startEvent id="début"/><bpmn:endEvent id="fin" name="NAME"/>
    <bpmn:sequenceFlow id="f" sourceRef="de&#769;but" targetRef="fin"/>
  </bpmn:process>
</bpmn:definitions>
"""


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_and_a_text_of_an_expression_are_those_of_the_facts(form: str, word: str) -> None:
    written = normalize(form, f'{word} = "{word}" and o.{word} = "{word}" and {{{word}: 1}}.{word} = 1')

    expression = feel.compile(written)

    assert expression.evaluate({word: word, "o": {word: word}}) is True
    assert expression.names == {word, "o"}
    assert feel.compile_unary(normalize(form, f'"{word}", "x"')).matches(word) is True


def test_an_escaped_mark_is_part_of_its_letter() -> None:
    assert feel.compile(r'"caf\u0065\u0301"').evaluate() == "café"


@pytest.mark.parametrize("text", ["ＡＢＣ", "①", "ﬁ", "㎡", "１２", "ｶﾞ"])
def test_characters_that_only_look_alike_stay_apart(text: str) -> None:
    assert feel.compile(f'"{text}"').evaluate() == text
    assert feel.compile(f'"{text}" = "{normalize("NFKC", text)}"').evaluate() is False


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_cells_values_and_inputs_of_a_decision_are_those_of_the_facts(form: str, word: str) -> None:
    model = decisions.read(normalize(form, TABLE.replace("NAME", word).replace("VALUE", word)).encode())

    assert model.decide("décision", {word: word}) == word


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_ids_and_names_of_a_model_have_one_spelling(form: str) -> None:
    processes, findings = read_bpmn(normalize(form, PROCESS.replace("NAME", "Größe")).encode(), "m.bpmn")

    assert findings == []
    assert processes["p"].name == processes["p"].elements["fin"].name == "Größe"
    assert processes["p"].flows["f"].source == "début"


def test_a_mark_after_a_tag_breaks_no_model() -> None:
    """`>` and U+0338 would be one character."""
    documented = PROCESS.replace(
        '<bpmn:endEvent id="fin" name="NAME"/>',
        '<bpmn:endEvent id="fin"><bpmn:documentation>\u0338</bpmn:documentation></bpmn:endEvent>',
    )

    processes, findings = read_bpmn(documented.encode(), "m.bpmn")

    assert findings == [] and processes["p"].elements["fin"].documentation == "\u0338"


def test_the_fields_of_a_document_are_those_of_the_facts() -> None:
    assert fields_of_document(normalize("NFD", '#value("größe")')).required == {"größe"}
