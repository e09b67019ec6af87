"""What `authority.may_see` says of a person, for the database to ask of all cases at once. Knows no page."""

from __future__ import annotations

from datetime import date

from engine.case import authority
from engine.hall.store import Reading, Sees
from engine.law.organisation import Organisation


def sees(reading: Reading, organisation: Organisation | None, person: str, on: date) -> Sees | None:
    """The cases that a person may look at on a day; None: all of them."""
    if organisation is None or authority.sees_all(organisation, person, on):
        return None
    if not authority.works_in(organisation, person, on):
        return Sees(person)
    shared = reading.concerns(before=authority.PERSON)
    return Sees(person, authority.seen(organisation, person, shared, on))
