"""Each refusal has its sentence in the list, in both languages; each sentence of the list is said by somebody."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest
from flask import Flask, session

from engine.base import terms
from engine.case import clocks
from engine.language.forms.messages import ENGLISH
from engine.law.catalogue.items import Sensitive
from engine.law.matter import SUSPENSIONS
from tests.unit.webui.test_translations import translated
from webui.sentences import SENTENCES, say_as, values
from webui.text import LIMITS, SUSPENSION_NAMES

ROOT = Path(__file__).parents[3]

NEVER_ON_A_PAGE = {
    "adapters/settings.py": "settings are read before there is a page",
    "adapters/wiring.py": "raised while the outbox is delivered; it becomes an incident, which quotes the message",
    "engine/hall/door/post.py": "raised while the outbox is delivered; told again, or parked as an incident",
    "engine/model/chain/measures.py": "figures are stated on the command line",
    "engine/reading/scenarios/": "scenario files are read by the command line",
    "webui/cli/": "the command line",
}
"""Where errors are raised that no page can answer with, and why."""

HOMES = ("engine.base.errors", "engine.hall.ports")
"""Where the classes of the error tree are defined."""

QUIET = {"Fault", "StoreUnreachable", "JournalBroken"}
"""Faults are ours: the page gives a number, the log has the rest."""


@dataclass(frozen=True)
class Raised:
    """One construction of an error, or of one wrong field. `fields` None: they are passed on from elsewhere."""

    where: str
    codes: frozenset[str]
    fields: frozenset[str] | None


def _sources() -> dict[str, ast.Module]:
    paths = (path for room in ("engine", "adapters", "webui") for path in (ROOT / room).rglob("*.py"))
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in paths}


SOURCES = _sources()


def _error_classes() -> dict[str, str]:
    """All classes of the error tree, with the code that a class gives its errors by itself."""
    defaults = {"LicetError": ""}
    classes = [node for tree in SOURCES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    while True:
        before = len(defaults)
        for node in classes:
            bases = [base.id for base in node.bases if isinstance(base, ast.Name) and base.id in defaults]
            if bases:
                own = [
                    line.value.value
                    for line in node.body
                    if isinstance(line, ast.Assign)
                    and isinstance(line.value, ast.Constant)
                    and [target.id for target in line.targets if isinstance(target, ast.Name)] == ["sentence"]
                ]
                defaults.setdefault(node.name, str(own[0]) if own else defaults[bases[0]])
        if len(defaults) == before:
            return {name: code for name, code in defaults.items() if name not in QUIET}


def _codes(node: ast.expr) -> frozenset[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return frozenset({node.value})
    if isinstance(node, ast.IfExp):
        return _codes(node.body) | _codes(node.orelse)
    return frozenset()


def _given(call: ast.Call) -> frozenset[str] | None:
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else frozenset(name for name in names if name)


def _keys(node: ast.expr) -> frozenset[str] | None:
    """The names of a dict that stands there as written; None where it is a variable."""
    if not isinstance(node, ast.Dict):
        return None
    return frozenset(key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def _raised() -> Iterator[Raised]:
    known = _error_classes()
    for path, tree in SOURCES.items():
        if path.startswith(tuple(NEVER_ON_A_PAGE)):
            continue
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        imported = {name.name for node in imports if node.module in HOMES for name in node.names}
        classes = {name: code for name, code in known.items() if name in imported}
        for node in ast.walk(tree):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if not isinstance(node, ast.Call) or not node.args:
                continue
            where = f"{path}:{node.lineno}"
            if name in classes:
                stated = [keyword.value for keyword in node.keywords if keyword.arg == "sentence"]
                codes = _codes(stated[0]) if stated else frozenset({classes[name]} - {""})
                yield Raised(where, codes, _given(node))
            elif name == "wrong_field" and isinstance(node.args[0], ast.Constant):
                yield Raised(where, _codes(node.args[0]), _given(node))
            elif name in ("Obstacle", "Lost"):
                yield Raised(where, _codes(node.args[3]), _keys(node.args[4]))


RAISED = list(_raised())
OF_FORMS = {f"field_{code}" for code in ENGLISH}


def test_every_refusal_has_a_sentence() -> None:
    without = [one.where for one in RAISED if not (one.codes and one.codes <= set(SENTENCES))]

    assert without == []


def test_every_way_in_which_a_field_is_wrong_has_a_sentence() -> None:
    assert OF_FORMS - set(SENTENCES) == set()


def test_every_sentence_is_english_too() -> None:
    english = {text for text, words in translated().items() if all(words)}

    assert [code for code, sentence in SENTENCES.items() if str(sentence.text) not in english] == []


def test_a_sentence_names_only_what_the_refusal_gives() -> None:
    wrong = [
        (one.where, code, sorted(SENTENCES[code].names - one.fields))
        for one in RAISED
        for code in one.codes & set(SENTENCES)
        if one.fields is not None and SENTENCES[code].names - one.fields
    ]

    assert wrong == []


def test_no_sentence_is_listed_that_nobody_says() -> None:
    assert set(SENTENCES) - OF_FORMS - {code for one in RAISED for code in one.codes} == set()


def test_every_value_that_is_shown_by_a_rule_stands_in_its_sentence() -> None:
    assert [code for code, sentence in SENTENCES.items() if set(sentence.shown) - sentence.names] == []


def test_values_that_a_sentence_calls_by_a_code_have_names() -> None:
    assert set(values.SENSITIVE) == set(get_args(Sensitive))
    assert set(SUSPENSION_NAMES) == set(SUSPENSIONS)
    assert {*clocks.ARTICLES, clocks.SUPPLY, clocks.STEP, clocks.INTERMEDIARY} <= set(LIMITS)


def test_identifiers_and_what_is_wrong_with_them_have_names() -> None:
    assert set(values.IDENTIFIERS) == set(terms.KINDS)
    assert set(values.IDENTIFIER_REASONS) == set(terms.REASONS)


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("zh", "企业名称“甲”已被预留至2026年6月30日，请另行选择，或在预留期满后再申请。"),
        ("en", "The company name '甲' is reserved until 2026-06-30. Choose another one,"),
    ],
)
def test_a_sentence_is_said_in_the_language_of_the_page(app: Flask, language: str, says: str) -> None:
    with app.test_request_context("/"):
        session["language"] = language
        said = say_as("thing_reserved", {"kind": "company_name", "key": "甲", "last": "2026-06-30"})

    assert said.startswith(says)
