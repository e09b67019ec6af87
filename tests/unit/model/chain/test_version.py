"""Chain versions: named by what they reach, run from bytes alone; and the requirements on a chain folder."""

import json
import shutil
from pathlib import Path

import pytest

from engine.base.errors import ModelError
from engine.language import decisions
from engine.model import chain
from engine.model.chain.version import MANIFEST

CHAIN = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
             targetNamespace="urn:licet:test">
  <process id="small" name="小链" isExecutable="true">
    <extensionElements>
      <zeebe:properties><zeebe:property name="chain" value="small_chain" /></zeebe:properties>
    </extensionElements>
    <startEvent id="start" />
    <userTask id="intake" name="收件">
      <extensionElements>
        <zeebe:userTask />
        <zeebe:formDefinition formId="intake_form" />
        <zeebe:assignmentDefinition candidateGroups="window" />
        <zeebe:taskSchedule dueDate="=workdays(1)" />
        <zeebe:ioMapping><zeebe:output source="=person" target="holder" /></zeebe:ioMapping>
      </extensionElements>
    </userTask>
    <callActivity id="call">
      <extensionElements>
        <zeebe:calledElement processId="procedure"
                             propagateAllParentVariables="false" propagateAllChildVariables="false" />
        <zeebe:ioMapping>
          <zeebe:input source="one" target="item" />
          <zeebe:input source="=holder" target="owner" />
        </zeebe:ioMapping>
      </extensionElements>
    </callActivity>
    <endEvent id="end" />
    <sequenceFlow id="f1" sourceRef="start" targetRef="intake" />
    <sequenceFlow id="f2" sourceRef="intake" targetRef="call" />
    <sequenceFlow id="f3" sourceRef="call" targetRef="end" />
  </process>
</definitions>
"""
PROCEDURE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
             targetNamespace="urn:licet:test">
  <process id="procedure" isExecutable="true">
    <startEvent id="start" />
    <serviceTask id="receive">
      <extensionElements><zeebe:taskDefinition type="matter.receive" /></extensionElements>
    </serviceTask>
    <endEvent id="end" />
    <sequenceFlow id="f1" sourceRef="start" targetRef="receive" />
    <sequenceFlow id="f2" sourceRef="receive" targetRef="end" />
  </process>
</definitions>
"""
FORM = {
    "type": "default",
    "id": "intake_form",
    "components": [
        {"type": "textfield", "id": "f1", "key": "person", "label": "姓名", "properties": {"personal": "true"}}
    ],
}


def item(key: str) -> dict:
    return {
        "key": key, "code": "000131000000", "name": "事项", "department": "hall", "kind": "committed",
        "valid_from": "2024-01-01", "valid_to": None, "basis": [{"law": "行政许可法", "article": "12"}],
        "conditions": ["依法设立"], "materials": [], "limits": {"statutory": {"amount": 20}, "promised": {"amount": 5}},
        "starts_on": "acceptance", "sign_off": ["window"], "fees": [], "result": {"name": "批复", "certificate": None},
        "flow": "受理、审查、决定", "visits": 0, "tags": [], "sensitive": None,
    }  # fmt: skip


ORGANISATION = {
    "name": "示范大厅", "region": "320582", "zone": "Asia/Shanghai", "office_hours": ["09:00-12:00", "13:30-17:30"],
    "departments": [{"key": "hall", "name": "大厅"}], "roles": [{"key": "window", "name": "窗口"}],
    "people": [{"key": "window1", "name": "示范一"}],
    "grants": [{"person": "window1", "role": "window", "department": None, "items": None, "from": None, "to": None}],
    "substitutes": [], "delegations": [],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path) -> Path:
    """bpmn/small/after, with its common/, catalogue and organisation two folders above."""
    chain_folder = tmp_path / "bpmn" / "small" / "after"
    (chain_folder / "forms").mkdir(parents=True)
    (tmp_path / "bpmn" / "common").mkdir()
    (chain_folder / "chain.bpmn").write_text(CHAIN)
    (chain_folder / "forms" / "any name.form").write_text(json.dumps(FORM))
    (tmp_path / "bpmn" / "common" / "whatever.bpmn").write_text(PROCEDURE)
    (tmp_path / "bpmn" / "catalogue.json").write_text(
        json.dumps({"items": [item("one"), item("two")], "materials": []})
    )
    (tmp_path / "bpmn" / "organisation.json").write_text(json.dumps(ORGANISATION))
    return chain_folder


