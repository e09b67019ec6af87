"""Departments, people, roles, substitutes and delegated powers of a hall, each with its dates.

Pure: bytes in, frozen values and answers out. Knows no case and no task: `case.authority` has the table of who may do
what with them, and asks here who holds which role. All dates are inclusive; a missing one sets no bound.

Sources: 行政许可法 (2019) art. 24 (a delegated power can't be delegated further), 26 (one window for all).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import combinations, pairwise
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.base.canonical import canonical, digest
from engine.base.errors import ModelError, NotFound
from engine.base.shapes import STRICT, Day, Hours, Key, Region, Text, plain, reader


class _Dated(Protocol):
    @property
    def from_(self) -> date | None: ...
    @property
    def to(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Named:
    """A department, role or person: a key, by which everything refers to it, and a name, which pages show."""

    __pydantic_config__ = STRICT
    key: Key
    name: Text


@dataclass(frozen=True, slots=True)
class Department(Named):
    """A department of the hall. If it was dissolved 撤销, `to` is its last day."""

    from_: Day | None = None
    to: Day | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A person holds a role in a department (None: in the whole hall), for some items (None: for all)."""

    __pydantic_config__ = STRICT
    person: str
    role: str
    department: str | None = None
    items: tuple[str, ...] | None = None
    from_: Day | None = None
    to: Day | None = None


@dataclass(frozen=True, slots=True)
class Substitute:
    """`person` acts for `for_` 代理, with the roles that were granted to `for_`; not with those as a substitute."""

    __pydantic_config__ = STRICT
    person: str
    for_: str
    from_: Day | None = None
    to: Day | None = None


@dataclass(frozen=True, slots=True)
class Delegation:
    """The power over an item handed to another department 赋权, within an area (a region code; None: everywhere)."""

    __pydantic_config__ = STRICT
    item: str
    from_department: str
    to_department: str
    area: str | None = None
    from_: Day | None = None
    to: Day | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """A role that a person holds on a day: an own one, or as the substitute of the person `via`."""

    role: str
    department: str | None
    items: tuple[str, ...] | None
    via: str | None = None

    def covers(self, roles: Collection[str], department: str | None, item: str | None) -> bool:
        """Whether it is one of the roles, for this department (None: for any) and this item.

        A role that is limited to some items covers nothing that has no item.
        """
        return (
            self.role in roles
            and (department is None or self.department is None or self.department == department)
            and (self.items is None or item in self.items)
        )


@dataclass(frozen=True, slots=True)
class Basis:
    """Why somebody may do something, as the journal keeps it.

    department       where the role is exercised; None: in the whole hall
    for_person       the person for whom a substitute acts
    from_department  the department whose power it is by law, if it was delegated
    """

    kind: Literal["role", "substitute", "delegation"]
    role: str
    department: str | None = None
    for_person: str | None = None
    from_department: str | None = None

    def as_dict(self) -> dict[str, str]:
        """The fields that aren't None, as JSON."""
        return {name: value for name in self.__dataclass_fields__ if (value := getattr(self, name)) is not None}


@dataclass(frozen=True, slots=True)
class Party:
    """Who a name stands for: a person, or those with one of the roles in the department (None: in the task's own)."""

    person: str | None = None
    roles: tuple[str, ...] = ()
    department: str | None = None


