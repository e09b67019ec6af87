"""Composition root: from settings to a working hall: store, engine, adapters, readings, scheduler.

The one place that knows which implementation stands behind each port.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from adapters import certificates, wiring
from adapters.clock import SystemClock
from adapters.memory import MemoryShelf
from adapters.settings import Settings
from adapters.shelf import StoreShelf
from engine.door import Engine
from engine.ports import Clock, Handler, Shelf
from engine.scheduler import Scheduler
from engine.store import Store
from engine.views.views import Views
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
    store = opened(url)
    try:
        store.ready(writing)
        yield composed(store, settings or Settings.from_environment(), clock or SystemClock(), seed)
    finally:
        store.close()


def opened(url: str) -> Store:
    """The store of a URL; the folder of an SQLite file is made."""
    path = url.removeprefix("sqlite:///") if url.startswith("sqlite:///") else None
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    return Store.open(url)


def composed(store: Store, settings: Settings, clock: Clock, seed: bytes | None = None) -> Hall:
    engine = Engine(store, clock, seed=seed)
    adapters = wiring.compose(settings, StoreShelf(store))
    scheduler = Scheduler(engine, adapters.handlers, clock)
    return Hall(settings, store, engine, Views(store, engine.library, clock), adapters, scheduler, clock)


def stand_ins(shelf: Shelf | None, folder: Path) -> Mapping[str, Handler]:
    """The outside of a rehearsal: answers at once, keeps nothing, the same codes in every process."""
    settings = replace(Settings(), data=folder, seed="rehearsal")
    adapters = wiring.compose_in_memory(settings, shelf or MemoryShelf())
    certificates.demonstration(adapters.library, LIBRARY_SINCE)
    return adapters.handlers


def secret_key(folder: Path) -> str:
    """The key of this installation that signs sessions: LICET_SECRET_KEY, or made once and kept private."""
    given = os.environ.get("LICET_SECRET_KEY")
    if given:
        return given
    path = folder / "secret-key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()
