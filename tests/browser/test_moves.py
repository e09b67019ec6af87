"""Moves by hand in a real browser: by keyboard, accessible in both languages, and the preview is what then happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from waitress.server import create_server

from tests.browser.test_look import violations
from tests.samples.site import Site, site


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    with site(tmp_path_factory.mktemp("hall")) as found:
        server = create_server(found.app, host="127.0.0.1", port=0)
        threading.Thread(target=server.run, daemon=True).start()
        yield found, f"http://127.0.0.1:{server.effective_port}"
        server.close()


def sign_in(page: Page, address: str, passwords: dict[str, str], who: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{address}/sign-in")
    page.get_by_label("账号", exact=True).fill(who)
    page.get_by_label("密码", exact=True).fill(passwords[who])
    page.get_by_role("button", name="登录").click()
    page.wait_for_load_state()


def test_a_clerk_sends_back_by_keyboard_and_an_administrator_sets_right_and_migrates(
    hall: tuple[Site, str], page: Page
) -> None:
    here, address = hall
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Security Policy" in said.text else None)
    number = here.case_of(here.publish("moves/branches"), "P", "A1", amount=12)
    sign_in(page, address, dict(here.passwords), "window1")

    page.goto(f"{address}/cases/{number}/tasks/{here.task(number, 'A2')}")
    page.get_by_role("link", name="调整").press("Enter")
    expect(page.get_by_role("group", name="退回到")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("P", exact=True).press("Space")
    page.get_by_label("原因").fill("材料有误")
    page.get_by_label("原因").press("Enter")
    expect(page.get_by_role("heading", name="确认后将会")).to_be_visible()
    expect(page.locator(".foreseen")).to_contain_text("B1")
    assert violations(page) == []
    page.get_by_role("button", name="确认退回").press("Enter")
    page.wait_for_url(f"**/cases/{number}")
    expect(page.locator("#tasks")).to_contain_text("P")
    assert here.open(number) == ["P"]

    first, second = here.publish("migration/first"), here.publish("migration/second")
    waiting = here.case_of(first, "P")
    sign_in(page, address, dict(here.passwords), "admin")
    page.goto(f"{address}/cases/{number}")
    page.get_by_role("link", name="维护").click()
    page.get_by_role("link", name="更正 amount").click()
    assert violations(page) == []
    page.locator("#fact-value").fill("13")
    page.locator("#fact-reason").fill("笔误")
    page.get_by_role("button", name="下一步").first.click()
    page.get_by_role("button", name="确认更正要素").click()
    page.wait_for_url(f"**/cases/{number}")
    assert here.case(number).facts[0, "amount"] == 13

    page.goto(f"{address}/versions")
    assert violations(page) == []
    page.get_by_role("button", name="迁移第 1 版的在办件").click()
    page.get_by_label("原因").fill("新版本")
    page.get_by_role("button", name="试算").click()
    expect(page.get_by_role("status")).to_contain_text("可以迁移 1 件")
    assert violations(page) == []
    page.get_by_role("button", name="迁移 1 件").click()
    expect(page.get_by_role("status")).to_contain_text("已迁移 1 件")
    assert here.case(waiting).chain == second
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert complaints == []
