"""A submission is checked as the browser checks it, with the bounds that a server needs."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.base.errors import InvalidInput, ModelError
from engine.language import forms
from webui.sentences import say_as

FILE = {"file": "a" * 64, "name": "章程.pdf", "size": 1024, "type": "application/pdf"}
ABC = {"values": [{"label": "甲", "value": "a"}, {"label": "乙", "value": "b"}, {"label": "丙", "value": 3}]}


def form(*components: dict[str, Any]) -> forms.Form:
    """A form; ids and labels are filled in where a test doesn't care."""

    def whole(component: dict[str, Any], i: str) -> dict[str, Any]:
        inner = [whole(c, f"{i}_{j}") for j, c in enumerate(component.get("components", []))]
        more = {"components": inner} if "components" in component else {}
        return {"id": f"f{i}", "label": "名称", "type": "textfield"} | component | more

    schema = {
        "id": "test",
        "type": "default",
        "components": [whole(c, str(i)) for i, c in enumerate(components)],
    }
    found = forms.read(json.dumps(schema).encode())
    assert not found.errors, found.errors
    return found


def field(kind: str = "textfield", **more: Any) -> dict[str, Any]:
    return {"type": kind, "key": "x"} | more


def errors(found: forms.Form, data: object, facts: dict[str, Any] | None = None) -> dict[str, dict[str, str]]:
    with pytest.raises(InvalidInput) as error:
        found.check(data, facts or {})
    return error.value.fields["errors"]


def required(**more: Any) -> dict[str, Any]:
    return {"validate": {"required": True} | more}


@pytest.mark.parametrize(
    ("component", "value", "cleaned"),
    [
        (field(), "示范", "示范"),
        (field(), "", None),
        (field(), None, None),
        (field("textarea"), "一\n二", "一\n二"),
        (field(validate={"minLength": 2, "maxLength": 4}), "四个汉字", "四个汉字"),
        (field(validate={"minLength": 2}), "", None),  # a length is asked of what is there
        (field(validate={"maxLength": 2}), " ab ", " ab "),  # blanks at the ends aren't counted
        (field(validate={"pattern": "^[0-9]{6}$"}), "215600", "215600"),
        (field(validate={"pattern": "甲"}), "子甲丑", "子甲丑"),  # found anywhere
        (field(validate={"validationType": "email"}), "a@b", "a@b"),
        (field(validate={"validationType": "phone"}), "+8613800138000", "+8613800138000"),
        (field(properties={"term": "credit_code"}), " 91350100m000100y43", "91350100M000100Y43"),
        (field("number"), 3, 3),
        (field("number"), 3.0, 3),
        (field("number"), 0.1, Decimal("0.1")),
        (field("number"), None, None),
        (field("number"), "", None),
        (field("number", validate={"min": 0, "max": 5}), 0, 0),
        (field("number", decimalDigits=2), Decimal("1.25"), Decimal("1.25")),
        (field("number", decimalDigits=0), 7, 7),
        (field("number", increment="0.05"), 0.15, Decimal("0.15")),
        (field("number", serializeToString=True), "12345678901234567890.5", "12345678901234567890.5"),
        (field("checkbox"), True, True),
        (field("checkbox"), None, False),
        (field("radio", **ABC), "a", "a"),
        (field("select", **ABC), 3, 3),
        (field("select", **ABC), 3.0, 3),
        (field("select", **ABC), "", None),
        (field("checklist", **ABC), ["b", 3], ["b", 3]),
        (field("taglist", **ABC), [], []),
        (field("datetime"), "2026-02-28", "2026-02-28"),
        (field("datetime", subtype="time"), "09:30", "09:30:00"),
        (field("datetime", subtype="time"), "09:30+08:00", "09:30:00+08:00"),
        (field("datetime", subtype="datetime"), "2026-03-02T09:30", "2026-03-02T09:30:00"),
        (
            field("datetime", subtype="datetime", timeSerializingFormat="utc_offset"),
            "2026-03-02T09:30+08:00",
            "2026-03-02T09:30:00+08:00",
        ),
        (field("filepicker"), [FILE], [FILE]),
        (field("filepicker"), FILE, [FILE]),
        (field("filepicker", multiple=True), [FILE, FILE], [FILE, FILE]),
        (field("filepicker", multiple="=1 < 2", accept=".PDF,image/*"), [FILE, FILE], [FILE, FILE]),
        (field("filepicker", accept="application/*"), [FILE], [FILE]),
        (field("filepicker"), None, []),
    ],
)
def test_a_valid_value_is_taken_and_cleaned(component, value, cleaned):
    found = form(component).check({"x": value})

    assert found == {"x": cleaned}
    assert type(found["x"]) is type(cleaned)


