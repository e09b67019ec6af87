"""Departments, people, roles, substitutes and delegated powers of a hall, each with its dates.

Pure: bytes in, frozen values and answers out. Knows no case and no task: who may do what with them is
`authority`'s table, which asks here. All dates are inclusive; a missing one is open.

Sources: 行政许可法 (2019) art. 24 (a delegated power isn't delegated on), 26 (one window for all).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import combinations, pairwise
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.base.canonical import canonical, digest
from engine.base.errors import ModelError, NotFound
from engine.base.shapes import STRICT, Hours, Key, Region, Text, plain, reader


class _Dated(Protocol):
    @property
    def from_(self) -> date | None: ...
    @property
    def to(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Named:
    """A department, role or person: the key that everything refers to, the name that pages show."""

    __pydantic_config__ = STRICT
    key: Key
    name: Text


@dataclass(frozen=True, slots=True)
class Department(Named):
    """A department of the hall; `to` is the last day on which there is one, where it was dissolved 撤销."""

    from_: date | None = None
    to: date | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A person holds a role in a department (None = in the whole hall), for some items (None = for all)."""

    __pydantic_config__ = STRICT
    person: str
    role: str
    department: str | None = None
    items: tuple[str, ...] | None = None
    from_: date | None = None
    to: date | None = None


@dataclass(frozen=True, slots=True)
class Substitute:
    """`person` acts for `for_` 代理, with the grants of that one: nobody passes a substitution on."""

    __pydantic_config__ = STRICT
    person: str
    for_: str
    from_: date | None = None
    to: date | None = None


@dataclass(frozen=True, slots=True)
class Delegation:
    """An item's power handed to another department 赋权, for an area (region code; None = everywhere) and all in it."""

    __pydantic_config__ = STRICT
    item: str
    from_department: str
    to_department: str
    area: str | None = None
    from_: date | None = None
    to: date | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """A role that a person holds on a day; `via` = the person whose substitute one is, None for one's own."""

    role: str
    department: str | None
    items: tuple[str, ...] | None
    via: str | None = None

    def covers(self, roles: Collection[str], department: str | None, item: str | None) -> bool:
        """Whether it is one of the roles, for that department (None = any will do) and item.

        A holding limited to some items covers nothing that has no item.
        """
        return (
            self.role in roles
            and (department is None or self.department is None or self.department == department)
            and (self.items is None or item in self.items)
        )


@dataclass(frozen=True, slots=True)
class Basis:
    """Why somebody may do something; goes into the journal.

    `department` is where the role is exercised (None = whole hall); `for_person` whose substitute acts;
    `from_department` whose power it is by law, where it was delegated.
    """

    kind: Literal["role", "substitute", "delegation"]
    role: str
    department: str | None = None
    for_person: str | None = None
    from_department: str | None = None

    def as_dict(self) -> dict[str, str]:
        """The facts that are given, as JSON."""
        return {name: value for name in self.__dataclass_fields__ if (value := getattr(self, name)) is not None}


