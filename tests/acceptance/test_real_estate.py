"""Real-estate registration as it ships: its figures, its days over a long holiday, its claim on the unit, its register.

Source: 不动产登记暂行条例 art. 8, 14, 20–22; 契税法 art. 11.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.base import terms
from engine.base.errors import Conflict
from engine.case.context import Settings
from engine.case.records import plain
from engine.law.workdays import Calendar
from engine.model import chain as chains
from engine.model.chain.measures import measure
from engine.reading import scenarios
from engine.reading.scenarios import Player, Rehearsal
from engine.reading.views.materials import materials
from engine.reading.views.sight import Viewer
from tests.samples.stages import Shipped, workdays
from webui.cli import compose
from webui.sentences import say

SHIPPED = Shipped("real_estate")
CHAIN = SHIPPED.folder
SHOP, HOME = "990101001001GB00001F00010001", "990101002003GB00015F00030502"


@pytest.fixture
def stage(request: pytest.FixtureRequest, empty_database: Path) -> Iterator[Rehearsal]:
    """A stage whose clock stands where the scenario begins: `main`, or the one that the test names."""
    with SHIPPED.stage(getattr(request, "param", "main"), empty_database) as made:
        yield made


def handed_in(name: str, **other: Any) -> dict[str, Any]:
    """Return the first step of a scenario, the application, with some fields replaced."""
    step = dict(SHIPPED.scenario(name).steps[0])
    return {"complete": step["complete"], "by": step["by"], "variables": {**step["variables"], **other}}


def test_the_figures_of_the_reform() -> None:
    before, after = (chains.read(CHAIN / name).version for name in ("before", "after"))
    assert before is not None and after is not None

    assert measure(before).figures() == {"steps": 3, "materials": 25, "days": 7, "visits": 7, "windows": 4}
    assert measure(after).figures() == {"steps": 1, "materials": 14, "days": 3, "visits": 4, "windows": 2}


@pytest.mark.parametrize("stage", ["spring_festival"], indirect=True)
def test_over_the_spring_festival_nothing_takes_more_than_three_workdays(stage: Rehearsal) -> None:
    case = SHIPPED.played(stage, "spring_festival")
    calendar = Calendar.shipped()

    took = {m.item: workdays(calendar, m.accepted_on, m.decided_on) for m in case.matters.values()}

    assert took == {
        "estate_transfer": 2,
        "transaction_check": 0,
        "deed_tax": 1,
        "water_transfer": 1,
        "power_transfer": 1,
        "gas_transfer": 1,
        "broadband_transfer": 1,
    }
    assert workdays(calendar, "2026-02-13", case.matters[min(case.matters)].decided_on) == 2
    assert max(took.values()) <= 3


def test_a_unit_has_one_case_at_a_time(stage: Rehearsal) -> None:
    first, second = SHIPPED.begun(stage, "main"), SHIPPED.begun(stage, "main")
    first.act(handed_in("main"))

    with pytest.raises(Conflict) as refused:
        second.act(handed_in("main"))

    assert SHOP in say(refused.value)
    assert [task.element for task in stage.case(str(second.case)).tasks.values()] == ["intake"]


def test_the_unit_is_free_again_once_the_registration_is_withdrawn(stage: Rehearsal) -> None:
    first, second = SHIPPED.begun(stage, "main"), SHIPPED.begun(stage, "main")
    first.act(handed_in("main"))
    stage.give(
        "DeliverMessage", "system:outbox", first.case, {"name": "withdraw", "correlation_key": "estate_transfer"}
    )

    second.act(handed_in("main"))

    assert [m.state for m in stage.case(str(second.case)).matters.values()] == ["received"]


def test_who_sold_is_no_longer_the_owner_and_who_bought_is(stage: Rehearsal) -> None:
    SHIPPED.played(stage, "home")
    seller, buyer = SHIPPED.begun(stage, "home"), SHIPPED.begun(stage, "home")

    seller.act(handed_in("home"))
    owner = {"owner_name": "示范申请人甲", "owner_id": "11010519491231002X"}
    other = {"acquirer_name": "示范申请人乙", "acquirer_id": "990101198503120010"}
    buyer.act(handed_in("home", **owner, **other))

    assert states(stage, seller) == {"estate_transfer": "refused"}
    assert states(stage, buyer) == {"estate_transfer": "received"}


def states(stage: Rehearsal, player: Player) -> Mapping[str, str]:
    return {m.item: m.state for m in stage.case(str(player.case)).matters.values()}


def test_the_tax_is_of_the_table_and_stands_on_its_certificate(stage: Rehearsal) -> None:
    case = SHIPPED.played(stage, "home")

    certificates = {r.title: plain(r.value) for r in case.results.values() if r.kind == "certificate"}

    assert certificates["契税完税凭证"]["content"]["税率"] == "1%"
    assert certificates["契税完税凭证"]["content"]["税额"] == "15000元"
    assert terms.check("estate_certificate", certificates["不动产权证书"]["number"]).startswith("示(2026)示范县")
    assert certificates["不动产权证书"]["content"]["权利人"] == "示范申请人甲"


@pytest.mark.parametrize("name", ["home", "inheritance"])
def test_no_name_and_no_number_of_a_person_stands_in_the_journal(name: str, empty_database: Path) -> None:
    told = scenarios.told(SHIPPED.scenario(name), compose.stand_ins, empty_database)

    assert told["verified"]
    steps = json.dumps(told["steps"], ensure_ascii=False)
    assert [word for word in ("990101198503120010", "11010519491231002X", "示范申请人") if word in steps] == []


def test_a_unit_that_is_seized_after_acceptance_is_not_entered(stage: Rehearsal) -> None:
    player = SHIPPED.begun(stage, "main")
    steps = list(SHIPPED.scenario("main").steps)
    entry = next(place for place, step in enumerate(steps) if step.get("complete") == "pay")
    for step in steps[:entry]:
        player.play(step)
    stage.furnish({"real_estate": {SHOP: {"seized": True, "seized_by": "示范县人民法院"}}}, None)

    player.act(steps[entry])
    player.act(steps[entry + 1])

    found = next(m for m in stage.case(str(player.case)).matters.values() if m.item == "estate_transfer")
    assert found.state == "denied"
    assert found.reason == "受理以后该不动产已被示范县人民法院查封，解除查封后可以重新申请"


def test_once_the_kind_is_known_the_pages_ask_for_its_materials_only(stage: Rehearsal) -> None:
    player = SHIPPED.begun(stage, "main")
    before = asked_for(stage, player)
    player.act(handed_in("main"))

    assert len(before) == 14
    assert asked_for(stage, player) == {
        "estate_application",
        "power_of_attorney",
        "transfer_contract",
        "co_owner_consent",
        "estate_drawing",
    }


def asked_for(stage: Rehearsal, player: Player) -> set[str]:
    assert stage.organisation is not None
    viewer = Viewer("window1", stage.clock.now(), stage.organisation, Calendar.shipped(), Settings())
    cards = materials(viewer, player.scenario.version, stage.case(str(player.case)))
    return {card.key for card in cards if card.source == "applicant"}


def test_its_clocks_name_the_law_that_sets_them(stage: Rehearsal) -> None:
    player = SHIPPED.begun(stage, "main")
    for step in list(SHIPPED.scenario("main").steps)[:3]:
        player.act(step)

    case = stage.case(str(player.case))
    items = {m.number: m.item for m in case.matters.values()}
    articles = {c.article for c in case.clocks.values() if items[c.matter] == "estate_transfer"}
    assert articles == {"不动产登记暂行条例 20"}