@pytest.mark.parametrize(
    ("component", "value", "says"),
    [
        (field(**required()), "", "is required"),
        (field(), 5, "has to be text"),
        (field(), ["a"], "has to be text"),
        (field(), "a\x00b", "control character"),
        (field(), "\ud800", "control character"),
        (field(), "a" * 20_001, "at most 20000"),
        (field(validate={"minLength": 2}), " a ", "at least 2"),
        (field(validate={"maxLength": 4}), "五个汉字了", "at most 4"),
        (field(validate={"maxLength": "=1 + 1"}), "三个字", "at most 2"),
        (field(validate={"maxLength": 1}), "𠮷", "at most 1"),  # two UTF-16 units, as the browser counts
        (field(validate={"pattern": "^[0-9]{6}$"}), "215600\n", "pattern"),
        (field(validate={"pattern": "^\\d+$"}), "٣", "pattern"),  # digits are ASCII in the browser
        (field(validate={"validationType": "email"}), "a b@c", "e-mail"),
        (field(validate={"validationType": "phone"}), "13800138000", "phone"),
        (field(properties={"term": "id_number"}), "11010519491231002", "ID number"),
        (field("number", **required()), None, "is required"),
        (field("number"), "5", "has to be a number"),
        (field("number"), True, "has to be a number"),
        (field("number"), float("nan"), "has to be a number"),
        (field("number"), 10**1000, "34 digits"),
        (field("number"), Decimal("1e999999"), "34 digits"),
        (field("number", serializeToString=True), "9" * 1000, "34 digits"),
        (field("number", serializeToString=True), "abc", "has to be a number"),
        (field("number", validate={"min": "=limit"}), 4, "at least 5"),
        (field("number", validate={"max": 5}), 5.01, "at most 5"),
        (field("number", decimalDigits=0), 1.5, "whole number"),
        (field("number", decimalDigits=2), 1.255, "at most 2 decimal"),
        (field("number", increment=5), 7, "multiple of 5"),
        (field("checkbox"), "true", "true or false"),
        (field("checkbox", **required()), False, "has to be checked"),
        (field("radio", **ABC), "c", "no such option"),
        (field("radio", **ABC, **required()), None, "is required"),
        (field("select", **ABC), "3", "no such option"),
        (field("select", values=[{"label": "是", "value": 1}]), True, "no such option"),
        (field("select", **ABC), {"a": {"b": 1}}, "no such option"),
        (field("select", **ABC), float("inf"), "no such option"),
        (field("select", **ABC), Decimal("sNaN"), "no such option"),
        (field("checklist", **ABC), "a", "list of options"),
        (field("checklist", **ABC), ["a", "c"], "no such option"),
        (field("checklist", **ABC), ["a", "a"], "twice"),
        (field("checklist", **ABC, **required()), [], "is required"),
        (field("taglist", **ABC), ["a"] * 2_000, "list of options"),
        (field("datetime"), "2026-02-30", "a date such as"),
        (field("datetime"), "2026-2-3", "a date such as"),
        (field("datetime"), 20260203, "a date such as"),
        (field("datetime", subtype="time"), "24:30", "a time such as"),
        (field("datetime", subtype="datetime"), "2026-03-02", "date and time"),
        (
            field("datetime", subtype="datetime", timeSerializingFormat="utc_offset"),
            "2026-03-02T09:30",
            "with its zone",
        ),
        (field("filepicker", **required()), [], "is required"),
        (field("filepicker"), "files::1", "list of files"),
        (field("filepicker"), [FILE | {"path": "/etc"}], "list of files"),
        (field("filepicker"), [FILE | {"file": "../../etc"}], "list of files"),
        (field("filepicker"), [FILE, FILE], "at most 1"),
        (field("filepicker", multiple=True), [FILE] * 1_000, "at most 50"),
        (field("filepicker", accept=".docx,image/*"), [FILE], "takes only .docx,image/*"),
    ],
)
def test_a_wrong_value_is_refused_by_its_label(component, value, says):
    wrong = errors(form(component), {"x": value}, {"limit": 5})

    assert list(wrong) == ["x"]
    assert says in wrong["x"]["message"]
    assert "名称" in say_as(wrong["x"]["sentence"], wrong["x"]["fields"]) and "名称" in wrong["x"]["message"]


