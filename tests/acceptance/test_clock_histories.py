"""Timers that follow a clock, over random histories: suspend, resume, extend, recount, wait."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.base.errors import LicetError
from engine.case.records import ClockChanged
from engine.hall.store import Store
from engine.law.workdays import workdays_before
from tests.samples.clocks import LONG_NEW_YEAR, SHORT_NEW_YEAR, Watched, at, followed, notice

STEPS = st.one_of(
    st.tuples(st.just("wait"), st.integers(1, 12)),  # days
    st.tuples(st.just("sleep"), st.integers(1, 12)),  # the machine is switched off in between
    st.tuples(st.just("SuspendClock"), st.sampled_from(["hearing", "专家评审", "忙"])),
    st.tuples(st.just("ResumeClock"), st.none()),
    st.tuples(st.just("ExtendClock"), st.integers(0, 11)),
    st.tuples(st.just("load"), st.sampled_from([LONG_NEW_YEAR, SHORT_NEW_YEAR])),
    st.tuples(st.just("confirm"), st.none()),
)


@contextmanager
def watched(empty: Path, start: str, days: int) -> Iterator[Watched]:
    with tempfile.TemporaryDirectory(prefix="licet-") as folder:
        path = Path(folder) / "hall.db"
        shutil.copy(empty, path)
        store = Store.open(f"sqlite:///{path}")
        try:
            yield Watched(store, followed(), at(start), {"days": days})
        finally:
            store.close()


def clock_of(found: Watched) -> ClockChanged | None:
    return next(iter(found.case.clocks.values()), None)


def do(found: Watched, step: tuple[str, object]) -> None:
    kind, value = step
    clock = found.stage.clock
    if kind == "wait":
        found.stage.until(clock.now() + timedelta(days=int(str(value))), found.number)
    elif kind == "sleep":
        clock.move(clock.now() + timedelta(days=int(str(value))))
        found.stage.scheduler.drain()
    elif kind == "load":
        found.load(notice(**dict(value)))  # type: ignore[call-overload]
    elif kind == "confirm":
        for held in list(found.case.incidents.values()):
            due = found.case.standing()[str(held.deadline)]
            found.give("ConfirmDeadline", "anybody", deadline=held.deadline, due=due)
    elif found.case.matters:
        payload = {"matter": next(iter(found.case.matters))}
        payload |= {"reason": value} if kind == "SuspendClock" else {}
        payload |= {"amount": value, "reason": "情况复杂"} if kind == "ExtendClock" else {}
        found.give(kind, "anybody", **payload)


def timers_follow(found: Watched) -> None:
    """Assert that the timers are due where the clock says, and that none is set while it is suspended or
    provisional.
    """
    clock, case = clock_of(found), found.case
    if clock is None:
        return
    bound = clock.state == "running" and clock.certainty == "final"
    arms = {element: arm for token in case.tokens.values() for element, arm in token.arms.items()}
    if "overdue" in arms:
        assert arms["overdue"].due == (clock.due_at if bound else None)
        assert case.tasks[next(iter(case.tasks))].due == clock.due_at
    if "remind" in arms:
        calendar = found.stage.engine.library.calendar(context(found)["calendar"])
        day = workdays_before(datetime.fromisoformat(str(clock.due)).date(), 2, calendar) if bound else None
        assert arms["remind"].due == (None if day is None else f"{day}T00:00:00+08:00")
    standing = case.standing()
    if not bound:
        assert not any(key.startswith("clock:") or key.endswith((":overdue", ":remind")) for key in standing)


def context(found: Watched) -> dict[str, str]:
    """Return the context with which the last entry was decided."""
    return dict(found.entries()[-1].context)


def fired_once(found: Watched) -> None:
    """Assert that each timer fired at most once, when due or later, counting from that day; and so warning and
    lapse.
    """
    fired: Counter[str] = Counter()
    for entry in found.entries():
        if entry.command["type"] not in ("FireDeadline", "ConfirmDeadline"):
            continue
        key, due = entry.command["payload"]["deadline"], datetime.fromisoformat(entry.command["payload"]["due"])
        assert due <= datetime.fromisoformat(entry.recorded_at)
        assert entry.effective_on == due.date().isoformat()
        clock = next((e for e in entry.effects if e["type"] == "clock_changed" and key.startswith("clock:")), None)
        fired[f"{key} {clock['due']}" if clock is not None else key] += 1
    assert not [key for key, times in fired.items() if times > 1]


SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(
    start=st.sampled_from(["2026-02-09 09:00", "2026-09-28 16:00", "2026-12-14 09:00", "2026-12-30 10:00"]),
    days=st.integers(1, 15),
    steps=st.lists(STEPS, max_size=12),
)
@example(
    # By a calendar that comes late, two timers of one task were due already. A refusal drops the case from memory: the
    # incidents come in the same order for a case that was loaded, for one in memory, and for the replay.
    start="2026-12-30 10:00",
    days=2,
    steps=[("sleep", 8), ("ExtendClock", 8), ("load", LONG_NEW_YEAR)],
)
def test_timers_move_with_their_clock_and_fire_once(
    empty_database: Path, start: str, days: int, steps: list[tuple[str, object]]
):
    with watched(empty_database, start, days) as found:
        timers_follow(found)
        for step in steps:
            before = found.case
            try:
                do(found, step)
            except LicetError:
                assert found.case == before, "a refusal changes nothing"
            timers_follow(found)
        fired_once(found)
        assert found.verified()
