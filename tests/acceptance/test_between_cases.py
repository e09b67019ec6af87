"""Messages between cases: a message goes to the case that waits for its key, a signal to all that wait; each is
given once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from engine.case.records import plain
from engine.case.state import Case
from engine.hall.door.post import Post
from engine.hall.ports import OutboxMessage, TryLater
from engine.hall.proof import verify
from engine.model import chain
from engine.reading.scenarios import ANYBODY, Rehearsal, rehearsal

MODELS = Path(__file__).parents[1] / "samples" / "between_cases"
MORNING = datetime.fromisoformat("2026-03-02T09:00:00+08:00")


class Hall:
    """Two chains in one hall: cases that send messages, and cases that wait for them."""

    def __init__(self, stage: Rehearsal) -> None:
        self.stage, self.digests = stage, dict[str, str]()
        for name in ("teller", "listener"):
            version = chain.read(MODELS / f"{name}.bpmn").version
            assert version is not None
            stage.engine.publish(version, "system:rehearsal")
            self.digests[name] = version.digest

    def start(self, name: str, **variables: Any) -> str:
        payload = {"chain": self.digests[name], "variables": variables}
        return self.stage.give("StartCase", ANYBODY, None, payload).case

    def complete(self, case: str, element: str) -> None:
        task = next(t for t in self.case(case).tasks.values() if t.element == element)
        self.stage.give("CompleteTask", ANYBODY, case, {"task": task.token})

    def case(self, number: str) -> Case:
        return self.stage.case(number)

    def open(self, number: str) -> list[str]:
        return sorted(task.element for task in self.case(number).tasks.values())

    def facts(self, number: str) -> Mapping[str, Any]:
        return {name: plain(value) for (scope, name), value in self.case(number).facts.items() if scope == 0}


@pytest.fixture
def hall(empty_database: Path) -> Iterator[Hall]:
    with rehearsal(None, MORNING, lambda shelf, folder: {}, empty_database) as stage:
        yield Hall(stage)


def test_a_message_goes_to_the_case_that_waits_for_its_key(hall: Hall) -> None:
    right, wrong = (hall.start("listener", number=number) for number in ("N-1", "N-2"))
    for case in (right, wrong):
        hall.complete(case, "A")
    teller = hall.start("teller", number="N-1", amount=4)

    hall.complete(teller, "A")

    assert hall.open(right) == ["B"]
    assert hall.facts(right)["sum"] == 4
    assert hall.open(wrong) == []
    assert hall.case(teller).outbox == {}


def test_a_message_that_nobody_waits_for_yet_is_given_to_the_first_that_begins_to(hall: Hall) -> None:
    teller = hall.start("teller", number="N-1", amount=4)
    hall.complete(teller, "A")
    other, listener = (hall.start("listener", number=number) for number in ("N-10", "N-1"))
    hall.complete(other, "A")
    assert len(hall.case(teller).outbox) == 1

    hall.complete(listener, "A")

    assert (hall.open(other), hall.open(listener)) == ([], ["B"])
    assert hall.case(teller).outbox == {}


def test_a_message_that_nobody_ever_waits_for_becomes_an_incident(hall: Hall) -> None:
    teller = hall.start("teller", number="N-1", amount=4)
    hall.complete(teller, "A")

    for _ in range(10):
        hall.stage.advance(teller, "PT3H")

    (incident,) = hall.case(teller).incidents.values()
    assert "N-1" in incident.cause and "paid" in incident.cause


def test_a_signal_goes_to_all_that_wait_for_it(hall: Hall) -> None:
    listeners = [hall.start("listener", number=number) for number in ("N-1", "N-2")]
    teller = hall.start("teller", number="N-3", cause="fire")
    hall.complete(teller, "A")

    hall.complete(teller, "B")

    assert [hall.open(case) for case in listeners] == [["A", "H"]] * 2
    assert [hall.facts(case)["cause"] for case in listeners] == ["fire"] * 2
    assert hall.open(teller) == ["C"]


def test_what_is_delivered_twice_is_given_once(hall: Hall) -> None:
    first = hall.start("listener", number="N-1")
    second = hall.start("listener", number="N-1")
    for case in (first, second):
        hall.complete(case, "A")
    payload = {"name": "paid", "key": "N-1", "variables": {}}
    message = OutboxMessage("2026-000099", 7, "cases", "message.deliver", payload)
    signal = OutboxMessage("2026-000099", 8, "cases", "signal.broadcast", {"name": "alarm", "variables": {}})
    post = Post(hall.stage.engine)

    for _ in range(2):
        post.handle(message)
        post.handle(signal)

    assert (hall.open(first), hall.open(second)) == (["B", "H"], ["H"])


def test_a_message_to_nobody_says_so(hall: Hall) -> None:
    message = OutboxMessage("2026-000099", 7, "cases", "message.deliver", {"name": "paid", "key": "x", "variables": {}})

    with pytest.raises(TryLater, match="paid"):
        Post(hall.stage.engine).handle(message)


def test_what_others_said_is_personal_and_proves(hall: Hall) -> None:
    listener = hall.start("listener", number="N-1")
    hall.complete(listener, "A")
    hall.complete(hall.start("teller", number="N-1", amount="13800138000"), "A")

    with hall.stage.engine.store.reading() as reading:
        bodies = "".join(row.body for row in reading.entries(listener))
    checked = verify(hall.stage.engine.store, hall.stage.engine.library, None)

    assert "13800138000" not in bodies
    assert checked.proves()
