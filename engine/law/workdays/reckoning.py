"""Reckons one clock over one calendar: due date, days counted, extensions, light. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Literal

from engine.law.workdays.calendar import Calendar
from engine.law.workdays.clock import (
    FINEST_AMOUNT,
    Clock,
    Extend,
    Suspend,
    office_day,
    office_spans,
    since_midnight,
    wrong,
)
from engine.law.workdays.counting import NEVER, Line, merged

_MIDNIGHT = timedelta(days=1)
_NOTHING = Decimal(0)

Colour = Literal["green", "yellow", "red", "grey"]
State = Literal["running", "suspended", "lapsed"]


@dataclass(frozen=True, slots=True)
class Light:
    """When a light turns yellow: when at most `yellow_workdays` are left.

    If `yellow_share` is set, it is when at most that share of the limit is left instead; 0.2 is a fifth.
    """

    yellow_workdays: Decimal | int = 2
    yellow_share: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension, accepted or refused; `reason` says why it was refused: "after_due" or "extended_before".

    `due_before` is the due date at the time of the approval; None if the clock was suspended then.
    """

    amount: Decimal
    approved_at: date
    accepted: bool
    due_before: date | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AsOf:
    """The clock as it stood at the end of `date`, from the events up to then. Numbers are in the limit's unit."""

    date: date
    used: Decimal
    remaining: Decimal
    overdue: Decimal
    light: Colour
    state: State


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The answer for one clock.

    due                the last day that is in time; None while a suspension lasts
    due_at             the instant at which the limit lapses: the close of business if there are office hours, else
                       24:00 (民法典 art. 203); None while a suspension lasts
    unpublished_years  years that were needed and have no notice yet; if there are any, the answer is provisional and
                       has no legal effect
    limit              the amount in the limit's unit, with the accepted extension
    """

    due: date | None
    due_at: datetime | None
    unpublished_years: tuple[int, ...]
    limit: Decimal
    extensions: tuple[Extension, ...]
    as_of: AsOf | None
    run: Run

    @property
    def certainty(self) -> Literal["final", "provisional"]:
        return "provisional" if self.unpublished_years else "final"

    @property
    def counted_days(self) -> tuple[date, ...]:
        """The days that were counted, up to the due date, or up to a suspension that lasts."""
        return self.run.counted_days()

    @property
    def articles(self) -> tuple[str, ...]:
        """The law that the answer rests on."""
        limit = self.run.clock.limit
        kind = "hour" if limit.runs_in_hours else limit.unit
        articles = _ARTICLES[kind]
        if self.run.spans:
            articles += ("行政许可法第45条",)
        if any(extension.accepted for extension in self.extensions):
            articles += ("行政许可法第42条",)
        return articles


_ARTICLES: dict[str, tuple[str, ...]] = {
    "workday": ("行政许可法第82条", "民法典第201条第一款", "民法典第203条第二款"),
    "day": ("民法典第201条第一款", "民法典第203条"),
    "hour": ("民法典第201条第二款",),
}


@dataclass(frozen=True, slots=True)
class Run:
    """A clock at one moment: the limit in force then, and the spans known then not to count."""

    clock: Clock
    calendar: Calendar
    start: datetime  # in the calendar's zone
    limit: Decimal
    spans: tuple[tuple[int, int], ...]

    @property
    def is_open(self) -> bool:
        return bool(self.spans) and self.spans[-1][1] == NEVER

    @property
    def workdays(self) -> Line:
        return Line(self.calendar, self.spans)

    @property
    def line(self) -> Line:
        """The days that the limit's unit counts: natural days or workdays, without suspensions."""
        return Line(None, self.spans) if self.clock.limit.unit == "day" else self.workdays

    def end(self, limit: Decimal | None = None) -> tuple[int, timedelta]:
        """The day and the time of day at which `limit` (by default its own) lapses; the day is NEVER if it doesn't."""
        limit = self.limit if limit is None else limit
        if limit and self.clock.limit.runs_in_hours:
            return self._end_in_hours(limit)
        day = self._end_day(limit)
        hours = self.clock.limit.office_hours
        return day, office_spans(hours)[-1][1] if hours else _MIDNIGHT

    def _end_day(self, limit: Decimal) -> int:
        started = self.start.toordinal()
        units = int(limit.to_integral_value(ROUND_CEILING))
        if units <= 0:
            return started
        day = self.line.nth(started, units)
        if self.clock.limit.unit == "day" and day != NEVER:
            return self.workdays.nth(day - 1, 1)  # ends on a rest day: the next workday, 民法典 art. 203
        return day

    def _end_in_hours(self, limit: Decimal) -> tuple[int, timedelta]:
        hours, length = self.clock.limit.office_hours, self.clock.limit.unit_length
        need = timedelta(microseconds=int((limit * _microseconds(length)).to_integral_value(ROUND_CEILING)))
        first = self.hours_of_first_day()
        if need <= first:
            return self.start.toordinal(), _walk(hours, since_midnight(self.start.time()), need)
        need -= first
        whole_days = -(-need // office_day(hours))
        day = self.workdays.nth(self.start.toordinal(), whole_days)
        return day, _walk(hours, timedelta(), need - (whole_days - 1) * office_day(hours))

    def hours_of_first_day(self) -> timedelta:
        """The office hours between the start and the close of that day; none on a rest day."""
        started = self.start.toordinal()
        if not Line(self.calendar).count(started - 1, started):
            return timedelta()
        now, none = since_midnight(self.start.time()), timedelta()
        spans = office_spans(self.clock.limit.office_hours)
        return sum((max(none, closes - max(opens, now)) for opens, closes in spans), none)

    def used(self, day: int) -> Decimal:
        """The units that are used up at the end of a day."""
        started = self.start.toordinal()
        if not self.clock.limit.runs_in_hours:
            return Decimal(self.line.count(started, day))
        if day < started:
            return _NOTHING
        hours = self.workdays.count(started, day) * office_day(self.clock.limit.office_hours)
        hours += self.hours_of_first_day()
        return (_microseconds(hours) / _microseconds(self.clock.limit.unit_length)).quantize(FINEST_AMOUNT)

    def last_counted(self) -> int:
        """The last day that is counted: the due day, or the day on which a suspension began that still lasts."""
        if self.clock.limit.unit == "day" and self.limit:
            day = self.line.nth(self.start.toordinal(), int(self.limit))
        else:
            day = self.end()[0]
        return self.spans[-1][0] if day == NEVER else day

    def counted_days(self) -> tuple[date, ...]:
        before = self.start.toordinal()
        if self.clock.limit.runs_in_hours and self.hours_of_first_day():
            before -= 1
        return self.line.days(before, self.last_counted())

    def unpublished_years(self, due: int | None) -> tuple[int, ...]:
        """The years that the counting needed and that have no notice yet."""
        last = self.last_counted() if due is None else due
        first = self.start.toordinal() + (0 if self.clock.limit.runs_in_hours else 1)
        if self.clock.limit.unit == "day":
            first = max(first, self.last_counted())  # natural days need the calendar at their end only
        if first > last:
            return ()
        return self.calendar.unpublished(date.fromordinal(first), date.fromordinal(last))


def reckon(clock: Clock, calendar: Calendar, as_of: date | None = None, light: Light | None = None) -> Reckoning:
    """Reckon a clock from all its events; given `as_of`, also how it stood at the end of that day.

    Doesn't count the day of the start. Of a suspension it doesn't count the days after its first up to and including
    its last; where suspensions overlap, each day is left out once. Accepts the first extension approved in time.

    Raises InvalidInput, with the field, for events before the start.
    """
    start = clock.start.astimezone(calendar.zoneinfo)
    run = Run(clock, calendar, start, clock.limit.amount, ())
    extensions: tuple[Extension, ...] = ()
    if clock.events:
        _check_events(clock, start.date())
        extensions = _extensions(run)
        run = _at(run, extensions, None)
    end, closing = run.end()
    due = None if run.is_open else end
    return Reckoning(
        due=None if due is None else date.fromordinal(due),
        due_at=None if due is None else _instant(run, due, closing),
        unpublished_years=run.unpublished_years(due),
        limit=run.limit,
        extensions=extensions,
        as_of=None if as_of is None else _as_of(_at(run, extensions, as_of), as_of, light or Light()),
        run=run,
    )


def warn_at(reckoning: Reckoning, light: Light | None = None) -> datetime | None:
    """The instant at which the light turns yellow: the start of the first day at whose end `as_of` is yellow.

    If the clock starts later, it is the clock's start. None while there is no due date.
    """
    light, run = light or Light(), reckoning.run
    if reckoning.due is None:
        return None
    if light.yellow_share is None:
        started = run.start.toordinal()
        workdays = run.workdays.count(started, reckoning.due.toordinal()) - light.yellow_workdays
        needed = int(Decimal(workdays).to_integral_value(ROUND_CEILING))
        day = run.workdays.nth(started, needed) if needed > 0 else started
    elif run.clock.limit.unit == "day":
        needed = int((run.limit * (1 - light.yellow_share)).to_integral_value(ROUND_CEILING))
        day = run.line.nth(run.start.toordinal(), needed)
    else:
        day = run.end(run.limit * (1 - light.yellow_share))[0]
    return max(run.start, _instant(run, day, timedelta()))


def _check_events(clock: Clock, started: date) -> None:
    """Raise InvalidInput for an event before the start, or an extension that doesn't fit the limit's unit."""
    for i, event in enumerate(clock.events):
        name, day = ("from", event.start) if isinstance(event, Suspend) else ("approved_at", event.approved_at)
        if day < started:
            raise wrong(f"events[{i}].{name}", f"expected no day before the start {started}, found {day}")
        if isinstance(event, Extend):
            clock.limit.check_runs()
            if not clock.limit.runs_in_hours and event.amount % 1:
                raise wrong(f"events[{i}].amount", f"expected whole {clock.limit.unit}s, like the limit's own")


def _spans(clock: Clock, upto: date | None) -> tuple[tuple[int, int], ...]:
    """The suspended spans as known at the end of the day `upto` (None: all events). One that ends later lasts then."""
    return merged(
        (
            event.start.toordinal(),
            NEVER if event.to is None or (upto and event.to > upto) else event.to.toordinal(),
        )
        for event in clock.events
        if isinstance(event, Suspend) and (upto is None or event.start <= upto)
    )


def _at(run: Run, extensions: tuple[Extension, ...], upto: date | None) -> Run:
    """The clock as it stood at the end of the day `upto` (None: after all events), without later events."""
    known = (e for e in extensions if e.accepted and (upto is None or e.approved_at <= upto))
    limit = sum((extension.amount for extension in known), run.clock.limit.amount)
    return Run(run.clock, run.calendar, run.start, limit, _spans(run.clock, upto))


def _extensions(run: Run) -> tuple[Extension, ...]:
    """Each extension, accepted or refused. One a clock is accepted, if approved on or before the due date of that day.

    They are taken in the order of their days, on one day in that of their amounts: the order of the ledger doesn't
    matter.
    """
    results: tuple[Extension, ...] = ()
    extends = [event for event in run.clock.events if isinstance(event, Extend)]
    extended = False
    for event in sorted(extends, key=lambda event: (event.approved_at, event.amount)):
        then = _at(run, results, event.approved_at)
        end = then.end()[0]
        # A suspension that began after the limit had lapsed doesn't bring it back.
        cut_off = then.spans[-1][0] if then.is_open else NEVER
        is_late = event.approved_at.toordinal() > end and end < cut_off
        reason = "extended_before" if extended else "after_due" if is_late else ""
        due_before = None if then.is_open else date.fromordinal(end)
        results += (Extension(event.amount, event.approved_at, not reason, due_before, reason),)
        extended = extended or not reason
    return results


def _as_of(run: Run, day: date, light: Light) -> AsOf:
    today = day.toordinal()
    used = run.used(today)
    remaining = max(_NOTHING, run.limit - used)
    if run.is_open:
        return AsOf(day, used, remaining, max(_NOTHING, used - run.limit), "grey", "suspended")
    due = run.end()[0]
    overdue = max(_NOTHING, used - run.limit) if run.clock.limit.runs_in_hours else Decimal(run.line.count(due, today))
    if today > due:
        return AsOf(day, used, remaining, overdue, "red", "lapsed")
    if light.yellow_share is None:
        is_yellow = run.workdays.count(max(today, run.start.toordinal()), due) <= light.yellow_workdays
    else:
        is_yellow = remaining <= run.limit * light.yellow_share
    return AsOf(day, used, remaining, overdue, "yellow" if is_yellow else "green", "running")


def _instant(run: Run, day: int, since: timedelta) -> datetime:
    return datetime.combine(date.fromordinal(day), time(), run.start.tzinfo) + since


def _walk(hours: tuple[str, ...], now: timedelta, need: timedelta) -> timedelta:
    """The time of day at which `need` of the office hours after `now` have passed."""
    for opens, closes in office_spans(hours):
        begin = max(opens, now)
        if begin + need <= closes:
            return begin + need
        need -= max(timedelta(), closes - begin)
    raise AssertionError("more office hours were needed than the day has")


def _microseconds(length: timedelta) -> Decimal:
    return Decimal(length // timedelta(microseconds=1))
