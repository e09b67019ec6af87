"""Clocks over HTTP against a real hall: the panel of a case, the officers' actions, the administrator's calendar."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from engine.case.state import Case
from tests.samples import site as sites
from tests.samples.clocks import at, notice


class Site:
    """One case of a hall, received on Tuesday 2026-12-29; what happens to it over HTTP, and what follows by itself."""

    number = "2026-000001"

    def __init__(self, here: sites.Site) -> None:
        here.app.config["WTF_CSRF_ENABLED"] = False
        self.hall, self.clock, self._here = here.hall, here.clock, here

    @property
    def case(self) -> Case:
        return self._here.case(self.number)

    def client(self, who: str) -> FlaskClient:
        return self._here.client(who)

    def settle(self) -> None:
        self.hall.scheduler.drain()

    def complete(self, by: str, **variables: object) -> None:
        (task,) = self.case.tasks.values()
        self._here.complete(self.number, task.element, by, **variables)
        self.settle()

    def page(self, who: str, path: str) -> str:
        answer = self.client(who).get(path)
        assert answer.status_code == 200
        return answer.text

    def post(self, who: str, path: str, **fields: object) -> int:
        status = self.client(who).post(path, data={"key": f"k-{who}-{path}", **fields}).status_code
        self.settle()
        return status


@pytest.fixture(scope="module")
def first_hall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the hall, to copy."""
    folder = tmp_path_factory.mktemp("hall")
    with sites.received(folder):
        return folder


@pytest.fixture
def site(first_hall: Path, tmp_path: Path) -> Iterator[Site]:
    with sites.opened(Path(shutil.copytree(first_hall, tmp_path / "hall")), sites.YEAR_END) as here:
        yield Site(here)


def clocks(page: str) -> str:
    """The clock panel of the case page, without its markup."""
    panel = re.search(r'<section class="card-plain" id="clocks".*?</section>', page, re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", panel[0])) if panel else ""


def test_a_provisional_due_date_is_marked_as_such(site: Site):
    said = clocks(site.page("market_head", f"/cases/{site.number}"))

    assert "2027-01-06 暂计" in said
    assert "2027年节假日安排尚未公布" in said


def test_the_worklist_says_in_words_that_a_due_date_is_provisional(site: Site):
    assert "暂计（节假日尚未公布）" in site.page("window1", "/worklist?group=open")

    site.hall.engine.load_calendar(notice(), "system:test")
    site.settle()

    assert "暂计" not in site.page("window1", "/worklist?group=open")


def test_an_administrator_loads_a_year_and_an_officer_confirms_what_was_due(site: Site):
    site.clock.move(at("2027-01-20 09:00"))
    site.settle()
    assert "尚未公布" in site.page("admin", "/calendar?year=2027")

    assert site.post("admin", "/calendar", file=(io.BytesIO(notice()), "2027.json")) == 302

    assert "虚构〔2026〕甲号" in site.page("admin", "/calendar?year=2027")
    page = site.page("market_head", f"/cases/{site.number}")
    assert "“五日未告知，视为受理”已于 2027-01-07 期满" in clocks(page)
    assert "确认到期效力" not in clocks(site.page("window1", f"/cases/{site.number}"))
    overdue = dict(re.findall(r'name="(deadline|due)" value="([^"]+)"', page))
    assert site.post("tax_head", f"/cases/{site.number}/deadlines/confirm", **overdue) == 403
    assert site.post("market_head", f"/cases/{site.number}/deadlines/confirm", **overdue) == 302
    (matter,) = site.case.matters.values()
    assert (matter.accepted_on, matter.basis) == ("2026-12-29", "deemed")


def test_only_administrators_see_and_load_the_calendar(site: Site):
    assert site.client("window1").get("/calendar").status_code == 403
    assert site.post("window1", "/calendar", file=(io.BytesIO(notice()), "2027.json")) == 403


@pytest.mark.parametrize("file", [b"", b"{", notice(makeup=["2027-01-06"]), notice(year=2030)])
def test_a_calendar_file_that_is_wrong_is_refused_with_its_place(site: Site, file: bytes):
    answer = site.client("admin").post("/calendar", data={"file": (io.BytesIO(file), "2027.json")})

    assert answer.status_code == 422
    assert "日历未载入" in answer.text


@pytest.mark.parametrize("year", ["1", "99999", "zwei"])
def test_a_year_that_cannot_be_counted_is_not_found_or_this_one(site: Site, year: str):
    assert site.client("admin").get(f"/calendar?year={year}").status_code == (200 if year == "zwei" else 404)


def test_a_head_suspends_resumes_and_extends(site: Site):
    site.complete("window1", outcome="accept")
    matter = next(iter(site.case.matters))
    path = f"/cases/{site.number}/matters/{matter}"
    assert site.post("tax_head", f"{path}/suspend", reason="hearing") == 403
    assert site.post("market_head", f"{path}/suspend", reason="weather") == 422
    assert site.post("market_head", f"{path}/suspend", reason="") == 422
    assert site.post("market_head", f"{path}/suspend", reason="hearing", workdays="3") == 302
    assert "停表：听证 2026-12-29 — 至今" in clocks(site.page("market_head", f"/cases/{site.number}")).replace(
        " ：", "："
    )

    site.clock.move(at("2026-12-30 09:00"))
    assert site.post("market_head", f"{path}/resume") == 302
    assert site.post("market_head", f"{path}/extend", amount="drei", reason="情况复杂") == 422
    assert site.post("market_head", f"{path}/extend", amount="2", reason="情况复杂") == 302

    said = clocks(site.page("market_head", f"/cases/{site.number}"))
    assert "延长 2 个工作日" in said and "情况复杂" in said
    inbox = site.hall.adapters.mailbox.inbox([f"applicant:{site.number}"], "zh")
    assert {"suspended", "extended"} <= {letter.template for letter in inbox}
