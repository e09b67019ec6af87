"""The rules of the catalogue, one rule a test."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.base.errors import ModelError, NotFound
from engine.law import catalogue

ITEM: dict[str, Any] = {
    "key": "establishment",
    "code": "000131001000",
    "name": "企业设立登记",
    "department": "market_regulation",
    "kind": "committed",
    "valid_from": "2024-01-01",
    "valid_to": "2026-12-31",
    "basis": [{"law": "市场主体登记管理条例", "article": "第十九条"}],
    "conditions": ["名称已申报"],
    "materials": [
        {
            "material": "articles",
            "required": True,
            "tolerable": False,
            "source": "applicant",
            "certificate": None,
        },
        {"material": "identity", "source": "certificate", "certificate": "id_card"},
    ],
    "limits": {
        "statutory": {"amount": 3, "unit": "workday", "extension": 3},
        "promised": {"amount": 0.5, "unit": "workday"},
        "receipt_check": {"amount": 5},
        "delivery": {"amount": 10},
    },
    "starts_on": "acceptance",
    "sign_off": ["reviewer", "head"],
    "fees": [],
    "result": {"certificate": "business_licence", "name": "营业执照"},
    "flow": "受理—审查—决定—送达",
    "visits": 0,
    "tags": ["one_visit"],
    "sensitive": None,
}
MATERIALS = [{"key": "articles", "name": "公司章程"}, {"key": "identity", "name": "身份证", "personal": True}]


def read(*items: dict[str, Any], materials: list[dict[str, Any]] = MATERIALS) -> catalogue.Catalogue:
    return catalogue.read(json.dumps({"items": items, "materials": materials}).encode())


def changed(**changes: Any) -> dict[str, Any]:
    return ITEM | changes


def limits(**changes: Any) -> dict[str, Any]:
    return changed(limits=ITEM["limits"] | changes)


def tolerant(**changes: Any) -> dict[str, Any]:
    """Return the item with a material that may be supplied later."""
    needs = [ITEM["materials"][0] | {"tolerable": True}, ITEM["materials"][1]]
    within = ITEM["limits"] | {"supply": {"amount": 0.5}}
    return changed(**{"materials": needs, "limits": within} | changes)


def rules(found: catalogue.Catalogue) -> set[tuple[str, str, str]]:
    return {(problem.path, problem.rule, problem.severity) for problem in found.problems}


def test_a_complete_catalogue_has_no_problems():
    assert read(ITEM).problems == ()


def test_an_item_holds_on_its_first_and_on_its_last_day_only():
    found = read(ITEM)

    assert found.item("establishment", date(2024, 1, 1)) is found.items["establishment"]
    assert found.item("establishment", date(2026, 12, 31)).name == "企业设立登记"
    for day in (date(2023, 12, 31), date(2027, 1, 1)):
        with pytest.raises(NotFound, match="holds from 2024-01-01 until 2026-12-31"):
            found.item("establishment", day)


def test_nothing_outside_the_catalogue_is_found():
    with pytest.raises(NotFound, match="establishment"):
        read(ITEM).item("fortune_telling", date(2026, 3, 2))


def test_facts_for_expressions_are_plain_and_exact():
    facts = read(ITEM).items["establishment"].as_facts()

    assert facts["promised"] == Decimal("0.5")
    assert facts["statutory"] == 3
    assert facts["limits"]["statutory"] == {"amount": 3, "unit": "workday", "extension": 3}
    assert facts["sign_off"] == ["reviewer", "head"]
    assert facts["materials"][1] == {
        "key": "identity",
        "name": "身份证",
        "required": True,
        "tolerable": False,
        "source": "certificate",
        "certificate": "id_card",
    }
    assert facts["result"] == {"name": "营业执照", "certificate": "business_licence"}


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("name", "name"),
        ("basis", "basis"),
        ("conditions", "conditions"),
        ("flow", "flow"),
        ("result", "result"),
        ("sign_off", "sign_off"),
    ],
)
def test_the_guide_says_every_field(field: str, path: str):
    empty: Any = {"name": " ", "flow": "", "result": None}.get(field, [])

    assert rules(read(changed(**{field: empty}))) == {(f"items[0].{path}", "guide_field", "error")}


def test_the_guide_says_both_limits():
    found = rules(read(limits(statutory=None, promised=None)))

    assert found == {
        ("items[0].limits.promised", "guide_field", "error"),
        ("items[0].limits.statutory", "guide_field", "error"),
    }


def test_a_service_needs_neither_basis_nor_result():
    service = changed(kind="service", basis=[], result=None, sign_off=[], limits={"promised": {"amount": 1}})

    assert read(service).problems == ()


@pytest.mark.parametrize(
    "text",
    ["其他材料", "法律法规规定的其他证明文件", "身份证等材料", "登记机关认为需要提交的文件", "视情况提供"],
)
def test_catch_all_clauses_are_errors_wherever_they_stand(text: str):
    materials = [MATERIALS[0] | {"name": text}, MATERIALS[1]]

    found = rules(read(changed(conditions=["名称已申报", text], flow=text), materials=materials))

    assert found == {
        (path, "catch_all", "error") for path in ("items[0].conditions[1]", "items[0].flow", "materials[0].name")
    }


@given(st.integers(0, 60), st.integers(1, 60))
def test_promised_is_within_the_statutory_limit_and_should_be_within_two_thirds(promised: int, statutory: int):
    found = rules(read(limits(statutory={"amount": statutory}, promised={"amount": promised})))

    path = "items[0].limits.promised"
    if promised > statutory:
        assert found == {(path, "promised_over_statutory", "error")}
    elif 3 * promised > 2 * statutory:
        assert found == {(path, "promised_share", "warning")}
    else:
        assert found == set()


def test_limits_in_different_units_are_not_compared():
    found = rules(read(limits(promised={"amount": 4, "unit": "hour"})))

    assert found == {("items[0].limits.promised", "units_differ", "warning")}


def test_the_law_bounds_the_receipt_check_and_the_delivery():
    found = rules(read(limits(receipt_check={"amount": 6}, delivery={"amount": 11})))

    assert found == {
        ("items[0].limits.receipt_check", "over_the_law", "error"),
        ("items[0].limits.delivery", "over_the_law", "error"),
    }


def test_an_instant_item_promises_nothing_but_now():
    assert rules(read(changed(kind="instant"))) == {("items[0].limits.promised", "instant", "warning")}
    assert read(changed(kind="instant", limits=ITEM["limits"] | {"promised": {"amount": 0}})).problems == ()


def test_what_a_certificate_proves_is_not_asked_of_the_applicant():
    asked = changed(materials=[{"material": "identity", "source": "applicant", "certificate": "id_card"}])

    assert rules(read(asked)) == {("items[0].materials[0].source", "certificate_proves", "error")}


def test_what_one_item_takes_from_the_library_no_other_asks_of_the_applicant():
    asks = changed(key="tax", materials=[{"material": "identity"}])

    assert rules(read(ITEM, asks)) == {("items[1].materials[0].source", "sharing_replaces", "error")}


def test_what_another_matter_of_the_case_hands_on_is_asked_once():
    reuses = changed(key="tax", materials=[{"material": "articles", "source": "matter"}])

    assert read(ITEM, reuses).problems == ()


def test_references_of_materials_must_exist_and_stand_once():
    needs = [
        {"material": "articles"},
        {"material": "articles"},
        {"material": "photo", "source": "certificate"},
    ]

    assert rules(read(changed(materials=needs))) == {
        ("items[0].materials[1].material", "asked_twice", "error"),
        ("items[0].materials[2].material", "unknown_material", "error"),
        ("items[0].materials[2].certificate", "certificate_missing", "error"),
    }


def test_sensitive_items_take_neither_tolerance_nor_commitment():
    lenient = tolerant(sensitive="public_safety", tags=["commitment"], commitment=True)

    assert rules(read(lenient)) == {
        ("items[0].materials[0].tolerable", "not_tolerable", "error"),
        ("items[0].tags", "no_commitment", "error"),
        ("items[0].commitment", "no_commitment", "error"),
    }
    assert read(tolerant(commitment=True)).problems == ()


@given(st.integers(0, 30), st.integers(0, 20))
def test_what_was_tolerated_is_supplied_within_the_promised_limit(supply: int, promised: int):
    given = {"statutory": {"amount": 30}, "promised": {"amount": promised}, "supply": {"amount": supply}}

    found = rules(read(tolerant(limits=given)))

    path = "items[0].limits.supply"
    assert found == ({(path, "supply_over_promised", "error")} if supply > promised else set())


def test_the_time_to_supply_is_said_in_the_unit_of_the_promise():
    path = "items[0].limits.supply"

    assert rules(read(limits(supply={"amount": 1, "unit": "hour"}))) == {(path, "units_differ", "error")}
    assert rules(read(tolerant(limits=ITEM["limits"]))) == {(path, "supply_missing", "error")}


def test_each_department_is_consulted_once_and_by_a_limit():
    twice = [{"department": "ecology", "subject": "environment"}, {"department": "ecology"}]
    itself = [{"department": "market_regulation"}]

    assert rules(read(changed(consults=twice))) == {
        ("items[0].consults[1].department", "asked_twice", "error"),
        ("items[0].limits.step", "step_missing", "warning"),
    }
    with_step = ITEM["limits"] | {"step": {"amount": 1}}
    assert rules(read(changed(consults=itself, limits=with_step))) == {
        ("items[0].consults[0].department", "asked_twice", "error")
    }
    assert read(changed(consults=twice[:1], limits=with_step)).problems == ()


def test_what_an_item_requires_is_in_the_catalogue_and_does_not_wait_for_it():
    first = changed(key="first", requires=["establishment"])

    assert read(first, ITEM).problems == ()
    assert rules(read(first, changed(requires=["unheard"]))) == {("items[1].requires[0]", "unknown_item", "error")}
    assert rules(read(first, changed(requires=["second"]), changed(key="second", requires=["first"]))) == {
        (f"items[{place}].requires[0]", "requires_itself", "error") for place in range(3)
    }
    assert rules(read(changed(requires=["establishment"]))) == {("items[0].requires[0]", "requires_itself", "error")}


def test_fields_that_came_later_are_left_out_where_they_say_nothing():
    """Otherwise the digests of chain versions that are in force would change."""
    (entry,) = json.loads(read(ITEM).to_json())["items"]
    said = changed(
        commitment=True,
        unsupplied="terminated",
        requires=["first"],
        consults=[{"department": "ecology", "subject": None}],
    )

    assert not {"commitment", "unsupplied", "requires", "consults"} & set(entry)
    assert catalogue.read(read(said).to_json()) == read(said)
    facts = read(said).items["establishment"].as_facts()
    assert {name: facts[name] for name in ("commitment", "unsupplied", "requires", "consults")} == {
        name: said[name] for name in ("commitment", "unsupplied", "requires", "consults")
    }


def test_keys_stand_once_and_the_first_one_counts():
    found = read(ITEM, changed(name="另一事项"), materials=[*MATERIALS, MATERIALS[0] | {"name": "副本"}])

    assert rules(found) == {
        ("items[1].key", "double_key", "error"),
        ("materials[2].key", "double_key", "error"),
    }
    assert found.items["establishment"].name == "企业设立登记"
    assert found.materials["articles"].name == "公司章程"


def files(**contents: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> catalogue.Catalogue:
    """Return the catalogue made of several files, each with its items and its materials."""
    written = {name: {"items": items, "materials": materials} for name, (items, materials) in contents.items()}
    return catalogue.assembled({name: catalogue.parsed(json.dumps(one).encode()) for name, one in written.items()})


def test_several_files_make_one_catalogue_in_their_order():
    first, second = changed(key="first"), changed(key="second", requires=["first"])

    found = files(one=([second], MATERIALS[1:]), two=([], MATERIALS[:1]), three=([first], []))

    assert found.problems == ()
    assert found == read(second, first, materials=[MATERIALS[1], MATERIALS[0]])
    assert list(found.items) == ["second", "first"]
    assert list(found.materials) == ["identity", "articles"]
    assert found.files == {"second": "one", "first": "three"}
    assert [need.name for need in found.items["second"].materials] == ["公司章程", "身份证"]
    assert found.subset(["first"]).to_json() == read(first, materials=[MATERIALS[1], MATERIALS[0]]).to_json()


def test_a_problem_names_the_file_and_the_place_in_it():
    found = files(one=([changed(key="first")], MATERIALS), two=([changed(key="a"), changed(key="b", flow="")], []))

    assert [(problem.file, problem.path, problem.rule) for problem in found.problems] == [
        ("two", "items[1].flow", "guide_field")
    ]


def test_a_key_in_two_files_is_an_error_that_names_both():
    found = files(one=([ITEM], MATERIALS), two=([changed(name="另一事项")], [MATERIALS[0] | {"name": "副本"}]))

    assert [(problem.file, problem.path, problem.rule, problem.severity) for problem in found.problems] == [
        ("two", "items[0].key", "double_key", "error"),
        ("two", "materials[0].key", "double_key", "error"),
    ]
    assert all("2 times, in one and two;" in problem.message for problem in found.problems)
    assert (found.items["establishment"].name, found.files["establishment"]) == ("企业设立登记", "one")
    assert found.materials["articles"].name == "公司章程"


def test_code_department_and_dates_are_checked():
    found = rules(read(changed(code="12", department="", valid_to="2023-01-01")))

    assert found == {
        ("items[0].code", "item_code", "error"),
        ("items[0].department", "department_missing", "error"),
        ("items[0].valid_to", "dates", "error"),
    }


@pytest.mark.parametrize(
    ("item", "path"),
    [
        (limits(promised={"amount": "soon"}), "items[0].limits.promised.amount"),
        (limits(promised={"amount": -1}), "items[0].limits.promised.amount"),
        (limits(promised={"amount": True}), "items[0].limits.promised.amount"),
        (limits(promised={"amount": 1, "unit": "month"}), "items[0].limits.promised.unit"),
        (changed(valid_from="2024-02-30"), "items[0].valid_from"),
        (changed(visits=1.5), "items[0].visits"),
        (changed(colour="red"), "items[0].colour"),
        (changed(unsupplied="forgotten"), "items[0].unsupplied"),
        (changed(consults=[{"department": "ecology", "subject": "beauty"}]), "items[0].consults[0].subject"),
        ({k: v for k, v in ITEM.items() if k != "fees"}, "items[0].fees"),
    ],
)
def test_a_wrong_shape_names_its_path(item: dict[str, Any], path: str):
    with pytest.raises(ModelError) as caught:
        read(item)

    assert caught.value.fields["path"] == path
    assert path in caught.value.message


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"\xff", b'{"items": [], "items": [], "materials": []}', b"[" * 99999]
)
def test_what_is_no_catalogue_is_refused(data: bytes):
    with pytest.raises(ModelError, match="catalogue"):
        catalogue.read(data)


def test_what_was_read_reads_back_the_same_whatever_its_layout():
    found = read(ITEM)
    laid_out = catalogue.read(json.dumps({"materials": MATERIALS, "items": [ITEM]}, indent=4).encode())

    assert catalogue.read(found.to_json()) == found
    assert laid_out.digest == found.digest
    assert found.digest.startswith("sha256:")
    assert read(changed(visits=1)).digest != found.digest


def test_a_subset_keeps_only_what_its_items_reach():
    other = changed(key="tax", materials=[{"material": "identity", "source": "certificate", "certificate": "id_card"}])

    found = read(ITEM, other | {"department": ""}).subset(["tax", "unknown"])

    assert list(found.items) == ["tax"]
    assert list(found.materials) == ["identity"]
    assert {problem.rule for problem in found.problems} == {"department_missing"}
