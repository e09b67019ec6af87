"""What the pages show, send through the door and refuse."""

from __future__ import annotations

import io
import json
import re
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from engine.base.errors import StoreUnreachable
from engine.case.records import plain
from tests.samples import small_hall as small_halls
from tests.samples.halls import APPLICATION
from tests.samples.site import Site
from tests.samples.small_hall import PROJECT, address

PAGES = (
    "/worklist?group=open",
    "/cases/{late}",
    "/cases/{intake}/tasks/{intake:intake}",
    "/cases/{late}/history",
    f"/projects/{PROJECT}",
    "/cases",
    "/intake",
    "/intake/business_startup",
    "/intake/construction/land_planning",
    "/mailbox",
)
FOR_ADMINISTRATORS = (
    "/incidents",
    "/outbox",
    "/calendar",
    "/versions",
    "/cases/{late}/repair",
    "/cases/{signers}/tasks/{signers:K}/moves",
)
INTAKE = "/cases/{intake}/tasks/{intake:intake}"
ARTICLES = "/cases/{intake}/materials/articles"

APPLICANT = {
    "title": "示范县青禾农业科技有限公司",
    "kind": "organisation",
    "name": "示范县青禾农业科技有限公司",
    "id_number": "91350100M000100Y43",
    "phone": "13800138000",
}


# ------------------------------------------------------------------ signing in


@pytest.mark.parametrize("page", PAGES + FOR_ADMINISTRATORS)
def test_a_stranger_is_asked_to_sign_in(hall: Site, visitor: FlaskClient, page: str) -> None:
    answer = visitor.get(address(hall, page))

    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in?next=")


def test_a_wrong_name_and_a_wrong_password_get_the_same_words(hall: Site, visitor: FlaskClient) -> None:
    wrong_name = visitor.post("/sign-in", data={"account": "nobody", "password": hall.passwords["window1"]})
    wrong_password = visitor.post("/sign-in", data={"account": "window1", "password": "guess"})

    assert wrong_name.status_code == wrong_password.status_code == 403
    assert "账号或密码不正确" in wrong_name.text
    assert "账号或密码不正确" in wrong_password.text


def test_many_attempts_to_sign_in_are_slowed_down(small_hall: Path, tmp_path: Path) -> None:
    with small_halls.opened(Path(shutil.copytree(small_hall, tmp_path / "hall")), sign_ins_per_minute=10) as here:
        here.app.config["WTF_CSRF_ENABLED"] = False
        visitor = here.app.test_client()
        answers = [visitor.post("/sign-in", data={"account": f"a{n}", "password": "x"}).status_code for n in range(12)]

    assert answers[-1] == 429


