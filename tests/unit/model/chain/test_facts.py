"""The check knows data: unknown facts and members, kinds that never fit, options that nobody offers."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from adapters import registers
from adapters.documents import TEMPLATES, known_templates
from adapters.notification import NOTICES
from engine.hall.ports import Certificate
from engine.language.templates import fields_of_document
from engine.law import catalogue
from engine.law.matter import REGISTERS
from engine.model import chain
from engine.model.chain.data import known
from engine.model.chain.data.likeness import slipped_from

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
             targetNamespace="urn:licet:test">
  <process id="asks" isExecutable="true">
    <extensionElements><zeebe:properties><zeebe:property name="chain" value="asks" /></zeebe:properties>
    </extensionElements>
    <startEvent id="start" />
    <userTask id="ask">
      <extensionElements>
        <zeebe:userTask /><zeebe:formDefinition formId="ask_form" />
        <zeebe:assignmentDefinition candidateGroups="window" /><zeebe:taskSchedule dueDate="=workdays(1)" />
      </extensionElements>
    </userTask>
    <scriptTask id="count">
      <extensionElements>
        <zeebe:script expression="{script}" resultVariable="counted" />
      </extensionElements>
    </scriptTask>
    <exclusiveGateway id="which" default="no" />
    <endEvent id="done" />
    <endEvent id="dropped" />
    <sequenceFlow id="f1" sourceRef="start" targetRef="ask" />
    <sequenceFlow id="f2" sourceRef="ask" targetRef="count" />
    <sequenceFlow id="f3" sourceRef="count" targetRef="which" />
    <sequenceFlow id="yes" sourceRef="which" targetRef="done">
      <conditionExpression>{condition}</conditionExpression>
    </sequenceFlow>
    <sequenceFlow id="no" sourceRef="which" targetRef="dropped" />
  </process>
</definitions>
"""
FORM = {
    "type": "default",
    "id": "ask_form",
    "components": [
        {"type": "textfield", "id": "f1", "key": "person", "label": "姓名"},
        {"type": "number", "id": "f2", "key": "age", "label": "年龄"},
        {"type": "checkbox", "id": "f3", "key": "local", "label": "本地"},
        {"type": "datetime", "id": "f4", "key": "born", "label": "出生", "dateLabel": "出生", "subtype": "date"},
        {
            "type": "radio", "id": "f5", "key": "kind", "label": "类型",
            "values": [{"label": "新", "value": "new"}, {"label": "换", "value": "renewal"}],
        },
        {
            "type": "dynamiclist", "id": "f6", "path": "partners", "label": "股东",
            "components": [{"type": "textfield", "id": "f7", "key": "name", "label": "姓名"}],
        },
    ],
}  # fmt: skip
RULES = {"unknown-fact", "unknown-member", "value-kind", "unknown-option"}


def findings(
    folder: Path, condition: str = "age > 17", script: str = "1", bare: bool = False, model: str = MODEL
) -> list[chain.Finding]:
    text = model.replace("{condition}", "=" + condition.replace("<", "&lt;"))
    (folder / "asks.bpmn").write_text(text.replace("{script}", "=" + script.replace('"', "&quot;")))
    (folder / "ask.form").write_text(json.dumps(FORM))
    given = [folder / "asks.bpmn", folder / "ask.form"] if bare else [folder]
    return [f for f in chain.check(given) if f.rule in RULES]


FITTING = (
    "age > 17", 'kind = "new"', "local", "local = true", "person != null", 'person = "anybody"', "counted = 1",
    "count(partners) > 1", 'some p in partners satisfies p.name = "甲"', 'partners[name = "甲"] != []',
    'kind in ("new", "renewal")', 'list contains(["new"], kind)', "born < today()", "not(local)",
    'string join(partners.name, "、") = "甲"', '(if local then 1 else 2) > 1', "{a: age, b: a + 1}.b > 1",
    'item("x").limits.supply.amount > 3', "is defined(person)", 'born < date("2026-03-02")', 'time("09:30:00") != null',
    'date and time("2026-03-02T09:30:00") < now()', 'number("1 000,5", " ", ",") > age', 'duration("P1Y6M") != null',
    'now() in [date("2026-03-01")..today()]', "born in [today()..today()]",
)  # fmt: skip


@pytest.mark.parametrize("condition", FITTING)
def test_what_fits_is_no_finding(tmp_path, condition):
    assert findings(tmp_path, condition) == []


