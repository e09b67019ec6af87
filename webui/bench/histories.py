"""What is left of a permit, and how fast it is proved: `size`, `replay`."""

from __future__ import annotations

import time
from collections.abc import Iterator

from engine.canonical import canonical
from engine.errors import JournalBroken
from engine.views.replay import verify
from webui.bench import models
from webui.bench.hall import Hall, Work, facts
from webui.bench.measures import Result, Series
from webui.bench.places import Place

PEOPLE = {"review": "market_reviewer1", "sign": "market_head"}
"""Who completes which task of the permit; the rest is the window's."""

_PERMITS = {"small": 2, "full": 200}
_ALLOWED_BYTES = 10_000
_CASES = {"small": 2, "full": 40}


def size(size: str, place: Place) -> Iterator[Result]:
    """Bytes that a completed permit of six tasks takes: rows and indexes of all tables."""
    hall, permits, variables = Hall(place.store, models.permit()), _PERMITS[size], facts(1)
    before, payload = place.floor.sizes(), 0
    for _ in range(permits):
        work = Work(hall, variables, PEOPLE)
        work.prepare()
        payload += len(canonical(variables))
        while not work.at_end:
            work.step()
            payload += len(canonical(models.ANSWER))
    after = place.floor.sizes()
    grown = {name: (bytes - before.get(name, 0)) // permits for name, bytes in after.items()}
    each, given = sum(grown.values()), payload // permits
    allowed = _ALLOWED_BYTES + 2 * given
    parts = {name: bytes for name, bytes in sorted(grown.items(), key=lambda row: -row[1]) if bytes > 0}
    yield Result(
        "size", f"{given} bytes of payload", permits, each, None, allowed, each / allowed, 1.0, unit="bytes",
        database=place.database, settings=place.settings, more={"parts": parts},
    )  # fmt: skip


def replay(size: str, place: Place) -> Iterator[Result]:
    """Verify at all three levels what was made just before. `floor` is what making an entry took."""
    hall, making, cases = Hall(place.store, models.line(30)), Series(), []
    for _ in range(_CASES[size]):
        work = Work(hall, facts(1))
        cases.append(making.time(work.prepare))
        while not work.at_end:
            making.time(work.step)
    with place.store.reading() as reading:
        wanted = [row.case for row in reading.journal(None) if row.sequence == 1][-len(cases) :]
    verify(place.store, hall.engine.library, wanted[:1])
    begun = time.perf_counter()
    found = verify(place.store, hall.engine.library, wanted)
    taken = (time.perf_counter() - begun) * 1000 / found.entries
    if not found.proves():
        raise JournalBroken(f"Expected the benchmark's journals to hold; found {found.problems[0].problem}")
    made = sum(making.wall) / len(making.wall)
    yield Result(
        "replay", "three levels, one process, per entry", found.entries, taken, None, made, made / taken, 10.0,
        at_least=True, database=place.database, settings=place.settings,
    )  # fmt: skip
