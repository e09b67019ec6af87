"""Hostile expressions: a bound stops each of them soon."""

from __future__ import annotations

import pytest

from engine.base.errors import BudgetExceeded, FeelError
from engine.language import feel
from tests.samples.hostile import READ, RUN, Hostile, stopped

# Far more than the hundredths of a second that each takes, so that no slow machine fails.
SECONDS = 10


@pytest.mark.parametrize("one", [*READ, *RUN], ids=lambda one: one.tries)
def test_a_hostile_expression_is_stopped_by_its_bound_soon(one: Hostile) -> None:
    error, seconds = stopped(one)

    assert type(error) is (FeelError if one in READ else BudgetExceeded)
    assert one.bound in error.message
    assert seconds < SECONDS


@pytest.mark.parametrize(
    "text",
    ["10 ** 1e30", "1e6000 * 1e6000", "exp(1e10)", 'duration("P99999999999D")', "date(99999, 1, 1)",
     '@"9999-12-31" + @"P1D"', "1e6000 * @\"P1D\""],
)  # fmt: skip
def test_what_leaves_the_numbers_and_the_calendar_is_null(text: str) -> None:
    assert feel.compile(text).evaluate() in (None, False)
