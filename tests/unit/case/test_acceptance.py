"""The conditions on which a matter is received, accepted and granted: each refusal in words, and nothing changed by it.

The calendar is that of March 2026: the 2nd is a Monday.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from engine.base.errors import InvalidInput, Refused
from engine.case.working import ROOT
from tests.samples.desk import Desk
from tests.unit.case.small_hall import action, desk, steps, task
from tests.unit.model.runtime import bpmn_text as bpmn
from webui.sentences import say

FILE = {"file": "sha256:00", "name": "图纸.pdf", "size": 3, "media_type": "application/pdf"}


def supply(at: Desk, material: str) -> None:
    at.give("SupplyMaterial", "window1", material=material, **FILE)


def received(folder: Path, item: str, *after: str, materials: tuple[str, ...] = (), **accept: str) -> Desk:
    """Return a matter received with these materials; `go` accepts it, `then` waits."""
    model = steps(
        task("first"),
        action("receive", "matter.receive", item=item),
        task("go"),
        action("accept", "matter.accept", **accept),
        task("then"),
        *after,
    )
    found = desk(folder, model)
    found.start()
    for material in materials:
        supply(found, material)
    found.complete("first")
    return found


def refused(at: Desk, element: str, **variables: Any) -> str:
    """Return the refusal; assert that nothing has changed."""
    before = at.case
    with pytest.raises(Refused) as found:
        at.complete(element, **variables)
    assert at.case is before
    assert found.value.message.startswith("Expected")
    return say(found.value)


# ------------------------------------------------------------------ receiving


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("ended", "“事项ended”自2026年3月1日起不再办理，不能收件。"),
        ("coming", "“事项coming”自2026年7月1日起方可办理，现在不能收件。"),
        ("orphaned", "“事项orphaned”的承办部门“规划局”自2026年1月1日起已不在本厅的机构设置中，不能收件。"),
    ],
)
def test_an_item_that_is_not_in_force_or_has_no_department_is_not_received(tmp_path, item, words):
    found = desk(tmp_path, steps(task("first"), action("receive", "matter.receive", item=item), task("go")))
    found.start()

    assert refused(found, "first").startswith(words)


def test_an_item_outside_the_catalogue_is_not_received(tmp_path):
    found = desk(tmp_path, steps(task("first"), action("receive", "matter.receive", item="=wanted")))
    found.start()

    assert refused(found, "first", wanted="fortune_telling") == "事项目录中没有“fortune_telling”，清单之外无审批。"


def test_a_matter_that_was_received_in_time_goes_on_after_its_item_has_ended(tmp_path):
    model = steps(
        task("first"), action("receive", "matter.receive", item="ended"), task("go"), action("accept", "matter.accept"),
        bpmn.script("say", '=item("ended").name', "said"), task("then"),
    )  # fmt: skip
    found = desk(tmp_path, model, at="2026-02-27 09:00")
    found.start()
    found.complete("first")

    found.at("2026-03-05 09:00").complete("go")

    assert found.matter("ended").state == "accepted"
    assert found.clock("ended", "promised").due == "2026-03-19"
    assert found.case.facts[ROOT, "said"] == "事项ended"


@pytest.mark.parametrize("area", ["99", "9900011000000", "东城", 990001])
def test_an_area_is_a_region_code(tmp_path, area):
    model = steps(task("first"), action("receive", "matter.receive", item="permit", area="=place"), task("go"))
    found = desk(tmp_path, model)
    found.start()

    with pytest.raises(InvalidInput, match="6 to 12 digits") as wrong:
        found.complete("first", place=area)
    assert "行政区划代码" in say(wrong.value)


# ------------------------------------------------------------------ tolerant acceptance


def test_what_may_come_later_is_tolerated_until_the_supply_is_due(tmp_path):
    found = received(tmp_path, "permit", materials=("plan",), tolerated="=true")

    found.complete("go")

    matter = found.matter("permit")
    assert (matter.state, matter.basis) == ("accepted", "tolerated")
    assert found.clock("permit", "supply").due == "2026-03-09"
    assert found.clock("permit", "promised").due == "2026-03-16"


@pytest.mark.parametrize(
    ("item", "materials", "words"),
    [
        ("permit", ("plan", "deed"), "申请材料已经齐全，无须容缺，请直接受理。"),
        ("permit", ("photo", "deed"), "缺少的“材料plan”不可容缺，请一次性告知补正。"),
        ("strict", (), "缺少的“材料plan”不可容缺，请一次性告知补正。"),
        ("sensitive", (), "“事项sensitive”涉及公共安全，不适用容缺受理。"),
    ],
)
def test_tolerance_has_its_bounds(tmp_path, item, materials, words):
    found = received(tmp_path, item, materials=materials, tolerated="=true")

    assert refused(found, "go") == words


def test_a_version_from_before_that_rule_may_give_no_time_to_supply(tmp_path):
    found = received(tmp_path, "permit", materials=("plan",), tolerated="=true")
    items = found.version.catalogue.items
    without = replace(items["permit"], limits=replace(items["permit"].limits, supply=None))
    catalogue = replace(found.version.catalogue, items={**items, "permit": without})
    found.version = replace(found.version, catalogue=catalogue)

    assert refused(found, "go") == "“事项permit”未公布容缺补交的期限，不能容缺受理。"


@pytest.mark.parametrize("way", ["tolerated", "committed"])
def test_whoever_has_bad_credit_gets_neither_tolerance_nor_trust(tmp_path, way):
    words = "申请人有严重不良信用记录，不适用"
    told = received(tmp_path / "input", "permit", materials=("plan",), bad_credit="=bad", **{way: "=true"})
    known = received(tmp_path / "fact", "permit", materials=("plan",), **{way: "=true"})

    assert refused(told, "go", bad=True).startswith(words)
    assert refused(known, "go", bad_credit=True).startswith(words)
    told.complete("go", bad=False)
    known.complete("go", bad_credit=False)
    assert {told.matter("permit").basis, known.matter("permit").basis} == {way}


def test_the_supply_clock_stops_with_the_last_material_and_its_timer_never_fires(tmp_path):
    late = bpmn.boundary("late", "then", bpmn.timer('=due("supply")', "timeDate"))
    found = received(tmp_path, "permit", late, tolerated="=true", materials=("plan",))
    found.complete("go")
    assert {key.partition(":")[0] for key in found.case.deadlines()} == {"token", "clock"}

    found.at("2026-03-06 17:00")
    supply(found, "photo")
    assert found.clock("permit", "supply").state == "running"
    supply(found, "deed")

    assert [clock.name for clock in found.case.clocks.values()] == ["promised", "statutory"]
    assert not [key for key in found.case.deadlines() if key.startswith("token:")]


@pytest.mark.parametrize("before", [(), ("plan",), ("plan", "photo"), ("photo",)])
@pytest.mark.parametrize("after", list(permutations(("deed", "photo", "report"), 2)))
def test_the_supply_clock_runs_exactly_while_a_required_material_is_missing(tmp_path, before, after):
    found = received(tmp_path, "permit", tolerated="=true", materials=before)
    if "plan" not in before:
        refused(found, "go")
        supply(found, "plan")
    found.complete("go")

    for material in after:
        supply(found, material)
        at_hand = {name for name, _ in found.case.materials}
        running = [clock.name for clock in found.case.clocks.values() if clock.name == "supply"]
        assert bool(running) == ("deed" not in at_hand)


def test_a_material_that_does_not_come_lets_the_timer_fire(tmp_path):
    late = bpmn.boundary("late", "then", bpmn.timer('=due("supply")', "timeDate"))
    close = action("close", "matter.lapse")
    model = steps(
        task("first"), action("receive", "matter.receive", item="permit"),
        action("accept", "matter.accept", tolerated="=true"), task("then"), late, close,
    ).replace(b'sourceRef="late" targetRef="E"', b'sourceRef="late" targetRef="close"')  # fmt: skip
    found = desk(tmp_path, model)
    found.start()
    supply(found, "plan")
    found.complete("first")

    while found.case.is_open:
        found.fire_next()

    assert found.now.date().isoformat() == "2026-03-10"  # the end of the 9th, five workdays on
    assert found.matter("permit").state == "lapsed"


def test_nothing_is_granted_while_a_tolerated_material_is_missing(tmp_path):
    review = action("review", "matter.review")
    decide = action("decide", "matter.decide", outcome="=outcome", reason='="理由"')
    found = received(
        tmp_path, "permit", review, task("decision"), decide, task("last"), tolerated="=true", materials=("plan",)
    )
    found.complete("go")
    found.complete("then")

    assert refused(found, "decision", outcome="granted") == "容缺受理的“材料deed”尚未补交，不能作出准予决定。"
    supply(found, "deed")
    found.complete("decision", outcome="granted")
    assert found.matter("permit").state == "granted"


def test_a_denial_needs_no_material(tmp_path):
    review = action("review", "matter.review")
    decide = action("decide", "matter.decide", outcome="=outcome", reason='="不符合规划"')
    found = received(tmp_path, "permit", review, decide, task("last"), tolerated="=true", materials=("plan",))
    found.complete("go")

    found.complete("then", outcome="denied")

    assert found.matter("permit").state == "denied"


# ------------------------------------------------------------------ commitments


def test_an_item_that_takes_commitments_is_accepted_on_one(tmp_path):
    found = received(tmp_path, "permit", committed="=true")

    found.complete("go")

    assert (found.matter("permit").basis, found.matter("permit").state) == ("committed", "accepted")
    assert [clock.name for clock in found.case.clocks.values()] == ["promised", "statutory"]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("strict", "“事项strict”未列入告知承诺事项，不适用告知承诺。"),
        ("sensitive", "“事项sensitive”涉及公共安全，不适用告知承诺。"),
    ],
)
def test_other_items_take_none(tmp_path, item, words):
    assert refused(received(tmp_path, item, committed="=true"), "go") == words


def test_a_matter_is_accepted_in_one_way(tmp_path):
    found = received(tmp_path, "permit", committed="=true", tolerated="=true")

    with pytest.raises(InvalidInput, match="one way to accept; found tolerated and committed"):
        found.complete("go")


# ------------------------------------------------------------------ what has to be granted first


def second(folder: Path, **accept: str) -> Desk:
    """Return a permit decided with `outcome`, and then a matter received that requires that permit."""
    model = steps(
        task("first"),
        action("receive", "matter.receive", item="permit"),
        action("accept", "matter.accept"),
        action("review", "matter.review"),
        action("decide", "matter.decide", outcome="=outcome", reason='="理由"'),
        action("receive_next", "matter.receive", item="after_permit"),
        bpmn.script("ask", '=[granted("permit"), granted("after_permit"), missing("permit")]', "asked"),
        task("go"),
        action("accept_next", "matter.accept", **accept),
        task("then"),
    )
    found = desk(folder, model)
    found.start()
    return found


def test_a_matter_waits_for_the_licence_that_it_requires(tmp_path):
    found = second(tmp_path)
    found.complete("first", outcome="denied")

    words = refused(found, "go")

    assert words == "“事项after_permit”须在取得“事项permit”之后方可受理；本办件及其项目中尚未取得。"
    assert found.case.facts[ROOT, "asked"] == [False, False, ["plan", "deed"]]


def test_a_granted_licence_opens_the_way(tmp_path):
    found = second(tmp_path)
    found.complete("first", outcome="granted")

    found.complete("go")

    assert found.matter("after_permit").state == "accepted"
    assert found.case.facts[ROOT, "asked"] == [True, False, ["plan", "deed"]]


def test_silence_accepts_all_the_same_but_nothing_is_granted_on_it(tmp_path):
    ask = bpmn.script("ask", '=granted("permit")', "asked")
    review = action("review_next", "matter.review")
    decide = action("decide_next", "matter.decide", outcome='="granted"')
    found = received(tmp_path, "after_permit", ask, review, decide, task("last"), deemed="=true")

    found.complete("go")

    assert found.matter("after_permit").basis == "deemed"
    assert refused(found, "then").startswith("“事项after_permit”须在取得“事项permit”之后方可准予")


def test_a_licence_of_an_earlier_case_of_the_project_counts(tmp_path):
    join = action("join", "project.join", code="2603-990001-04-01-123456")
    model = steps(
        task("first"), join, action("receive", "matter.receive", item="after_permit"),
        action("accept", "matter.accept"), task("then"),
    )  # fmt: skip
    found = desk(tmp_path, model)
    found.start()
    found.complete("first")

    earlier = [{"item": "permit", "state": "handed_over", "decision": "granted"}]
    found.answer_all({"project.join": {"project": {"code": "2603-990001-04-01-123456", "matters": earlier}}})

    assert found.matter("after_permit").state == "accepted"


# ------------------------------------------------------------------ withdrawing


def test_a_withdrawal_that_the_procedure_does_not_wait_for_is_refused_in_the_clerks_words(tmp_path: Path) -> None:
    at = received(tmp_path, "strict", materials=("plan",))
    (number,) = at.case.matters

    with pytest.raises(Refused, match=r"to wait for a withdrawal") as undecided:
        at.give("WithdrawMatter", "window1", matter=number)

    assert say(undecided.value) == "该事项的办理流程在当前环节不接受撤回申请。"


def test_what_is_decided_is_not_withdrawn(tmp_path: Path) -> None:
    review = action("review", "matter.review")
    decide = action("decide", "matter.decide", outcome="granted")
    at = received(tmp_path, "strict", review, decide, task("end"), materials=("plan",))
    at.complete("go")
    at.complete("then")
    (number,) = at.case.matters

    with pytest.raises(Refused, match=r"to be undecided") as decided:
        at.give("WithdrawMatter", "window1", matter=number)

    assert say(decided.value) == "该事项已经决定或者已经办结，不能撤回申请。"
