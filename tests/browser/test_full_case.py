"""A case from application to licence, clicked through the pages of a real hall by the people whose turn it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect
from waitress.server import create_server

from adapters.identity import read_demonstration
from adapters.settings import Settings
from engine.hall.store import Store
from engine.reading.views import incidents, worklist
from tests.samples.intake import fill_in
from webui import create_app
from webui.cli import compose, demonstration
from webui.house import PageSettings

COMPANY = "示范县青禾农业科技有限公司"
HOLDER = "11010519491231002X"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"

PEOPLE = (
    "window1",
    "window2",
    *(f"market_{role}" for role in ("reviewer1", "reviewer2", "head")),
    *(f"police_{role}" for role in ("reviewer1", "reviewer2", "head")),
    *(f"tax_{role}" for role in ("reviewer1", "reviewer2", "head")),
    *(f"social_{role}" for role in ("reviewer1", "reviewer2", "head")),
    *(f"fund_{role}" for role in ("reviewer1", "reviewer2", "head")),
)
MOST_TASKS = 40  # the chain has some twenty; a loop would never end


@dataclass(frozen=True)
class Site:
    address: str
    passwords: dict[str, str]
    hall: compose.Hall


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demonstration hall, without cases, served; its scheduler is driven between the steps."""
    folder: Path = tmp_path_factory.mktemp("hall")
    store = Store.open(f"sqlite:///{folder / 'licet.db'}")
    store.upgrade()
    store.ready(True)
    hall = compose.composed(store, Settings(data=folder), compose.SystemClock())
    demonstration.set_up(hall)
    demonstration.open_accounts(hall)
    app = create_app(hall.house(PageSettings("only-for-tests", sign_ins_per_minute=1000)))
    server = create_server(app, host="127.0.0.1", port=0)
    threading.Thread(target=server.run, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.effective_port}"
        yield Site(address, read_demonstration(hall.settings.demonstration_accounts), hall)
    finally:
        server.close()
        store.close()


@pytest.fixture
def signed_in(browser: Browser, browser_context_args: dict[str, Any], site: Site) -> Iterator[Callable[[str], Page]]:
    """Return the page of a person, signed in at its first use."""
    pages: dict[str, Page] = {}

    def page_of(person: str) -> Page:
        if person not in pages:
            page = browser.new_context(**browser_context_args).new_page()
            page.goto(f"{site.address}/sign-in")
            page.get_by_label("账号", exact=True).fill(person)
            page.get_by_label("密码", exact=True).fill(site.passwords[person])
            page.get_by_role("button", name="登录").click()
            page.wait_for_url(lambda address: "sign-in" not in address)
            pages[person] = page
        return pages[person]

    yield page_of
    for page in pages.values():
        page.context.close()


def test_a_case_goes_from_application_to_licence(site: Site, signed_in: Callable[[str], Page]) -> None:
    case = take_in(signed_in("window1"), site)
    supply_materials(signed_in("window1"))
    apply(signed_in("window1"))

    for _ in range(MOST_TASKS):
        if not anybody_works(site, signed_in):
            break

    page = signed_in("window1")
    page.goto(f"{site.address}/cases/{case}")
    expect(page.locator(".page-actions")).to_contain_text("已办结")
    states = page.locator("section[aria-labelledby=matters-title] .state").all_inner_texts()
    assert states == ["已送达"] * 6
    assert accessible(page)
    licence_is_genuine(page, site)
    with site.hall.sights.of("window1") as sight:
        assert incidents.of_case(sight, case) == ()


def take_in(page: Page, site: Site) -> str:
    """Take an application in as the window's clerk; return the number of the case."""
    page.goto(f"{site.address}/intake")
    page.locator("#chain-business_startup + a").click()
    page.get_by_label("申办名称").fill(COMPANY)
    page.get_by_label("姓名或名称").fill("示范申请人甲")
    page.get_by_label("身份证号或统一社会信用代码").fill(HOLDER)
    page.get_by_label("手机号码").fill("13800138000")
    page.get_by_role("button", name="收件立案").click()
    page.wait_for_url("**/cases/*/tasks/*")
    assert accessible(page)
    page.get_by_role("button", name="签收").click()
    # The page is loaded anew: what is handed in before that would go with the old one.
    expect(page.get_by_role("button", name="放回")).to_be_visible()
    return page.url.split("/cases/")[1].split("/")[0]


def supply_materials(page: Page) -> None:
    """Hand in every required material, one after another: the list is redrawn after each."""
    missing = page.locator("#materials li", has_text="未提交").locator("input[type=file]")
    for number in range(missing.count()):
        name = f"材料{number}.pdf"
        file = {"name": name, "mimeType": "application/pdf", "buffer": PDF + str(number).encode()}
        missing.first.set_input_files(files=[file])
        expect(page.get_by_role("link", name=name)).to_be_visible()


def apply(page: Page) -> None:
    form(page).get_by_label("企业名称*").fill(COMPANY)
    fill_in(page)
    send(page)


def anybody_works(site: Site, signed_in: Callable[[str], Page]) -> bool:
    """Let the first person with a task to claim work on it; return False once nobody has one."""
    site.hall.scheduler.drain()
    for person in PEOPLE:
        with site.hall.sights.of(person) as sight:
            rows = worklist.page(sight).rows
        if any("ClaimTask" in row.may for row in rows):
            page = signed_in(person)
            page.goto(f"{site.address}/worklist?group=open")
            page.get_by_role("button", name="签收").first.click()
            work(page)
            return True
    return False


def work(page: Page) -> None:
    """Fill in the task in front of the person, favourably to the applicant."""
    host = form(page)
    for choice in ("受理", "建议准予", "同意", "未能约定", "准予", "领取人已签收*"):
        one = host.get_by_label(choice, exact=True)
        if one.count():
            one.check()
    for label, value in {"未能约定的原因": "申请人另行预约", "领取人": "示范申请人甲"}.items():
        one = host.get_by_label(f"{label}*", exact=True)
        if one.count():
            one.fill(value)
    send(page)


def form(page: Page) -> Locator:
    expect(page.locator("[data-form]:not([data-readonly])")).to_have_attribute("data-shown", "yes")
    return page.locator("[data-form-host]")


def send(page: Page) -> None:
    """Hand the form in. If the page objects, the test fails with the page's text."""
    task = page.url
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_function(
        "task => location.href !== task || !document.querySelector('[data-form-alert]').hidden", arg=task
    )
    wrong = page.locator("[data-form-alert]:visible, .fjs-form-field-error:visible")
    assert page.url != task, wrong.all_inner_texts()


def accessible(page: Page) -> bool:
    found = Axe().run(page).response["violations"]
    assert found == [], [one["id"] for one in found]
    return True


def licence_is_genuine(page: Page, site: Site) -> None:
    results = page.locator("section[aria-labelledby=results-title]")
    file = results.get_by_role("link", name="营业执照", exact=True).get_attribute("href")
    licence = page.request.get(f"{site.address}{file}")
    assert licence.headers["content-type"] == "application/pdf"
    assert licence.body().startswith(b"%PDF")

    results.locator("li", has_text="营业执照").locator("a.quiet").click()

    expect(page.get_by_role("status")).to_contain_text("真实有效")
