"""The scheduler, with a real store and a door that records the commands it is given."""

from __future__ import annotations

import os
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.base.errors import BudgetExceeded, Conflict, InvalidInput, NotOpen
from engine.case.records import AnswerJob, Command, FailJob, FireDeadline, SettleMessage
from engine.hall.ports import OutboxMessage, TryLater
from engine.hall.scheduler import BACK_OFF_SECONDS, CONFLICTS_ENDURED, NICENESS, Scheduler, give_way
from engine.hall.store import CaseRow, DeadlineRow, EntryRow, MessageRow, Store, Write

NINE = "2026-03-02T09:00:00+08:00"
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CASE, OTHER = "2026-000001", "2026-000002"


class Time:
    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


class RecordingDoor:
    """Takes commands as the engine does: a fired deadline or settled message is gone from the store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.given: list[Command] = []
        self.before: Callable[[Command], None] = lambda command: None
        self.sequences: dict[str, int] = {}
        self.one_at_a_time = threading.Lock()

    def open(self, case: str, **changes) -> None:
        self._write(case, **changes)

    def execute(self, command: Command) -> None:
        with self.one_at_a_time:
            self._execute(command)

    def _execute(self, command: Command) -> None:
        self.before(command)
        self.given.append(command)
        order = command.order
        if isinstance(order, FireDeadline):
            self._write(command.case, deadlines_dropped=[order.deadline])
        elif isinstance(order, FailJob):
            with self.store.reading() as reading:
                row = reading.message(command.case, order.message)
            self._write(command.case, messages=[row._replace(status="parked")])
        else:
            self._write(command.case, messages_dropped=[order.message])

    def _write(self, case: str, **changes) -> None:
        sequence = self.sequences[case] = self.sequences.get(case, 0) + 1
        row = CaseRow(case, "sha256:c", "main", "", None, "open", sequence, NINE, f"h{sequence}", "{}", NINE)
        entry = EntryRow(case, sequence, NINE, "system:clock", None, "X", "{}", f"h{sequence}")
        with self.store.transaction() as tx:
            tx.write(Write(row, entry, **changes))

    def types(self) -> list[str]:
        return [command.type for command in self.given]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[RecordingDoor]:
    store = Store.open(str(tmp_path / "licet.db"))
    store.upgrade()
    yield RecordingDoor(store)
    store.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "licet.db"
    store = Store.open(str(path))
    store.upgrade()
    store.close()
    return path


@pytest.fixture
def time() -> Time:
    return Time()


def message(number: int, token: int | None = None, destination: str = "courier", case: str = CASE) -> MessageRow:
    payload = '{"on":{"$date":"2026-03-02"}}'
    return MessageRow(case, number, destination, "courier.dispatch", payload, token, "waiting", 0, NINE)


def test_due_deadlines_are_fired_once_in_order(door: RecordingDoor, time: Time):
    door.open(
        CASE,
        deadlines=[
            DeadlineRow(CASE, "token:2:b", "2026-03-02T11:00:00+08:00", 2),
            DeadlineRow(CASE, "token:1:a", "2026-03-02T11:00:00+08:00", 1),
            DeadlineRow(CASE, "token:3:c", "2026-03-02T12:00:01+08:00", 3),
        ],
    )
    door.open(OTHER, deadlines=[DeadlineRow(OTHER, "clock:4:warn", NINE, 4)])
    scheduler = Scheduler(door, {}, time)

    assert scheduler.drain() == 3

    assert [command.order.deadline for command in door.given] == ["clock:4:warn", "token:1:a", "token:2:b"]
    assert door.given[1] == Command("system:clock", CASE, FireDeadline("token:1:a", "2026-03-02T11:00:00+08:00"))
    assert scheduler.drain() == 0


def test_a_stale_deadline_does_nothing(door: RecordingDoor, time: Time):
    door.open(CASE, deadlines=[DeadlineRow(CASE, "token:1:a", NINE, 1)])

    def stale(command: Command) -> None:
        raise NotOpen("stale")

    door.before = stale
    assert Scheduler(door, {}, time).drain() == 0


def test_a_deadline_that_fails_holds_up_no_other_case_and_comes_again(door: RecordingDoor, time: Time):
    for case in (CASE, OTHER):
        door.open(case, deadlines=[DeadlineRow(case, "token:1:a", NINE, 1)])

    def broken(command: Command) -> None:
        if command.case == CASE:
            raise RuntimeError("a fault of ours")

    door.before = broken
    scheduler = Scheduler(door, {}, time)
    assert scheduler.drain() == 1

    door.before = lambda command: None
    assert scheduler.drain() == 0
    time.at += timedelta(minutes=1)
    assert scheduler.drain() == 1
    assert [command.case for command in door.given] == [OTHER, CASE]


def test_a_command_is_given_again_when_another_one_came_first(door: RecordingDoor, time: Time):
    door.open(CASE, deadlines=[DeadlineRow(CASE, "token:1:a", NINE, 1)])
    attempts: list[Command] = []

    def busy(command: Command) -> None:
        attempts.append(command)
        if len(attempts) < CONFLICTS_ENDURED:
            raise Conflict("another one was first")

    door.before = busy
    assert Scheduler(door, {}, time).drain() == 1


def test_what_nobody_waits_for_is_settled_and_the_rest_is_answered(door: RecordingDoor, time: Time):
    door.open(CASE, messages=[message(1), message(2, token=7)])
    seen: list[OutboxMessage] = []

    def handle(delivered: OutboxMessage) -> dict[str, str] | None:
        seen.append(delivered)
        return {"waybill": "SF1"} if delivered.token else None

    assert Scheduler(door, {"courier": handle}, time).drain() == 2

    assert [delivered.key for delivered in seen] == ["2026-000001/1", "2026-000001/2"]
    assert str(seen[0].payload["on"]) == "2026-03-02"
    assert door.given == [
        Command("system:outbox", CASE, SettleMessage(message=1)),
        Command("system:outbox", CASE, AnswerJob(token=7, message=2, variables={"waybill": "SF1"})),
    ]


def test_jobs_without_a_handler_wait(door: RecordingDoor, time: Time):
    door.open(CASE, messages=[message(1, destination="jobs")])

    assert Scheduler(door, {"courier": lambda delivered: None}, time).drain() == 0
    assert Scheduler(door, {}, time).drain() == 0


def test_a_message_that_fails_is_tried_with_back_off_and_becomes_an_incident(door: RecordingDoor, time: Time):
    door.open(CASE, messages=[message(1), message(2)])
    delivered: list[int] = []

    def busy(one: OutboxMessage) -> None:
        delivered.append(one.number)
        raise TryLater("对方无应答")

    scheduler = Scheduler(door, {"courier": busy}, time)
    for seconds in BACK_OFF_SECONDS:
        scheduler.drain()
        time.at += timedelta(seconds=seconds - 1)
        assert scheduler.drain() == 0
        time.at += timedelta(seconds=1)
    scheduler.drain()
    scheduler.drain()

    assert delivered == [1] * (len(BACK_OFF_SECONDS) + 1)  # the second one never overtakes it
    assert door.given == [Command("system:outbox", CASE, FailJob(message=1, reason="对方无应答"))]


def test_a_refusal_from_outside_is_an_incident_at_once(door: RecordingDoor, time: Time):
    door.open(CASE, messages=[message(1, token=7)])

    def refuse(one: OutboxMessage) -> None:
        raise InvalidInput("no such address")

    Scheduler(door, {"courier": refuse}, time).drain()

    assert door.types() == ["FailJob"]


def test_an_answer_that_the_door_cannot_take_is_an_incident(door: RecordingDoor, time: Time):
    door.open(CASE, messages=[message(1, token=7)])

    def picky(command: Command) -> None:
        if command.type == "AnswerJob":
            raise InvalidInput("a float")

    door.before = picky
    Scheduler(door, {"courier": lambda one: {"x": 0.5}}, time).drain()

    assert door.types() == ["FailJob"]
    assert "a float" in door.given[0].order.reason


def test_an_answer_that_the_door_breaks_on_is_tried_again_and_holds_up_no_other_case(door: RecordingDoor, time: Time):
    for case in (CASE, OTHER):
        door.open(case, messages=[message(1, token=7, case=case)])

    def broken(command: Command) -> None:
        if command.case == CASE:
            raise KeyError("a fault of ours")

    door.before = broken
    assert Scheduler(door, {"courier": lambda one: {}}, time).drain() == 1

    assert [command.case for command in door.given] == [OTHER]
    with door.store.reading() as reading:
        (row,) = reading.messages()
    assert (row.case, row.attempts, row.status) == (CASE, 1, "waiting") and "KeyError" in row.last_error


def test_a_handler_that_breaks_is_tried_again(door: RecordingDoor, time: Time):
    door.open(CASE, messages=[message(1)])

    def broken(one: OutboxMessage) -> None:
        raise ZeroDivisionError("11010519491231002X")

    Scheduler(door, {"courier": broken}, time).drain()

    with door.store.reading() as reading:
        (row,) = reading.messages()
    assert (row.attempts, row.status) == (1, "waiting") and "ZeroDivisionError" in row.last_error
    assert "11010519491231002X" not in row.last_error  # the journal will say what the incident says


def test_what_never_comes_to_rest_is_stopped(door: RecordingDoor, time: Time, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("engine.hall.scheduler.DRAIN_ROUNDS", 5)
    door.open(CASE, messages=[message(1)])

    def again(command: Command) -> None:
        number = command.order.message + 1
        door.open(CASE, messages=[message(number)])

    door.before = again
    scheduler = Scheduler(door, {"courier": lambda one: None}, time)
    monkeypatch.setattr(scheduler, "tick_outbox", lambda: 1)
    with pytest.raises(BudgetExceeded):
        scheduler.drain()


def test_a_process_that_only_ticks_gives_way_and_what_is_nicer_stays_so():
    def niceness(before: int) -> int:
        os.setpriority(os.PRIO_PROCESS, 0, before)
        give_way()
        return os.getpriority(os.PRIO_PROCESS, 0)

    own = os.getpriority(os.PRIO_PROCESS, 0)
    with ThreadPoolExecutor(1) as thread:  # has a niceness of its own
        assert thread.submit(niceness, own).result() == max(own, NICENESS)
        assert thread.submit(niceness, 19).result() == 19
    assert os.getpriority(os.PRIO_PROCESS, 0) == own


def test_it_ticks_in_the_background_until_it_is_stopped(
    door: RecordingDoor, time: Time, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engine.hall.scheduler.TICK_SECONDS", 0.05)
    door.open(CASE, deadlines=[DeadlineRow(CASE, "token:1:a", NINE, 1)], messages=[message(1)])
    both = threading.Barrier(3)

    def seen(command: Command) -> None:
        threading.Thread(target=both.wait, args=(5,), daemon=True).start()

    door.before = seen
    scheduler = Scheduler(door, {"courier": lambda one: None}, time)

    scheduler.start()
    both.wait(5)
    scheduler.stop()

    assert sorted(door.types()) == ["FireDeadline", "SettleMessage"]


# ------------------------------------------------------------------------------------------------- fair rounds


class Habit(NamedTuple):
    """How a case goes on after each firing: `again` seconds later than its last deadline, or for the given instant
    (None: it is done). `first`: seconds after NOW at which it is due for the first time."""

    first: int
    again: int | None


class Busy(RecordingDoor):
    """A hall in which a command takes 10 ms, and cases set deadlines by their habits, `most` times each."""

    def __init__(self, store: Store, time: Time, habits: dict[str, Habit], most: int = 6) -> None:
        super().__init__(store)
        self.time, self.habits, self.left = time, habits, dict.fromkeys(habits, most)
        self.log: list[tuple[datetime, str, datetime]] = []  # when it fired, the case, and from when it could
        self.ready: dict[str, datetime] = {}
        for case, habit in habits.items():
            self.set(case, NOW + timedelta(seconds=habit.first))

    def set(self, case: str, due: datetime) -> None:
        self.ready[case] = max(due, self.time.at)
        self._write(case, deadlines=[DeadlineRow(case, "token:1:a", due.isoformat(), 1)])

    def _execute(self, command: Command) -> None:
        case, due = str(command.case), datetime.fromisoformat(command.order.due)
        self.log.append((self.time.at, case, self.ready[case]))
        self.time.at += timedelta(milliseconds=10)
        again, self.left[case] = self.habits[case].again, self.left[case] - 1
        if again is None or not self.left[case]:
            self._write(case, deadlines_dropped=[command.order.deadline])
        else:
            self.set(case, due + timedelta(seconds=again))

    def most_between(self) -> int:
        """How often any one case fired while a deadline of another one waited."""
        found = 0
        for at, case, ready in self.log:
            others = Counter(other for then, other, _ in self.log if other != case and ready <= then < at)
            found = max(found, *others.values(), 0)
        return found


AGAIN = st.sampled_from([None, None, 0, 0, 1, 60, 600])


def until_all_have_fired(door: Busy, time: Time) -> None:
    scheduler = Scheduler(door, {}, time)
    for _ in range(200):
        scheduler.tick_deadlines()
        with door.store.reading() as reading:
            following = reading.next_deadline()
        if following is None:
            return
        time.at = max(time.at + timedelta(seconds=1), datetime.fromisoformat(following))
    raise AssertionError("it never came to rest")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(habits=st.lists(st.builds(Habit, st.integers(-3600, 5), AGAIN), min_size=2, max_size=12), page=st.integers(1, 4))
def test_no_case_fires_thrice_while_another_waits(
    habits: list[Habit], page: int, empty: Path, tmp_path_factory: pytest.TempPathFactory
):
    """Run-aways, cycles that catch up, single deadlines: whoever was served goes behind those that wait."""
    path = tmp_path_factory.mktemp("fair") / "licet.db"
    shutil.copy(empty, path)
    store, time = Store.open(str(path), durable=False), Time()
    door = Busy(store, time, {f"2026-{number:06d}": habit for number, habit in enumerate(habits)})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.hall.scheduler.DEADLINES_AT_ONCE", page)
        until_all_have_fired(door, time)

    store.close()
    assert door.most_between() <= 2
    assert Counter(case for _, case, _ in door.log) == {
        case: 1 if habit.again is None else 6 for case, habit in door.habits.items()
    }
