"""A hall with its pages over small models, for tests of pages over HTTP or in a browser."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from adapters import certificates, registers
from adapters.documents import TextDocuments
from adapters.identity import open_demonstration, read_demonstration
from adapters.settings import Settings
from engine.case.context import Settings as CaseSettings
from engine.case.journal import Entry
from engine.case.journal import read as read_entry
from engine.case.records import read_command
from engine.case.state import Case
from engine.hall.door.stored import stored_case
from engine.hall.store import Store
from engine.law.organisation import Organisation
from engine.law.workdays import Calendar
from engine.model import chain as chains
from engine.reading.scenarios import VirtualClock
from tests.samples import halls
from tests.samples.clocks import at
from webui import create_app
from webui.cli import compose, demonstration
from webui.house import PageSettings

SAMPLES = Path(__file__).parent


class Site:
    """A hall whose clock stands still, on a database of its own."""

    def __init__(self, hall: compose.Hall, clock: VirtualClock, pages: PageSettings) -> None:
        self.hall, self.clock = hall, clock
        self.passwords: Mapping[str, str] = read_demonstration(hall.settings.demonstration_accounts)
        self.cases: Mapping[str, str] = {}
        """Numbers of cases that stand here, by name."""
        self.app: Flask = create_app(hall.house(pages))

    def publish(self, model: str | Path) -> str:
        """Publish a chain folder, or a model of the samples without catalogue (`moves/branches`); return its digest."""
        version = chains.read(model if isinstance(model, Path) else SAMPLES / f"{model}.bpmn").version
        assert version is not None
        self.hall.engine.publish(version, "system:test")
        return version.digest

    def case_of(self, digest: str, *completed: str, by: str = "window1", **variables: Any) -> str:
        """Start a case of a version, and complete these elements."""
        number = self.give("StartCase", by, None, chain=digest, title="示范申办", variables=variables)
        for element in completed:
            self.complete(number, element, by)
        return number

    def complete(self, number: str, element: str, by: str = "window1", **variables: Any) -> None:
        self.give("CompleteTask", by, number, task=self.task(number, element), variables=variables)

    def give(self, type: str, by: str, case: str | None, **payload: Any) -> str:
        return self.hall.engine.execute(read_command(type, by, case, payload)).case

    def case(self, number: str) -> Case:
        with self.hall.store.reading() as reading:
            row = reading.case(number)
            assert row is not None
            return stored_case(reading, row)

    def journal(self, number: str) -> list[Entry]:
        with self.hall.store.reading() as reading:
            return [read_entry(row.body) for row in reading.entries(number)]

    def task(self, number: str, element: str) -> int:
        return next(token for token, task in self.case(number).tasks.items() if task.element == element)

    def open(self, number: str) -> list[str]:
        return sorted(task.element for task in self.case(number).tasks.values())

    def client(self, who: str, json: bool = False) -> FlaskClient:
        found = self.app.test_client()
        found.post("/sign-in", data={"account": who, "password": self.passwords[who]})
        if json:
            found.environ_base["HTTP_ACCEPT"] = "application/json"
        return found


@contextmanager
def site(
    folder: Path,
    moment: str = "2026-03-02 09:00",
    people: Collection[str] | None = None,
    organisation: Organisation | None = None,
) -> Iterator[Site]:
    """The demonstration hall without a chain, with accounts of these people, or of everybody.

    `organisation`: another one than the demonstration's.
    """
    url = f"sqlite:///{folder / 'licet.db'}"
    with _store(url) as store:
        store.upgrade()
    with opened(folder, moment) as here:
        organisation = organisation or demonstration.organisation()
        here.hall.engine.set_up(Calendar.shipped(), organisation, CaseSettings())
        certificates.demonstration(here.hall.adapters.library, at(moment))
        registers.open_demonstration(here.hall.adapters.registers)
        named = {person.key: person.name for person in organisation.people if people is None or person.key in people}
        accounts = here.hall.settings.demonstration_accounts
        open_demonstration(here.hall.adapters.identity, named, accounts, at(moment))
        here.passwords = read_demonstration(accounts)
        yield here


YEAR_END = "2026-12-29 09:00"
"""A Tuesday; when `received` begins, the rest days of 2027 aren't published."""


@contextmanager
def received(folder: Path) -> Iterator[Site]:
    """A hall at `YEAR_END` in which an application for a business start-up, 2026-000001, was just received."""
    with site(folder, YEAR_END) as here:
        chain = here.publish(halls.BPMN / halls.BUSINESS_STARTUP / "after")
        applicant = {"kind": "person", "name": "示范申请人甲"}
        case = here.give("StartCase", "window1", None, chain=chain, applicant=applicant)
        here.complete(case, "intake", **halls.APPLICATION)
        here.hall.scheduler.drain()
        yield here


@contextmanager
def opened(folder: Path, moment: str, **pages: Any) -> Iterator[Site]:
    """Open the hall that was made in that folder. `pages`: settings of its pages that differ."""
    with _store(f"sqlite:///{folder / 'licet.db'}") as store:
        store.ready(True)
        clock = VirtualClock(at(moment))
        settings = PageSettings("only-for-tests", **{"sign_ins_per_minute": 1000, **pages})
        yield Site(_composed(store, folder, clock), clock, settings)


@contextmanager
def _store(url: str) -> Iterator[Store]:
    store = Store.open(url, durable=False)
    try:
        yield store
    finally:
        store.close()


def _composed(store: Store, folder: Path, clock: VirtualClock) -> compose.Hall:
    """Compose the hall as it ships, with documents as text and a cheap password hash: both cost most of the time."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return compose.composed(store, Settings(data=folder), clock, documents=TextDocuments(), hasher=cheap)
