"""A thing that one case has taken can be taken by no other: until the case ends, until an instant, or for good."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.base.errors import Conflict, InvalidInput, Taken
from engine.case.records import Command, RetryIncident, StartCase, read_command
from engine.hall.proof import verify
from engine.hall.store import CaseRow, ClaimRow, EntryRow, Store, Write
from engine.law import organisation
from engine.reading import scenarios
from engine.reading.scenarios import Rehearsal, VirtualClock
from tests.samples import halls
from tests.samples.desk import moment
from tests.unit.case.small_hall import action, desk, steps, task
from webui.sentences import say

NAME = "云岭示范科技有限公司"


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    with scenarios.empty_database() as path:
        yield path


class Hall:
    """Cases that take the same name: `start` one, then let it `take` the name, then `keep` it or end."""

    def __init__(self, empty: Path, folder: Path) -> None:
        model = steps(
            task("first"),
            action(
                "look", "certificate.find", kind='="identity_card"', holder='="11010519491231002X"', consent="=consent"
            ),
            action("reserve", "claim.take", kind='="company_name"', key="=name", until="=until"),
            task("second"),
            action(
                "keep", "claim.keep", kind='="company_name"', key="=if registered then name else name + case().number"
            ),
        )
        self.version = desk(folder, model).version
        hall = organisation.read((folder / "organisation.json").read_bytes())
        database = folder / "hall.db"
        database.write_bytes(empty.read_bytes())
        self.store = Store.open(f"sqlite:///{database}")
        self.clock = VirtualClock(moment("2026-03-02 09:00"))
        self.stage = Rehearsal.alone(self.store, hall, halls.outside(), self.clock)
        self.stage.engine.publish(self.version, "system:test")

    def at(self, text: str) -> Hall:
        self.clock.move(moment(text))
        return self

    def start(self) -> str:
        command = Command("window1", None, StartCase(chain=self.version.digest))
        return self.stage.engine.execute(command).case

    def go(self, case: str, **variables: Any) -> None:
        (token,) = self.stage.case(case).tasks
        payload = {"task": token, "variables": variables}
        self.stage.engine.execute(read_command("CompleteTask", "window1", case, payload))

    def take(self, until: object = None) -> str:
        case = self.start()
        self.go(case, name=NAME, until=until, consent=False)
        return case


@pytest.fixture
def hall(empty: Path, tmp_path: Path) -> Iterator[Hall]:
    found = Hall(empty, tmp_path)
    yield found
    assert verify(found.store, found.stage.engine.library).problems == []
    found.store.close()


def test_without_more_a_claim_ends_with_its_case(hall: Hall) -> None:
    first = hall.take()
    with pytest.raises(Taken, match=first) as refused:
        hall.take()
    assert say(refused.value) == f"企业名称“{NAME}”已有办件正在办理，办结之前不能重复申请。"

    hall.go(first, registered=False)

    assert not hall.stage.case(first).is_open
    hall.take()


@pytest.mark.parametrize("until", [date(2026, 5, 2), "2026-05-02", moment("2026-05-03 00:00"), "2026-05-03T00:00:00"])
def test_a_reservation_outlives_its_case_and_then_the_name_is_free(hall: Hall, until: object) -> None:
    first = hall.take(until)
    hall.go(first, registered=False)
    assert ("company_name", NAME) in hall.stage.case(first).claims

    with pytest.raises(Taken) as refused:
        hall.at("2026-05-02 23:59").take()
    assert say(refused.value).startswith(f"企业名称“{NAME}”已被预留至2026年5月2日，")
    hall.at("2026-05-03 00:00").take()


def test_a_registered_name_is_kept_for_good(hall: Hall) -> None:
    first = hall.take("2026-05-02")
    hall.go(first, registered=True)

    with pytest.raises(Taken) as refused:
        hall.at("2030-01-02 09:00").take()

    assert say(refused.value) == f"企业名称“{NAME}”已被登记使用，请另行选择。"


def test_a_name_that_ran_out_and_went_to_another_can_not_be_kept(hall: Hall) -> None:
    first = hall.take("2026-03-05")
    second = hall.at("2026-03-06 09:00").take("2026-09-01")

    with pytest.raises(Taken, match=second):
        hall.go(first, registered=True)

    hall.go(first, registered=False)
    hall.go(second, registered=True)


def test_an_answer_that_would_take_what_another_has_parks_behind_an_incident(hall: Hall) -> None:
    first = hall.take()
    second = hall.start()
    hall.go(second, name=NAME, consent=True)  # the library is asked, and answers after the commit

    hall.stage.scheduler.tick_outbox()

    (incident,) = hall.stage.case(second).incidents.values()
    assert (incident.element, incident.code) == ("look", "outside")
    assert f"case {first} has taken it" in incident.cause
    hall.go(first, registered=False)
    hall.stage.engine.execute(Command("boss", second, RetryIncident(incident=incident.incident)))
    hall.stage.scheduler.tick_outbox()
    assert ("company_name", NAME) in hall.stage.case(second).claims


@dataclass(frozen=True)
class Try:
    """A case tries to take a thing after some days: for so many days (None: until it gives it back; 0: for good)."""

    case: int
    thing: str
    days: int | None
    later: int


TRIES = st.lists(
    st.builds(
        Try, st.integers(1, 3), st.sampled_from("ab"), st.sampled_from([None, None, 0, 1, 2, 3]), st.integers(0, 2)
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(TRIES)
def test_nobody_takes_what_another_holds_and_everybody_what_nobody_does(empty: Path, tries: list[Try]) -> None:
    """Compared with a dictionary: thing → (case, until)."""
    held: dict[str, tuple[int, datetime | None]] = {}
    now, written = moment("2026-03-02 09:00"), dict.fromkeys((1, 2, 3), 0)
    with TemporaryDirectory() as folder:
        database = Path(folder) / "claims.db"
        database.write_bytes(empty.read_bytes())
        store = Store.open(f"sqlite:///{database}")
        for tried in tries:
            now += timedelta(days=tried.later)
            until = now + timedelta(days=tried.days) if tried.days else None
            holder, its_end = held.get(tried.thing, (tried.case, None))
            may = holder == tried.case or (its_end is not None and its_end <= now)
            claim = ClaimRow("thing", tried.thing, f"case {tried.case}", until and until.isoformat(), tried.days == 0)
            with contextlib.nullcontext() if may else pytest.raises(Taken):
                write(store, claim, written[tried.case] + 1, now.isoformat())
            if may:
                held[tried.thing] = (tried.case, until)
                written[tried.case] += 1
        with store.reading() as reading:
            rows = [row for number in written for row in reading.claims(f"case {number}")]
        store.close()
    assert {row.key: row.case for row in rows} == {key: f"case {number}" for key, (number, _) in held.items()}


def write(store: Store, claim: ClaimRow, sequence: int, at: str) -> None:
    case = CaseRow(claim.case, "c", "p", "t", None, "open", sequence, at, f"{claim.case}-{sequence}", "{}", at)
    entry = EntryRow(claim.case, sequence, at, "window1", None, "CompleteTask", "{}", case.head)
    with store.transaction() as tx:
        tx.write(Write(case, entry, claims_taken=[claim]))


def test_nothing_is_reserved_until_yesterday(hall: Hall) -> None:
    for until in ("2026-03-01", moment("2026-03-02 09:00"), "soon", 7):
        with pytest.raises(InvalidInput, match="'until' as a date or time to come"):
            hall.take(until)


def test_a_case_takes_a_thing_once(tmp_path: Path) -> None:
    twice = [action(f"take{n}", "claim.take", kind='="company_name"', key='="甲"', until="=until") for n in (1, 2)]
    found = desk(tmp_path, steps(task("first"), twice[0], task("second"), twice[1], task("last")))
    found.start()
    found.complete("first", until="2026-03-05")

    with pytest.raises(Conflict) as refused:
        found.at("2026-03-05 09:00").complete("second")
    assert say(refused.value) == "企业名称“甲”已由本办件占用，不必重复占用。"

    found.at("2026-03-06 00:00").complete("second", until=datetime.fromisoformat("2026-04-01T00:00:00+08:00"))
    assert found.case.claims["company_name", "甲"].until == "2026-04-01T00:00:00+08:00"
