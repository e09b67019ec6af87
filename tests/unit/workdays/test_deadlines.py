"""Deadlines worked by hand, through the request that `licet due` answers."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from engine.workdays import Calendar, due

TABLE = Path(__file__).with_name("deadlines.txt").read_text(encoding="utf-8")
ROWS = [line for line in TABLE.splitlines() if line and not line.startswith("#")]


def event(text: str) -> dict[str, object]:
    if text.startswith("S"):
        begin, end = text[2:].split("/")
        return {"type": "suspend", "from": begin, "to": end}
    approved_at, amount = text[2:].split(" +")
    return {"type": "extend", "approved_at": approved_at, "amount": int(amount)}


def days(text: str, year: str) -> list[str]:
    """The days that a list of days and spans names."""
    result = []
    for entry in text.split():
        ends = [end if len(end) == 10 else f"{year}-{end}" for end in entry.split("..")]
        day, last = date.fromisoformat(ends[0]), date.fromisoformat(ends[-1])
        while day <= last:
            result.append(day.isoformat())
            day += timedelta(days=1)
    return result


@pytest.mark.parametrize("row", ROWS)
def test_a_deadline_falls_on_the_day_worked_by_hand(row):
    start, limit, events, deadline, counted = (cell.strip() for cell in row.split("|"))
    amount, unit = limit.split()
    request = {
        "start": f"{start}T09:00:00+08:00",
        "limit": {"amount": int(amount), "unit": unit},
        "events": [event(text) for text in re.findall(r"S \S+|E \S+ \+\d+", events)],
    }

    answer = due(request, Calendar.shipped())

    assert answer["due"] == deadline.lstrip("~")
    assert answer["counted_days"] == days(counted, answer["due"][:4])
    assert answer["certainty"] == ("provisional" if deadline.startswith("~") else "final")
    assert answer["due_at"] == f"{date.fromisoformat(answer['due']) + timedelta(days=1)}T00:00:00+08:00"


def test_the_table_is_as_long_as_was_promised():
    assert len(ROWS) >= 40