@dataclass(frozen=True)
class Organisation:
    """One hall as its file describes it. Every question says for which day it is asked."""

    __pydantic_config__ = STRICT
    name: Text
    region: Region
    departments: tuple[Department, ...]
    roles: tuple[Named, ...]
    people: tuple[Named, ...]
    grants: tuple[Grant, ...]
    zone: str = "Asia/Shanghai"
    office_hours: tuple[Hours, ...] = ()
    substitutes: tuple[Substitute, ...] = ()
    delegations: tuple[Delegation, ...] = ()

    def roles_of(self, person: str, on: date) -> tuple[Holding, ...]:
        """The roles that a person holds on that day, the own ones first. Empty for a person who isn't in the file."""
        own = tuple(_holdings(self._grants.get(person, ()), on))
        acting = tuple(
            holding
            for substitute in self.substitutes
            if substitute.person == person and holds(substitute, on)
            for holding in _holdings(self._grants.get(substitute.for_, ()), on, via=substitute.for_)
        )
        return own + acting

    def may(
        self,
        person: str,
        roles: Collection[str],
        department: str | None,
        item: str | None,
        on: date,
        area: str | None = None,
    ) -> Basis | None:
        """The basis on which a person acts in one of the roles for a department and an item; None if there is none.

        `department` has the power by law, or holds it by delegation. While it is delegated, only the department that
        holds it exercises it. An own role comes before one as a substitute.
        """
        holder = self.department_of(item, department, area, on)
        found = next((h for h in self.roles_of(person, on) if h.covers(roles, holder, item)), None)
        if found is None:
            return None
        delegation = self._delegated_to(item, holder, area, on)
        if delegation is not None:
            return Basis("delegation", found.role, holder, found.via, delegation.from_department)
        return Basis("substitute" if found.via else "role", found.role, found.department, found.via)

    def candidates(
        self,
        roles: Collection[str],
        department: str | None,
        item: str | None,
        on: date,
        area: str | None = None,
    ) -> tuple[str, ...]:
        """All people for whom `may` gives a basis, in the order of the file."""
        everybody = (person.key for person in self.people)
        return tuple(key for key in everybody if self.may(key, roles, department, item, on, area))

    def department_of(self, item: str | None, department: str | None, area: str | None, on: date) -> str | None:
        """The department that exercises the power on that day: the given one, or the one that it delegated it to."""
        for entry in self.delegations:
            if (entry.item, entry.from_department) == (item, department) and _for_area(entry, area, on):
                return entry.to_department
        return department

    def elsewhere(self, department: str, on: date) -> tuple[tuple[str, str], ...]:
        """(department, item) of tasks that were opened in another department, while this one has the power by now.

        That happens if a delegation of this department's item was taken back, or one to this department has begun.
        """
        tasks = [
            (entry.from_department, entry.item)
            for entry in self.delegations
            if entry.to_department == department and entry.area is None and holds(entry, on)
        ]
        for entry in self.delegations:
            back = entry.from_department == department and not holds(entry, on)
            if back and self._delegated_to(entry.item, entry.to_department, entry.area, on) is None:
                tasks.append((entry.to_department, entry.item))
        return tuple(dict.fromkeys(tasks))

    def party(self, name: str, on: date) -> Party | None:
        """Who is meant by the key of a person, department or role, or by `role:<role>@<department>`, in this order.

        A department is those with a role in it; who holds that role in the whole hall is not asked to act for it.
        None: nobody.
        """
        if name in self._people:
            return Party(person=name)
        if self.has_department(name, on):
            within = {g.role for g in self.grants if g.department == name and holds(g, on)}
            roles = within - {g.role for g in self.grants if g.department is None and holds(g, on)}
            return Party(roles=tuple(sorted(roles)), department=name) if roles else None
        role, sign, department = name.removeprefix("role:").partition("@")
        if role in self._roles and (not sign or self.has_department(department, on)):
            return Party(roles=(role,), department=department or None)
        return None

    def parties(self, name: str) -> tuple[Party, ...]:
        """Who `party` says on any day: once for each day on which departments or grants begin or have ended."""
        dated: tuple[_Dated, ...] = (*self.departments, *self.grants)
        turns = {date.min, *(entry.from_ for entry in dated if entry.from_ is not None)}
        turns |= {entry.to + timedelta(days=1) for entry in dated if entry.to is not None and entry.to < date.max}
        return tuple(party for day in sorted(turns) if (party := self.party(name, day)) is not None)

    def department(self, key: str) -> Department | None:
        """The department with this key, even if it was dissolved; None if there never was one."""
        return self._departments.get(key)

    def role(self, key: str) -> Named | None:
        """The role with this key."""
        return self._roles.get(key)

    def has_department(self, key: str, on: date) -> bool:
        """Whether the department exists on that day."""
        found = self.department(key)
        return found is not None and holds(found, on)

    def name_of(self, key: str) -> str:
        """The name of a person, department or role. Raises NotFound."""
        try:
            return self._names[key]
        except KeyError:
            raise NotFound(
                f"Expected a person, department or role of {self.name}, found {key!r}.",
                sentence="person_unknown",
                key=key,
            ) from None

    def to_json(self) -> bytes:
        """The organisation as canonical JSON; `read` gives an equal one back."""
        laid_out = plain(self)
        for department in laid_out["departments"]:  # dates came later: older digests stay if an absent one is left out
            for name in [name for name, value in department.items() if value is None]:
                del department[name]
        return canonical(laid_out)

    @cached_property
    def digest(self) -> str:
        """`sha256:…` of `to_json()`: the same for files that hold the same values."""
        return digest(self.to_json())

    @cached_property
    def _grants(self) -> dict[str, tuple[Grant, ...]]:
        grants: dict[str, tuple[Grant, ...]] = {}
        for grant in self.grants:
            grants[grant.person] = (*grants.get(grant.person, ()), grant)
        return grants

    @cached_property
    def _departments(self) -> dict[str, Department]:
        return {department.key: department for department in self.departments}

    @cached_property
    def _roles(self) -> dict[str, Named]:
        return {role.key: role for role in self.roles}

    @cached_property
    def _people(self) -> frozenset[str]:
        return frozenset(person.key for person in self.people)

    @cached_property
    def _names(self) -> dict[str, str]:
        return {named.key: named.name for named in (*self.roles, *self.departments, *self.people)}

    def _delegated_to(self, item: str | None, holder: str | None, area: str | None, on: date) -> Delegation | None:
        for entry in self.delegations:
            if (entry.item, entry.to_department) == (item, holder) and _for_area(entry, area, on):
                return entry
        return None


def holds(entry: _Dated, on: date) -> bool:
    """Whether something with dates is in force on that day."""
    return (entry.from_ is None or entry.from_ <= on) and (entry.to is None or on <= entry.to)


