"""Properties that hold for all expressions and values."""

from __future__ import annotations

import datetime
import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.base.errors import BudgetExceeded, FeelError
from engine.language import feel
from engine.language.feel import temporal

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9)
scalars = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=20), st.dates())
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
)


@given(values)
def test_a_value_equals_itself(value: Any) -> None:
    assert feel.compile("a = a").evaluate({"a": value}) is True


@given(scalars, scalars)
def test_equality_is_symmetric(a: Any, b: Any) -> None:
    one, other = feel.compile("a = b"), feel.compile("b = a")

    assert one.evaluate({"a": a, "b": b}) is other.evaluate({"a": a, "b": b})


@given(scalars, scalars)
def test_less_is_the_reverse_of_greater(a: Any, b: Any) -> None:
    assert feel.compile("a < b").evaluate({"a": a, "b": b}) is feel.compile("b > a").evaluate({"a": a, "b": b})


@given(st.sampled_from([True, False, None]), st.sampled_from([True, False, None]))
def test_de_morgan(a: bool | None, b: bool | None) -> None:
    names = {"a": a, "b": b}

    assert feel.compile("not(a and b)").evaluate(names) is feel.compile("not(a) or not(b)").evaluate(names)


@given(numbers, numbers)
def test_arithmetic_is_that_of_decimals(a: Decimal, b: Decimal) -> None:
    names = {"a": a, "b": b}

    assert feel.compile("a + b - b = a").evaluate(names) is True
    assert feel.compile("a * b").evaluate(names) == a * b


@given(st.text(max_size=30))
def test_a_string_survives_writing_and_reading(text: str) -> None:
    written = feel.compile("string([a])").evaluate({"a": text})

    assert feel.compile(written).evaluate() == [text]


@given(st.datetimes(timezones=st.just(datetime.UTC) | st.none()))
def test_a_moment_survives_writing_and_reading(moment: datetime.datetime) -> None:
    assert temporal.parse_datetime(temporal.format_datetime(moment)) == moment


@given(st.timedeltas(min_value=datetime.timedelta(days=-9999), max_value=datetime.timedelta(days=9999)))
def test_a_duration_survives_writing_and_reading(length: datetime.timedelta) -> None:
    assert temporal.parse_duration(temporal.format_duration(length)) == length


@given(values)
def test_every_value_has_a_plain_form(value: Any) -> None:
    plain = feel.to_json(value)

    assert json.loads(json.dumps(plain)) == plain


FRAGMENTS = """a b 1 2.5 "x" null true + - * / ** ( ) [ ] { } , . .. : = != < >= and or in between if then else
for return some every satisfies function(x) not( count( instance of number list< > @"P1D" ? ` // /* 企 ， ' \\"""


@settings(max_examples=300)
@given(st.lists(st.sampled_from(FRAGMENTS.split()), max_size=25).map(" ".join))
def test_any_text_is_either_refused_with_a_place_or_evaluated(text: str) -> None:
    try:
        expression = feel.compile(text)
    except FeelError as error:
        assert 0 <= error.fields["position"] <= len(text)
        return
    with suppress(BudgetExceeded):
        expression.evaluate({"a": 1, "b": [1, 2]})
