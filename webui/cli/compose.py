"""Composition root: from settings to a working hall with store, engine, adapters, views and scheduler.

Chooses the store, the clock and the views; `adapters.wiring` chooses the implementation behind each other port.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
from argon2 import PasswordHasher

from adapters import certificates, registers, wiring
from adapters.clock import SystemClock
from adapters.memory import MemoryShelf
from adapters.settings import Settings
from adapters.shelf import StoreShelf
from engine.base.errors import Fault, NotFound
from engine.hall.door import Engine
from engine.hall.library import Library, template_of
from engine.hall.ports import Clock, Documents, Handler, OutboxMessage
from engine.hall.scheduler import Scheduler
from engine.hall.store import Store
from engine.law.workdays import Calendar
from engine.reading.views.projects import cases_of
from engine.reading.views.sight import Sights
from webui.house import House, PageSettings

LIBRARY_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
"""Issue date of the fictional certificates in a rehearsal."""

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
    sights: Sights
    adapters: wiring.Adapters
    scheduler: Scheduler
    clock: Clock

    def house(self, pages: PageSettings) -> House:
        """Return the parts of the hall that the pages work with."""
        return House(
            engine=self.engine,
            sights=self.sights,
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
    """Open the hall on a database that is set up; close it at the end of the block.

    Raises StoreUnreachable where the database can't be reached, or another process writes to it.
    """
    store = Store.open(url)
    try:
        store.ready(writing)
        yield composed(store, settings or Settings.from_environment(), clock or SystemClock(), seed)
    finally:
        store.close()


def composed(
    store: Store,
    settings: Settings,
    clock: Clock,
    seed: bytes | None = None,
    documents: Documents | None = None,
    hasher: PasswordHasher | None = None,
) -> Hall:
    """Return the hall on an open store. `documents` and `hasher` replace those that the settings choose."""
    engine = Engine(store, clock, seed=seed)
    adapters = wiring.compose(
        settings,
        StoreShelf(store),
        cases_of=partial(cases_of, store),
        template_of=partial(template_of, store),
        documents=documents,
        hasher=hasher,
    )
    scheduler = Scheduler(engine, adapters.handlers, clock)
    return Hall(settings, store, engine, Sights(store, engine.library, clock), adapters, scheduler, clock)


GARBAGE = (20_000, 20, 50)
"""Thresholds for `gc.set_threshold`: allocations until the young generation is collected, and how many collections
until each older generation is. A command allocates some 2,000 objects, nearly none in cycles; with Python's default of
700 the collector would run three times a command."""


def settled() -> None:
    """Keep the garbage collector from visiting, again and again, what the process has loaded for its whole life."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


def stand_ins(store: Store, folder: Path) -> Mapping[str, Handler]:
    """Return the handlers of a rehearsal on that store: they answer at once, keep nothing, and make the same codes in
    every process. A notice is answered with the words that its reader gets.
    """
    settings = replace(Settings(), data=folder, seed="rehearsal")
    adapters = wiring.compose_in_memory(settings, MemoryShelf(), partial(cases_of, store), partial(template_of, store))
    certificates.demonstration(adapters.library, LIBRARY_SINCE)
    registers.open_demonstration(adapters.registers)

    def notify(message: OutboxMessage) -> Mapping[str, Any]:
        adapters.handlers["notification"](message)
        letter = adapters.mailbox.letter(message.key)
        return {"letter": {"subject": letter.subject, "text": letter.text}}

    return {**adapters.handlers, "notification": notify}


def file_of(url: str) -> Path | None:
    """Return the file of an SQLite database; None for a database of another kind."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") or "://" not in url else None


def calendar(url: str) -> Calendar:
    """Return the calendar in force in a database, or the shipped one where there is no database.

    Where the database can't be reached, the shipped calendar too, with a note on standard error.
    """
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
