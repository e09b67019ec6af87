"""The door: idempotency, the two times of a command, and that a refusal changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.base.errors import Conflict, InvalidInput, KeyReused, NotAllowed, NotFound
from engine.case.records import ClaimTask, Command, CompleteTask, command_to_json, read_command
from engine.hall.door import Engine
from engine.hall.door import engine as door
from engine.hall.store import Store
from engine.reading import scenarios
from engine.reading.scenarios import Rehearsal
from tests.samples import halls


@pytest.fixture(scope="module")
def empty() -> Iterator[Path]:
    with scenarios.empty_database() as path:
        yield path


@pytest.fixture
def hall(empty: Path, tmp_path: Path) -> Iterator[Rehearsal]:
    path = tmp_path / "hall.db"
    path.write_bytes(empty.read_bytes())
    store = Store.open(f"sqlite:///{path}")
    yield halls.hall(store, halls.BUSINESS_STARTUP)
    store.close()


def start(key: str | None = None, **payload: Any) -> Command:
    values = {"chain": halls.BUSINESS_STARTUP, "applicant": {"name": "示范申请人甲"}, **payload}
    return read_command("StartCase", "window1", None, values, key)


def entries(hall: Rehearsal, case: str = "2026-000001") -> list[dict[str, Any]]:
    with hall.engine.store.reading() as reading:
        return [json.loads(row.body) for row in reading.entries(case)]


# ------------------------------------------------------------------ idempotency


def test_the_same_command_under_its_key_is_done_once(hall: Rehearsal) -> None:
    first = hall.engine.execute(start("k"))
    second = hall.engine.execute(start("k"))

    assert (first.again, second.again) == (False, True)
    assert replace(second, again=False) == first
    assert len(entries(hall)) == 1


def test_the_receipt_is_the_same_though_other_tasks_are_open(hall: Rehearsal) -> None:
    case = hall.engine.execute(start()).case
    claim = Command("window1", case, ClaimTask(task=2), "k")

    assert hall.engine.execute(claim).tasks == hall.engine.execute(claim).tasks == ()


def test_personal_values_are_compared_by_what_they_are(hall: Rehearsal) -> None:
    hall.engine.execute(start("k"))

    with pytest.raises(KeyReused, match="Make a new key"):
        hall.engine.execute(start("k", applicant={"name": "另一人"}))


def test_a_key_belongs_to_its_actor(hall: Rehearsal) -> None:
    first = hall.engine.execute(start("k"))
    other = hall.engine.execute(replace(start("k"), actor="window2"))

    assert other.case != first.case


def test_an_old_entry_with_nulls_is_the_same_command(hall: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Older journals hold null for a field that a form left empty."""
    case = hall.engine.execute(start()).case
    claim = Command("window1", case, ClaimTask(2), "k")
    with monkeypatch.context() as before:
        before.setattr(door, "command_to_json", lambda command: _with_null(command_to_json(command)))
        first = hall.engine.execute(claim)

    assert hall.engine.execute(claim) == replace(first, again=True)


def _with_null(written: dict[str, Any]) -> dict[str, Any]:
    return {**written, "payload": {**written["payload"], "reason": None}}


def test_a_refusal_is_not_kept_under_its_key(hall: Rehearsal) -> None:
    case = hall.engine.execute(start()).case
    wrong = Command("window1", case, CompleteTask(task=2, variables={"company_name": "x"}), "k")
    with pytest.raises(InvalidInput):
        hall.engine.execute(wrong)

    right = replace(wrong, order=CompleteTask(2, dict(halls.APPLICATION)))

    assert not hall.engine.execute(right).again


# ------------------------------------------------------------------ the two times


