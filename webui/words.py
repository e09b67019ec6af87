"""The words of the pages for the codes that the engine gives: commands, states, clocks, bases, lines of a history.

Texts of models, and names of people, departments and items are data: they stay as they are, in any language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from flask import Flask
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l

from engine.law.matter import State
from engine.reading.views.application import Answer, Kept, Listing, Row
from engine.reading.views.history import Basis, Told
from engine.reading.views.reasons import Matched, Read, Reason
from engine.reading.views.sight import Person
from webui.text import LIMITS, SUSPENSION_NAMES, page_language

COMMANDS: Final[Mapping[str, LazyString]] = {
    "StartCase": _l("收件立案"),
    "ClaimTask": _l("签收"),
    "ReleaseTask": _l("退回待签收"),
    "TransferTask": _l("转办"),
    "CompleteTask": _l("办理完成"),
    "DeliverMessage": _l("消息"),
    "BroadcastSignal": _l("信号"),
    "FireDeadline": _l("到期"),
    "ConfirmDeadline": _l("确认到期效力"),
    "RecountClocks": _l("按新历重算时限"),
    "AnswerJob": _l("外部回复"),
    "SettleMessage": _l("已送出"),
    "FailJob": _l("外部失败"),
    "SupplyMaterial": _l("提交材料"),
    "RemoveMaterial": _l("撤下材料"),
    "SuspendClock": _l("停表"),
    "ResumeClock": _l("恢复计时"),
    "ExtendClock": _l("延长时限"),
    "WithdrawMatter": _l("撤回"),
    "SetFact": _l("更正要素"),
    "SendBack": _l("退回"),
    "AddSigner": _l("加签"),
    "RemoveSigner": _l("减签"),
    "SkipTask": _l("跳过"),
    "MigrateCase": _l("迁移版本"),
    "MoveToken": _l("移动"),
    "RetryIncident": _l("重试异常"),
    "ResolveIncident": _l("关闭异常"),
    "CancelCase": _l("终止办件"),
    "EraseValues": _l("删除个人信息"),
}
"""The names of commands in a history, by type."""

STATES: Final[Mapping[str, LazyString]] = {
    State.RECEIVED: _l("已收件"),
    State.CORRECTING: _l("补正中"),
    State.CORRECTED: _l("已补正"),
    State.ACCEPTED: _l("已受理"),
    State.NOT_REQUIRED: _l("无需许可"),
    State.WRONG_OFFICE: _l("不属本机关职权"),
    State.REFUSED: _l("不予受理"),
    State.RETURNED: _l("退件"),
    State.UNDER_REVIEW: _l("审查中"),
    State.SUSPENDED: _l("停表中"),
    State.GRANTED: _l("准予"),
    State.DENIED: _l("不予"),
    State.HANDED_OVER: _l("已送达"),
    State.WITHDRAWN: _l("已撤回"),
    State.LAPSED: _l("逾期未补"),
    State.TERMINATED: _l("已终止"),
    State.RECTIFYING: _l("整改中"),
    State.REVOKED: _l("已撤销"),
    State.ANNULLED: _l("已注销"),
}
"""The names of the states of a matter."""

REASONS: Final[Mapping[str, LazyString]] = {**SUSPENSION_NAMES, "procedure ended": _l("所属程序已经结束")}
"""Reasons of a matter's last move that are codes; any other is a text that somebody wrote."""

PEOPLE: Final[Mapping[str, LazyString]] = {
    "system:clock": _l("系统时钟"),
    "system:outbox": _l("外部系统"),
    "system:demo": _l("演示"),
}
"""Actors that are no people."""

AUTHORITY: Final[Mapping[str, LazyString]] = {
    "role": _l("岗位职责"),
    "substitute": _l("代理"),
    "delegation": _l("赋权"),
    "assigned": _l("指定办理"),
    "named": _l("指定人选"),
    "holder": _l("已签收"),
    "open": _l("任何在岗人员"),
    "applicant": _l("申请人"),
    "system": _l("系统"),
    "anybody": _l("演练"),
}
"""Kinds of a basis on which somebody acts."""

TOLD: Final[Mapping[str, LazyString]] = {
    "received": _l("收件：%(name)s"),
    "moved": _l("%(name)s：%(state)s"),
    "moved_because": _l("%(name)s：%(state)s（%(reason)s）"),
    "opened": _l("待办：%(name)s"),
    "clock_set": _l("%(name)s：%(clock)s"),
    "clock_due": _l("%(name)s：%(clock)s至 %(due)s"),
    "clock_suspended": _l("%(name)s：%(clock)s停表"),
    "clock_warned": _l("%(name)s：%(clock)s预警（%(due)s）"),
    "clock_lapsed": _l("%(name)s：%(clock)s已超期（%(due)s）"),
    "incident": _l("异常：%(name)s"),
    "result": _l("结果：%(name)s"),
    "supplied": _l("材料：%(name)s"),
    "supplied_from": _l("材料：%(name)s（取自 %(origin)s）"),
    "joined": _l("归入项目：%(name)s"),
    "handed_on": _l("向项目后续阶段移交要素"),
    "migrated": _l("改用新版本"),
    "completed": _l("办结"),
    "cancelled": _l("终止"),
    "reason": _l("原因：%(name)s"),
}
"""The lines of a history, by `Told.what` and what is given."""


