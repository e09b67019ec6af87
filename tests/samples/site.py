"""A hall with its pages over small models: what tests of pages walk through, over HTTP or in a browser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from adapters.identity import read_demonstration
from adapters.settings import Settings
from engine.case.context import Settings as CaseSettings
from engine.case.records import read_command
from engine.case.state import Case
from engine.hall.door.stored import stored_case
from engine.hall.store import Store
from engine.law.workdays import Calendar
from engine.model import chain as chains
from engine.reading.scenarios import VirtualClock
from tests.samples.clocks import at
from webui import create_app
from webui.cli import compose, demonstration
from webui.house import Settings as PageSettings

SAMPLES = Path(__file__).parent


class Site:
    """A hall whose clock stands still, on a database of its own."""

    def __init__(self, hall: compose.Hall, clock: VirtualClock) -> None:
        self.hall, self.clock = hall, clock
        self.passwords: Mapping[str, str] = read_demonstration(hall.settings.demonstration_accounts)
        self.app: Flask = create_app(hall.house(PageSettings("only-for-tests", sign_ins_per_minute=1000)))

    def publish(self, model: str) -> str:
        """Publish a model of the samples, without catalogue: `moves/branches`. Its digest."""
        version = chains.read(SAMPLES / f"{model}.bpmn").version
        assert version is not None
        self.hall.engine.publish(version, "system:test")
        return version.digest

    def case_of(self, digest: str, *completed: str, by: str = "window1", **variables: Any) -> str:
        """A case of a version, with these elements completed."""
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
def site(folder: Path, moment: str = "2026-03-02 09:00") -> Iterator[Site]:
    """The demonstration hall with its people and accounts, without a chain."""
    store = Store.open(f"sqlite:///{folder / 'licet.db'}")
    store.upgrade()
    store.ready(True)
    clock = VirtualClock(at(moment))
    hall = compose.composed(store, Settings(data=folder), clock)
    hall.engine.set_up(Calendar.shipped(), demonstration.organisation(), CaseSettings())
    demonstration.open_accounts(hall)
    try:
        yield Site(hall, clock)
    finally:
        store.close()