@pytest.mark.parametrize("target", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example"])
def test_signing_in_never_leads_elsewhere(hall: Site, visitor: FlaskClient, target: str) -> None:
    data = {"account": "window1", "password": hall.passwords["window1"]}

    answer = visitor.post("/sign-in", query_string={"next": target}, data=data)

    assert answer.location == "/"


def test_signing_out_ends_the_session(clerk: FlaskClient) -> None:
    clerk.post("/sign-out")

    assert clerk.get("/worklist").status_code == 302


def test_a_new_password_ends_the_sessions_with_the_old_one(own_hall: Site, own_clerk: FlaskClient) -> None:
    old = own_hall.passwords["window1"]

    own_hall.hall.adapters.identity.change_password("window1", old, "another-lantern-48", own_hall.clock.now())

    assert own_clerk.get("/worklist").status_code == 302


# ------------------------------------------------------------------ pages


@pytest.mark.parametrize(
    ("person", "page"), [("window1", page) for page in PAGES] + [("admin", page) for page in FOR_ADMINISTRATORS]
)
def test_every_page_opens_in_both_languages(hall: Site, person: str, page: str) -> None:
    client, here = hall.client(person), address(hall, page)

    chinese = client.get(here)
    client.post("/language/en")
    english = client.get(here)

    assert chinese.status_code == english.status_code == 200
    assert '<html lang="zh-CN">' in chinese.text
    assert '<html lang="en">' in english.text


def test_the_policy_allows_only_scripts_of_ours(clerk: FlaskClient) -> None:
    answer = clerk.get("/worklist")

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    script = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe-inline" not in script
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_navigation_shows_what_the_person_may_open(hall: Site) -> None:
    window, reviewer, admin = (hall.client(who).get("/cases").text for who in ("window1", "market_reviewer1", "admin"))

    assert all('href="/mailbox"' in page for page in (window, reviewer, admin))
    assert 'href="/intake"' in window and 'href="/intake"' not in reviewer
    assert 'href="/incidents"' in admin and 'href="/incidents"' not in window


# ------------------------------------------------------------------ commands


def test_claiming_sends_the_command_and_opens_the_task(own_hall: Site) -> None:
    page = address(own_hall, "/cases/{late}/tasks/{late:check_completeness}")

    answer = own_hall.client("fund_reviewer1").post(f"{page}/claim", data={"key": "k1"})

    entry = own_hall.journal(own_hall.cases["late"])[-1]
    assert (entry.command["type"], entry.actor, entry.key) == ("ClaimTask", "fund_reviewer1", "k1")
    assert answer.location == page


def test_completing_sends_numbers_exactly(own_hall: Site, own_clerk: FlaskClient) -> None:
    stated = json.dumps({"key": "k2", "variables": {**APPLICATION, "registered_capital": "?"}})
    body = stated.replace('"?"', "100.10")
    case = own_hall.cases["intake"]

    answer = own_clerk.post(address(own_hall, f"{INTAKE}/complete"), data=body, headers={"Accept": "application/json"})

    assert answer.json == {"location": f"/cases/{case}"}
    assert own_hall.case(case).facts[0, "registered_capital"] == Decimal("100.10")
    assert own_hall.case(case).facts[0, "employees"] == 6


@pytest.mark.parametrize("body", ["", "[]", "{", '{"variables": 3}', '{"key": 3, "variables": {}}', "[" * 100_000])
def test_a_malformed_body_is_refused_and_sends_nothing(hall: Site, clerk: FlaskClient, body: str) -> None:
    before = hall.journal(hall.cases["intake"])

    answer = clerk.post(address(hall, f"{INTAKE}/complete"), data=body, headers={"Accept": "application/json"})

    assert answer.status_code == 422
    assert answer.json and answer.json["message"]
    assert hall.journal(hall.cases["intake"]) == before


def test_field_errors_reach_the_form(hall: Site, clerk: FlaskClient) -> None:
    body = {"variables": {**APPLICATION, "registered_capital": 0}}

    answer = clerk.post(address(hall, f"{INTAKE}/complete"), json=body, headers={"Accept": "application/json"})

    assert answer.status_code == 422
    expected = {"registered_capital": "“注册资本（万元）”不得小于 0.01。"}
    assert answer.json and answer.json["fields"]["errors"] == expected


def test_a_project_leads_to_its_cases_and_its_cases_to_it(hall: Site, clerk: FlaskClient) -> None:
    former = f'href="/cases/{hall.cases["land"]}"'
    assert f'href="/projects/{PROJECT}"' in clerk.get("/cases").text
    shown = clerk.get(f"/cases/{hall.cases['planning']}").text
    assert "同一项目的办件" in shown and former in shown

    page = clerk.get(f"/projects/{PROJECT}").text

    assert all(text in page for text in ("立项用地规划许可", former, "已送达", "用地面积（平方米）", "26000"))
    assert clerk.get("/projects/2026-990101-47-03-500009").status_code == 404


def test_an_intake_starts_a_case_and_opens_its_first_task(own_hall: Site, own_clerk: FlaskClient) -> None:
    answer = own_clerk.post("/intake/business_startup", data=APPLICANT | {"key": "k3", "effective_on": "2026-03-03"})

    case, task = re.fullmatch(r"/cases/([\d-]+)/tasks/(\d+)", answer.location).groups()
    (entry,) = own_hall.journal(case)
    assert (entry.command["type"], entry.actor, entry.key) == ("StartCase", "window1", "k3")
    assert entry.effective_on == "2026-03-03"
    assert own_hall.task(case, "intake") == int(task)
    assert plain(own_hall.case(case).applicant)["id_type"] == "credit_code"


def test_a_stage_of_a_chain_is_started_by_itself(own_hall: Site, own_clerk: FlaskClient) -> None:
    offered = own_clerk.get("/intake").text
    stage = own_clerk.post("/intake/construction/land_planning", data=APPLICANT | {"key": "k3"})
    main = own_clerk.post("/intake/construction", data=APPLICANT | {"key": "k4"})

    assert "立项用地规划许可" in offered and 'href="/intake/construction/land_planning"' in offered
    started = [own_hall.case(answer.location.split("/")[2]).process for answer in (stage, main)]
    assert started == ["land_planning", "construction_permit"]


def test_a_wrong_credit_code_is_said_beside_its_field_and_keeps_the_rest(hall: Site, clerk: FlaskClient) -> None:
    before = clerk.get("/cases").text

    answer = clerk.post("/intake/business_startup", data=APPLICANT | {"id_number": "91350100M000100Y44"})

    assert answer.status_code == 422
    assert "校验码不正确" in answer.text
    assert 'value="13800138000"' in answer.text
    assert cases(clerk.get("/cases").text) == cases(before)


def cases(page: str) -> list[str]:
    return re.findall(r'href="/cases/([\d-]+)"', page)


def test_every_wrong_field_of_an_intake_is_named_at_once(clerk: FlaskClient) -> None:
    answer = clerk.post("/intake/business_startup", data={"title": "甲", "kind": "person"})

    assert answer.text.count('aria-invalid="true"') == 3


def test_an_uploaded_file_is_kept_and_supplied(own_hall: Site, own_clerk: FlaskClient) -> None:
    pdf = small_halls.PAPER.replace(b"<<>>", b"<</Title (new)>>")

    answer = own_clerk.post(address(own_hall, ARTICLES), data={"file": (io.BytesIO(pdf), "章程.pdf"), "key": "k4"})

    assert answer.status_code == 200
    assert "章程.pdf" in answer.text and "<html" not in answer.text
    entry = own_hall.journal(own_hall.cases["intake"])[-1]
    assert (entry.command["type"], entry.key) == ("SupplyMaterial", "k4")
    digest = re.search(r"/files/(sha256:\w+)\">章程.pdf", answer.text)
    assert digest
    assert own_clerk.get(f"/cases/{own_hall.cases['intake']}/files/{digest[1]}").data == pdf


def test_a_file_that_is_not_what_it_says_is_refused(hall: Site, clerk: FlaskClient) -> None:
    script = io.BytesIO(b"#!/bin/sh\necho hello\n")
    before = hall.journal(hall.cases["intake"])

    answer = clerk.post(address(hall, ARTICLES), data={"file": (script, "章程.pdf")}, headers={"HX-Request": "true"})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<html" not in answer.text
    assert hall.journal(hall.cases["intake"]) == before


def test_a_body_over_the_limit_is_refused_with_its_own_words(hall: Site, clerk: FlaskClient) -> None:
    large = io.BytesIO(b"%PDF" + b"0" * 51 * 1024 * 1024)

    answer = clerk.post(address(hall, ARTICLES), data={"file": (large, "章程.pdf")})

    assert answer.status_code == 413
    assert "文件过大" in answer.text


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("person", "page", "status", "words"),
    [
        ("window1", "/cases/{received}/tasks/{received:check_completeness}/claim", 409, "已由他人办理"),
        ("market_head", "/cases/{review}/matters/{review:}/resume", 409, "当前状态不能这样办理"),
        ("window1", "/cases/{suspended}/tasks/{suspended:review}/claim", 403, "没有权限"),
    ],
)
def test_a_refusal_is_a_clear_page(hall: Site, person: str, page: str, status: int, words: str) -> None:
    (matter,) = hall.case(hall.cases["review"]).matters
    before = {case: hall.journal(case) for case in hall.cases.values()}

    answer = hall.client(person).post(address(hall, page.replace("{review:}", str(matter))), data={})

    assert answer.status_code == status
    assert words in answer.text
    assert {case: hall.journal(case) for case in hall.cases.values()} == before


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (StoreUnreachable("gone"), 503, "数据库暂时无法连接"),
        (RuntimeError("secret detail"), 500, "系统故障"),
    ],
    ids=["StoreUnreachable", "RuntimeError"],
)
def test_a_fault_is_a_clear_page_that_tells_nothing_of_it(
    hall: Site, clerk: FlaskClient, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int, words: str
) -> None:
    def broken(command: object) -> None:
        raise fault

    monkeypatch.setattr(hall.hall.engine, "execute", broken)

    answer = clerk.post(address(hall, f"{INTAKE}/release"), data={})

    assert answer.status_code == status
    assert words in answer.text
    assert "Traceback" not in answer.text and "secret detail" not in answer.text


