"""The words of the pages for the codes that the engine gives, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, session

from adapters import wording
from engine.case import authority, clocks, records
from engine.law import matter
from engine.reading.views.application import Listing, Row
from engine.reading.views.history import Basis, Told
from engine.reading.views.reasons import Matched, Read, Reason
from engine.reading.views.sight import SYSTEM, Person
from webui import words
from webui.text import LIMITS, SUSPENSION_NAMES


@pytest.mark.parametrize(
    ("said", "chinese", "english"),
    [
        (lambda: words.STATES["under_review"], "审查中", "under review"),
        (lambda: words.clock("promised"), "承诺时限", "Promised"),
        (lambda: words.clock("of a model"), "of a model", "of a model"),
        (lambda: words.reason("expert_review"), "专家评审", "expert review"),
        (lambda: words.reason("办结"), "办结", "办结"),
        (lambda: words.person(Person("system:clock", "system:clock")), "系统时钟", "system clock"),
        (lambda: words.person(Person("head1", "停表")), "停表", "停表"),
        (
            lambda: words.basis(Basis("role", "市场监督管理局", "审查岗")),
            "岗位职责（市场监督管理局 · 审查岗）",
            "role (市场监督管理局 · 审查岗)",
        ),
        (lambda: words.basis(Basis("substitute", for_person="张三")), "代理（代 张三）", "substitute (for 张三)"),
        (lambda: words.basis(Basis("open")), "任何在岗人员", "anybody on duty"),
        (lambda: words.told(Told("received", "企业设立登记")), "收件：企业设立登记", "Intake: 企业设立登记"),
        (
            lambda: words.told(Told("moved", "企业设立登记", state="accepted")),
            "企业设立登记：已受理",
            "企业设立登记: accepted",
        ),
        (
            lambda: words.told(Told("moved", "公司设立登记", state="suspended", reason="expert_review")),
            "公司设立登记：停表中（专家评审）",
            "公司设立登记: suspended (expert review)",
        ),
        (
            lambda: words.told(Told("clock_due", "企业设立登记", clock="promised", due="2026-03-04")),
            "企业设立登记：承诺时限至 2026-03-04",
            "企业设立登记: Promised until 2026-03-04",
        ),
        (
            lambda: words.told(Told("clock_warned", "企业设立登记", clock="promised", due="2026-03-04")),
            "企业设立登记：承诺时限预警（2026-03-04）",
            "企业设立登记: Promised due soon (2026-03-04)",
        ),
        (lambda: words.told(Told("clock_due", "甲", clock="step")), "甲：环节时限", "甲: Step"),
        (
            lambda: words.told(Told("supplied", "章程.pdf", origin="2026-000001")),
            "材料：章程.pdf（取自 2026-000001）",
            "Material: 章程.pdf (taken from 2026-000001)",
        ),
        (lambda: words.told(Told("opened", "终止：办结 100%")), "待办：终止：办结 100%", "Task: 终止：办结 100%"),
        (
            lambda: words.why(Reason("decision", "项目类型", (), outcome=Read("", "类型一"))),
            "决策“项目类型”：类型一",
            "Decision “项目类型”: 类型一",
        ),
        (
            lambda: words.why(Reason("way", "大小", (), ways=("大户", "小户"))),
            "“大小”走向：大户、小户",
            "Way on from “大小”: 大户, 小户",
        ),
        (
            lambda: words.why(Reason("met", "会签", ())),
            "“会签”的结束条件已满足",
            "The completion condition of “会签” is met",
        ),
        (
            lambda: words.why(Reason("unmet", "会签", ())),
            "“会签”的结束条件未满足",
            "The completion condition of “会签” isn't met",
        ),
        (lambda: words.read(Read("面积", "1200")), "面积 1200", "面积 1200"),
        (lambda: words.read(Read("面积", None)), "面积（空）", "面积 (empty)"),
        (
            lambda: words.read(Read("权利人", None, "personal")),
            "权利人（个人信息，此处不显示）",
            "权利人 (personal, not shown here)",
        ),
        (
            lambda: words.read(Read("明细", None, "long")),
            "明细（内容较长，此处不显示）",
            "明细 (long, not shown here)",
        ),
        (
            lambda: words.rule(Matched("规模", 2, "大型项目", ("面积 > 1000", "类别 甲"))),
            "“规模”第 2 条规则：大型项目：面积 > 1000，类别 甲",
            "Rule 2 of “规模”: 大型项目: 面积 > 1000, 类别 甲",
        ),
        (lambda: words.rule(Matched("规模", 3, "", ())), "“规模”第 3 条规则", "Rule 3 of “规模”"),
        (lambda: words.read(Read("材料", ())), "材料（空）", "材料 (empty)"),
        (lambda: words.article("行政许可法 42"), "《行政许可法》第四十二条", "《行政许可法》, article 42"),
        (lambda: words.article("行政许可法 10"), "《行政许可法》第十条", "《行政许可法》, article 10"),
        (lambda: words.article("民法典 201"), "民法典 201", "民法典 201"),
        (lambda: words.answer(True), "是", "yes"),
        (lambda: words.answer(("土地勘测", "洪水影响")), "土地勘测、洪水影响", "土地勘测, 洪水影响"),
        (
            lambda: words.answer(Listing(((Row("姓名", "甲"), Row("", "乙")), (Row("姓名", "丙"),)))),
            "姓名 甲，乙；姓名 丙",
            "姓名 甲, 乙; 姓名 丙",
        ),
    ],
)
def test_what_the_engine_gives_by_code_is_said_in_the_language_of_the_page(
    app: Flask, said: Callable[[], object], chinese: str, english: str
) -> None:
    for language, expected in (("zh", chinese), ("en", english)):
        with app.test_request_context("/"):
            session["language"] = language
            assert str(said()) == expected


def test_every_code_that_a_history_shows_has_its_word() -> None:
    assert set(words.COMMANDS) == set(records.COMMANDS)
    assert set(words.STATES) == set(matter.State)
    assert set(words.PEOPLE) == SYSTEM >= {authority.CLOCK, authority.OUTBOX}
    assert set(SUSPENSION_NAMES) == set(matter.SUSPENSIONS)
    assert {*clocks.ARTICLES, clocks.SUPPLY, clocks.STEP, clocks.HEARING, clocks.INTERMEDIARY} <= set(LIMITS)


def test_pages_and_letters_call_a_clock_and_a_suspension_the_same(app: Flask) -> None:
    with app.test_request_context("/"):
        session["language"] = "zh"
        clock_words = {name: str(title) for name, title in LIMITS.items() if name not in matter.SUSPENSIONS}
        reasons = {name: str(title) for name, title in SUSPENSION_NAMES.items()}

    assert {name: wording.WORDS[name] for name in clock_words} == clock_words
    assert {name: wording.WORDS[name] for name in reasons} == reasons == dict(matter.SUSPENSIONS)
