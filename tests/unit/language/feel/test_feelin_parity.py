"""Our FEEL and the browser's (feelin 8.2.0, run by Part from its wheel) give the same value, or the same refusal.

Both evaluate random expressions. Where they differ, a reason of REASONS has to cover it, and EXAMPLES shows each reason
at work; docs/feel.md lists them for designers.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.base.errors import LicetError
from engine.language import feel
from engine.language.feel import temporal
from tests.samples.expressions import CONTEXT, Expressions
from webui.build import ASSETS, BuildFailed, node_and_npm

SAMPLES = Path(__file__).parents[3] / "samples"
FEELIN = ASSETS / "node_modules" / "feelin" / "dist" / "index.js"
SIZE = 4_000 if os.environ.get("LICET_SOAK") else 350
SEED = 20_240_902

Leaf = tuple[Any, Any]
"""What ours gave and what feelin gave where the two part: tagged values."""


@pytest.fixture(scope="module")
def feelin() -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """Return a function that lets feelin evaluate `{"text", "tests", "context"}`, all in one run."""
    try:
        node, _ = node_and_npm()
    except BuildFailed:
        pytest.skip("no Part: install the extra `build`")
    if not FEELIN.exists():
        pytest.skip("feelin isn't there: run make build")

    def run(asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
        lines = "".join(json.dumps(one) + "\n" for one in asked)
        command = [node, str(SAMPLES / "feelin.mjs"), FEELIN.as_uri()]
        done = subprocess.run(command, input=lines, capture_output=True, encoding="utf-8", timeout=120)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


# ------------------------------------------------------------------ comparing


def tagged(value: Any) -> dict[str, Any]:
    """Return a value of ours with the tags that the script gives feelin's values."""
    if isinstance(value, list):
        return {"kind": "list", "value": [tagged(item) for item in value]}
    if isinstance(value, dict):
        return {"kind": "context", "value": {key: tagged(item) for key, item in value.items()}}
    if isinstance(value, feel.Range):
        ends = [tagged(value.start), tagged(value.end)]
        return {"kind": "range", "value": [*ends, value.start_included, value.end_included]}
    for kind, type_ in (("boolean", bool), ("number", Decimal), ("string", str), ("function", feel.Function)):
        if isinstance(value, type_):
            return {"kind": kind, "value": value}
    return {"kind": "null" if value is None else "temporal", "value": value}


def ours(text: str, names: dict[str, Any] = CONTEXT) -> dict[str, Any]:
    try:
        compiled = feel.compile(text, names=tuple(names))
        return tagged(compiled.evaluate(feel.from_host(names)))
    except LicetError as error:
        return {"kind": "refused", "value": error.message}


def apart(one: Any, other: Any) -> Iterator[Leaf]:
    """Return where two tagged values differ."""
    kind = one["kind"]
    if kind != other["kind"]:
        yield one, other
    elif kind in ("list", "range") and len(one["value"]) == len(other["value"]):
        for a, b in zip(one["value"], other["value"], strict=True):
            if isinstance(a, dict):
                yield from apart(a, b)
            elif a != b:
                yield one, other
    elif kind == "context" and one["value"].keys() == other["value"].keys():
        for key, value in one["value"].items():
            yield from apart(value, other["value"][key])
    elif kind not in ("refused", "function", "null") and not _same(kind, one["value"], other["value"]):
        yield one, other


def _same(kind: str, one: Any, other: Any) -> bool:
    if kind == "number":
        # feelin calculates in binary, with about 16 digits.
        return abs(one - Decimal(other)) <= Decimal("1e-9") * max(Decimal(1), abs(one))
    if kind == "temporal":
        return bool(one == temporal.parse(other))
    return kind in ("string", "boolean") and bool(one == other)


# ------------------------------------------------------------------ the differences


def _mentions(pattern: str) -> Callable[[str, list[Leaf]], bool]:
    compiled = re.compile(pattern)
    return lambda text, leaves: compiled.search(text) is not None


def _refuses(words: str) -> Callable[[str, list[Leaf]], bool]:
    return lambda text, leaves: any(
        side["kind"] == "refused" and words in side["value"] for leaf in leaves for side in leaf
    )


