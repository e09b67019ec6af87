"""Setting up and serving an installation: `init`, `upgrade`, `serve`, `worker`."""

from __future__ import annotations

import ipaddress
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from waitress.server import create_server

from adapters.clock import SystemClock
from adapters.identity import read_demonstration
from adapters.settings import Settings
from engine.base.errors import InvalidInput, NotFound
from engine.case.context import Settings as HallSettings
from engine.hall.scheduler import give_way
from engine.hall.store import Store
from engine.law.workdays import Calendar
from engine.reading import scenarios
from webui import create_app
from webui.cli import compose, demonstration, keys, writing
from webui.cli.output import as_json, guarded, show
from webui.house import PageSettings

THREADS = 8  # requests that the web server handles at once: as many as one writer can serve without a queue

FORWARDED = frozenset({"x-forwarded-for", "x-forwarded-proto"})
"""Headers that are believed from a trusted proxy. Failed sign-ins are counted by the address in the first."""


@click.command()
@click.option("--demo", is_flag=True, help="Fill in the demonstration hall.")
@compose.database
@as_json
@guarded
def init(demo: bool, database: str, as_json: bool) -> None:
    """Create the database. A database that exists already stays as it is."""
    settings = Settings.from_environment()
    path = compose.file_of(database)
    if demo and path is not None and not path.exists():
        _made_aside(path, settings)
    with closing(Store.open(database)) as store:
        store.upgrade()
        store.ready(writing=True)
        cases = _demonstration(store, settings) if demo else _set_up(store, settings)
    show({"cases": cases}, as_json, _ready)


def _ready(made: dict[str, Any]) -> Iterator[str]:
    yield f"The database is ready, with {made['cases']} cases."
    if not made["cases"]:
        yield "Next: licet org import FILE, licet chain publish PATH."


def _made_aside(path: Path, settings: Settings) -> None:
    """Make the demonstration hall in a file beside `path`, and rename it when it is complete.

    Making it takes a while: the file at `path` must never hold half of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".licet-", dir=path.parent) as folder:
        aside = Path(folder) / path.name
        with closing(Store.open(str(aside), durable=False)) as store:
            store.upgrade()
            store.ready(writing=True)
            _demonstration(store, settings)
        with aside.open("rb") as whole:
            os.fsync(whole.fileno())
        aside.rename(path)


def _demonstration(store: Store, settings: Settings) -> int:
    """Fill in the demonstration hall if there is no case yet; return how many cases there are."""
    with store.reading() as reading:
        cases = reading.count()
    if cases:
        return cases
    clock = scenarios.VirtualClock.epoch()
    hall = compose.composed(store, settings, clock)
    _refuse_other_hall(hall)
    click.echo("Filling in the demonstration hall: this takes a minute or more, and is done once.", err=True)
    demonstration.set_up(hall)
    demonstration.open_accounts(hall)
    return demonstration.play(hall, clock, datetime.now(UTC))


def _refuse_other_hall(hall: compose.Hall) -> None:
    with hall.store.reading() as reading, suppress(NotFound):
        in_force = hall.engine.library.versions(reading).organisation
        if in_force not in (None, demonstration.organisation().digest):
            raise InvalidInput("--demo: expected a database without a hall of its own; it has one. Use another.")


def _set_up(store: Store, settings: Settings) -> int:
    """Put the shipped calendar and settings in force if none are; return how many cases there are."""
    hall = compose.composed(store, settings, SystemClock())
    with store.reading() as reading:
        cases = reading.count()
        try:
            hall.engine.library.versions(reading)
        except NotFound:
            is_new = True
        else:
            is_new = False
    if is_new:
        hall.engine.set_up(Calendar.shipped(), None, HallSettings())
    return cases


@click.command()
@compose.database
@as_json
@guarded
def upgrade(database: str, as_json: bool) -> None:
    """Bring the tables of a database to this version."""
    with closing(Store.open(database)) as store:
        show({"revision": store.upgrade()}, as_json, lambda r: [f"The tables are at revision {r['revision']}."])


@click.command()
@click.option("--demo", is_flag=True, help="Show the demonstration accounts; binds to loopback only.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
@compose.database
@guarded
def serve(demo: bool, host: str, port: int, database: str) -> None:
    """Serve the pages, with the scheduler in the same process."""
    if demo and not _is_loopback(host):
        raise InvalidInput(f"--host: a demonstration serves 127.0.0.1 or ::1 only; found {host}.")
    settings = Settings.from_environment()
    with compose.hall(database, settings=settings) as hall, writing.taken(hall, database):
        app = create_app(hall.house(_pages(settings, demo, hall)))
        server = _listening(app, host, port, settings.proxy)
        hall.scheduler.start()
        try:
            _greet(host, int(server.effective_port), settings, demo)
            signal.signal(signal.SIGTERM, lambda *_: _stop())
            compose.settled()
            server.run()
        finally:
            hall.scheduler.stop()
            server.close()


def _listening(app: Any, host: str, port: int, proxy: str | None = None) -> Any:
    """Return the web server, listening at its address. Raises InvalidInput where nothing can listen there.

    Only a `proxy` at that address may say in headers from whom a request comes; headers of others are dropped.
    """
    believed: dict[str, Any] = {"trusted_proxy": proxy, "trusted_proxy_headers": FORWARDED} if proxy else {}
    try:
        return create_server(app, host=host, port=port, threads=THREADS, ident="Licet", **believed)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "there is no such host"
        raise InvalidInput(
            f"--host, --port: can't serve at {host}, port {port}: {why}. Choose another, such as --port 8090."
        ) from error


def _stop() -> None:
    raise KeyboardInterrupt


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _pages(settings: Settings, demo: bool, hall: compose.Hall) -> PageSettings:
    accounts: tuple[tuple[str, str], ...] = ()
    if demo:
        people = {person.key: person.name for person in demonstration.organisation().people}
        accounts = tuple(people.items())
    return PageSettings(
        secret_key=keys.secret_key(settings.data),
        hall=settings.hall,
        zone=settings.zone.key,
        secure=settings.public_url.startswith("https://"),
        demo_accounts=accounts,
    )


def _greet(host: str, port: int, settings: Settings, demo: bool) -> None:
    name = f"[{host}]" if ":" in host else host
    click.echo(f"Licet: http://{name}:{port}/")
    passwords = read_demonstration(settings.demonstration_accounts) if demo else {}
    if passwords:
        click.echo(f"Demonstration accounts (also in {settings.demonstration_accounts}):")
        for person, password in passwords.items():
            click.echo(f"  {person:<18} {password}")


@click.command()
@compose.database
@guarded
def worker(database: str) -> None:
    """Run the scheduler alone (deadlines and outbox), beside any number of `licet serve` on PostgreSQL."""
    stopped = threading.Event()
    with compose.hall(database) as hall, writing.taken(hall, database):
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopped.set())
        give_way()
        hall.scheduler.start()
        compose.settled()
        click.echo("Ticking. End with Ctrl-C.")
        stopped.wait()
        hall.scheduler.stop()


__all__ = ["init", "serve", "upgrade", "worker"]