def errors(path: Path) -> list[tuple[str, str | None]]:
    return [(f.rule, f.element) for f in chain.read(path).findings if f.severity == "error"]


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_version_holds_what_the_chain_reaches_and_nothing_else(folder):
    (folder / "forms" / "unused.form").write_text(json.dumps({**FORM, "id": "unused"}))

    version = chain.read(folder).version

    assert errors(folder) == []
    assert version is not None
    assert (version.name, version.title, version.main) == ("small_chain", "小链", "small")
    assert sorted(version.files) == [
        "catalogue.json", "forms/intake_form.form", "manifest.json", "processes/procedure.bpmn", "processes/small.bpmn",
    ]  # fmt: skip
    assert list(version.catalogue.items) == ["one"]
    assert version.forms["intake_form"].personal == {"person"}
    assert version.document_of("procedure") == PROCEDURE.encode()


def test_what_mappings_make_of_a_personal_value_is_personal(folder):
    assert chain.read(folder).version.personal == {"person", "holder", "owner"}


def test_a_version_is_the_same_from_its_stored_bytes(folder):
    version = chain.read(folder).version

    loaded = chain.load({name: bytes(data) for name, data in reversed(version.files.items())})

    assert loaded.digest == version.digest and loaded.digest.startswith("sha256:")
    assert loaded.processes == version.processes and loaded.personal == version.personal


def test_moving_and_renaming_files_changes_nothing_and_one_byte_changes_the_digest(folder):
    before = chain.read(folder).version.digest
    (folder / "chain.bpmn").rename(folder / "process.bpmn")
    (folder / "forms" / "any name.form").rename(folder / "intake.form")
    assert chain.read(folder).version.digest == before

    changed(folder / "process.bpmn", 'name="收件"', 'name="受理"')

    assert chain.read(folder).version.digest != before


def test_an_item_that_the_chain_does_not_name_changes_nothing(folder):
    before = chain.read(folder).version.digest
    changed(folder.parent.parent / "catalogue.json", '"key": "two"', '"key": "three"')
    assert chain.read(folder).version.digest == before


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("chain.bpmn", 'processId="procedure"', 'processId="procedur"', ("called-process", "call")),
        ("chain.bpmn", 'formId="intake_form"', 'formId="other"', ("form", "intake")),
        ("chain.bpmn", 'source="one"', 'source="three"', ("item", "call")),
        ("chain.bpmn", 'candidateGroups="window"', 'candidateGroups="windw"', ("role", "intake")),
        ("chain.bpmn", '<zeebe:taskSchedule dueDate="=workdays(1)" />', "", ("task-limit", "intake")),
        ("chain.bpmn", '<zeebe:assignmentDefinition candidateGroups="window" />', "", ("task-assignment", "intake")),
        ("chain.bpmn", '<zeebe:input source="one" target="item" />', "", ("action", "receive")),
        ("forms/any name.form", '"textfield"', '"nosuchfield"', ("form-problem", "f1")),
        ("../../catalogue.json", '"law"', '"lex"', ("catalogue-shape", None)),
        ("../../catalogue.json", '"flow": "\\u53d7', '"flow": "", "name2": "\\u53d7', ("catalogue-shape", None)),
        ("../../organisation.json", '[{"person": "window1"', '[{"person": "nobody"', ("organisation-shape", None)),
    ],
)  # fmt: skip
def test_what_a_chain_folder_refers_to_has_to_be_there(folder, file, old, new, expected):
    changed(folder / file, old, new)

    assert expected in errors(folder)
    assert chain.read(folder).version is None


def test_a_task_that_nobody_in_the_organisation_may_do_is_found(folder):
    organisation = {**ORGANISATION, "grants": []}
    (folder.parent.parent / "organisation.json").write_text(json.dumps(organisation))

    assert errors(folder) == [("task-assignment", "intake")]


def test_what_the_catalogue_says_wrong_about_an_item_of_the_chain_is_found(folder):
    wrong = {**item("one"), "flow": ""}
    (folder.parent.parent / "catalogue.json").write_text(json.dumps({"items": [wrong], "materials": []}))

    assert ("catalogue", "one") in errors(folder)


def split(place: Path, **contents: list[dict]) -> None:
    """Write a folder `catalogue/` into `place`, with files of these items."""
    place = place / "catalogue"
    place.mkdir()
    for name, items in contents.items():
        (place / f"{name}.json").write_text(json.dumps({"items": items, "materials": []}))


def test_a_folder_of_files_is_a_catalogue_too_and_gives_the_same_version(folder):
    single = chain.read(folder).version
    (folder.parent.parent / "catalogue.json").unlink()
    split(folder.parent.parent, a=[item("two")], b=[item("one")])
    (folder.parent.parent / "catalogue" / ".b.json.swp").write_text("not read")

    assert errors(folder) == []
    assert chain.read(folder).version.digest == single.digest


def test_the_nearest_catalogue_counts_whether_file_or_folder(folder):
    split(folder.parent, a=[{**item("one"), "name": "近处"}])
    nearer = chain.read(folder).version
    (folder / "catalogue.json").write_text(json.dumps({"items": [{**item("one"), "name": "最近"}], "materials": []}))
    nearest = chain.read(folder).version

    assert nearer.catalogue.items["one"].name == "近处"
    assert nearest.catalogue.items["one"].name == "最近"


