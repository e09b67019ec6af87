"""Deadlines worked by hand, asked by the request that `licet due` answers."""

from __future__ import annotations

import pytest

from engine.law.workdays import Calendar, due
from tests.samples.deadlines import Deadline, rows

ROWS = list(rows())


@pytest.mark.parametrize("row", ROWS)
def test_a_deadline_falls_on_the_day_worked_by_hand(row: Deadline):
    answer = due(row.request, Calendar.shipped())

    assert {name: answer[name] for name in row.answer} == row.answer


def test_the_table_is_as_long_as_was_promised():
    assert len(ROWS) >= 40
