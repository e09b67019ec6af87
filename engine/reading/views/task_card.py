"""A task as a list shows it: one row of a worklist, or of a case's open tasks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from engine.case.authority import About
from engine.case.records import TaskOpened
from engine.case.state import Case
from engine.model.chain import ChainVersion
from engine.reading.views import days
from engine.reading.views.sight import Person, Viewer

_COUNTED_BY = re.compile(r"\b(workdays|due)\b")
"""Functions of the dialect that count a due date in workdays."""


@dataclass(frozen=True, slots=True)
class ItemName:
    """An item by key and name; `kind`: instant | committed | service."""

    key: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class TaskCard:
    """One open task.

    due_at          the instant at which it is over, as the case says it; `due_on` the last day that is in time
    light           green | yellow | red; None without a limit
    workdays_left   below 0: workdays over the limit
    provisional     the due date is counted into a year whose rest days aren't published yet
    claimed_by      who holds the task; None while nobody has claimed it
    may             the commands that the viewer might give
    """

    case: str
    number: str
    token: int
    element: str
    name: str
    title: str
    applicant: str | None
    chain: str
    item: ItemName | None
    department: str | None
    matter: int | None
    round: int
    opened_at: str
    due_at: str | None
    due_on: str | None
    light: str | None
    workdays_left: int | None
    provisional: bool
    claimed_by: Person | None
    substitute_for: Person | None
    may: tuple[str, ...]


def task_card(viewer: Viewer, version: ChainVersion, case: Case, opened: TaskOpened, applicant: str | None) -> TaskCard:
    """The card of a task. Of its case it needs title, process, and what `authority` asks for one of its tasks."""
    light, left = viewer.light(opened.due)
    item = version.catalogue.items.get(opened.item) if version.catalogue and opened.item else None
    return TaskCard(
        case=case.id,
        number=case.id,
        token=opened.token,
        element=opened.element,
        name=opened.name,
        title=case.title,
        applicant=applicant,
        chain=version.title_of(case.process),
        item=ItemName(item.key, item.name, item.kind) if item else None,
        department=viewer.department(opened.department),
        matter=opened.matter,
        round=opened.round,
        opened_at=opened.at,
        due_at=opened.due,
        due_on=viewer.due_on(opened.due),
        light=light,
        workdays_left=left,
        provisional=_is_provisional(viewer, version, case, opened),
        claimed_by=viewer.person_of(opened.assignee if opened.claimed_at else None),
        substitute_for=None,
        may=_commands(viewer, case, opened),
    )


def _is_provisional(viewer: Viewer, version: ChainVersion, case: Case, opened: TaskOpened) -> bool:
    if opened.due is None:
        return False
    last = days.last_day(datetime.fromisoformat(opened.due).astimezone(viewer.now.tzinfo))
    if not viewer.calendar.unpublished(last, last):
        return False
    process = next((p for p in version.tree(case.process).values() if opened.element in p.elements), None)
    return process is not None and bool(_COUNTED_BY.search(process.elements[opened.element].due_date or ""))


def _commands(viewer: Viewer, case: Case, opened: TaskOpened) -> tuple[str, ...]:
    """The commands that the viewer might give for the task as it stands."""
    holder = opened.assignee if opened.claimed_at else None
    mine = holder == viewer.person
    sensible = {
        "ClaimTask": holder is None,
        "ReleaseTask": holder is not None,
        "CompleteTask": holder is None or mine,
    }
    own = viewer.may(case, [name for name in sensible if sensible[name]], About(task=opened.token))
    return (*own, "TransferTask") if mine else own
