"""Whose turn it is: due deadlines come in rounds, of each case one, so that no case holds up the others.

Leases them from the store, and fires none.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.hall.ports import Clock
from engine.hall.store import DeadlineRow, Store


def taken(store: Store, clock: Clock, at_once: int, holder: str, seconds: float) -> Iterator[DeadlineRow]:
    """Lease due deadlines in order and yield them, until none is due. Each is to be fired before the next is asked for.

    A round has what was due when it began, the oldest first, but only one deadline of each case. A case that sets one
    after the other, or has to catch up, so goes behind all that wait: while a deadline waits, no other case has more
    than two turns of one worker. Up to `at_once` are leased together, for `seconds`.
    """
    held: list[DeadlineRow] = []  # leased in the round before, in which their cases had had their turn
    while True:
        began, page, held = clock.now(), held, []
        served: set[str] = set()
        last: DeadlineRow | None = None
        while True:
            for row in page:
                if row.case in served:
                    held.append(row)
                else:
                    served.add(row.case)
                    yield row
            page = store.due(began, at_once, holder, seconds, last)
            if not page:
                break
            last = page[-1]
        if not served:
            return
