"""How a case is shown to people: names beside keys, lights in workdays, and only actions that are still possible."""

from __future__ import annotations

from datetime import datetime

import pytest

from engine.case.context import Settings
from engine.case.journal import Entry
from engine.case.records import effect_to_json
from engine.reading.views import history
from engine.reading.views.history import Basis, Told
from engine.reading.views.materials import MaterialCard, materials, needed
from engine.reading.views.sight import Viewer
from tests.samples import halls
from tests.samples.desk import CALENDAR, Desk, moment

ORGANISATION = halls.chain(halls.BUSINESS_STARTUP)[1]


def viewer(person: str, at: datetime) -> Viewer:
    return Viewer(person, at, ORGANISATION, CALENDAR, Settings())


@pytest.fixture
def desk() -> Desk:
    found = Desk.of(halls.BUSINESS_STARTUP, "2026-03-02 09:00")
    found.start(applicant={"name": "示范申请人甲"})
    return found


def test_a_role_has_its_own_name_though_a_person_goes_by_the_same_key() -> None:
    looking = viewer("auditor", moment("2026-03-02 09:00"))

    assert (looking.name("auditor"), looking.role("auditor")) == ("示范审计员", "审计")
    assert history.basis(looking, {"kind": "role", "role": "supervisor"}) == Basis("role", role="效能监督")


@pytest.mark.parametrize(
    ("now", "light", "left"),
    [
        ("2026-03-04 10:00", "yellow", 2),
        ("2026-03-06 23:00", "yellow", 0),
        ("2026-03-07 10:00", "red", None),  # a Saturday: overdue, but not yet by a workday
        ("2026-03-10 10:00", "red", -2),
    ],
)
def test_the_light_of_what_was_due_at_the_end_of_a_friday(now: str, light: str, left: int | None) -> None:
    assert viewer("window1", moment(now)).light("2026-03-07T00:00:00+08:00") == (light, left)


def test_papers_can_be_taken_back_as_long_as_no_matter_was_received_with_them(desk: Desk) -> None:
    looking = viewer("window1", desk.now)

    def may() -> set[str]:
        return {command for card in materials(looking, desk.version, desk.case) for command in card.may}

    assert may() == {"SupplyMaterial", "RemoveMaterial"}
    desk.complete("intake", "window1", **halls.APPLICATION)
    desk.answer_all()
    assert may() == {"SupplyMaterial"}


def test_the_history_calls_a_matter_by_its_item(desk: Desk) -> None:
    desk.complete("intake", "window1", **halls.APPLICATION)
    desk.answer_all()
    effects = desk.complete("check_completeness", "window1", outcome="accept")
    entry = Entry(
        case="2026-000001", sequence=9, recorded_at=desk.now.isoformat(), effective_on="2026-03-02", actor="window1",
        key=None, basis={"kind": "role", "role": "window"}, command={"type": "CompleteTask", "payload": {}},
        effects=[effect_to_json(effect) for effect in effects], context={}, state="", previous=None,
    )  # fmt: skip

    told = list(history.told(desk.version, desk.case, entry))

    assert Told("moved", "公司设立登记", state="accepted") in told
    (due,) = (one.due for one in told if (one.what, one.name, one.clock) == ("clock_due", "公司设立登记", "statutory"))
    assert due is not None and due.startswith("2026-03-0")


def cards(desk: Desk) -> dict[str, MaterialCard]:
    shown = materials(viewer("window1", desk.now), desk.version, desk.case)
    return {card.key: card for card in shown}


def test_what_the_matters_of_a_case_ask_for_comes_before_what_other_items_would() -> None:
    desk = Desk.of(halls.BUSINESS_STARTUP, "2026-03-02 09:00")
    desk.start(applicant={"name": "示范申请人甲"})
    before = cards(desk)

    desk.complete("intake", "window1", **halls.APPLICATION)
    desk.answer_all()

    assert desk.version.catalogue is not None
    own = {need.material for matter in desk.case.matters.values()
           for need in desk.version.catalogue.items[matter.item].materials}  # fmt: skip
    after = cards(desk)
    assert all(card.asked for card in before.values())
    assert {key for key, card in after.items() if card.asked} == own
    assert [card.asked for card in after.values()] == sorted((c.asked for c in after.values()), reverse=True)
    assert after.keys() == before.keys() != own


def test_only_the_matters_of_a_case_say_whether_a_material_is_required() -> None:
    desk = Desk.of(halls.BUSINESS_STARTUP, "2026-03-02 09:00")
    desk.start(applicant={"name": "示范申请人甲"})
    desk.complete("intake", "window1", **halls.APPLICATION)
    desk.answer_all()

    assert desk.version.catalogue is not None
    asking = [desk.version.catalogue.items[matter.item] for matter in desk.case.matters.values()]
    for card in (card for card in cards(desk).values() if card.asked):
        needs = [need for item in asking for need in item.materials if need.material == card.key]
        assert card.required == any(need.required for need in needs)
        assert len(card.items) == len(needs)


def test_before_a_kind_is_chosen_a_material_is_needed_for_sure_only_if_all_kinds_require_it() -> None:
    kinds = [frozenset({"transfer", "mortgage"})]

    assert needed({"transfer", "mortgage"}, kinds) == "always"
    assert needed({"transfer"}, kinds) == "some"
    assert needed({"transfer", "deed_tax"}, kinds) == "always"
    assert needed(set(), kinds) == "never"
