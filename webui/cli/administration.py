"""Administration: calendars, the organisation, incidents, the outbox, anchors."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine import journal
from engine import organisation as organisations
from engine.errors import InvalidInput
from engine.records import Command
from engine.workdays import Calendar
from webui import compose
from webui.cli.output import as_actor, as_json, guarded, show, table

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def calendar() -> None:
    """The calendar of rest days and make-up days."""


@calendar.command("load")
@click.argument("file", type=FILE)
@compose.database
@guarded
def load_calendar(file: Path, database: str) -> None:
    """Put the years of a file in force, beside those that there are."""
    with compose.hall(database) as hall:
        loaded = hall.engine.load_calendar(file.read_bytes())
    click.echo(f"The calendar holds {loaded.first_year} to {loaded.last_year}: {loaded.digest}")


@calendar.command("show")
@click.argument("year", type=int)
@as_json
@guarded
def show_calendar(year: int, as_json: bool) -> None:
    """The rest days and make-up days of a year, as shipped."""
    found = next((one for one in Calendar.shipped().years if one.year == year), None)
    if found is None:
        raise InvalidInput(f"year: {year} isn't published; load its file with `licet calendar load`.")
    show(found.as_json(), as_json)


@click.group()
def org() -> None:
    """The organisation: departments, people, roles."""


@org.command("import")
@click.argument("file", type=FILE)
@compose.database
@guarded
def import_org(file: Path, database: str) -> None:
    """Put an organisation file in force."""
    found = organisations.read(file.read_bytes())
    with compose.hall(database) as hall:
        hall.engine.put_organisation(found)
    click.echo(f"{found.name}: {len(found.people)} people, {len(found.departments)} departments")


@click.group()
def incident() -> None:
    """What could not be carried out, and waits for somebody."""


@incident.command("list")
@compose.database
@as_json
@guarded
def list_incidents(database: str, as_json: bool) -> None:
    """Open incidents, the youngest first."""
    with compose.hall(database, writing=False) as hall, hall.store.reading() as reading:
        rows = [row._asdict() for row in reading.incidents()]
    show(rows, as_json, lambda r: table(r, "case", "number", "element", "code", "cause", "opened_at"))


@incident.command("retry")
@click.argument("case")
@click.argument("number", type=int)
@as_actor
@compose.database
@as_json
@guarded
def retry(case: str, number: int, actor: str, database: str, as_json: bool) -> None:
    """Take up again what an incident has parked."""
    with compose.hall(database) as hall:
        receipt = hall.engine.execute(Command("RetryIncident", actor, case, {"incident": number})).as_dict()
    show(receipt, as_json, lambda r: [f"case {r['case']}, entry {r['sequence']}"])


@click.group()
def outbox() -> None:
    """What still has to go outside."""


@outbox.command("list")
@compose.database
@as_json
@guarded
def list_outbox(database: str, as_json: bool) -> None:
    """Pending messages, by when they are tried next; what they say stays out of it."""
    with compose.hall(database, writing=False) as hall, hall.store.reading() as reading:
        rows: list[dict[str, Any]] = [
            {name: value for name, value in row._asdict().items() if name != "payload"} for row in reading.messages()
        ]
    show(rows, as_json, lambda r: table(r, "case", "number", "destination", "action", "status", "attempts", "next_at"))


@click.command()
@click.option("--key", "key_file", type=click.Path(path_type=Path), help="Ed25519 key (PEM); made if there is none.")
@compose.database
@guarded
def anchor(key_file: Path | None, database: str) -> None:
    """The heads of all journals, signed, to be kept outside the database."""
    with compose.hall(database, writing=False) as hall, hall.store.reading() as reading:
        path = key_file or hall.settings.data / "anchor-key.pem"
        signed = journal.anchor(reading.heads(), datetime.now(UTC).isoformat(), _signing_key(path))
    click.echo(json.dumps(signed, ensure_ascii=False))


def _signing_key(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        pem = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(pem)
    found = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(found, Ed25519PrivateKey):
        raise InvalidInput(f"--key: expected an Ed25519 key in {path.name}.")
    return found