def test_every_wrong_field_is_named_at_once():
    wrong = errors(form(field(key="a", **required()), field("number", key="b"), field(key="c")), {"b": "x", "d": 1})

    assert sorted(wrong) == ["a", "b", "d"]


@pytest.mark.parametrize("data", [None, [], "x", 5])
def test_a_submission_is_an_object(data):
    assert errors(form(field()), data) == {}


def test_what_was_not_handed_in_takes_its_default_or_is_empty():
    found = form(
        field(key="a", defaultValue="默认"),
        field("checkbox", key="b", defaultValue=True),
        field("number", key="c"),
        field("checklist", key="d", **ABC),
    )

    assert found.check({}) == {"a": "默认", "b": True, "c": None, "d": []}


def test_what_is_hidden_is_neither_asked_for_nor_kept():
    found = form(
        field("radio", key="outcome", **ABC),
        field(key="reason", conditional={"hide": '=outcome != "b"'}, **required()),
    )

    assert found.check({"outcome": "a", "reason": "left over"}) == {"outcome": "a"}
    assert found.check({"outcome": "b", "reason": "given"}) == {"outcome": "b", "reason": "given"}
    assert list(errors(found, {"outcome": "b"})) == ["reason"]


def test_a_wrong_value_in_a_hidden_field_is_dropped_with_it():
    found = form(field("number", key="n", conditional={"hide": "=true"}), field(key="x"))

    assert found.check({"n": "no number", "x": "a"}) == {"x": "a"}


def test_a_condition_sees_a_hidden_field_as_empty():
    found = form(
        field("checkbox", key="a"),
        field(key="b", conditional={"hide": "=a != true"}),
        field(key="c", conditional={"hide": '=b != "yes"'}),
    )

    assert found.check({"a": True, "b": "yes", "c": "kept"}) == {"a": True, "b": "yes", "c": "kept"}
    assert found.check({"a": False, "b": "yes", "c": "dropped"}) == {"a": False}


def test_a_condition_that_gives_null_hides_as_in_the_browser():
    found = form(field("number", key="n"), field(key="x", conditional={"hide": "=n > 2"}))

    assert found.check({"x": "a"}) == {"n": None}
    assert found.check({"n": 1, "x": "a"}) == {"n": 1, "x": "a"}


def test_a_condition_sees_what_a_hidden_field_held_before():
    found = form(
        field("checkbox", key="a"),
        field(key="b", conditional={"hide": "=a"}),
        field(key="c", conditional={"hide": '=b = "old"'}),
    )

    assert found.check({"a": True, "b": "new", "c": "x"}, {"b": "old"}) == {"a": True, "b": None}
    assert found.check({"a": True, "b": "old", "c": "x"}) == {"a": True, "c": "x"}