@pytest.mark.parametrize(
    ("type", "days", "fine"),
    [
        ("StartCase", 0, True),
        ("StartCase", 7, True),
        ("StartCase", 8, False),
        ("StartCase", -1, False),
        ("CompleteTask", 1, True),
        ("CompleteTask", 2, False),
        ("ClaimTask", 1, False),
    ],
)
def test_a_command_may_count_from_before_within_its_bound(hall: Rehearsal, type: str, days: int, fine: bool) -> None:
    case = None if type == "StartCase" else hall.engine.execute(start()).case
    orders = (start().order, CompleteTask(2, dict(halls.APPLICATION)), ClaimTask(2))
    day = date(2026, 3, 2) - timedelta(days=days)
    command = Command("window1", case, next(order for order in orders if order.__class__.__name__ == type), None, day)

    if fine:
        receipt = hall.engine.execute(command)
        last = entries(hall, receipt.case)[-1]
        assert (last["effective_on"], last["recorded_at"]) == (day.isoformat(), "2026-03-02T09:00:00+08:00")
    else:
        with pytest.raises(InvalidInput, match=r"Expected effective_on of .* to 2026-03-02; found"):
            hall.engine.execute(command)


def test_recorded_time_never_goes_back(hall: Rehearsal) -> None:
    case = hall.engine.execute(start()).case
    hall.clock._at = halls.MONDAY - timedelta(hours=3)  # the clock of the machine was set back

    receipt = hall.engine.execute(Command("window1", case, ClaimTask(task=2)))

    assert receipt.recorded_at == "2026-03-02T09:00:00+08:00"


def test_the_day_is_that_of_the_hall(hall: Rehearsal) -> None:
    """Half past midnight in Shanghai is still the day before in UTC."""
    hall.clock.move(halls.MONDAY + timedelta(hours=15, minutes=30))

    hall.engine.execute(start())

    assert entries(hall)[0]["effective_on"] == "2026-03-03"


# ------------------------------------------------------------------ refusals


def test_a_refused_start_gives_its_number_back(hall: Rehearsal) -> None:
    with pytest.raises(InvalidInput):
        hall.engine.execute(start(process="unheard"))

    assert hall.engine.execute(start()).case == "2026-000001"


def test_who_may_not_is_told_who_may(hall: Rehearsal) -> None:
    with pytest.raises(NotAllowed, match="or the applicant in person, for StartCase; tax_head is not"):
        hall.engine.execute(replace(start(), actor="tax_head"))


def test_no_such_case_and_no_such_chain(hall: Rehearsal) -> None:
    with pytest.raises(NotFound, match="case 2026-000404"):
        hall.engine.execute(Command("window1", "2026-000404", ClaimTask(task=2)))
    with pytest.raises(NotFound, match="published chain; found 'unheard'"):
        hall.engine.execute(start(chain="unheard"))


def test_two_engines_on_one_database_see_what_the_other_did(hall: Rehearsal) -> None:
    case = hall.engine.execute(start()).case
    other = Engine(hall.engine.store, hall.clock)
    other.execute(Command("window2", case, ClaimTask(task=2)))

    with pytest.raises(Conflict, match="claimed by window2"):
        hall.engine.execute(Command("window1", case, ClaimTask(task=2)))


def test_an_entry_says_by_what_authority_and_under_which_versions(hall: Rehearsal) -> None:
    hall.engine.execute(start())
    (entry,) = entries(hall)

    assert entry["basis"] == {"kind": "role", "role": "window"}
    assert entry["context"]["chain"] == halls.chain(halls.BUSINESS_STARTUP)[0].digest
    assert {name for name, value in entry["context"].items() if str(value).startswith("sha256:")} == {
        "chain", "calendar", "organisation", "settings",
    }  # fmt: skip
    assert "示范申请人甲" not in json.dumps(entry, ensure_ascii=False)


def test_a_receipt_says_which_tasks_are_open(hall: Rehearsal) -> None:
    receipt = hall.engine.execute(start())

    assert receipt.as_dict()["tasks"] == [2]
    assert receipt.effects[0]["type"] == "case_started"
