"""Test cases in the format of the DMN Technology Compatibility Kit: run, and compared. Knows no DMN.

A case holds inputs and the results that they should give. A result marked `errorResult` may be an error, which Licet
gives as null.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.base.errors import LicetError, ModelError
from engine.language.decisions import xml
from engine.language.decisions.model import Model, read
from engine.language.feel import Value, from_host, to_json
from engine.language.feel import temporal as times

# The kit states results of long sums with fewer digits than they have.
_RELATIVE_TOLERANCE = Decimal("1e-8")


def run_tests(dmn: bytes | Sequence[bytes], tests: bytes, now: datetime.datetime | None = None) -> list[dict[str, Any]]:
    """Run the test cases; return a row `{"case", "passed", "expected", "found"}` for each result that they ask for.

    `dmn`: as for `read`. `now`: the moment of `now()`. Raises ModelError for text that isn't XML, or no test cases.
    """
    model, root = read(dmn), xml.parse(tests)
    if xml.kind(root) != "testCases":
        raise ModelError(f"Expected test cases, found <{xml.kind(root)}>.", line=xml.line(root))
    rows: list[dict[str, Any]] = []
    for case in xml.children(root, "testCase"):
        inputs = {node.get("name", ""): value_of(node) for node in xml.children(case, "inputNode")}
        for result in xml.children(case, "resultNode"):
            rows.append(_row(model, case, result, inputs, now))
    return rows


def _row(
    model: Model, case: xml.Element, result: xml.Element, inputs: dict[str, Value], now: datetime.datetime | None
) -> dict[str, Any]:
    element = xml.child(result, "expected")
    expected = None if element is None else value_of(element)
    name = f"{case.get('id') or '?'} {result.get('name')}"
    try:
        actual = _actual(model, case, result.get("name", ""), inputs, now)
    except LicetError as error:
        passed = result.get("errorResult") == "true"
        return {"case": name, "passed": passed, "expected": to_json(expected), "found": f"error: {error.message}"}
    passed = same(actual, expected)
    return {"case": name, "passed": passed, "expected": to_json(expected), "found": to_json(actual)}


def _actual(
    model: Model, case: xml.Element, name: str, inputs: dict[str, Value], now: datetime.datetime | None
) -> Value:
    invocable = case.get("invocableName")
    if not invocable:
        return model.decide(name, inputs, now=now)
    value = model.decide(invocable, inputs, now=now)
    # A service with several outputs gives them by name; the case asks for one of them.
    several = isinstance(value, dict) and name in value and case.get("type") == "decisionService"
    return value[name] if several else value


def value_of(element: xml.Element) -> Value:
    """Return the value that an input, an expected result, an item or a component is written as."""
    entries = list(xml.children(element, "component"))
    if entries:
        return {entry.get("name", ""): value_of(entry) for entry in entries}
    items = xml.child(element, "list")
    if items is not None:
        return None if _is_nil(items) else [value_of(item) for item in xml.children(items, "item")]
    value = xml.child(element, "value")
    if value is None or _is_nil(value):
        return None
    return _scalar(value.text or "", value.get(f"{xml.XSI}type", "").rpartition(":")[2])


def _is_nil(element: xml.Element) -> bool:
    return element.get(f"{xml.XSI}nil") in ("true", "1")


def _scalar(text: str, kind: str) -> Value:
    if kind in ("decimal", "double", "float", "integer", "int", "long"):
        try:
            return from_host(Decimal(text.strip()))
        except InvalidOperation:
            return None
    if kind == "boolean":
        return text.strip() in ("true", "1")
    if kind in ("date", "time", "dateTime", "duration", "dayTimeDuration", "yearMonthDuration"):
        return times.parse(text.strip())
    return text


def same(actual: Value, expected: Value) -> bool:
    """Return whether a result is the expected one; numbers are compared to eight significant digits."""
    if isinstance(actual, Decimal) and isinstance(expected, Decimal):
        return abs(actual - expected) <= _RELATIVE_TOLERANCE * max(Decimal(1), abs(expected))
    if isinstance(actual, list) and isinstance(expected, list):
        return len(actual) == len(expected) and all(map(same, actual, expected))
    if isinstance(actual, dict) and isinstance(expected, dict):
        return actual.keys() == expected.keys() and all(same(actual[key], expected[key]) for key in actual)
    return type(actual) is type(expected) and bool(actual == expected)
