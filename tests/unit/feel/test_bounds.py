"""Hostile expressions: each is stopped by a bound, soon."""

from __future__ import annotations

import time
from typing import Any

import pytest

from engine import feel
from engine.errors import BudgetExceeded, FeelError

# Generous beside the hundredths of a second that each takes: a slow machine is no failure.
SECONDS = 10

REFUSED_WHEN_READ = [
    "(" * 5_000 + "1" + ")" * 5_000,
    "[" * 5_000,
    "if a then " * 3_000 + "b",
    "{a:" * 3_000,
    "1 + " * 6_000 + "1",
    "function() " * 1_000 + "1",
    "x in (" * 3_000 + "1",
    "a" + "[1" * 3_000,
    "list<" * 3_000,
    "x instance of " + "list<" * 3_000,
]

STOPPED = [
    "for a in 1..1000000000 return a",
    "for a in 1..1000, b in 1..1000 return a + b",
    "count(for a in 1..1000, b in 1..1000 return null)",
    "some a in 1..100000, b in 1..100000 satisfies false",
    "(function(f) f(f))(function(f) f(f))",
    "for i in 1..60 return [partial[-1], partial[-1]]",
    "for i in 1..200 return if i = 1 then [0] else concatenate(partial[-1], partial[-1])",
    'for i in 1..100 return if i = 1 then "ab" else partial[-1] + partial[-1]',
    'for i in 1..100 return if i = 1 then "ab" else string(partial)',
    'matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "(a|aa)+$")',
    'matches("' + "a" * 5_000 + 'b", "(.*)(.*)(.*)(.*)[^ab]")',
    'string join(for i in 1..2000 return "' + "x" * 1_000 + '")',
    'replace("' + "a" * 5_000 + '", "a", "' + "b" * 5_000 + '")',
    "sort(for i in 1..20000 return modulo(i * 7919, 20011), function(a, b) a < b)",
    "distinct values(for i in 1..5000 return {a: i})",
    'matches("a", "((a{999}){999}){999}")',
    "deep",
    "wide",
]


def deep() -> Any:
    value: Any = 1
    for _ in range(500):
        value = [value]
    return value


@pytest.mark.parametrize("text", REFUSED_WHEN_READ, ids=lambda text: text[:12])
def test_a_text_that_is_too_deep_or_long_is_refused(text: str) -> None:
    started = time.monotonic()

    with pytest.raises(FeelError):
        feel.compile(text)

    assert time.monotonic() - started < SECONDS


@pytest.mark.parametrize("text", STOPPED, ids=lambda text: text[:40])
def test_a_hostile_expression_is_stopped(text: str) -> None:
    started = time.monotonic()

    with pytest.raises(BudgetExceeded):
        feel.compile(text).evaluate({"deep": deep(), "wide": [0] * 200_000})

    assert time.monotonic() - started < SECONDS


@pytest.mark.parametrize(
    "text",
    ["10 ** 1e30", "1e6000 * 1e6000", "exp(1e10)", 'duration("P99999999999D")', "date(99999, 1, 1)",
     '@"9999-12-31" + @"P1D"', "1e6000 * @\"P1D\""],
)  # fmt: skip
def test_what_leaves_the_numbers_and_the_calendar_is_null(text: str) -> None:
    assert feel.compile(text).evaluate() in (None, False)
