"""Clocks of a matter through the door: what is recorded, when, and from which day it counts. Dates are worked by
hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from engine.base.errors import IllegalMove, InvalidInput, NotAllowed, NotOpen, Refused
from engine.case.records import Command, RecountClocks
from engine.hall.scheduler import Scheduler
from engine.hall.store import Store
from engine.law.workdays import Calendar
from tests.samples import halls
from tests.samples.clocks import LONG_NEW_YEAR, SHORT_NEW_YEAR, Watched, at, followed, notice, promising

FIRST = "establishment_registration"


@pytest.fixture
def one(sqlite_store: Store) -> Iterator[Watched]:
    """A matter under review since Monday 2026-03-02, with 20 workdays to decide and 10 to extend."""
    yield Watched(sqlite_store, followed(), at("2026-03-02 09:00"), {"days": 20})


def under_review(store: Store, moment: str) -> Watched:
    """The first item of a business start-up, accepted on the spot."""
    found = Watched(store, promising(2), at(moment), {})
    found.complete("intake", "window1", **halls.APPLICATION)
    found.complete("check_completeness", "window1", outcome="accept")
    found.told()
    return found


# ------------------------------------------------------------------ the two journals that were asked for


def test_warn_suspend_resume_extend_and_recount_on_one_matter(sqlite_store: Store):
    """Received Monday 2026-12-07, 15 workdays.

    Dec 8–11 = 4, 14–18 = 9, 21–25 = 14, 28 = 15: due Monday the 28th. Yellow with 2 left: from Thursday the 24th on.
    Suspended on the 24th (14 − 1 … 13 used), resumed on the 29th: (24th, 29th] isn't counted: 30, 31 are the 14th and …
    the 24th itself was counted, the 13th; so the 30th is the 14th and the 31st the 15th.
    Extended by 2 on the 30th: two workdays into 2027, which isn't published: 1 January is a holiday by law, then
    Mon 4, Tue 5 by weekdays: provisional. The notice makes the 4th a rest day: Tue 5, Wed 6.
    """
    found = Watched(sqlite_store, followed(), at("2026-12-07 09:00"), {"days": 15})
    assert found.told() == [
        "2026-12-07T09:00 [2026-12-07] StartCase: matter accepted on 2026-12-07",
        "2026-12-07T09:00 [2026-12-07] StartCase: matter under_review on 2026-12-07",
        "2026-12-07T09:00 [2026-12-07] StartCase: statutory due 2026-12-28",
    ]

    found.until("2026-12-24 09:00")
    assert found.told() == ["2026-12-24T00:00 [2026-12-24] FireDeadline: statutory due 2026-12-28 warned 2026-12-28"]

    found.give("SuspendClock", "anybody", matter=found_matter(found), reason="expert_review", workdays=3)
    assert found.told() == [
        "2026-12-24T09:00 [2026-12-24] SuspendClock: matter suspended on 2026-12-24",
        "2026-12-24T09:00 [2026-12-24] SuspendClock: statutory due suspended",
        "2026-12-24T09:00 [2026-12-24] SuspendClock: task due None",
    ]

    found.until("2026-12-29 10:00")
    found.give("ResumeClock", "anybody", matter=found_matter(found))
    assert found.told() == [
        "2026-12-29T10:00 [2026-12-29] ResumeClock: matter under_review on 2026-12-29",
        "2026-12-29T10:00 [2026-12-29] ResumeClock: statutory due 2026-12-31",
        "2026-12-29T10:00 [2026-12-29] ResumeClock: task due 2027-01-01T00:00",
        "2026-12-29T10:00 [2026-12-29] FireDeadline: statutory due 2026-12-31 warned 2026-12-31",
    ]

    found.until("2026-12-30 09:00")
    found.give("ExtendClock", "anybody", matter=found_matter(found), amount=2, reason="情况复杂")
    assert found.told() == [
        "2026-12-30T09:00 [2026-12-30] ExtendClock: statutory due 2027-01-05 provisional",
        "2026-12-30T09:00 [2026-12-30] ExtendClock: task due 2027-01-06T00:00",
    ]

    found.until("2026-12-31 09:00")
    found.load(notice())
    assert found.told() == [
        "2026-12-31T09:00 [2026-12-31] RecountClocks: statutory due 2027-01-06",
        "2026-12-31T09:00 [2026-12-31] RecountClocks: task due 2027-01-07T00:00",
        "2026-12-31T09:00 [2026-12-31] FireDeadline: statutory due 2027-01-06 warned 2027-01-06",
    ]

    found.until("2027-01-07 00:00")
    assert found.told() == [
        "2027-01-07T00:00 [2027-01-07] FireDeadline: statutory due 2027-01-06 warned 2027-01-06 lapsed 2027-01-06",
    ]
    assert [task.element for task in found.case.tasks.values()] == ["answer"]
    assert found.letters() == [
        "clock_warned role:head@",
        "suspended applicant",
        "clock_warned role:head@",
        "extended applicant",
        "clock_warned role:head@",
        "clock_lapsed role:head@",
        "clock_lapsed role:supervisor",
    ]
    assert found.verified()


def found_matter(found: Watched) -> int:
    return next(iter(found.case.matters))


def test_deemed_acceptance_across_a_new_year_whose_calendar_is_loaded_late(sqlite_store: Store):
    """Received Tuesday 2026-12-29; nobody says anything for five workdays; one workday to decide.

    30, 31 December, then 2027, which isn't published: 1 January is a holiday by law, 4, 5, 6 by weekdays. So 6 January
    is provisional, and nothing happens by it. The notice that is loaded on the 20th makes the 4th a rest day: 5, 6, 7.
    Acceptance is deemed from the end of the 7th on, as of the day of receipt; so the workday to decide was 30 December,
    and the three of the law were 30, 31 December and 5 January.
    """
    found = Watched(sqlite_store, promising(1), at("2026-12-29 09:00"), {})
    found.complete("intake", "window1", **halls.APPLICATION)
    assert found.told() == [
        "2026-12-29T09:00 [2026-12-29] AnswerJob: receipt_check due 2027-01-06 provisional",
    ]

    found.until("2027-01-20 09:00")
    assert found.told() == []

    found.load(notice())
    assert found.told() == [
        "2027-01-20T09:00 [2027-01-20] RecountClocks: receipt_check due 2027-01-07",
        "2027-01-20T09:00 [2027-01-20] RecountClocks: task due 2027-01-08T00:00",
        "2027-01-20T09:00 [2027-01-20] RecountClocks: late_calendar deemed_accepted",
        "2027-01-20T09:00 [2027-01-08] FireDeadline: receipt_check due 2027-01-07 lapsed 2027-01-07",
    ]
    found.until("2027-01-21 10:00")
    assert found.told() == [], "nobody has confirmed it"

    (held,) = found.case.incidents.values()
    overdue = {"deadline": held.deadline, "due": found.case.standing()[str(held.deadline)]}
    for stranger in ("admin", "tax_head", "window1"):
        with pytest.raises(NotAllowed):
            found.give("ConfirmDeadline", stranger, **overdue)
    with pytest.raises(Refused):
        found.give("RetryIncident", "admin", incident=held.incident)
    with pytest.raises(NotOpen):
        found.give("FireDeadline", "system:clock", **overdue)

    found.give("ConfirmDeadline", "market_head", **overdue)
    assert found.told() == [
        "2027-01-21T10:00 [2027-01-08] ConfirmDeadline: incident confirmed",
        "2027-01-21T10:00 [2027-01-08] ConfirmDeadline: matter accepted on 2026-12-29 (deemed)",
        "2027-01-21T10:00 [2027-01-08] ConfirmDeadline: receipt_check due stopped",
        "2027-01-21T10:00 [2027-01-08] ConfirmDeadline: promised due 2026-12-30",
        "2027-01-21T10:00 [2027-01-08] ConfirmDeadline: statutory due 2027-01-05",
        "2027-01-21T10:00 [2026-12-31] FireDeadline: promised due 2026-12-30 lapsed 2026-12-30",
        "2027-01-21T10:00 [2027-01-06] FireDeadline: statutory due 2027-01-05 lapsed 2027-01-05",
        "2027-01-21T10:00 [2027-01-21] AnswerJob: matter under_review on 2027-01-21",
    ]
    assert found.verified(), "the older entries replay by the calendar that was in force then"


# ------------------------------------------------------------------ calendars


def test_a_correction_of_a_published_year_moves_clocks_timers_and_tasks(sqlite_store: Store):
    found = Watched(sqlite_store, followed(), at("2026-12-28 09:00"), {"days": 20})
    found.load(notice())
    found.complete("review", "anybody")
    found.told()
    # Answer within three workdays (29, 30, 31); the timer's five are 29, 30, 31, then 5, 6 January.
    (task,) = found.case.tasks.values()
    assert (task.due or "")[:10] == "2027-01-01"
    assert due_of(found, "unanswered") == "2027-01-07T00:00:00+08:00"

    found.load(notice(**SHORT_NEW_YEAR))  # the 4th is worked after all

    assert due_of(found, "unanswered") == "2027-01-06T00:00:00+08:00"
    assert found.told() == [], "the clock has a day more before the 26th, and a Saturday less"
    assert [clock.due for clock in found.case.clocks.values()] == ["2027-01-26"]
    assert found.verified()


def due_of(found: Watched, element: str) -> str | None:
    """Return when the timer at this element is due; None if it is parked."""
    return next(arm.due for token in found.case.tokens.values() for e, arm in token.arms.items() if e == element)


def test_a_timer_of_workdays_beyond_the_published_years_is_parked_until_they_are_published(sqlite_store: Store):
    found = Watched(sqlite_store, followed(), at("2026-12-28 09:00"), {"days": 3})
    found.complete("review", "anybody")
    assert due_of(found, "unanswered") is None

    found.until("2027-03-01 09:00")
    assert [task.element for task in found.case.tasks.values()] == ["answer"]

    found.load(notice())
    assert due_of(found, "unanswered") == "2027-01-07T00:00:00+08:00"
    assert [incident.code for incident in found.case.incidents.values()] == ["late_calendar"]


def test_done_by_a_person_the_overdue_effect_needs_nobody_any_more(sqlite_store: Store):
    found = Watched(sqlite_store, promising(1), at("2026-12-29 09:00"), {})
    found.complete("intake", "window1", **halls.APPLICATION)
    found.until("2027-01-20 09:00")
    found.load(notice())

    found.complete("check_completeness", "window1", outcome="accept")

    assert not found.case.incidents
    assert found.verified()


def test_cases_that_the_calendar_does_not_touch_have_no_entry(sqlite_store: Store):
    found = Watched(sqlite_store, followed(), at("2026-03-02 09:00"), {"days": 20})
    before = len(found.entries())

    found.load(notice())

    assert len(found.entries()) == before


def test_the_same_calendar_again_asks_for_nothing(one: Watched):
    with one.stage.engine.store.reading() as reading:
        assert reading.setting("recount") is None
    one.stage.engine.load_calendar(Calendar.shipped().to_json().encode(), "system:test")
    with one.stage.engine.store.reading() as reading:
        assert reading.setting("recount") is None


def test_counting_again_goes_on_where_another_worker_died(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("engine.hall.scheduler.RECOUNTED_AT_ONCE", 2)
    found = Watched(sqlite_store, followed(), at("2026-12-28 09:00"), {"days": 5})
    payload = {"chain": followed().digest, "variables": {"days": 5}}
    others = [found.stage.give("StartCase", "anybody", None, payload).case for _ in range(4)]
    found.stage.engine.load_calendar(notice(), "system:test")
    dying = Scheduler(found.stage.engine, {}, found.stage.clock)
    dying._holder = "another:1"
    counted: list[str] = []

    def dies(case: str) -> bool:
        counted.append(case)
        dying._stopping = len(counted) == 3
        return Scheduler._recount(dying, case)

    monkeypatch.setattr(dying, "_recount", dies)
    dying.tick_recount()
    assert len(counted) == 3

    assert found.stage.scheduler.tick_recount() == 0, "the part is leased by the one that died"
    found.stage.clock.move(at("2026-12-28 09:02"))
    assert found.stage.scheduler.tick_recount() == 2

    for case in (found.number, *others):
        (clock,) = found.stage.case(case).clocks.values()
        assert (clock.due, clock.certainty) == ("2027-01-06", "final")
        with sqlite_store.reading() as reading:
            assert [row.command for row in reading.entries(case)].count("RecountClocks") == 1


# ------------------------------------------------------------------ clocks that the item gives


def test_the_applicant_has_the_time_that_the_item_gives_for_a_correction(sqlite_store: Store):
    """Told on Tuesday 2026-03-03; ten workdays: 4–6, 9–13, 16, 17 March. Supplied on the 10th; checked within five."""
    found = Watched(sqlite_store, promising(2, correction=10), at("2026-03-02 09:00"), {})
    found.complete("intake", "window1", **halls.APPLICATION)
    found.until("2026-03-03 09:00")
    found.told()

    found.complete("check_completeness", "window1", outcome="correct", missing="章程缺少股东签字")
    assert found.told() == [
        "2026-03-03T09:00 [2026-03-03] CompleteTask: matter correcting on 2026-03-03",
        "2026-03-03T09:00 [2026-03-03] CompleteTask: receipt_check due stopped",
        "2026-03-03T09:00 [2026-03-03] CompleteTask: correction due 2026-03-17",
    ]

    found.until("2026-03-10 09:00")
    found.complete("supply_correction", "window1", complete=True)
    assert found.told() == [
        "2026-03-10T09:00 [2026-03-10] CompleteTask: matter corrected on 2026-03-10",
        "2026-03-10T09:00 [2026-03-10] CompleteTask: correction due stopped",
        "2026-03-10T09:00 [2026-03-10] CompleteTask: receipt_check due 2026-03-17",
    ]
    assert found.verified()


# ------------------------------------------------------------------ late, asleep, backwards


def test_what_fell_due_while_the_machine_slept_counts_from_its_own_day(sqlite_store: Store):
    found = under_review(sqlite_store, "2026-03-02 09:00")

    found.stage.clock.move(at("2026-03-20 08:00"))  # promised 2026-03-04, statutory 2026-03-05
    found.stage.scheduler.drain()

    assert found.told() == [
        "2026-03-20T08:00 [2026-03-03] FireDeadline: statutory due 2026-03-05 warned 2026-03-05",
        "2026-03-20T08:00 [2026-03-05] FireDeadline: promised due 2026-03-04 warned 2026-03-04 lapsed 2026-03-04",
        "2026-03-20T08:00 [2026-03-06] FireDeadline: statutory due 2026-03-05 warned 2026-03-05 lapsed 2026-03-05",
    ]


def test_a_clock_that_steps_back_fires_nothing_twice_and_nothing_early(one: Watched):
    one.until("2026-03-26 00:00")  # the warning: after that day two of twenty are left, Friday and Monday the 30th
    assert one.told()[-1].startswith("2026-03-26T00:00 [2026-03-26] FireDeadline: statutory due 2026-03-30 warned")

    one.stage.clock._at = at("2026-03-24 09:00")
    assert one.stage.scheduler.drain() == 0
    one.until("2026-03-31 00:00")

    lapses = [line for line in one.told() if "lapsed" in line]
    assert lapses == [
        "2026-03-31T00:00 [2026-03-31] FireDeadline: statutory due 2026-03-30 warned 2026-03-30 lapsed 2026-03-30"
    ]


# ------------------------------------------------------------------ bad input: refused, and nothing changed

SOME_DEADLINE = {"deadline": "token:1:x", "due": "2026-03-02T09:00:00+08:00"}
BAD = {
    "no reason of article 45": ("SuspendClock", {"reason": "忙"}, InvalidInput),
    "a suspension without a reason": ("SuspendClock", {"reason": " "}, InvalidInput),
    "resumed while it runs": ("ResumeClock", {}, IllegalMove),
    "extended by nothing": ("ExtendClock", {"amount": 0, "reason": "情况复杂"}, InvalidInput),
    "extended by less than nothing": ("ExtendClock", {"amount": -1, "reason": "情况复杂"}, InvalidInput),
    "extended by more than the law allows": ("ExtendClock", {"amount": 11, "reason": "情况复杂"}, InvalidInput),
    "extended without a reason": ("ExtendClock", {"amount": 2, "reason": ""}, InvalidInput),
    "a matter that isn't there": ("SuspendClock", {"reason": "hearing", "matter": 999}, NotOpen),
    "a deadline that nobody waits for": ("ConfirmDeadline", SOME_DEADLINE, NotOpen),
    "a naive time": ("ConfirmDeadline", {**SOME_DEADLINE, "due": "2026-03-02T09:00:00"}, InvalidInput),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_refused_and_nothing_has_changed(one: Watched, what: str):
    command, payload, error = BAD[what]
    if command != "ConfirmDeadline":
        payload = {"matter": found_matter(one), **payload}
    before = one.case

    with pytest.raises(error):
        one.give(command, "anybody", **payload)

    assert one.case == before


def test_a_clock_is_extended_once_and_not_after_it_has_lapsed(one: Watched):
    one.give("ExtendClock", "anybody", matter=found_matter(one), amount=5, reason="情况复杂")
    before = one.case
    with pytest.raises(IllegalMove) as refused:
        one.give("ExtendClock", "anybody", matter=found_matter(one), amount=5, reason="情况复杂")
    assert refused.value.fields["reason"] == "extended_before"
    assert one.case == before


@pytest.mark.parametrize(
    "limit",
    [
        {"amount": -1, "unit": "workday"},
        {"amount": 3, "unit": "week"},
        {"amount": Decimal("0.5"), "unit": "day"},
        {"amount": "3", "unit": "workday"},
        {"unit": "workday"},
    ],
)
def test_a_limit_that_is_none_is_refused_before_the_case_changes(sqlite_store: Store, limit: dict[str, Any]):
    with pytest.raises(InvalidInput) as refused:
        Watched(sqlite_store, followed(), at("2026-03-02 09:00"), {"limit": limit})
    assert "limit" in str(refused.value)
    with sqlite_store.reading() as reading:
        assert reading.count() == 0


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"rest": ["2027-01-01", "2027-01-01/2027-01-03", *LONG_NEW_YEAR["rest"][1:]]}, "rest"),
        ({"makeup": ["2027-01-06"]}, "makeup"),
        ({"year": 2028}, "rest"),
        ({"notice": ""}, "notice"),
    ],
)
def test_a_calendar_that_is_wrong_changes_nothing(one: Watched, changes: dict[str, Any], names: str):
    with one.stage.engine.store.reading() as reading:
        before = reading.settings()
    with pytest.raises(InvalidInput) as refused:
        one.load(notice(**changes))
    assert names in str(refused.value)
    with one.stage.engine.store.reading() as reading:
        assert reading.settings() == before


def test_only_an_administrator_loads_a_calendar(sqlite_store: Store):
    found = under_review(sqlite_store, "2026-03-02 09:00")
    with pytest.raises(NotAllowed):
        found.stage.engine.load_calendar(notice(), "window1")
    assert found.stage.engine.load_calendar(notice(), "admin").last_year == 2027


def test_a_deadline_is_confirmed_or_recounted_by_no_other_command(one: Watched):
    with pytest.raises(NotOpen):
        one.stage.engine.execute(Command("system:clock", one.number, RecountClocks()))
