"""A request looks at the hall once: the page and its menu show the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine.reading.views.sight import Sight, Sights
from webui import house


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Who has looked at the hall, in order."""
    people: list[str] = []
    of = Sights.of

    def counted(sights: Sights, person: str) -> AbstractContextManager[Sight]:
        people.append(person)
        return of(sights, person)

    monkeypatch.setattr(Sights, "of", counted)
    yield people


@pytest.mark.parametrize("page", ["/worklist", "/cases", "/mailbox", "/intake", "/cases/none", "/guide"])
def test_a_page_and_its_menu_are_of_one_look(clerk: FlaskClient, looks: list[str], page: str) -> None:
    answer = clerk.get(page)

    assert 'aria-label="主导航"' in answer.text
    assert looks == ["window1"] * (2 if answer.status_code == 404 else 1), "an error page looks anew"


def test_a_page_for_anybody_is_seen_by_nobody_in_particular(visitor: FlaskClient, looks: list[str]) -> None:
    assert visitor.get("/guide").status_code == 200
    assert looks == [""]


def test_after_a_look_is_ended_the_next_question_looks_again(app: Flask, looks: list[str]) -> None:
    with app.test_request_context("/"):
        first = house.sight()
        assert house.sight() is first
        house.look_away()
        assert house.sight() is not first

    assert looks == ["", ""]
