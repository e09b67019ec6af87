"""Every page of the small hall, in a real browser: accessible, without a breach of the policy, and working."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from waitress.server import create_server

from tests.samples import small_hall as small_halls
from tests.samples.intake import fill_in
from tests.samples.site import Site
from tests.samples.small_hall import PROJECT, address

INTAKE = "/cases/{intake}/tasks/{intake:intake}"
PAGES = (
    "/worklist?group=open",
    "/cases/{late}",
    "/cases/{suspended}",
    INTAKE,
    "/cases/{late}/history",
    f"/projects/{PROJECT}",
    "/cases",
    "/intake",
    "/intake/business_startup",
    "/mailbox",
    "/verify/nothing",
    "/guide",
    "/guide/establishment_registration",
    "/nowhere",
)
FOR_ADMINISTRATORS = (
    "/incidents",
    "/outbox",
    "/calendar",
    "/versions",
    "/cases/{late}/repair",
    "/cases/{unsupervised}/repair",
    "/cases/{signers}/tasks/{signers:K}/moves",
)


@pytest.fixture(scope="module")
def hall(small_hall: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The small hall for the tests of this module."""
    with small_halls.opened(Path(shutil.copytree(small_hall, tmp_path_factory.mktemp("look") / "hall"))) as here:
        yield here


