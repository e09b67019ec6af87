"""How long the steps of a procedure may take together, from acceptance to decision, compared with the promised
limit.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from engine.model import chain
from engine.model.chain.model import Finding
from tests.unit.model.chain.test_measures import HEAD, call, item, process

Check = Callable[..., list[Finding]]


def step(id: str, due: str, groups: str = "reviewer") -> str:
    return f"""<userTask id="{id}"><extensionElements><zeebe:userTask />
      <zeebe:assignmentDefinition candidateGroups="{groups}" /><zeebe:taskSchedule dueDate='{due}' />
    </extensionElements></userTask>"""


def act(id: str, job: str) -> str:
    return f"""<serviceTask id="{id}"><extensionElements><zeebe:taskDefinition type="{job}" />
      </extensionElements></serviceTask>"""


ACCEPT, DECIDE = act("accept", "matter.accept"), act("decide", "matter.decide")


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Return the warnings about a procedure of these nodes and flows, called for items that promise so many
    workdays.
    """

    def checked(nodes: list[str], flows: str, *others: str, promised: dict[str, object] | None = None) -> list[Finding]:
        items = [item(key, limit) for key, limit in (promised or {"quick": 3}).items()]
        calls = [call(f"call_{one['key']}", "procedure", one["key"]) for one in items]
        path = " ".join(f"{a}-{b}" for a, b in pairwise(["START", *(f"call_{i['key']}" for i in items), "END"]))
        main = process("main", calls, path, chain="small")
        whole = flows.startswith("<")
        procedure = flows if whole else process("procedure", [ACCEPT, *nodes, DECIDE], flows, procedure="true")
        folder = tmp_path / "small" / "after"
        folder.mkdir(parents=True)
        for number, text in enumerate((main, procedure, *others)):
            file = "chain" if number == 0 else f"p{number}"
            (folder / f"{file}.bpmn").write_text(f"{HEAD}{text}</definitions>", "utf-8")
        (tmp_path / "catalogue.json").write_text(json.dumps({"items": items, "materials": []}), "utf-8")
        return [f for f in chain.check([folder]) if f.rule == "step-limits"]

    return checked


def test_steps_that_add_up_to_more_than_is_promised_are_told_with_their_path(check: Check) -> None:
    (found,) = check(
        [step("one", "=workdays(2)"), step("two", "=workdays(2)")],
        "START-accept accept-one one-two two-decide decide-END",
    )

    assert (found.severity, found.element, found.path) == ("warning", "procedure", ("one", "two"))
    assert "may take 4 workdays together for 'quick', which promises 3" in found.message


def test_the_longest_of_two_ways_counts_and_branches_side_by_side_do_not_add_up(check: Check) -> None:
    assert not check(
        [step("one", "=workdays(2)"), step("two", "=workdays(3)")],
        "START-accept accept-fork fork-one fork-two one-join two-join join-decide decide-END",
    )


def test_what_the_clock_does_not_count_is_left_out(check: Check) -> None:
    nodes = [
        step("before", "=workdays(5)"),
        act("stop", "clock.suspend"),
        step("hearing", "=workdays(20)"),
        act("go_on", "clock.resume"),
        step("review", "=workdays(3)"),
        step("within", '=due("decision")'),
        step("applicants", "=workdays(9)", "applicant,window"),
        step("after", "=workdays(10)"),
    ]

    assert not check(
        nodes,
        "START-before before-accept accept-stop stop-hearing hearing-go_on go_on-review review-within "
        "within-applicants applicants-decide decide-after after-END",
    )


def test_a_limit_that_the_item_gives_is_worked_out_for_each_item(check: Check) -> None:
    promised = {"quick": 3, "slow": 8}

    (found,) = check(
        [step("review", "=workdays(if item(item_key).promised &lt; 5 then 4 else 8)")],
        "START-accept accept-review review-decide decide-END",
        promised=promised,
    )

    assert "for 'quick'" in found.message


def test_a_way_that_the_item_never_takes_is_not_followed(check: Check) -> None:
    condition = "<conditionExpression>=item(item_key).promised &gt; 5</conditionExpression></sequenceFlow>"
    procedure = process(
        "procedure",
        [ACCEPT, step("review", "=workdays(6)"), DECIDE],
        "START-accept accept-fork fork-review fork-decide review-decide decide-END",
        procedure="true",
    ).replace('targetRef="review" />', f'targetRef="review">{condition}')

    assert not check([], procedure, promised={"quick": 3, "slow": 8})


def test_called_processes_and_ways_back_are_walked_once(check: Check) -> None:
    inner = process("inner", [step("deep", "=workdays(2)")], "START-deep deep-END")

    (found,) = check(
        [call("call_inner", "inner"), step("again", "=workdays(2)")],
        "START-accept accept-call_inner call_inner-again again-choice choice-call_inner choice-decide decide-END",
        inner,
    )

    assert found.path == ("deep", "again")


def test_a_promise_in_another_unit_is_not_compared(check: Check) -> None:
    promised = {"quick": {"amount": 5, "unit": "day"}}
    assert not check([step("one", "=workdays(9)")], "START-accept accept-one one-decide decide-END", promised=promised)


HOURS = {"amount": 4, "unit": "hour"}


@pytest.mark.parametrize(
    ("limit", "started", "hours", "told"),
    [
        (HOURS, "", [], ["item"]),
        (HOURS, "", ["09:00-12:00"], []),
        ({"amount": "0.5"}, "", [], ["item"]),
        ({"amount": 4}, "", [], []),
        ({"amount": 4}, '={amount: 2, unit: "hour"}', [], ["start_clock"]),
        ({"amount": 4}, '={amount: 2, unit: "hour", office_hours: ["09:00-12:00"]}', [], []),
        ({"amount": 4}, '={amount: 2, unit: "workday"}', [], []),
    ],
)
def test_a_limit_in_hours_needs_office_hours(tmp_path, limit, started, hours, told):
    entry = {**item("item", 4), "limits": {"promised": limit}}
    (tmp_path / "catalogue.json").write_text(json.dumps({"items": [entry], "materials": []}), "utf-8")
    hall = {"name": "厅", "region": "990001", "departments": [{"key": "d", "name": "局"}], "office_hours": hours}
    hall |= {"roles": [], "people": [], "grants": []}
    (tmp_path / "organisation.json").write_text(json.dumps(hall), "utf-8")
    limit_input = f"<zeebe:input source='{started}' target='limit' />" if started else ""
    clock = f"""<serviceTask id="start_clock"><extensionElements><zeebe:taskDefinition type="clock.start" />
      <zeebe:ioMapping><zeebe:input source="handling" target="clock" />{limit_input}</zeebe:ioMapping>
      </extensionElements></serviceTask>"""
    receive = """<serviceTask id="receive"><extensionElements><zeebe:taskDefinition type="matter.receive" />
      <zeebe:ioMapping><zeebe:input source="item" target="item" /></zeebe:ioMapping>
      </extensionElements></serviceTask>"""
    flows = "START-receive receive-start_clock start_clock-END" if started else "START-receive receive-END"
    main = process("main", [receive, clock] if started else [receive], flows)
    (tmp_path / "chain.bpmn").write_text(f"{HEAD}{main}</definitions>", "utf-8")

    found = [f.element for f in chain.check([tmp_path]) if f.rule == "office-hours"]

    assert found == told
