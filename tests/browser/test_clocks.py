"""The calendar and the clock panel in a real browser, over a real hall: accessible, readable, and within the policy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from waitress.server import create_server

from tests.browser.test_look import violations
from tests.samples import site as sites
from tests.samples.clocks import at, notice


class Site:
    """A hall whose clock stands on Tuesday 2026-12-29, with one application that was just received, and its pages."""

    case = "2026-000001"

    def __init__(self, here: sites.Site) -> None:
        self.clock, self.hall, self.passwords = here.clock, here.hall, here.passwords
        self.server = create_server(here.app, host="127.0.0.1", port=0)
        threading.Thread(target=self.server.run, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.effective_port}"

    def sign_in(self, page: Page, who: str) -> None:
        page.context.clear_cookies()
        page.goto(f"{self.address}/sign-in")
        page.get_by_label("账号", exact=True).fill(who)
        page.get_by_label("密码", exact=True).fill(self.passwords[who])
        page.get_by_role("button", name="登录").click()
        page.wait_for_load_state()

    def until(self, moment: str) -> None:
        self.clock.move(at(moment))
        self.hall.scheduler.drain()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with sites.received(tmp_path_factory.mktemp("clocks")) as here:
        found = Site(here)
        yield found
        found.server.close()


def test_a_year_is_loaded_and_what_was_due_by_it_is_confirmed(site: Site, page: Page, tmp_path: Path):
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Security Policy" in said.text else None)
    site.sign_in(page, "market_head")
    page.goto(f"{site.address}/cases/{site.case}")
    expect(page.locator("#clocks")).to_contain_text("暂计")
    assert violations(page) == []

    site.until("2027-01-20 09:00")
    (tmp_path / "2027.json").write_bytes(notice())
    site.sign_in(page, "admin")
    page.goto(f"{site.address}/calendar?year=2027")
    expect(page.locator(".day-makeup")).to_have_count(1)  # that of the legend: none is published
    page.get_by_label("日历文件").set_input_files(tmp_path / "2027.json")
    page.get_by_role("button", name="载入", exact=True).click()
    expect(page.get_by_text("虚构〔2026〕甲号")).to_be_visible()
    expect(page.get_by_role("cell", name="9 调休上班")).to_be_visible()
    assert violations(page) == []
    site.hall.scheduler.drain()

    site.sign_in(page, "market_head")
    page.goto(f"{site.address}/cases/{site.case}")
    expect(page.locator("#clocks")).to_contain_text("2027-01-07 期满")
    assert violations(page) == []
    page.get_by_role("button", name="确认到期效力").click()
    page.wait_for_load_state()
    expect(page.locator("#clocks")).to_contain_text("承诺时限")
    expect(page.get_by_text("视为受理").first).to_be_visible()
    assert violations(page) == [] and complaints == []
