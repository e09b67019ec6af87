"""The room that a permit takes in the database, and how fast its journal is proved: `size`, `replay`."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from typing import Any

from engine.base.canonical import canonical
from engine.base.errors import JournalBroken
from engine.hall.library import Library
from engine.hall.proof import verify
from engine.hall.store import Store
from webui.cli import compose
from webui.cli.bench import models
from webui.cli.bench.hall import BenchHall, Workload, facts
from webui.cli.bench.measures import Measurement, Series, quantile
from webui.cli.bench.places import BenchPlace

PEOPLE = {"review": "market_reviewer1", "sign": "market_head"}
"""Task of the permit → the person who completes it; all other tasks are the window's."""

_PERMITS = {"small": 2, "brief": 20, "full": 200}
_LATER = 3  # later permits, as a multiple of the first ones
_ALLOWED_BYTES = 10_000
# At full size, the time in which processes wait for each other at start and end is nothing beside the work.
_CASES = {"small": 2, "brief": 20, "full": 100}
_FLOOR_ROWS = 100  # before the verification, and again after it
_PATIENCE_SECONDS = 300.0  # a worker process that never answers ends the benchmark


def size(size: str, place: BenchPlace) -> Iterator[Measurement]:
    """Measure the bytes that a completed permit of six tasks takes: rows and indexes of all tables.

    Both for the first permits in a new database and for later ones: on PostgreSQL, the first ones pay for the space
    that changed rows leave behind, and later ones use it.
    """
    hall, permits = BenchHall(place.store, models.permit()), _PERMITS[size]
    for which in ("the first", "then"):
        before, payload = place.floor.sizes(), 0
        for part in range(1 if which == "the first" else _LATER):
            if part:
                place.floor.sizes()  # reclaims the space of old rows, as the database itself does every few minutes
            payload += sum(_permit(hall) for _ in range(permits))
        made = permits if which == "the first" else permits * _LATER
        after = place.floor.sizes()
        grown = {name: (bytes - before.get(name, 0)) // made for name, bytes in after.items()}
        each, given = sum(grown.values()), payload // made
        allowed = _ALLOWED_BYTES + 2 * given
        parts = {name: bytes for name, bytes in sorted(grown.items(), key=lambda row: -row[1]) if bytes > 0}
        yield Measurement(
            "size", f"{which} {made} permits, {given} bytes of payload each", made, each, None, allowed,
            each / allowed, 1.0, unit="bytes", database=place.database, settings=place.settings, more={"parts": parts},
        )  # fmt: skip


def _permit(hall: BenchHall) -> int:
    """Make one permit, from its start to its end; return how many bytes people entered for it."""
    variables = facts(1)
    work, given = Workload(hall, variables, PEOPLE), len(canonical(variables))
    work.prepare()
    while not work.at_end:
        work.step()
        given += len(canonical(models.ANSWER))
    return given


def replay(size: str, place: BenchPlace) -> Iterator[Measurement]:
    """Verify at all three levels the journals made just before; then the same in two processes, half each."""
    hall, making = BenchHall(place.store, models.line(30)), Series()
    for _ in range(_CASES[size]):
        work = Workload(hall, facts(1))
        making.time(work.prepare)
        while not work.at_end:
            making.time(work.step)
    with place.store.reading() as reading:
        cases = list(reading.heads())
    _verified(place.store, hall.engine.library, cases[:1])  # so that models are compiled before time is taken
    floor = Series()
    _time_floor(place, floor)
    begun = time.process_time()
    entries, alone = _verified(place.store, hall.engine.library, cases)
    cpu = (time.process_time() - begun) * 1000 / entries
    _time_floor(place, floor)
    made = sum(making.wall) / len(making.wall)
    where: dict[str, Any] = {"database": place.database, "settings": place.settings}
    each = alone / entries
    yield Measurement(
        "replay", "three levels, per entry, against making it", entries, each, None, made, made / each, 10.0,
        at_least=True, more={"cpu": round(cpu, 4), "floor_cpu": round(quantile(floor.cpu, 0.5), 4)}, **where,
    )  # fmt: skip
    together = _in_two_processes(place.url, cases)
    yield Measurement(
        "replay", "two processes against one, in all", entries, together, None, alone, alone / together, 1.8,
        at_least=True, **where,
    )  # fmt: skip


def _time_floor(place: BenchPlace, floor: Series) -> None:
    """Take the time of bare rows: how fast the machine is in these seconds."""
    for _ in range(_FLOOR_ROWS):
        floor.time(place.floor.insert)


def _verified(store: Store, library: Library, cases: Sequence[str]) -> tuple[int, float]:
    """Return how many entries were verified, and the milliseconds it took. Raises JournalBroken where one is wrong."""
    begun = time.perf_counter()
    proof = verify(store, library, cases)
    taken = (time.perf_counter() - begun) * 1000
    if not proof.proves():
        raise JournalBroken(f"Expected the benchmark's journals to hold; found {proof.problems[0].problem}")
    return proof.entries, taken


def _in_two_processes(url: str, cases: Sequence[str]) -> float:
    """Return the milliseconds that two processes take from their common start until both are done."""
    context = multiprocessing.get_context("spawn")
    start, done = context.Barrier(3), context.Barrier(3)
    halves = (cases[::2], cases[1::2])
    workers = [context.Process(target=_half, args=(url, half, start, done), daemon=True) for half in halves]
    for worker in workers:
        worker.start()
    start.wait(_PATIENCE_SECONDS)
    begun = time.perf_counter()
    done.wait(_PATIENCE_SECONDS)
    taken = (time.perf_counter() - begun) * 1000
    for worker in workers:
        worker.join()
    return taken


def _half(url: str, cases: Sequence[str], start: Any, done: Any) -> None:
    store = Store.open(url)
    library = Library(store)
    _verified(store, library, cases[:1])
    compose.settled()
    start.wait(_PATIENCE_SECONDS)
    _verified(store, library, cases)
    done.wait(_PATIENCE_SECONDS)
    store.close()
