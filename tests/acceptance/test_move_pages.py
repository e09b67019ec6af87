"""Moves by hand over HTTP against a real hall: the preview, the permission, and that nothing is done unconfirmed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from engine.model import chain as chains
from tests.samples.site import SAMPLES, Site, site


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("hall")) as found:
        found.app.config["WTF_CSRF_ENABLED"] = False
        yield found


def plain(page: str) -> str:
    main = re.search(r"<main.*</main>", page, re.S)
    assert main is not None
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main[0])))


def fields(page: str) -> dict[str, str]:
    """Return the hidden fields of the form that confirms a move."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {html.unescape(name): html.unescape(value) for name, value in found}


def shown(client: FlaskClient, number: str, kind: str, **given: Any) -> str:
    answer = client.post(f"/cases/{number}/moves/{kind}", data=given)
    assert answer.status_code == 200, answer.text
    return answer.text


def confirm(client: FlaskClient, number: str, kind: str, page: str) -> int:
    return client.post(f"/cases/{number}/moves/{kind}", data=fields(page)).status_code


def test_what_sending_back_cancels_is_shown_before_it_is_done(hall: Site) -> None:
    number = hall.case_of(hall.publish("moves/branches"), "P", "A1")
    hall.give("ClaimTask", "window2", number, task=hall.task(number, "B1"))
    clerk, token = hall.client("window1"), hall.task(number, "A2")
    assert f"/cases/{number}/tasks/{token}/moves" in clerk.get(f"/cases/{number}/tasks/{token}").text
    choices = plain(clerk.get(f"/cases/{number}/tasks/{token}/moves").text)
    assert "P 将撤销：B1（示范窗口乙）、A2" in choices

    page = shown(clerk, number, "send-back", task=token, target="P", reason="材料有误")

    assert "撤销环节 A2 B1 示范窗口乙 已签收 打开环节 P" in plain(page)
    assert hall.open(number) == ["A2", "B1"]  # nothing is done yet
    assert confirm(clerk, number, "send-back", page) == 302
    assert hall.open(number) == ["P"]
    assert "原因：材料有误" in plain(clerk.get(f"/cases/{number}").text)


def test_where_something_else_would_come_of_it_meanwhile_it_is_shown_again(hall: Site) -> None:
    number = hall.case_of(hall.publish("moves/branches"), "P", "A1")
    clerk = hall.client("window1")
    page = shown(clerk, number, "send-back", task=hall.task(number, "A2"), target="P", reason="材料有误")
    hall.complete(number, "B1")

    again = clerk.post(f"/cases/{number}/moves/send-back", data=fields(page))

    assert again.status_code == 200
    assert "办件的状态刚刚发生变化" in plain(again.text) and "B2" in plain(again.text)
    assert hall.open(number) == ["A2", "B2"]
    assert confirm(clerk, number, "send-back", again.text) == 302


def test_confirming_twice_is_once(hall: Site) -> None:
    number = hall.case_of(hall.publish("moves/branches"), "P")
    admin = hall.client("admin")
    page = shown(admin, number, "skip", task=hall.task(number, "A1"), reason="系统外已办")
    assert confirm(admin, number, "skip", page) == 302

    assert confirm(admin, number, "skip", page) == 302

    assert hall.open(number) == ["A2", "B1"]
    assert admin.post(f"/cases/{number}/moves/skip", data={**fields(page), "key": "other"}).status_code == 409


def test_a_task_that_somebody_else_holds_is_not_sent_back_by_a_colleague(hall: Site) -> None:
    number = hall.case_of(hall.publish("moves/branches"), "P", "A1")
    token = hall.task(number, "A2")
    hall.give("ClaimTask", "window2", number, task=token)

    page = hall.client("window1").get(f"/cases/{number}/tasks/{token}/moves").text
    refused = hall.client("window1").post(
        f"/cases/{number}/moves/send-back", data={"task": token, "target": "A1", "reason": "材料有误"}
    )

    assert "退回到" not in plain(page)
    assert refused.status_code == 403
    shown(hall.client("window2"), number, "send-back", task=token, target="A1", reason="材料有误")


