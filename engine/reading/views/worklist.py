"""The worklist: tasks that a person may take, or holds. Reads rows and opens no case."""

from __future__ import annotations

from dataclasses import dataclass

from engine.hall.door.stored import stored_task
from engine.hall.store import TaskRow, Waiting
from engine.reading.views.sight import Sight
from engine.reading.views.task_card import TaskCard, task_card

LONGEST_TOKEN = 18
"""Digits of a token's number that a database takes; a longer one is nobody's."""


@dataclass(frozen=True, slots=True)
class Worklist:
    """A page of tasks by due date, those without one last. `next` goes on behind it; None at the end."""

    group: str
    rows: tuple[TaskCard, ...]
    next: str | None


def page(sight: Sight, group: str = "open", after: str | None = None, limit: int = 25) -> Worklist:
    """`group` open: what the person may take; mine: what they hold, all on one page."""
    if group == "mine":
        waiting, more = sight.reading.held([sight.viewer.person]), None
    else:
        waiting, more = _open(sight, after, limit)
    return Worklist(group, tuple(row(sight, one) for one in waiting), more)


def _open(sight: Sight, after: str | None, limit: int) -> tuple[list[Waiting], str | None]:
    rows = sight.reading.worklist(sight.grants, after=_task(sight, after) if after else None, limit=limit + 1)
    last = rows[limit - 1].task if len(rows) > limit else None
    return rows[:limit], f"{last.case}.{last.token}" if last is not None else None


def _task(sight: Sight, named: str) -> TaskRow | None:
    """The task that a page ended with; None where it is none, or done meanwhile."""
    number, _, token = named.rpartition(".")
    known = token.isascii() and token.isdecimal() and len(token) <= LONGEST_TOKEN
    return sight.reading.task(number, int(token)) if known else None


def row(sight: Sight, waiting: Waiting) -> TaskCard:
    """The card of a task, made of its row and the part of its case that decides about it."""
    case = stored_task(sight.reading, waiting)
    opened = case.tasks[waiting.task.token]
    return task_card(sight.viewer, sight.version(waiting.chain), case, opened, waiting.applicant)
