"""A confidential fact: who holds none of its roles sees everywhere that there is a value, and nowhere which."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.case.records import plain
from engine.hall.proof import verify
from engine.language import forms
from engine.law import organisation
from engine.model import chain as chains
from engine.reading.views import export
from tests.samples import site
from tests.samples.site import SAMPLES, Site

HOTLINE = SAMPLES / "hotline"
HALL = organisation.read((HOTLINE / "organisation.json").read_bytes())
SECRET, TOLD = "13800138000", "已填写，内容保密"
READERS = {"confidant1", "operator1", "operator2"}
"""Who holds one of the roles that the field names."""


def confided(folder: Path, roles: str = "operator,confidant", **inside: Any) -> Path:
    """The hotline, whose caller's number is confidential, with forms that show it and use it in an expression."""
    shutil.copytree(HOTLINE, folder)
    field = {"type": "textfield", "id": "c1", "key": "caller_mobile", "label": "回访号码",
             "properties": {"confidential": roles}, **inside}  # fmt: skip
    for name, change in (
        ("hotline_ticket", lambda parts: [parts[0], field, *parts[2:]]),
        ("hotline_handle", lambda parts: [*parts, {**field, "validate": {"required": True}}]),
    ):
        path = folder / "forms" / f"{name}.form"
        schema = json.loads(path.read_text())
        path.write_text(json.dumps({**schema, "components": change(schema["components"])}, ensure_ascii=False))
    model = (folder / "chain.bpmn").read_text()
    model = model.replace(
        '<zeebe:taskSchedule dueDate="=workdays(3)" />',
        '<zeebe:taskSchedule dueDate="=if caller_mobile = null then workdays(9) else workdays(3)" />',
    )
    named = {"content": "content", "caller_mobile": "caller_mobile", "dialled": "caller_mobile"}
    mapped = "".join(f'<zeebe:output source="={source}" target="{name}" />' for name, source in named.items())
    mapped = f"<zeebe:userTask /><zeebe:ioMapping>{mapped}</zeebe:ioMapping>"
    (folder / "chain.bpmn").write_text(model.replace("<zeebe:userTask />", mapped, 1))
    return folder


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Site]:
    with site.site(tmp_path / "hall", organisation=HALL) as here:
        here.app.config["WTF_CSRF_ENABLED"] = False
        yield here


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    (tmp_path / "hall").mkdir()


def begun(here: Site, folder: Path) -> str:
    digest = here.publish(folder)
    number = here.give("StartCase", "operator1", None, chain=digest, title="噪声扰民")
    here.complete(number, "take_call", "operator1", content="夜间施工", caller_mobile=SECRET)
    return number


def test_role_by_place(hall: Site, tmp_path: Path) -> None:
    number = begun(hall, confided(tmp_path / "chain"))
    task = hall.task(number, "handle")
    places = {
        "task": f"/cases/{number}/tasks/{task}",
        "case": f"/cases/{number}",
        "history": f"/cases/{number}/history",
        "repair": f"/cases/{number}/repair",
        "correct": f"/cases/{number}/repair?scope=0&fact=caller_mobile",
        "derived": f"/cases/{number}/repair?scope=0&fact=dialled",
        "task moves": f"/cases/{number}/tasks/{task}/moves",
        "list": "/cases",
        "worklist": "/worklist",
        "mailbox": "/mailbox",
        "incidents": "/incidents",
        "outbox": "/outbox",
    }

    assert number not in hall.client("window1").get(f"/cases?text={SECRET}").get_data(as_text=True)
    shown: dict[str, set[str]] = {}
    for person in hall.passwords:
        for place, address in places.items():
            for client in (hall.client(person), hall.client(person, json=True)):
                page = client.get(address).get_data(as_text=True)
                shown.setdefault(place, set()).update({person} if SECRET in page else set())
    told = {
        (person, place)
        for person in ("ecology_reviewer1", "admin", "window1", "auditor", "supervisor", "operator1")
        for place in ("task", "case", "repair")
        if TOLD in hall.client(person).get(places[place]).get_data(as_text=True)
    }

    seeing = {"operator1", "operator2"}  # the confidant holds the role, but the case doesn't concern them
    assert {place: people for place, people in shown.items() if people} == {"task": seeing, "case": seeing}
    blind = {"ecology_reviewer1", "admin", "window1", "auditor", "supervisor"}
    assert told == {(person, place) for person in blind for place in ("task", "case")} | {("admin", "repair")}


