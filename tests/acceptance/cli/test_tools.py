"""Commands that need no database: `due`, `feel`, `decide`, `demo`, `chain check`, `chain test`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.cli.conftest import CHAIN, UNREACHABLE, Licet, assert_refused

SCENARIOS = Path(__file__).parents[1] / "scenarios"
CONSTRUCTS = Path(__file__).parents[2] / "samples" / "constructs"
REQUEST = {
    "start": "2024-09-02T09:00:00+08:00",
    "limit": {"amount": 5, "unit": "workday"},
    "events": [
        {"type": "suspend", "from": "2024-09-04", "to": "2024-09-09", "reason": "expert_review"},
        {"type": "extend", "amount": 10, "approved_at": "2024-09-10"},
    ],
    "as_of": "2024-09-06",
}
"""The example of law.md."""

TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">
  <inputData id="i" name="amount"/>
  <decision id="fee" name="fee">
    <informationRequirement id="r"><requiredInput href="#i"/></informationRequirement>
    <literalExpression id="e"><text>amount * 2</text></literalExpression>
  </decision>
</definitions>"""

# ------------------------------------------------------------------ due


def test_due_answers_as_the_law_page_says(bare: Licet) -> None:
    found = bare.json("due", input=json.dumps(REQUEST))

    counted = found.pop("counted_days")
    assert counted[:3] == ["2024-09-03", "2024-09-04", "2024-09-10"] and len(counted) == 15
    assert found == {
        "certainty": "final",
        "unpublished_years": [],
        "due": "2024-09-27",
        "due_at": "2024-09-28T00:00:00+08:00",
        "limit": 15,
        "extensions": [{"approved_at": "2024-09-10", "accepted": True, "due_before": "2024-09-12"}],
        "as_of": {
            "date": "2024-09-06",
            "used": 2,
            "remaining": 3,
            "overdue": 0,
            "light": "grey",
            "state": "suspended",
        },
    }


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"start": "2024-09-02T09:00:00"}, "start"),
        ({"limit": {"amount": 5, "unit": "week"}}, "limit.unit"),
        ({"limit": {"amount": -1, "unit": "workday"}}, "limit.amount"),
        ({"events": [{"type": "pause"}]}, "events[0].type"),
        ({"colour": "red"}, "colour"),
    ],
    ids=str,
)
def test_due_names_the_field_that_is_wrong(changed: Any, field: str, bare: Licet) -> None:
    assert_refused(bare.run("due", input=json.dumps({**REQUEST, **changed})), 2, field)


@pytest.mark.parametrize("given", [b"", b"{", b"[]", b"\xff", b'{"start": NaN}'])
def test_due_refuses_what_is_no_request(given: bytes, bare: Licet) -> None:
    assert_refused(bare.run("due", input=given), 2, "request")


def test_due_says_aloud_that_the_database_was_not_asked(bare: Licet) -> None:
    result = bare.run("due", "--json", input=json.dumps(REQUEST), database=UNREACHABLE)

    assert result.exit_code == 0 and json.loads(result.stdout)["due"] == "2024-09-27"
    assert "shipped calendar" in result.stderr


# ------------------------------------------------------------------ feel, decide


@pytest.mark.parametrize(
    ("expression", "context", "value"),
    [
        ("1 + 1", "{}", 2),
        ("=0.1 + 0.2", "{}", 0.3),
        ("a.b", '{"a": {"b": 1.5}}', 1.5),
        ("unknown", "{}", None),
        ('date("2024-01-02")', "{}", "2024-01-02"),
        ("for i in 1..3 return i * n", '{"n": 2}', [2, 4, 6]),
        ("1 / 0", "{}", None),
        ("-a + 1", '{"a": 3}', -2),
        ("1 / 4", "{}", 0.25),
        ("2 ** 100", "{}", 2**100),
        ("Monthly Salary * 12", '{"Monthly Salary": 10}', 120),
    ],
)
def test_feel_gives_the_value_as_json(expression: str, context: str, value: Any, bare: Licet) -> None:
    assert bare.json("feel", expression, "--context", context) == value


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("1 +",), "line 1, column"),
        (("if a then 1",), 'Expected "else"'),
        (("数量 ＞ 3",), "Write > instead"),
        (("cuont([1])",), "Did you mean count"),
        (("",), "Write null, or a value"),
        (("a", "--context", "[1]"), "--context"),
        (("a", "--context", "{"), "--context"),
        (("a", "--context", '{"a": NaN}'), "--context"),
    ],
)
def test_feel_refuses_what_it_cannot_read(words: tuple[str, ...], said: str, bare: Licet) -> None:
    assert_refused(bare.run("feel", *words), 2, said)


