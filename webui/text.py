"""Words and formats of the pages: languages, dates, limits, and labels for the engine's codes.

Page texts are Chinese in the sources; `translations/en` has the English. Knows no case and no rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

from flask import Flask, request, session
from flask_babel import Babel, get_locale, gettext, ngettext
from flask_babel import lazy_gettext as _l

from webui.house import house

LANGUAGES = {"zh": "中文", "en": "English"}

LIGHTS = {"green": _l("正常"), "yellow": _l("预警"), "red": _l("超期"), "grey": _l("停表")}
KINDS = {"instant": _l("即办件"), "committed": _l("承诺件"), "service": _l("便民服务")}
CLOCKS = {"running": _l("计时中"), "suspended": _l("停表中"), "stopped": _l("已结束")}
OUTCOMES = {"completed": _l("已办结"), "cancelled": _l("已终止")}
CHANNELS = {"window": _l("窗口"), "online": _l("网上"), "courier": _l("邮寄")}
BASES = {"deemed": _l("视为受理"), "tolerated": _l("容缺受理"), "committed": _l("告知承诺")}
POSTED = {"waiting": _l("待发送"), "leased": _l("发送中"), "delivered": _l("已送达"), "failed": _l("失败")}

DAYS = {
    "work": _l("工作日"),
    "weekend": _l("休息日"),
    "rest": _l("放假"),
    "law": _l("法定固定假日"),
    "makeup": _l("调休上班"),
    "used": _l("已用"),
    "left": _l("剩余"),
    "over": _l("超期"),
    "suspended": _l("停表"),
}
WEEKDAYS = (_l("一"), _l("二"), _l("三"), _l("四"), _l("五"), _l("六"), _l("日"))
SUSPENSION_NAMES = {
    "hearing": _l("听证"),
    "tender": _l("招标"),
    "auction": _l("拍卖"),
    "inspection": _l("检验"),
    "testing": _l("检测"),
    "quarantine": _l("检疫"),
    "appraisal": _l("鉴定"),
    "expert_review": _l("专家评审"),
    "assessment": _l("评估"),
    "announcement": _l("公示"),
}

TAGS = {
    "instant": _l("马上办"),
    "online": _l("网上办"),
    "nearby": _l("就近办"),
    "in_one_go": _l("一次办"),
    "window": _l("窗口办"),
    "one_visit": _l("最多跑一次"),
    "no_visit": _l("不见面"),
    "commitment": _l("告知承诺"),
    "optional": _l("自愿选办"),
    "staged": _l("分阶段办理"),
    "intermediary": _l("涉及中介服务"),
    "joint_acceptance": _l("联合验收"),
}
NEEDS = {"always": _l("必需"), "some": _l("视事项而定"), "never": _l("非必需")}
LIMITS = {
    "statutory": _l("法定时限"),
    "promised": _l("承诺时限"),
    "receipt_check": _l("收件审查时限"),
    "delivery": _l("送达时限"),
    "correction": _l("补正时限"),
    "supply": _l("容缺补交时限"),
    "step": _l("环节时限"),
    "hearing": _l("听证时限"),
    "intermediary": _l("中介服务时限"),
}
SOURCES = {
    "applicant": _l("申请人提交"),
    "certificate": _l("证照库调取"),
    "department": _l("部门共享"),
    "matter": _l("本办件其他事项产生"),
}
SUPPLIERS = {
    "applicant": _l("申请人提交"),
    "certificate": _l("电子证照库调取，免提交"),
    "department": _l("部门共享，免提交"),
    "matter": _l("前序事项产生，免提交"),
}

UNITS: dict[str, Callable[[Decimal | int], str]] = {
    "workday": lambda n: ngettext("%(num)s 个工作日", "%(num)s 个工作日", n),
    "day": lambda n: ngettext("%(num)s 天", "%(num)s 天", n),
    "hour": lambda n: ngettext("%(num)s 小时", "%(num)s 小时", n),
}


def speak(app: Flask) -> None:
    """Install languages and the filters of the templates."""
    app.config.update(BABEL_DEFAULT_LOCALE="zh", BABEL_TRANSLATION_DIRECTORIES="translations")
    Babel(app, locale_selector=language)
    app.jinja_env.filters.update(day=day, moment=moment, limit=limit, filesize=filesize, left=left)
    app.jinja_env.filters.update(amount=amount, published=published, visits=visits, formats=formats)
    app.jinja_env.globals.update(
        LIGHTS=LIGHTS,
        KINDS=KINDS,
        CLOCKS=CLOCKS,
        OUTCOMES=OUTCOMES,
        CHANNELS=CHANNELS,
        BASES=BASES,
        POSTED=POSTED,
        DAYS=DAYS,
        WEEKDAYS=WEEKDAYS,
        SUSPENSIONS=SUSPENSION_NAMES,
        TAGS=TAGS,
        NEEDS=NEEDS,
        LIMITS=LIMITS,
        SOURCES=SOURCES,
        SUPPLIERS=SUPPLIERS,
        LANGUAGES=LANGUAGES,
        page_language=page_language,
    )


def language() -> str:
    """Return the language chosen on the pages, else the browser's, Chinese before English."""
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(["zh", "zh-CN", "en"], default="zh")[:2]


