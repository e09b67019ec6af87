"""How the values of a sentence are shown: names of things, dates, lists. In the page's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from datetime import date, datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from webui.text import BASES, LIMITS, SUSPENSION_NAMES, amount, page_language
from webui.words import COMMANDS, STATES

THINGS = {"company_name": _l("企业名称"), "real_estate_unit": _l("不动产单元"), "project": _l("项目")}
IDENTIFIERS = {
    "credit_code": _l("统一社会信用代码"),
    "id_number": _l("身份证号码"),
    "unit_number": _l("不动产单元号"),
    "estate_certificate": _l("不动产权证号"),
    "project_code": _l("项目代码"),
    "certificate_id": _l("电子证照标识"),
    "item_code": _l("事项编码"),
    "mobile": _l("手机号码"),
    "postal_code": _l("邮政编码"),
    "email": _l("电子邮箱"),
}
IDENTIFIER_REASONS = {
    "type": _l("不是文本"),
    "structure": _l("长度或字符不符合规则"),
    "date": _l("其中的日期不存在"),
    "check_digit": _l("校验码不正确"),
}
SENSITIVE = {
    "state_security": _l("国家安全"),
    "public_safety": _l("公共安全"),
    "financial_prudence": _l("金融业审慎监管"),
    "environment": _l("生态环境保护"),
    "life_health": _l("人身健康和生命财产安全"),
    "foreign_matters": _l("重要涉外事项"),
}
PLACES = {
    "condition": _l("条件"),
    "script": _l("脚本"),
    "decision": _l("决策"),
    "input": _l("输入映射"),
    "output": _l("输出映射"),
    "collection": _l("多实例集合"),
    "output_element": _l("多实例结果"),
    "completion": _l("多实例完成条件"),
    "timer": _l("定时器"),
    "message_name": _l("消息名称"),
    "message_key": _l("消息关联键"),
    "signal_name": _l("信号名称"),
    "error_code": _l("错误代码"),
    "escalation_code": _l("升级代码"),
    "candidate_groups": _l("候选岗位"),
    "candidate_users": _l("候选人员"),
    "assignee": _l("指定办理人"),
    "due_date": _l("办理期限"),
    "department": _l("承办部门"),
    "header": _l("任务参数"),
    "job": _l("自动环节的输入"),
}
"""Where in a model an expression stands, by the kinds of `engine.model.runtime.places`."""
EXTENSION_REASONS = {"after_due": _l("已经到期"), "extended_before": _l("已经延长过一次")}


def thing(kind: str) -> str:
    """Return the name of the kind of thing that a claim is on; a kind that no table has stays as it is."""
    return str(THINGS.get(kind, kind))


def identifier(kind: str) -> str:
    return str(IDENTIFIERS[kind])


def identifier_reason(reason: str) -> str:
    return str(IDENTIFIER_REASONS[reason])


def listed(values: Iterable[Any]) -> str:
    return gettext("、").join(map(str, values))


def quoted(names: Iterable[str]) -> str:
    """Return texts in quotation marks: `“章程”、“身份证”`."""
    return gettext("、").join(gettext("“%(name)s”", name=name) for name in names)


def on(value: str | date) -> str:
    """Return a date, ISO text or value, in words, with the time if it has one: `2026年6月30日10:30`."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else value
    if isinstance(moment, str):
        moment = date.fromisoformat(moment)
    clock = f"{moment:%H:%M}" if isinstance(moment, datetime) else ""
    if page_language() == "en":
        return f"{moment:%Y-%m-%d} {clock}".rstrip()
    return f"{moment.year}年{moment.month}月{moment.day}日{clock}"


def sensitive(code: str) -> str:
    return str(SENSITIVE[code])


def way(code: str) -> str:
    """Return the name of a way to accept a matter: tolerated, committed, deemed."""
    return str(BASES[code])


def clock(name: str) -> str:
    """Return the name of a clock of the catalogue; a clock that the table doesn't have keeps its own name."""
    return str(LIMITS.get(name, name))


def place(kind: str) -> str:
    """Return the name of a kind of place in a model."""
    return str(PLACES[kind])


def target(name: str | None) -> str:
    """Return the name of the place among several of its kind, to follow the kind: `（sum）`; empty text for the only
    one.
    """
    return gettext("（%(name)s）", name=name) if name is not None else ""


def facts(names: list[str]) -> str:
    """Return the facts that an expression reads, to follow it; empty text if it reads none."""
    return gettext("（涉及要素 %(names)s）", names=listed(names)) if names else ""


def limit(given: Mapping[str, Any]) -> str:
    """Return `3 个工作日` for `{"amount", "unit"}`."""
    return amount(given["amount"], given["unit"])


def extension_reason(code: str) -> str:
    return str(EXTENSION_REASONS[code])


def suspensions(codes: Iterable[str]) -> str:
    return listed(SUSPENSION_NAMES[code] for code in codes)


def state(code: str) -> str:
    return str(STATES[code])


def command(name: str) -> str:
    return str(COMMANDS[name])


def count(values: Sized) -> str:
    return str(len(values))


__all__ = [
    "clock",
    "command",
    "count",
    "extension_reason",
    "facts",
    "identifier",
    "identifier_reason",
    "limit",
    "listed",
    "on",
    "place",
    "quoted",
    "sensitive",
    "state",
    "suspensions",
    "target",
    "thing",
    "way",
]
