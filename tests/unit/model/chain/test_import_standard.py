"""BPMN's own ways to say what Licet says otherwise: timers, scripts, correlation, data, forms in the model."""

import json

import pytest

from engine.model.chain.importing import import_model
from engine.model.chain.model import Element
from engine.model.chain.reader import read_bpmn

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"


def model(task: str, before: str = "", inside: str = "") -> bytes:
    """Return a model with the element `x` between start and end."""
    return (
        f'<definitions xmlns="{BPMN}" id="d" targetNamespace="urn:t" xmlns:d="http://www.jboss.org/drools" '
        f'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">{before}<process id="p" isExecutable="true">{inside}'
        f'<startEvent id="s"/>{task}<endEvent id="e"/><sequenceFlow id="f1" sourceRef="s" targetRef="x"/>'
        '<sequenceFlow id="f2" sourceRef="x" targetRef="e"/></process></definitions>'
    ).encode()


def imported(data: bytes) -> tuple[Element, list[str]]:
    """Return the element `x` of the imported model, and what is lost."""
    done = import_model(data, "model.bpmn")
    read, _ = read_bpmn(done.data or b"", "model.bpmn")
    return read["p"].elements["x"], [c.what for c in done.changes if c.lost == "error"]


@pytest.mark.parametrize(
    ("form", "text", "read"),
    [
        ("timeDate", "${due}", "=due"),
        ("timeDuration", "#{wait}", "=wait"),
        ("timeDuration", "PT5M", "PT5M"),
        ("timeDate", "2027-03-01T12:00:00Z", "2027-03-01T12:00:00Z"),
        ("timeDuration", "0 0/5 * * * ?", None),
        ("timeDate", "${dateTime().plusDays(3).toDate()}", None),
    ],
)
def test_times_of_timers_are_feel_or_told_with_their_text(form: str, text: str, read: str | None) -> None:
    timer = f"<timerEventDefinition><{form}>{text}</{form}></timerEventDefinition>"

    element, lost = imported(model(f'<intermediateCatchEvent id="x">{timer}</intermediateCatchEvent>'))

    assert element.event is not None
    assert element.event.text == (read or "P1D")
    assert [text in what for what in lost] == ([] if read else [True])


@pytest.mark.parametrize(
    ("language", "text", "read"),
    [
        ("python", "total = net * 2", ("=net * 2", "total")),
        ("groovy", "execution.setVariable('total', net + 1);", ("=net + 1", "total")),
        ("http://www.java.com/java", 'kcontext.setVariable("total", net - 1);', ("=net - 1", "total")),
        ("javascript", "for (var i = 0; i < 3; i++) { print(i); }", None),
        ("python", "import math\nx = math.pi", None),
    ],
)
def test_scripts_that_set_a_fact_are_feel_and_others_are_told(
    language: str, text: str, read: tuple[str, str] | None
) -> None:
    script = text.replace("<", "&lt;")

    element, lost = imported(
        model(f'<scriptTask id="x" scriptFormat="{language}"><script>{script}</script></scriptTask>')
    )

    assert (element.script, element.result) == (read or (None, None))
    assert element.job == (None if read else "outside.x")
    assert [" ".join(text.split())[:20] in what and language in what for what in lost] == ([] if read else [True])


CORRELATION = (
    '<message id="m" name="paid"/><correlationProperty id="c" name="number">'
    '<correlationPropertyRetrievalExpression messageRef="m"><messagePath>order.number</messagePath>'
    "</correlationPropertyRetrievalExpression></correlationProperty>"
)
RECEIVE = '<receiveTask id="x" messageRef="m"/>'


def test_correlation_by_a_fact_of_the_process_is_the_key_of_the_message() -> None:
    path = "<dataPath>number</dataPath>"
    binding = f'<correlationPropertyBinding correlationPropertyRef="c">{path}</correlationPropertyBinding>'
    known = f'<correlationSubscription id="cs" correlationKeyRef="k">{binding}</correlationSubscription>'
    data = model(RECEIVE, CORRELATION).replace(b"</process>", known.encode() + b"</process>")

    element, lost = imported(data)

    assert element.event is not None and element.event.key == "=number"
    assert lost == []


def test_correlation_of_which_the_process_says_nothing_is_told() -> None:
    element, lost = imported(model(RECEIVE, CORRELATION))

    assert element.event is not None and element.event.key is None
    assert len(lost) == 1 and "'number'" in lost[0] and "'order.number'" in lost[0]


def test_data_of_a_task_are_its_mappings_and_groups_its_candidates() -> None:
    task = (
        '<userTask id="x"><ioSpecification><dataInput id="i" name="given"/><dataInput id="g" name="GroupId"/>'
        '<dataOutput id="o" name="answer"/><inputSet/><outputSet/></ioSpecification>'
        "<dataInputAssociation><sourceRef>fact</sourceRef><targetRef>i</targetRef></dataInputAssociation>"
        "<dataInputAssociation><targetRef>g</targetRef><assignment><from>HR</from><to>g</to></assignment>"
        "</dataInputAssociation>"
        "<dataOutputAssociation><sourceRef>o</sourceRef><targetRef>fact</targetRef></dataOutputAssociation></userTask>"
    )

    element, lost = imported(model(task, inside='<property id="fact"/>'))

    assert [(m.source, m.target) for m in element.inputs] == [("=fact", "given")]
    assert [(m.source, m.target) for m in element.outputs] == [("=answer", "fact")]
    assert (element.candidate_groups, lost) == ("HR", [])


def test_a_called_process_that_is_an_expression_is_told() -> None:
    element, lost = imported(model('<callActivity id="x" calledElement="${which}"/>'))

    assert element.kind == "userTask"
    assert len(lost) == 1 and "'${which}'" in lost[0]


def test_a_form_that_stands_in_a_process_of_camunda_8_is_a_file_of_its_own() -> None:
    schema = {"type": "default", "components": [{"type": "textfield", "key": "name", "id": "f1"}]}
    form = (
        f'<extensionElements><zeebe:userTaskForm id="u1">{json.dumps(schema)}</zeebe:userTaskForm></extensionElements>'
    )
    task = (
        '<userTask id="x"><extensionElements><zeebe:formDefinition formKey="camunda-forms:bpmn:u1"/>'
        "</extensionElements></userTask>"
    )

    done = import_model(model(task, inside=form), "model.bpmn")

    element = read_bpmn(done.data or b"", "model.bpmn")[0]["p"].elements["x"]
    assert element.form == "x_form"
    assert [json.loads(data) for data in done.forms.values()] == [schema | {"id": "x_form"}]
    assert [c for c in done.changes if c.lost] == []
