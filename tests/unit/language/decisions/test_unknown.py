"""An unknown value satisfies no test of a decision table: not by kind, not by `?`, not in a result."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.language import decisions, feel

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="urn:t" name="t">'

# Each kind of test, with the one input that meets it.
TESTS: dict[str, Any] = {
    "true": True, "false": False, "1": 1, '"a"': "a", '@"2026-03-02"': date(2026, 3, 2), '@"09:30:00"': time(9, 30),
    '@"2026-03-02T09:30:00"': datetime(2026, 3, 2, 9, 30), '@"P1D"': timedelta(days=1), "< 2": 1, "<= 1": 1, "> 0": 1,
    "[1..5]": 1, "(0..1]": 1, "= 1": 1, "!= 2": 1, "1, 2": 1, "[1, 2]": 1, "not(2)": 1, "not(2, > 5)": 1,
    "not([2..3])": 1,
    'not("b")': "a", "not(false)": True, "not(< 1)": 1, "? < 3": 1, "? >= 1 and ? < 300": 1, "odd(?)": 1,
    'contains(?, "a")': "a", "? between 0 and 2": 1, "? in [1..5]": 1, "not(even(?))": 1, "? = 1": 1,
    'if ? > 0 then true else null': 1, "limit": 7, "[1..limit]": 1, "< limit": 1, "= limit": 7, "!= limit": 1,
    "other > 3": 1, "odd(limit)": 1, "flag": True, "limit * 2": 14,
}  # fmt: skip
NAMES = {"limit": 7, "other": 4, "flag": True}
UNKNOWN: dict[str, Any] = {}
INPUTS: list[Any] = [
    None, True, False, 0, 1, 7, "", "a", "true", "false", date(2026, 3, 2), time(9, 30), datetime(2026, 3, 2, 9, 30),
    timedelta(days=1), [], [1], {}, {"a": 1},
]  # fmt: skip
DECIDE_ALONE = {"other > 3", "odd(limit)"}
"""Tests that speak of something else than their input: they decide by themselves, as the standard has it."""


@pytest.mark.parametrize("test", TESTS)
def test_each_kind_of_test_is_met_by_what_it_asks_for(test: str) -> None:
    assert feel.compile_unary(test).matches(TESTS[test], NAMES) is True


@pytest.mark.parametrize("test", TESTS)
def test_no_kind_of_test_is_met_by_null(test: str) -> None:
    assert feel.compile_unary(test).matches(None, NAMES) is not True


@pytest.mark.parametrize(
    "test", [test for test in TESTS if {"limit", "other", "flag"} & feel.compile_unary(test).names]
)
def test_a_test_that_reads_something_unknown_is_not_met(test: str) -> None:
    found = [value for value in INPUTS if feel.compile_unary(test).matches(value, UNKNOWN) is True]

    # "Other than something unknown" holds for each known value, as `x != null` does.
    assert found == (INPUTS[1:] if test == "!= limit" else [])


@pytest.mark.parametrize(
    ("test", "met"),
    [("null", True), ("-", True), ("", True), ("= null", True), ("!= null", False), ("not(null)", False),
     ("1, null", True),
     ("[1, null]", True), ("not(1, null)", False), ("? = null", True), ("not(? != null)", True),
     ("is defined(?)", False), ('? != "a"', True)],
)  # fmt: skip
def test_null_meets_what_asks_for_null(test: str, met: bool) -> None:
    assert (feel.compile_unary(test).matches(None, NAMES) is True) == met


@pytest.mark.parametrize("value", INPUTS[1:], ids=repr)
def test_not_null_is_met_by_each_known_value(value: Any) -> None:
    assert feel.compile_unary("not(null)").matches(value) is True
    assert feel.compile_unary("!= null").matches(value) is True


@given(st.sampled_from(["true", "false", "flag", "not(flag)"]), st.sampled_from(INPUTS))
def test_true_and_false_are_met_by_themselves_alone(test: str, value: Any) -> None:
    asked = {"true": True, "false": False, "flag": True, "not(flag)": False}[test]

    assert (feel.compile_unary(test).matches(value, NAMES) is True) == (value is asked)


@given(st.sampled_from(sorted(TESTS)), st.sampled_from(INPUTS))
def test_a_test_is_met_by_no_value_of_another_kind(test: str, value: Any) -> None:
    wanted = TESTS[test]
    kinds = (bool, str, date, time, datetime, timedelta, list, dict)
    same = type(value) is type(wanted) or (not isinstance(value, kinds) and not isinstance(wanted, kinds))

    met = feel.compile_unary(test).matches(value, NAMES) is True

    if met and not same and value is not None:
        assert test in DECIDE_ALONE or value == [1]


# ------------------------------------------------------------------ tables


def table(policy: str, column: str, rules: list[tuple[str, str]], output: str = "") -> decisions.Model:
    rows = "".join(
        f"<rule><inputEntry><text><![CDATA[{test}]]></text></inputEntry>"
        f"<outputEntry><text><![CDATA[{result}]]></text></outputEntry></rule>"
        for test, result in rules
    )
    typed = f' typeRef="{column}"' if column else ""
    return decisions.read(
        f'{HEAD}<decision id="d" name="d"><decisionTable {policy}>'
        f"<input><inputExpression{typed}><text>x</text></inputExpression></input>"
        f'<output name="fee"{output}/>{rows}</decisionTable></decision></definitions>'.encode()
    )


def decided(model: decisions.Model, **inputs: Any) -> tuple[Any, list[str]]:
    notes: list[str] = []
    return model.decide("d", inputs, warnings=notes), notes


@pytest.mark.parametrize("value", [None, 0, "false", "true"])
def test_a_column_of_true_and_false_says_why_nothing_matches(value: Any) -> None:
    found, notes = decided(table("", "", [("true", "1"), ("false", "2")]), x=value)

    assert found is None
    assert any("asks for true" in note for note in notes) == (value is not None)
    assert notes[-1] == "No rule of the table matches; null."


def test_a_negation_says_why_null_does_not_meet_it() -> None:
    _, notes = decided(table("", "string", [('not("a")', "1")]), x=None)

    assert notes[0] == "A cell is not(…), and its input is null; not met."


@pytest.mark.parametrize("aggregator", ["SUM", "MIN", "MAX"])
@pytest.mark.parametrize(
    ("results", "kinds"),
    [(["100", "null", "500"], "Null and number"), (["null", "null"], "Null"), (["1", '"a"'], "number and string"),
     (["1", '@"P1D"'], "days and time duration and number"), (["true", "false"], "boolean")],
)  # fmt: skip
def test_results_without_sum_or_order_give_null_and_say_why(aggregator: str, results: list[str], kinds: str) -> None:
    model = table(f'hitPolicy="COLLECT" aggregation="{aggregator}"', "number", [("-", result) for result in results])

    found, notes = decided(model, x=1)

    assert found is None
    assert notes == [f'The results "fee" of the table have no {aggregator}: their kinds are {kinds}; null.']


@given(st.lists(st.none() | st.integers(-9, 9) | st.booleans() | st.text("ab", max_size=1), min_size=1, max_size=5))
def test_aggregates_are_those_of_the_functions(values: list[Any]) -> None:
    rules = [("-", f"v[{place}]") for place in range(1, len(values) + 1)]
    kinds = {type(value) for value in values}

    for aggregator in ("SUM", "MIN", "MAX"):
        found, notes = decided(table(f'hitPolicy="COLLECT" aggregation="{aggregator}"', "", rules), x=1, v=values)

        wanted = feel.compile(f"{aggregator.lower()}(v)").evaluate({"v": values}) if len(kinds) == 1 else None
        assert found == wanted
        assert bool(notes) == (found is None)


def test_a_result_of_another_type_says_so() -> None:
    found, notes = decided(table("", "number", [("-", '"a"')], ' typeRef="number"'), x=1)

    assert found is None
    assert notes == ['A result "fee" of the table is a string, and its column is of type number; null.']


# ------------------------------------------------------------------ texts in columns of days


@pytest.mark.parametrize(
    ("column", "text", "cell"),
    [
        ("date", "1990-05-01", '< @"2008-01-01"'),
        ("time", "09:30:00", '@"09:30:00"'),
        ("date and time", "2026-03-02T09:30:00+08:00", '@"2026-03-02T01:30:00Z"'),
        ("days and time duration", "PT24H", '@"P1D"'),
        ("years and months duration", "P1Y", '> @"P11M"'),
    ],
)
def test_a_text_in_a_column_of_days_is_read(column: str, text: str, cell: str) -> None:
    assert decided(table("", column, [(cell, "1")]), x=text) == (Decimal(1), [])


@pytest.mark.parametrize("text", ["", "1990", "1990-13-01", "gestern"])
def test_a_text_that_is_no_date_says_so(text: str) -> None:
    found, notes = decided(table("", "date", [("-", "1")]), x=text)

    assert found is None
    assert notes == ['The input "x" of the table is a string, and its column is of type date; null.']


# ------------------------------------------------------------------ what the analysis says of null


def rules_of(model: decisions.Model) -> list[tuple[str, str]]:
    return [(problem.rule, problem.severity) for problem in model.problems]


CELLS = {
    "number": ["< 1", ">= 1", "1", "-", "null", "not(null)", "not(1)"],
    "string": ['"a"', 'not("a")', "-", "null", "not(null)", '""'],
    "boolean": ["true", "false", "-", "null", "not(null)"],
    "date": ['< @"2026-03-02"', '>= @"2026-03-02"', "-", "null", "not(null)"],
}
SAMPLES: dict[str, list[Any]] = {
    "number": [0, 1, 2], "string": ["", "a", "b"], "boolean": [True, False],
    "date": [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)],
}  # fmt: skip


@given(st.data())
def test_the_analysis_agrees_with_trying_null_and_all_values(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(CELLS)))
    cells = data.draw(st.lists(st.sampled_from(CELLS[kind]), min_size=1, max_size=4))
    met = {
        place: [value for value in [None, *SAMPLES[kind]] if feel.compile_unary(cell).matches(value) is True]
        for place, cell in enumerate(cells)
    }

    first = rules_of(table('hitPolicy="FIRST"', kind, [(cell, "1") for cell in cells]))
    unique = rules_of(table('hitPolicy="UNIQUE"', kind, [(cell, "1") for cell in cells]))

    masked = [
        place for place in met if place and not [v for v in met[place] if not any(v in met[p] for p in range(place))]
    ]
    assert [rule for rule, _ in first if rule == "rule-masked"] == ["rule-masked"] * len(masked)
    assert "rule-never" not in {rule for rule, _ in first}  # each of these cells is met by something
    assert ("rules-missing" in {rule for rule, _ in unique}) == any(
        all(value not in found for found in met.values()) for value in SAMPLES[kind]
    )
    overlaps = any(
        value in met[a] and value in met[b] for a in met for b in range(a) for value in [None, *SAMPLES[kind]]
    )
    assert ("rules-overlap" in {rule for rule, _ in unique}) == overlaps


def test_an_overlap_at_null_alone_is_a_warning() -> None:
    body = '<inputData id="x" name="x"/><decision id="d" name="d"><informationRequirement><requiredInput href="#x"/>'
    rule = "<rule><inputEntry><text>null</text></inputEntry><outputEntry><text>1</text></outputEntry></rule>"
    text = (
        f'{HEAD}{body}</informationRequirement><decisionTable id="table"><input><inputExpression><text>x</text>'
        f"</inputExpression></input><output/>{rule}{rule}</decisionTable></decision></definitions>"
    )

    problems = decisions.read(text.encode()).problems

    assert [(p.rule, p.severity) for p in problems] == [("rules-missing", "warning"), ("rules-overlap", "warning")][
        ::-1
    ]
    assert 'both match "x" = null' in problems[0].message
