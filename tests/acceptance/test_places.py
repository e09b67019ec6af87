"""A failure in a model while somebody works names its place: element, name, kind of place, expression, facts."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.base.errors import LicetError
from engine.case.records import Command, CompleteTask, SetFact, StartCase
from engine.hall.proof import refusal_of, verify
from engine.model import chain as chains
from engine.model.runtime.places import KINDS
from engine.reading.scenarios import Rehearsal, rehearsal
from tests.samples.halls import MONDAY
from tests.samples.site import Site, site
from tests.unit.model.runtime import bpmn_text as bpmn
from webui.cli import compose

HEAVY = "=count(for i in 1..n return i)"
"""Goes past the bounds of an expression where the fact `n` is large, whatever it stands for."""
LARGE = 1_000_000
NAME = "联合审查"


class Case(NamedTuple):
    """One way to fail: a place of this kind at element X, the code of the failure, and the elements around X."""

    kind: str
    body: str
    code: str = "budget_exceeded"
    expression: str = HEAVY
    target: str | None = None
    around: str = ""
    facts: tuple[str, ...] = ("n",)
    given: Any = LARGE


OWN_SENTENCES = {"department": "department_unknown", "job": "input_missing"}
"""Kinds of places whose failures were told with the name of the task or the input before."""


def user(**assignment: str) -> str:
    return element("userTask", bpmn.zeebe("userTask"), bpmn.zeebe("assignmentDefinition", **assignment))


def choice() -> str:
    """A gateway whose one condition fails; the default leads on, and the condition to an end of its own."""
    gateway = element("exclusiveGateway", default="X-E")
    return gateway + bpmn.element("endEvent", "left") + bpmn.flow("to_left", "X", "left", f"{HEAVY} > 0")


def nowhere() -> str:
    """A gateway of which no condition is true."""
    ways = "".join(bpmn.element("endEvent", way) + bpmn.flow(f"to_{way}", "X", way, f'=way = "{way}"') for way in "ab")
    return element("exclusiveGateway") + ways


def element(tag: str, *extensions: str, inner: str = "", **attributes: Any) -> str:
    return bpmn.element(tag, "X", inner, extensions=extensions, name=NAME, **attributes)


def task(*extensions: str, inner: str = "") -> str:
    return element("userTask", bpmn.zeebe("userTask"), *extensions, inner=inner)


def catching(kind: str) -> str:
    return element("intermediateCatchEvent", inner=bpmn.event(kind, "M"))


def header(name: str) -> str:
    row = bpmn.zeebe("header", key=name, value=HEAVY)
    given = bpmn.mapping({"to": "applicant", "template": "told"})
    return element(
        "serviceTask", bpmn.zeebe("taskDefinition", type="notice.send"), bpmn.zeebe("taskHeaders", row), given
    )


def department() -> str:
    row = bpmn.zeebe("property", name="department", value="=n")
    return task(bpmn.zeebe("properties", row))


CASES = (
    Case("condition", choice(), expression=f"{HEAVY} > 0", target="to_left"),
    Case("script", element("scriptTask", bpmn.zeebe("script", expression=HEAVY, resultVariable="sum")), target="sum"),
    Case("input", task(bpmn.mapping({"here": HEAVY})), target="here"),
    Case("output", element("task", bpmn.mapping(None, {"there": HEAVY})), target="there"),
    Case("collection", task(inner=bpmn.multi(HEAVY, "one"))),
    Case("collection", task(inner=bpmn.multi("=signers", "one")), "refused", "=signers", facts=("signers",)),
    Case(
        "output_element",
        element("task", inner=bpmn.multi("=[1]", "one", into="all", out=HEAVY)),
        target="all",
    ),
    Case("completion", element("task", inner=bpmn.multi("=[1]", "one", until=f"{HEAVY} > numberOfInstances")),
         expression=f"{HEAVY} > numberOfInstances"),
    Case("timer", element("intermediateCatchEvent", inner=bpmn.timer(HEAVY))),
    Case("timer", element("intermediateCatchEvent", inner=bpmn.timer("=deadline", "timeDate")), "model_error",
         "=deadline", facts=("deadline",), given="tomorrow"),
    Case("timer", element("intermediateCatchEvent", inner=bpmn.timer("=deadline", "timeDate")), "model_error",
         "=deadline", facts=("deadline",), given=5),
    Case("message_name", catching("message"), around=bpmn.definition("message", "M", name=HEAVY, key="=n")),
    Case("message_name", catching("message"), "refused", "=topic", None,
         bpmn.definition("message", "M", name="=topic", key="=n"), facts=("topic",), given=None),
    Case("message_key", catching("message"), around=bpmn.definition("message", "M", name="paid", key=HEAVY)),
    Case("signal_name", catching("signal"), around=bpmn.definition("signal", "M", name=HEAVY)),
    Case("error_code", element("endEvent", inner=bpmn.event("error", "M")),
         around=bpmn.definition("error", "M", errorCode=HEAVY)),
    Case("escalation_code", element("intermediateThrowEvent", inner=bpmn.event("escalation", "M")),
         around=bpmn.definition("escalation", "M", escalationCode=HEAVY)),
    Case("candidate_groups", user(candidateGroups=HEAVY)),
    Case("candidate_groups", user(candidateGroups="=groups"), "model_error", "=groups", facts=("groups",), given=5),
    Case("candidate_users", user(candidateUsers=HEAVY)),
    Case("assignee", user(assignee=HEAVY)),
    Case("due_date", task(bpmn.zeebe("taskSchedule", dueDate=HEAVY))),
    Case("due_date", task(bpmn.zeebe("taskSchedule", dueDate="=deadline")), "model_error", "=deadline",
         facts=("deadline",), given="soon"),
    Case("department", department(), "refused", "=n"),
    Case("header", header("content"), target="content"),
    Case("job", element("serviceTask", bpmn.zeebe("taskDefinition", type="notice.send"),
                        bpmn.mapping({"to": "applicant", "template": "=template"})),
         "invalid_input", "notice.send", facts=("template",), given=None),
    Case("input", task(bpmn.mapping({"here": "=[1..n]"})), "invalid_input", "=[1..n]", "here"),
)  # fmt: skip


def model(case: Case) -> bytes:
    """A task, then the place."""
    after = "" if case.body.startswith("<bpmn:endEvent") else bpmn.E + bpmn.flows("X>E")
    return bpmn.document(
        case.around, bpmn.process("P", bpmn.S, bpmn.user("A"), case.body, after, bpmn.flows("S>A A>X"))
    )


@contextmanager
def begun(folder: Path, empty: Path, *files: tuple[str, bytes]) -> Iterator[tuple[Rehearsal, str]]:
    """Start a case of this chain, which anybody may work on."""
    for name, data in files:
        (folder / name).write_bytes(data)
    reading = chains.read(folder if len(files) > 1 else folder / "chain.bpmn")
    assert reading.version is not None, [(finding.rule, finding.message) for finding in reading.findings]
    with rehearsal(None, MONDAY, compose.stand_ins, empty) as stage:
        stage.engine.publish(reading.version, "system:test")
        started = Command("anybody", None, StartCase(reading.version.name))
        yield stage, stage.engine.execute(started).case


def refusal(folder: Path, empty: Path, variables: dict[str, Any], *files: tuple[str, bytes]) -> LicetError:
    """Return the refusal that somebody gets who completes task A with these variables."""
    with begun(folder, empty, *files) as (stage, case):
        (task,) = stage.case(case).tasks
        with pytest.raises(LicetError) as refused:
            stage.engine.execute(Command("anybody", case, CompleteTask(task, variables)))
    return refused.value


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}-{case.code}")
def test_what_fails_says_its_place(case: Case, tmp_path: Path, empty_database: Path) -> None:
    error = refusal(tmp_path, empty_database, dict.fromkeys(case.facts, case.given), ("chain.bpmn", model(case)))

    expected = {
        "element": "X",
        "name": NAME,
        "place": case.kind,
        "target": case.target,
        "expression": case.expression,
        "facts": list(case.facts),
    }
    assert error.code == case.code
    assert error.sentence == OWN_SENTENCES.get(case.kind, "place_failed")
    assert {name: error.fields[name] for name in expected} == expected
    assert "X" in error.message and case.expression in error.message
    assert all(fact in error.message or fact in case.expression for fact in case.facts)


def test_a_gateway_that_leads_nowhere_names_its_conditions(tmp_path: Path, empty_database: Path) -> None:
    process = bpmn.process("P", bpmn.S, bpmn.user("A"), nowhere(), bpmn.flows("S>A A>X"))

    error = refusal(tmp_path, empty_database, {"way": "c"}, ("chain.bpmn", bpmn.document(process)))

    assert error.code == "no_way_out"
    assert error.fields == {
        "element": "X",
        "name": NAME,
        "place": "condition",
        "target": None,
        "expression": '=way = "a", =way = "b"',
        "facts": ["way"],
    }


TABLE = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:test">
  <inputData id="given" name="n"><variable name="n" typeRef="number"/></inputData>
  <decision id="level" name="level"><variable name="level"/>
    <informationRequirement id="r"><requiredInput href="#given"/></informationRequirement>
    <literalExpression><text>count(for i in 1..n return i)</text></literalExpression>
  </decision>
</definitions>"""