MISTAKES = (
    ("aeg > 17", "unknown-fact", "age"),
    ('knid = "new"', "unknown-fact", "kind"),
    ("count(partner) > 1", "unknown-fact", "partners"),
    ('partners[nam = "甲"] != []', "unknown-fact", "name"),
    ('some p in partners satisfies p.nmae = "甲"', "unknown-member", "name"),
    ('item("x").limits.suply.amount > 3', "unknown-member", "supply"),
    ('item("x").limits.supply.amonut > 3', "unknown-member", "amount"),
    ('kind = "renewl"', "unknown-option", "renewal"),
    ('kind in ("new", "nwe")', "unknown-option", "new"),
    ('list contains(["renewals"], kind)', "unknown-option", "renewal"),
    ("person = true", "value-kind", None),
    ('age > "17"', "value-kind", None),
    ("age", "value-kind", None),
    ("local and age", "value-kind", None),
    ("person + age > 3", "value-kind", None),
    ("upper case(age) = person", "value-kind", None),
    ("workdays(person) > now()", "value-kind", None),
    ('time("09:30") != null', "value-kind", None),
    ('time(from: "09:30") != null', "value-kind", None),
    ('date and time("2026-03-02T09:30") < now()', "value-kind", None),
    ('date and time("2026-03-02 09:30:00") < now()', "value-kind", None),
    ('born < date("2026-3-2")', "value-kind", None),
    ('born < date("2026-02-30")', "value-kind", None),
    ('born < today() - duration("1 day")', "value-kind", None),
    ('age > number("1,5")', "value-kind", None),
    ('born in [date("2026-03-01")..now()]', "value-kind", None),
    ("now() in (now()..today())", "value-kind", None),
)


@pytest.mark.parametrize(("condition", "rule", "meant"), MISTAKES)
def test_a_mistake_in_a_condition_is_an_error_that_names_the_nearest(tmp_path, condition, rule, meant):
    found = [finding for finding in findings(tmp_path, condition) if finding.element == "yes"]

    assert [(f.rule, f.severity, f.element) for f in found] == [(rule, "error", "yes")]
    assert "The condition" in found[0].message
    assert meant is None or f"Did you mean '{meant}'?" in found[0].message


def test_a_text_that_no_function_can_read_is_told_with_one_that_it_can(tmp_path):
    [found] = findings(tmp_path, 'time("09:30") != null')

    assert "'time' can't read \"09:30\": that gives null. Write it as \"09:30:00\"" in found.message


def test_the_place_is_told(tmp_path):
    [found] = findings(tmp_path, script="aeg + 1")

    assert (found.element, found.rule) == ("count", "unknown-fact")
    assert "The script" in found.message


def test_on_bare_files_it_is_a_warning(tmp_path):
    [found] = findings(tmp_path, "aeg > 17", bare=True)

    assert found.severity == "warning"


def test_a_task_without_a_form_may_set_anything(tmp_path):
    without = MODEL.replace('<zeebe:formDefinition formId="ask_form" />', "")

    assert findings(tmp_path, "aeg > 17", model=without) == []


# ---------------------------------------------------------------------- forms, decisions, actions


SHIPPED = chain.INSTALLED


def altered(tmp_path: Path, chain_name: str, file: str, old: str, new: str) -> list[chain.Finding]:
    """The errors of a shipped chain in which one text was changed."""
    shutil.copytree(SHIPPED, tmp_path / "bpmn", ignore=shutil.ignore_patterns("*.svg", "scenarios"))
    path = tmp_path / "bpmn" / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return [f for f in chain.check([tmp_path / "bpmn" / chain_name]) if f.severity == "error"]


AFTER, START = "business_startup/after", "business_startup/after/chain.bpmn"
RENAMED = (
    (AFTER, START, '=establishment.outcome = "granted"', '=establishment.outcome = "grantd"', "unknown-option",
     "granted"),
    ("real_estate/before", "real_estate/before/chain.bpmn", '=trade.outcome = "granted"', '=trade.outcome = "grated"',
     "unknown-option", "granted"),
    (AFTER, "business_startup/after/forms/business_startup_intake.form", "=by_agent != true", "=by_agnet != true",
     "unknown-fact", "by_agent"),
    (AFTER, "business_startup/after/forms/business_startup_intake.form", '=delivery != \\"courier\\"',
     '=delivery != \\"couriers\\"', "unknown-option", "courier"),
    (AFTER, "business_startup/after/forms/business_startup_intake.form", "{{identity_expired.title}}",
     "{{identity_expired.titel}}", "unknown-member", "title"),
    (AFTER, "common/forms/review.form", "{{reply}}", "{{repyl}}", "unknown-fact", "reply"),
    (AFTER, START, 'value="company_name" />', 'value="company_name" /><zeebe:header key="untill" value="1" />',
     "unknown-input", "until"),
    (AFTER, START, 'target="certificate_content"', 'target="certificate_contents"', "unknown-input",
     "certificate_content"),
    (AFTER, "common/acceptance.bpmn", 'value="rejected"', 'value="rejectd"', "unknown-option", "rejected"),
    (AFTER, "common/acceptance.bpmn", 'value="acceptance_notice"', 'value="acceptance_notise"', "unknown-option",
     "acceptance_notice"),
    (AFTER, "common/acceptance.bpmn", 'key="to" value="applicant"', 'key="to" value="aplicant"', "unknown-recipient",
     "applicant"),
    (AFTER, "common/acceptance.bpmn", 'value="credit"', 'value="credits"', "unknown-option", "credit"),
    ("construction/after", "construction/after/decisions/project_kind.dmn", 'name="investor"', 'name="investro"',
     "unknown-fact", "investor"),
    ("construction/after", "construction/after/decisions/project_kind.dmn", 'typeRef="boolean"', 'typeRef="number"',
     "value-kind", None),
)  # fmt: skip


