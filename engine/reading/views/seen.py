"""The rule of `authority.may_see` as a filter of the database, for lists of cases. Knows no page."""

from __future__ import annotations

from datetime import date

from engine.case import authority
from engine.hall.store import Reading, Sees
from engine.law.organisation import Organisation


def sees(reading: Reading, organisation: Organisation | None, person: str, on: date) -> Sees | None:
    """Return the filter for the cases that a person may look at on a day; None where the person may see all."""
    if organisation is None or authority.sees_all(organisation, person, on):
        return None
    shared = reading.concerns(before=authority.PERSON)
    return Sees(person, authority.seen(organisation, person, shared, on))