def test_with_the_role_an_administrator_reads_and_corrects_it(hall: Site, tmp_path: Path) -> None:
    number = begun(hall, confided(tmp_path / "chain", "administrator"))

    page = hall.client("admin").get(f"/cases/{number}/repair?scope=0&fact=caller_mobile").get_data(as_text=True)

    assert page.count(SECRET) >= 2 and TOLD not in page


def fill_in(here: Site, person: str, number: str, token: int, **values: Any) -> int:
    """Send the form of a task to where its page says; return the status."""
    client = here.client(person)
    page = client.get(f"/cases/{number}/tasks/{token}").get_data(as_text=True)
    (action,) = re.findall(r'data-action="([^"]*)"', page)
    assert ("withheld" in action) == (TOLD in page)
    return client.post(action, json={"variables": values}).status_code


def test_whoever_completes_the_task_leaves_it_as_it_is(hall: Site, tmp_path: Path) -> None:
    number = begun(hall, confided(tmp_path / "chain"))
    assert hall.case(number).tasks[hall.task(number, "handle")].due == "2026-03-06T00:00:00+08:00"  # the model uses it

    assert fill_in(hall, "ecology_reviewer1", number, hall.task(number, "handle"), reply="已责令停工") == 200

    facts = {name: plain(value) for (_, name), value in hall.case(number).facts.items()}
    assert (facts["caller_mobile"], facts["dialled"], facts["reply"]) == (SECRET, SECRET, "已责令停工")
    assert not verify(hall.hall.store, hall.hall.engine.library).problems


def test_a_field_without_a_value_is_filled_in_by_anybody(hall: Site, tmp_path: Path) -> None:
    digest = hall.publish(confided(tmp_path / "chain"))
    number = hall.give("StartCase", "operator1", None, chain=digest)
    hall.complete(number, "take_call", "operator1", content="夜间施工")
    client, task = hall.client("ecology_reviewer1"), hall.task(number, "handle")
    assert "caller_mobile" in client.get(f"/cases/{number}/tasks/{task}").get_data(as_text=True)

    given = {"reply": "已责令停工", "caller_mobile": SECRET}
    assert fill_in(hall, "ecology_reviewer1", number, task, **given) == 200

    assert SECRET not in client.get(f"/cases/{number}").get_data(as_text=True)
    assert SECRET in hall.client("operator2").get(f"/cases/{number}").get_data(as_text=True)


def test_the_applicant_who_gave_it_sees_it(hall: Site, tmp_path: Path) -> None:
    folder = confided(tmp_path / "chain", "confidant")
    model = (folder / "chain.bpmn").read_text()
    model = model.replace('name="intake" value="operator"', 'name="intake" value="applicant,operator"')
    (folder / "chain.bpmn").write_text(model.replace('candidateGroups="operator"', 'candidateGroups="applicant"', 1))
    digest = hall.publish(folder)

    own = hall.give("StartCase", "applicant1", None, chain=digest, applicant={"person": "applicant1"})
    hall.complete(own, "take_call", "applicant1", content="夜间施工", caller_mobile=SECRET)

    assert SECRET in hall.client("applicant1").get(f"/cases/{own}").get_data(as_text=True)
    assert SECRET not in hall.client("operator1").get(f"/cases/{own}").get_data(as_text=True)
    hall.complete(own, "handle", "ecology_reviewer1", reply="好", caller_mobile="13900139000")
    assert "13900139000" in hall.client("applicant1").get(f"/cases/{own}").get_data(as_text=True)