def test_a_signer_is_added_before_after_and_beside_and_removed(hall: Site) -> None:
    people = ["market_reviewer1", "market_reviewer2"]
    number = hall.case_of(hall.publish("moves/signers"), "P", signers=people)
    token = hall.task(number, "K")
    hall.give("ClaimTask", "market_reviewer1", number, task=token)
    signer = hall.client("market_reviewer1")
    page = plain(signer.get(f"/cases/{number}/tasks/{token}/moves").text)
    assert "在当前签署人之前" in page and "与其他人同时" not in page and "市监" in page

    added = shown(signer, number, "add-signer", task=token, person="market_head", place="after", reason="情况复杂")
    assert confirm(signer, number, "add-signer", added) == 302
    multi = next(t.multi for t in hall.case(number).tokens.values() if t.multi is not None)
    assert multi.items == ("market_reviewer1", "market_head", "market_reviewer2")

    admin = hall.client("admin")
    removed = shown(admin, number, "remove-signer", task=token, index=2, reason="回避")
    assert confirm(admin, number, "remove-signer", removed) == 302
    assert "已减" in plain(admin.get(f"/cases/{number}/tasks/{token}/moves").text)

    hall.complete(number, "K", "market_reviewer1")
    hall.complete(number, "K", "market_head")
    assert hall.open(number) == ["M", "M"]
    token = hall.task(number, "M")
    hall.give("ClaimTask", "market_reviewer1", number, task=token)
    assert "与其他人同时" in plain(signer.get(f"/cases/{number}/tasks/{token}/moves").text)
    beside = shown(signer, number, "add-signer", task=token, person="market_head", place="beside", reason="情况复杂")
    assert "打开环节 M" in plain(beside)
    assert confirm(signer, number, "add-signer", beside) == 302
    assert hall.open(number) == ["M", "M", "M"]


def test_a_page_says_why_the_last_signer_stays(hall: Site) -> None:
    number = hall.case_of(hall.publish("moves/signers"), "P", signers=["market_reviewer1"])
    task, admin = hall.task(number, "K"), hall.client("admin")

    chinese = admin.post(f"/cases/{number}/moves/remove-signer", data={"task": task, "index": 0, "reason": "回避"})
    admin.post("/language/en")
    english = admin.post(f"/cases/{number}/moves/remove-signer", data={"task": task, "index": 0, "reason": "回避"})

    assert "“K”只剩这一位签署人，减去后无人签署。" in plain(chinese.text)
    assert "“K” has only this signer left" in plain(english.text)
    assert hall.open(number) == ["K"]


def test_an_administrator_corrects_a_fact_moves_a_token_and_cancels_the_case(hall: Site) -> None:
    number = hall.case_of(hall.publish("moves/branches"), "P", amount=12)
    admin = hall.client("admin")
    page = admin.get(f"/cases/{number}/repair?scope=0&fact=amount").text
    assert ">12</textarea>" in page
    wrong = admin.post(
        f"/cases/{number}/moves/correct", data={"name": "amount", "scope": 0, "value": "zwölf", "reason": "笔误"}
    )
    assert wrong.status_code == 422

    given = {"name": "amount", "scope": 0, "value": '{"$date": "2026-03-02"}', "reason": "笔误"}
    assert confirm(admin, number, "correct", shown(admin, number, "correct", **given)) == 302
    moved = shown(admin, number, "move", token=hall.task(number, "A1"), target="C", reason="系统外已办")
    assert "撤销环节 A1 B1" in plain(moved)
    assert confirm(admin, number, "move", moved) == 302
    assert hall.open(number) == ["C"]
    ended = shown(admin, number, "cancel", reason="重复申办")
    assert "已终止" in plain(ended) and hall.case(number).is_open
    assert confirm(admin, number, "cancel", ended) == 302

    found = hall.case(number)
    assert str(found.facts[0, "amount"]) == "2026-03-02"
    assert found.status == "cancelled"


