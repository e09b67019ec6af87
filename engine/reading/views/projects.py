"""The cases of a project, as they stand: what stages of one project know of each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.base.errors import NotFound
from engine.case.records import plain
from engine.case.state import Case
from engine.hall.door.stored import stored_case
from engine.hall.store import CaseRow, Reading, Store
from engine.model.chain import ChainVersion
from engine.reading.views.application import Row, covered, labelled
from engine.reading.views.cases import MOST_OF_A_PROJECT
from engine.reading.views.matters import matter_name
from engine.reading.views.sight import Sight


@dataclass(frozen=True, slots=True)
class StageMatter:
    """A matter of a stage: name of its item, state of `engine.law.matter`, and when it was decided."""

    item: str
    state: str
    decided_on: str | None


@dataclass(frozen=True, slots=True)
class Stage:
    """A case of a project with what it has brought it: `facts` are those that it handed on to later stages.

    `outcome` None: it is open; `light` that of the earliest due date of its open tasks.
    """

    case: str
    number: str
    title: str
    chain: str
    started_at: str
    ended_at: str | None
    outcome: str | None
    light: str | None
    matters: tuple[StageMatter, ...]
    facts: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """The cases of a project that the person may see, the eldest first."""

    code: str
    cases: tuple[Stage, ...]


def page(sight: Sight, code: str) -> Project:
    """A project. Raises NotFound where the person may see none of its cases."""
    viewer = sight.viewer
    stages = tuple(_stage(sight, row, case) for row, case in _stored(sight.reading, code) if sight.may_see(case))
    if not stages:
        raise NotFound(
            f"Expected a project {code} with cases that {viewer.person} may see; there is none.",
            sentence="project_unknown",
            project=code,
        )
    return Project(code, stages)


def cases_of(store: Store, code: str) -> list[Case]:
    """The cases that have joined the project, the eldest first."""
    with store.reading() as reading:
        return [case for _, case in _stored(reading, code)]


def _stored(reading: Reading, code: str) -> Iterator[tuple[CaseRow, Case]]:
    for row in reversed(reading.cases(project=code, limit=MOST_OF_A_PROJECT)):
        yield row, stored_case(reading, row)


def _stage(sight: Sight, row: CaseRow, case: Case) -> Stage:
    version = sight.version(row.chain)
    due = min((task.due for task in case.tasks.values() if task.due), default=None)
    return Stage(
        case=row.id,
        number=row.id,
        title=row.title,
        chain=version.title_of(case.process),
        started_at=row.opened_at,
        ended_at=row.closed_at,
        outcome=None if row.status == "open" else row.status,
        light=sight.viewer.light(due)[0],
        matters=tuple(
            StageMatter(matter_name(version, case, matter.number), str(matter.state), matter.decided_on)
            for matter in case.matters.values()
        ),
        facts=_handed_on(sight, version, case),
    )


def _handed_on(sight: Sight, version: ChainVersion, case: Case) -> tuple[Row, ...]:
    facts: dict[str, Any] = {}
    for handed in case.handed_on.values():
        facts |= plain(handed.facts) or {}
    withheld = sight.withheld(case, version)
    everything = "facts" in withheld  # the input of `project.hand_on` is made of something confidential
    return labelled(version, covered(facts, frozenset(facts) if everything else withheld))
