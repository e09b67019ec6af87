"""Values as a reader sees them, in Chinese: dates, yes and no, lists, and the words for the trade's keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

WORDS: Mapping[str, str] = {
    # clocks
    "statutory": "法定时限",
    "promised": "承诺时限",
    "receipt_check": "收件审查时限",
    "delivery": "送达时限",
    # what a clock does not count, 行政许可法 45
    "hearing": "听证",
    "tender": "招标",
    "auction": "拍卖",
    "inspection": "检验",
    "testing": "检测",
    "quarantine": "检疫",
    "appraisal": "鉴定",
    "expert_review": "专家评审",
    "announcement": "公示",
    # outcomes
    "granted": "准予",
    "denied": "不予",
    "not_required": "不需要取得行政许可",
    "wrong_office": "不属本机关职权范围",
    "refused": "不予受理",
    "returned": "退件",
}


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as texts, lists of texts, and objects of these; what is missing is empty text."""
    return {key: _shown(value) for key, value in values.items()}


def line(value: Any) -> str:
    """Any value on one line."""
    if isinstance(value, Mapping):
        return "，".join(line(inner) for inner in value.values() if inner is not None)
    if isinstance(value, list | tuple):
        return "、".join(line(inner) for inner in value)
    return _text(value)


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return shown(value)
    if isinstance(value, list | tuple):
        return [line(item) for item in value]
    return _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{_text(value.date())} {value:%H:%M}"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)
