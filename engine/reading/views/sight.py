"""Who looks, when, at which hall: what every reader of this room is given.

A sight is one look by one person: one moment of the database, the person's roles, the versions in force. Readers are
functions that take a sight, and raise NotFound for what isn't the person's to see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from engine.base.errors import JournalBroken, LicetError, NotAllowed, NotFound
from engine.case import authority
from engine.case.confidential import Withheld, withheld
from engine.case.context import Settings
from engine.case.state import Case
from engine.hall.door.stored import stored_case
from engine.hall.library import Library
from engine.hall.ports import Clock
from engine.hall.proof import refusal_of
from engine.hall.store import CaseRow, Grant, Reading, Sees, Store
from engine.law.organisation import Holding, Organisation
from engine.law.workdays import Calendar
from engine.model.chain import ChainVersion
from engine.reading.views import days
from engine.reading.views.progress import Journals
from engine.reading.views.seen import sees

SYSTEM = frozenset({authority.CLOCK, authority.OUTBOX, "system:demo"})
"""Actors that are no people; the pages have a name for each."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person by key and name; somebody who isn't on file any more goes by the key."""

    key: str
    name: str


@dataclass(frozen=True)
class Viewer:
    """A person who looks, the instant in the hall's zone, and what is in force then."""

    person: str
    now: datetime
    organisation: Organisation | None
    calendar: Calendar
    settings: Settings

    @property
    def today(self) -> date:
        return self.now.date()

    @cached_property
    def holdings(self) -> tuple[Holding, ...]:
        """The roles that the person holds today, substitutions included."""
        return self.organisation.roles_of(self.person, self.today) if self.organisation is not None else ()

    def person_of(self, key: str | None) -> Person | None:
        return None if key is None else Person(key, self.name(key))

    def name(self, key: str) -> str:
        """Name of a person, department or role; the key itself where it isn't on file any more."""
        try:
            return self.organisation.name_of(key) if self.organisation is not None else key
        except NotFound:
            return key

    def role(self, key: str) -> str:
        """Name of a role: a person may go by the same key."""
        role = self.organisation.role(key) if self.organisation is not None else None
        return role.name if role is not None else key

    def department(self, key: str | None) -> str | None:
        return self.name(key) if key else None

    def may(self, case: Case | None, commands: Iterable[str], about: authority.About | None = None) -> tuple[str, ...]:
        """Those of the commands that the viewer might give now; `about`: the task or other thing that they concern."""
        return tuple(
            command
            for command in commands
            if authority.allowed(self.organisation, self.person, command, about or authority.About(), case, self.today)
        )

    def light(self, due_at: str | None) -> tuple[str | None, int | None]:
        """Light and workdays left of a due instant, below 0 those over it; None while no workday is over it yet."""
        if due_at is None:
            return None, None
        due = datetime.fromisoformat(due_at).astimezone(self.now.tzinfo)
        last_day = days.last_day(due)
        if due <= self.now:
            return "red", -self._between(last_day, self.today) or None
        left = self._between(self.today, last_day)
        return ("yellow" if left <= self.settings.yellow_workdays else "green"), left

    def due_on(self, due_at: str | None) -> str | None:
        """The last day in time of a due instant."""
        if due_at is None:
            return None
        return days.last_day(datetime.fromisoformat(due_at).astimezone(self.now.tzinfo)).isoformat()

    def _between(self, first: date, last: date) -> int:
        """Workdays in (first, last]; 0 if last isn't later."""
        return self.calendar.count(first, last) if last > first else 0


class Opened(NamedTuple):
    """A case that the person may see: its row, its state, and the chain version that it runs."""

    row: CaseRow
    case: Case
    version: ChainVersion


