"""Values as a reader sees them, in Chinese unless English is asked for: dates, yes and no, lists, words for keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.law import matter as law

WORDS: Mapping[str, str] = {
    # clocks
    "receipt_check": "收件审查时限",
    "promised": "承诺时限",
    "statutory": "法定时限",
    "delivery": "送达时限",
    "correction": "补正时限",
    "supply": "容缺补交时限",
    "step": "环节时限",
    "hearing": "听证时限",
    "intermediary": "中介服务时限",
    **law.SUSPENSIONS,
    # outcomes
    "granted": "准予",
    "denied": "不予",
    "not_required": "不需要取得行政许可",
    "wrong_office": "不属本机关职权范围",
    "refused": "不予受理",
    "returned": "退件",
}


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as texts, lists of texts, and objects of these; a missing value is empty text."""
    return {key: _shown(value) for key, value in values.items()}


def line(value: Any, language: str = "zh") -> str:
    """Return any value on one line, with the trade's keys replaced by their names."""
    between, among = ("，", "、") if language == "zh" else (", ", ", ")
    if isinstance(value, Mapping):
        return between.join(line(inner, language) for inner in value.values() if inner is not None)
    if isinstance(value, list | tuple):
        return among.join(line(inner, language) for inner in value)
    return _text(value) if language == "zh" else _english(value)


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return shown(value)
    if isinstance(value, list | tuple):
        return [line(item) for item in value]
    return _text(value)


def _english(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value in WORDS:
        return value.replace("_", " ")
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
