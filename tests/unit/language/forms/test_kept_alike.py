"""Page and server keep the same rules, and what is kept of a submission reads the same everywhere."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from unicodedata import normalize
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.base.errors import InvalidInput
from engine.language import feel
from tests.unit.language.forms.test_submission import ABC, errors, field, form, required

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def refused(found: Any, value: Any, facts: dict[str, Any] | None = None) -> str:
    """The sentence with which the field x is refused."""
    with pytest.raises(InvalidInput) as error:
        found.check({"x": value}, facts or {}, MONDAY)
    return str(error.value.fields["errors"]["x"]["sentence"])


# ------------------------------------------------------------------ dates and times


@pytest.mark.parametrize("text", ["09:30", "09:30:00"])
def test_a_time_that_a_page_sends_is_read_by_feel(text):
    kept = form(field("datetime", subtype="time")).check({"x": text})["x"]

    assert feel.compile('time(x) < time("12:00:00")').evaluate({"x": kept}) is True


@pytest.mark.parametrize("zone", ["", "Z", "+08:00"])
def test_a_moment_that_a_page_sends_is_read_by_feel(zone):
    kept = form(field("datetime", subtype="datetime")).check({"x": f"2026-12-01T12:00{zone}"})["x"]

    assert kept == f"2026-12-01T12:00:00{zone}"
    assert feel.compile("date and time(x).hour").evaluate({"x": kept}) == 12


def test_a_condition_reads_the_time_that_was_typed():
    found = form(
        field("datetime", subtype="time", key="slot"),
        field(key="note", conditional={"hide": '=time(slot) >= time("12:00:00")'}, **required()),
    )

    assert found.check({"slot": "09:30", "note": "急件"}) == {"slot": "09:30:00", "note": "急件"}
    assert list(errors(found, {"slot": "09:30"})) == ["note"]
    assert found.check({"slot": "13:30"}) == {"slot": "13:30:00"}


@pytest.mark.parametrize("subtype", ["date", "datetime"])
@pytest.mark.parametrize(("day", "is_past"), [("2026-03-01", True), ("2026-03-02", False), ("2026-03-03", False)])
def test_a_past_day_is_refused_where_the_page_offers_none(subtype, day, is_past):
    found = form(field("datetime", subtype=subtype, disallowPassedDates=True))
    value = day if subtype == "date" else f"{day}T00:00"

    if is_past:
        assert refused(found, value) == "field_past"
    else:
        assert found.check({"x": value}, {}, MONDAY)


def test_the_day_is_that_of_the_hall():
    found = form(
        field("datetime", subtype="datetime", timeSerializingFormat="utc_normalized", disallowPassedDates=True)
    )

    assert found.check({"x": "2026-03-01T16:00Z"}, {}, MONDAY) == {"x": "2026-03-01T16:00:00Z"}
    assert refused(found, "2026-03-01T15:45Z") == "field_past"


@pytest.mark.parametrize(
    ("stated", "value", "is_offered"),
    [
        (15, "09:07", False),
        (15, "09:15", True),
        (1, "09:07", True),
        (1, "09:07:30", False),
        (60, "09:30", False),
        (60, "10:00", True),
        (None, "09:05", False),  # the page offers quarters of an hour where nothing is said
        (7, "09:07", False),
    ],
)
def test_a_time_that_the_page_does_not_offer_is_refused(stated, value, is_offered):
    found = form(field("datetime", subtype="time", timeInterval=stated))

    if is_offered:
        assert found.check({"x": value})
    else:
        assert refused(found, value) == "field_interval"


def test_hours_in_utc_are_those_of_any_zone():
    found = form(field("datetime", subtype="time", timeInterval=60, timeSerializingFormat="utc_normalized"))

    assert found.check({"x": "03:30Z"}) == {"x": "03:30:00Z"}  # nine o'clock in Kolkata
    assert refused(found, "03:31Z") == "field_interval"


@pytest.mark.parametrize("fact", ["2026-03-01T09:07+08:00", "2026-03-01T01:07:00Z"])
def test_a_moment_that_nobody_may_change_stays_in_whatever_zone_it_is_sent(fact):
    found = form(field("datetime", subtype="datetime", readonly=True, timeSerializingFormat="utc_offset"))
    found_past = form(field("datetime", subtype="datetime", readonly=True, disallowPassedDates=True))

    assert found.check({"x": "2026-03-01T02:07+01:00"}, {"x": fact}, MONDAY)
    assert found_past.check({"x": fact}, {"x": fact}, MONDAY)
    assert refused(found, "2026-03-01T02:08+01:00", {"x": fact}) == "field_readonly"


@pytest.mark.parametrize(
    ("subtype", "fact", "shown"),
    [
        ("date", date(2026, 3, 2), "2026-03-02"),
        ("time", time(9, 30), "09:30:00"),
        ("datetime", datetime(2026, 3, 2, 9, 30), "2026-03-02T09:30:00"),
    ],
)
def test_a_fact_that_is_a_date_is_shown_as_its_text(subtype, fact, shown):
    found = form(field("datetime", subtype=subtype, readonly=True))

    assert found.check({"x": shown}, {"x": fact}) == {"x": shown}


@pytest.mark.parametrize(
    ("component", "fact", "shown"),
    [
        (field("number"), "2.50", 2.5),
        (field("number"), " 1 ", 1),
        (field("number"), "１２", None),
        (field("number", serializeToString=True), "1e3", None),
        (field(), True, "true"),
        (field(), 12, "12"),
        (field(), ["a"], None),
        (field(), "a\nb", "a b"),
        (field("textarea"), "a\nb", "a\nb"),
        (field("select", **ABC), "nonsense", None),
        (field("checklist", **ABC), ["a", "nonsense"], ["a"]),
        (field("select", valuesKey="known"), "b", "b"),
        (field("select", valuesKey="known"), "z", None),
        (field("select", valuesExpression='=["p"]'), "z", "z"),
        (field("taglist", valuesExpression='=["p"]'), 12, []),
    ],
)
def test_a_fact_of_another_kind_is_shown_as_the_page_shows_it(component, fact, shown):
    found = form(component | {"readonly": True})

    assert found.check({"x": shown}, {"x": fact, "known": ["a", "b"]}) == {"x": shown}


def test_a_condition_sees_facts_as_the_page_does():
    found = form(
        field(key="text", conditional={"hide": '=day != "2026-03-02"'}),
        field(key="length", conditional={"hide": '=wait != "PT24H" and wait != "P1D"'}),
    )

    facts = {"day": date(2026, 3, 2), "wait": timedelta(days=1)}
    assert found.check({"text": "a", "length": "b"}, facts) == {"text": "a", "length": "b"}


def test_a_condition_knows_what_day_it_is():
    found = form(field("datetime", key="day"), field(key="x", conditional={"hide": "=date(day) > today()"}))

    assert found.check({"day": "2026-03-02", "x": "a"}, {}, MONDAY) == {"day": "2026-03-02", "x": "a"}
    assert found.check({"day": "2026-03-03", "x": "a"}, {}, MONDAY) == {"day": "2026-03-03"}


# ------------------------------------------------------------------ digits and spelling


@pytest.mark.parametrize(
    "text", ["１２", "1_000", " 1 ", "+1", "5.", "١٢", "1e3", "0x10", "1,5", "Infinity", "NaN", "-", "１.５"]
)
def test_a_number_as_text_has_digits_of_ascii_alone(text):
    assert refused(form(field("number", serializeToString=True)), text) == "field_number"


@given(st.from_regex(r"\A-?([0-9]{1,12}(\.[0-9]{1,6})?|\.[0-9]{1,6})\Z"))
def test_a_number_as_text_is_read_by_feel(text):
    kept = form(field("number", serializeToString=True)).check({"x": text})["x"]

    assert kept == text
    assert feel.compile("number(x)").evaluate({"x": kept}) is not None


@pytest.mark.parametrize("text", ["٢٠٢٦-٠٣-٠٢", "２０２６-03-02", "2026-03-0２"])
def test_a_date_has_digits_of_ascii_alone(text):
    assert refused(form(field("datetime")), text) == "field_date"


DECOMPOSED = normalize("NFD", "Café")
COMPOSED = normalize("NFC", "Café")


def test_values_and_names_are_kept_in_one_spelling():
    found = form(field(key=DECOMPOSED), field("select", key="s", values=[{"label": "x", "value": DECOMPOSED}]))

    assert found.check({COMPOSED: DECOMPOSED, "s": DECOMPOSED}) == {COMPOSED: COMPOSED, "s": COMPOSED}
    assert found.check({COMPOSED: COMPOSED, "s": COMPOSED}) == {COMPOSED: COMPOSED, "s": COMPOSED}
    assert found.names == {COMPOSED, "s"}


# ------------------------------------------------------------------ rows


def rows(**more: Any) -> dict[str, Any]:
    name = field(key="name", **required())
    note = field(key="note", disabled=True)
    return {"type": "dynamiclist", "path": "x", "components": [name, note], "allowAddRemove": False} | more


A = {"name": "甲"}


@pytest.mark.parametrize(
    ("stated", "facts", "given", "is_kept"),
    [
        ({"defaultRepetitions": 2}, {}, [A, A], True),
        ({"defaultRepetitions": 2}, {}, [A], False),
        ({"defaultRepetitions": 2}, {}, [A] * 5, False),
        ({}, {}, [A], True),
        ({}, {}, [], False),
        ({"defaultRepetitions": 2}, {"x": [A]}, [A], True),
        ({"defaultRepetitions": 2}, {"x": [A]}, [A, A], False),
        ({"defaultRepetitions": 2}, {"x": []}, [], True),
        ({"allowAddRemove": True}, {}, [A] * 5, True),
    ],
)
def test_rows_are_neither_added_nor_removed_where_the_page_lets_nobody(stated, facts, given, is_kept):
    found = form(rows(**stated))

    if is_kept:
        assert len(found.check({"x": given}, facts)["x"]) == len(given)
    else:
        assert refused(found, given, facts) == "field_rows_fixed"


def test_a_row_that_shows_nothing_is_left_out_by_the_page():
    found = form(rows(defaultRepetitions=3, components=[field(key="name", conditional={"hide": "=i[1] != 2"})]))

    assert found.check({"x": [None, {"name": "乙"}]}) == {"x": [{}, {"name": "乙"}, {}]}


# ------------------------------------------------------------------ what is hidden


OUTCOME = field("radio", key="outcome", **ABC)
HIDDEN = {"conditional": {"hide": '=outcome != "b"'}}


def test_a_hidden_field_loses_the_fact_of_an_earlier_round():
    found = form(OUTCOME, field(**HIDDEN))

    assert found.check({"outcome": "a"}, {"outcome": "b", "x": "照片"}) == {"outcome": "a", "x": None}
    assert found.check({"outcome": "a"}, {"x": None}) == {"outcome": "a"}
    assert found.check({"outcome": "a"}, {"y": "of another form"}) == {"outcome": "a"}


@pytest.mark.parametrize("lock", [{"disabled": True}, {"readonly": True}, {"readonly": "=true"}])
def test_a_hidden_field_that_nobody_can_change_leaves_its_fact(lock):
    assert form(OUTCOME, field(**HIDDEN, **lock)).check({"outcome": "a"}, {"x": "shown"}) == {"outcome": "a"}


def test_a_hidden_list_and_a_hidden_value_in_a_row_are_cleared():
    hidden_list = form(OUTCOME, rows(**HIDDEN))
    in_a_row = form(
        {
            "type": "dynamiclist",
            "path": "x",
            "components": [field("number", key="share"), field(key="note", conditional={"hide": "=this.share < 10"})],
        }
    )

    assert hidden_list.check({"outcome": "a"}, {"x": [A]}) == {"outcome": "a", "x": None}
    assert in_a_row.check({"x": [{"share": 5}]}, {"x": [{"share": 50, "note": "old"}]}) == {"x": [{"share": 5}]}


def test_an_object_keeps_what_is_not_the_forms_to_set():
    found = form(
        OUTCOME,
        {
            "type": "group",
            "path": "g",
            "components": [
                field(key="h", **HIDDEN),
                field(key="x"),
                field(key="d", disabled=True),
                field(key="in.h", **HIDDEN),
            ],
        },
    )
    facts = {"g": {"h": 1, "x": "old", "d": "shown", "other": date(2026, 3, 2), "in": {"h": 2, "k": 3}}}

    assert found.check({"outcome": "a", "g": {"x": "new"}}, facts) == {
        "outcome": "a",
        "g": {"x": "new", "d": "shown", "other": date(2026, 3, 2), "in": {"k": 3}},
    }


def test_a_group_that_is_hidden_whole_loses_its_fields_alone():
    found = form(OUTCOME, {"type": "group", "path": "g", "components": [field(key="h")], **HIDDEN})

    assert found.check({"outcome": "a"}, {"g": {"h": 1, "other": 2}}) == {"outcome": "a", "g": {"other": 2}}
    assert found.check({"outcome": "a"}, {}) == {"outcome": "a"}


def test_an_option_that_is_an_object_replaces_the_one_before():
    options = [{"label": "甲", "value": {"a": 1}}, {"label": "乙", "value": {"b": 2}}]
    found = form({"type": "group", "path": "g", "components": [field("select", values=options)]})

    assert found.check({"g": {"x": {"b": 2}}}, {"g": {"x": {"a": 1}}}) == {"g": {"x": {"b": 2}}}
