"""Calendar versions: the shipped years, the rules of a file, and days beyond the published years."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.base.errors import InvalidInput
from engine.law.workdays import Calendar, workdays_after, workdays_before

SHIPPED = Calendar.shipped()
NOTICE_2027 = {  # not a real notice: 2027 wasn't published when this was written
    "year": 2027,
    "notice": "国办发明电〔2026〕0号",
    "rest": [
        "2027-01-01/2027-01-03",
        "2027-02-05/2027-02-11",
        "2027-04-03/2027-04-05",
        "2027-05-01/2027-05-05",
        "2027-06-09",
        "2027-09-15",
        "2027-10-01/2027-10-07",
    ],
    "makeup": ["2026-12-27", "2027-02-20", "2027-05-08", "2027-10-09"],
}

days = st.dates(date(2004, 1, 1), date(2026, 12, 31))
any_days = st.dates(date(1990, 1, 1), date(2060, 12, 31))


def file_of(**changes: object) -> str:
    return json.dumps({"years": [NOTICE_2027 | changes]}, ensure_ascii=False)


def test_the_shipped_calendar_agrees_with_an_independent_table():
    other = holidays.China(years=range(SHIPPED.first_year, SHIPPED.last_year + 1))
    day, differing = date(SHIPPED.first_year, 1, 1), []
    while day.year <= SHIPPED.last_year:
        if SHIPPED.is_workday(day) != other.is_working_day(day):
            differing.append(day)
        day += timedelta(days=1)

    # chinesecalendar leaves out this make-up Saturday of the notice for 2006; no open clock reaches it.
    assert differing == [date(2005, 12, 31)]


@pytest.mark.parametrize(
    ("day", "is_workday"),
    [
        (date(2024, 2, 9), True),  # New Year's Eve 2024 was no rest day
        (date(2024, 2, 10), False),
        (date(2024, 2, 18), True),  # make-up Sunday
        (date(2025, 1, 26), True),  # make-up Sunday
        (date(2026, 1, 2), False),  # a Friday
        (date(2026, 2, 14), True),  # make-up Saturday
        (date(2026, 2, 21), False),  # Saturday
        (date(2027, 1, 1), False),  # not published, but fixed by law
        (date(2027, 10, 4), True),  # not published: a Monday
        (date(2027, 5, 3), True),
        (date(2003, 5, 2), True),  # the second day of May is a holiday only since 2025
    ],
)
def test_workdays_are_the_days_of_the_notices(day, is_workday):
    assert SHIPPED.is_workday(day) is is_workday


def test_a_calendar_survives_its_own_text():
    copy = Calendar.from_json(SHIPPED.to_json())

    assert copy == SHIPPED
    assert copy.digest == SHIPPED.digest
    assert copy.digest.startswith("sha256:")


def test_loading_a_year_makes_a_new_version_and_leaves_the_old_one():
    before = SHIPPED.digest

    loaded = SHIPPED.loaded(file_of())

    assert loaded.last_year == 2027
    assert loaded.digest != before == SHIPPED.digest
    assert not loaded.is_workday(date(2027, 2, 8)) and SHIPPED.is_workday(date(2027, 2, 8))
    assert loaded.is_workday(date(2027, 2, 20))
    assert loaded.unpublished(date(2026, 12, 1), date(2028, 1, 5)) == (2028,)


def test_a_notice_may_name_days_of_the_december_before():
    assert not SHIPPED.is_workday(date(2026, 12, 27))
    assert SHIPPED.loaded(file_of()).is_workday(date(2026, 12, 27))


def test_loading_a_published_year_again_replaces_it():
    once = SHIPPED.loaded(file_of())

    again = once.loaded(file_of(makeup=["2027-02-20"]))

    assert once.is_workday(date(2027, 5, 8)) and not again.is_workday(date(2027, 5, 8))
    assert not again.is_workday(date(2026, 12, 27))


def test_a_bare_year_is_a_file_too():
    assert SHIPPED.loaded(json.dumps(NOTICE_2027)) == SHIPPED.loaded(file_of())


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (file_of(rest=[*NOTICE_2027["rest"], "2027-02-07"]), "years[0].rest[7]"),  # a day twice
        (file_of(makeup=["2027-02-06"]), "years[0].makeup[0]"),  # a day of rest and of work
        (file_of(makeup=["2027-02-22"]), "years[0].makeup[0]"),  # a Monday
        (file_of(makeup=["2028-02-05"]), "years[0].makeup[0]"),
        (file_of(rest=["2027-02-05/2027-02-11"]), "years[0].rest"),  # without 1 January
        (file_of(rest=["2027-02-11/2027-02-05"]), "years[0].rest[0]"),
        (file_of(rest=["2027-02-30"]), "years[0].rest[0]"),
        (file_of(rest=[20270205]), "years[0].rest[0]"),
        (file_of(rest="2027-01-01"), "years[0].rest"),
        (file_of(year=None), "years[0].year"),
        (file_of(year=2028), "years[0].rest[0]"),
        (file_of(notice=" "), "years[0].notice"),
        (file_of(holiday=[]), "years[0].holiday"),
        (json.dumps({"years": [NOTICE_2027, NOTICE_2027]}), "years"),
        (json.dumps({"years": 2027}), "years"),
        (json.dumps({"years": [], "zone": 8}), "zone"),
        (json.dumps({"years": [NOTICE_2027], "region": "HK"}), "region"),
        ("{}", "years[0].year"),
        ("[]", "file"),
        ("年", "file"),
        ("[" * 100_000, "file"),
        (b"\xff\xfe", "file"),
    ],
)
def test_a_wrong_calendar_file_is_refused_by_the_name_of_the_field(text, field):
    with pytest.raises(InvalidInput) as error:
        Calendar.from_json(text) if field == "years" else SHIPPED.loaded(text)

    assert error.value.fields["field"] == field
    assert error.value.message.startswith(field)
    assert "\n" not in error.value.message


def test_a_year_that_is_missing_between_two_is_refused():
    later = {
        "year": 2028,
        "notice": "x",
        "rest": ["2028-01-01/2028-01-03", "2028-05-01/2028-05-02"],
        "makeup": [],
    }
    later["rest"] += ["2028-10-01/2028-10-03"]

    with pytest.raises(InvalidInput, match="2027 is missing before 2028"):
        SHIPPED.loaded(json.dumps(later))


@given(any_days, st.integers(1, 400))
def test_counting_forward_is_counting_one_by_one(day, n):
    result, left = day, n
    while left:
        result += timedelta(days=1)
        left -= SHIPPED.is_workday(result)

    assert workdays_after(day, n, SHIPPED) == result
    assert SHIPPED.count(day, result) == n


@given(any_days, st.integers(0, 400))
def test_forward_and_backward_agree(day, n):
    later = workdays_after(day, n, SHIPPED)
    earlier = workdays_before(later, n, SHIPPED)

    assert SHIPPED.count(earlier, later) == n
    assert SHIPPED.is_workday(earlier) or n == 0
    assert workdays_after(earlier, n, SHIPPED) == later


def test_notice_of_a_hearing_is_given_seven_workdays_before():
    # Monday 24 February 2025; 21 20 19 18 17 14 13 are the seven workdays before it.
    assert workdays_before(date(2025, 2, 24), 7, SHIPPED) == date(2025, 2, 13)


def test_far_and_near_days_may_be_asked_in_any_order():
    calendar = Calendar.from_json(SHIPPED.to_json())

    assert calendar.is_workday(date(2300, 1, 2))
    assert calendar.is_workday(date(1950, 1, 3))
    assert calendar.is_workday(date(2300, 1, 2))
    assert calendar.count(date(2023, 12, 31), date(2024, 12, 31)) == 251


@pytest.mark.parametrize("n", [-1, 10_001])
def test_a_number_of_days_that_nobody_means_is_refused(n):
    for count in (workdays_after, workdays_before):
        with pytest.raises(InvalidInput):
            count(date(2024, 1, 2), n, SHIPPED)


def test_a_day_that_cannot_be_counted_is_refused():
    with pytest.raises(InvalidInput):
        workdays_after(date(2499, 12, 1), 100, SHIPPED)


# ------------------------------------------------------------------ as a table

TABLE_2027 = """\
year,notice,kind,from,to
2027,国办发明电〔2026〕8号,rest,2027-01-01,2027-01-03
2027,,rest,2027-02-05,2027-02-11
2027,,rest,2027-04-03,2027-04-05
2027,,rest,2027-05-01,2027-05-05
2027,,rest,2027-06-09,
2027,,rest,2027-09-15,
2027,,rest,2027-10-01,2027-10-07
2027,,makeup,2026-12-27,
2027,,makeup,2027-02-20,
2027,,makeup,2027-05-08,
2027,,makeup,2027-10-09,
"""


def as_spreadsheet(text: str) -> bytes:
    """Return the file as a Chinese spreadsheet program saves it: other dates, other line ends, another encoding."""
    dates = re.sub(r"(\d{4})-0?(\d+)-0?(\d+)", r"\1/\2/\3", text)
    return (dates.replace("\n", "\r\n") + ",,,,\r\n").encode("gb18030")


@pytest.mark.parametrize(
    "table",
    [
        TABLE_2027,
        TABLE_2027.encode(),
        TABLE_2027.encode("utf-8-sig"),
        TABLE_2027.replace(",", ";"),
        TABLE_2027.replace(",", "\t"),
        as_spreadsheet(TABLE_2027),
    ],
)
def test_a_year_can_be_a_table(table: str | bytes):
    notice = NOTICE_2027 | {"notice": "国办发明电〔2026〕8号"}

    assert SHIPPED.loaded(table) == SHIPPED.loaded(json.dumps(notice))


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("year,notice", "jahr,notice", "line 1"),
        ("rest,2027-06-09,", "rest,2027-06-31,", "line 6"),
        ("rest,2027-06-09,", "rest,2027-06-09", "line 6"),
        ("rest,2027-06-09,", "holiday,2027-06-09,", "line 6"),
        ("rest,2027-06-09,", "rest,2027-02-06,", "line 6"),  # a day twice
        ("rest,2027-06-09,", "rest,2027-06-09,2027-06-08", "line 6"),
        ("2027,,rest,2027-06-09,", "2028,,rest,2027-06-09,", "line 6"),  # a year without its notice
        ("2027,,rest,2027-06-09,", "MMXXVII,,rest,2027-06-09,", "line 6"),
        ("2027,,rest,2027-06-09,", "2027,别的,rest,2027-06-09,", "line 6"),
        ("makeup,2027-02-20", "makeup,2027-02-22", "line 10"),  # a Monday
        ("2027-01-01,2027-01-03", "2027-01-02,2027-01-03", "line 2"),  # without 1 January
        ("2027,国办发明电〔2026〕8号", '2027,"国办发明电', "file"),
        (TABLE_2027, "", "file"),
    ],
)
def test_a_wrong_table_is_refused_by_its_line(old: str, new: str, field: str):
    assert old in TABLE_2027

    with pytest.raises(InvalidInput) as error:
        SHIPPED.loaded(TABLE_2027.replace(old, new))

    assert error.value.fields["field"] == field
    assert error.value.message.startswith(f"{field}: ")
    assert "\n" not in error.value.message
