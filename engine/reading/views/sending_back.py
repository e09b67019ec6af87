"""What a page shows before a task is sent back: where it may go, and what that cancels. Reads; changes nothing."""

from __future__ import annotations

from typing import Any

from engine.base.errors import Refused
from engine.case import moves
from engine.case.records import TaskOpened
from engine.case.state import Case
from engine.model.chain import ChainVersion
from engine.model.runtime.changes import Token


def targets(case: Case, version: ChainVersion, task: TaskOpened) -> list[dict[str, Any]]:
    """The tasks that it may be sent back to, the outermost body last.

    Each: `{"target", "name", "cancels": [{"element", "name", "holder"}], "refused"}`; `refused` says why it can't be
    sent there as `{"sentence", "fields"}`, for the pages to put into words, and is null where it can.
    """
    return [
        {
            "target": choice.target,
            "name": choice.name,
            "cancels": [_cancelled(case, version, case.tokens[number]) for number in choice.cancels],
            "refused": _reason(choice.refused),
        }
        for choice in moves.choices(case, version, task)
    ]


def _reason(refused: Refused | None) -> dict[str, Any] | None:
    return None if refused is None else {"sentence": refused.sentence, "fields": refused.fields}


def _cancelled(case: Case, version: ChainVersion, token: Token) -> dict[str, Any]:
    task = case.tasks.get(token.number)
    element = next((p.elements[token.element] for p in version.processes.values() if token.element in p.elements), None)
    name = element.name if element is not None and element.name else token.element
    return {"element": token.element, "name": name, "holder": task.assignee if task is not None else None}
