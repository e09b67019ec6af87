"""Every page over made-up readings, in a real browser: accessible, without a breach of the policy, and working."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from waitress.server import create_server

from engine.base.errors import InvalidInput
from tests.samples.intake import fill_in
from tests.samples.pages import CASE, PASSWORD, PROJECT, sample_house
from webui import House, create_app

PAGES = (
    "/worklist?group=open",
    f"/cases/{CASE}",
    f"/cases/{CASE}/tasks/24",
    f"/cases/{CASE}/history",
    f"/projects/{PROJECT}",
    "/cases",
    "/intake",
    "/intake/business_startup",
    "/mailbox",
    "/incidents",
    "/outbox",
    "/verify/nothing",
    "/guide",
    "/guide/establishment_registration",
    "/nowhere",
)


@pytest.fixture(scope="module")
def house() -> House:
    def many_sign_ins(parts: dict[str, Any]) -> None:
        parts["settings"] = replace(parts["settings"], sign_ins_per_minute=1000)

    return sample_house(many_sign_ins)


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    server = create_server(create_app(house), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complained of, breaches of the content security policy among it."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda message: found.append(message.text) if "Security Policy" in message.text else None)
    return found


@pytest.fixture
def clerk(page: Page, address: str, complaints: list[str]) -> Page:
    page.goto(f"{address}/sign-in")
    page.get_by_label("账号", exact=True).fill("window1")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/worklist")
    return page


def violations(page: Page) -> list[tuple[str, Any]]:
    answer = Axe().run(page).response
    return [(found["id"], [node["html"][:120] for node in found["nodes"]]) for found in answer["violations"]]


def test_the_sign_in_page_is_accessible(page: Page, address: str, complaints: list[str]) -> None:
    page.goto(f"{address}/sign-in")

    assert violations(page) == []
    assert complaints == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_and_keeps_the_policy(clerk: Page, address: str, complaints: list[str], path: str) -> None:
    clerk.goto(address + path)
    for kind in ("data-diagram", "data-form"):
        for one in clerk.locator(f"[{kind}]").all():
            expect(one).to_have_attribute("data-shown", "yes")

    assert violations(clerk) == []
    assert complaints == []


def test_the_keyboard_reaches_the_content_first(clerk: Page, address: str) -> None:
    clerk.goto(f"{address}/worklist")

    clerk.keyboard.press("Tab")
    expect(clerk.get_by_role("link", name="跳到正文")).to_be_focused()
    clerk.keyboard.press("Enter")

    expect(clerk.locator("#content")).to_be_focused()


def test_an_incomplete_form_is_not_sent_and_says_so_in_chinese(clerk: Page, address: str, house: House) -> None:
    clerk.goto(f"{address}/cases/{CASE}/tasks/24")
    before = len(house.engine.commands)

    clerk.get_by_role("button", name="提交", exact=True).click()

    expect(clerk.locator("[data-form-alert]")).to_contain_text("有内容需要修改")
    expect(clerk.locator(".fjs-form-field-error").first).to_contain_text("此项必填。")
    assert len(house.engine.commands) == before


def test_what_the_server_refuses_stands_beside_its_field_and_keeps_what_was_typed(
    clerk: Page, address: str, house: House
) -> None:
    page = clerk
    page.goto(f"{address}/cases/{CASE}/tasks/24")
    fill_in(page)
    house.engine.refusal = InvalidInput("taken", errors={"company_name": "该名称已被占用。"})

    try:
        page.get_by_role("button", name="提交", exact=True).click()
        expect(page.locator(".fjs-form-field-error")).to_contain_text("该名称已被占用。")
    finally:
        house.engine.refusal = None

    expect(page.get_by_label("住所*")).to_have_value("示范县人民路 1 号")


def test_a_complete_form_is_sent_once_and_leads_on(clerk: Page, address: str, house: House) -> None:
    clerk.goto(f"{address}/cases/{CASE}/tasks/24")
    fill_in(clerk)

    clerk.get_by_role("button", name="提交", exact=True).dblclick()
    clerk.wait_for_url(f"**/cases/{CASE}")

    sent = [command for command in house.engine.commands if command.type == "CompleteTask"]
    assert len(sent) == 1
    assert sent[0].order.variables["company_name"] == "示范县青禾农业科技有限公司"


def test_the_diagram_marks_where_the_case_stands(clerk: Page, address: str) -> None:
    clerk.goto(f"{address}/cases/{CASE}")

    expect(clerk.locator("[data-diagram] .at-active")).to_have_count(1)
    expect(clerk.locator("[data-diagram] .bjs-powered-by")).to_be_visible()


def test_a_refused_upload_is_said_and_the_list_stays(clerk: Page, address: str) -> None:
    clerk.goto(f"{address}/cases/{CASE}/tasks/24")

    clerk.get_by_label("上传 公司章程").set_input_files(
        files=[{"name": "章程.pdf", "mimeType": "application/pdf", "buffer": b"#!/bin/sh\n"}]
    )

    expect(clerk.locator("#materials-alert")).to_contain_text("文件不符合要求")
    expect(clerk.locator("#materials")).to_contain_text("企业设立申请书")


@pytest.mark.parametrize("path", ["/worklist", f"/cases/{CASE}", "/cases", "/intake", "/mailbox", "/incidents"])
def test_no_page_is_wider_than_a_phone(clerk: Page, address: str, path: str) -> None:
    clerk.set_viewport_size({"width": 390, "height": 800})
    clerk.goto(address + path)

    assert clerk.evaluate("document.documentElement.scrollWidth") == 390
