"""The cost of a command: `complete`, `start`, `growth`. Each time is measured in turns with a floor.

In turns, because a machine is slower in one second than in the next: times that are compared must come from the same
seconds.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator

from webui.cli.bench import models
from webui.cli.bench.hall import BenchHall, Workload, facts
from webui.cli.bench.measures import Measurement, Series, against_floor
from webui.cli.bench.places import BenchPlace

TASKS = 30
_BARS = {1: (2.5, 3.0), 200: (3.5, 4.5)}  # kB of facts: hot, cold; multiples of the floor
_LOOPED = {"small": (2, 4, 6), "brief": (10, 100, 500), "full": (10, 1000, 5000)}
_ROUNDS = {"small": 3, "brief": 150, "full": 500}
WARM_UP = 0.1  # rounds done before any is counted, as a share of the rounds counted


def complete(size: str, place: BenchPlace) -> Iterator[Measurement]:
    """Complete one user task of a chain of 30: with the case in memory, and without."""
    version = models.line(TASKS)
    hot, cold = BenchHall(place.store, version), BenchHall(place.store, version, cached_cases=0)
    for kilobytes, bars in _BARS.items():
        variables = facts(kilobytes)
        works = {"hot": Workload(hot, variables), "cold": Workload(cold, variables)}
        taken, floor = _in_turns(place, works, _ROUNDS[size])
        for (warmth, series), bar in zip(taken.items(), bars, strict=True):
            yield against_floor("complete", f"{warmth}, {kilobytes} kB of facts", series, floor, bar, place)


def _in_turns(place: BenchPlace, works: dict[str, Workload], rounds: int) -> tuple[dict[str, Series], Series]:
    taken, floor = {name: Series() for name in works}, Series()
    for turn in range(-int(rounds * WARM_UP) - 1, rounds):
        if turn == 0:
            taken, floor = {name: Series() for name in works}, Series()
            gc.collect()
        floor.time(place.floor.insert)
        for name, work in works.items():
            work.prepare()
            taken[name].time(work.step)
    return taken, floor


def start(size: str, place: BenchPlace) -> Iterator[Measurement]:
    """Start a case with 1 kB of facts: everything up to its first open task."""
    hall, variables = BenchHall(place.store, models.line(TASKS)), facts(1)
    taken, floor = Series(), Series()
    for turn in range(-5, _ROUNDS[size]):
        if turn == 0:
            taken, floor = Series(), Series()
        floor.time(place.floor.insert)
        taken.time(lambda: hall.start(variables))
    yield against_floor("start", "1 kB of facts", taken, floor, 3.0, place)


def growth(size: str, place: BenchPlace) -> Iterator[Measurement]:
    """Complete a task in cases in which few, many and very many tasks were completed before."""
    hall, counts = BenchHall(place.store, models.loop()), _LOOPED[size]
    works = {str(done): Workload(hall, facts(1)) for done in counts}
    for work, done in zip(works.values(), counts, strict=True):
        work.prepare()
        for _ in range(done):
            work.step()
    taken, floor = _in_turns(place, works, _ROUNDS[size] // 5 + 1)
    (fewest, base), *more = taken.items()
    for many, series in more:
        yield Measurement(
            "growth", f"{many} completed tasks against {fewest}", len(series.wall), series.p50, series.p95,
            base.p50, series.p50 / base.p50, 1.1, database=place.database, settings=place.settings,
            more={"commit": round(floor.p50, 3)},
        )  # fmt: skip
