"""Counting along a line of days: the workdays of a calendar, or all days, without the spans that don't count.

Knows nothing of limits and clocks. Days are proleptic ordinals (`date.toordinal`): integers are much faster than dates
where a hall recounts 100,000 deadlines.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from engine.base.errors import InvalidInput
from engine.law.workdays.calendar import Calendar

MOST_DAYS = 10_000  # of a limit: forty years of workdays; no statutory limit comes near it
NEVER = 10**9  # the end of a span that is still open: later than any day that can be counted


@dataclass(frozen=True, slots=True)
class Line:
    """The days that count: workdays of `calendar` (None: every day) outside `spans`, which `merged` made."""

    calendar: Calendar | None
    spans: tuple[tuple[int, int], ...] = ()

    def count(self, after: int, upto: int) -> int:
        """The number of days that count after `after`, up to and including `upto`; 0 if `upto` isn't later."""
        total = self._base_count(after, upto)
        for begin, end in self.spans:
            total -= self._base_count(max(after, begin), min(upto, end))
        return total

    def nth(self, after: int, n: int) -> int:
        """The n-th day that counts after `after`, for n ≥ 1; NEVER if a span that is still open comes before it."""
        day = self._base_nth(after, n)
        for begin, end in self.spans:
            if begin >= day:
                break
            if end == NEVER:
                return NEVER
            if end > after:
                n += self._base_count(max(after, begin), end)
                day = self._base_nth(after, n)
        return day

    def days(self, after: int, upto: int) -> tuple[date, ...]:
        """The days that count after `after`, up to and including `upto`, in order."""
        return tuple(
            date.fromordinal(day)
            for day in range(after + 1, upto + 1)
            if self._base_count(day - 1, day) and not any(begin < day <= end for begin, end in self.spans)
        )

    def _base_count(self, after: int, upto: int) -> int:
        if upto <= after:
            return 0
        return upto - after if self.calendar is None else self.calendar.count_ordinals(after, upto)

    def _base_nth(self, after: int, n: int) -> int:
        return after + n if self.calendar is None else self.calendar.nth_ordinal(after, n)


def merged(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The spans (begin, end], begin excluded, in order: those that touch or overlap as one, without empty ones."""
    result: list[tuple[int, int]] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((begin, end))
    return tuple(result)


def workdays_after(day: date, n: int, calendar: Calendar) -> date:
    """The n-th workday after `day`, which doesn't count itself; for 0, `day`. Source: 民法典 art. 201.

    `calendar.unpublished(day, result)` tells whether the answer is provisional. Raises InvalidInput for n below 0 or
    above MOST_DAYS.
    """
    if _bounded(n) == 0:
        return day
    return date.fromordinal(calendar.nth_ordinal(day.toordinal(), n))


def workdays_before(day: date, n: int, calendar: Calendar) -> date:
    """The last workday that is at least n workdays before `day`; for 0, `day`.

    A notice that must be given 7 days before a hearing is in time on `workdays_before(hearing, 7, calendar)`. If
    `day` is a workday, this is the inverse of `workdays_after`.
    """
    if _bounded(n) == 0:
        return day
    return date.fromordinal(calendar.nth_ordinal(day.toordinal() - 1, 1 - n))


def _bounded(n: int) -> int:
    if not 0 <= n <= MOST_DAYS:
        raise InvalidInput(
            f"days: expected between 0 and {MOST_DAYS} workdays, found {n}.",
            sentence="workdays_out_of_range",
            field="days",
            most=MOST_DAYS,
        )
    return n