def test_another_persons_case_is_not_found(hall: Site, clerk: FlaskClient) -> None:
    unknown = clerk.get("/cases/2026-000099")
    theirs = hall.client("applicant1").get(f"/cases/{hall.cases['intake']}")

    assert unknown.status_code == theirs.status_code == 404
    assert "不在您的查看范围内" in unknown.text and "不在您的查看范围内" in theirs.text


def test_an_address_that_leads_nowhere_is_not_found(visitor: FlaskClient) -> None:
    assert visitor.get("/nowhere").status_code == 404


@pytest.mark.parametrize("token", [None, "forged"])
def test_a_missing_or_forged_csrf_token_changes_nothing(own_hall: Site, token: str | None) -> None:
    own_hall.app.config["WTF_CSRF_ENABLED"] = True
    browser = own_hall.app.test_client()
    good = re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/sign-in").text)
    assert good
    account = {"account": "window1", "password": own_hall.passwords["window1"], "csrf_token": good[1]}
    assert browser.post("/sign-in", data=account).status_code == 302
    before = own_hall.journal(own_hall.cases["intake"])

    answer = browser.post(address(own_hall, f"{INTAKE}/release"), data={"csrf_token": token} if token else {})

    assert answer.status_code == 400
    assert "页面已过期" in answer.text
    assert own_hall.journal(own_hall.cases["intake"]) == before


