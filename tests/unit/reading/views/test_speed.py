"""How fast matters were decided: the days that their clocks counted, suspensions excluded."""

from __future__ import annotations

from decimal import Decimal

from engine.reading.views.speed import Decided, Speed


def test_the_speed_up_is_averaged_over_matters():
    found = Speed((Decided(Decimal(0), Decimal(20), "workday"), Decided(Decimal(5), Decimal(10), "workday")))

    assert found.speed_up == Decimal("0.75")  # (1 + 0.5) / 2
    assert (found.used_workdays, found.limit_workdays) == (Decimal("2.5"), Decimal(15))


def test_limits_in_hours_count_for_the_speed_up_but_are_no_workdays():
    found = Speed((Decided(Decimal(2), Decimal(8), "hour"), Decided(Decimal(1), Decimal(4), "workday")))

    assert found.speed_up == Decimal("0.75")
    assert (found.used_workdays, found.limit_workdays) == (Decimal(1), Decimal(4))


def test_where_nothing_was_decided_there_is_no_speed_up():
    assert (Speed(()).speed_up, Speed(()).used_workdays) == (None, None)
