"""One clock: suspensions, extensions, office hours, lights, and properties that hold for all of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.base.errors import IllegalMove, InvalidInput
from engine.law.workdays import Calendar, Clock, Extend, Light, Limit, Suspend, reckon, warn_at, workdays_before

CALENDAR = Calendar.shipped()
BEIJING = timezone(timedelta(hours=8))
HOURS = ("09:00-12:00", "13:30-17:30")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


def clock(start: str, amount: str | int, unit: str = "workday", hours: tuple[str, ...] = ()) -> Clock:
    return Clock(at(start), Limit(Decimal(amount), unit, hours))


starts = st.datetimes(datetime(2022, 1, 1), datetime(2025, 6, 30), timezones=st.just(BEIJING))
limits = st.one_of(
    st.builds(Limit, st.integers(0, 60), st.sampled_from(["workday", "day"]), st.sampled_from([(), HOURS])),
    st.builds(Limit, st.integers(0, 200), st.just("hour"), st.just(HOURS)),
    st.builds(Limit, st.decimals("0.1", "9.9", places=1), st.just("workday"), st.just(HOURS)),
)


@st.composite
def suspensions(draw: st.DrawFn, started: date) -> Suspend:
    begin = started + timedelta(days=draw(st.integers(0, 60)))
    return Suspend(begin, begin + timedelta(days=draw(st.integers(0, 40))))


@st.composite
def clocks(draw: st.DrawFn) -> Clock:
    start, limit = draw(starts), draw(limits)
    events: list[Suspend | Extend] = draw(st.lists(suspensions(start.date()), max_size=4))
    for _ in range(draw(st.integers(0, 2))):
        approved_at = start.date() + timedelta(days=draw(st.integers(0, 80)))
        events.append(Extend(Decimal(draw(st.integers(1, 20))), approved_at))
    return Clock(start, limit, tuple(events))


def test_expert_review_stops_the_clock():
    running = clock("2024-09-02T09:00", 5)

    after = running.suspended(date(2024, 9, 4), "expert_review").resumed(date(2024, 9, 9))

    assert reckon(after, CALENDAR).due == date(2024, 9, 12)


def test_while_a_suspension_is_open_there_is_no_due_date():
    stopped = clock("2024-09-02T09:00", 5).suspended(date(2024, 9, 4))

    found = reckon(stopped, CALENDAR, as_of=date(2024, 9, 20))

    assert (found.due, found.due_at, warn_at(found)) == (None, None, None)
    assert found.counted_days == (date(2024, 9, 3), date(2024, 9, 4))
    assert (found.as_of.used, found.as_of.remaining, found.as_of.light) == (2, 3, "grey")
    assert found.as_of.state == "suspended"


def test_a_running_clock_can_not_be_resumed():
    with pytest.raises(IllegalMove):
        clock("2024-09-02T09:00", 5).resumed(date(2024, 9, 9))


def test_the_day_of_the_start_is_a_day_of_the_hall():
    # 23:30 in London on 2 September is already the 3rd in Beijing.
    london = Clock(datetime(2024, 9, 2, 23, 30, tzinfo=UTC), Limit(1))

    assert reckon(london, CALENDAR).due == date(2024, 9, 4)


def test_an_extension_is_approved_before_the_limit_lapses_or_not_at_all():
    running = clock("2024-09-02T09:00", 5)  # due on the 9th

    in_time = reckon(running.extended(10, date(2024, 9, 9)), CALENDAR)
    too_late = reckon(running.extended(10, date(2024, 9, 10)), CALENDAR)

    assert (in_time.due, in_time.limit) == (date(2024, 9, 24), 15)
    assert (too_late.due, too_late.limit) == (date(2024, 9, 9), 5)
    assert [e.reason for e in in_time.extensions + too_late.extensions] == ["", "after_due"]
    assert too_late.extensions[0].due_before == date(2024, 9, 9)


def test_a_clock_is_extended_once():
    twice = clock("2024-09-02T09:00", 5).extended(3, date(2024, 9, 4)).extended(5, date(2024, 9, 5))

    found = reckon(twice, CALENDAR)

    assert found.limit == 8
    assert [(e.accepted, e.reason) for e in found.extensions] == [(True, ""), (False, "extended_before")]


def test_an_extension_that_was_refused_does_not_use_up_the_only_one():
    lapsed_then_resumed = (
        clock("2024-09-02T09:00", 5).extended(3, date(2024, 9, 10)).extended(3, date(2024, 9, 11))
    )

    assert [e.reason for e in reckon(lapsed_then_resumed, CALENDAR).extensions] == ["after_due"] * 2


def test_a_suspension_after_the_lapse_does_not_open_the_door_for_an_extension():
    lapsed = clock("2024-09-02T09:00", 5).suspended(date(2024, 9, 20))  # was due on the 9th

    found = reckon(lapsed.extended(10, date(2024, 9, 23)), CALENDAR)

    assert (found.extensions[0].accepted, found.extensions[0].reason) == (False, "after_due")


def test_a_suspended_clock_may_be_extended():
    stopped = clock("2024-09-02T09:00", 5).suspended(date(2024, 9, 4)).extended(10, date(2024, 9, 20))

    found = reckon(stopped, CALENDAR)

    assert found.extensions[0].accepted
    assert found.extensions[0].due_before is None


@pytest.mark.parametrize(
    ("start", "amount", "unit", "due_at"),
    [
        ("2024-09-02T10:00", 4, "hour", "2024-09-02T15:30"),  # 2 hours until noon, 2 from 13:30
        ("2024-09-02T10:00", 6, "hour", "2024-09-02T17:30"),  # to the minute of closing
        ("2024-09-02T10:00", 7, "hour", "2024-09-03T10:00"),
        ("2024-09-02T12:30", "0.5", "workday", "2024-09-02T17:00"),  # half of 7 hours, from 13:30
        (
            "2024-09-02T18:00",
            "0.5",
            "workday",
            "2024-09-03T14:00",
        ),  # 3 hours until noon, half an hour from 13:30
        ("2024-09-30T16:30", 2, "hour", "2024-10-08T10:00"),  # over National Day
        ("2024-09-07T10:00", 1, "hour", "2024-09-09T10:00"),  # handed in on a Saturday
        ("2024-09-14T10:00", 1, "hour", "2024-09-14T11:00"),  # on a make-up Saturday
        ("2024-09-02T10:00", "1.5", "workday", "2024-09-03T15:00"),  # 10.5 hours: 6 today, 4.5 tomorrow
        ("2024-09-02T10:00", 1, "workday", "2024-09-03T17:30"),  # whole days: close of business
        ("2024-09-02T10:00", 0, "hour", "2024-09-02T17:30"),  # instant
    ],
)
def test_hours_and_fractions_run_in_office_hours_from_the_start_on(start, amount, unit, due_at):
    assert reckon(clock(start, amount, unit, HOURS), CALENDAR).due_at == at(due_at)


def test_used_hours_are_told_in_hours():
    running = clock("2024-09-02T10:00", 10, "hour", HOURS)

    found = reckon(running, CALENDAR, as_of=date(2024, 9, 2)).as_of

    assert (found.used, found.remaining, found.overdue) == (6, 4, 0)


def test_a_fraction_of_a_workday_needs_office_hours():
    with pytest.raises(InvalidInput) as error:
        Limit(Decimal("0.5"))

    assert error.value.fields["field"] == "limit.office_hours"


@pytest.mark.parametrize(
    ("day", "used", "remaining", "overdue", "light", "state"),
    [
        (date(2024, 9, 2), 0, 5, 0, "green", "running"),
        (date(2024, 9, 4), 2, 3, 0, "green", "running"),
        (date(2024, 9, 5), 3, 2, 0, "yellow", "running"),
        (date(2024, 9, 9), 5, 0, 0, "yellow", "running"),  # the due date itself is in time
        (date(2024, 9, 10), 6, 0, 1, "red", "lapsed"),
        (date(2024, 9, 15), 10, 0, 5, "red", "lapsed"),  # a Sunday: nothing more is counted
        (date(2024, 9, 1), 0, 5, 0, "green", "running"),
    ],
)
def test_the_light_follows_the_days_that_are_left(day, used, remaining, overdue, light, state):
    found = reckon(clock("2024-09-02T09:00", 5), CALENDAR, as_of=day).as_of

    assert (found.used, found.remaining, found.overdue) == (used, remaining, overdue)
    assert (found.light, found.state) == (light, state)


def test_on_the_day_it_is_resumed_a_clock_runs_again():
    stopped = clock("2024-09-02T09:00", 5).suspended(date(2024, 9, 4)).resumed(date(2024, 9, 9))

    states = [reckon(stopped, CALENDAR, as_of=date(2024, 9, day)).as_of for day in (3, 4, 8, 9, 10)]

    assert [s.state for s in states] == ["running", "suspended", "suspended", "running", "running"]
    assert [int(s.used) for s in states] == [1, 2, 2, 2, 3]


def test_a_share_of_the_limit_may_set_the_light():
    running, light = clock("2024-09-02T09:00", 20), Light(yellow_share=Decimal("0.2"))

    found = reckon(running, CALENDAR)

    # the 16th of 20 workdays: 4 are left; 29 September is a make-up Sunday
    assert warn_at(found, light) == at("2024-09-25T00:00")
    assert reckon(running, CALENDAR, date(2024, 9, 24), light).as_of.light == "green"
    assert reckon(running, CALENDAR, date(2024, 9, 25), light).as_of.light == "yellow"


def test_a_short_limit_is_yellow_from_the_start():
    assert warn_at(reckon(clock("2024-09-02T09:00", 1), CALENDAR)) == at("2024-09-02T09:00")


def test_beyond_the_published_years_the_answer_is_provisional():
    found = reckon(clock("2026-12-25T09:00", 10), CALENDAR)

    # 28 29 30 31, then 4 to 8 January without the fixed holiday on the 1st, and 11
    assert found.due == date(2027, 1, 11)
    assert (found.certainty, found.unpublished_years) == ("provisional", (2027,))


def test_the_last_published_day_is_final():
    found = reckon(clock("2026-12-25T09:00", 4), CALENDAR)

    assert (found.due, found.certainty) == (date(2026, 12, 31), "final")


def test_the_answer_names_its_articles():
    plain = reckon(clock("2024-09-02T09:00", 5), CALENDAR)
    rich = reckon(
        clock("2024-09-02T09:00", 5).suspended(date(2024, 9, 4)).extended(1, date(2024, 9, 4)), CALENDAR
    )

    assert "行政许可法第82条" in plain.articles
    assert {"行政许可法第45条", "行政许可法第42条"} <= set(rich.articles) - set(plain.articles)


@given(clocks(), st.data())
def test_a_suspension_never_makes_the_due_date_earlier(running, data):
    # Without extensions: with a later due date an extension may come in time, which another test covers.
    running = Clock(running.start, running.limit, tuple(e for e in running.events if isinstance(e, Suspend)))
    another = data.draw(suspensions(running.start.date()))

    more = Clock(running.start, running.limit, (*running.events, another))

    assert reckon(more, CALENDAR).due_at >= reckon(running, CALENDAR).due_at


@given(clocks(), st.integers(0, 60))
def test_suspending_a_rest_day_changes_nothing(running, offset):
    if running.limit.unit == "day":
        return  # natural days count rest days
    rest = running.start.date() + timedelta(days=offset)
    while CALENDAR.is_workday(rest):
        rest += timedelta(days=1)
    if rest == running.start.date():
        return  # the day before it lies before the start
    pause = Suspend(rest - timedelta(days=1), rest)

    more = Clock(running.start, running.limit, (*running.events, pause))

    found, plain = reckon(more, CALENDAR), reckon(running, CALENDAR)
    assert (found.due_at, found.counted_days) == (plain.due_at, plain.counted_days)


@given(clocks(), st.randoms())
def test_the_order_of_the_events_does_not_matter(running, random):
    events = list(running.events)
    random.shuffle(events)

    shuffled = Clock(running.start, running.limit, tuple(events))

    found, other = reckon(running, CALENDAR, date(2025, 1, 2)), reckon(shuffled, CALENDAR, date(2025, 1, 2))
    assert (found.due_at, found.as_of, found.extensions) == (other.due_at, other.as_of, other.extensions)
    assert found.counted_days == other.counted_days


@given(clocks())
def test_the_counted_days_are_the_limit(running):
    found = reckon(running, CALENDAR)
    suspended = [(event.start, event.to) for event in running.events if isinstance(event, Suspend)]

    assert not any(begin < day <= end for day in found.counted_days for begin, end in suspended)
    assert all(day <= found.due for day in found.counted_days)
    if not running.limit.runs_in_hours:
        assert len(found.counted_days) == found.limit
    if running.limit.amount:
        assert CALENDAR.is_workday(found.due)


@given(starts, st.integers(1, 60))
def test_forward_and_backward_agree(start, amount):
    due = reckon(Clock(start, Limit(amount)), CALENDAR).due

    assert CALENDAR.count(workdays_before(due, amount, CALENDAR), due) == amount
    assert workdays_before(due, amount - 1, CALENDAR) > start.date()


@given(clocks(), st.sampled_from([Light(), Light(5), Light(yellow_share=Decimal("0.2"))]))
def test_the_warning_comes_on_the_first_yellow_day(running, light):
    running = Clock(running.start, running.limit)
    found = reckon(running, CALENDAR)

    first = warn_at(found, light).date()

    day = running.start.date()
    while day <= found.due:
        colour = reckon(running, CALENDAR, day, light).as_of.light
        assert colour == ("yellow" if day >= first else "green")
        day += timedelta(days=1)


@given(clocks(), st.integers(0, 120))
def test_used_and_remaining_make_the_limit_until_it_lapses(running, offset):
    found = reckon(running, CALENDAR, running.start.date() + timedelta(days=offset)).as_of

    if found.state == "lapsed":
        assert found.remaining == 0 or running.limit.runs_in_hours
    if found.state == "running" and found.remaining:
        assert found.overdue == 0
    assert found.used >= 0 and found.remaining >= 0 and found.overdue >= 0