@pytest.mark.parametrize(("name", "file", "old", "new", "rule", "meant"), RENAMED)
def test_a_misspelt_reference_is_an_error_that_names_the_nearest(tmp_path, name, file, old, new, rule, meant):
    found = [f for f in altered(tmp_path, name, file, old, new) if f.rule == rule]

    assert found
    assert meant is None or any(f"Did you mean '{meant}'" in f.message for f in found)


WRITTEN = (
    (AFTER, "common/commitment.bpmn", "", 'target="outcome"', 'target="outcxme"', "outcome"),
    (AFTER, "common/licensing_procedure.bpmn", "", 'target="opinions"', 'target="opinons"', "opinions"),
    (AFTER, "business_startup/after/forms/bank_appointment.form", "", '"key": "reason"', '"key": "reasoon"', "reason"),
    (AFTER, "common/joint_review.bpmn", "", 'outputCollection="opinions"', 'outputCollection="opinins"', "opinions"),
    ("construction/after", "construction/after/land_planning.bpmn", "", 'resultVariable="entry_item"',
     'resultVariable="extry_item"', "entry_item"),
    ("real_estate/before", "real_estate/before/utilities_transfer_old.bpmn", "change_holder_old",
     'target="services"', 'target="sexvices"', "services"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "file", "after", "old", "new", "meant"), WRITTEN)
def test_a_fact_that_is_set_under_a_misspelt_name_is_told_though_others_set_the_right_one(
    tmp_path, name, file, after, old, new, meant
):
    shutil.copytree(SHIPPED, tmp_path / "bpmn", ignore=shutil.ignore_patterns("*.svg", "scenarios"))
    path = tmp_path / "bpmn" / file
    before, mark, rest = path.read_text("utf-8").partition(after) if after else ("", "", path.read_text("utf-8"))
    assert old in rest
    path.write_text(before + mark + rest.replace(old, new, 1), "utf-8")

    found = [f for f in chain.check([tmp_path / "bpmn" / name]) if f.rule in ("unread-input", "unknown-input")]

    assert any(f"Did you mean '{meant}'" in f.message for f in found), found


OFFERED = (
    (AFTER, "common/forms/check_rectification.form", '"value": "not_met"', '"value": "not_me"', "unknown-option",
     "not_met"),
    (AFTER, "common/forms/check_commitment.form", '"value": "met"', '"value": "met_"', "unknown-option", "met"),
    ("real_estate/after", "real_estate/after/decisions/deed_tax_rate.dmn", '"预购商品房"', '"购商品房"',
     "unknown-option", "预购商品房"),
    ("real_estate/after", "real_estate/after/forms/estate_intake.form", 'cause != \\"受遗赠', 'cause != \\"受遗赠赠',
     "unknown-option", "受遗赠"),
    ("construction/after", "construction/after/forms/project_register.form", '"government"', '"govenment"',
     "unknown-option", "government"),
    (AFTER, "common/forms/joint_opinion.form", "{{string join", "{{strring join", "unknown-fact", "string join(…)"),
    (AFTER, "common/licensing_procedure.bpmn", 'outputElement="=outcome"', 'outputElement="=otcome"', "unknown-fact",
     "outcome"),
    ("real_estate/after", "real_estate/after/decisions/unit_rules.dmn", "estate.deregistered != true",
     'estate.deregistered != "true"', "value-kind", None),
    ("construction/after", "construction/after/chain.bpmn", "=project_info.special_works",
     "=project_info.special_workss", "unknown-member", "special_works"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "file", "old", "new", "rule", "meant"), OFFERED)
