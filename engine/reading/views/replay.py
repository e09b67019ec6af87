"""Frames of a replay: the case after each entry of its journal, for people to look at."""

from __future__ import annotations

from typing import Any

from engine.case.journal import Entry
from engine.case.journal import read as read_entry
from engine.case.records import encode, plain
from engine.case.state import Case
from engine.hall.proof import History
from engine.hall.store import Reading


def frames(reading: Reading, case: str, upto: int | None = None) -> list[dict[str, Any]]:
    """The case after each of its entries: tokens, facts, clocks, and what the entry did."""
    history = History(reading, case)
    out = []
    for row in reading.entries(case, limit=upto):
        entry = read_entry(row.body)
        history.step(entry)
        out.append(_frame(history.case, entry))
    return out


def _frame(case: Case, entry: Entry) -> dict[str, Any]:
    return {
        "sequence": entry.sequence,
        "at": entry.recorded_at,
        "actor": entry.actor,
        "command": entry.command["type"],
        "effects": list(entry.effects),
        "tokens": [{"number": t.number, "element": t.element} for t in case.tokens.values() if t.number],
        "facts": {name: encode(plain(value)) for (scope, name), value in sorted(case.facts.items()) if scope == 0},
        "clocks": [
            {"matter": c.matter, "name": c.name, "state": c.state, "due": c.due, "days": encode(c.days)}
            for c in case.clocks.values()
        ],
        "matters": {str(m.number): {"item": m.item, "state": str(m.state)} for m in case.matters.values()},
    }
