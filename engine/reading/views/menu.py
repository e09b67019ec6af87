"""The pages that the navigation offers a person, and how much waits behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.case import authority
from engine.law.organisation import Holding
from engine.reading.views import chains
from engine.reading.views.sight import Person, Sight

COUNTED = 100
"""The navigation counts waiting tasks up to here."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role that the person holds, with the name of the department in which; None: in the whole hall."""

    key: str
    name: str
    department: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Tasks that the person holds, tasks that they may take (at most `COUNTED`), open incidents for administrators."""

    mine: int
    open: int
    incidents: int


@dataclass(frozen=True, slots=True)
class Abilities:
    """The pages that a person may open, and who the person is.

    may         names of pages
    addresses   where notices to them, and to their roles, go
    """

    person: Person
    roles: tuple[Role, ...]
    may: tuple[str, ...]
    addresses: tuple[str, ...]
    counts: Counts


def abilities(sight: Sight) -> Abilities:
    viewer, reading = sight.viewer, sight.reading
    roles = {holding.role for holding in viewer.holdings}
    return Abilities(
        person=Person(viewer.person, viewer.name(viewer.person)),
        roles=tuple(Role(h.role, viewer.role(h.role), viewer.department(h.department)) for h in viewer.holdings),
        may=tuple(_pages(roles, chains.any_to_start(sight))),
        addresses=(f"person:{viewer.person}", *_addresses(viewer.holdings)),
        counts=Counts(
            mine=reading.count_held(viewer.person),
            open=reading.count_waiting(sight.grants, COUNTED),
            incidents=reading.count_incidents() if "administrator" in roles else 0,
        ),
    )


def _addresses(holdings: Sequence[Holding]) -> Iterator[str]:
    for holding in holdings:
        yield f"role:{holding.role}"
        if holding.department is not None:
            yield f"role:{holding.role}@{holding.department}"


def _pages(roles: set[str], starts: bool) -> Iterator[str]:
    working = roles - {authority.APPLICANT, "auditor", "designer"}
    if working:
        yield "worklist"
    if starts:
        yield "intake"
    yield "cases"
    yield "mailbox"
    if "administrator" in roles:
        yield from ("incidents", "outbox", "calendar", "versions")
