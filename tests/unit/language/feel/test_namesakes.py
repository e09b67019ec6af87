"""A variable that is named like a built-in function is the variable, except where it is called."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.language import feel

NAMESAKES = sorted(name for name in feel.BUILT_IN if name.isidentifier())


def value(text: str, **names: Any) -> Any:
    return feel.compile(text).evaluate(names)


@pytest.mark.parametrize("name", NAMESAKES)
def test_a_name_is_the_value_of_the_variable_or_null(name: str) -> None:
    for context in ({}, {name: None}):
        assert value(f"{name} = null", **context) is True
        assert value(name, **context) is None
        assert value(f"[{name}]", **context) == [None]
        assert value(f"{{a: {name}}}", **context) == {"a": None}
        assert value(f"is defined({name})", **context) is False
        assert value(f"if {name} = null then 1 else 2", **context) == 1
        assert feel.compile_unary(name).matches("a", context) is not True
    assert value(name, **{name: "a"}) == "a"
    assert value(f"{name} = null", **{name: "a"}) is False
    assert value(f"{name}.b", **{name: {"b": 1}}) == 1
    assert name in feel.compile(f"{name} = null").names


def test_where_it_is_called_it_is_the_function() -> None:
    assert str(value("date(date)", date="2026-03-02")) == "2026-03-02"
    assert value("number(number) + 1", number="2") == 3
    assert value("count(list[count > 1])", list=[{"count": 1}, {"count": 2}]) == 1
    assert value("sum(sum)", sum=[1, 2]) == 3
    assert value("max([min, 3])", min=5) == 5


def test_where_a_function_is_asked_for_it_is_the_function() -> None:
    assert value("sort([3, 1, 2], before)") == [1, 2, 3]
    assert value("sort(list: [3, 1, 2], precedes: after)") == [3, 2, 1]
    assert value("(function(f) f([1, 2]))(max)") == Decimal(2)
    assert value("sort([3, 1], before)", before=None) == [1, 3]
    assert value("list replace([1, 2], before, 3)") == value("list replace([1, 2], function(a, b) before(a, b), 3)")
