"""The texts of a decision model: inputs, columns, cells. For readers that ask what a model names; decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.language.decisions import xml
from engine.language.decisions.tables import HIT_POLICIES


@dataclass(frozen=True, slots=True)
class Cell:
    """A text of a table: unary tests, or an expression of a result."""

    id: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class ColumnText:
    """A column of a table. An input has an expression, an output a name. `type`: as written; `allowed`: unary tests."""

    id: str
    line: int
    label: str
    text: str
    type: str
    allowed: str


@dataclass(frozen=True, slots=True)
class Row:
    """A rule. `note`: its description and annotations."""

    inputs: tuple[Cell, ...]
    outputs: tuple[Cell, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class TableText:
    """A decision table. `policy`: its full name; `aggregator` is empty where there is none."""

    inputs: tuple[ColumnText, ...]
    outputs: tuple[ColumnText, ...]
    rows: tuple[Row, ...]
    policy: str
    aggregator: str


@dataclass(frozen=True, slots=True)
class DecisionText:
    """A decision. `requires`: ids of the inputs and decisions that it sees. `functions`: whether it calls models."""

    id: str
    name: str
    line: int
    type: str
    requires: tuple[str, ...]
    table: TableText | None
    expression: Cell | None
    functions: bool


@dataclass(frozen=True, slots=True)
class InputText:
    id: str
    name: str
    line: int
    type: str


@dataclass(frozen=True, slots=True)
class Outline:
    """The inputs and decisions of one file by id. `types`: simple named types, as (type, allowed tests)."""

    inputs: Mapping[str, InputText]
    decisions: Mapping[str, DecisionText]
    types: Mapping[str, tuple[str, str]]


def outline(content: bytes) -> Outline:
    """Return the texts of a DMN file. Raises ModelError for text that isn't XML."""
    root = xml.parse(content)
    inputs = {e.get("id", ""): _input(e) for e in xml.children(root, "inputData")}
    decisions = {e.get("id", ""): _decision(e) for e in xml.children(root, "decision")}
    types = {e.get("name", ""): _type(e) for e in xml.children(root, "itemDefinition")}
    return Outline(inputs, decisions, types)


def _name(element: xml.Element) -> str:
    return " ".join((element.get("name") or "").split())


def _variable(element: xml.Element) -> str:
    variable = xml.child(element, "variable")
    return "" if variable is None else variable.get("typeRef", "")


def _input(element: xml.Element) -> InputText:
    return InputText(element.get("id", ""), _name(element), xml.line(element), _variable(element))


def _type(element: xml.Element) -> tuple[str, str]:
    reference = xml.child(element, "typeRef")
    plain = reference is not None and element.get("isCollection") not in ("true", "1")
    return (xml.text(reference) if plain else "", xml.text(xml.child(element, "allowedValues")))


def _decision(element: xml.Element) -> DecisionText:
    table, expression = xml.child(element, "decisionTable"), xml.child(element, "literalExpression")
    return DecisionText(
        element.get("id", ""),
        _name(element),
        xml.line(element),
        _variable(element),
        tuple(_required(element)),
        None if table is None else _table(table),
        None if expression is None else _cell(expression),
        xml.child(element, "knowledgeRequirement") is not None,
    )


def _required(element: xml.Element) -> Iterator[str]:
    for requirement in xml.children(element, "informationRequirement"):
        for target in xml.children(requirement, "requiredInput", "requiredDecision"):
            yield (target.get("href") or "").rpartition("#")[2]


def _cell(element: xml.Element) -> Cell:
    return Cell(xml.identified(element), xml.line(element), xml.text(element))


def _table(element: xml.Element) -> TableText:
    outputs = tuple(_output(e) for e in xml.children(element, "output"))
    rows = tuple(
        Row(
            tuple(_cell(e) for e in xml.children(rule, "inputEntry")),
            tuple(_cell(e) for e in xml.children(rule, "outputEntry")),
            _note(rule),
        )
        for rule in xml.children(element, "rule")
    )
    policy = element.get("hitPolicy", "UNIQUE")
    inputs = tuple(_column(e) for e in xml.children(element, "input"))
    return TableText(inputs, outputs, rows, HIT_POLICIES.get(policy, policy), element.get("aggregation", ""))


def _note(rule: xml.Element) -> str:
    written = (xml.child(rule, "description"), *xml.children(rule, "annotationEntry"))
    return " ".join(filter(None, (" ".join(xml.text(element).split()) for element in written)))


def _column(element: xml.Element) -> ColumnText:
    expression = xml.child(element, "inputExpression")
    type = "" if expression is None else expression.get("typeRef", "")
    allowed = xml.text(xml.child(element, "inputValues"))
    text = xml.text(expression)
    return ColumnText(element.get("id", ""), xml.line(element), element.get("label", ""), text, type, allowed)


def _output(element: xml.Element) -> ColumnText:
    allowed = xml.text(xml.child(element, "outputValues"))
    name, label = element.get("name", ""), element.get("label", "")
    return ColumnText(element.get("id", ""), xml.line(element), label, name, element.get("typeRef", ""), allowed)
