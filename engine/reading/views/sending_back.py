"""The tasks that a task may be sent back to, and what each choice cancels. Reads; changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.base.errors import Refused
from engine.case import moves
from engine.case.records import TaskOpened
from engine.case.state import Case
from engine.model.chain import ChainVersion
from engine.model.runtime.changes import Token
from engine.reading.views.sight import Person


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An open token that sending back takes away; `holder`: of its task, where it is one."""

    element: str
    name: str
    holder: Person | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a task can't be sent there: the code of a sentence and its fields, for the pages to put into words."""

    sentence: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """A task that another may be sent back to, or not: then `refused` says why."""

    target: str
    name: str
    cancels: tuple[Cancelled, ...]
    refused: Reason | None


PersonOf = Callable[[str | None], Person | None]


def by_key(key: str | None) -> Person | None:
    """A person without an organisation: the key is the name."""
    return None if key is None else Person(key, key)


def targets(case: Case, version: ChainVersion, task: TaskOpened, person_of: PersonOf = by_key) -> tuple[Target, ...]:
    """The tasks that it may be sent back to, the outermost body last."""
    return tuple(
        Target(
            target=choice.target,
            name=choice.name,
            cancels=tuple(_cancelled(case, version, case.tokens[number], person_of) for number in choice.cancels),
            refused=_reason(choice.refused),
        )
        for choice in moves.choices(case, version, task)
    )


def _reason(refused: Refused | None) -> Reason | None:
    return None if refused is None else Reason(refused.sentence, refused.fields)


def _cancelled(case: Case, version: ChainVersion, token: Token, person_of: PersonOf) -> Cancelled:
    task = case.tasks.get(token.number)
    element = next((p.elements[token.element] for p in version.processes.values() if token.element in p.elements), None)
    name = element.name if element is not None and element.name else token.element
    return Cancelled(token.element, name, person_of(task.assignee) if task is not None else None)