def test_journals_and_exports_hold_its_digest_and_it_can_be_erased(hall: Site, tmp_path: Path) -> None:
    number = begun(hall, confided(tmp_path / "chain"))

    with hall.hall.store.reading() as reading:
        exported = {name: "".join(give(reading, [number])) for name, give in export.FORMATS.items()}
        digests = [row.digest for row in reading.personal(number) if SECRET in row.value]
    assert [name for name, text in exported.items() if SECRET in text] == []
    hall.give("EraseValues", "admin", number, digests=digests, reason="本人要求")

    assert SECRET not in hall.client("operator1").get(f"/cases/{number}").get_data(as_text=True)
    assert not verify(hall.hall.store, hall.hall.engine.library).problems


def test_groups_and_lists_are_confidential_as_a_whole() -> None:
    inner = {"type": "textfield", "id": "n", "key": "name", "label": "名", "properties": {"confidential": "a"}}
    other = {"type": "number", "id": "m", "key": "age", "label": "岁"}
    parts = [
        {"type": "group", "id": "g", "label": "", "properties": {"confidential": "b"}, "components": [inner, other]},
        {"type": "group", "id": "p", "path": "person", "label": "", "components": [{**inner, "id": "n2"}]},
        {"type": "dynamiclist", "id": "l", "path": "rows", "label": "", "components": [{**inner, "id": "n3"}]},
    ]

    form = forms.read(json.dumps({"type": "default", "id": "f", "components": parts}).encode())

    a, b = frozenset({"a"}), frozenset({"b"})
    assert form.confidential == {"name": {a, b}, "age": {b}, "person": {a}, "rows": {a}}
    assert form.personal == {"name", "age", "person", "rows"}


@pytest.mark.parametrize(
    ("roles", "rule", "severity", "said"),
    [
        ("confidant,operater", "role", "error", "no role 'operater', which may read 'c1'. Did you mean 'operator'?"),
        (" , ", "role", "error", "'c1' is confidential to nobody"),
        (True, "role", "error", "'c1' is confidential to nobody"),
    ],
)
def test_the_check_knows_roles(tmp_path: Path, roles: Any, rule: str, severity: str, said: str) -> None:
    findings = [f for f in chains.check([confided(tmp_path / "chain", roles)]) if f.rule != "diagram"]

    assert {(f.element, f.rule, f.severity) for f in findings} == {("c1", rule, severity)}
    assert all(said in f.message for f in findings)


@pytest.mark.parametrize(
    ("component", "said"),
    [
        ({"type": "textfield", "key": "k", "properties": {"confidental": "a"}}, "Did you mean confidential?"),
        ({"type": "text", "text": "x", "properties": {"confidential": "a"}}, "has no value"),
    ],
)
def test_a_property_that_does_nothing_is_told(component: dict[str, Any], said: str) -> None:
    schema = {"type": "default", "id": "f", "components": [{"id": "c", "label": "名", **component}]}

    (problem,) = forms.read(json.dumps(schema).encode()).problems

    assert said in problem.message and problem.severity == "warning"


def test_all_that_a_mapping_makes_of_it_needs_the_roles_of_each(tmp_path: Path) -> None:
    folder = confided(tmp_path / "chain")
    form = folder / "forms" / "hotline_ticket.form"
    schema = json.loads(form.read_text())
    schema["components"][2]["properties"] = {"confidential": "reviewer"}
    form.write_text(json.dumps(schema))
    model = folder / "chain.bpmn"
    text = model.read_text().replace(
        '="=caller_mobile" target="dialled"', '="=caller_mobile + content" target="dialled"'
    )
    model.write_text(text)
    version = chains.read(folder).version
    assert version is not None

    mobile, content = frozenset({"operator", "confidant"}), frozenset({"reviewer"})
    assert version.confidential == {"caller_mobile": {mobile}, "content": {content}, "dialled": {mobile, content}}
    assert version.personal >= {"caller_mobile", "content", "dialled"}