@pytest.mark.parametrize(
    ("expression", "note"),
    [
        ('"a" + 1', "string + number has no result"),
        ("nope + 1", "There is no nope in the context"),
        ("workdays(3)", "workdays(…) isn't available here"),
    ],
)
def test_why_a_value_is_null_stands_on_standard_error(expression: str, note: str, bare: Licet) -> None:
    result = bare.run("feel", expression)

    assert (result.exit_code, result.stdout) == (0, "null\n")
    assert note in result.stderr


def test_an_expression_that_never_ends_is_refused(bare: Licet) -> None:
    assert_refused(bare.run("feel", "for a in 1..1000000000 return a"), 1, "100,000 items")


def test_a_decision_is_made(bare: Licet) -> None:
    file = bare.folder / "fee.dmn"
    file.write_text(TABLE, "utf-8")

    assert bare.json("decide", file, "--decision", "fee", "--input", '{"amount": 21}') == 42
    assert_refused(bare.run("decide", file, "--decision", "other"), 2, "other")
    assert_refused(bare.run("decide", file, "--decision", "fee", "--input", "[]"), 2, "--input")
    assert_refused(bare.run("decide", file), 2, "--decision")


def test_inputs_are_read_as_their_types_and_wrong_ones_are_told(bare: Licet) -> None:
    file = bare.folder / "year.dmn"
    typed = TABLE.replace('name="amount"/>', 'name="amount"><variable name="amount" typeRef="date"/></inputData>')
    file.write_text(typed.replace("amount * 2", "amount.year"), "utf-8")

    assert bare.json("decide", file, "--decision", "fee", "--input", '{"amount": "2024-09-02"}') == 2024
    wrong = bare.run("decide", file, "--decision", "fee", "--input", '{"amount": 5}')
    assert wrong.stdout == "null\n" and "amount" in wrong.stderr


def test_a_wrong_expression_of_a_decision_is_null_with_its_place(bare: Licet) -> None:
    file = bare.folder / "fee.dmn"
    file.write_text(TABLE.replace("amount * 2", "amount *"), "utf-8")

    result = bare.run("decide", file, "--decision", "fee")

    assert (result.exit_code, result.stdout) == (0, "null\n")
    assert "line 6" in result.stderr and "Expected a value" in result.stderr


CASES = """<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <testCase id="001"><inputNode name="amount"><value xsi:type="xsd:decimal">21</value></inputNode>
  <resultNode name="fee"><expected><value xsi:type="xsd:decimal">{expected}</value></expected></resultNode></testCase>
</testCases>"""


@pytest.mark.parametrize(("expected", "code"), [("42", 0), ("43", 1)])
def test_cases_of_the_conformance_kit_are_run(expected: str, code: int, bare: Licet) -> None:
    file, cases = bare.folder / "fee.dmn", bare.folder / "fee-test-01.xml"
    file.write_text(TABLE, "utf-8")
    cases.write_text(CASES.format(expected=expected), "utf-8")

    rows = bare.json("decide", file, "--tests", cases, code=code)

    assert rows == [
        {"file": str(cases), "case": "001 fee", "passed": code == 0, "expected": int(expected), "found": 42}
    ]
    assert_refused(bare.run("decide", file, "--tests", file), 2, "test cases")


def test_files_that_a_model_imports_are_found_beside_it(bare: Licet) -> None:
    base = TABLE.replace('namespace="n"', 'namespace="base"').replace("amount * 2", "21")
    (bare.folder / "base.dmn").write_text(base, "utf-8")
    (bare.folder / "junk.dmn").write_text("<import", "utf-8")
    main = bare.folder / "main.dmn"
    main.write_text(
        """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="m" namespace="m" id="m">
        <import name="base" namespace="base" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>
        <decision id="twice" name="twice">
        <informationRequirement><requiredDecision href="base#fee"/></informationRequirement>
        <literalExpression><text>base.fee * 2</text></literalExpression></decision></definitions>""",
        "utf-8",
    )

    assert bare.json("decide", main, "--decision", "twice") == 42


@pytest.mark.parametrize("content", ["", "<x/>", "<x", "<!DOCTYPE x><x/>"])
def test_what_is_no_decision_model_is_one_clear_line(content: str, bare: Licet) -> None:
    file = bare.folder / "fee.dmn"
    file.write_text(content, "utf-8")

    assert_refused(bare.run("decide", file, "--decision", "fee"), 2, "fee.dmn")


# ------------------------------------------------------------------ chain check