def test_conditions_see_the_facts_of_the_case_but_the_submission_comes_first():
    found = form(field(key="kind"), field(key="x", conditional={"hide": '=kind = "instant" or level > 2'}))

    assert found.check({"kind": "instant", "x": "a"}, {"kind": "other"}) == {"kind": "instant"}
    assert found.check({"kind": "a", "x": "b"}, {"level": 3}) == {"kind": "a"}
    assert found.check({"kind": "a", "x": "b"}, {"level": 2}) == {"kind": "a", "x": "b"}


@pytest.mark.parametrize("lock", [{"readonly": True}, {"readonly": "=locked"}])
def test_a_read_only_field_keeps_what_it_held(lock):
    found, facts = form(field(**lock), field("number", key="n")), {"x": "held", "locked": True}

    assert found.check({"n": 1}, facts) == {"x": "held", "n": 1}
    assert found.check({"n": 1, "x": "held"}, facts) == {"x": "held", "n": 1}
    assert "can't be changed" in errors(found, {"x": "other"}, facts)["x"]["message"]


@pytest.mark.parametrize("flag", [{"disabled": True}, {"readonly": True}, {"readonly": "=true"}])
def test_lists_and_groups_know_no_disabled_and_no_readonly(flag):
    group = {"id": "g", "type": "group", "path": "g", "components": [field(id="b")]}
    found = form(rows(**flag), group | flag)
    data = {"holders": [{"name": "张三", "share": 1}], "g": {"x": "a"}}

    assert found.check(data, {"total": 10}) == data
    assert found.check({}, {"total": 10} | data) == {"holders": [], "g": {"x": None}}


def test_a_disabled_field_is_shown_and_not_submitted():
    found = form(field(disabled=True, **required()), field(key="y"))

    assert found.check({"y": "a", "x": "held"}, {"x": "held"}) == {"y": "a"}
    assert found.check({"y": "a"}) == {"y": "a"}
    assert list(errors(found, {"x": "other"}, {"x": "held"})) == ["x"]


def test_options_may_come_from_a_fact_or_an_expression():
    by_key = form(field("select", valuesKey="banks"))
    by_feel = form(field("select", valuesExpression='=banks[item != "丙行"]'))
    facts = {"banks": ["甲行", {"label": "乙行", "value": "b"}, None, {"label": "", "value": {}}]}

    assert by_key.check({"x": "b"}, facts) == {"x": "b"}
    assert by_feel.check({"x": "甲行"}, {"banks": ["甲行", "丙行"]}) == {"x": "甲行"}
    assert "no such option" in errors(by_feel, {"x": "丙行"}, {"banks": ["甲行", "丙行"]})["x"]["message"]
    assert "no such option" in errors(by_key, {"x": "b"})["x"]["message"]  # nothing to choose from


def test_an_expression_is_computed_here_whatever_was_handed_in():
    found = form(
        field("number", key="price"),
        field("number", key="count"),
        field("expression", key="total", expression="=price * count"),
        field(key="why", conditional={"hide": "=total < 100"}, **required()),
    )

    assert found.check({"price": 1.5, "count": 2, "total": 999}) == {
        "price": Decimal("1.5"),
        "count": 2,
        "total": 3,
    }
    assert list(errors(found, {"price": 50, "count": 2})) == ["why"]


def group(**more: Any) -> dict[str, Any]:
    return {"type": "group"} | more


def test_a_group_with_a_path_holds_its_values_in_an_object():
    found = form(
        group(path="applicant", components=[field(key="name"), field(key="home.city")]),
        group(components=[field(key="plain")]),
    )

    data = {"applicant": {"name": "张三", "home": {"city": "示范"}}, "plain": "a"}

    assert found.check(data) == data
    assert list(errors(found, {"applicant": {"age": 5}})) == ["applicant.age"]
    assert list(errors(found, {"applicant": "张三"})) == ["applicant"]