@pytest.fixture(scope="module")
def url(hall: Site) -> Iterator[str]:
    server = create_server(hall.app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """Collect the browser's errors, breaches of the content security policy among them."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda message: found.append(message.text) if "Security Policy" in message.text else None)
    return found


def signed_in(page: Page, hall: Site, url: str, who: str) -> Page:
    page.goto(f"{url}/sign-in")
    page.get_by_label("账号", exact=True).fill(who)
    page.get_by_label("密码", exact=True).fill(hall.passwords[who])
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/worklist")
    return page


@pytest.fixture
def clerk(page: Page, hall: Site, url: str, complaints: list[str]) -> Page:
    return signed_in(page, hall, url, "window1")


def violations(page: Page) -> list[tuple[str, Any]]:
    answer = Axe().run(page).response
    return [(found["id"], [node["html"][:120] for node in found["nodes"]]) for found in answer["violations"]]


def test_the_sign_in_page_is_accessible(page: Page, url: str, complaints: list[str]) -> None:
    page.goto(f"{url}/sign-in")

    assert violations(page) == []
    assert complaints == []


@pytest.mark.parametrize(
    ("who", "path"), [("window1", path) for path in PAGES] + [("admin", path) for path in FOR_ADMINISTRATORS]
)
def test_a_page_is_accessible_and_keeps_the_policy(
    page: Page, hall: Site, url: str, complaints: list[str], who: str, path: str
) -> None:
    signed_in(page, hall, url, who).goto(url + address(hall, path))
    for kind in ("data-diagram", "data-form"):
        for one in page.locator(f"[{kind}]:visible").all():
            expect(one).to_have_attribute("data-shown", "yes")

    assert violations(page) == []
    assert complaints == []


def test_the_keyboard_reaches_the_content_first(clerk: Page, url: str) -> None:
    clerk.goto(f"{url}/worklist")

    clerk.keyboard.press("Tab")
    expect(clerk.get_by_role("link", name="跳到正文")).to_be_focused()
    clerk.keyboard.press("Enter")

    expect(clerk.locator("#content")).to_be_focused()


def test_an_incomplete_form_is_not_sent_and_says_so_in_chinese(clerk: Page, url: str, hall: Site) -> None:
    clerk.goto(url + address(hall, INTAKE))
    before = hall.journal(hall.cases["intake"])

    clerk.get_by_role("button", name="提交", exact=True).click()

    expect(clerk.locator("[data-form-alert]")).to_contain_text("有内容需要修改")
    expect(clerk.locator(".fjs-form-field-error").first).to_contain_text("此项必填。")
    assert hall.journal(hall.cases["intake"]) == before


def test_what_the_server_refuses_stands_beside_its_field_and_keeps_what_was_typed(
    clerk: Page, url: str, hall: Site
) -> None:
    clerk.goto(url + address(hall, INTAKE))
    clerk.get_by_label("企业名称*").fill("示范县惊蛰文化有限公司")
    fill_in(clerk)
    clerk.get_by_label("法定代表人身份证号码*").fill("110105194912310021")

    clerk.get_by_role("button", name="提交", exact=True).click()

    expect(clerk.locator(".fjs-form-field-error")).to_contain_text("校验码不正确")
    expect(clerk.get_by_label("住所*")).to_have_value("示范县人民路 1 号")


def test_a_complete_form_is_sent_once_and_leads_on(clerk: Page, url: str, hall: Site) -> None:
    chain = hall.case(hall.cases["intake"]).chain
    case = hall.give("StartCase", "window1", None, chain=chain, title="示范县夏至园艺有限公司")
    hall.give("ClaimTask", "window1", case, task=hall.task(case, "intake"))
    clerk.goto(f"{url}/cases/{case}/tasks/{hall.task(case, 'intake')}")
    clerk.get_by_label("企业名称*").fill("示范县夏至园艺有限公司")
    fill_in(clerk)

    clerk.get_by_role("button", name="提交", exact=True).dblclick()
    clerk.wait_for_url(f"**/cases/{case}")

    sent = [entry for entry in hall.journal(case) if entry.command["type"] == "CompleteTask"]
    assert len(sent) == 1
    assert hall.case(case).facts[0, "company_name"] == "示范县夏至园艺有限公司"


def test_the_diagram_marks_where_the_case_stands(clerk: Page, url: str, hall: Site) -> None:
    clerk.goto(url + address(hall, "/cases/{received}"))

    diagram = clerk.locator("[data-diagram]").first
    expect(diagram.locator(".at-active")).to_have_count(1)
    expect(diagram.locator(".bjs-powered-by")).to_be_visible()


def test_a_refused_upload_is_said_and_the_list_stays(clerk: Page, url: str, hall: Site) -> None:
    clerk.goto(url + address(hall, INTAKE))

    clerk.get_by_label("上传 公司章程").set_input_files(
        files=[{"name": "章程.pdf", "mimeType": "application/pdf", "buffer": b"#!/bin/sh\n"}]
    )

    expect(clerk.locator("#materials-alert")).to_contain_text("文件不符合要求")
    expect(clerk.locator("#materials")).to_contain_text("公司登记（备案）申请书")


@pytest.mark.parametrize(
    ("who", "path"),
    [("window1", path) for path in ("/worklist", "/cases/{late}", INTAKE, "/cases", "/intake", "/mailbox")]
    + [("admin", path) for path in ("/incidents", "/versions", "/cases/{late}/repair")],
)
def test_no_page_is_wider_than_a_phone(page: Page, hall: Site, url: str, who: str, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    signed_in(page, hall, url, who).goto(url + address(hall, path))

    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("path", ["/incidents", "/versions"])
def test_at_twice_the_size_the_acts_of_a_row_are_in_sight(page: Page, hall: Site, url: str, path: str) -> None:
    page.set_viewport_size({"width": 640, "height": 400})
    signed_in(page, hall, url, "admin").goto(url + address(hall, path))

    acts = page.locator("main td:last-child :is(a, button, summary):visible").all()
    boxes = [box for box in (one.bounding_box() for one in acts) if box is not None]
    assert boxes and [box for box in boxes if box["x"] + box["width"] > 620] == []


def test_on_a_phone_every_label_and_button_of_a_form_is_read_in_full(clerk: Page, url: str, hall: Site) -> None:
    clerk.set_viewport_size({"width": 390, "height": 800})
    clerk.goto(url + address(hall, INTAKE))
    expect(clerk.locator("[data-form]")).to_have_attribute("data-shown", "yes")

    cut = """() => [...document.querySelectorAll(".fjs-form-field-label, .page-actions .btn")]
        .filter((one) => one.getBoundingClientRect().right > innerWidth || one.scrollWidth > one.clientWidth + 1)
        .map((one) => one.textContent)"""
    assert clerk.evaluate(cut) == []
    assert clerk.get_by_role("button", name="放回").evaluate("one => one.getClientRects()[0].height") < 45