@pytest.mark.parametrize(
    ("contents", "file", "rule", "said"),
    [
        ({"a": [item("two")], "b": [item("two"), {**item("one"), "flow": ""}]}, "b.json", "catalogue", "items[1].flow"),
        ({"a": [item("one")], "b": [item("one")]}, "b.json", "catalogue", "a.json and "),
        ({"a": [item("one")], "b": [{**item("two"), "lex": 1}]}, "b.json", "catalogue-shape", "items[0].lex"),
        ({"a": [{**item("one"), "department": "mint"}]}, "a.json", "department", "'mint'"),
        ({"a": [{**item("one"), "sign_off": ["mayor"]}]}, "a.json", "role", "'mayor'"),
    ],
)
def test_what_is_wrong_in_a_file_of_the_catalogue_names_that_file(folder, contents, file, rule, said):
    (folder.parent.parent / "catalogue.json").unlink()
    split(folder.parent.parent, **contents)

    found = [f for f in chain.read(folder).findings if f.severity == "error" and said in f.message]

    assert [(Path(f.file).name, f.rule) for f in found] == [(file, rule)]


def test_a_single_file_left_beside_the_folder_is_told_by_its_doubled_keys(folder):
    split(folder.parent.parent, a=[item("one")])

    (message,) = (f.message for f in chain.read(folder).findings if f.severity == "error")

    assert "catalogue.json and " in message and "a.json" in message


def test_a_material_that_no_item_asks_for_is_found(folder):
    changed(folder / "chain.bpmn", 'source="=person"', 'source="=supplied(&quot;deed&quot;)"')

    assert errors(folder) == [("material", "intake")]


DECISION = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="file" name="file" namespace="urn:licet:test">
  <decision id="kind" name="kind"><variable name="kind" />
    <literalExpression><text>TEXT</text></literalExpression></decision>
</definitions>
"""


@pytest.mark.parametrize(("text", "expected"), [('"one"', []), ("1 +", ["decision-problem"])])
def test_what_is_wrong_in_a_decision_is_found(folder, text, expected):
    (folder / "any.dmn").write_text(DECISION.replace("TEXT", text))
    rule = '<zeebe:calledDecision decisionId="kind" resultVariable="k" />'
    changed(folder / "chain.bpmn", '<endEvent id="end" />', f"""<endEvent id="end" /><sequenceFlow id="f4"
        sourceRef="rule" targetRef="end" /><businessRuleTask id="rule"><extensionElements>{rule}</extensionElements>
        </businessRuleTask>""")  # fmt: skip
    changed(folder / "chain.bpmn", 'sourceRef="call" targetRef="end"', 'sourceRef="call" targetRef="rule"')

    reading = chain.read(folder)

    assert [f.rule for f in reading.findings if f.severity == "error"] == expected
    if reading.version is not None:
        assert decisions.read(reading.version.decisions["kind"]).decide("kind", {}) == "one"
        assert "decisions/kind.dmn" in reading.version.files


def test_a_boundary_event_and_a_start_inside_the_call_have_ids_of_their_own(folder):
    changed(folder / "chain.bpmn", '<endEvent id="end" />', """<endEvent id="end" /><boundaryEvent id="late"
        attachedToRef="call"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent>
        <sequenceFlow id="f4" sourceRef="late" targetRef="end" />""")  # fmt: skip
    changed(folder.parent.parent / "common" / "whatever.bpmn", '<endEvent id="end" />', """<endEvent id="end" />
        <subProcess id="aside" triggeredByEvent="true"><startEvent id="late"><timerEventDefinition>
        <timeDuration>P1D</timeDuration></timerEventDefinition></startEvent></subProcess>""")  # fmt: skip

    assert errors(folder) == [("boundary-id", "late")]


def test_two_processes_of_one_id_are_found(folder):
    shutil.copy(folder / "chain.bpmn", folder / "copy.bpmn")

    assert ("duplicate-id", "small") in errors(folder)


def test_a_folder_above_stands_for_the_chains_in_it(folder):
    findings = chain.check([folder.parent])

    assert [f.rule for f in findings if f.severity == "error"] == []


def test_a_folder_without_models_is_a_finding(tmp_path):
    assert [f.rule for f in chain.check([tmp_path])] == ["no-model"]


@pytest.mark.parametrize("files", [{}, {MANIFEST: b"{}"}, {MANIFEST: b'{"format": 2}'}, {MANIFEST: b"\xff"}])
def test_files_that_are_no_version_are_refused(files):
    with pytest.raises(ModelError, match="chain version"):
        chain.load(files)
