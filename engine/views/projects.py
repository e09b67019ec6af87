"""The cases of a project, as they stand: what stages of one project know of each other. Read-only."""

from __future__ import annotations

from typing import Final

from engine.case import Case
from engine.store import Store
from engine.views.opened import stored_case

MOST_CASES: Final = 1_000
"""Of one project that are looked at: a project has a handful of stages, each begun a few times at most."""


def cases_of(store: Store, code: str) -> list[Case]:
    """The cases that have joined the project, the eldest first."""
    with store.reading() as reading:
        return [stored_case(reading, row) for row in reversed(reading.cases(project=code, limit=MOST_CASES))]
