"""A mailbox with more letters than a page holds."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.samples.clocks import at
from tests.samples.site import Site
from tests.samples.small_hall import NOW
from webui.desk.pages import LETTERS


@pytest.fixture
def full(own_hall: Site) -> Site:
    """Letters to window1, one a minute, more than two pages of them beside what is there."""
    for n in range(2 * LETTERS + 3):
        content = {"subject": f"第{n}封", "text": "内容"}
        later = at(NOW) + timedelta(days=1, minutes=n)
        own_hall.hall.adapters.mailbox.send(f"n/{n}", "person:window1", "message", content, "2026-000001", later)
    return own_hall


def subjects(page: str) -> list[str]:
    return re.findall(r"<h2>(第\d+封)</h2>", page)


def test_letters_come_in_pages_the_latest_first(full: Site) -> None:
    clerk = full.client("window1")

    first, second = (clerk.get(f"/mailbox?page={n}").text for n in (1, 2))

    assert subjects(first) == [f"第{n}封" for n in range(2 * LETTERS + 2, LETTERS + 2, -1)]
    assert subjects(second) == [f"第{n}封" for n in range(LETTERS + 2, 2, -1)]
    assert 'href="/mailbox?page=2"' in first and "上一页" not in first
    assert 'href="/mailbox?page=1"' in second and 'href="/mailbox?page=3"' in second
    assert clerk.get("/mailbox").text.count("未读") == LETTERS


def test_what_is_read_is_marked_and_the_page_stays(full: Site) -> None:
    clerk = full.client("window1")

    answer = clerk.post("/mailbox/n/5/read?page=2")

    assert answer.location == "/mailbox?page=2"
    assert clerk.get("/mailbox?page=2").text.count("未读") == LETTERS - 1


@pytest.mark.parametrize("page", ["0", "-1", "101", "99999999999999999999"])
def test_a_page_that_cannot_be_is_not_found(clerk: FlaskClient, page: str) -> None:
    assert clerk.get(f"/mailbox?page={page}").status_code == 404