def test_findings_have_the_promised_keys(bare: Licet) -> None:
    file = bare.folder / "broken.bpmn"
    model = (SCENARIOS / "models/decision.bpmn").read_text("utf-8").replace("=granted<", "granted<")
    file.write_text(model, "utf-8")

    found = bare.json("chain", "check", file, code=1)

    (wrong,) = [finding for finding in found if finding["severity"] == "error"]
    assert set(wrong) == {"file", "element", "line", "rule", "severity", "message", "path"}
    assert (wrong["element"], wrong["file"]) == ("outcome_to_grant", str(file))
    assert model.splitlines()[wrong["line"] - 1].strip().startswith("<bpmn:sequenceFlow")


def test_warnings_alone_are_success(bare: Licet) -> None:
    assert {f["severity"] for f in bare.json("chain", "check", SCENARIOS / "models/decision.bpmn")} == {"warning"}
    assert {f["severity"] for f in bare.json("chain", "check", CHAIN)} <= {"warning"}
    assert {f["severity"] for f in bare.json("chain", "check", "--notes", CHAIN)} <= {"warning", "note"}


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("doctype.bpmn", b"<!DOCTYPE x><x/>", "doctype"),
        ("empty.bpmn", b"", "file-empty"),
        ("bytes.bpmn", b"\xff\xfe\x00junk", "encoding"),
        ("text.bpmn", b"no XML", None),
        ("other.bpmn", b"<html/>", "not-a-model"),
        ("broken.form", b"{", "form-problem"),
        ("broken.dmn", b"<x/>", "decision-problem"),
        ("notes.txt", b"notes", "file-kind"),
    ],
)
def test_whatever_is_wrong_inside_a_file_is_a_finding(name: str, content: bytes, rule: str | None, bare: Licet) -> None:
    (bare.folder / name).write_bytes(content)

    found = bare.json("chain", "check", bare.folder / name, code=1)

    errors = [finding for finding in found if finding["severity"] == "error"]
    assert errors and (rule is None or rule in {finding["rule"] for finding in errors})


def test_a_folder_without_a_model_is_a_finding(bare: Licet) -> None:
    (bare.folder / "empty").mkdir()

    (finding,) = bare.json("chain", "check", bare.folder / "empty", code=1)

    assert finding["rule"] == "no-model"


# ------------------------------------------------------------------ chain test, demo


def test_rows_have_the_promised_keys(bare: Licet) -> None:
    (row,) = bare.json("chain", "test", SCENARIOS / "instances.json")

    assert row == {
        "scenario": "one entry per open instance; nth counts them in the order they were opened",
        "passed": True,
        "step": None,
        "expected": None,
        "found": None,
        "where": None,
        "coverage": {"chain": {"elements": [4, 4], "flows": [3, 3], "rules": [0, 0]}},
    }


def test_a_failed_row_ends_with_1_and_the_others_are_played(bare: Licet) -> None:
    (bare.folder / "broken.json").write_text("{", "utf-8")

    rows = bare.json(
        "chain", "test", bare.folder / "broken.json", bare.folder / "none.json", SCENARIOS / "refusals.json", code=1
    )

    assert [(row["scenario"], row["passed"]) for row in rows][:2] == [("broken", False), ("none", False)]
    assert rows[2]["passed"]
    assert "1 of 2 scenarios passed" in bare.run(
        "chain", "test", bare.folder / "broken.json", SCENARIOS / "refusals.json"
    ).stdout  # fmt: skip


def test_how_much_of_a_model_was_visited_is_told_to_people(bare: Licet) -> None:
    model = CONSTRUCTS / "exclusive_gateway_no_default"

    said = bare.run("chain", "test", *sorted(CONSTRUCTS.glob(f"{model.name}.*.json")), "--uncovered").stdout

    lines = said.splitlines()
    assert lines[-2:] == [
        "exclusive_gateway_no_default.bpmn: 5 of 6 elements (83 %), 4 of 6 flows (66 %)",
        "        process: C",
    ]


def test_no_scenario_at_all_is_no_success(bare: Licet) -> None:
    assert bare.json("chain", "test", bare.folder, code=1) == []


def test_the_demonstration_is_the_same_in_every_process() -> None:
    def told(hash_seed: str) -> Any:
        program = Path(sys.executable).with_name("licet")
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "LICET_DATABASE": UNREACHABLE}
        words = [str(program), "demo", "business_startup", "--json"]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    story = told("1")

    assert set(story) == {"case", "steps", "matters", "results", "verified"}
    assert set(story["steps"][0]) >= {"at", "actor", "command", "element", "effects"}
    assert story["verified"] is True
    assert len(story["matters"]) >= 6 and {matter["state"] for matter in story["matters"]} == {"handed_over"}
    assert "business_licence" in {result["value"].get("kind") for result in story["results"]}
    assert [step["element"] for step in story["steps"][:2]] == [None, "intake"]
    assert told("2") == story
