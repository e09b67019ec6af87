"""An embedded mailbox: every notice is a letter on the shelf, read in the pages. Knows no page.

A letter keeps the words with which it was sent, in both languages; later changes of a template don't touch it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from adapters.wording import WORDS, line
from engine.base.errors import ModelError, NotFound
from engine.hall.ports import Letter, Shelf
from engine.language.templates import Label, Notice, Placeholders, Words, read_notice

LANGUAGES = ("zh", "en")
_LETTER = "letter"


_LABELS: Mapping[str, tuple[str, str]] = {
    "missing": ("需要补正", "To be supplied"),
    "reason": ("理由", "Reason"),
    "office": ("应向其申请的机关", "Office to apply to"),
    "outcome": ("处理结果", "Outcome"),
    "workdays": ("所需工作日", "Workdays needed"),
    "waybill": ("运单号", "Waybill"),
    "clock": ("时限", "Limit"),
    "due": ("到期", "Due"),
    "on": ("时间", "Date"),
    "place": ("地点", "Place"),
    "text": ("说明", "Note"),
}


def _notice(zh: tuple[str, str], en: tuple[str, str], details: tuple[str, ...] = ()) -> Notice:
    """Subject and text in Chinese and in English. `$title` is the case's title, `$item` the item's name."""
    return Notice(Words(*zh), Words(*en), {name: Label(*_LABELS[name]) for name in details})


NOTICES: Mapping[str, Notice] = {
    "message": _notice(("$subject", "$text"), ("$subject", "$text")),
    "received": _notice(
        ("已收到申请：$title", "您的申请“$title”已收到，请保存收件凭证。"),
        ("Application received: $title", "Your application '$title' has been received. Keep the receipt."),
    ),
    "accepted": _notice(
        ("已受理：$title", "您申请的“$item”已受理，将在承诺期限内作出决定。"),
        ("Accepted: $title", "'$item' has been accepted; it will be decided within the promised limit."),
    ),
    "tolerated": _notice(
        ("已容缺受理：$title", "您申请的“$item”已容缺受理，请按承诺的期限补交所缺材料；补齐以前不能作出准予决定。"),
        ("Accepted with materials to follow: $title", "'$item' has been accepted. Supply what is missing as promised."),
        ("missing", "due"),
    ),
    "unsupplied": _notice(
        ("未按期补交材料：$title", "您申请的“$item”容缺受理后未按期补交材料，不再继续办理。可以备齐材料后重新申请。"),
        ("Not supplied: $title", "What '$item' lacked wasn't supplied in time. You may apply again."),
        ("outcome",),
    ),
    "correction": _notice(
        ("请补正材料：$title", "您申请的“$item”需要补正，现一次性告知全部内容。"),
        ("Correction needed: $title", "'$item' needs correction. This is all that is missing, told once."),
        ("missing", "due"),
    ),
    "lapsed": _notice(
        ("逾期未补正：$title", "您申请的“$item”逾期未补正，视为撤回申请。可以备齐材料后重新申请。"),
        ("Lapsed: $title", "'$item' was not corrected in time and counts as withdrawn. You may apply again."),
    ),
    "rejected": _notice(
        ("未予受理：$title", "您申请的“$item”未予受理。"),
        ("Not accepted: $title", "'$item' was not accepted."),
        ("outcome", "reason", "office"),
    ),
    "suspended": _notice(
        ("时限暂停计算：$title", "您申请的“$item”进入特别程序，所需时间不计入办理期限（行政许可法第四十五条）。"),
        ("Limit suspended: $title", "'$item' is in a procedure whose time is not counted (Licensing Law, art. 45)."),
        ("reason", "workdays"),
    ),
    "hearing_right": _notice(
        ("可以要求听证：$title", "您可以就“$item”要求听证，自收到本告知之日起五日内提出（行政许可法第四十七条）。"),
        ("Right to a hearing: $title", "You may ask for a hearing on '$item' within 5 days (Licensing Law, art. 47)."),
    ),
    "hearing": _notice(
        ("举行听证：$title", "“$item”将举行听证，请按时参加；可以申请主持人回避（行政许可法第四十八条）。"),
        ("Hearing: $title", "A hearing on '$item' will be held (Licensing Law, art. 48)."),
        ("on", "place"),
    ),
    "joint_review": _notice(
        (
            "请参加并联审查：$title",
            "“$item”需要本部门参加并联审查，请按期反馈意见；逾期不反馈的视为同意，涉及安全、生态环境的除外。",
        ),
        (
            "Joint review: $title",
            "Your department takes part in the review of '$item'. Silence is consent, but on safety and environment.",
        ),
        ("due",),
    ),
    "extended": _notice(
        ("办理期限延长：$title", "您申请的“$item”经批准延长办理期限（行政许可法第四十二条）。"),
        ("Limit extended: $title", "The limit of '$item' was extended with approval (Licensing Law, art. 42)."),
        ("reason", "workdays", "due"),
    ),
    "granted": _notice(
        ("准予许可：$title", "您申请的“$item”已准予，结果文书将统一送达。"),
        ("Granted: $title", "'$item' has been granted; the result will be handed over."),
    ),
    "denied": _notice(
        (
            "不予许可：$title",
            "您申请的“$item”不予许可。可以自收到决定书之日起六十日内申请行政复议，或者六个月内提起行政诉讼。",
        ),
        ("Denied: $title", "'$item' was denied. You may ask for review within 60 days, or sue within 6 months."),
        ("reason",),
    ),
    "rectify": _notice(
        ("责令限期整改：$title", "“$item”凭承诺作出决定，经核查未履行承诺，请按期整改；逾期不整改的，撤销决定。"),
        ("Rectify: $title", "'$item' was granted on a commitment that isn't met. Rectify it, or it is revoked."),
        ("reason", "due"),
    ),
    "revoked": _notice(
        (
            "撤销决定：$title",
            "“$item”的准予决定已撤销。可以自收到决定书之日起六十日内申请行政复议，或者六个月内提起行政诉讼。",
        ),
        ("Revoked: $title", "The grant of '$item' has been revoked. You may ask for review, or sue."),
        ("reason",),
    ),
    "withdrawn": _notice(
        ("已撤回：$title", "您申请的“$item”已按您的要求撤回。"),
        ("Withdrawn: $title", "'$item' has been withdrawn as you asked."),
    ),
    "ready": _notice(
        ("结果可领取：$title", "“$title”的全部结果已办好，请到统一出件窗口领取。"),
        ("Ready: $title", "All results of '$title' are ready at the hand-over window."),
    ),
    "dispatched": _notice(
        ("结果已寄出：$title", "“$title”的结果已交快递寄送。"),
        ("Dispatched: $title", "The results of '$title' are on their way by courier."),
        ("waybill",),
    ),
    "check_overdue": _notice(
        ("承诺逾期未核查：$title", "“$item”凭承诺作出决定，事后核查期限已到，尚未核查，请督促办理。"),
        ("Check overdue: $title", "The commitment of '$item' has not been checked in time."),
    ),
    "clock_warned": _notice(
        ("即将到期：$title", "“$item”的办理期限即将到期，请抓紧办理。"),
        ("Due soon: $title", "The limit of '$item' lapses soon."),
        ("clock", "due"),
    ),
    "clock_lapsed": _notice(
        ("已超期：$title", "“$item”的办理期限已到，尚未办结，请说明原因并立即办理。"),
        ("Overdue: $title", "The limit of '$item' has lapsed without a decision."),
        ("clock", "due"),
    ),
}


class Mailbox:
    """`engine.hall.ports.Notification` that sends letters to this mailbox."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def send(
        self,
        key: str,
        to: str,
        template: str,
        content: Mapping[str, Any],
        case: str,
        at: datetime,
        own: bytes | None = None,
    ) -> None:
        notice = NOTICES.get(template) if own is None else read_notice(own)
        if notice is None:
            raise ModelError(
                f"Expected a notice template ({', '.join(NOTICES)}); found {template!r}. For free text use 'message' "
                "with subject and text in its content.",
                template=template,
            )
        told = {language: notice.in_language(language) for language in LANGUAGES}
        words = {
            language: _worded(notice, given, language, content) for language, given in told.items() if given is not None
        }
        value = {"to": to, "template": template, "case": case, "at": at.isoformat(), "read_at": None, "words": words}
        self._shelf.add(_LETTER, key, value, owner=to, at=at)

    def inbox(self, owners: Iterable[str], language: str = "zh", limit: int = 100, skip: int = 0) -> list[Letter]:
        """Return the letters to any of the owners, the latest first, after skipping `skip` of them; at most `limit`.

        Owners are like `person:window1`, `role:head@tax`.
        """
        upto = skip + limit
        rows = [row for owner in set(owners) for row in self._shelf.find(_LETTER, owner=owner, limit=upto)]
        letters = sorted((_letter(key, value, language) for key, value in rows), key=lambda letter: letter.key)
        return sorted(letters, key=lambda letter: letter.at, reverse=True)[skip:upto]

    def letter(self, key: str, language: str = "zh") -> Letter:
        """Return one letter. Raises NotFound. The caller checks, by `to`, whether the reader may see it."""
        return _letter(key, self._value(key), language)

    def mark_read(self, key: str, at: datetime) -> None:
        """Note when the letter was first read."""
        value = self._value(key)
        if value["read_at"] is None:
            sent = datetime.fromisoformat(value["at"])
            self._shelf.put(_LETTER, key, value | {"read_at": at.isoformat()}, owner=value["to"], at=sent)

    def _value(self, key: str) -> dict[str, Any]:
        value = self._shelf.get(_LETTER, key)
        if value is None:
            raise NotFound(f"Expected letter {key!r}; there is none.", sentence="letter_unknown", letter=key)
        return value