@pytest.mark.parametrize("kind", ["skip", "move", "correct", "cancel"])
def test_what_is_for_administrators_is_refused_to_clerks_and_not_offered(hall: Site, kind: str) -> None:
    number = hall.case_of(hall.publish("moves/branches"))
    token, clerk = hall.task(number, "P"), hall.client("window1")
    given = {"task": token, "token": token, "target": "A1", "reason": "x", "name": "a", "value": "1", "scope": "0"}

    assert clerk.post(f"/cases/{number}/moves/{kind}", data=given).status_code == 403

    assert clerk.get(f"/cases/{number}/repair").status_code == 403
    assert "/repair" not in clerk.get(f"/cases/{number}").text
    assert hall.open(number) == ["P"]


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("send-back", {"task": "x", "target": "P", "reason": "x"}),
        ("send-back", {"target": "P", "reason": "x"}),
        ("send-back", {"task": "2", "target": "P", "reason": " "}),
        ("add-signer", {"task": "2", "signer": "{", "place": "after", "reason": "x"}),
        ("skip", {"task": "9" * 30, "reason": "x"}),
        ("correct", {"name": "a", "scope": "0", "value": "1e400000", "reason": "x"}),
        ("correct", {"name": "a", "scope": "0", "value": '{"$date": "yesterday"}', "reason": "x"}),
    ],
)
def test_wrong_fields_are_refused_and_change_nothing(hall: Site, kind: str, given: dict[str, str]) -> None:
    number = hall.case_of(hall.publish("moves/branches"))
    before = hall.case(number)

    assert hall.client("admin").post(f"/cases/{number}/moves/{kind}", data=given).status_code == 422

    assert hall.case(number) == before


def test_a_move_that_nobody_knows_is_not_found(hall: Site) -> None:
    number = hall.case_of(hall.publish("moves/branches"))
    assert hall.client("admin").post(f"/cases/{number}/moves/undo", data={}).status_code == 404


def test_without_the_page_s_own_token_nothing_is_moved(hall: Site) -> None:
    number = hall.case_of(hall.publish("moves/branches"))
    admin = hall.client("admin")
    hall.app.config["WTF_CSRF_ENABLED"] = True
    try:
        given = {"task": hall.task(number, "P"), "reason": "x"}
        assert admin.post(f"/cases/{number}/moves/skip", data=given).status_code == 400
    finally:
        hall.app.config["WTF_CSRF_ENABLED"] = False


def test_programs_are_answered_in_json(hall: Site) -> None:
    number = hall.case_of(hall.publish("moves/branches"), "P", "A1")
    clerk, token = hall.client("window1", json=True), hall.task(number, "A2")
    choices = clerk.get(f"/cases/{number}/tasks/{token}/moves").json
    assert choices is not None
    assert [one["target"] for one in choices["send_back"]] == ["P", "A1"]

    given = {"task": token, "target": "A1", "reason": "材料有误"}
    seen = clerk.post(f"/cases/{number}/moves/send-back", data=given).json
    assert seen is not None
    assert (seen["foreseen"]["closed"][0]["name"], seen["foreseen"]["opened"]) == ("A2", ["A1"])
    done = clerk.post(f"/cases/{number}/moves/send-back", data={**given, "confirmed": seen["confirmed"]}).json

    assert done is not None
    assert done["location"] == f"/cases/{number}"
    assert hall.open(number) == ["A1", "B1"]


# ------------------------------------------------------------------ migrating


