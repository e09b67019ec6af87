"""A rehearsed command: nobody is waited for, nothing is written, and the case in memory stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from engine.base.errors import InvalidInput, LicetError, NotFound
from engine.case.records import CancelCase, ClaimTask, Command, CompleteTask, Order, StartCase
from engine.hall.door import engine as door
from engine.reading.scenarios import Rehearsal
from tests.acceptance.conftest import NewUrl, opened
from tests.samples import halls

NewHall = Callable[[], Rehearsal]

PATIENCE_SECONDS = 10
"""For what takes some milliseconds; a rehearsal that waits for the lock would wait for ever."""


@pytest.fixture
def new_hall(new_url: NewUrl) -> Iterator[NewHall]:
    """Makes halls with one case of business start-up, that has just been started."""
    with ExitStack() as stack:

        def make() -> Rehearsal:
            hall = halls.hall(stack.enter_context(opened(new_url())), halls.BUSINESS_STARTUP)
            applicant = {"name": "示范申请人甲"}
            hall.engine.execute(Command("window1", None, StartCase(halls.BUSINESS_STARTUP, applicant=applicant)))
            return hall

        yield make


CASE = "2026-000001"


def window(order: Order) -> Command:
    return Command("window1", CASE, order)


INTAKE = window(CompleteTask(2, dict(halls.APPLICATION)))
CANCEL = Command("admin", CASE, CancelCase("申请人放弃"))
REFUSED = window(CompleteTask(2, {"company_name": "x"}))


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cases that the door reads from their rows, from now on."""
    found: list[str] = []
    read = door.stored_case

    def counted(session: object, row: object) -> object:
        found.append(row.id)
        return read(session, row)

    monkeypatch.setattr(door, "stored_case", counted)
    return found


def test_a_rehearsal_waits_for_nobody_who_writes(new_hall: NewHall) -> None:
    hall = new_hall()

    with ThreadPoolExecutor(1) as pool, hall.engine.store.transaction() as tx:
        tx.opening(CASE)
        effects = pool.submit(hall.engine.rehearse, INTAKE).result(PATIENCE_SECONDS)

    assert "task_closed" in [effect["type"] for effect in effects]


def test_a_rehearsal_says_what_the_command_then_does_and_writes_nothing(new_hall: NewHall) -> None:
    hall = new_hall()

    rehearsed = hall.engine.rehearse(INTAKE)

    with hall.engine.store.reading() as reading:
        assert len(reading.entries(CASE)) == 1
    assert hall.engine.execute(INTAKE).effects == rehearsed


def test_the_case_in_memory_is_used_after_rehearsals_as_if_there_had_been_none(
    new_hall: NewHall, loads: list[str]
) -> None:
    hall, other = new_hall(), new_hall()
    claim = window(ClaimTask(2))

    for command in (INTAKE, CANCEL, claim):
        hall.engine.rehearse(command)
    with pytest.raises(LicetError):
        hall.engine.rehearse(REFUSED)
    claimed = hall.engine.execute(claim)
    hall.engine.rehearse(CANCEL)
    completed = hall.engine.execute(INTAKE)

    assert loads == []
    assert [claimed.hash, completed.hash] == [other.engine.execute(claim).hash, other.engine.execute(INTAKE).hash]


def test_a_rehearsal_of_a_case_that_is_not_in_memory_reads_it_and_keeps_nothing(
    new_hall: NewHall, loads: list[str]
) -> None:
    hall = new_hall()
    cold = door.Engine(hall.engine.store, hall.clock, seed=b"rehearsal")

    assert cold.rehearse(INTAKE) == hall.engine.rehearse(INTAKE)
    assert loads == [CASE]

    cold.execute(window(ClaimTask(2)))
    assert loads == [CASE, CASE]


def test_a_rehearsal_sees_what_another_process_has_done(new_hall: NewHall, loads: list[str]) -> None:
    hall = new_hall()
    door.Engine(hall.engine.store, hall.clock).execute(Command("admin", CASE, CancelCase("申请人放弃")))

    with pytest.raises(LicetError, match="to be open; it is cancelled"):
        hall.engine.rehearse(INTAKE)


def test_what_has_no_case_cannot_be_rehearsed(new_hall: NewHall) -> None:
    hall = new_hall()

    with pytest.raises(InvalidInput, match="a command on a case to rehearse"):
        hall.engine.rehearse(Command("window1", None, StartCase(halls.BUSINESS_STARTUP)))
    with pytest.raises(NotFound, match="Expected a case 2026-000404"):
        hall.engine.rehearse(Command("window1", "2026-000404", ClaimTask(2)))
