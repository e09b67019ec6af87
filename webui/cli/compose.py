"""Composition root: from settings to a working hall: store, engine, adapters, readings, scheduler.

The one place that knows which implementation stands behind each port.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from adapters import certificates, registers, wiring
from adapters.clock import SystemClock
from adapters.memory import MemoryShelf
from adapters.settings import Settings
from adapters.shelf import StoreShelf
from engine.base.errors import Fault, NotFound
from engine.hall.door import Engine
from engine.hall.library import Library
from engine.hall.ports import Clock, Handler
from engine.hall.scheduler import Scheduler
from engine.hall.store import Store
from engine.law.workdays import Calendar
from engine.reading.views.projects import cases_of
from engine.reading.views.views import Views
from webui.house import House
from webui.house import Settings as PageSettings

LIBRARY_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
"""When the fictional certificates of a rehearsal were issued."""

DEFAULT_DATABASE = "sqlite:///var/licet.db"

database = click.option(
    "--database",
    envvar="LICET_DATABASE",
    default=DEFAULT_DATABASE,
    show_default=True,
    help="sqlite:///path or postgresql://user@host/name.",
)

optional_database = click.option(
    "--database", envvar="LICET_DATABASE", help=f"Where published versions are, else {DEFAULT_DATABASE}."
)


@dataclass(frozen=True)
class Hall:
    """A running installation."""

    settings: Settings
    store: Store
    engine: Engine
    views: Views
    adapters: wiring.Adapters
    scheduler: Scheduler
    clock: Clock

    def house(self, pages: PageSettings) -> House:
        """What the pages are given to work with."""
        return House(
            engine=self.engine,
            views=self.views,
            clock=self.clock,
            identity=self.adapters.identity,
            storage=self.adapters.storage,
            mailbox=self.adapters.mailbox,
            verification=self.adapters.verification,
            certificates=self.adapters.library,
            documents=self.adapters.documents,
            settings=pages,
        )


@contextmanager
def hall(
    url: str,
    *,
    writing: bool = True,
    clock: Clock | None = None,
    settings: Settings | None = None,
    seed: bytes | None = None,
) -> Iterator[Hall]:
    """The hall on a database that is set up; closed at the end.

    Raises StoreUnreachable where the database can't be reached, or another process writes to it.
    """
    store = Store.open(url)
    try:
        store.ready(writing)
        yield composed(store, settings or Settings.from_environment(), clock or SystemClock(), seed)
    finally:
        store.close()


def composed(store: Store, settings: Settings, clock: Clock, seed: bytes | None = None) -> Hall:
    engine = Engine(store, clock, seed=seed)
    adapters = wiring.compose(settings, StoreShelf(store), cases_of=partial(cases_of, store))
    scheduler = Scheduler(engine, adapters.handlers, clock)
    return Hall(settings, store, engine, Views(store, engine.library, clock), adapters, scheduler, clock)


GARBAGE = (20_000, 20, 50)
"""Allocations between two looks for circular garbage, and how many looks until older things are looked at. A command
makes some 2,000 things, nearly none of them circular; Python's 700 would have it look three times a command."""


def settled() -> None:
    """What the process has loaded stays for its life: don't look through it for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


def stand_ins(store: Store, folder: Path) -> Mapping[str, Handler]:
    """The outside of a rehearsal on that store: answers at once, keeps nothing, the same codes in every process."""
    settings = replace(Settings(), data=folder, seed="rehearsal")
    adapters = wiring.compose_in_memory(settings, MemoryShelf(), partial(cases_of, store))
    certificates.demonstration(adapters.library, LIBRARY_SINCE)
    registers.open_demonstration(adapters.registers)
    return adapters.handlers


def file_of(url: str) -> Path | None:
    """The file of an SQLite database; None for another kind."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") or "://" not in url else None


def calendar(url: str) -> Calendar:
    """The calendar in force in a database; the shipped one where there is none, said aloud if it can't be reached."""
    path = file_of(url)
    if path is not None and not path.exists():
        return Calendar.shipped()
    store = Store.open(url)
    try:
        library = Library(store)
        with store.reading() as reading:
            return library.calendar(library.versions(reading).calendar)
    except (Fault, NotFound) as error:
        click.echo(f"Counted with the shipped calendar: {error}", err=True)
        return Calendar.shipped()
    finally:
        store.close()