class Sight:
    """One look by one person. Everything that is read by it is of the same moment."""

    def __init__(self, viewer: Viewer, reading: Reading, library: Library, journals: Journals) -> None:
        self.viewer, self.reading, self.journals = viewer, reading, journals
        self._library = library

    def version(self, digest: str) -> ChainVersion:
        return self._library.chain(digest)[0]

    def forced(self) -> Mapping[str, Mapping[str, str]]:
        """Return when, by whom and why versions were published in spite of what was found, by digest."""
        return self._library.forced(self.reading)

    def opened(self, number: str) -> Opened:
        """A case that the person may see. Raises NotFound: whether it exists is nobody's business who may not."""
        viewer = self.viewer
        row = self.reading.case(number)
        if row is not None:
            case = stored_case(self.reading, row)
            if self.may_see(case):
                return Opened(row, case, self.version(row.chain))
        raise NotFound(
            f"Expected a case {number} that {viewer.person} may see; there is none.",
            sentence="case_unknown",
            case=number,
        )

    def may_see(self, case: Case) -> bool:
        """Whether the person may look at the case; what is stored of whom it has concerned is asked last."""
        viewer = self.viewer
        about = (viewer.organisation, viewer.person, case, viewer.today)
        return authority.may_see(*about) or authority.may_see(*about, self.reading.concerned(case.id))

    def withheld(self, case: Case, version: ChainVersion) -> Withheld:
        """The names of facts of the case that the person may not read."""
        viewer = self.viewer
        return withheld(viewer.organisation, viewer.person, case, version, viewer.today)

    def refusal(self, case: str, incident: int) -> LicetError | None:
        """The refusal behind an incident (see `proof.refusal_of`); None too where the journal is broken."""
        try:
            return refusal_of(self.reading, self._library, case, incident)
        except JournalBroken:
            return None  # for `licet verify` to tell: the page goes on

    def need_administrator(self) -> None:
        """Raises NotAllowed for anybody else."""
        organisation, viewer = self.viewer.organisation, self.viewer
        if organisation is None or organisation.may(viewer.person, ("administrator",), None, None, viewer.today):
            return
        raise NotAllowed(
            f"Expected an administrator; {viewer.person} is not.",
            sentence="administration_not_yours",
            actor=viewer.person,
        )

    @cached_property
    def seen(self) -> Sees | None:
        """The cases that the person may look at, for the database; None: all of them."""
        viewer = self.viewer
        return sees(self.reading, viewer.organisation, viewer.person, viewer.today)

    @cached_property
    def grants(self) -> tuple[Grant, ...]:
        """The person's roles as probes of the worklist's index; hall-wide ones reach into every department."""
        viewer = self.viewer
        if viewer.organisation is None:
            return ()
        everywhere = ["", *(department.key for department in viewer.organisation.departments)]
        grants = [Grant(f"person:{viewer.person}", place) for place in everywhere]
        for holding in viewer.holdings:
            if holding.role == authority.APPLICANT:
                continue  # applicants have their own cases, not a share of everybody's
            places = everywhere if holding.department is None else ["", holding.department]
            grants += [Grant(f"role:{holding.role}", place, holding.items) for place in places]
            moved = viewer.organisation.elsewhere(holding.department, viewer.today) if holding.department else ()
            for place, item in moved:
                if holding.items is None or item in holding.items:
                    grants.append(Grant(f"role:{holding.role}", place, (item,)))
        return tuple(dict.fromkeys(grants))


class Sights:
    """Opens the sights of one hall. Threads may share it."""

    def __init__(self, store: Store, library: Library, clock: Clock) -> None:
        self._store, self._library, self._clock = store, library, clock
        self._journals = Journals()

    @contextmanager
    def of(self, person: str) -> Iterator[Sight]:
        """The sight of a person, now; an empty key is anybody's, who may see what is published."""
        with self._store.reading() as reading:
            versions = self._library.versions(reading)
            settings = self._library.settings(versions.settings)
            organisation = self._library.organisation(versions.organisation) if versions.organisation else None
            now = self._clock.now().astimezone(ZoneInfo(settings.zone))
            viewer = Viewer(person, now, organisation, self._library.calendar(versions.calendar), settings)
            yield Sight(viewer, reading, self._library, self._journals)
