"""Functions of numbers and booleans. Source: DMN 1.5 § 10.3.4.2 and § 10.3.4.5."""

from __future__ import annotations

import datetime
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)

from engine.language.feel import operators
from engine.language.feel.functions.registry import define
from engine.language.feel.values import NUMBERS, Value, YearsMonths, number

_SCALES = range(-6111, 6177)  # numbers of decimals that a number of 34 digits may have


def _rounded(value: Decimal, scale: Decimal, rounding: str) -> Decimal | None:
    if abs(scale) > len(_SCALES) or int(scale) not in _SCALES:
        return None
    places = int(scale)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -places:
        return value
    return number(value.quantize(Decimal((0, (1,), -places)), rounding, NUMBERS))


def _define_rounding(name: str, rounding: str) -> None:
    define(f"{name}(n: number, scale: number)")(lambda n, scale: _rounded(n, scale, rounding))


for _name, _rounding in (
    ("decimal", ROUND_HALF_EVEN), ("floor", ROUND_FLOOR), ("ceiling", ROUND_CEILING), ("round up", ROUND_UP),
    ("round down", ROUND_DOWN), ("round half up", ROUND_HALF_UP), ("round half down", ROUND_HALF_DOWN),
    ("round half even", ROUND_HALF_EVEN),
):  # fmt: skip
    _define_rounding(_name, _rounding)


@define("floor(n: number)")
def _floor(n: Decimal) -> Decimal | None:
    return _rounded(n, Decimal(0), ROUND_FLOOR)


@define("ceiling(n: number)")
def _ceiling(n: Decimal) -> Decimal | None:
    return _rounded(n, Decimal(0), ROUND_CEILING)


@define("abs(n: number | days and time duration | years and months duration)")
def _abs(n: Value) -> Value:
    return YearsMonths(abs(n.months)) if isinstance(n, YearsMonths) else abs(n)


@define("modulo(dividend: number, divisor: number)")
def _modulo(dividend: Decimal, divisor: Decimal) -> Decimal | None:
    """The remainder, with the sign of the divisor; None for a divisor of zero."""
    if not divisor:
        return None
    rest = NUMBERS.remainder(dividend, divisor)
    if not rest.is_finite():
        return None
    return NUMBERS.add(rest, divisor) if rest and (rest < 0) != (divisor < 0) else rest


@define("sqrt(number: number)")
def _sqrt(value: Decimal) -> Decimal | None:
    return number(NUMBERS.sqrt(value)) if value >= 0 else None


@define("log(number: number)")
def _log(value: Decimal) -> Decimal | None:
    return number(NUMBERS.ln(value)) if value > 0 else None


@define("exp(number: number)")
def _exp(value: Decimal) -> Decimal | None:
    return number(NUMBERS.exp(value))


@define("odd(number: number)")
def _odd(value: Decimal) -> bool | None:
    return None if value % 1 else value % 2 != 0


@define("even(number: number)")
def _even(value: Decimal) -> bool | None:
    return None if value % 1 else value % 2 == 0


@define("not(negand: Any)")
def _not(negand: Value) -> bool | None:
    return operators.negation(negand)


@define("is(value1?: Any, value2?: Any)")
def _is(left: Value, right: Value) -> bool:
    """Whether both are the very same value, of one kind and in one zone."""
    if type(left) is not type(right):
        return False
    if isinstance(left, (datetime.time, datetime.datetime)) and str(left.tzinfo) != str(right.tzinfo):
        return False
    return operators.equal(left, right) is True


@define("is defined(value: Any)")
def _is_defined(value: Value) -> bool:
    return value is not None


@define("get or else(value: Any, default: Any)")
def _get_or_else(value: Value, default: Value) -> Value:
    return default if value is None else value
