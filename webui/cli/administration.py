"""Administration: calendars, the organisation, incidents, the outbox, anchors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from adapters.identity import made_up_password
from engine.base.errors import InvalidInput, NotFound
from engine.case import journal
from engine.case.records import Command, RetryIncident
from engine.law import organisation as organisations
from webui.cli import compose, keys
from webui.cli.output import FILE, as_actor, as_json, as_operator, given, guarded, show, table
from webui.cli.writing import give, writes


@click.group()
def calendar() -> None:
    """The calendar of rest days and make-up days."""


@calendar.command("load")
@click.argument("file", type=FILE)
@as_operator
@compose.database
@as_json
@guarded
def load_calendar(file: Path, actor: str, database: str, as_json: bool) -> None:
    """Put the years of a file (CSV or JSON, see docs/calendars.md) in force, beside the years that are in force
    already.
    """
    facts = give(database, "calendar load", {"calendar": file.read_bytes()}, actor=actor)
    show(facts, as_json, lambda f: [f"The calendar holds {f['first_year']} to {f['last_year']}: {f['digest']}"])


@writes("calendar load")
def _load_calendar(hall: compose.Hall, files: Mapping[str, bytes], actor: str) -> dict[str, Any]:
    loaded = hall.engine.load_calendar(files["calendar"], actor)
    return {"first_year": loaded.first_year, "last_year": loaded.last_year, "digest": loaded.digest}


@calendar.command("show")
@click.argument("year", type=int)
@compose.database
@as_json
@guarded
def show_calendar(year: int, database: str, as_json: bool) -> None:
    """Show the rest days and make-up days of a year, from the database if there is one, else from the shipped
    calendar.
    """
    stated = next((one for one in compose.calendar(database).years if one.year == year), None)
    if stated is None:
        raise InvalidInput(f"year: {year} isn't published; load its file with `licet calendar load`.")
    show(stated.as_json(), as_json)


@click.group()
def org() -> None:
    """The organisation: departments, people, roles."""


@org.command("import")
@click.argument("file", type=FILE)
@as_operator
@compose.database
@as_json
@guarded
def import_org(file: Path, actor: str, database: str, as_json: bool) -> None:
    """Put an organisation file in force."""
    content = file.read_bytes()
    with given(file.name):
        organisations.read(content)
    facts = give(database, "org import", {"organisation": content}, actor=actor)
    show(facts, as_json, lambda f: [f"{f['name']}: {f['people']} people, {f['departments']} departments"])


@writes("org import")
def _import_org(hall: compose.Hall, files: Mapping[str, bytes], actor: str) -> dict[str, Any]:
    with given("organisation"):
        organisation = organisations.read(files["organisation"])
    hall.engine.put_organisation(organisation, actor)
    return {
        "name": organisation.name,
        "people": len(organisation.people),
        "departments": len(organisation.departments),
        "digest": organisation.digest,
    }


@org.command("export")
@compose.database
@as_json
@guarded
def export_org(database: str, as_json: bool) -> None:
    """Print the organisation in force as the file that `licet org import` takes, whoever put it in force."""
    with compose.hall(database, writing=False) as hall, hall.store.reading() as reading:
        library = hall.engine.library
        in_force = library.versions(reading).organisation
        if in_force is None:
            raise NotFound("Expected an organisation in force; there is none. See `licet org import`.")
        organisation = library.organisation(in_force)
    show(json.loads(organisation.to_json()), as_json)


@click.group()
def incident() -> None:
    """Timers, answers and messages that couldn't be carried out, and wait for somebody."""


@incident.command("list")
@compose.database
@as_json
@guarded
def list_incidents(database: str, as_json: bool) -> None:
    """List the open incidents, the latest first."""
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
    """Try again what an incident stopped."""
    receipt = give(database, "incident retry", case=case, number=number, actor=actor)
    show(receipt, as_json, lambda r: [f"case {r['case']}, entry {r['sequence']}"])


@writes("incident retry")
def _retry(hall: compose.Hall, _: Mapping[str, bytes], case: str, number: int, actor: str) -> dict[str, Any]:
    return hall.engine.execute(Command(actor, case, RetryIncident(number))).as_dict()


@click.group()
def account() -> None:
    """Accounts of the people of the organisation."""


@account.command("open")
@click.argument("person")
@compose.database
@as_json
@guarded
def open_account(person: str, database: str, as_json: bool) -> None:
    """Give a person an account with a random password, which is shown only this once."""
    _with_password(person, database, as_json, new=True)


@account.command("reset")
@click.argument("person")
@compose.database
@as_json
@guarded
def reset_account(person: str, database: str, as_json: bool) -> None:
    """Give a person who has forgotten the password a new one, which is shown only this once."""
    _with_password(person, database, as_json, new=False)


def _with_password(person: str, database: str, as_json: bool, *, new: bool) -> None:
    made = give(database, "account password", person=person, new=new)
    show(made, as_json, lambda made: [f"{made['person']}  {made['password']}"])


@writes("account password")
def _password(hall: compose.Hall, _: Mapping[str, bytes], person: str, new: bool) -> dict[str, Any]:
    with hall.store.reading() as reading:
        in_force = hall.engine.library.versions(reading).organisation
    people = hall.engine.library.organisation(in_force).people if in_force else ()
    if person not in {one.key for one in people}:
        raise InvalidInput(f"PERSON: expected somebody of the organisation; found {person!r}.")
    password = made_up_password()
    set_password = hall.adapters.identity.create if new else hall.adapters.identity.reset
    set_password(person, password, hall.clock.now())
    return {"person": person, "password": password}


@click.group()
def outbox() -> None:
    """Messages that still have to go outside."""


@outbox.command("list")
@compose.database
@as_json
@guarded
def list_outbox(database: str, as_json: bool) -> None:
    """List pending messages by the time of their next attempt; what is in them is not shown."""
    with compose.hall(database, writing=False) as hall, hall.store.reading() as reading:
        rows: list[dict[str, Any]] = [
            {name: value for name, value in row._asdict().items() if name != "payload"} for row in reading.messages()
        ]
    show(rows, as_json, lambda r: table(r, "case", "number", "destination", "action", "status", "attempts", "next_at"))


@click.command()
@click.option("--key", "key_file", type=click.Path(path_type=Path), help="Ed25519 key (PEM); made if there is none.")
@compose.database
@as_json
@guarded
def anchor(key_file: Path | None, database: str, as_json: bool) -> None:
    """Print the signed heads of all journals as one line of JSON, to be kept outside the database."""
    with compose.hall(database, writing=False) as hall, hall.store.reading() as reading:
        key = keys.anchor_key(key_file or keys.anchor_file(hall.settings), make=True)
        signed = journal.anchor(reading.heads(), hall.clock.now().isoformat(), key)
    show(signed, True)