class _Texts(dict[str, str]):
    """The values that a template may name; a name that isn't given is empty text."""

    def __missing__(self, name: str) -> str:
        return ""


def _worded(notice: Notice, words: Words, language: str, content: Mapping[str, Any]) -> dict[str, str]:
    values = _Texts({name: _word(value, language) for name, value in content.items()})
    colon = {"zh": "：", "en": ": "}[language]
    details = ((getattr(label, language) or label.zh, values[name]) for name, label in notice.details.items())
    told = (f"{label}{colon}{value}" for label, value in details if value)
    # A template, not format: an applicant's text is a value here, and a `$` or `{` in it is never interpreted.
    body = "\n".join((Placeholders(words.text).substitute(values), *told))
    return {"subject": Placeholders(words.subject).substitute(values).replace("\n", " "), "text": body}


def _word(value: Any, language: str) -> str:
    if language == "zh" and isinstance(value, str):
        return WORDS.get(value, value)
    return line(value, language)


def _letter(key: str, value: Mapping[str, Any], language: str) -> Letter:
    words = value["words"].get(language) or value["words"]["zh"]
    read_at = value["read_at"]
    return Letter(
        key=key,
        to=value["to"],
        template=value["template"],
        subject=words["subject"],
        text=words["text"],
        case=value["case"],
        at=datetime.fromisoformat(value["at"]),
        read_at=datetime.fromisoformat(read_at) if read_at else None,
    )