@dataclass(frozen=True)
class Organisation:
    """One hall as it is on file; every question names the day."""

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
        """What a person holds on that day: one's own first, then as a substitute. Empty if unknown."""
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
        """On what basis a person acts in one of the roles for a department and item; None if on none.

        `department` is the owner of the power, or the one that holds it by delegation. Once delegated, the
        power is exercised there alone. A basis of one's own comes before one as a substitute.
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
        """Everybody who may, substitutes included, in the order of the file."""
        everybody = (person.key for person in self.people)
        return tuple(key for key in everybody if self.may(key, roles, department, item, on, area))

    def department_of(self, item: str | None, department: str | None, area: str | None, on: date) -> str | None:
        """The department that exercises the power on that day: the owner, or the one it is delegated to."""
        for entry in self.delegations:
            if (entry.item, entry.from_department) == (item, department) and _for_area(entry, area, on):
                return entry.to_department
        return department

    def elsewhere(self, department: str, on: date) -> tuple[tuple[str, str], ...]:
        """(department, item) of tasks that were opened there, while this one exercises the power by now.

        A delegation has been taken back since; or has begun, everywhere.
        """
        found = [
            (entry.from_department, entry.item)
            for entry in self.delegations
            if entry.to_department == department and entry.area is None and holds(entry, on)
        ]
        for entry in self.delegations:
            back = entry.from_department == department and not holds(entry, on)
            if back and self._delegated_to(entry.item, entry.to_department, entry.area, on) is None:
                found.append((entry.to_department, entry.item))
        return tuple(dict.fromkeys(found))

    def department(self, key: str) -> Department | None:
        """The department of that key, whether it still is one or not."""
        return next((department for department in self.departments if department.key == key), None)

    def has_department(self, key: str, on: date) -> bool:
        """Whether there is such a department on that day."""
        found = self.department(key)
        return found is not None and holds(found, on)

    def name_of(self, key: str) -> str:
        """Name of the person, department or role. Raises NotFound."""
        try:
            return self._names[key]
        except KeyError:
            raise NotFound(f"Expected a person, department or role of {self.name}, found {key!r}.") from None

    def to_json(self) -> bytes:
        """Canonical bytes; `read` gives an equal organisation back."""
        laid_out = plain(self)
        for department in laid_out["departments"]:  # dates came later: without them, digests stay as they were
            for name in [name for name, value in department.items() if value is None]:
                del department[name]
        return canonical(laid_out)

    @cached_property
    def digest(self) -> str:
        """`sha256:…` of `to_json()`: the same for files that say the same."""
        return digest(self.to_json())

    @cached_property
    def _grants(self) -> dict[str, tuple[Grant, ...]]:
        grants: dict[str, tuple[Grant, ...]] = {}
        for grant in self.grants:
            grants[grant.person] = (*grants.get(grant.person, ()), grant)
        return grants

    @cached_property
    def _names(self) -> dict[str, str]:
        return {named.key: named.name for named in (*self.roles, *self.departments, *self.people)}

    def _delegated_to(self, item: str | None, holder: str | None, area: str | None, on: date) -> Delegation | None:
        for entry in self.delegations:
            if (entry.item, entry.to_department) == (item, holder) and _for_area(entry, area, on):
                return entry
        return None


def holds(entry: _Dated, on: date) -> bool:
    """Whether a grant, substitution or delegation is in force on that day."""
    return (entry.from_ is None or entry.from_ <= on) and (entry.to is None or on <= entry.to)


def _holdings(grants: Sequence[Grant], on: date, via: str | None = None) -> Iterator[Holding]:
    return (Holding(g.role, g.department, g.items, via) for g in grants if holds(g, on))


def _for_area(delegation: Delegation, area: str | None, on: date) -> bool:
    there = delegation.area is None or (area is not None and _within(area, delegation.area))
    return there and holds(delegation, on)


def _within(area: str, around: str) -> bool:
    """Whether a region is another one or a part of it: 990001100001 is in 990001100, and that in 990001."""
    return _significant(area).startswith(_significant(around))


def _significant(code: str) -> str:
    """A region code without the zeros that stand for all of its parts. Source: GB/T 2260, GB/T 10114."""
    county, below = code[:6], code[6:]
    while below.endswith("000"):
        below = below[:-3]
    while not below and county.endswith("00"):
        county = county[:-2]
    return county + below


_read = reader(Organisation, "organisation")


def read(data: bytes) -> Organisation:
    """The organisation in these bytes (`organisation.json`).

    Raises ModelError for a wrong shape, reference or date, naming the path (`grants[2].role`);
    `fields["errors"]` maps every wrong path to its message.
    """
    found = _read(data)
    wrong = dict(_wrong(found))
    if wrong:
        first, message = next(iter(wrong.items()))
        more = f" ({len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise ModelError(f"organisation: {first}: {message}{more}", path=first, errors=wrong)
    return found


_Wrong = Iterator[tuple[str, str]]


def _wrong(found: Organisation) -> _Wrong:
    yield from _hall(found)
    yield from _keys(found)
    yield from _references(found)
    yield from _dates(found)
    yield from _delegations(found)


def _hall(found: Organisation) -> _Wrong:
    try:
        ZoneInfo(found.zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield "zone", f"expected a time zone like Asia/Shanghai; found {found.zone!r}."
    times = [time for span in found.office_hours for time in span.split("-")]
    if any(later <= earlier for earlier, later in pairwise(times)):
        yield "office_hours", f"expected spans one after another, like 09:00-12:00; found {times}."


def _keys(found: Organisation) -> _Wrong:
    for part in ("departments", "roles", "people"):
        seen: set[str] = set()
        for place, named in enumerate(getattr(found, part)):
            if named.key in seen:
                yield f"{part}[{place}].key", f"{named.key!r} is taken; give each one a key of its own."
            seen.add(named.key)


# Which list a reference points into, by the field that holds it.
_POINTS_AT = {
    "person": "people",
    "for_": "people",
    "role": "roles",
    "department": "departments",
    "from_department": "departments",
    "to_department": "departments",
}


def _entries(found: Organisation) -> Iterator[tuple[str, Any]]:
    for part in ("departments", "grants", "substitutes", "delegations"):
        for place, entry in enumerate(getattr(found, part)):
            yield f"{part}[{place}]", entry


def _references(found: Organisation) -> _Wrong:
    known = {part: {named.key for named in getattr(found, part)} for part in ("departments", "roles", "people")}
    for path, entry in _entries(found):
        for name, part in _POINTS_AT.items():
            key = getattr(entry, name, None)
            if key is not None and key not in known[part]:
                yield (
                    f"{path}.{name.rstrip('_')}",
                    f"no {key!r} among the {part}; add it there, or correct it.",
                )


def _dates(found: Organisation) -> _Wrong:
    for path, entry in _entries(found):
        if entry.from_ and entry.to and entry.to < entry.from_:
            yield f"{path}.to", f"ends on {entry.to}, before it begins on {entry.from_}."
        if isinstance(entry, Substitute) and entry.person == entry.for_:
            yield f"{path}.for", "nobody is one's own substitute."


def _delegations(found: Organisation) -> _Wrong:
    numbered = list(enumerate(found.delegations))
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
