"""The table of deadlines worked by hand: each row as a request of `licet due`, and the expected answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parents[1] / "unit" / "law" / "workdays" / "deadlines.txt"


@dataclass(frozen=True)
class Deadline:
    """One row. `answer`: the part of the answer that was worked out by hand."""

    request: dict[str, Any]
    answer: dict[str, Any]


def rows() -> Iterator[Deadline]:
    for line in TABLE.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield _deadline(line)


def _deadline(row: str) -> Deadline:
    start, limit, events, deadline, counted = (cell.strip() for cell in row.split("|"))
    amount, unit = limit.split()
    due = date.fromisoformat(deadline.lstrip("~"))
    request = {
        "start": f"{start}T09:00:00+08:00",
        "limit": {"amount": int(amount), "unit": unit},
        "events": [_event(text) for text in re.findall(r"S \S+|E \S+ \+\d+", events)],
    }
    answer = {
        "due": due.isoformat(),
        "due_at": f"{due + timedelta(days=1)}T00:00:00+08:00",
        "counted_days": list(_days(counted, due.year)),
        "certainty": "provisional" if deadline.startswith("~") else "final",
    }
    return Deadline(request, answer)


def _event(text: str) -> dict[str, object]:
    if text.startswith("S"):
        begin, end = text[2:].split("/")
        return {"type": "suspend", "from": begin, "to": end}
    approved_at, amount = text[2:].split(" +")
    return {"type": "extend", "approved_at": approved_at, "amount": int(amount)}


def _days(text: str, year: int) -> Iterator[str]:
    """Return the days that a list of days and spans names."""
    for entry in text.split():
        ends = [end if len(end) == 10 else f"{year}-{end}" for end in entry.split("..")]
        day, last = date.fromisoformat(ends[0]), date.fromisoformat(ends[-1])
        while day <= last:
            yield day.isoformat()
            day += timedelta(days=1)