def test_a_session_that_ended_answers_a_form_without_losing_it(hall: Site, visitor: FlaskClient) -> None:
    answer = visitor.post(
        address(hall, f"{INTAKE}/complete"), json={"variables": {}}, headers={"Accept": "application/json"}
    )

    assert answer.status_code == 401
    assert answer.json and "请先登录" in answer.json["message"]


def test_anybody_may_verify_a_certificate_and_sees_no_whole_id_number(hall: Site, visitor: FlaskClient) -> None:
    certificate = hall.hall.adapters.library.find("identity_card", "11010519491231002X", date(2026, 3, 2))

    found = visitor.get(f"/verify/{certificate.verify}").text
    missing = visitor.get("/verify/nothing").text

    assert "真实有效" in found
    assert "11010519491231002X" not in found
    assert "未通过核验" in missing


def test_anybody_may_read_the_guide_of_an_item(visitor: FlaskClient) -> None:
    page = visitor.get("/guide/establishment_registration")

    assert page.status_code == 200
    fields = ("事项名称", "设定依据", "受理条件", "申请材料", "办理时限", "办理流程", "收费标准", "办理结果")
    assert all(field in page.text for field in fields)
    assert "《中华人民共和国公司法》" in page.text and "电子证照库调取，免提交" in page.text
    assert "/guide" in visitor.get("/sign-in").text


