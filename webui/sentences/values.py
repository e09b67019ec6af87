"""How the values of a sentence are shown: names of things, dates, lists. In the page's language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from webui.text import page_language

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


def thing(kind: str) -> str:
    """What a claim is on; a kind that no table names stays as it is."""
    return str(THINGS.get(kind, kind))


def identifier(kind: str) -> str:
    return str(IDENTIFIERS[kind])


def identifier_reason(reason: str) -> str:
    return str(IDENTIFIER_REASONS[reason])


def listed(values: Iterable[Any]) -> str:
    return gettext("、").join(map(str, values))


def quoted(names: Iterable[str]) -> str:
    """`“章程”、“身份证”`."""
    return gettext("、").join(gettext("“%(name)s”", name=name) for name in names)


def on(value: str | date) -> str:
    """A date, as ISO text or as a value, in words, with the time where it has one: `2026年6月30日10:30`."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else value
    if isinstance(moment, str):
        moment = date.fromisoformat(moment)
    clock = f"{moment:%H:%M}" if isinstance(moment, datetime) else ""
    if page_language() == "en":
        return f"{moment:%Y-%m-%d} {clock}".rstrip()
    return f"{moment.year}年{moment.month}月{moment.day}日{clock}"
