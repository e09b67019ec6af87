"""Timer texts and the instants that they give: zones, daylight saving, cycles that keep their rhythm."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.base.errors import ModelError
from engine.case import timers
from engine.case.functions import Asked
from engine.case.host import CaseHost
from engine.model.chain import times
from engine.model.runtime.changes import Arm

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
# Clocks go forward on Sunday 2026-03-29 at 02:00, and back on Sunday 2026-10-25 at 03:00.
EVE_OF_SPRING, EVE_OF_AUTUMN = datetime(2026, 3, 28, 9, tzinfo=BERLIN), datetime(2026, 10, 24, 9, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("value", "now", "due"),
    [
        ("P1D", MONDAY, "2026-03-03T09:00:00+08:00"),
        ("P1D", EVE_OF_SPRING, "2026-03-29T09:00:00+02:00"),  # 23 hours later
        ("PT24H", EVE_OF_SPRING, "2026-03-29T10:00:00+02:00"),
        ("P1D", EVE_OF_AUTUMN, "2026-10-25T09:00:00+01:00"),  # 25 hours later
        ("PT24H", EVE_OF_AUTUMN, "2026-10-25T08:00:00+01:00"),
        ("P1DT2H", EVE_OF_SPRING, "2026-03-29T11:00:00+02:00"),
        ("P1M", datetime(2026, 1, 31, 9, tzinfo=SHANGHAI), "2026-02-28T09:00:00+08:00"),
        ("P1Y", datetime(2024, 2, 29, 9, tzinfo=SHANGHAI), "2025-02-28T09:00:00+08:00"),
        ("P2W", MONDAY, "2026-03-16T09:00:00+08:00"),
        ("PT0.5S", MONDAY, "2026-03-02T09:00:00.500000+08:00"),
        ("2026-04-01", MONDAY, "2026-04-01T00:00:00+08:00"),
        ("2026-04-01T09:30", MONDAY, "2026-04-01T09:30:00+08:00"),
        ("2026-04-01T09:30:00Z", MONDAY, "2026-04-01T09:30:00+00:00"),
        ("2026-04-01T09:30:00[Europe/Berlin]", MONDAY, "2026-04-01T09:30:00+02:00"),
        ("2026-10-25T02:30:00+01:00[Europe/Berlin]", MONDAY, "2026-10-25T02:30:00+01:00"),  # the second 02:30
        ("2026-10-25T02:30:00+02:00[Europe/Berlin]", MONDAY, "2026-10-25T02:30:00+02:00"),  # the first
        (date(2026, 4, 1), MONDAY, "2026-04-01T00:00:00+08:00"),
        (timedelta(days=1), EVE_OF_SPRING, "2026-03-29T09:00:00+02:00"),
        (timedelta(hours=24), MONDAY, "2026-03-03T09:00:00+08:00"),
    ],
)
def test_a_timer_is_due(value: object, now: datetime, due: str):
    assert timers.instant(value, now).isoformat() == due


@pytest.mark.parametrize("length", ["PT24H", "PT36H", "P1D", "P1DT12H", "PT90M"])
@pytest.mark.parametrize("eve", [EVE_OF_SPRING, EVE_OF_AUTUMN])
def test_a_duration_in_feel_is_due_when_its_text_is(length: str, eve: datetime):
    host = CaseHost.__new__(CaseHost)
    host.working = cast(Any, SimpleNamespace(now=eve, zone=BERLIN))
    host.functions = cast(Any, SimpleNamespace(ask=lambda *_: Asked(eve, True)))

    written = [host.timer("timeDuration", text, 0) for text in (length, f'=@"{length}"', f'=duration("{length}")')]

    assert {arm.due for arm in written} == {timers.instant(length, eve).isoformat()}


@pytest.mark.parametrize(
    "value", ["P0D", "PT0S", "P", "3D", "2026-13-01", "09:30", "2026-04-01T09:30[Nowhere/City]", 5, None]
)
def test_what_gives_no_time_is_a_fault_of_the_model(value: object):
    with pytest.raises(ModelError):
        timers.instant(value, MONDAY)


def beats(text: str, now: datetime, zone: ZoneInfo, most: int = 6) -> list[str]:
    arm: Arm | None = timers.cycle(text, now)
    found = []
    while arm is not None and len(found) < most:
        found.append(str(arm.due))
        arm = timers.rearm(arm, zone)
    return found


@pytest.mark.parametrize(
    ("text", "now", "zone", "due"),
    [
        ("R2/P1D", MONDAY, SHANGHAI, ["2026-03-03T09:00:00+08:00", "2026-03-04T09:00:00+08:00"]),
        ("R2/PT12H", EVE_OF_SPRING, BERLIN, ["2026-03-28T21:00:00+01:00", "2026-03-29T10:00:00+02:00"]),
        ("R2/P1D", EVE_OF_SPRING, BERLIN, ["2026-03-29T09:00:00+02:00", "2026-03-30T09:00:00+02:00"]),
        # An hour that doesn't exist moves its own beat alone; a short month likewise.
        (
            "R3/P1D",
            datetime(2026, 3, 27, 2, 30, tzinfo=BERLIN),
            BERLIN,
            ["2026-03-28T02:30:00+01:00", "2026-03-29T02:30:00+01:00", "2026-03-30T02:30:00+02:00"],
        ),
        (
            "R3/P1M",
            datetime(2026, 1, 31, 9, tzinfo=SHANGHAI),
            SHANGHAI,
            ["2026-02-28T09:00:00+08:00", "2026-03-31T09:00:00+08:00", "2026-04-30T09:00:00+08:00"],
        ),
        (
            "R2/2026-03-05T08:00:00+08:00/P7D",
            MONDAY,
            SHANGHAI,
            ["2026-03-05T08:00:00+08:00", "2026-03-12T08:00:00+08:00"],
        ),
        ("R1/2026-02-01T08:00:00[Asia/Shanghai]/P7D", MONDAY, SHANGHAI, ["2026-03-08T08:00:00+08:00"]),
    ],
)
def test_a_cycle_keeps_its_beat(text: str, now: datetime, zone: ZoneInfo, due: list[str]):
    assert beats(text, now, zone) == due


def test_a_late_firing_does_not_move_the_beat():
    arm = timers.cycle("R/P1D", MONDAY)
    following = timers.rearm(arm, SHANGHAI)  # whenever that happens: the arm tells nothing of now
    assert following is not None and following.due == "2026-03-04T09:00:00+08:00"


@pytest.mark.parametrize("text", ["R0/P1D", "R/P0D", "P1D", "R3", "R3/", "R-1/P1D", "R3/morgen/P1D"])
def test_a_cycle_that_is_none_is_a_fault_of_the_model(text: str):
    with pytest.raises(ModelError):
        timers.cycle(text, MONDAY)


@given(
    st.sampled_from(["P1D", "P1M", "P1Y", "P3W", "PT7H", "P1DT1H", "PT1M", "P1M2DT3H"]),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    st.sampled_from([BERLIN, SHANGHAI, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")]),
)
def test_beats_follow_each_other_without_end(every: str, start: datetime, zone: ZoneInfo):
    now = start.replace(microsecond=0, tzinfo=UTC).astimezone(zone)
    found = [datetime.fromisoformat(due) for due in beats(f"R/{every}", now, zone, 20)]
    assert all(one < other for one, other in pairwise([now, *found]))
    span = timers.duration(every)
    assert found[-1] == span.times(20).after(now).astimezone(UTC)


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("2026-03-27T09:00:00Z[Europe/Berlin]", ["27T10:00:00+01:00", "28T10:00:00+01:00", "29T10:00:00+02:00"]),
        ("2026-03-27T10:00:00@Europe/Berlin", ["27T10:00:00+01:00", "28T10:00:00+01:00", "29T10:00:00+02:00"]),
        ("2026-03-27T10:00:00+01:00", ["27T10:00:00+01:00", "28T10:00:00+01:00", "29T10:00:00+01:00"]),
        ("2026-03-27T17:00:00+08:00", ["27T17:00:00+08:00", "28T17:00:00+08:00", "29T17:00:00+08:00"]),
        ("2026-03-27T09:00:00Z", ["27T09:00:00+00:00", "28T09:00:00+00:00", "29T09:00:00+00:00"]),
    ],
)
@pytest.mark.parametrize("zone", [SHANGHAI, BERLIN])
def test_a_cycle_keeps_the_clock_of_its_own_zone(first: str, expected: list[str], zone: ZoneInfo):
    """Whatever the zone of the hall: clocks in Berlin go forward on Sunday, 29 March 2026."""
    now = datetime(2026, 3, 2, 9, tzinfo=zone)

    assert beats(f"R3/{first}/P1D", now, zone) == [f"2026-03-{day}" for day in expected]


def test_a_cycle_without_a_zone_keeps_the_clock_of_the_hall():
    expected = ["2026-03-28T10:00:00+01:00", "2026-03-29T10:00:00+02:00"]

    assert beats("R2/2026-03-28T10:00:00/P1D", datetime(2026, 3, 2, 9, tzinfo=BERLIN), BERLIN) == expected


@pytest.mark.parametrize(
    ("expression", "text"),
    [('=@"PT24H"', "PT24H"), ('= duration("PT24H")', "PT24H"), ('=@"P1D"', "P1D"), ('=@"P1D" + @"PT1H"', None)],
)
def test_a_literal_duration_means_what_its_text_means(expression: str, text: str | None):
    assert times.literal_duration(expression) == text


@pytest.mark.parametrize("value", [timedelta(days=1), None, 5, date(2026, 3, 2), "P1D"])
def test_a_cycle_has_to_be_a_repeating_interval(value: object):
    with pytest.raises(ModelError):
        timers.cycle(value, MONDAY)
