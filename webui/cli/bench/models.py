"""The models that the benchmarks run: made as text, read by the same reader as a designer's folder.

line(n)   n user tasks in a row, each with a form, a due date and a role; after every fifth the applicant is told
loop()    one such task, repeated until its answer ends the loop
permit()  a permit of six tasks: the matter is received, accepted, reviewed, decided and handed over
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from engine.base.errors import ModelError
from engine.model import chain as chains
from engine.model.chain import ChainVersion

ITEM = "establishment_registration"
"""The item of the shipped catalogue that the permit is about."""

ANSWER = {"outcome": "agree", "opinion": "材料齐全，符合法定形式。", "amount": 3}
"""The form values with which a task is completed."""

_FORM = "bench_opinion"
_TELL_EVERY = 5  # tasks; a chain tells the applicant at milestones, not at every step


def line(tasks: int) -> ChainVersion:
    nodes: list[str] = []
    for number in range(1, tasks + 1):
        nodes.append(_user(f"task_{number:02}", f"第{number}步"))
        if number % _TELL_EVERY == 0:
            headers = {"to": "applicant", "template": "message"}
            nodes.append(_service(f"tell_{number:02}", "notice.send", headers=headers))
    return _version("bench_line", nodes)


def loop() -> ChainVersion:
    body = [
        '<bpmn:startEvent id="start"/>',
        '<bpmn:exclusiveGateway id="again"/>',
        _user("task_01", "逐件核对"),
        '<bpmn:exclusiveGateway id="whether" default="back"/>',
        '<bpmn:endEvent id="end"/>',
        '<bpmn:sequenceFlow id="begin" sourceRef="start" targetRef="again"/>',
        '<bpmn:sequenceFlow id="to_task" sourceRef="again" targetRef="task_01"/>',
        '<bpmn:sequenceFlow id="to_whether" sourceRef="task_01" targetRef="whether"/>',
        '<bpmn:sequenceFlow id="back" sourceRef="whether" targetRef="again"/>',
        '<bpmn:sequenceFlow id="done" sourceRef="whether" targetRef="end">'
        '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">=outcome = "done"</bpmn:conditionExpression>'
        "</bpmn:sequenceFlow>",
    ]
    return _read("bench_loop", body)


def permit() -> ChainVersion:
    """Return a chain of six user tasks by window, reviewer and head, with the matter's lifecycle between them."""
    due = '=due("decision")'
    nodes = [
        _user("intake", "收件"),
        _service("receive", "matter.receive", inputs={"item": f'="{ITEM}"'}),
        _user("check", "收件审查", '=due("receipt_check")'),
        _service("accept", "matter.accept"),
        _service("review_begins", "matter.review"),
        _user("review", "审查", due, "reviewer"),
        _user("sign", "审签", due, "head", "review"),
        _service("decide", "matter.decide", inputs={"outcome": '="granted"'}),
        _service("tell", "notice.send", headers={"to": "applicant", "template": "granted"}),
        _user("print", "制证"),
        _user("collect", "送达"),
        _service("hand_over", "matter.hand_over"),
    ]
    return _version("bench_permit", nodes)


# ------------------------------------------------------------------ text


def _version(process: str, nodes: Sequence[str]) -> ChainVersion:
    """Return a process of these elements in a row, between a start and an end."""
    elements = ['<bpmn:startEvent id="start"/>', *nodes, '<bpmn:endEvent id="end"/>']
    ids = [element.split('id="', 1)[1].split('"', 1)[0] for element in elements]
    flows = (
        f'<bpmn:sequenceFlow id="{one}_to_{other}" sourceRef="{one}" targetRef="{other}"/>'
        for one, other in pairwise(ids)
    )
    return _read(process, [*elements, *flows])


def _user(id: str, name: str, due: str = "=workdays(1)", role: str = "window", eyes: str = "") -> str:
    properties = f'<zeebe:property name="fourEyes" value="{eyes}"/>' if eyes else ""
    return _element(
        "userTask",
        id,
        name,
        "<zeebe:userTask/>"
        f'<zeebe:formDefinition formId="{_FORM}"/>'
        f'<zeebe:assignmentDefinition candidateGroups="{role}"/>'
        f"<zeebe:taskSchedule dueDate='{due}'/>",
        f"<zeebe:properties>{properties}</zeebe:properties>" if properties else "",
    )


def _service(id: str, type: str, *, inputs: dict[str, str] | None = None, headers: dict[str, str] | None = None) -> str:
    given = "".join(f"<zeebe:input source='{source}' target=\"{name}\"/>" for name, source in (inputs or {}).items())
    keys = "".join(f'<zeebe:header key="{key}" value="{value}"/>' for key, value in (headers or {}).items())
    return _element(
        "serviceTask",
        id,
        id,
        f'<zeebe:taskDefinition type="{type}"/>',
        f"<zeebe:taskHeaders>{keys}</zeebe:taskHeaders>" if keys else "",
        f"<zeebe:ioMapping>{given}</zeebe:ioMapping>" if given else "",
    )


def _element(kind: str, id: str, name: str, *extensions: str) -> str:
    inside = f"<bpmn:extensionElements>{''.join(extensions)}</bpmn:extensionElements>"
    return f'<bpmn:{kind} id="{id}" name="{name}">{inside}</bpmn:{kind}>'


def _definitions(process: str, body: Iterable[str]) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
        f' id="{process}_definitions" targetNamespace="http://bpmn.io/schema/bpmn">'
        f'<bpmn:process id="{process}" name="{process}" isExecutable="true">{"".join(body)}</bpmn:process>'
        "</bpmn:definitions>"
    )


def _form() -> dict[str, Any]:
    """Return a form with three kinds of field: a choice, a long text, a number."""
    return {
        "id": _FORM,
        "type": "default",
        "schemaVersion": 18,
        "components": [
            {
                "id": "outcome_field",
                "type": "radio",
                "key": "outcome",
                "label": "意见",
                "values": [{"label": "同意", "value": "agree"}, {"label": "办结", "value": "done"}],
                "validate": {"required": True},
            },
            {
                "id": "opinion_field",
                "type": "textarea",
                "key": "opinion",
                "label": "说明",
                "validate": {"maxLength": 2000},
            },
            {"id": "amount_field", "type": "number", "key": "amount", "label": "份数", "validate": {"min": 0}},
        ],
    }


def _read(process: str, body: Iterable[str]) -> ChainVersion:
    with tempfile.TemporaryDirectory(prefix="licet-bench-") as folder:
        place = Path(folder)
        (place / "chain.bpmn").write_text(_definitions(process, body), encoding="utf-8")
        (place / f"{_FORM}.form").write_text(json.dumps(_form(), ensure_ascii=False), encoding="utf-8")
        reading = chains.read(place)
    if reading.version is None:
        wrong = "; ".join(f"{f.element}: {f.message}" for f in reading.findings if f.severity == "error")
        raise ModelError(f"Expected the benchmark's model {process} to be right: {wrong}")
    return reading.version
