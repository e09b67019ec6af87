"""Benchmarks: what the engine's work costs, compared with what the machine costs. `docs` explains the bars.

    models    the chains that are run           hall     an engine, a chain, people
    places    SQLite and PostgreSQL, durable    floor    one row inserted and committed
    commands  complete, start, growth           histories  size, replay
    values    feel, check                       measures   times, and what is reported of them
    pairs     this checkout compared with another

Only ratios within one run are compared, never times of different runs. Nothing here is a test with a time limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from webui.cli import compose
from webui.cli.bench import commands, histories, values
from webui.cli.bench.measures import Measurement
from webui.cli.bench.pairs import pairs
from webui.cli.bench.places import PLACES, BenchPlace, Unavailable

ON_DATABASE: Mapping[str, Callable[[str, BenchPlace], Iterator[Measurement]]] = {
    "complete": commands.complete,
    "start": commands.start,
    "growth": commands.growth,
    "size": histories.size,
    "replay": histories.replay,
}
WITHOUT: Mapping[str, Callable[[str], Iterator[Measurement]]] = {"feel": values.expressions, "check": values.check}

__all__ = ["NAMES", "ON_DATABASE", "SIZES", "pairs", "run"]

NAMES = (*ON_DATABASE, *WITHOUT)
SIZES = ("small", "brief", "full")
"""small: to see that the benchmarks work. brief: to compare two checkouts many times. full: to report figures."""


def run(names: Sequence[str], size: str, databases: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the results of these benchmarks, one after another, each on a database of its own."""
    compose.settled()  # as `licet serve` does
    for name in names:
        if name in WITHOUT:
            yield from (result.as_dict() for result in WITHOUT[name](size))
            continue
        for database in databases:
            yield from _on(database, name, size)


def _on(database: str, name: str, size: str) -> Iterator[dict[str, Any]]:
    try:
        with PLACES[database]() as place:
            yield from (result.as_dict() for result in ON_DATABASE[name](size, place))
    except Unavailable as error:
        yield {"name": name, "database": database, "skipped": str(error)}