def test_a_decision_that_fails_names_what_it_is_made_of(tmp_path: Path, empty_database: Path) -> None:
    called = element("businessRuleTask", bpmn.zeebe("calledDecision", decisionId="level", resultVariable="risk"))
    files = (("chain.bpmn", model(Case("decision", called))), ("level.dmn", TABLE))

    error = refusal(tmp_path, empty_database, {"n": LARGE}, *files)

    assert error.code == "budget_exceeded"
    assert (error.fields["element"], error.fields["name"], error.fields["place"]) == ("X", NAME, "decision")
    assert (error.fields["expression"], error.fields["target"]) == ("level", "risk")
    assert error.fields["facts"] == ["n"]


def test_every_kind_of_place_has_a_model_here() -> None:
    assert {case.kind for case in CASES} | {"decision"} == KINDS.keys()


def after_a_day(case: Case) -> bytes:
    """A task, and the place after it, or after its deadline of one day."""
    late = bpmn.boundary("late", "A", bpmn.timer("P1D"))
    after = "" if case.body.startswith("<bpmn:endEvent") else bpmn.E + bpmn.flows("X>E")
    body = (bpmn.S, bpmn.user("A"), late, case.body, after, bpmn.flows("S>A A>X late>X"))
    return bpmn.document(case.around, bpmn.process("P", *body))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}-{case.code}")
