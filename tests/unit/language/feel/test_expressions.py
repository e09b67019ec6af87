"""FEEL expressions, rule by rule: text and names in, value out."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.base.errors import FeelError
from engine.language import feel

NOW = datetime.datetime(2024, 9, 2, 9, 0, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))


def value(text: str, given: dict[str, Any] | None = None, **known: Any) -> Any:
    return feel.compile(text, **known).evaluate(given or {}, now=NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("2 ** 3 ** 2", 64),
        ("-2 ** 2", 4),
        ("10 - 2 - 3", 5),
        ("1 / 3 * 3 < 1", True),
        ("1 / 0", None),
        ('"a" + "b"', "ab"),
        ('"a" + 1', None),
        (".5 + 1.5e1", Decimal("15.5")),
        ("1 = 1.0", True),
        ('1 = "1"', None),
        ("null = null", True),
        ("1 != null", True),
        ("1 < null", None),
        ("true and null", None),
        ("false and null", False),
        ("true or null", True),
        ("not(null)", None),
        ("2 between 1 and 3 and true", True),
        ("if null then 1 else 2", 2),
        ("5 in [1..5)", False),
        ("5 in (1, > 4)", True),
        ('"b" in ["a", "b"]', True),
        ("[1, 2, 3][2]", 2),
        ("[1, 2, 3][-1]", 3),
        ("[1, 2, 3][4]", None),
        ("[1, 2, 3][item > 1]", [2, 3]),
        ("[{a: 1}, {a: 2}][a = 2].a", [2]),
        ("{a: 1, b: a + 1}.b", 2),
        ('{"a b": 1}.a b', 1),
        ("for i in 1..3 return i * 2", [2, 4, 6]),
        ("for i in 3..1 return i", [3, 2, 1]),
        ("for i in 0..4 return if i = 0 then 1 else i * partial[-1]", [1, 1, 2, 6, 24]),
        ("for x in [1, 2], y in [x, 10] return x + y", [2, 11, 4, 12]),
        ("some x in [1, 2] satisfies x > 1", True),
        ("every x in [] satisfies x", True),
        ("(function(a: number, b: number) a + b)(1, 2)", 3),
        ("sort([3, 1, 2], function(x, y) x > y)", [3, 2, 1]),
        ("[1..10[.end included", False),
        ('substring("企业开办", 3)', "开办"),
        ('string length("😀")', 1),
        ('date("2024-02-29") + duration("P1Y")', datetime.date(2025, 2, 28)),
        ('@"2024-09-02" - @"2024-09-01"', datetime.timedelta(days=1)),
        ("today()", datetime.date(2024, 9, 2)),
        ('{a: 1} instance of context<a: number>', True),
        ("[1] instance of list<string>", False),
        ("count([1, 2]) // a remark\n + 1", 3),
    ],
)  # fmt: skip
def test_value_of(text: str, expected: Any) -> None:
    assert value(text) == expected
    assert (value(text) is None) == (expected is None)


def test_names_with_spaces_are_one_name() -> None:
    assert value("12 * Monthly Salary", {"Monthly Salary": 1000}) == 12000


def test_names_with_operators_need_to_be_known() -> None:
    names = {"Pre-bureau risk": "LOW"}

    assert value('Pre-bureau risk = "LOW"', names, names=names.keys()) is True


def test_backticks_hold_any_name() -> None:
    assert value("`a-b` + 1", {"a-b": 1}) == 2


def test_chinese_names() -> None:
    assert value('注册资本 >= 100 and 类型 = "公司"', {"注册资本": 100, "类型": "公司"}) is True


def test_a_path_through_nothing_is_null() -> None:
    assert value("a.b.c") is None
    assert value("a.b.c", {"a": {"b": 1}}) is None


def test_no_attribute_of_a_host_object_is_reachable() -> None:
    class Host:
        secret = "x"

    for text in ("o.secret", "o.__class__", "d.keys", "t.__class__", "o"):
        assert value(text, {"o": Host(), "d": {}, "t": "text"}) is None


def test_numbers_of_the_host_become_decimals() -> None:
    found = value("a", {"a": [1, 0.1, {"b": 2}]})

    assert found == [Decimal(1), Decimal("0.1"), {"b": Decimal(2)}]
    assert isinstance(found[2]["b"], Decimal)


def test_what_is_no_number_is_null() -> None:
    for odd in (float("nan"), float("inf"), Decimal("NaN"), Decimal("sNaN")):
        assert value("a > 1", {"a": odd}) is None
        assert value("[a][1] + 1", {"a": odd}) is None


def test_host_functions_are_called_with_values() -> None:
    expression = feel.compile("workdays(5) + 1", functions=["workdays"])

    assert expression.evaluate({}, {"workdays": lambda days: days * 2}) == 11
    assert expression.evaluate({}, {}) is None
    assert expression.evaluate({}, {"workdays": lambda: 1}) is None


def test_names_and_calls_are_told() -> None:
    expression = feel.compile("for x in items return f(x) + count(rest)", functions=["f"])

    assert expression.names == {"items", "rest"}
    assert expression.calls == {"f", "count"}


def test_the_moment_comes_from_the_host() -> None:
    assert value("now()") == NOW
    assert feel.compile("now()").evaluate({}) is None


def test_warnings_say_why_something_is_null() -> None:
    warnings: list[str] = []

    feel.compile('1 + "a"').evaluate({}, warnings=warnings)

    assert warnings == ["number + string has no result; null."]


@pytest.mark.parametrize(
    ("text", "position", "part"),
    [
        ("", 0, "found nothing"),
        ("1 +", 3, "found the end"),
        ("substrin(x, 1)", 0, "Did you mean substring"),
        ("a ＞ 1", 2, "Write > instead"),
        ("= 1", 0, "leading"),
        ("if a then b", 11, "else"),
        ('"abc', 0, "closing"),
        ("a\n&& b", 2, "and"),
        ("x instance of nothing", 14, "known type"),
        ("{a: 1, a: 2}", 7, "once"),
    ],
)
def test_a_wrong_expression_says_where_and_what(text: str, position: int, part: str) -> None:
    with pytest.raises(FeelError) as refused:
        feel.compile(text)

    assert refused.value.fields["position"] == position
    assert part.lower() in refused.value.message.lower()
    assert refused.value.fields["line"] == text[:position].count("\n") + 1


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        ("< 18", 17, True),
        ("< 18", None, None),
        ('"a", "b"', "b", True),
        ("-", 1, True),
        ("", None, True),
        ('not("a", "b")', "c", True),
        ("[1..3], > 10", 11, True),
        ("? > 2 and ? < 4", 3, True),
        ("null", None, True),
        ("true", True, True),
        ("[1, 2]", 2, True),
    ],
)
def test_unary_tests(text: str, given: Any, expected: bool | None) -> None:
    assert feel.compile_unary(text).matches(given) is expected


def test_json_both_ways() -> None:
    found = feel.compile('{a: 1.5, b: [@"2024-09-02", @"P1D"], c: 12345678901234567890}').evaluate()

    assert feel.to_json(found) == {"a": 1.5, "b": ["2024-09-02", "P1D"], "c": 12345678901234567890}
    assert feel.from_host({"a": 1}) == {"a": Decimal(1)}
