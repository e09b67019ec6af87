"""Roles and powers in the hall, and the basis on which somebody acts."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.base.errors import ModelError, NotFound
from engine.law import organisation
from engine.law.organisation import Basis, Holding, Party

MARCH_2 = date(2026, 3, 2)

HALL: dict[str, Any] = {
    "name": "示范县政务服务中心",
    "region": "990001",
    "zone": "Asia/Shanghai",
    "office_hours": ["09:00-12:00", "13:30-17:30"],
    "departments": [
        {"key": "market_regulation", "name": "市场监管局"},
        {"key": "tax", "name": "税务局"},
        {"key": "township", "name": "示范镇政府"},
    ],
    "roles": [{"key": key, "name": key} for key in ("window", "reviewer", "head")],
    "people": [{"key": key, "name": key} for key in ("window1", "reviewer1", "reviewer2", "clerk1", "head1", "new1")],
    "grants": [
        {"person": "window1", "role": "window"},
        {"person": "reviewer1", "role": "reviewer", "department": "market_regulation"},
        {"person": "reviewer2", "role": "reviewer", "department": "tax", "items": ["tax_registration"]},
        {"person": "clerk1", "role": "reviewer", "department": "township"},
        {
            "person": "head1",
            "role": "head",
            "department": "market_regulation",
            "from": "2026-01-01",
            "to": "2026-06-30",
        },
    ],
    "substitutes": [
        {"person": "reviewer1", "for": "head1", "from": "2026-03-02", "to": "2026-03-06"},
        {"person": "new1", "for": "reviewer1"},
    ],
    "delegations": [
        {
            "item": "establishment",
            "from_department": "market_regulation",
            "to_department": "township",
            "area": "990001100",
            "from": "2026-03-01",
        }
    ],
}


def read(**changes: Any) -> organisation.Organisation:
    return organisation.read(json.dumps(HALL | changes).encode())


def wrong(**changes: Any) -> set[str]:
    with pytest.raises(ModelError) as caught:
        read(**changes)
    return set(caught.value.fields["errors"])


def test_a_role_is_held_between_its_dates_both_included():
    hall = read(substitutes=[])
    held = (Holding("head", "market_regulation", None),)

    assert hall.roles_of("head1", date(2025, 12, 31)) == ()
    assert hall.roles_of("head1", date(2026, 1, 1)) == held
    assert hall.roles_of("head1", date(2026, 6, 30)) == held
    assert hall.roles_of("head1", date(2026, 7, 1)) == ()
    assert hall.roles_of("nobody", MARCH_2) == ()


def test_a_substitute_holds_the_others_roles_while_it_lasts():
    hall = read()

    assert hall.roles_of("reviewer1", MARCH_2) == (
        Holding("reviewer", "market_regulation", None),
        Holding("head", "market_regulation", None, via="head1"),
    )
    assert hall.roles_of("reviewer1", date(2026, 3, 7)) == (Holding("reviewer", "market_regulation", None),)


def test_a_substitution_is_not_passed_on():
    held = read().roles_of("new1", MARCH_2)

    assert held == (Holding("reviewer", "market_regulation", None, via="reviewer1"),)


def test_a_substitute_of_one_whose_grant_is_over_holds_nothing():
    hall = read(substitutes=[{"person": "new1", "for": "head1"}])

    assert hall.may("new1", ["head"], "market_regulation", None, date(2026, 6, 30)) is not None
    assert hall.may("new1", ["head"], "market_regulation", None, date(2026, 7, 1)) is None


def test_the_basis_says_why():
    hall = read()

    own = hall.may("reviewer1", ["reviewer"], "market_regulation", "other_item", MARCH_2)
    acting = hall.may("reviewer1", ["head"], "market_regulation", "other_item", MARCH_2)

    assert own == Basis("role", "reviewer", "market_regulation")
    assert own.as_dict() == {"kind": "role", "role": "reviewer", "department": "market_regulation"}
    assert acting == Basis("substitute", "head", "market_regulation", for_person="head1")


def test_a_basis_of_ones_own_comes_before_one_as_a_substitute():
    basis = read().may("reviewer1", ["head", "reviewer"], "market_regulation", None, MARCH_2)

    assert basis == Basis("role", "reviewer", "market_regulation")


def test_a_role_reaches_no_other_department():
    hall = read()

    assert hall.may("reviewer1", ["reviewer"], "tax", "tax_registration", MARCH_2) is None
    assert hall.may("reviewer1", ["head"], "market_regulation", None, date(2026, 3, 9)) is None
    assert hall.may("window1", ["window"], "tax", "tax_registration", MARCH_2) == Basis("role", "window")


def test_a_grant_for_some_items_covers_only_those():
    hall = read()

    assert hall.may("reviewer2", ["reviewer"], "tax", "tax_registration", MARCH_2) is not None
    assert hall.may("reviewer2", ["reviewer"], "tax", "invoices", MARCH_2) is None
    assert hall.may("reviewer2", ["reviewer"], "tax", None, MARCH_2) is None


def test_a_task_of_no_department_is_open_to_the_role_in_any():
    assert read().candidates(["reviewer"], None, None, MARCH_2) == ("reviewer1", "clerk1", "new1")


def test_a_delegated_power_is_exercised_where_it_was_delegated_to():
    hall, area = read(), "990001100"

    there = hall.may("clerk1", ["reviewer"], "market_regulation", "establishment", MARCH_2, area)

    assert there == Basis("delegation", "reviewer", "township", from_department="market_regulation")
    assert hall.may("reviewer1", ["reviewer"], "market_regulation", "establishment", MARCH_2, area) is None
    assert hall.candidates(["reviewer"], "market_regulation", "establishment", MARCH_2, area) == ("clerk1",)


def test_who_asks_with_the_department_that_holds_the_power_gets_the_same_basis():
    hall, area = read(), "990001100"

    holder = hall.department_of("establishment", "market_regulation", area, MARCH_2)

    assert holder == "township"
    assert hall.may("clerk1", ["reviewer"], holder, "establishment", MARCH_2, area) == hall.may(
        "clerk1", ["reviewer"], "market_regulation", "establishment", MARCH_2, area
    )


@pytest.mark.parametrize(
    ("item", "area", "on"),
    [
        ("other_item", "990001100", MARCH_2),
        ("establishment", "990001200", MARCH_2),
        ("establishment", None, MARCH_2),
        ("establishment", "990001100", date(2026, 2, 28)),
    ],
)
def test_a_delegation_reaches_only_its_item_area_and_time(item: str, area: str | None, on: date):
    assert read().department_of(item, "market_regulation", area, on) == "market_regulation"


@pytest.mark.parametrize(
    ("delegated", "asked", "is_within"),
    [
        ("990001100", "990001100003", True),  # a village of the town
        ("990001100", "990001100000", True),  # the town, in twelve digits
        ("990001", "990001100", True),
        ("990000", "990001100", True),
        ("990001000000", "990001", True),
        ("990001100", "990001", False),  # the county around it
        ("990001100", "990001101", False),
        ("990001", "990011", False),
        ("990001", None, False),
    ],
)
def test_a_delegation_for_an_area_holds_in_all_of_its_parts(delegated: str, asked: str | None, is_within: bool):
    hall = read(delegations=[HALL["delegations"][0] | {"area": delegated}])

    holder = hall.department_of("establishment", "market_regulation", asked, MARCH_2)

    assert holder == ("township" if is_within else "market_regulation")


@given(
    delegated=st.sampled_from([None, "990000", "990001", "990001100", "990001100000", "990001100003"]),
    area=st.from_regex(r"99000[12](100|101)?(003|000)?", fullmatch=True) | st.none(),
    on=st.dates(date(2026, 2, 20), date(2026, 3, 20)),
)
def test_one_department_exercises_a_power_at_each_place_and_time(delegated: str | None, area: str | None, on: date):
    hall = read(delegations=[HALL["delegations"][0] | {"area": delegated, "to": "2026-03-10"}])

    may = [
        person
        for person in ("reviewer1", "clerk1")
        if hall.may(person, ["reviewer"], "market_regulation", "establishment", on, area)
    ]

    holder = hall.department_of("establishment", "market_regulation", area, on)
    assert may == [{"market_regulation": "reviewer1", "township": "clerk1"}[str(holder)]]
    if not date(2026, 3, 1) <= on <= date(2026, 3, 10):
        assert holder == "market_regulation"


def test_one_area_within_another_is_delegated_once():
    town = HALL["delegations"][0]

    assert wrong(delegations=[town, town | {"area": "990001100003"}]) == {"delegations[1]"}
    assert len(read(delegations=[town, town | {"area": "990001200"}]).delegations) == 2


def test_tasks_of_a_power_that_went_elsewhere_are_found_where_they_were_opened():
    town = HALL["delegations"][0]
    back = read(delegations=[town | {"to": "2026-03-01"}])
    everywhere = read(delegations=[town | {"area": None}])

    assert back.elsewhere("market_regulation", MARCH_2) == (("township", "establishment"),)
    assert back.elsewhere("township", MARCH_2) == ()
    assert everywhere.elsewhere("township", MARCH_2) == (("market_regulation", "establishment"),)
    assert everywhere.elsewhere("market_regulation", MARCH_2) == ()
    again = read(delegations=[town | {"to": "2026-03-01"}, town | {"from": "2026-03-02"}])
    assert again.elsewhere("market_regulation", MARCH_2) == ()


def test_a_department_that_was_dissolved_is_none_from_the_next_day_on():
    departments = [
        *HALL["departments"],
        {"key": "names", "name": "名称登记处", "from": "2020-01-01", "to": "2026-03-02"},
    ]
    hall = read(departments=departments)

    assert [hall.has_department("names", date(2026, 3, day)) for day in (1, 2, 3)] == [True, True, False]
    assert not hall.has_department("names", date(2019, 12, 31))
    assert not hall.has_department("never", MARCH_2)
    assert hall.name_of("names") == "名称登记处"
    assert wrong(departments=[departments[3] | {"to": "2019-01-01"}, *HALL["departments"]]) == {"departments[0].to"}


def test_departments_without_dates_are_laid_out_as_they_were():
    """Otherwise the digest of an organisation that is in force would change."""
    hall = json.loads(read().to_json())

    assert hall["departments"] == HALL["departments"]


def test_names_are_shown_and_unknown_ones_refused():
    assert read().name_of("tax") == "税务局"
    with pytest.raises(NotFound, match="ghost"):
        read().name_of("ghost")


def test_wrong_references_are_all_named():
    found = wrong(
        grants=[{"person": "ghost", "role": "king", "department": "moon"}],
        substitutes=[{"person": "ghost", "for": "phantom"}],
        delegations=[{"item": "x", "from_department": "tax", "to_department": "moon"}],
    )

    assert found == {
        "grants[0].person",
        "grants[0].role",
        "grants[0].department",
        "substitutes[0].person",
        "substitutes[0].for",
        "delegations[0].to_department",
    }


def test_wrong_dates_and_doubled_keys_are_named():
    grant = HALL["grants"][0] | {"from": "2026-03-02", "to": "2026-03-01"}

    assert wrong(grants=[grant]) == {"grants[0].to"}
    assert wrong(grants=[grant | {"to": "2026-02-30"}]) == {"grants[0].to"}
    assert wrong(roles=[*HALL["roles"], HALL["roles"][0]]) == {"roles[3].key"}
    assert wrong(substitutes=[{"person": "head1", "for": "head1"}]) == {"substitutes[0].for"}


def test_hall_zone_and_office_hours_are_checked():
    assert wrong(zone="Asia/Atlantis") == {"zone"}
    assert wrong(zone="../etc/passwd") == {"zone"}
    assert wrong(office_hours=["13:30-17:30", "09:00-12:00"]) == {"office_hours"}
    assert wrong(office_hours=["9-12"]) == {"office_hours[0]"}
    assert wrong(region="99") == {"region"}


def test_a_power_is_delegated_once_and_not_on():
    there = {"item": "x", "from_department": "tax", "to_department": "township"}

    assert wrong(delegations=[there, there | {"to_department": "market_regulation"}]) == {"delegations[1]"}
    onward = {"item": "x", "from_department": "township", "to_department": "market_regulation"}
    assert wrong(delegations=[there, onward]) == {"delegations[1].from_department"}
    assert wrong(delegations=[there | {"to_department": "tax"}]) == {"delegations[0].to_department"}
    apart = read(delegations=[there | {"to": "2026-03-01"}, there | {"from": "2026-03-02"}])
    assert len(apart.delegations) == 2


def test_what_was_read_reads_back_the_same():
    hall = read()

    assert organisation.read(hall.to_json()) == hall
    assert hall.digest == read().digest != read(name="另一中心").digest


@given(
    person=st.sampled_from([entry["key"] for entry in HALL["people"]]),
    roles=st.lists(st.sampled_from(["window", "reviewer", "head"]), max_size=2),
    department=st.sampled_from([None, "market_regulation", "tax", "township"]),
    item=st.sampled_from([None, "establishment", "tax_registration"]),
    area=st.sampled_from([None, "990001100"]),
    on=st.dates(date(2025, 12, 1), date(2026, 8, 1)),
)
def test_candidates_are_exactly_those_who_may(
    person: str, roles: list[str], department: str | None, item: str | None, area: str | None, on: date
):
    hall = read()

    basis = hall.may(person, roles, department, item, on, area)

    assert (person in hall.candidates(roles, department, item, on, area)) == (basis is not None)
    if basis is not None:
        assert basis.role in roles


# ------------------------------------------------------------------ who is meant


@pytest.mark.parametrize(
    ("name", "party"),
    [
        ("reviewer1", Party(person="reviewer1")),
        ("market_regulation", Party(roles=("head", "reviewer"), department="market_regulation")),
        ("role:reviewer@tax", Party(roles=("reviewer",), department="tax")),
        ("reviewer@tax", Party(roles=("reviewer",), department="tax")),
        ("role:head", Party(roles=("head",))),
        ("head", Party(roles=("head",))),
        ("nobody", None),
        ("role:head@nowhere", None),
        ("role:nothing@tax", None),
        ("role:head@", None),
        ("", None),
    ],
)
def test_a_name_stands_for_a_person_a_department_or_a_role_in_one(name: str, party: Party | None):
    assert read().party(name, MARCH_2) == party


def test_a_person_goes_before_a_department_and_a_department_before_a_role():
    keys = [{"key": key, "name": key} for key in ("tax", "head1")]
    hall = read(departments=[*HALL["departments"], {"key": "head1", "name": "x"}, {"key": "head", "name": "y"}],
                people=[*HALL["people"], keys[0]],
                grants=[*HALL["grants"], {"person": "new1", "role": "reviewer", "department": "head"}])  # fmt: skip

    assert hall.party("tax", MARCH_2) == Party(person="tax")
    assert hall.party("head1", MARCH_2) == Party(person="head1")
    assert hall.party("head", MARCH_2) == Party(roles=("reviewer",), department="head")


def test_a_department_is_nobody_once_it_is_dissolved_or_has_no_people():
    gone = [{"key": "tax", "name": "税务局", "to": "2026-03-01"}, *HALL["departments"][:1], HALL["departments"][2]]
    assert read(departments=gone, grants=[], delegations=[], substitutes=[]).party("tax", MARCH_2) is None
    assert read(grants=[], substitutes=[]).party("tax", MARCH_2) is None


def test_a_role_in_the_whole_hall_is_not_asked_to_act_for_a_department():
    grants = [*HALL["grants"], {"person": "clerk1", "role": "window", "department": "tax"}]

    assert read(grants=grants).party("tax", MARCH_2) == Party(roles=("reviewer",), department="tax")


def test_whoever_is_meant_on_some_day_is_told_for_each_turn():
    """A role that is held in the whole hall from March on is the department's before, and no longer then."""
    grants = [{"person": "clerk1", "role": "window", "department": "tax", "from": "2026-01-01"},
              {"person": "clerk1", "role": "window", "from": "2026-03-01", "to": "2026-03-31"}]  # fmt: skip
    hall = read(grants=grants)

    assert hall.party("tax", MARCH_2) is None
    assert set(hall.parties("tax")) == {Party(roles=("window",), department="tax")}
    assert hall.parties("nobody") == () and set(hall.parties("clerk1")) == {Party(person="clerk1")}