WHY: Final[Mapping[str, LazyString]] = {
    "decision": _l("决策“%(name)s”：%(outcome)s"),
    "way": _l("“%(name)s”走向：%(ways)s"),
    "met": _l("“%(name)s”的结束条件已满足"),
    "unmet": _l("“%(name)s”的结束条件未满足"),
}
"""The reasons in a history, by `Reason.what`."""

HIDDEN: Final[Mapping[str, LazyString]] = {
    "personal": _l("（个人信息，此处不显示）"),
    "long": _l("（内容较长，此处不显示）"),
}
"""Words in place of a value that isn't shown, by `Read.hidden`."""


def install(app: Flask) -> None:
    """Give the templates the words and the filters that find them."""
    app.jinja_env.filters.update(clock=clock, reason=reason, person=person, basis=basis, told=told, answer=answer)
    app.jinja_env.filters.update(why=why, read=read, rule=rule, article=article)
    app.jinja_env.globals.update(COMMANDS=COMMANDS, STATES=STATES)


_NUMERALS: Final = ("", *"一二三四五六七八九")


def clock(name: str) -> str:
    """Return the title of a clock; a name that no table has is a model's own, and stays as it is."""
    return str(LIMITS.get(name, name))


def article(given: str) -> str:
    """Return an article as a law is cited, `《行政许可法》第四十二条` for `行政许可法 42`; any other text stays."""
    law, _, number = given.rpartition(" ")
    if not law or not re.fullmatch(r"[1-9][0-9]?", number):
        return given
    if page_language() == "en":
        return gettext("《%(law)s》第%(article)s条", law=law, article=number)
    tens, ones = divmod(int(number), 10)
    written = ("" if tens == 0 else "十" if tens == 1 else _NUMERALS[tens] + "十") + _NUMERALS[ones]
    return gettext("《%(law)s》第%(article)s条", law=law, article=written)


def reason(given: str) -> str:
    """Return the reason of a matter's last move, or of a suspension, in words."""
    return str(REASONS.get(given, given))


def person(one: Person) -> str:
    return str(PEOPLE.get(one.key, one.name))


def basis(given: Basis) -> str:
    """Return on what basis somebody acted: `岗位职责（市场监管局 · 审查）`."""
    kind = str(AUTHORITY.get(given.kind, given.kind))
    parts = [part for part in (given.department, given.role) if part]
    if given.for_person:
        parts.append(gettext("代 %(name)s", name=given.for_person))
    return gettext("%(kind)s（%(parts)s）", kind=kind, parts=" · ".join(parts)) if parts else kind


def told(one: Told) -> str:
    """Return one thing that an entry of a journal did, as a line of the history."""
    values = {
        "name": one.name,
        "state": str(STATES[one.state]) if one.state else "",
        "reason": reason(one.reason or ""),
        "clock": clock(one.clock or ""),
        "due": one.due or "",
        "origin": one.origin or "",
    }
    return str(TOLD[_wording(one)]) % values


def _wording(one: Told) -> str:
    """Return the key of the wording in `TOLD`, which differs by the fields that are given."""
    if one.what == "moved" and one.reason:
        return "moved_because"
    if one.what == "supplied" and one.origin:
        return "supplied_from"
    return "clock_set" if one.what == "clock_due" and not one.due else one.what


def why(one: Reason) -> str:
    """Return what came out of a decision or a condition."""
    outcome = _value(one.outcome) if one.outcome is not None else ""
    return str(WHY[one.what]) % {"name": one.name, "ways": gettext("、").join(one.ways), "outcome": outcome}


def read(one: Read) -> str:
    """Return a value that a decision or a condition read, under its label."""
    value = _value(one)
    return one.label + value if value.startswith("（") else f"{one.label} {value}"


def _value(one: Read) -> str:
    if one.hidden is not None:
        return str(HIDDEN[one.hidden])
    return (answer(one.value) if one.value is not None else "") or gettext("（空）")


def rule(one: Matched) -> str:
    """Return a rule that matched, as its designer wrote it."""
    head = gettext("“%(table)s”第 %(number)s 条规则", table=one.table, number=one.number)
    texts = [text for text in (one.note, gettext("，").join(one.conditions)) if text]
    return gettext("：").join([head, *texts])


def answer(given: Answer) -> str:
    """Return a statement of the applicant as text: yes or no, a text, several of them, or the rows of a list."""
    if isinstance(given, Kept):
        return gettext("已填写，内容保密")
    if isinstance(given, bool):
        return gettext("是") if given else gettext("否")
    if isinstance(given, Listing):
        return gettext("；").join(gettext("，").join(map(_part, row)) for row in given.rows)
    return given if isinstance(given, str) else gettext("、").join(given)


def _part(row: Row) -> str:
    return f"{row.label} {answer(row.value)}".strip()