def _holdings(grants: Sequence[Grant], on: date, via: str | None = None) -> Iterator[Holding]:
    return (Holding(g.role, g.department, g.items, via) for g in grants if holds(g, on))


def _for_area(delegation: Delegation, area: str | None, on: date) -> bool:
    there = delegation.area is None or (area is not None and _within(area, delegation.area))
    return there and holds(delegation, on)


def _within(area: str, around: str) -> bool:
    """Whether a region is the other one or a part of it: 990001100001 is in 990001100, and that is in 990001."""
    return _significant(area).startswith(_significant(around))


def _significant(code: str) -> str:
    """A region code without the trailing zeros that mean all of its parts. Source: GB/T 2260, GB/T 10114."""
    county, below = code[:6], code[6:]
    while below.endswith("000"):
        below = below[:-3]
    while not below and county.endswith("00"):
        county = county[:-2]
    return county + below


_read = reader(Organisation, "organisation")


def read(data: bytes) -> Organisation:
    """The organisation in the bytes of an `organisation.json`.

    Raises ModelError for a wrong shape, reference or date, with its path (`grants[2].role`);
    `fields["errors"]` maps every wrong path to its message.
    """
    organisation = _read(data)
    wrong = dict(_wrong(organisation))
    if wrong:
        first, message = next(iter(wrong.items()))
        more = f" ({len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise ModelError(f"organisation: {first}: {message}{more}", path=first, errors=wrong)
    return organisation


_Wrong = Iterator[tuple[str, str]]
"""(path, message) of each thing that is wrong."""


def _wrong(organisation: Organisation) -> _Wrong:
    yield from _hall(organisation)
    yield from _keys(organisation)
    yield from _references(organisation)
    yield from _dates(organisation)
    yield from _delegations(organisation)


def _hall(organisation: Organisation) -> _Wrong:
    try:
        ZoneInfo(organisation.zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield "zone", f"expected a time zone like Asia/Shanghai; found {organisation.zone!r}."
    times = [time for span in organisation.office_hours for time in span.split("-")]
    if any(later <= earlier for earlier, later in pairwise(times)):
        yield "office_hours", f"expected spans one after another, like 09:00-12:00; found {times}."


def _keys(organisation: Organisation) -> _Wrong:
    for part in ("departments", "roles", "people"):
        seen: set[str] = set()
        for place, named in enumerate(getattr(organisation, part)):
            if named.key in seen:
                yield f"{part}[{place}].key", f"{named.key!r} is taken; give each one a key of its own."
            seen.add(named.key)


_POINTS_AT = {
    "person": "people",
    "for_": "people",
    "role": "roles",
    "department": "departments",
    "from_department": "departments",
    "to_department": "departments",
}
"""The list that a field refers to by a key."""


def _entries(organisation: Organisation) -> Iterator[tuple[str, Any]]:
    for part in ("departments", "grants", "substitutes", "delegations"):
        for place, entry in enumerate(getattr(organisation, part)):
            yield f"{part}[{place}]", entry


def _references(organisation: Organisation) -> _Wrong:
    known = {part: {named.key for named in getattr(organisation, part)} for part in ("departments", "roles", "people")}
    for path, entry in _entries(organisation):
        for name, part in _POINTS_AT.items():
            key = getattr(entry, name, None)
            if key is not None and key not in known[part]:
                yield (
                    f"{path}.{name.rstrip('_')}",
                    f"no {key!r} among the {part}; add it there, or correct it.",
                )


def _dates(organisation: Organisation) -> _Wrong:
    for path, entry in _entries(organisation):
        if entry.from_ and entry.to and entry.to < entry.from_:
            yield f"{path}.to", f"ends on {entry.to}, before it begins on {entry.from_}."
        if isinstance(entry, Substitute) and entry.person == entry.for_:
            yield f"{path}.for", "nobody is one's own substitute."


def _delegations(organisation: Organisation) -> _Wrong:
    numbered = list(enumerate(organisation.delegations))
    for place, entry in numbered:
        if entry.from_department == entry.to_department:
            yield f"delegations[{place}].to_department", "a power is delegated to another department."
    for (_, first), (place, second) in combinations(numbered, 2):
        if first.item != second.item or not _overlap(first, second):
            continue
        if first.from_department == second.from_department and _share_area(first, second):
            yield f"delegations[{place}]", f"{second.item!r} is delegated twice at the same time and place."
        elif {first.from_department, second.from_department} & {first.to_department, second.to_department}:
            message = f"{second.item!r} is delegated on, which 行政许可法 24 forbids."
            yield f"delegations[{place}].from_department", message


def _share_area(first: Delegation, second: Delegation) -> bool:
    if first.area is None or second.area is None:
        return True
    return _within(first.area, second.area) or _within(second.area, first.area)


def _overlap(first: _Dated, second: _Dated) -> bool:
    starts = max(first.from_ or date.min, second.from_ or date.min)
    return starts <= min(first.to or date.max, second.to or date.max)
