"""The list of cases. Reads rows and opens no case."""

from __future__ import annotations

from dataclasses import dataclass

from engine.hall.store import ListedCase
from engine.reading.views.sight import Sight

MOST_OF_A_PROJECT = 1_000
"""Cases of one project that are looked at: a project has a handful of stages, each begun a few times at most."""


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list. `outcome` None: it is open; `light` that of the earliest due date of its open tasks."""

    case: str
    number: str
    title: str
    applicant: str | None
    chain: str
    project: str | None
    started_at: str
    ended_at: str | None
    outcome: str | None
    open_tasks: int
    light: str | None


@dataclass(frozen=True, slots=True)
class CaseList:
    """A page of cases, the youngest first. `next` is the case to go on behind; None at the end."""

    rows: tuple[CaseLine, ...]
    next: str | None


def page(sight: Sight, text: str = "", state: str | None = None, after: str | None = None, limit: int = 25) -> CaseList:
    """Cases that the person may see; `text` stands in number, title or project code."""
    rows = sight.reading.listed_cases(
        status=state,
        text=text or None,
        seen_by=sight.seen,
        after=sight.reading.case(after) if after else None,
        limit=limit + 1,
    )
    shown = rows[:limit]
    return CaseList(tuple(case_line(sight, row) for row in shown), shown[-1].id if len(rows) > limit else None)


def of_project(sight: Sight, code: str, without: str) -> tuple[CaseLine, ...]:
    """The other cases of a project that the person may see, the eldest first."""
    rows = sight.reading.listed_cases(project=code, seen_by=sight.seen, limit=MOST_OF_A_PROJECT)
    return tuple(case_line(sight, row) for row in reversed(rows) if row.id != without)


def case_line(sight: Sight, row: ListedCase) -> CaseLine:
    return CaseLine(
        case=row.id,
        number=row.id,
        title=row.title,
        applicant=row.applicant,
        chain=sight.version(row.chain).title_of(row.process),
        project=row.project,
        started_at=row.opened_at,
        ended_at=row.closed_at,
        outcome=None if row.status == "open" else row.status,
        open_tasks=row.open_tasks,
        light=sight.viewer.light(row.due_at)[0],
    )
