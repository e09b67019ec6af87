"""Two commands at the same moment: one succeeds, the other gets a clear refusal. On both databases.

On SQLite, two engines and threads of the one process that may write. On PostgreSQL, two engines with connections of
their own, as on two machines.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from engine.base.errors import Conflict, KeyReused, LicetError, NotAllowed, NotOpen
from engine.case.records import ClaimTask, Command, CompleteTask, StartCase, read_command
from engine.hall.door import Engine, Receipt
from engine.hall.library import Library
from engine.hall.proof import verify
from engine.hall.store import Store
from engine.reading.scenarios import VirtualClock
from tests.acceptance.conftest import NewUrl, opened
from tests.samples import halls

SOAK = bool(os.environ.get("LICET_SOAK"))
ROUNDS = 200 if SOAK else 10

Result = Receipt | LicetError


class Desks:
    """Two engines on one database, and the commands that both give at the same moment."""

    def __init__(self, engines: Sequence[Engine], pool: ThreadPoolExecutor) -> None:
        self.engines, self._pool = engines, pool

    def at_once(self, *commands: Command) -> list[Result]:
        barrier = threading.Barrier(len(commands))

        def give(engine: Engine, command: Command) -> Result:
            barrier.wait()
            try:
                return engine.execute(command)
            except LicetError as error:
                return error

        pairs = zip(self.engines, commands, strict=True)
        return [future.result() for future in [self._pool.submit(give, *pair) for pair in pairs]]

    def start(self, name: str, **payload: Any) -> Receipt:
        chain, organisation = halls.chain(name)
        actor = "window1" if organisation is not None else "anybody"
        return self.engines[0].execute(read_command("StartCase", actor, None, {"chain": chain.digest, **payload}))

    def proven(self) -> None:
        store = self.engines[0].store
        found = verify(store, Library(store))
        assert found.problems == [], [trouble.as_dict() for trouble in found.problems]

    def length(self, case: str) -> int:
        with self.engines[0].store.reading() as reading:
            return len(reading.entries(case))


@pytest.fixture
def desks(new_url: NewUrl) -> Iterator[Callable[[str], Desks]]:
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(2))

        def make(name: str) -> Desks:
            url = new_url()
            stores = [stack.enter_context(_second(url, None))]
            halls.hall(stores[0], name)
            stores.append(stack.enter_context(_second(url, stores[0])))
            return Desks([Engine(store, VirtualClock(halls.MONDAY)) for store in stores], pool)

        yield make


@contextmanager
def _second(url: str, first: Store | None) -> Iterator[Store]:
    """A second store on PostgreSQL; on SQLite the same store, since only one process writes."""
    if first is not None and url.startswith("sqlite"):
        yield first
    else:
        with opened(url) as store:
            yield store


def told_apart(results: Sequence[Result], *refusals: type[LicetError]) -> tuple[Receipt, LicetError]:
    """Return who succeeded, and the refusal that the other got."""
    accepted = [result for result in results if isinstance(result, Receipt)]
    refused = [result for result in results if isinstance(result, LicetError)]
    assert (len(accepted), len(refused)) == (1, 1), results
    assert isinstance(refused[0], refusals), repr(refused[0])
    assert str(refused[0]).startswith("Expected")
    return accepted[0], refused[0]


@pytest.mark.soak
def test_two_complete_the_same_task_at_the_same_moment(desks: Callable[[str], Desks]) -> None:
    hall = desks("loops_and_joins")

    for _ in range(ROUNDS):
        start = hall.start("loops_and_joins")
        payload = {"task": start.tasks[0], "variables": {"x": True}}
        results = hall.at_once(*(read_command("CompleteTask", who, start.case, payload) for who in ("one", "other")))

        accepted, _ = told_apart(results, NotOpen, Conflict)
        assert accepted.sequence == 2
        assert hall.length(start.case) == 2
    hall.proven()


@pytest.mark.soak
def test_two_claim_the_same_task_at_the_same_moment(desks: Callable[[str], Desks]) -> None:
    hall = desks(halls.BUSINESS_STARTUP)

    for _ in range(ROUNDS):
        start = hall.start(halls.BUSINESS_STARTUP)
        people = ("window1", "window2")
        results = hall.at_once(*(Command(who, start.case, ClaimTask(task=start.tasks[0])) for who in people))

        told_apart(results, Conflict)
        assert hall.length(start.case) == 2
    hall.proven()


@pytest.mark.soak
def test_two_cases_claim_the_same_company_name_at_the_same_moment(desks: Callable[[str], Desks]) -> None:
    hall = desks(halls.BUSINESS_STARTUP)

    for round in range(ROUNDS):
        starts = [hall.start(halls.BUSINESS_STARTUP, applicant={"name": "示范申请人甲"}) for _ in range(2)]
        variables = {**halls.APPLICATION, "company_name": f"云岭示范{round}号有限公司"}
        results = hall.at_once(
            *(
                Command("window1", start.case, CompleteTask(task=start.tasks[0], variables=variables))
                for start in starts
            )
        )

        accepted, refused = told_apart(results, Conflict)
        loser = next(start.case for start in starts if start.case != accepted.case)
        assert hall.length(loser) == 1
        assert variables["company_name"] in str(refused) or "same thing" in str(refused)
    hall.proven()


@pytest.mark.soak
def test_the_same_key_at_the_same_moment_is_one_command(desks: Callable[[str], Desks]) -> None:
    hall = desks("loops_and_joins")
    chain = halls.chain("loops_and_joins")[0].digest

    for round in range(ROUNDS):
        command = Command("anybody", None, StartCase(chain=chain), f"key-{round}")
        results = hall.at_once(command, command)

        receipts = [result for result in results if isinstance(result, Receipt)]
        assert all(type(result) is Conflict for result in results if not isinstance(result, Receipt)), results
        again = hall.engines[1].execute(command)
        assert again.again
        assert {receipt.hash for receipt in receipts} == {again.hash}
        other = Command("anybody", None, StartCase(chain=chain, title="x"), f"key-{round}")
        with pytest.raises(KeyReused):
            hall.engines[0].execute(other)
    with hall.engines[0].store.reading() as reading:
        assert reading.count() == ROUNDS
    hall.proven()


@pytest.mark.soak
def test_two_different_tasks_of_a_case_at_the_same_moment_both_go_through(desks: Callable[[str], Desks]) -> None:
    """The later command may be told to try again; then it goes through."""
    hall = desks("loops_and_joins")

    for _ in range(ROUNDS):
        start = hall.start("loops_and_joins")
        variables = {"x": True, "y": True, "extra": True}
        forked = hall.engines[0].execute(
            Command("anybody", start.case, CompleteTask(task=start.tasks[0], variables=variables))
        )
        commands = [Command("anybody", start.case, CompleteTask(task=task)) for task in forked.tasks[:2]]
        results = hall.at_once(*commands)

        for engine, command, result in zip(hall.engines, commands, results, strict=True):
            if not isinstance(result, Receipt):
                assert type(result) is Conflict, repr(result)
                engine.execute(command)
        assert hall.length(start.case) == 4
    hall.proven()


def test_one_who_may_not_is_refused_whoever_is_first(desks: Callable[[str], Desks]) -> None:
    hall = desks(halls.BUSINESS_STARTUP)
    start = hall.start(halls.BUSINESS_STARTUP)

    results = hall.at_once(
        *(Command(who, start.case, ClaimTask(task=start.tasks[0])) for who in ("window1", "market_head"))
    )

    told_apart(results, NotAllowed)
