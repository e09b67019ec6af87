"""The bounds of an expression, and their checks. Knows no FEEL.

An expression comes from a designer and its values from an applicant; neither may hold the engine up. A bound is a
number of things rather than a span of time, so that a replay meets it at the same place. Only a regular expression is
bounded by time, because its steps can't be counted.
"""

from __future__ import annotations

from typing import Any, NoReturn

from engine.base.errors import BudgetExceeded

SOURCE_CHARACTERS = 20_000  # of one expression; the largest seen in the conformance kit has 2,400
NESTING = 100  # brackets and operators within each other; keeps well below Python's own stack
STEPS = 200_000  # items looped over, calls made, items copied; about a second
LIST_ITEMS = 100_000  # of one list
TEXT_CHARACTERS = 1_000_000  # of one string
VALUE_PARTS = 200_000  # lists, contexts and their items in one value, shared parts counted each time
VALUE_DEPTH = 60  # lists and contexts within each other
CALL_DEPTH = 40  # functions of a model within each other
REGEX_REPEATS = 10_000  # the counts of one pattern, such as {2,5}, multiplied
REGEX_SECONDS = 0.25  # of one match


def exceeded(what: str, bound: float, unit: str) -> NoReturn:
    """Raise BudgetExceeded for a bound that was passed. `what` says by what, such as "it takes more"."""
    raise BudgetExceeded(
        f"Expected an expression that stays within {bound:,} {unit}; {what}. "
        f"Make the input smaller, or the expression simpler.",
        sentence="budget_exceeded",
        bound=bound,
        unit=unit,
    )


def check_text(text: str) -> str:
    """The text. Raises BudgetExceeded if it is too long."""
    if len(text) > TEXT_CHARACTERS:
        exceeded(f"a text grew to {len(text):,}", TEXT_CHARACTERS, "characters in a text")
    return text


def check_value(value: Any) -> Any:
    """The value. Raises BudgetExceeded if it has too many parts, or is nested too deep, to be walked through."""
    if isinstance(value, (list, dict)):
        _count(value, 0, 0)
    return value


def _count(value: Any, seen: int, depth: int) -> int:
    if depth > VALUE_DEPTH:
        exceeded("a value is nested deeper", VALUE_DEPTH, "lists and contexts within each other")
    seen += len(value)
    if seen > VALUE_PARTS:
        exceeded("a value has more", VALUE_PARTS, "parts in a value")
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, (list, dict)):
            seen = _count(item, seen, depth + 1)
    return seen
