"""What the pages show, send through the door and refuse."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine.base.errors import Conflict, IllegalMove, InvalidInput, NotAllowed, StoreUnreachable, wrong_field
from engine.case.records import ClaimTask, CompleteTask
from tests.samples.pages import CASE, PASSWORD, PROJECT, clock

PAGES = (
    "/worklist?group=open",
    f"/cases/{CASE}",
    f"/cases/{CASE}/tasks/24",
    f"/cases/{CASE}/history",
    f"/projects/{PROJECT}",
    "/cases",
    "/intake",
    "/intake/business_startup",
    "/intake/business_startup/after_care",
    "/mailbox",
    "/incidents",
    "/outbox",
)

APPLICANT = {
    "title": "示范县青禾农业科技有限公司",
    "kind": "organisation",
    "name": "示范县青禾农业科技有限公司",
    "id_number": "91350100M000100Y43",
    "phone": "13800138000",
}


# ------------------------------------------------------------------ signing in


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_asked_to_sign_in(visitor: FlaskClient, page: str) -> None:
    answer = visitor.get(page)

    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in?next=")


def test_a_wrong_name_and_a_wrong_password_get_the_same_words(visitor: FlaskClient) -> None:
    wrong_name = visitor.post("/sign-in", data={"account": "nobody", "password": PASSWORD})
    wrong_password = visitor.post("/sign-in", data={"account": "window1", "password": "guess"})

    assert wrong_name.status_code == wrong_password.status_code == 403
    assert "账号或密码不正确" in wrong_name.text
    assert "账号或密码不正确" in wrong_password.text


def test_many_attempts_to_sign_in_are_slowed_down(visitor: FlaskClient) -> None:
    answers = [visitor.post("/sign-in", data={"account": f"a{n}", "password": "x"}).status_code for n in range(12)]

    assert answers[-1] == 429


@pytest.mark.parametrize("target", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example"])
def test_signing_in_never_leads_elsewhere(visitor: FlaskClient, target: str) -> None:
    answer = visitor.post("/sign-in", query_string={"next": target}, data={"account": "window1", "password": PASSWORD})

    assert answer.location == "/"


def test_signing_out_ends_the_session(clerk: FlaskClient) -> None:
    clerk.post("/sign-out")

    assert clerk.get("/worklist").status_code == 302


def test_a_new_password_ends_the_sessions_with_the_old_one(app: Flask, clerk: FlaskClient) -> None:
    house = app.extensions["licet"]

    house.identity.change_password("window1", PASSWORD, "another-lantern-48", house.clock.now())

    assert clerk.get("/worklist").status_code == 302


# ------------------------------------------------------------------ pages


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_in_both_languages(clerk: FlaskClient, page: str) -> None:
    chinese = clerk.get(page)
    clerk.post("/language/en")
    english = clerk.get(page)

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


def test_navigation_shows_what_the_person_may_open(app: Flask, clerk: FlaskClient) -> None:
    app.extensions["licet"].views.may = ("worklist", "mailbox")

    page = clerk.get("/worklist").text

    assert 'href="/mailbox"' in page
    assert 'href="/incidents"' not in page
    assert 'href="/intake"' not in page


# ------------------------------------------------------------------ commands


def test_claiming_sends_the_command_and_opens_the_task(clerk: FlaskClient, engine: Any) -> None:
    answer = clerk.post(f"/cases/{CASE}/tasks/21/claim", data={"key": "k1"})

    command = engine.commands[-1]
    assert (command.type, command.actor, command.case) == ("ClaimTask", "window1", CASE)
    assert (command.order, command.key) == (ClaimTask(21), "k1")
    assert answer.location == f"/cases/{CASE}/tasks/21"


def test_completing_sends_numbers_exactly(clerk: FlaskClient, engine: Any) -> None:
    body = '{"key": "k2", "variables": {"capital": 100.10, "people": 3}}'

    answer = clerk.post(f"/cases/{CASE}/tasks/24/complete", data=body, headers={"Accept": "application/json"})

    assert engine.commands[-1].order == CompleteTask(24, {"capital": Decimal("100.10"), "people": 3})
    assert answer.json == {"location": f"/cases/{CASE}"}


@pytest.mark.parametrize("body", ["", "[]", "{", '{"variables": 3}', '{"key": 3, "variables": {}}', "[" * 100_000])
def test_a_malformed_body_is_refused_and_sends_nothing(clerk: FlaskClient, engine: Any, body: str) -> None:
    answer = clerk.post(f"/cases/{CASE}/tasks/24/complete", data=body, headers={"Accept": "application/json"})

    assert answer.status_code == 422
    assert answer.json and answer.json["message"]
    assert engine.commands == []


def test_field_errors_reach_the_form(clerk: FlaskClient, engine: Any) -> None:
    engine.refusal = InvalidInput("wrong", errors={"capital": wrong_field("field_min", "", label="资本", bound=0)})

    answer = clerk.post(
        f"/cases/{CASE}/tasks/24/complete", json={"variables": {}}, headers={"Accept": "application/json"}
    )

    assert answer.status_code == 422
    assert answer.json and answer.json["fields"]["errors"] == {"capital": "“资本”不得小于 0。"}


def test_a_project_leads_to_its_cases_and_its_cases_to_it(clerk: FlaskClient) -> None:
    assert f'href="/projects/{PROJECT}"' in clerk.get("/cases").text
    shown = clerk.get(f"/cases/{CASE}").text
    assert "同一项目的办件" in shown and 'href="/cases/2026-000009"' in shown

    page = clerk.get(f"/projects/{PROJECT}").text

    assert all(text in page for text in ("立项用地规划许可", 'href="/cases/2026-000009"', "已送达", "容积率", "1.8"))
    assert clerk.get("/projects/2026-990101-47-03-500009").status_code == 404


def test_an_intake_starts_a_case_and_opens_its_first_task(clerk: FlaskClient, engine: Any) -> None:
    answer = clerk.post("/intake/business_startup", data=APPLICANT | {"key": "k3", "effective_on": "2026-03-03"})

    command = engine.commands[-1]
    assert command.type == "StartCase"
    assert command.order.applicant["id_type"] == "credit_code"
    assert command.effective_on is not None and command.effective_on.isoformat() == "2026-03-03"
    assert answer.location == f"/cases/{CASE}/tasks/24"


def test_a_stage_of_a_chain_is_started_by_itself(clerk: FlaskClient, engine: Any) -> None:
    offered = clerk.get("/intake").text
    clerk.post("/intake/business_startup/after_care", data=APPLICANT | {"key": "k3"})
    clerk.post("/intake/business_startup", data=APPLICANT | {"key": "k4"})

    assert "开办后服务" in offered and 'href="/intake/business_startup/after_care"' in offered
    assert [command.order.process for command in engine.commands] == ["after_care", None]


def test_a_wrong_credit_code_is_said_beside_its_field_and_keeps_the_rest(clerk: FlaskClient, engine: Any) -> None:
    answer = clerk.post("/intake/business_startup", data=APPLICANT | {"id_number": "91350100M000100Y44"})

    assert answer.status_code == 422
    assert "校验码不正确" in answer.text
    assert 'value="13800138000"' in answer.text
    assert engine.commands == []


def test_every_wrong_field_of_an_intake_is_named_at_once(clerk: FlaskClient) -> None:
    answer = clerk.post("/intake/business_startup", data={"title": "甲", "kind": "person"})

    assert answer.text.count('aria-invalid="true"') == 3


def test_an_uploaded_file_is_kept_and_supplied(clerk: FlaskClient, engine: Any) -> None:
    pdf = io.BytesIO(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n")

    answer = clerk.post(f"/cases/{CASE}/materials/articles", data={"file": (pdf, "章程.pdf"), "key": "k4"})

    assert answer.status_code == 200
    command = engine.commands[-1]
    assert command.type == "SupplyMaterial"
    assert command.order.media_type == "application/pdf"
    assert command.order.file.startswith("sha256:")


def test_a_file_that_is_not_what_it_says_is_refused(clerk: FlaskClient, engine: Any) -> None:
    script = io.BytesIO(b"#!/bin/sh\necho hello\n")

    answer = clerk.post(
        f"/cases/{CASE}/materials/articles", data={"file": (script, "章程.pdf")}, headers={"HX-Request": "true"}
    )

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<html" not in answer.text
    assert engine.commands == []


def test_a_body_over_the_limit_is_refused_with_its_own_words(clerk: FlaskClient, engine: Any) -> None:
    large = io.BytesIO(b"%PDF" + b"0" * 51 * 1024 * 1024)

    answer = clerk.post(f"/cases/{CASE}/materials/articles", data={"file": (large, "章程.pdf")})

    assert answer.status_code == 413
    assert "文件过大" in answer.text


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("refusal", "status", "words"),
    [
        (Conflict("taken"), 409, "已由他人办理"),
        (IllegalMove("no"), 409, "当前状态不能这样办理"),
        (NotAllowed("no"), 403, "没有权限"),
        (StoreUnreachable("gone"), 503, "数据库暂时无法连接"),
        (RuntimeError("secret detail"), 500, "系统故障"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_a_refusal_is_a_clear_page(
    clerk: FlaskClient, engine: Any, refusal: Exception, status: int, words: str
) -> None:
    engine.refusal = refusal

    answer = clerk.post(f"/cases/{CASE}/tasks/21/claim", data={})

    assert answer.status_code == status
    assert words in answer.text
    assert "Traceback" not in answer.text and "secret detail" not in answer.text


def test_another_persons_case_is_not_found(clerk: FlaskClient) -> None:
    answer = clerk.get("/cases/2026-000099")

    assert answer.status_code == 404
    assert "不在您的查看范围内" in answer.text


def test_an_address_that_leads_nowhere_is_not_found(visitor: FlaskClient) -> None:
    assert visitor.get("/nowhere").status_code == 404


@pytest.mark.parametrize("token", [None, "forged"])
def test_a_missing_or_forged_csrf_token_changes_nothing(app: Flask, token: str | None) -> None:
    browser = app.test_client()
    page = browser.get("/sign-in").text
    good = page.split('name="csrf-token" content="')[1].split('"')[0]
    browser.post("/sign-in", data={"account": "window1", "password": PASSWORD, "csrf_token": good})

    answer = browser.post(f"/cases/{CASE}/tasks/21/claim", data={"csrf_token": token} if token else {})

    assert answer.status_code == 400
    assert "页面已过期" in answer.text
    assert app.extensions["licet"].engine.commands == []


def test_a_session_that_ended_answers_a_form_without_losing_it(visitor: FlaskClient) -> None:
    answer = visitor.post(
        f"/cases/{CASE}/tasks/24/complete", json={"variables": {}}, headers={"Accept": "application/json"}
    )

    assert answer.status_code == 401
    assert answer.json and "请先登录" in answer.json["message"]


def test_anybody_may_verify_a_certificate_and_sees_no_whole_id_number(app: Flask, visitor: FlaskClient) -> None:
    certificate = app.extensions["licet"].certificates.find("identity_card", "11010519491231002X", date(2026, 3, 2))

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

    assert answer.status_code == 200 and answer.mimetype == "text/plain"  # the sample house prints text
    assert "申请人提交" in answer.text and "3 个工作日，可延长 3 个工作日" in answer.text


@pytest.mark.parametrize("page", ["/guide/nothing", "/guide/nothing.pdf"])
def test_an_item_that_the_hall_does_not_offer_is_not_found(visitor: FlaskClient, page: str) -> None:
    assert visitor.get(page).status_code == 404


def test_a_letter_to_somebody_else_cannot_be_marked_as_read(clerk: FlaskClient) -> None:
    mine = clerk.post("/mailbox/m/1/read")
    theirs = clerk.post("/mailbox/m/2/read")

    assert mine.status_code == 302
    assert theirs.status_code == 404


# ------------------------------------------------------------------ materials


def test_materials_of_other_items_are_folded_below_those_of_the_case(clerk: FlaskClient) -> None:
    shown = clerk.get(f"/cases/{CASE}").text
    folded = shown.index("其他事项的材料")

    assert shown.index("住所使用证明") < folded < shown.index("公章刻制委托书")
    assert "<details" in shown[folded - 80 : folded]


def test_a_clock_that_ended_yesterday_on_the_eve_of_a_rest_day_is_over_and_has_nothing_left(
    app: Flask, clerk: FlaskClient
) -> None:
    late = clock("承诺时限", "red", 0, due="2026-03-06")

    with app.test_request_context():
        page = app.jinja_env.from_string("{% import 'parts/macros.html' as m with context %}{{ m.clock_line(late) }}")
        shown = page.render(late=late)

    assert "超期" in shown and "剩" not in shown
