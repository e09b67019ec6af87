"""Every page that links lead to opens, whoever is signed in, in both languages."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient

from tests.samples.site import Site
from webui.security import limiter

PEOPLE = ("window1", "market_reviewer1", "market_head", "leader", "supervisor", "designer", "auditor", "admin",
          "applicant1")  # fmt: skip
ALIKE_FOR_ALL = re.compile("/static/|/guide/|/cases/[^/]+/processes/")
LINK = re.compile(r'(?:href|data-src)="([^"]+)"')
TITLE = re.compile(r"<title>\s*[^\s·][^<]* · ")
STATES = ("received", "returned", "under_review", "suspended", "correcting", "granted", "denied", "handed_over",
          "withdrawn", "completed", "cancelled")  # fmt: skip
WORDS = ("未签收", "不限", "已提交", "未提交", "已调取", "可容缺", "同一项目的办件", "视为受理", "停表：",
         "延长 2 个工作日", "已结束的流程", "系统时钟")  # fmt: skip
MOST_QUERIES = 2
"""Addresses of one page with different queries that are opened: years of the calendar, facts of a case, tabs."""


@pytest.fixture(autouse=True)
def without_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter, "enabled", False)


def links(path: str, page: str) -> Iterator[str]:
    """Addresses of ours on a page, without anchors."""
    for link in LINK.findall(page):
        address = urlsplit(urljoin(path, html.unescape(link)))
        if not address.netloc and address.path.startswith("/"):
            yield address._replace(fragment="").geturl()


def crawled(client: FlaskClient, first: str, past: re.Pattern[str]) -> tuple[set[str], dict[str, str]]:
    """Open everything that links lead to from the first page, but what begins like `past`.

    The addresses that were opened, and what is wrong with a page by its address.
    """
    seen, wrong, waiting = {first}, {}, [first]
    queries = Counter[str]()
    while waiting:
        path = waiting.pop()
        answer = client.get(path, follow_redirects=True)
        if answer.status_code != 200:
            wrong[path] = f"status {answer.status_code}"
        if answer.mimetype != "text/html":
            continue
        if not TITLE.search(answer.text) or re.search(r">\s*None\s*<|Undefined", answer.text):
            wrong[path] = "no title, or a value that is not there"
        for link in sorted(set(links(path, answer.text)) - seen):
            page, _, query = link.partition("?")
            queries[page] += bool(query)
            if not past.match(link) and queries[page] <= MOST_QUERIES:
                seen.add(link)
                waiting.append(link)
    return seen, wrong


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("person", PEOPLE)
def test_every_page_that_somebody_gets_to_opens(hall: Site, person: str, language: str) -> None:
    client = hall.client(person)
    client.post(f"/language/{language}")

    seen, wrong = crawled(client, "/", ALIKE_FOR_ALL)

    assert wrong == {}
    assert {"/cases", "/mailbox"} < seen


def test_every_diagram_opens(hall: Site, clerk: FlaskClient) -> None:
    _, wrong = crawled(clerk, "/cases", re.compile("(?!/cases)|.*/(tasks|files|history)"))

    assert wrong == {}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_for_anybody_opens(hall: Site, visitor: FlaskClient, language: str) -> None:
    visitor.post(f"/language/{language}")

    seen, wrong = crawled(visitor, "/guide", re.compile("/static/"))

    assert wrong == {}
    assert {"/verify", "/guide/establishment_registration.pdf"} < seen


def test_the_cases_of_the_hall_show_every_state_that_a_page_tells_apart(hall: Site) -> None:
    admin, reviewer = hall.client("admin"), hall.client("market_reviewer1")
    pages = {name: admin.get(f"/cases/{number}").text for name, number in hall.cases.items()}
    shown = "".join(pages.values())
    worklist = reviewer.get("/worklist?group=open").text + hall.client("window1").get("/worklist?group=open").text

    assert {f"light-{colour}" for colour in ("green", "yellow", "red", "grey")} <= set(re.findall(r"light-\w+", shown))
    assert {f"state-{state}" for state in STATES} <= set(re.findall(r"state-\w+", shown))
    assert [words for words in WORDS if words not in shown] == []
    assert all(f"light-{colour}" in worklist for colour in ("green", "yellow", "red"))
    assert "第 2 轮" in worklist
