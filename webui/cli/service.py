"""Setting up and serving an installation: `init`, `upgrade`, `serve`, `worker`."""

from __future__ import annotations

import ipaddress
import signal
import threading
from datetime import UTC, datetime

import click
import waitress

from adapters.identity import read_demonstration
from adapters.settings import Settings
from engine import scenarios
from engine.case import Settings as HallSettings
from engine.errors import InvalidInput
from engine.workdays import Calendar
from webui import compose, create_app, demonstration
from webui.cli.output import guarded
from webui.house import Settings as PageSettings

THREADS = 8  # of the web server: as many people's requests at once as one writer can serve without a queue


@click.command()
@click.option("--demo", is_flag=True, help="Fill in the demonstration hall.")
@compose.database
@guarded
def init(demo: bool, database: str) -> None:
    """Create the database."""
    settings = Settings.from_environment()
    store = compose.opened(database)
    try:
        store.upgrade()
        store.ready(writing=True)
        if demo:
            clock = scenarios.VirtualClock.epoch()
            _demonstration(compose.composed(store, settings, clock), clock)
        else:
            hall = compose.composed(store, settings, compose.SystemClock())
            hall.engine.set_up(Calendar.shipped(), None, HallSettings())
            click.echo("The database is ready. Next: licet org import FILE, licet chain publish PATH.")
    finally:
        store.close()


def _demonstration(hall: compose.Hall, clock: scenarios.VirtualClock) -> None:
    with hall.store.reading() as reading:
        if reading.count():
            click.echo("The demonstration hall is there already.")
            return
    demonstration.set_up(hall)
    accounts = demonstration.open_accounts(hall)
    made = demonstration.play(hall, clock, datetime.now(UTC))
    click.echo(f"The demonstration hall is ready: {len(accounts)} accounts, {made} cases.")


@click.command()
@compose.database
@guarded
def upgrade(database: str) -> None:
    """Bring the tables of a database to this version."""
    store = compose.opened(database)
    try:
        click.echo(f"The tables are at revision {store.upgrade()}.")
    finally:
        store.close()


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
    with compose.hall(database, settings=settings) as hall:
        app = create_app(hall.house(_pages(settings, demo, hall)))
        server = waitress.create_server(app, host=host, port=port, threads=THREADS, ident="Licet")
        hall.scheduler.start()
        try:
            _greet(host, int(server.effective_port), settings, demo)
            signal.signal(signal.SIGTERM, lambda *_: _stop())
            server.run()
        finally:
            hall.scheduler.stop()
            server.close()


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
        secret_key=compose.secret_key(settings.data),
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
    """The scheduler alone: deadlines and outbox; beside any number of `licet serve` on PostgreSQL."""
    stopped = threading.Event()
    with compose.hall(database) as hall:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopped.set())
        hall.scheduler.start()
        click.echo("Ticking. End with Ctrl-C.")
        stopped.wait()
        hall.scheduler.stop()


__all__ = ["init", "serve", "upgrade", "worker"]
