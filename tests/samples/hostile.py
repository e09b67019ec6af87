"""Expressions that try to exhaust time or memory: what each tries, and the bound that stops it.

`python -m tests.samples.hostile` prints the table of docs/feel.md: bound and seconds, measured when it is run.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from engine.base.errors import LicetError
from engine.language import feel


@dataclass(frozen=True)
class Hostile:
    """`bound`: words of the error that stops it. `shown`: how the table shows a long text."""

    tries: str
    text: str
    bound: str
    shown: str = ""


def _deep() -> Any:
    value: Any = 1
    for _ in range(500):
        value = [value]
    return value


NAMES: dict[str, Any] = {"deep": _deep(), "wide": [0] * 200_000, "long": "a" * 5_000}
"""What an applicant might have handed in."""

_NESTING, _LENGTH = "100 levels of nesting", "20000 characters"
_STEPS, _ITEMS, _TEXT, _MATCH = "200,000 steps", "100,000 items", "1,000,000 characters", "0.25 seconds"
_LAMBDA = "(function(f) f(f))(function(f) f(f))"
_JOINED = f'string join(for i in 1..2000 return "{"x" * 1_000}")'
_WAYS = f'matches("{"a" * 42}!", "(a|aa)+$")'
_SORTED = "sort(for i in 1..20000 return modulo(i * 7919, 20011), function(a, b) a < b)"

READ: list[Hostile] = [
    Hostile("brackets without end", "(" * 5_000 + "1" + ")" * 5_000, _NESTING, "((((…"),
    Hostile("lists without end", "[" * 5_000, _NESTING, "[[[[…"),
    Hostile("contexts without end", "{a:" * 3_000, _NESTING, "{a:{a:{a:…"),
    Hostile("conditions without end", "if a then " * 1_500 + "b", _NESTING, "if a then if a then …"),
    Hostile("functions without end", "function() " * 1_000 + "1", _NESTING, "function() function() …"),
    Hostile("tests without end", "x in (" * 3_000 + "1", _NESTING, "x in (x in (…"),
    Hostile("filters without end", "a" + "[1" * 3_000, _NESTING, "a[1[1[1…"),
    Hostile("types without end", "x instance of " + "list<" * 3_000, _NESTING, "x instance of list<list<…"),
    Hostile("a text without end", "1 + " * 6_000 + "1", _LENGTH, "1 + 1 + 1 + …"),
]
"""Stopped when they are read."""

RUN: list[Hostile] = [
    Hostile("a thousand million rounds", "for a in 1..1000000000 return a", _ITEMS),
    Hostile("rounds within rounds", "for a in 1..1000, b in 1..1000 return a + b", _ITEMS),
    Hostile("rounds whose results are dropped", "count(for a in 1..500, b in 1..500 return null)", _ITEMS),
    Hostile("a search that finds nothing", "some a in 1..100000, b in 1..100000 satisfies false", _STEPS),
    Hostile("a function that calls itself", _LAMBDA, "40 calls"),
    Hostile("a list of two of the last, 60 times", "for i in 1..60 return [partial[-1], partial[-1]]", "in a value"),
    Hostile(
        "a list doubled 200 times",
        "for i in 1..200 return if i = 1 then [0] else concatenate(partial[-1], partial[-1])",
        _ITEMS,
    ),
    Hostile(
        "a text doubled 100 times", 'for i in 1..100 return if i = 1 then "ab" else partial[-1] + partial[-1]', _TEXT
    ),
    Hostile("the text of all texts so far", 'for i in 1..100 return if i = 1 then "ab" else string(partial)', _TEXT),
    Hostile("two thousand texts joined", _JOINED, _TEXT, "string join(…)"),
    Hostile("a replacement that grows", f'replace(long, "a", "{"b" * 5_000}")', _TEXT, 'replace(long, "a", "bbbb…")'),
    Hostile("a pattern that tries all ways", _WAYS, _MATCH, 'matches("aaaa…!", "(a|aa)+$")'),
    Hostile("four stars over a long text", 'matches(long + "b", "(.*)(.*)(.*)(.*)[^ab]")', _MATCH),
    Hostile("a pattern of a thousand million", 'matches("a", "((a{999}){999}){999}")', "10,000"),
    Hostile("a sort with its own order", _SORTED, _STEPS),
    Hostile("everything compared with everything", "distinct values(for i in 1..5000 return {a: i})", _STEPS),
    Hostile("a value nested 500 deep", "deep", "60 lists and contexts"),
    Hostile("a list of 200,000", "wide", _ITEMS),
]  # fmt: skip
"""Stopped when they are evaluated."""


def stopped(one: Hostile) -> tuple[LicetError, float]:
    """Return the error, and the seconds until it came. Raises AssertionError if nothing stops the expression."""
    started = time.perf_counter()
    try:
        feel.compile(one.text).evaluate(NAMES)
    except LicetError as error:
        return error, time.perf_counter() - started
    raise AssertionError(f"nothing stopped {one.tries}")


def main() -> None:
    print("| tries | expression | stopped by | seconds |\n| --- | --- | --- | --- |")
    for one in (*READ, *RUN):
        _, seconds = stopped(one)
        shown = (one.shown or one.text).replace("|", "\\|")
        print(f"| {one.tries} | `{shown}` | {one.bound} | {seconds:.3f} |")


if __name__ == "__main__":
    main()
