"""The engine's own words on English pages: states, clocks, bases, reasons, and the sentences of a history.

The engine says them in Chinese; here they are looked up in the same catalogue as the texts of the pages. What people,
departments and items are called is data, and stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from flask_babel import LazyString, get_locale, gettext
from flask_babel import lazy_gettext as _l

from engine.law import matter
from engine.reading.views import present

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
"""What a history calls each command, by its type."""

TOLD: Final = (
    "收件", "待办", "异常", "结果", "材料", "归入项目", "向项目后续阶段移交要素", "改用新版本", "办结", "终止", "原因",
    "取自", "代", "停表", "已超期", "预警", "至",
)  # fmt: skip
"""What sentences of a history are put together with."""

_MARKS: Final = {"：": ": ", "（": " (", "）": ")", "；": "; ", "，": ", ", " · ": " · "}
_SPLIT: Final = re.compile(f"({'|'.join(map(re.escape, _MARKS))})")


@cache
def engine_words() -> frozenset[str]:
    """All words that the engine may say to a page; each has its English in the catalogue."""
    tables = (
        matter.NAMES, matter.SUSPENSIONS, present.CLOCK_TITLES, present.SOURCES, present.BASES,
        present.REASONS, present.SYSTEM_PEOPLE,
    )  # fmt: skip
    found = {str(word) for table in tables for word in table.values()}
    return frozenset(found | set(TOLD))


def word(said: object) -> str:
    """What the engine said, in the language of the page: word by word, where a word is its own."""
    text = str(said or "")
    if not text or not str(get_locale()).startswith("en"):
        return text
    return "".join(_MARKS.get(part) or _part(part) for part in _SPLIT.split(text)).strip()


def _part(text: str) -> str:
    known = engine_words()
    if text.strip() in known:
        return gettext(text.strip())
    found = _put_together().fullmatch(text)
    if found is None:
        return text
    return " ".join(gettext(piece) if piece in known else piece for piece in found.groups() if piece)


@cache
def _put_together() -> re.Pattern[str]:
    """A clock and what became of it (承诺时限至 2026-03-04), or who stands for whom (代 …)."""
    titles = "|".join(map(re.escape, present.CLOCK_TITLES.values()))
    return re.compile(rf"({titles})(停表|已超期|预警|至) ?(.*)|(代|取自) (.+)")