def _undecided(text: str, leaves: list[Leaf]) -> bool:
    return all(side["kind"] == "null" or side["value"] is False for leaf in leaves for side in leaf)


# Reason → whether it covers a difference. Asked only where there is one.
REASONS: dict[str, Callable[[str, list[Leaf]], bool]] = {
    "an unknown function is refused": _refuses("Expected a known function"),
    "an unknown type is refused": _refuses("Expected a known type"),
    "a wrong date behind @ is refused": _refuses("behind @"),
    "no comparison with a list": _refuses("unsupported range"),
    "null, and not NaN": lambda text, leaves: any(b["value"] == "NaN" for _, b in leaves),
    "lists of different length differ": _mentions(r"(?s)(\]|\)|tags|numbers|rows).* = "),
    "false and null are told apart": _undecided,
    "what can't be compared is null": lambda text, leaves: all(
        a["kind"] == "null" and b["value"] is True for a, b in leaves
    ),
    "in binds before a comparison": _mentions(r"\bin\b.*\)? (=|!=)"),
    "a known name isn't continued by a number": _mentions(r"\w\s+\d"),
    "a position outside is null": _mentions(r"\b(substring|sublist|insert before|remove|list replace)\("),
    "a date stays a date": _mentions(r"(?s)^(?=.*PT\d)(?=.*(date|@\"20))"),
    "a condition is true or not": _mentions(r"\bif\b"),
    "nothing lies between high and low": _mentions(r"\.\.|\bbetween\b"),
    "one value is a list of one": _mentions(r"\b(for|some|every)\b"),
    "a duration can be multiplied": _mentions(r'@"-?P|duration\('),
    "texts and dates have a least one": _mentions(r"\b(min|max)\("),
    "names in the text of a context": _mentions(r"string\("),
    "concatenate needs lists": _mentions(r"concatenate\("),
    "a filter keeps what is true": _mentions(r"[\w\]]\[[^\]]"),
    "decimals are exact": _mentions(r"round|decimal|floor|ceiling"),
}

# Expression, what ours gives, what feelin gives, under which reason.
EXAMPLES: list[tuple[str, Any, Any, str]] = [
    ("nonsense(1)", "refused", None, "an unknown function is refused"),
    ("1 instance of nonsense", "refused", False, "an unknown type is refused"),
    ('@"2024-13-01"', "refused", None, "a wrong date behind @ is refused"),
    ("1 < [true, false]", None, "refused", "no comparison with a list"),
    ('(@"2024-09-02" - @"2024-09-02") - @"2024-09-02"', None, "NaN", "null, and not NaN"),
    ("[1] = [1, 2]", False, None, "lists of different length differ"),
    ("every n in [true] satisfies n > 1", None, False, "false and null are told apart"),
    ("5 between null and 1", False, None, "false and null are told apart"),
    ('1 <= "a"', None, True, "what can't be compared is null"),
    ("0.5 in (> 1) != null", True, False, "in binds before a comparison"),
    ("some n in [2] satisfies n 1", "refused", False, "a known name isn't continued by a number"),
    ('substring("ab", 3)', None, "", "a position outside is null"),
    ("sublist([1, 2], 3)", None, [], "a position outside is null"),
    ('@"2024-09-02" + @"PT36H"', "2024-09-03", "2024-09-03T12:00:00Z", "a date stays a date"),
    ('if "yes" then 1 else 2', 2, 1, "a condition is true or not"),
    ("3 in [5..1]", None, True, "nothing lies between high and low"),
    ("3 between 5 and 1", False, True, "nothing lies between high and low"),
    ("for n in 5 return n", [5], None, "one value is a list of one"),
    ('@"P1D" * 2', "P2D", None, "a duration can be multiplied"),
    ('max(["a", "b"])', "b", None, "texts and dates have a least one"),
    ("string({住所: 1})", "{住所: 1}", '{"住所": 1}', "names in the text of a context"),
    ("concatenate(null, [1])", None, [None, 1], "concatenate needs lists"),
    ('[1, 2][@"2024-09-02"]', [], None, "a filter keeps what is true"),
    ("round up(-3.2 * 41 * 120, 1)", -15744, -15744.1, "decimals are exact"),
]

