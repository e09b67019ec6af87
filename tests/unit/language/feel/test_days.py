"""A day is the midnight of the hall wherever it meets a moment, and without a hall that of UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.language import decisions, feel

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
MIDNIGHT = datetime(2026, 3, 4, tzinfo=SHANGHAI)


def value(text: str, now: datetime | None = MIDNIGHT, **names: Any) -> Any:
    return feel.compile(text).evaluate(names, now=now)


@pytest.mark.parametrize(
    "text",
    [
        "now() >= date(opening)",
        "now() = date(opening)",
        "date(opening) = now()",
        "not(now() != date(opening))",
        "not(now() < date(opening))",
        "now() between date(opening) and date(opening)",
        "date(opening) between now() and now()",
        "now() in (>= date(opening))",
        "now() in [date(opening)..date(opening)]",
        "date(opening) in [now()..now()]",
        "now() - date(opening) = @\"PT0S\"",
        "date(opening) - now() = @\"PT0S\"",
        "date and time(date(opening)) = now()",
        "list contains([now()], date(opening))",
        "index of([now()], date(opening)) = [1]",
        "count(distinct values([now(), date(opening)])) = 1",
        "max(date(opening), now() - @\"PT1S\") = now()",
        "coincides(now(), date(opening))",
        "not(before(now(), date(opening)))",
        "includes([date(opening)..date(opening)], now())",
        "years and months duration(date(opening), now()) = @\"P0M\"",
        "today() = date(opening)",
    ],
)  # fmt: skip
def test_a_day_is_the_midnight_of_the_hall(text: str) -> None:
    assert value(text, opening="2026-03-04") is True


@pytest.mark.parametrize(
    ("moment", "met"),
    [
        ("2026-03-03T15:59:59Z", False),
        ("2026-03-03T16:00:00Z", True),
        ("2026-03-04T00:00:00+08:00", True),
        ("2026-03-03T17:00:00@Europe/Berlin", True),
        ("2026-03-04T00:00:00Z", True),
    ],
)
def test_in_whatever_zone_the_moment_is_written(moment: str, met: bool) -> None:
    assert value(f'@"{moment}" >= @"2026-03-04"') is met


def test_without_a_hall_a_day_is_midnight_utc() -> None:
    assert value('date and time(@"2026-03-04")', None) == datetime(2026, 3, 4, tzinfo=UTC)
    assert value('@"2026-03-04T00:00:00Z" = @"2026-03-04"', None) is True


def test_a_time_without_zone_is_no_moment_and_has_no_order_with_a_day() -> None:
    assert value('@"2026-03-04T00:00:00" >= @"2026-03-04"') is None
    assert value('@"2026-03-04T00:00:00" - @"2026-03-04"') is None


@given(st.dates(), st.datetimes(timezones=st.sampled_from([UTC, SHANGHAI, BERLIN, timezone(timedelta(hours=-11))])))
def test_order_equality_and_difference_agree(day: date, moment: datetime) -> None:
    for zone in (SHANGHAI, BERLIN, UTC):
        now = datetime(2026, 3, 4, 9, tzinfo=zone)
        apart = value("m - d", now, m=moment, d=day)

        assert value("m > d", now, m=moment, d=day) is (apart > timedelta())
        assert value("d < m", now, m=moment, d=day) is (apart > timedelta())
        assert value("m in (>= d)", now, m=moment, d=day) is (apart >= timedelta())
        assert value("m between d and d", now, m=moment, d=day) is (apart == timedelta())
        assert apart == value("m - date and time(d)", now, m=moment, d=day)


def test_a_decision_and_its_allowed_values_have_the_same_midnight() -> None:
    tests = '<text>&gt;= @"2026-03-04"</text>'
    model = decisions.read(
        f"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="urn:t" name="t">
        <itemDefinition name="after"><typeRef>dateTime</typeRef><allowedValues>{tests}</allowedValues></itemDefinition>
        <decision id="d" name="d"><decisionTable>
        <input><inputExpression typeRef="after"><text>at</text></inputExpression></input><output/>
        <rule><inputEntry>{tests}</inputEntry><outputEntry><text>"open"</text></outputEntry></rule>
        </decisionTable></decision></definitions>""".encode()
    )

    assert model.decide("d", {"at": MIDNIGHT}, now=MIDNIGHT) == "open"
    assert model.decide("d", {"at": "2026-03-04T00:00:00+08:00"}, now=MIDNIGHT) == "open"
    assert model.decide("d", {"at": date(2026, 3, 4)}, now=MIDNIGHT) == "open"
    assert model.decide("d", {"at": MIDNIGHT}, now=None) is None


def test_one_evaluation_does_not_change_the_midnight_of_another() -> None:
    inner = feel.compile("date and time(d)")

    def asked(day: date) -> Any:
        return inner.evaluate({"d": day}, now=datetime(2026, 3, 4, tzinfo=BERLIN))

    outer = feel.compile("[date and time(d), asked(d), date and time(d)]", functions=("asked",))
    first, middle, last = outer.evaluate({"d": date(2026, 3, 4)}, {"asked": asked}, now=MIDNIGHT)

    assert first == last == MIDNIGHT
    assert middle == datetime(2026, 3, 4, tzinfo=BERLIN)
    assert value('date and time(@"2026-03-04")', None) == datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ('@"PT24H"', "PT24H"), (' @ "P1DT2H" ', "P1DT2H"), ('duration("PT24H")', "PT24H"),
        ('duration( from: "PT36H" )', "PT36H"), ('@"PT0S"', None), ('@"P1M"', None), ('@"-PT24H"', None),
        ('@"PT24H" + @"PT1H"', None), ("limit", None), ('"PT24H"', None), ('@"2026-03-04"', None),
    ],
)  # fmt: skip
def test_a_duration_that_is_a_whole_expression_keeps_its_text(text: str, duration: str | None) -> None:
    assert feel.compile(text).duration == duration
