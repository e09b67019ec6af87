"""Random histories through the door: stored, live and folded state are equal, and every journal replays.

Over the start-up chain and three rich models (loops, parallel and inclusive joins, multi-instance, called processes,
timers, messages). After each command, accepted or refused, `ProvingDoor` compares the three states.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from engine.case.records import SEMANTICS
from engine.hall.proof import verify
from engine.hall.store import Store
from tests.samples.halls import BUSINESS_STARTUP, RICH_MODELS
from tests.samples.walks import Walk

SOAK = bool(os.environ.get("LICET_SOAK"))
WALKS = 80 if SOAK else 5
"""Histories per chain: 320 in all, or 20."""
COMMANDS = 60 if SOAK else 40

REGRESSIONS: tuple[tuple[str, int], ...] = ()
"""Walks that failed once."""


def _walks() -> Iterator[tuple[str, int]]:
    for name in (BUSINESS_STARTUP, *RICH_MODELS):
        yield from ((name, seed) for seed in range(WALKS))
    yield from REGRESSIONS


@pytest.mark.soak
@pytest.mark.parametrize(("name", "seed"), list(_walks()))
def test_random_histories_are_what_their_journals_say(name: str, seed: int, sqlite_store: Store) -> None:
    walk = Walk.begin(sqlite_store, name, seed)

    try:
        walk.go(COMMANDS)
        found = verify(sqlite_store, walk.door.engine.library)
    except Exception as error:
        error.add_note("\n".join(walk.door.log[-30:]))
        raise

    assert found.problems == [], [trouble.as_dict() for trouble in found.problems]
    assert (found.cases, found.entries) == (1, walk.door.accepted)
    assert found.as_dict() == {
        "cases": 1, "entries": walk.door.accepted, "hashes": "ok", "fold": "ok", "replay": "ok", "anchors": "none",
        "problems": [], "run": {str(SEMANTICS): {"run": walk.door.accepted, "not_run": 0, "erased": 0}},
    }  # fmt: skip
