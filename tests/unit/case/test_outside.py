"""Messages to the outside, and what has to be known before: consent, registers, projects, facts that are handed on."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine.base.canonical import canonical
from engine.base.errors import LicetError
from engine.case.normal_form import core_of, state_digest
from engine.case.records import ERASED, FactsHandedOn, MessageQueued, ProjectJoined, ValuesErased, plain
from engine.case.state import evolve
from tests.samples.desk import Desk
from tests.unit.model.runtime import bpmn_text as bpmn

CODE = "2026-990101-47-03-500001"


def desk_of(folder: Path, *actions: tuple[str, dict[str, str]], **variables: Any) -> Desk:
    """Return a case that performs these actions, one after the other."""
    rows = [bpmn.service(f"A{n}", type, extensions=(bpmn.mapping(inputs),)) for n, (type, inputs) in enumerate(actions)]
    ids = ["S", "T", *(f"A{n}" for n in range(len(actions))), "U", "E"]
    path = " ".join(f"{a}>{b}" for a, b in pairwise(ids))
    body = (bpmn.S, bpmn.user("T"), *rows, bpmn.user("U"), bpmn.E, bpmn.flows(path))
    properties = bpmn.zeebe("properties", bpmn.zeebe("property", name="chain", value="c"))
    stated = f"<bpmn:extensionElements>{properties}</bpmn:extensionElements>"
    (folder / "catalogue.json").write_text('{"items": [], "materials": []}')
    desk = Desk.bare(folder, bpmn.document(bpmn.process("P", stated, *body)))
    desk.start(variables=variables)
    return desk


def asked(desk: Desk) -> list[str]:
    return [effect.action for effect in desk.effects if isinstance(effect, MessageQueued)]


# ------------------------------------------------------------------ certificates


@pytest.mark.parametrize(
    ("inputs", "consent", "goes_out"),
    [
        ({}, None, True),
        ({"consent": "=consent"}, True, True),
        ({"consent": "=consent"}, False, False),
        ({"consent": "=consent"}, None, False),
        ({"consent": "=consent"}, "yes", False),
    ],
)
def test_without_the_holders_consent_nobody_looks_into_the_library(
    tmp_path: Path, inputs: dict[str, str], consent: Any, goes_out: bool
) -> None:
    find = {"kind": '="identity_card"', "holder": '="x"', **inputs}
    desk = desk_of(tmp_path, ("certificate.find", find), consent=consent)

    desk.complete("T")

    assert asked(desk) == (["certificate.find"] if goes_out else [])
    assert desk.open == ([] if goes_out else ["U"])
    assert desk.case.facts.get((0, "certificate")) is None


# ------------------------------------------------------------------ registers


@pytest.mark.parametrize(
    ("action", "inputs", "text"),
    [
        ("register.find", {"register": '="crdit"', "key": '="x"'}, r"a register \(population.*found 'crdit'"),
        ("register.find", {"register": '="credit"', "key": '=" "'}, r"'key' as a text"),
        ("register.record", {"register": '="land"', "key": '="x"', "entry": "={}"}, r"a register"),
        ("register.record", {"register": '="credit"', "key": '="x"', "entry": "=null"}, r"'entry' as input"),
        ("project.hand_on", {"facts": "={a: 1}"}, r"to belong to a project"),
        ("project.hand_on", {"facts": "=[1]"}, r"'facts' as a context"),
        ("project.join", {"code": '="2026-47"'}, r"a project code like"),
    ],
)
def test_what_cannot_be_done_outside_is_refused_before(
    tmp_path: Path, action: str, inputs: dict[str, str], text: str
) -> None:
    desk = desk_of(tmp_path, (action, inputs))
    before = desk.case

    with pytest.raises(LicetError, match=text):
        desk.complete("T")

    assert desk.case == before


# ------------------------------------------------------------------ projects


def joining(*more: tuple[str, dict[str, str]]) -> tuple[tuple[str, dict[str, str]], ...]:
    return ("project.join", {"code": "=code"}), *more


def answer(**known: Any) -> dict[str, Any]:
    return {"project.join": {"project": {"code": CODE, **known}, "papers": []}}


def test_a_case_belongs_to_its_project_from_the_answer_on(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, *joining(), code=CODE)
    desk.complete("T")
    assert desk.case.project is None

    matters = [
        {"item": "b", "decision": "granted", "state": "handed_over"},
        {"item": "a", "decision": "granted", "state": "granted"},
        {"item": "a", "decision": "granted", "state": "handed_over"},
        {"item": "c", "decision": "granted", "state": "revoked"},
        {"item": "d", "decision": "denied", "state": "handed_over"},
        {"item": "e", "decision": None, "state": "under_review"},
    ]
    desk.answer_all(answer(matters=matters))

    assert [effect for effect in desk.effects if isinstance(effect, ProjectJoined)] == [ProjectJoined(CODE, ("a", "b"))]
    assert (desk.case.project, desk.case.granted, desk.open) == (CODE, ("a", "b"), ["U"])


def test_an_answer_by_hand_joins_an_empty_project(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, *joining(), code=CODE)
    desk.complete("T")

    desk.answer_all({})

    assert (desk.case.project, desk.case.granted) == (CODE, ())


def test_an_answer_that_leads_into_another_project_is_parked(tmp_path: Path) -> None:
    other = ("project.join", {"code": '="2026-990101-47-03-500002"'})
    desk = desk_of(tmp_path, *joining(other), code=CODE)
    desk.complete("T")

    (message,) = desk.case.outbox.values()
    desk.give("AnswerJob", "system:outbox", token=message.token, message=message.message, variables={})

    (incident,) = desk.case.incidents.values()
    assert f"to stay in project {CODE}" in incident.cause
    assert (incident.element, desk.case.project) == ("A0", None)


@pytest.mark.parametrize(
    "told",
    [
        {"project": "x"},
        {"project": {"code": CODE, "matters": [{"decision": "granted", "state": "granted"}]}},
        {"project": {"code": CODE, "matters": "granted"}},
        {"papers": [{"material": "site_plan"}]},
        {"papers": ["site_plan"]},
        {"papers": {"material": "site_plan"}},
    ],
)
def test_an_answer_of_another_shape_is_parked(tmp_path: Path, told: dict[str, Any]) -> None:
    desk = desk_of(tmp_path, *joining(), code=CODE)
    desk.complete("T")

    (message,) = desk.case.outbox.values()
    desk.give("AnswerJob", "system:outbox", token=message.token, message=message.message, variables=told)

    (incident,) = desk.case.incidents.values()
    assert "Expected" in incident.cause
    assert (incident.element, desk.case.project) == ("A0", None)


def test_what_is_handed_on_is_no_plain_text_and_can_be_erased(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, *joining(("project.hand_on", {"facts": "={owner: owner}"})), code=CODE, owner="示范甲")
    desk.complete("T")
    desk.answer_all(answer())
    (handed,) = (effect for effect in desk.effects if isinstance(effect, FactsHandedOn))

    assert plain(handed.facts) == {"owner": "示范甲"}
    erased = evolve(desk.case, [ValuesErased((handed.facts.digest,))])
    assert [kept.facts.value for kept in erased.handed_on.values()] == [ERASED]
    assert state_digest(erased) == state_digest(desk.case)
    assert "示范甲" not in canonical(core_of(desk.case)).decode()