# Expressions that feelin has no answer to, and what ours gives.
ONLY_OURS: list[tuple[str, Any]] = [
    ("0.1 + 0.2 = 0.3", True),
    ('last day of month(@"2024-02-02")', "2024-02-29"),
    ("get or else(null, 1)", 1),
    ("is defined(1)", True),
    ("partition([1, 2, 3], 2)", [[1, 2], [3]]),
    ('trim(" a ")', "a"),
]  # fmt: skip


@pytest.mark.soak
def test_the_same_value_or_the_same_refusal(
    feelin: Callable[..., list[dict[str, Any]]], record_property: Callable[[str, object], None]
) -> None:
    source = Expressions(SEED)
    texts: dict[str, None] = {}
    while len(texts) < SIZE:
        texts[source.expression()] = None

    answers = feelin([{"text": text, "context": CONTEXT} for text in texts])

    reasons: dict[str, int] = {}
    unexplained: list[tuple[str, list[Leaf]]] = []
    for text, answer in zip(texts, answers, strict=True):
        leaves = list(apart(ours(text), answer))
        reason = next((name for name, covers in REASONS.items() if covers(text, leaves)), None) if leaves else ""
        if reason is None:
            unexplained.append((text, leaves))
        elif reason:
            reasons[reason] = reasons.get(reason, 0) + 1
    record_property("expressions", len(texts))
    record_property("differences", reasons)
    assert unexplained == []
    assert sum(reasons.values()) < SIZE * 0.12, reasons


@pytest.mark.soak
def test_cells_of_tables_match_alike(feelin: Callable[..., list[dict[str, Any]]]) -> None:
    source = Expressions(SEED)
    asked = [
        {"text": source.tests(kind), "tests": True, "context": {"?": value}}
        for _ in range(SIZE // 10)
        for kind, values in (("number", (-2, 0, 0.5, 5, 100)), ("string", ("a", "", "b", "示范")))
        for value in values
    ]

    parted: list[tuple[str, Any, Any, Any]] = []
    for one, answer in zip(asked, feelin(asked), strict=True):
        try:
            found: Any = feel.compile_unary(one["text"]).matches(one["context"]["?"])
        except LicetError:
            found = "refused"
        theirs = "refused" if answer["kind"] == "refused" else answer["value"]
        # A test without an answer isn't met: null and false count as the same.
        if found != theirs and (found or theirs):
            parted.append((one["text"], one["context"]["?"], found, theirs))
    assert parted == []


def test_examples_of_the_differences(feelin: Callable[..., list[dict[str, Any]]]) -> None:
    answers = feelin([{"text": text, "context": {}} for text, *_ in EXAMPLES])

    for (text, mine, theirs, reason), answer in zip(EXAMPLES, answers, strict=True):
        assert _plain(ours(text, {})) == mine, text
        assert _plain(answer) == theirs, text
        assert REASONS[reason](text, list(apart(ours(text, {}), answer))), text
    assert {reason for *_, reason in EXAMPLES} == REASONS.keys()


def test_what_only_ours_can(feelin: Callable[..., list[dict[str, Any]]]) -> None:
    answers = feelin([{"text": text, "context": {}} for text, _ in ONLY_OURS])

    for (text, mine), answer in zip(ONLY_OURS, answers, strict=True):
        assert _plain(ours(text, {})) == mine, text
        assert answer["value"] in (None, False) or answer["kind"] == "refused", text


def _plain(found: dict[str, Any]) -> Any:
    """Return a tagged value as JSON; numbers as numbers, "refused" for a refusal."""
    if found["kind"] == "refused":
        return "refused"
    if found["kind"] == "list":
        return [_plain(item) for item in found["value"]]
    if found["value"] == "NaN":
        return "NaN"
    if found["kind"] == "number":
        return float(found["value"])
    return found["value"] if isinstance(found["value"], str) else feel.to_json(found["value"])
