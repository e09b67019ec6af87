"""The cases of a project, as they stand: what stages of one project know of each other. Read-only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from engine.case.records import plain
from engine.case.state import Case
from engine.hall.door.stored import stored_case
from engine.hall.store import CaseRow, Reading, Store
from engine.model.chain import ChainVersion
from engine.reading.views import present
from engine.reading.views.application import labelled
from engine.reading.views.present import View

MOST_CASES: Final = 1_000
"""Of one project that are looked at: a project has a handful of stages, each begun a few times at most."""


def stored(reading: Reading, code: str) -> Iterator[tuple[CaseRow, Case]]:
    """The cases that have joined the project, the eldest first, with their rows."""
    for row in reversed(reading.cases(project=code, limit=MOST_CASES)):
        yield row, stored_case(reading, row)


def cases_of(store: Store, code: str) -> list[Case]:
    """The cases that have joined the project, the eldest first."""
    with store.reading() as reading:
        return [case for _, case in stored(reading, code)]


def stage(version: ChainVersion, case: Case) -> View:
    """What a case has brought its project: matters with their decisions, and the facts that it handed on."""
    facts: dict[str, Any] = {}
    for handed in case.handed_on.values():
        facts |= plain(handed.facts) or {}
    return {
        "matters": [
            {
                "item": present.matter_name(version, case, matter.number),
                "state": str(matter.state),
                "state_name": present.state_name(matter.state),
                "decided_on": matter.decided_on,
            }
            for matter in case.matters.values()
        ],
        "facts": labelled(version, facts),
    }