def test_the_cases_of_a_version_are_migrated_after_a_try_that_tells_what_stands_in_the_way(hall: Site) -> None:
    first, second = hall.publish("migration/first"), hall.publish("migration/second")
    there = [hall.case_of(first, "P") for _ in range(3)]
    gone = hall.case_of(first, "P", "A")  # waits at a step that the second version no longer has
    due = {number: next(iter(hall.case(number).tasks.values())).due for number in there}
    admin = hall.client("admin")
    assert "迁移第 1 版的在办件" in admin.get("/versions").text
    asked = {"former": first, "to": second, "reason": "新版本"}

    tried = admin.post("/versions/migrate", data=asked).text

    assert "可以迁移 3 件，不能迁移 1 件。尚未作任何改动。" in plain(tried)
    assert "没有环节" in plain(tried)
    assert {hall.case(number).chain for number in there} == {first}
    mark = re.search(r'name="confirmed" value="([^"]+)"', tried)
    assert mark is not None
    done = admin.post("/versions/migrate", data={**asked, "key": "k1", "confirmed": mark[1]}).text
    assert "已迁移 3 件，未迁移 1 件。" in plain(done)
    assert {hall.case(number).chain for number in there} == {second}
    assert {number: next(iter(hall.case(number).tasks.values())).due for number in there} == due

    page = admin.get(f"/versions/migrate?former={first}&to={second}&case={gone}").text
    element = next(iter(hall.open(gone)))
    assert f'name="map.{element}"' in page and "新版本中没有，请选择" in page
    mapped = {**asked, "case": gone, f"map.{element}": "C"}
    tried = admin.post("/versions/migrate", data=mapped).text
    assert "可以迁移 1 件" in plain(tried)
    mark = re.search(r'name="confirmed" value="([^"]+)"', tried)
    assert mark is not None
    changed = admin.post("/versions/migrate", data={**asked, "case": gone, "confirmed": mark[1]}).text
    assert "尚未作任何改动" in plain(changed)  # another map than the one that was tried
    done = admin.post("/versions/migrate", data={**mapped, "key": "k2", "confirmed": mark[1]}).text
    assert "已迁移 1 件" in plain(done)
    assert hall.case(gone).chain == second and hall.open(gone) == ["C"]


def test_a_case_is_migrated_and_back_where_the_form_has_no_key(hall: Site) -> None:
    first, second = hall.publish("migration/first"), hall.publish("migration/second")
    case, admin = hall.case_of(first, "P"), hall.client("admin")

    for former, to in ((first, second), (second, first)):
        asked = {"former": former, "to": to, "case": case, "reason": "新版本"}
        mark = re.search(r'name="confirmed" value="([^"]+)"', admin.post("/versions/migrate", data=asked).text)
        assert mark is not None
        assert "已迁移 1 件" in plain(admin.post("/versions/migrate", data={**asked, "confirmed": mark[1]}).text)
        assert hall.case(case).chain == to


def test_versions_are_for_administrators(hall: Site) -> None:
    digest = hall.publish("migration/first")
    clerk = hall.client("window1")

    assert clerk.get("/versions").status_code == 403
    assert clerk.post("/versions/migrate", data={"former": digest, "to": digest, "reason": "x"}).status_code == 403
    assert hall.client("admin").get("/versions/migrate?former=x&to=y").status_code == 404


def test_an_ended_case_says_that_nothing_is_left_to_set_right(hall: Site) -> None:
    number = hall.case_of(hall.publish("moves/branches"), "P", "A1")
    admin = hall.client("admin")
    page = shown(admin, number, "cancel", reason="重复申办")
    confirm(admin, number, "cancel", page)

    assert "没有可以维护的内容" in plain(admin.get(f"/cases/{number}/repair").text)


def test_the_page_of_versions_tells_who_forced_one_and_why(hall: Site) -> None:
    version = chains.read(SAMPLES / "moves" / "calls.bpmn").version
    assert version is not None
    hall.hall.engine.publish(version, "admin", "示范：先行试点")
    admin = hall.client("admin")

    page = plain(admin.get("/versions").text)
    rows = admin.get("/versions", headers={"Accept": "application/json"}).json
    admin.post("/language/en")
    english = plain(admin.get("/versions").text)

    assert re.search(r"检查或者场景未通过，由\S+于 .* 强制发布：示范：先行试点", page), page
    assert re.search(r"Its check or its scenarios failed; \S+ forced it on .*: 示范：先行试点", english), english
    assert rows is not None
    told = [row["forced"] for row in rows["rows"] if row["digest"] == version.digest]
    assert [(one["by"]["key"], one["reason"]) for one in told] == [("admin", "示范：先行试点")]
    assert all(row["forced"] is None for row in rows["rows"] if row["digest"] != version.digest)
