"""Findings about the rules of a decision table: inputs that no rule matches, and rules that contradict each other."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language import decisions, feel

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="urn:t" name="t">'

SECONDS = 20.0
"""What a large table may take on a small, busy machine."""

Column = tuple[str, str, str]  # name, type, allowed values or ""


def table(columns: list[Column], rules: list[tuple[str, ...]], policy: str = "UNIQUE", more: str = "") -> str:
    """Return a model with one table; the last cell of a rule is its result."""
    data = "".join(
        f'<inputData id="{n}" name="{n}"><variable name="{n}" typeRef="{t}"/></inputData>' for n, t, _ in columns
    )
    needs = "".join(
        f'<informationRequirement><requiredInput href="#{n}"/></informationRequirement>' for n, *_ in columns
    )
    heads = "".join(
        f'<input><inputExpression typeRef="{t}"><text>{n}</text></inputExpression>'
        + (f"<inputValues><text>{allowed}</text></inputValues>" if allowed else "")
        + "</input>"
        for n, t, allowed in columns
    )
    rows = "".join(
        "<rule>"
        + "".join(f"<inputEntry><text><![CDATA[{cell}]]></text></inputEntry>" for cell in cells)
        + f"<outputEntry><text>{result}</text></outputEntry></rule>\n"
        for *cells, result in rules
    )
    return (
        f'{HEAD}{more}{data}<decision id="d" name="d">{needs}'
        f'<decisionTable id="table" hitPolicy="{policy}">{heads}<output/>{rows}</decisionTable>'
        "</decision></definitions>"
    )


def told(text: str) -> list[str]:
    """Return `severity rule: message` of each finding."""
    return [f"{p.severity} {p.rule}: {p.message}" for p in decisions.read(text.encode()).problems]


AGE: list[Column] = [("age", "number", "")]


def test_two_rules_for_one_value_are_an_overlap() -> None:
    found = told(table(AGE, [("< 18", "1"), ("[18..65]", "2"), (">= 65", "3")]))

    assert found == [
        'error rules-overlap: Rules 2 and 3 both match "age" = 65. The hit policy UNIQUE allows one: '
        "the result would be null. Part them, or take FIRST."
    ]


def test_values_without_a_rule_are_a_gap() -> None:
    found = told(table(AGE, [("< 18", "1"), ("(18..65)", "2"), ("> 65", "3")]))

    assert found == [
        'warning rules-missing: No rule matches "age" = 18 or = 65: the result is null. '
        "Add a rule, or a default result."
    ]


@pytest.mark.parametrize(
    ("kind", "cells", "gap"),
    [
        ("number", ["<= 5", ">= 6"], '"x" in (5..6)'),
        ("number", ["not(1, 2)"], '"x" = 1 or = 2'),
        ("number", ["? > 5 and ? <= 9", "? <= 5"], '"x" > 9'),
        ("number", ["-1", "> -1"], '"x" < -1'),
        ("date", ['< @"2024-09-02"', '> date("2024-09-02")'], '"x" = 2024-09-02'),
        ("date", ['<= @"2024-09-02"', '>= @"2024-09-03"'], None),
        ("dateTime", ['<= @"2024-09-02T00:00:00Z"', '>= @"2024-09-03T00:00:00Z"'],
         '"x" in (2024-09-02T00:00:00Z..2024-09-03T00:00:00Z)'),
        ("time", ['< @"12:00:00"', '[@"12:00:00"..@"18:00:00")'], '"x" >= 18:00:00'),
        ("dayTimeDuration", ['<= @"P3D"'], '"x" > P3D'),
        ("yearMonthDuration", ['<= @"P1Y"', '>= @"P13M"'], None),
        ("boolean", ["true"], '"x" = false'),
        ("boolean", ["true", "not(true)"], None),
        ("string", ['"new"', '"change"'], '"x" = any other text'),
        ("string", ['"new"', 'not("new")'], None),
        ("string", ['"a"', "-"], None),
    ],
)  # fmt: skip
def test_gaps_of_each_kind_of_values(kind: str, cells: list[str], gap: str | None) -> None:
    found = told(table([("x", kind, "")], [(cell, "1") for cell in cells], "FIRST"))

    assert [text.partition(" matches ")[2].partition(":")[0] for text in found if "No rule" in text] == (
        [] if gap is None else [gap.partition(":")[0]]
    )


def test_allowed_values_are_all_that_has_to_be_covered() -> None:
    kind: list[Column] = [("kind", "string", '"transfer", "first", "mortgage"')]

    assert told(table(kind, [('"transfer", "first"', "1"), ('"mortgage"', "2")])) == []
    assert 'No rule matches "kind" = "mortgage"' in told(table(kind, [('"transfer", "first"', "1")]))[0]


def test_allowed_values_of_a_type_count_too() -> None:
    type_ = (
        '<itemDefinition name="kind"><typeRef>string</typeRef>'
        '<allowedValues><text>"a", "b"</text></allowedValues></itemDefinition>'
    )

    found = told(table([("x", "kind", "")], [('"a"', "1")], more=type_))

    assert found == [
        'warning rules-missing: No rule matches "x" = "b": the result is null. Add a rule, or a default result.'
    ]


def test_a_cell_that_no_allowed_value_meets_never_matches() -> None:
    found = told(table([("kind", "string", '"a", "b"')], [('"a"', "1"), ('"b"', "2"), ('"c"', "3")]))

    assert found == [
        'warning rule-never: Rule 3 never matches: its cell for "kind" excludes all values. '
        "Correct the cell, or remove the rule."
    ]


def test_several_inputs_are_looked_at_together() -> None:
    columns: list[Column] = [("age", "number", ""), ("local", "boolean", "")]

    found = told(table(columns, [("< 18", "-", "1"), (">= 18", "true", "2"), (">= 60", "-", "3")]))

    assert found[0].startswith('error rules-overlap: Rules 2 and 3 both match "age" >= 60, "local" = true.')
    assert found[1].startswith('warning rules-missing: No rule matches "age" in [18..60), "local" = false:')
    assert len(found) == 2


def test_rules_that_agree_may_overlap_under_any() -> None:
    assert told(table(AGE, [("< 18", "1"), ("< 10", "1"), (">= 18", "2")], "ANY")) == []
    assert "Rules 1 and 2" in told(table(AGE, [("< 18", "1"), ("< 10", "2"), (">= 18", "2")], "ANY"))[0]


def test_a_rule_behind_those_that_match_all_of_it_is_never_reached() -> None:
    found = told(table(AGE, [("< 18", "1"), (">= 18", "2"), ("> 20", "3")], "FIRST"))

    assert found == [
        "warning rule-masked: Rule 3 is never reached: those before it match all that it matches. "
        "Move it up, or remove it."
    ]


def test_overlaps_and_gaps_are_meant_where_rules_are_collected() -> None:
    assert told(table(AGE, [("< 18", "1"), ("< 10", "2")], "COLLECT")) == []


def test_cells_that_calculate_prove_nothing() -> None:
    assert told(table(AGE, [("? > limit", "1"), ("modulo(?, 2) = 0", "2")])) == []


def test_the_first_findings_of_a_table_are_enough() -> None:
    rules = [("-", str(i)) for i in range(40)]

    assert len(told(table(AGE, rules))) == 3


def test_a_large_table_is_looked_at_in_a_moment() -> None:
    columns: list[Column] = [(name, "number", "") for name in "abcdefgh"]
    rules = [(*(f"[{i * j % 17}..{i * j % 17 + 9}]" for j in range(1, 9)), str(i)) for i in range(400)]

    begun = time.perf_counter()
    found = told(table(columns, rules, "FIRST"))

    assert time.perf_counter() - begun < SECONDS
    assert not any("table-large" in one for one in found)


def test_a_table_of_thousands_of_constants_is_not_looked_through() -> None:
    began = time.perf_counter()
    found = told(table(AGE, [(str(n), "1") for n in range(2_000)]))

    assert [one.partition(":")[0] for one in found] == ["warning table-large"]
    assert "2000 rules" in found[0]
    assert time.perf_counter() - began < SECONDS


@pytest.mark.parametrize("id", ["d", "table", "age"])
def test_an_id_that_stands_twice_is_told(id: str) -> None:
    text = table(AGE, [("< 18", "1"), (">= 18", "2")]).replace("<output/>", f'<output id="{id}"/>')

    [found] = told(text)

    assert found == f'warning id: The id "{id}" is taken, at line 1. Give one of the two another id.'


def test_an_overlap_has_the_line_of_its_rule() -> None:
    text = table(AGE, [("< 18", "1"), ("< 20", "2"), (">= 20", "3")])

    found = decisions.read(text.encode()).problems[0]

    assert (found.element, found.line) == ("table", 2)


@pytest.mark.parametrize(
    ("text", "rule", "words"),
    [
        (table(AGE, [("-", "1")], "UNIQ"), "hit policy", "Expected one of UNIQUE"),
        (table(AGE, [("1",)]), "cells", "Expected 1 inputs and 1 outputs"),
        (table([("age", "numbr", "")], [("-", "1")]), "type", 'Expected a known type, found "numbr"'),
        (table(AGE, [("> > 1", "1")]), "feel", "Expected a value"),
        (HEAD + '<decision id="a" name="a"><informationRequirement><requiredDecision href="#b"/>'
         '</informationRequirement></decision><decision id="b" name="b"><informationRequirement>'
         '<requiredDecision href="#a"/></informationRequirement></decision></definitions>',
         "circle", "a → b → a"),
    ],
)  # fmt: skip
def test_what_else_is_wrong_with_a_model(text: str, rule: str, words: str) -> None:
    found = [p for p in decisions.read(text.encode()).problems if p.severity == "error"]

    assert found and all(p.rule == rule for p in found)
    assert words in found[0].message


POINTS = [0, 1, 2, 3]
VALUES = [-1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4]
"""The points, a value between each two, and one on either side."""

cells = st.one_of(
    st.sampled_from(POINTS).map(str),
    st.tuples(st.sampled_from(["<", "<=", ">", ">="]), st.sampled_from(POINTS)).map(lambda c: f"{c[0]} {c[1]}"),
    st.tuples(
        st.sampled_from("[("), st.sampled_from(POINTS), st.sampled_from(POINTS), st.sampled_from("])")
    ).map(lambda c: f"{c[0]}{min(c[1:3])}..{max(c[1:3])}{c[3]}"),
    st.sampled_from(POINTS).map(lambda point: f"not({point})"),
    st.just("-"),
)  # fmt: skip


@given(st.lists(st.tuples(cells, cells, st.sampled_from(["1", "2"])), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_gaps_and_overlaps_are_found_just_where_trying_all_values_finds_them(rules: list[tuple[str, str, str]]) -> None:
    columns: list[Column] = [("x", "number", ""), ("y", "number", "")]
    tests = [(feel.compile_unary(x), feel.compile_unary(y)) for x, y, _ in rules]

    matching = [
        sum(one.matches(x) is True and other.matches(y) is True for one, other in tests)
        for x in VALUES
        for y in VALUES
    ]  # fmt: skip
    found = {p.rule for p in decisions.read(table(columns, list(rules)).encode()).problems}

    assert ("rules-missing" in found) == (min(matching) == 0)
    assert ("rules-overlap" in found) == (max(matching) > 1)
