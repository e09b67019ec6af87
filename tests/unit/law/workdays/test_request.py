"""The request and the answer of `licet due`."""

from __future__ import annotations

from typing import Any

import pytest

from engine.base.errors import InvalidInput
from engine.law.workdays import Calendar, due

CALENDAR = Calendar.shipped()


def request(**changes: Any) -> dict[str, Any]:
    content = {
        "start": "2024-09-02T09:00:00+08:00",
        "limit": {"amount": 5, "unit": "workday"},
        "events": [
            {"type": "suspend", "from": "2024-09-04", "to": "2024-09-09", "reason": "expert_review"},
            {"type": "extend", "amount": 10, "approved_at": "2024-09-10"},
        ],
        "as_of": "2024-09-06",
        "light": {"yellow_workdays": 2},
    }
    return content | changes


def test_the_sample_of_the_page_on_the_law():
    assert due(request(), CALENDAR) == {
        "certainty": "final",
        "unpublished_years": [],
        "due": "2024-09-27",
        "due_at": "2024-09-28T00:00:00+08:00",
        "limit": 15,
        "counted_days": [
            *("2024-09-03", "2024-09-04", "2024-09-10", "2024-09-11", "2024-09-12", "2024-09-13"),
            *("2024-09-14", "2024-09-18", "2024-09-19", "2024-09-20", "2024-09-23", "2024-09-24"),
            *("2024-09-25", "2024-09-26", "2024-09-27"),
        ],
        "extensions": [{"approved_at": "2024-09-10", "accepted": True, "due_before": "2024-09-12"}],
        "as_of": {
            "date": "2024-09-06",
            "used": 2,
            "remaining": 3,
            "overdue": 0,
            "light": "grey",
            "state": "suspended",
        },
    }


def test_without_as_of_and_events_the_answer_has_none():
    answer = due({"start": "2024-09-02T09:00:00Z", "limit": {"amount": 5, "unit": "workday"}}, CALENDAR)

    assert "as_of" not in answer
    assert answer["extensions"] == []
    assert answer["due"] == "2024-09-09"


def test_a_refused_extension_stands_in_the_answer_and_changes_nothing():
    answer = due(request(events=[{"type": "extend", "amount": 10, "approved_at": "2024-09-10"}]), CALENDAR)

    assert answer["due"] == "2024-09-09"
    assert answer["limit"] == 5
    assert answer["extensions"] == [
        {"approved_at": "2024-09-10", "accepted": False, "due_before": "2024-09-09", "reason": "after_due"}
    ]


def test_an_open_suspension_gives_no_due_date():
    answer = due(request(events=[{"type": "suspend", "from": "2024-09-04"}]), CALENDAR)

    assert (answer["due"], answer["due_at"]) == (None, None)
    assert answer["counted_days"] == ["2024-09-03", "2024-09-04"]


def test_fractions_are_numbers_in_the_answer():
    limit = {"amount": 0.5, "unit": "workday", "office_hours": ["09:00-12:00", "13:30-17:30"]}

    answer = due(request(limit=limit, events=[], as_of="2024-09-02"), CALENDAR)

    assert answer["limit"] == 0.5
    assert answer["due_at"] == "2024-09-02T14:00:00+08:00"
    assert answer["as_of"]["used"] == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"start": "2024-09-02T09:00:00"}, "start"),  # no zone
        ({"start": "2024-09-31T09:00:00+08:00"}, "start"),
        ({"start": 20240902}, "start"),
        ({"start": None}, "start"),
        ({"start": "0001-01-01T00:00:00+08:00"}, "start"),
        ({"limit": None}, "limit"),
        ({"limit": {"amount": -1, "unit": "workday"}}, "limit.amount"),
        ({"limit": {"amount": "5", "unit": "workday"}}, "limit.amount"),
        ({"limit": {"amount": True, "unit": "workday"}}, "limit.amount"),
        ({"limit": {"amount": float("nan"), "unit": "workday"}}, "limit.amount"),
        ({"limit": {"amount": 10**5000, "unit": "workday"}}, "limit.amount"),
        ({"limit": {"amount": 1.5, "unit": "day"}}, "limit.amount"),
        ({"limit": {"unit": "workday"}}, "limit.amount"),
        ({"limit": {"amount": 5, "unit": "week"}}, "limit.unit"),
        ({"limit": {"amount": 5, "unit": ["workday"]}}, "limit.unit"),
        ({"limit": {"amount": 5}}, "limit.unit"),
        ({"limit": {"amount": 5, "unit": "hour"}}, "limit.office_hours"),
        ({"limit": {"amount": 5, "unit": "hour", "office_hours": ["9-12"]}}, "limit.office_hours"),
        ({"limit": {"amount": 5, "unit": "hour", "office_hours": [9]}}, "limit.office_hours"),
        ({"limit": {"amount": 5, "unit": "hour", "office_hours": ["12:00-09:00"]}}, "limit.office_hours"),
        (
            {"limit": {"amount": 5, "unit": "hour", "office_hours": ["09:00-12:00", "11:00-17:00"]}},
            "limit.office_hours",
        ),
        ({"limit": {"amount": 5, "unit": "workday", "days": 5}}, "limit.days"),
        ({"events": {}}, "events"),
        ({"events": "suspend"}, "events"),
        ({"events": [{"type": "pause"}]}, "events[0].type"),
        ({"events": ["suspend"]}, "events[0].type"),
        ({"events": [{"type": "suspend", "from": "2024-09-09", "to": "2024-09-04"}]}, "events[0].to"),
        ({"events": [{"type": "suspend", "from": "2024-09-01"}]}, "events[0].from"),
        ({"events": [{"type": "suspend", "to": "2024-09-04"}]}, "events[0].from"),
        ({"events": [{"type": "suspend", "from": "2024-09-04T09:00:00"}]}, "events[0].from"),
        ({"events": [{"type": "extend", "amount": 0, "approved_at": "2024-09-03"}]}, "events[0].amount"),
        ({"events": [{"type": "extend", "amount": 0.5, "approved_at": "2024-09-03"}]}, "events[0].amount"),
        ({"events": [{"type": "extend", "amount": 5}]}, "events[0].approved_at"),
        ({"events": [{"type": "extend", "amount": 5, "approved_at": "2024-09-01"}]}, "events[0].approved_at"),
        ({"events": [{"type": "extend", "amount": 5, "days": 5}]}, "events[0].days"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": "9999-12-31"}, "as_of"),
        ({"light": {"red": 1}}, "light.red"),
        ({"light": {"yellow_share": 1.5}}, "light.yellow_share"),
        ({"light": {"yellow_workdays": -1}}, "light.yellow_workdays"),
        ({"calendar": "CN"}, "request.calendar"),
    ],
)
def test_wrong_input_is_one_line_that_names_the_field(changes, field):
    with pytest.raises(InvalidInput) as error:
        due(request(**changes), CALENDAR)

    assert error.value.fields["field"] == field
    assert error.value.message.startswith(f"{field}: ")
    assert "\n" not in error.value.message
    assert len(error.value.message) < 250


@pytest.mark.parametrize("found", [None, [], "5", 5])
def test_a_request_is_an_object(found):
    with pytest.raises(InvalidInput):
        due(found, CALENDAR)