def test_what_shapes_of_answers_and_options_tell_is_an_error(tmp_path, name, file, old, new, rule, meant):
    found = [f for f in altered(tmp_path, name, file, old, new) if f.rule == rule]

    assert found
    assert meant is None or any(f"Did you mean '{meant}'" in f.message or f"mean {meant}" in f.message for f in found)


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("outcme", "outcome", "outcome"),
        ("outccome", "outcome", "outcome"),
        ("otucome", "outcome", "outcome"),
        ("outcxme", "outcome", "outcome"),
        ("seal", "seals", None),  # one and many
        ("fax", "tax", None),  # too short to be sure
        ("site_findings", "findings", None),
    ],
)
def test_one_slip_makes_a_name_another(name, known, meant):
    assert slipped_from(name, [known]) == meant


def test_the_shapes_of_register_entries_are_those_of_the_fictional_ones():
    assert known.ENTRIES.keys() == set(REGISTERS)
    for row in registers.shipped():
        assert row["entry"].keys() <= (known.ENTRIES[row["register"]].members or {}).keys()


def test_the_tables_of_templates_are_those_of_the_hall():
    documents = {name: fields_of_document((TEMPLATES / f"{name}.typ").read_text("utf-8")) for name in known_templates()}

    assert {name: notice.fields.but(known.GIVEN_TO_NOTICES) for name, notice in NOTICES.items()} == known.NOTICES
    assert {name: read.but(known.GIVEN_TO_DOCUMENTS) for name, read in documents.items()} == known.DOCUMENTS
    assert fields_of_document((TEMPLATES / "common.typ").read_text("utf-8")).all <= known.GIVEN_TO_DOCUMENTS


def test_the_shape_of_an_item_is_that_of_its_facts():
    [item, *_] = catalogue.read((SHIPPED / "catalogue" / "construction.json").read_bytes()).items.values()

    assert (known.ITEM.members or {}).keys() == item.as_facts().keys()


def test_the_shape_of_a_certificate_is_that_of_its_facts():
    fields = {field.name for field in dataclasses.fields(Certificate)}

    assert (known.CERTIFICATE.members or {}).keys() == fields


COUNTERSIGN = Path(__file__).parents[3] / "samples" / "countersign"


@pytest.mark.parametrize(
    ("signer", "known_to_the_hall"),
    [
        ("union", True),  # a department in which somebody has a role
        ("role:reviewer@court", True),
        ("expert", True),  # a person
        ("uniom", False),
        ("role:reviewr@court", False),
        ("role:reviewer@cort", False),
    ],
)
def test_a_signer_is_a_person_a_department_or_a_role_in_one(tmp_path, signer, known_to_the_hall):
    assert (countersigned(tmp_path, "role:reviewer@court", signer) == []) == known_to_the_hall


@pytest.mark.parametrize(
    ("signer", "told"),
    [
        ("uniom", "no person, department or role 'uniom'. Did you mean 'union'?"),
        ("experd", "no person, department or role 'experd'. Did you mean 'expert'?"),
        ("reviewr", "no person, department or role 'reviewr'. Did you mean 'reviewer'?"),
        ("role:reviewr@court", "no role 'reviewr'. Did you mean 'reviewer'?"),
        ("role:reviewer@cort", "no department 'cort'. Did you mean 'court'?"),
        ("role:mediator@courts", "no department 'courts'. Did you mean 'court'?"),
        ("role:reviewer@union", "Nobody holds the role 'reviewer' in 'union'."),
    ],
)
def test_a_misspelt_signer_is_told_with_the_nearest_name_of_any_kind(tmp_path, signer, told):
    [found] = countersigned(tmp_path, "role:reviewer@court", signer)

    assert (found.element, told in found.message) == ("sign", True), found.message


@pytest.mark.parametrize(
    ("department", "told"),
    [
        ("court", None),
        ("=if true then &quot;court&quot; else &quot;union&quot;", None),
        ("=case().title", None),
        ("=if true then &quot;court&quot; else &quot;uniom&quot;", "no department 'uniom'. Did you mean 'union'?"),
        ("=&quot;cuort&quot;", "no department 'cuort'. Did you mean 'court'?"),
    ],
)
def test_a_department_in_feel_is_one_of_the_organisation(tmp_path, department, told):
    before = '<zeebe:property name="fourEyes" value="draft,sign"/>'

    found = countersigned(tmp_path, before, f'{before}<zeebe:property name="department" value="{department}"/>')

    assert [finding.element for finding in found] == (["sign"] if told else [])
    assert all(str(told) in finding.message for finding in found), found


def countersigned(tmp_path: Path, old: str, new: str) -> list[chain.Finding]:
    folder = shutil.copytree(COUNTERSIGN, tmp_path / "chain")
    model = folder / "chain.bpmn"
    text = model.read_text("utf-8")
    assert old in text
    model.write_text(text.replace(old, new), "utf-8")
    return [finding for finding in chain.check([folder]) if finding.rule == "unknown-person"]