def page_language() -> str:
    """Return the value of the page's `lang` attribute."""
    return "en" if str(get_locale()).startswith("en") else "zh-CN"


def day(value: str | date | None) -> str:
    """Return `2026-03-02` for an ISO date or instant, in the hall's zone."""
    if not value:
        return ""
    if isinstance(value, str) and len(value) == len("2026-03-02"):
        return value
    return moment(value)[:10]


def moment(value: str | datetime | date | None) -> str:
    """Return `2026-03-02 09:30` for an ISO instant, in the hall's zone; a date without time stays a date."""
    if not value:
        return ""
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    if isinstance(instant, datetime):
        return instant.astimezone(ZoneInfo(house().settings.zone)).strftime("%Y-%m-%d %H:%M")
    return instant.isoformat()


class Limited(Protocol):
    """A limit as the readers give it; `unit`: workday | day | hour."""

    @property
    def amount(self) -> Decimal: ...
    @property
    def unit(self) -> str: ...


class Published(Limited, Protocol):
    """A limit of the guide, with the extension that the law allows."""

    @property
    def extension(self) -> Decimal: ...


def limit(value: Limited | None) -> str:
    """Return `3 个工作日`; a limit of 0 ends with the day on which it begins."""
    return amount(value.amount, value.unit) if value is not None else ""


def amount(number: Decimal | int, unit: str) -> str:
    """Return `3 个工作日` for so much of a limit's unit."""
    return UNITS[unit](_plain(number)) if number else gettext("当日")


def published(value: Published | None, kind: str = "") -> str:
    """Return a limit of the guide in words, with the extension that the law allows.

    A limit of 0 is "on the spot" for an instant item, and "not counted" for any other.
    """
    if value is None:
        return "—"
    if not value.amount:
        return gettext("当场办结") if kind == "instant" else gettext("不计入时限")
    if not value.extension:
        return limit(value)
    more = amount(value.extension, value.unit)
    return gettext("%(limit)s，可延长 %(more)s", limit=limit(value), more=more)


def visits(times: int) -> str:
    """Return, in words, how often the applicant has to come."""
    return ngettext("%(num)s 次", "%(num)s 次", times) if times else gettext("无需到现场")


def formats(types: Sequence[str], max_mb: int | None) -> str:
    """Return `PDF、PNG、JPEG，不超过 20 MB` for the files that may be handed in; empty text where none may."""
    if not types:
        return ""
    kinds = gettext("、").join(kind.rpartition("/")[2].upper() for kind in types)
    return gettext("%(kinds)s，不超过 %(most)s MB", kinds=kinds, most=max_mb)


def left(workdays: Decimal | int | None) -> str:
    """Return in words how many workdays of a limit are left; negative ones are over it."""
    if workdays is None:
        return ""
    if workdays < 0:
        return ngettext("超 %(num)s 个工作日", "超 %(num)s 个工作日", _plain(-workdays))
    return ngettext("剩 %(num)s 个工作日", "剩 %(num)s 个工作日", _plain(workdays))


def _plain(number: Decimal | int) -> Decimal | int:
    """Return a whole number as `int`, by which Babel chooses the plural."""
    return int(number) if number == int(number) else number


def filesize(size: int) -> str:
    """Return a size in bytes as `340 kB` or `1.2 MB`."""
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1000))} kB"


def withheld_field(label: str) -> str:
    """Return the text that stands in a form for a field with a value that the viewer may not read."""
    return gettext("%(label)s：已填写，内容保密", label=label)