def test_the_incident_of_a_deadline_says_its_place(case: Case, tmp_path: Path, empty_database: Path) -> None:
    with begun(tmp_path, empty_database, ("chain.bpmn", after_a_day(case))) as (stage, number):
        for fact in case.facts:
            stage.engine.execute(Command("anybody", number, SetFact(fact, case.given, "test")))
        stage.advance(number, "P1D")
        (incident,) = stage.case(number).incidents.values()
        with stage.engine.store.reading() as reading:
            refused = refusal_of(reading, stage.engine.library, number, incident.incident)
        proof = verify(stage.engine.store, stage.engine.library)

    assert refused is not None
    # The journal keeps the bare cause: running the command again has to give the same effect for ever.
    assert (incident.element, incident.code, incident.cause) == ("late", refused.code, str(refused))
    assert proof.proves()
    assert (refused.fields["element"], refused.fields["name"], refused.fields["place"]) == ("X", NAME, case.kind)
    assert (refused.fields["expression"], refused.fields["facts"]) == (case.expression, list(case.facts))


def test_an_incident_keeps_its_cause_as_it_always_was(tmp_path: Path, empty_database: Path) -> None:
    groups = Case("candidate_groups", user(candidateGroups="=groups"))

    with begun(tmp_path, empty_database, ("chain.bpmn", after_a_day(groups))) as (stage, case):
        stage.advance(case, "P1D")
        (incident,) = stage.case(case).incidents.values()

    assert incident.cause == "Expected '=groups' to give a list of names; it gave None."


def test_an_incident_that_no_refusal_is_behind_has_none(tmp_path: Path, empty_database: Path) -> None:
    chain = ("chain.bpmn", after_a_day(CASES[0]))

    with begun(tmp_path, empty_database, chain) as (stage, case), stage.engine.store.reading() as reading:
        assert refusal_of(reading, stage.engine.library, case, 1) is None


@pytest.mark.parametrize("value", [Decimal("1E+9999"), Decimal("NaN"), {1, 2}])
def test_a_value_that_no_fact_may_have_is_refused_with_the_name_of_the_fact(
    value: Any, tmp_path: Path, empty_database: Path
) -> None:
    chain = ("chain.bpmn", model(Case("script", element("task"))))

    error = refusal(tmp_path, empty_database, {"fine": 1, "amount": value}, chain)

    assert (error.code, error.sentence, error.fields) == ("invalid_input", "fact_unfit", {"fact": "amount"})
    assert "It was given for 'amount'." in error.message


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_of_a_case_says_the_place_of_an_incident(tmp_path: Path, language: str) -> None:
    chain = tmp_path / "chain.bpmn"
    chain.write_bytes(after_a_day(Case("candidate_groups", user(candidateGroups="=groups"))))

    with site(tmp_path, people=["admin", "window1"]) as hall:
        hall.app.config["WTF_CSRF_ENABLED"] = False
        hall.case_of(hall.publish(chain))
        hall.clock.move(hall.clock.now() + timedelta(days=1))
        hall.hall.scheduler.drain()
        pages = [shown(hall, who, page, language) for who, page in (("window1", ""), ("admin", "/repair"))]

    assert all(PLACE_TOLD[language] in page and "Expected '=groups' to give a list" in page for page in pages)


PLACE_TOLD = {
    "zh": f"“{NAME}”（X）的候选岗位没有得出可用的值：=groups（涉及要素 groups）",
    "en": f"At '{NAME}' (X), the candidate groups gives no value that can be used: =groups (it reads groups)",
}


def shown(hall: Site, who: str, page: str, language: str) -> str:
    """A page of the one case there is."""
    client = hall.client(who)
    client.post(f"/language/{language}")
    return html.unescape(client.get(f"/cases/2026-000001{page}").text)