# ------------------------------------------------------------------ what else might tell it


def after_handling(folder: Path, steps: str, first: str, last: str) -> Path:
    """The hotline with more elements between handling and calling back; by then somebody without the role goes on."""
    confided(folder)
    model = folder / "chain.bpmn"
    flow = '<bpmn:sequenceFlow id="f3" sourceRef="handle" targetRef="call_back" />'
    text = model.read_text()
    assert flow in text
    flows = (
        f'<bpmn:sequenceFlow id="f3" sourceRef="handle" targetRef="{first}" />'
        f'<bpmn:sequenceFlow id="f9" sourceRef="{last}" targetRef="call_back" />'
    )
    model.write_text(text.replace(flow, steps + flows))
    return folder


def told_to_others(here: Site, number: str) -> dict[str, str]:
    """The pages that tell the value to somebody without the role, and the journal, if it has it."""
    tasks = [f"/cases/{number}/tasks/{task}" for task in here.case(number).tasks]
    places = [f"/cases/{number}", f"/cases/{number}/history", f"/cases/{number}/repair", "/incidents", *tasks]
    places += [f"{task}/moves" for task in tasks]
    clients = {
        (who, kind): here.client(who, json=kind) for who in ("ecology_reviewer1", "admin") for kind in (False, True)
    }
    pages = {
        f"{who} {place}": client.get(place).get_data(as_text=True)
        for (who, _), client in clients.items()
        for place in places
    }
    pages["journal"] = repr(here.journal(number))
    return {place: page for place, page in pages.items() if SECRET in page}


CONDITION = """<bpmn:exclusiveGateway id="gate" default="g2" />
<bpmn:sequenceFlow id="g1" sourceRef="gate" targetRef="end">
<bpmn:conditionExpression>={condition}</bpmn:conditionExpression></bpmn:sequenceFlow>
"""


@pytest.mark.parametrize("called", ["due({}) = null", "name of({}) = null", "supplied({})", 'granted("x" + {})'])
def test_no_note_of_a_call_tells_what_it_was_asked(hall: Site, tmp_path: Path, called: str) -> None:
    condition = called.format("caller_mobile").replace('"', "&quot;")
    folder = after_handling(tmp_path / "chain", CONDITION.format(condition=condition), "gate", "gate")
    model = folder / "chain.bpmn"
    model.write_text(model.read_text().replace('id="f9"', 'id="g2"'))

    number = begun(hall, folder)
    hall.complete(number, "handle", "ecology_reviewer1", reply="好", caller_mobile=SECRET)

    (asked,) = [e for entry in hall.journal(number) for e in entry.effects if e["type"] == "conditions_asked"]
    assert [name for name in asked["facts"] if "(" in name] == [f"{called.partition('(')[0]}(…)"]
    assert told_to_others(hall, number) == {}


LATE = """<bpmn:intermediateCatchEvent id="wait"><bpmn:timerEventDefinition id="t1">
<bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
<bpmn:sequenceFlow id="f8" sourceRef="wait" targetRef="x" />
"""
FAILING = {
    "item": """<bpmn:serviceTask id="x"><bpmn:extensionElements><zeebe:taskDefinition type="matter.receive" />
    <zeebe:ioMapping><zeebe:input source="=caller_mobile" target="item" /></zeebe:ioMapping></bpmn:extensionElements>
    </bpmn:serviceTask>""",
    "time": """<bpmn:intermediateCatchEvent id="x"><bpmn:timerEventDefinition id="t2">
    <bpmn:timeDuration>=caller_mobile</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>""",
}


