"""Published versions of the chains, and what a migration from one to another has to map. For administrators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.base.errors import NotFound
from engine.case import migration as migrations
from engine.case import moves
from engine.case.state import Case, body_of
from engine.hall.door.stored import stored_case
from engine.hall.library import Library
from engine.hall.store import Reading
from engine.model.chain import ChainVersion, Process
from engine.model.runtime.changes import ROOT, Token
from engine.reading.views.moves import Place, element_name
from engine.reading.views.sight import Person, Sight

MOST_MIGRATED = 1000
"""Cases that are migrated at a time."""


@dataclass(frozen=True, slots=True)
class Forced:
    """A version was published in spite of what its check or its scenarios found: when, by whom, and why."""

    at: str
    by: Person
    reason: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A published version; `open` counts the open cases that run it. `forced`: None if nothing was found about it."""

    name: str
    title: str
    number: int
    digest: str
    published_at: str
    open: int
    forced: Forced | None = None


@dataclass(frozen=True, slots=True)
class VersionList:
    """All versions, the newest of each chain first."""

    rows: tuple[VersionLine, ...]


@dataclass(frozen=True, slots=True)
class VersionName:
    """A version by digest and number, with the name of its chain."""

    digest: str
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class MigratedCase:
    """A case that could be migrated."""

    case: str
    title: str


@dataclass(frozen=True, slots=True)
class WaitingAt:
    """An element at which `count` tokens wait.

    `kept`: the other version has that element; `choices` are its elements of the same kind, which could take its place.
    """

    element: str
    name: str
    count: int
    kept: bool
    choices: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Migration:
    """The open cases of a version (or one of them), and where they wait, seen from another version."""

    former: VersionName
    to: VersionName
    cases: tuple[MigratedCase, ...]
    waiting: tuple[WaitingAt, ...]


def page(sight: Sight) -> VersionList:
    """Chain versions with their open cases."""
    sight.need_administrator()
    rows = sorted(sight.reading.chains(), key=lambda row: (row.name, -row.number))
    forced = sight.forced()
    return VersionList(
        tuple(
            VersionLine(
                name=row.name,
                title=sight.version(row.digest).title,
                number=row.number,
                digest=row.digest,
                published_at=row.published_at,
                open=sight.reading.count_open(row.digest),
                forced=_forced(sight, forced.get(row.digest)),
            )
            for row in rows
        )
    )


def _forced(sight: Sight, told: Mapping[str, str] | None) -> Forced | None:
    return (
        None if told is None else Forced(told["at"], Person(told["by"], sight.viewer.name(told["by"])), told["reason"])
    )


def migration(sight: Sight, former: str, to: str, case: str | None = None) -> Migration:
    """Prepare a migration between two versions, given by digest. Raises NotFound where they aren't of one chain."""
    sight.need_administrator()
    known = {row.digest: row for row in sight.reading.chains()}
    if former not in known or to not in known or known[former].name != known[to].name:
        raise NotFound("Expected two versions of one chain.", sentence="versions_unrelated", former=former, to=to)
    running = sight.reading.cases(status="open", chain=former, limit=MOST_MIGRATED)
    rows = [row for row in running if case in (None, row.id)]
    states = [stored_case(sight.reading, row) for row in rows]
    old, new = sight.version(former), sight.version(to)
    return Migration(
        former=VersionName(former, known[former].number, old.title),
        to=VersionName(to, known[to].number, new.title),
        cases=tuple(MigratedCase(row.id, row.title) for row in rows),
        waiting=_waiting(old, new, states),
    )


def lost(reading: Reading, library: Library, number: str, to: str, facts: Mapping[str, str]) -> list[migrations.Lost]:
    """The facts of a case that the version `to` does without, if they are renamed so."""
    row = reading.case(number)
    if row is None:
        return []
    return migrations.lost(stored_case(reading, row), library.chain(row.chain)[0], library.chain(to)[0], facts)


def all_lost(sight: Sight, asked: Migration, facts: Mapping[str, str]) -> tuple[migrations.Lost, ...]:
    """The facts that the other version does without in any of the cases, by name."""
    old, new = sight.version(asked.former.digest), sight.version(asked.to.digest)
    states = [sight.opened(one.case).case for one in asked.cases]
    found = {one.name: one for state in states for one in migrations.lost(state, old, new, facts)}
    return tuple(found[name] for name in sorted(found))


def _waiting(former: ChainVersion, to: ChainVersion, cases: Iterable[Case]) -> tuple[WaitingAt, ...]:
    """Where the cases wait, those elements first that the other version doesn't have."""
    counted: Counter[tuple[str, str]] = Counter()
    for case in cases:
        tokens = [token for token in case.tokens.values() if token.number != ROOT]
        counted.update({(_process(case, former, token).id, token.element) for token in tokens})
    places = [_place(former, to, process, element, count) for (process, element), count in counted.items()]
    return tuple(sorted(places, key=lambda one: (one.kept, one.name)))


def _place(former: ChainVersion, to: ChainVersion, process: str, element: str, count: int) -> WaitingAt:
    old, new = former.processes[process].elements[element], to.processes.get(process)
    similar = [e for p in to.processes.values() for e in p.elements.values() if e.kind == old.kind]
    return WaitingAt(
        element=element,
        name=element_name(old),
        count=count,
        kept=new is not None and element in new.elements,
        choices=tuple(Place(e.id, element_name(e)) for e in similar),
    )


def _process(case: Case, version: ChainVersion, token: Token) -> Process:
    return moves.body_at(case, version, body_of(case, token.number))[0]