def test_the_guide_is_searched_by_item_department_and_material(visitor: FlaskClient) -> None:
    def found(text: str) -> str:
        return visitor.get("/guide", query_string={"text": text}).text

    assert "公司设立登记" in found("") and "公司设立登记" in found("市场监督 章程")
    assert "公司设立登记" not in found("公章") and "没有相符的事项" in found("<b>章程")


def test_the_guide_of_an_item_is_printed_in_chinese_whatever_the_language(visitor: FlaskClient) -> None:
    answer = visitor.get("/guide/establishment_registration.pdf", headers={"Accept-Language": "en"})

    assert answer.status_code == 200 and answer.mimetype == "text/plain"  # the small hall prints text
    assert "申请人提交" in answer.text and "3 个工作日，可延长 3 个工作日" in answer.text


@pytest.mark.parametrize("page", ["/guide/nothing", "/guide/nothing.pdf"])
def test_an_item_that_the_hall_does_not_offer_is_not_found(visitor: FlaskClient, page: str) -> None:
    assert visitor.get(page).status_code == 404


def test_a_letter_to_somebody_else_cannot_be_marked_as_read(own_clerk: FlaskClient) -> None:
    mine = own_clerk.post("/mailbox/notice/window1/read")
    theirs = own_clerk.post("/mailbox/notice/market_head/read")

    assert mine.status_code == 302
    assert theirs.status_code == 404


# ------------------------------------------------------------------ what a case page shows


def test_materials_of_other_items_are_folded_below_those_of_the_case(hall: Site, clerk: FlaskClient) -> None:
    shown = clerk.get(f"/cases/{hall.cases['review']}").text
    folded = shown.index("其他事项的材料")

    assert shown.index("住所使用证明") < folded < shown.index("营业执照")
    assert "<details" in shown[folded - 80 : folded]


def test_a_clock_that_ended_yesterday_on_the_eve_of_a_rest_day_is_over_and_has_nothing_left(
    small_hall: Path, tmp_path: Path
) -> None:
    saturday = "2026-03-07 10:00"
    with small_halls.opened(Path(shutil.copytree(small_hall, tmp_path / "hall")), saturday) as here:
        here.app.config["WTF_CSRF_ENABLED"] = False
        page = here.client("market_reviewer1").get(address(here, "/cases/{review}/tasks/{review:review}")).text

    (promised,) = (clock for clock in page.split('<div class="clock">') if "承诺时限" in clock and "03-06" in clock)
    assert "超期" in promised and "剩" not in promised


def test_what_could_not_be_sent_outside_is_told_on_its_case_and_names_no_step(hall: Site, clerk: FlaskClient) -> None:
    shown = clerk.get(f"/cases/{hall.cases['unsupervised']}").text

    assert "The supervision platform does not answer." in shown
    assert "None" not in shown


def test_only_what_waits_to_be_sent_has_a_next_attempt(hall: Site) -> None:
    rows = hall.client("admin").get("/outbox").text.split("<tr>")[2:]
    failed = [row for row in rows if "失败" in row]
    waiting = [row for row in rows if "待发送" in row]

    assert failed and not any("下次" in row for row in failed)
    assert waiting and all("下次" in row for row in waiting)


# ------------------------------------------------------------------ why


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ("<summary>依据</summary>", "决策“设立条件”：", "取值：", "”第 1 条规则：", "“审查意见”走向：")),
        (
            "en",
            ("<summary>Why</summary>", "Decision “设立条件”: ", "Read: ", "Rule 1 of “", "Way on from “审查意见”: "),
        ),
    ],
)
def test_the_history_of_a_case_says_why(hall: Site, clerk: FlaskClient, language: str, words: tuple[str, ...]) -> None:
    clerk.post(f"/language/{language}")

    page = clerk.get(address(hall, "/cases/{late}/history?before=12"))

    assert [word for word in words if word not in page.text] == []