def test_a_hidden_group_hides_all_it_holds():
    found = form(
        field("checkbox", key="by_agent"),
        group(conditional={"hide": "=not(by_agent)"}, components=[field(key="agent", **required())]),
    )

    assert found.check({"by_agent": False, "agent": "x"}) == {"by_agent": False}
    assert list(errors(found, {"by_agent": True})) == ["agent"]


def rows(**more: Any) -> dict[str, Any]:
    components = [
        field(key="name", **required()),
        field("number", key="share", validate={"max": "=total"}),
        field(key="why", conditional={"hide": "=this.share < parent.limit or i[1] = 1"}, **required()),
    ]
    return {"type": "dynamiclist", "path": "holders", "label": "股东", "components": components} | more


def test_each_row_of_a_list_is_checked_in_its_own_scope():
    found, facts = form(field("number", key="limit"), rows()), {"total": 10}
    data = {"limit": 5, "holders": [{"name": "甲", "share": 9}, {"name": "乙", "share": 9, "why": "因"}]}

    assert found.check(data, facts) == data
    assert list(errors(found, {"limit": 5, "holders": [{"name": "甲"}, {"share": 9}, {"share": 11}]}, facts)) == [
        "holders[1].name",
        "holders[1].why",
        "holders[2].name",
        "holders[2].share",
        "holders[2].why",
    ]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("甲", "holders"),
        (["甲"], "holders"),
        ([{"name": "甲", "extra": 1}], "holders[0].extra"),
        ([{"name": "甲"}] * 501, "holders"),
        ([None] * 1_000_000, "holders"),
    ],
)
def test_a_list_that_is_none_is_refused(given, path):
    assert list(errors(form(rows()), {"holders": given})) == [path]


def test_a_list_without_rows_is_empty():
    assert form(rows()).check({}) == {"holders": []}
    assert form(rows(conditional={"hide": "=true"})).check({"holders": [{"name": "甲"}]}) == {}


def test_lists_stand_in_lists():
    inner = {
        "type": "dynamiclist",
        "path": "phones",
        "label": "电话",
        "components": [field(key="n", **required())],
    }
    found = form({"type": "dynamiclist", "path": "people", "label": "人员", "components": [inner]})
    data = {"people": [{"phones": [{"n": "1"}, {"n": "2"}]}, {"phones": []}]}

    assert found.check(data) == data
    assert list(errors(found, {"people": [{"phones": [{"n": "1"}, {}]}]})) == ["people[0].phones[1].n"]


def test_a_million_names_are_refused_without_naming_them_all():
    wrong = errors(form(field()), {f"k{i}": i for i in range(100_000)})

    assert len(wrong) <= 200


def test_a_pattern_that_never_ends_is_stopped():
    found = form(field(validate={"pattern": "^(a+)+$"}))

    assert "'名称'" in errors(found, {"x": "a" * 5_000 + "b"})["x"]["message"]


def test_a_form_with_errors_checks_nothing():
    broken = forms.read(b'{"id": "f", "type": "default", "components": [{"id": "a", "type": "slider"}]}')

    with pytest.raises(ModelError):
        broken.check({})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
EVERYTHING = form(
    *(field(kind, key=kind) for kind in ("textfield", "textarea", "number", "checkbox", "filepicker", "datetime")),
    *(field(kind, key=kind, **ABC) for kind in ("radio", "select", "checklist", "taglist")),
    field("expression", key="expression", expression="=[number, textfield, select]"),
    rows(),
    group(path="inner", components=[field(key="deep", properties={"term": "mobile"})]),
)


@given(
    st.fixed_dictionaries(
        {}, optional={name: json_values for name in sorted(EVERYTHING.names)} | {"unknown": json_values}
    )
)
def test_whatever_is_handed_in_is_cleaned_or_refused(data):
    try:
        cleaned = EVERYTHING.check(data)
    except InvalidInput as error:
        assert all(say_as(one["sentence"], one["fields"]) for one in error.fields["errors"].values())
        return
    again = EVERYTHING.check(cleaned)
    assert again == cleaned