@pytest.mark.parametrize("name", FAILING)
def test_an_incident_does_not_repeat_the_value_that_it_is_about(hall: Site, tmp_path: Path, name: str) -> None:
    number = begun(hall, after_handling(tmp_path / "chain", LATE + FAILING[name], "wait", "x"))
    hall.complete(number, "handle", "ecology_reviewer1", reply="好", caller_mobile=SECRET)

    hall.clock.move(hall.clock.now() + timedelta(hours=2))
    hall.hall.scheduler.drain()

    (incident,) = hall.case(number).incidents.values()
    assert "found '…'" in incident.cause
    assert told_to_others(hall, number) == {}
    assert not verify(hall.hall.store, hall.hall.engine.library).problems


def test_signers_made_of_it_are_counted_and_not_named(hall: Site, tmp_path: Path) -> None:
    several = """<bpmn:userTask id="x" name="回访各方"><bpmn:extensionElements><zeebe:userTask />
    <zeebe:assignmentDefinition candidateGroups="operator" /><zeebe:taskSchedule dueDate="=workdays(1)" />
    </bpmn:extensionElements><bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>
    <zeebe:loopCharacteristics inputCollection="=[caller_mobile, caller_mobile]" inputElement="one" />
    </bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>"""
    number = begun(hall, after_handling(tmp_path / "chain", several, "x", "x"))
    hall.complete(number, "handle", "ecology_reviewer1", reply="好", caller_mobile=SECRET)

    place = f"/cases/{number}/tasks/{hall.task(number, 'x')}/moves"
    found = hall.client("ecology_reviewer1", json=True).get(place).get_json()["signing"]

    assert {place: page for place, page in told_to_others(hall, number).items() if place != "journal"} == {}
    assert ([one["name"] for one in found["signers"]], found["example"]) == (["…", "…"], "")
    assert SECRET in hall.client("operator1", json=True).get(place).get_data(as_text=True)


def test_what_a_form_works_out_of_it_or_offers_is_confidential_too(tmp_path: Path) -> None:
    folder = confided(tmp_path / "chain")
    form = folder / "forms" / "hotline_ticket.form"
    schema = json.loads(form.read_text())
    schema["components"] += [
        {"type": "expression", "id": "e1", "key": "copy", "expression": '="T" + caller_mobile'},
        {"type": "select", "id": "e2", "key": "chosen", "label": "c", "valuesExpression": "=[copy]"},
        {"type": "expression", "id": "e3", "key": "other", "expression": "=content"},
    ]
    form.write_text(json.dumps(schema))
    version = chains.read(folder).version

    assert version is not None and version.confidential.keys() == {"caller_mobile", "dialled", "copy", "chosen"}
    assert version.personal >= {"copy", "chosen"}


@pytest.mark.parametrize("fixed", [{"readonly": True}, {"disabled": True}])
def test_an_applicant_has_not_entered_what_a_form_merely_shows(hall: Site, tmp_path: Path, fixed: Any) -> None:
    folder = confided(tmp_path / "chain")
    form = folder / "forms" / "hotline_handle.form"
    schema = json.loads(form.read_text())
    schema["components"][-1] = {**schema["components"][-1], "validate": {}, **fixed}
    form.write_text(json.dumps(schema))
    model = folder / "chain.bpmn"
    text = model.read_text().replace('candidateGroups="reviewer"', 'candidateGroups="applicant"')
    model.write_text(re.sub(r'<zeebe:properties>\s*<zeebe:property name="department".*?</zeebe:properties>', "", text,
                            flags=re.DOTALL))  # fmt: skip
    digest = hall.publish(folder)
    number = hall.give("StartCase", "operator1", None, chain=digest, applicant={"person": "applicant1"})
    hall.complete(number, "take_call", "operator1", content="夜间施工", caller_mobile=SECRET)

    hall.complete(number, "handle", "applicant1", reply="好")

    assert SECRET not in hall.client("applicant1").get(f"/cases/{number}").get_data(as_text=True)
