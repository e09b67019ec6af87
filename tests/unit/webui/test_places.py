"""A place in a model that failed is told in the language of the page: element, name, kind, expression, facts."""

from __future__ import annotations

import pytest
from flask import Flask, session

from engine.model.runtime.places import KINDS, SENTENCE, WITHOUT_PLACE
from webui.sentences import SENTENCES, say_as
from webui.sentences.values import PLACES


def test_each_kind_of_place_has_a_name() -> None:
    assert set(PLACES) == set(KINDS)


def test_the_sentences_that_give_way_are_those_of_the_list() -> None:
    assert SENTENCE in SENTENCES
    assert WITHOUT_PLACE - {""} <= set(SENTENCES)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(("language", "reads"), [("zh", "涉及要素 region、way"), ("en", "it reads region, way")])
def test_a_place_is_told_with_all_that_helps_to_find_it(app: Flask, language: str, reads: str, kind: str) -> None:
    fields = {
        "element": "X",
        "name": "联合审查",
        "place": kind,
        "target": "sum",
        "expression": "=way + region",
        "facts": ["region", "way"],
    }
    with app.test_request_context("/"):
        session["language"] = language
        said = say_as("place_failed", fields)
        where = str(PLACES[kind])

    for part in ("X", "联合审查", where, "sum", "=way + region", reads):
        assert part in said


def test_a_place_that_reads_nothing_and_stands_alone_is_told_without_them(app: Flask) -> None:
    alone = {"element": "X", "name": "X", "place": "timer", "target": None, "expression": "P", "facts": []}
    with app.test_request_context("/"):
        session["language"] = "en"
        said = say_as("place_failed", alone)

    assert said.startswith("At 'X' (X), the timer gives no value that can be used: P. Nothing has changed.")