# ------------------------------------------------------------------ the file that comes out again

DAYS = st.none() | st.dates(date(2000, 1, 1), date(2099, 12, 31)).map(str)
NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=8)


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """Organisation files of every shape: dates, items, areas there or not, hours, substitutes, delegations."""

    def named(prefix: str, *more: str) -> list[dict[str, Any]]:
        return [
            {"key": f"{prefix}{n}", "name": draw(NAMES)} | {name: draw(DAYS) for name in more if draw(st.booleans())}
            for n in range(draw(st.integers(2, 4)))
        ]

    def one(of: list[dict[str, Any]]) -> str:
        return str(draw(st.sampled_from(of))["key"])

    def some(**fields: Any) -> dict[str, Any]:
        return {name: value for name, value in fields.items() if draw(st.booleans())}

    departments, roles, people = named("d", "to"), named("r"), named("p")
    grants = [
        {"person": one(people), "role": one(roles)}
        | some(department=one(departments), items=draw(st.lists(NAMES, unique=True)), to="2099-12-31")
        for _ in range(draw(st.integers(0, 4)))
    ]
    delegation = {"item": draw(NAMES), "from_department": "d0", "to_department": "d1"}
    delegation |= some(area="990001100", to="2020-01-01")
    return {
        "name": draw(NAMES), "region": "990001", "departments": departments, "roles": roles, "people": people,
        "grants": grants,
    } | some(
        office_hours=["09:00-12:00", "13:30-17:30"],
        substitutes=[{"person": "p0", "for": "p1", "from": "2026-01-01"}],
        delegations=[delegation],
    )  # fmt: skip


@given(files())
@settings(max_examples=100, deadline=None)
def test_what_was_read_comes_out_and_is_the_same_when_it_is_read_again(file: dict[str, Any]) -> None:
    first = organisation.read(json.dumps(file).encode())

    again = organisation.read(json.dumps(json.loads(first.to_json()), indent=2, ensure_ascii=False).encode())

    assert again == first and again.digest == first.digest
