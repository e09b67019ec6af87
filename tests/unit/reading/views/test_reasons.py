"""The history says why: with the texts of the version that the case ran, and no personal value."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.case.journal import Entry
from engine.case.records import Effect, effect_to_json
from engine.model.chain import ChainVersion
from engine.reading.views.application import Listing, Row
from engine.reading.views.reasons import Matched, Read, Reason, reasons
from tests.samples import halls
from tests.samples.desk import Desk
from tests.unit.case import test_reasons as samples
from tests.unit.model.runtime import bpmn_text as bpmn


def entry_of(desk: Desk, effects: list[Effect]) -> Entry:
    return Entry(
        case="2026-000001", sequence=2, recorded_at=desk.now.isoformat(), effective_on="2026-03-02", actor="window1",
        key=None, basis={}, command={"type": "CompleteTask", "payload": {}},
        effects=[effect_to_json(effect) for effect in effects], context={"chain": desk.version.digest},
        state="", previous=None,
    )  # fmt: skip


def told(desk: Desk, effects: list[Effect]) -> list[Reason]:
    version_of: Callable[[str], ChainVersion] = {desk.version.digest: desk.version}.__getitem__
    return list(reasons(version_of, entry_of(desk, effects)))


def test_a_decision_is_told_by_its_name_with_labelled_inputs_and_the_first_rule_as_written(tmp_path: Path) -> None:
    desk = samples.desk_of(tmp_path, samples.rule_task("size", "size"))

    (one,) = told(desk, desk.complete("T", area=1200))

    assert (one.what, one.name, one.outcome) == ("decision", "规模", Read("", "large"))
    assert one.read == (Read("面积", "1200"),)
    assert one.rules == (Matched("规模", 1, "大型项目", ("area > 1000",)),)
    assert one.warnings == ()


def test_of_a_table_whose_matches_all_count_all_are_told(tmp_path: Path) -> None:
    collected = samples.DMN.replace('hitPolicy="FIRST"', 'hitPolicy="COLLECT"')
    desk = samples.desk_of(tmp_path, samples.rule_task("size", "size"), dmn=collected)

    (one,) = told(desk, desk.complete("T", area=1200))

    assert [rule.number for rule in one.rules] == [1, 2]


def test_a_personal_value_is_not_shown_and_one_that_nobody_gave_is_empty(tmp_path: Path) -> None:
    desk = samples.desk_of(tmp_path, samples.rule_task("way", "way"))

    (one,) = told(desk, desk.complete("T", holder="示范申请人甲"))

    assert set(one.read) == {Read("面积", None), Read("权利人", None, "personal")}
    assert "示范申请人甲" not in repr(one)
    assert one.warnings and one.outcome == Read("", None)


@pytest.mark.parametrize(
    ("given", "ways", "read"),
    [
        ({"area": 2000}, ("大户",), {("面积", "2000"), ('supplied("plan")', False)}),
        ({"area": 5}, ("E",), {("面积", "5"), ("权利人", None)}),
    ],
)
def test_a_way_is_told_by_the_name_of_its_flow_or_of_where_it_leads(
    tmp_path: Path, given: dict[str, Any], ways: tuple[str, ...], read: set[tuple[str, Any]]
) -> None:
    gateway = bpmn.element("exclusiveGateway", "G", default="other", name="大小")
    flows = samples.FLOWS.replace('id="large"', 'id="large" name="大户"')
    desk = samples.desk_of(tmp_path, gateway, samples.user("a"), samples.user("b"), flows=flows)

    (one,) = told(desk, desk.complete("T", **given))

    assert (one.what, one.name, one.ways) == ("way", "大小", ways)
    assert {(value.label, value.value) for value in one.read} == read


def test_the_texts_are_those_of_the_version_that_the_entry_ran(tmp_path: Path) -> None:
    old = samples.desk_of(tmp_path / "old", samples.rule_task("size", "size"))
    effects = old.complete("T", area=1200)
    new = tmp_path / "new"
    new.mkdir()
    newer = samples.desk_of(new, samples.rule_task("size", "size"), dmn=samples.DMN.replace("大型项目", "改过的说明"))
    versions = {desk.version.digest: desk.version for desk in (old, newer)}

    (one,) = reasons(versions.__getitem__, entry_of(old, effects))

    assert one.rules[0].note == "大型项目"


def test_an_output_of_several_values_has_the_labels_of_its_columns() -> None:
    desk = Desk.of(halls.BUSINESS_STARTUP, "2026-03-02 09:00")
    desk.start(applicant={"name": "示范申请人甲"})

    found = told(desk, desk.complete("intake", "window1", **halls.APPLICATION))

    decision = next(one for one in found if one.what == "decision")
    assert decision.outcome is not None and isinstance(decision.outcome.value, Listing)
    (rows,) = decision.outcome.value.rows
    assert all(isinstance(row, Row) and row.label for row in rows)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (
            '=[{name: "甲", share: 0.5}, {name: null}]',
            Listing(((Row("name", "甲"), Row("share", "0.5")), (Row("name", ""),))),
        ),
        ("=[[1, 2], [3]]", ("[1, 2]", "[3]")),
        ("={kind: {code: 1}, open: true}", Listing(((Row("kind", Listing(((Row("", "1"),),))), Row("open", True)),))),
        ('=date("2026-03-02")', "2026-03-02"),
        ("=[]", ()),
    ],
)
def test_a_value_of_any_kind_can_be_shown(tmp_path: Path, value: str, shown: Any) -> None:
    flows = bpmn.flows("S>T T>Q Q>G b>E") + bpmn.flow("no", "G", "E") + bpmn.flow("yes", "G", "b", "=held != null")
    gateway = bpmn.element("exclusiveGateway", "G", default="no")
    desk = samples.desk_of(tmp_path, bpmn.script("Q", value, "held"), gateway, samples.user("b"), flows=flows)

    (one,) = told(desk, desk.complete("T"))

    assert one.read == (Read("held", shown),)
