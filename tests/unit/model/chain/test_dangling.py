"""The check tells references of a model's XML that name nothing in the file, and no others."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from engine.model.chain.reader import read_document
from engine.model.chain.rules import RULES
from engine.model.chain.rules.file import dangling
from engine.model.chain.rules.remark import Remark

ROOT = Path(__file__).parents[4]
CORPUS = Path(os.environ.get("LICET_CORPUS", ROOT / "corpus"))
PLACES = [ROOT / "bpmn", ROOT / "tests", CORPUS / "miwg"]
MODEL = """<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="urn:t"
    xmlns:t="urn:t" xmlns:far="urn:far" xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI">
  <b:import importType="http://www.omg.org/spec/BPMN/20100524/MODEL" location="far.bpmn" namespace="urn:far"/>
  <b:process id="p"><b:laneSet id="s"><b:lane id="lane"><b:flowNodeRef>task</b:flowNodeRef></b:lane></b:laneSet>
    <b:startEvent id="begin"><b:outgoing>first</b:outgoing></b:startEvent>
    <b:task id="task"><b:incoming>first</b:incoming></b:task><b:textAnnotation id="remark"/>
    <b:sequenceFlow id="first" sourceRef="begin" targetRef="task"/>
    <b:association id="line" sourceRef="task" targetRef="remark"/></b:process>
  <di:BPMNDiagram id="d"><di:BPMNPlane id="plane" bpmnElement="p">
    <di:BPMNShape id="shape" bpmnElement="task"/></di:BPMNPlane></di:BPMNDiagram>
</b:definitions>"""


def lost(text: str) -> list[Remark]:
    return list(dangling(read_document(text.encode(), "m.bpmn")))


@pytest.mark.parametrize(
    ("written", "wrong", "element", "said"),
    [
        ("incoming>first<", "incoming>fist<", "task", "The incoming 'fist' names nothing in the file. Did"),
        ("outgoing>first<", "outgoing> frist <", "begin", "The outgoing 'frist' names nothing"),
        ("flowNodeRef>task<", "flowNodeRef>tusk<", "lane", "The flowNodeRef 'tusk' names nothing in the file. Did"),
        ('bpmnElement="task"', 'bpmnElement="tasks"', "shape", "The bpmnElement 'tasks' names nothing"),
        ('bpmnElement="p"', 'bpmnElement="gone_long_ago"', "plane", "The bpmnElement 'gone_long_ago' names nothing"),
        ('targetRef="remark"', 'targetRef="remarks"', "line", "The targetRef 'remarks' names nothing"),
        ('bpmnElement="task"', 'bpmnElement="t:tasks"', "shape", "The bpmnElement 'tasks' names nothing"),
    ],
)  # fmt: skip
def test_what_names_nothing_is_told_where_it_stands(written: str, wrong: str, element: str, said: str) -> None:
    assert MODEL.count(written) == 1

    [remark] = lost(MODEL.replace(written, wrong))

    assert remark.element == element and remark.message.startswith(said) and remark.line
    assert remark.message.endswith((".", "?"))


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("incoming>first<", "incoming>t:first<"),
        ("incoming>first<", "incoming> first\n<"),
        ("incoming>first<", "incoming><"),
        ('bpmnElement="task"', 'bpmnElement="far:task_of_another_file"'),
        ('bpmnElement="task"', 'bpmnElement="line"'),
    ],
)
def test_what_names_something_or_another_file_is_fine(written: str, right: str) -> None:
    assert lost(MODEL.replace(written, right)) == []


def test_many_are_counted() -> None:
    more = "".join(f"<b:incoming>gone{n}</b:incoming>" for n in range(30))

    found = lost(MODEL.replace("<b:incoming>first</b:incoming>", more))

    assert len(found) == 21 and found[-1].message == "10 more references name nothing in the file."


def test_they_are_warnings() -> None:
    assert RULES["dangling-reference"].severity == "warning"


@pytest.mark.parametrize(
    "place",
    [PLACES[0], *(pytest.param(place, marks=(pytest.mark.soak, pytest.mark.long)) for place in PLACES[1:])],
    ids=["shipped", "tests", "miwg"],
)
def test_no_model_there_is_has_one(place: Path) -> None:
    if not place.exists():
        pytest.skip("LICET_CORPUS is not set: the models aren't there")
    files = sorted(place.rglob("*.bpmn"))

    read = (read_document(file.read_bytes(), file.name) for file in files)
    told = [(document.file, r.message) for document in read if document.root is not None for r in dangling(document)]

    assert told == [] and len(files) > 15


@pytest.mark.parametrize("file", sorted((ROOT / "bpmn/common").glob("*.bpmn"))[::4], ids=lambda file: file.stem)
def test_every_reference_of_a_shipped_model_is_read(file: Path) -> None:
    text = re.sub(r"(<bpmn:(?:incoming|outgoing|flowNodeRef)>)[^<]+", r"\1gone", file.read_text("utf-8"))
    text = re.sub(r' bpmnElement="[^"]+"', ' bpmnElement="gone"', text)
    wanted = len(re.findall(r">gone<|=\"gone\"", text))

    found = lost(text)

    told = [int(said[1]) for r in found if (said := re.match(r"(\d+) more", r.message))]
    assert wanted >= 10 and (sum(told) + 20 if told else len(found)) == wanted
