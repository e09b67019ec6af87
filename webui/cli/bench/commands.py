"""What a command costs: `complete`, `start`, `growth`. Each time is taken beside a floor, in turns.

In turns, because a machine is slower in one second than in the next; what is compared must share its seconds.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator

from webui.cli.bench import models
from webui.cli.bench.hall import Hall, Work, facts
from webui.cli.bench.measures import Result, Series, against_floor
from webui.cli.bench.places import Place

TASKS = 30
_BARS = {1: (2.5, 3.0), 200: (3.5, 4.5)}  # kB of facts: hot, cold; multiples of the floor
_LOOPED = {"small": (2, 4, 6), "brief": (10, 100, 500), "full": (10, 1000, 5000)}
_ROUNDS = {"small": 3, "brief": 150, "full": 500}
WARM_UP = 0.1  # share of the rounds that is done before any is counted


def complete(size: str, place: Place) -> Iterator[Result]:
    """Complete one user task of a chain of 30: with the case in memory, and without."""
    version = models.line(TASKS)
    hot, cold = Hall(place.store, version), Hall(place.store, version, cached_cases=0)
    for kilobytes, bars in _BARS.items():
        variables = facts(kilobytes)
        works = {"hot": Work(hot, variables), "cold": Work(cold, variables)}
        taken, floor = _in_turns(place, works, _ROUNDS[size])
        for (warmth, series), bar in zip(taken.items(), bars, strict=True):
            yield against_floor("complete", f"{warmth}, {kilobytes} kB of facts", series, floor, bar, place)


def _in_turns(place: Place, works: dict[str, Work], rounds: int) -> tuple[dict[str, Series], Series]:
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


def start(size: str, place: Place) -> Iterator[Result]:
    """Start a case with 1 kB of facts: everything up to its first open task."""
    hall, variables = Hall(place.store, models.line(TASKS)), facts(1)
    taken, floor = Series(), Series()
    for turn in range(-5, _ROUNDS[size]):
        if turn == 0:
            taken, floor = Series(), Series()
        floor.time(place.floor.insert)
        taken.time(lambda: hall.start(variables))
    yield against_floor("start", "1 kB of facts", taken, floor, 3.0, place)


def growth(size: str, place: Place) -> Iterator[Result]:
    """The same command in cases in which few, many and very many tasks were completed before."""
    hall, counts = Hall(place.store, models.loop()), _LOOPED[size]
    works = {str(done): Work(hall, facts(1)) for done in counts}
    for work, done in zip(works.values(), counts, strict=True):
        work.prepare()
        for _ in range(done):
            work.step()
    taken, floor = _in_turns(place, works, _ROUNDS[size] // 5 + 1)
    few, *more = taken.items()
    for done, series in more:
        yield Result(
            "growth", f"{done} completed tasks against {few[0]}", len(series.wall), series.p50, series.p95,
            few[1].p50, series.p50 / few[1].p50, 1.1, database=place.database, settings=place.settings,
            more={"commit": round(floor.p50, 3)},
        )  # fmt: skip
