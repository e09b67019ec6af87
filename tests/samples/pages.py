"""A house with made-up readings, so that pages can be looked at and tested without a running engine.

The shapes are those of `engine.reading.views`; everything that an adapter ships for embedded use is the shipped thing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher

from adapters.certificates import Library
from adapters.documents import TextDocuments
from adapters.identity import ShelfIdentity
from adapters.memory import MemoryShelf, MemoryStorage
from adapters.notification import Mailbox
from adapters.verification import Verification
from engine.base.errors import LicetError, NotFound
from engine.case.context import Settings as HallSettings
from engine.case.records import Command
from engine.hall.ports import Issue
from engine.law import catalogue, organisation
from engine.law.workdays import Calendar
from engine.reading.scenarios import VirtualClock
from engine.reading.views import guide as guides
from engine.reading.views.present import Viewer
from webui import House, Settings

ROOT = Path(__file__).parents[2]
CHAIN = ROOT / "bpmn" / "business_startup" / "after"
NOW = datetime.fromisoformat("2026-03-04T10:20:00+08:00")
CASE = "2026-000017"
PROJECT = "2026-990101-47-03-500001"
TITLE = "示范县青禾农业科技有限公司"
PASSWORD = "kiosk-lantern-47"
FILE = "sha256:" + "ab" * 32

ACCEPTED = {"key": "market_reviewer1", "name": "市监审查员甲"}
CLERK = {"key": "window1", "name": "综窗甲"}


def clock(
    title: str, light: str, left: int | None, state: str = "running", due: str | None = "2026-03-06"
) -> dict[str, Any]:
    return {
        "clock": 1,
        "name": "promised",
        "title": title,
        "state": state,
        "start": "2026-03-03",
        "due": due,
        "limit": {"amount": 3, "unit": "workday"},
        "days_used": 1,
        "days_left": left if left is None or left > 0 else 0,
        "overdue": -left if left is not None and left < 0 else 0,
        "light": light,
        "article": "市场主体登记管理条例 第十九条",
        "certainty": "final",
    }


def matter(number: int, name: str, department: str, state: str, state_name: str, clocks: list[Any]) -> dict[str, Any]:
    return {
        "matter": number,
        "item": {"key": name, "name": name, "code": "000131001000", "kind": "committed", "department": department},
        "state": state,
        "state_name": state_name,
        "since": "2026-03-03",
        "reason": None,
        "basis": None,
        "clocks": clocks,
        "may": ["WithdrawMatter"] if state == "under_review" else [],
    }


ESTABLISHMENT = matter(
    3,
    "企业设立登记",
    "市场监督管理局",
    "under_review",
    "审查中",
    [clock("承诺时限", "green", 2), clock("法定时限", "green", 2)],
)
MATTERS = [
    ESTABLISHMENT,
    matter(4, "公章刻制备案", "公安局", "suspended", "停表中", [clock("承诺时限", "grey", None, "suspended", None)]),
    matter(5, "新办纳税人涉税办理", "税务局", "correcting", "补正中", [clock("补正时限", "yellow", 1)]),
    matter(
        6,
        "社会保险登记",
        "人力资源和社会保障局",
        "accepted",
        "已受理",
        [clock("承诺时限", "red", -2, due="2026-02-27")],
    ),
    matter(7, "住房公积金缴存登记", "住房公积金管理中心", "handed_over", "已送达", []),
    matter(8, "银行预约开户", "合作银行", "denied", "不予", []),
]


def task_row(token: int, name: str, light: str | None, left: int | None, may: list[str], **more: Any) -> dict[str, Any]:
    row = {
        "case": CASE,
        "number": CASE,
        "token": token,
        "element": "intake",
        "name": name,
        "title": "示范县青禾农业科技有限公司",
        "applicant": "张*",
        "chain": "企业开办",
        "item": {"key": "establishment", "name": "企业设立登记", "kind": "committed"},
        "department": "市场监督管理局",
        "matter": 3,
        "round": 1,
        "opened_at": "2026-03-03T09:12:00+08:00",
        "due_at": "2026-03-06T17:30:00+08:00" if light else None,
        "light": light,
        "workdays_left": left,
        "claimed_by": None,
        "substitute_for": None,
        "may": may,
    }
    return row | more


ROWS = [
    task_row(21, "审查", "red", -2, ["ClaimTask"], round=2),
    task_row(
        22,
        "完整性核对",
        "yellow",
        1,
        ["ClaimTask"],
        item={"key": "tax", "name": "新办纳税人涉税办理", "kind": "committed"},
        department="税务局",
    ),
    task_row(
        23, "审批（负责人）", "green", 3, ["CompleteTask", "ReleaseTask"], claimed_by=ACCEPTED, substitute_for=CLERK
    ),
    task_row(
        24,
        "综合受理：一表申请",
        None,
        None,
        ["CompleteTask", "ReleaseTask"],
        item=None,
        department=None,
        claimed_by=CLERK,
    ),
]


def material(
    key: str,
    name: str,
    required: bool,
    files: int,
    source: str = "applicant",
    may: bool = True,
    asked: bool = True,
) -> dict[str, Any]:
    return {
        "key": key,
        "name": name,
        "required": required,
        "tolerable": not required,
        "asked": asked,
        "needed": "always" if required else "never",
        "items": ["企业设立登记"],
        "source": source,
        "source_name": {"applicant": "申请人提交", "certificate": "证照库调取"}[source],
        "types": ["application/pdf", "image/png", "image/jpeg"],
        "max_mb": 20,
        "supplied": bool(files),
        "may": ["SupplyMaterial", "RemoveMaterial"] if may else [],
        "files": [
            {
                "digest": FILE,
                "name": f"{name}.pdf",
                "size": 348_211,
                "media_type": "application/pdf",
                "by": "window1",
                "at": "2026-03-03T09:20:00+08:00",
                "source": source,
            }
        ]
        * files,
    }


MATERIALS = [
    material("application", "企业设立申请书", True, 1),
    material("articles", "公司章程", True, 1),
    material("domicile", "住所使用证明", True, 0),
    material("appointments", "任职文件", False, 0),
    material("identity", "法定代表人身份证", True, 1, "certificate", may=False),
    material("seal_request", "公章刻制委托书", True, 0, asked=False),
]

HISTORY = [
    {
        "sequence": number,
        "at": f"2026-03-03T{9 + number:02}:1{number}:00+08:00",
        "effective_on": "2026-03-03",
        "actor": CLERK,
        "basis": "综合窗口 · 示范县政务服务中心",
        "command": command,
        "summary": summary,
        "hash": "sha256:0",
    }
    for number, command, summary in (
        (5, "CompleteTask", ["完成“完整性核对”", "企业设立登记：已受理", "承诺时限 3 个工作日，至 2026-03-06"]),
        (4, "ClaimTask", ["综窗甲签收“完整性核对”"]),
        (3, "CompleteTask", ["完成“综合受理：一表申请”", "生成收件凭证"]),
        (2, "SupplyMaterial", ["公司章程.pdf"]),
        (1, "StartCase", ["企业开办：示范县青禾农业科技有限公司"]),
    )
]

INCIDENT = {
    "incident": 12,
    "case": CASE,
    "number": CASE,
    "title": "示范县青禾农业科技有限公司",
    "element": "push",
    "element_name": "推送监管部门",
    "code": "try_later",
    "cause": "The supervision platform could not be reached after 8 attempts.",
    "at": "2026-03-04T09:00:00+08:00",
    "resolved": None,
    "may": ["RetryIncident", "ResolveIncident"],
}

EARLIER = {
    "case": "2026-000009",
    "number": "2026-000009",
    "title": "示范县青禾农业科技有限公司·立项用地",
    "applicant": "张三",
    "chain": "立项用地规划许可",
    "project": PROJECT,
    "started_at": "2026-01-05T09:12:00+08:00",
    "ended_at": "2026-02-03T16:00:00+08:00",
    "outcome": "completed",
    "open_tasks": 0,
    "light": None,
}

CASE_PAGE = {
    "case": CASE,
    "number": CASE,
    "title": "示范县青禾农业科技有限公司",
    "chain": {"key": "business_startup", "name": "企业开办", "digest": "sha256:1"},
    "applicant": {"name": "张三"},
    "channel": "window",
    "started_at": "2026-03-03T09:12:00+08:00",
    "ended_at": None,
    "outcome": None,
    "matters": MATTERS,
    "tasks": ROWS[:2],
    "materials": MATERIALS,
    "project": {"code": PROJECT, "cases": [EARLIER]},
    "results": [
        {
            "number": 9,
            "kind": "document",
            "title": "收件凭证",
            "matter": None,
            "at": "2026-03-03T09:30:00+08:00",
            "media_type": "application/pdf",
            "digest": FILE,
            "certificate_number": None,
            "verify": None,
        },
        {
            "number": 10,
            "kind": "certificate",
            "title": "营业执照",
            "matter": 3,
            "at": "2026-03-04T09:30:00+08:00",
            "media_type": None,
            "digest": None,
            "certificate_number": "91350100M000100Y43",
            "verify": "ABCD",
        },
    ],
    "processes": [
        {
            "key": "business_startup",
            "name": "企业开办一件事",
            "matter": None,
            "marks": {
                "completed": ["start", "intake", "reserve_name", "find_identity", "receipt"],
                "active": ["establishment"],
                "incident": ["push"],
                "flows": [
                    "start_to_intake",
                    "intake_to_reserve_name",
                    "reserve_name_to_find_identity",
                    "find_identity_to_receipt",
                    "receipt_to_establishment",
                ],
            },
            "steps": [{"element": "establishment", "name": "设立登记（市场监管）", "state": "active"}],
        }
    ],
    "incidents": [INCIDENT],
    "history": HISTORY,
    "may": [],
}

CHAIN_CARD = {
    "key": "business_startup",
    "stage": None,
    "name": "企业开办",
    "place": None,
    "description": "一窗受理、一表申请、一套材料，设立登记后五项并联办理。",
    "items": [
        {
            "key": one["item"]["key"],
            "name": one["item"]["name"],
            "department": one["item"]["department"],
            "kind": "committed",
            "promised": {"amount": 1, "unit": "workday"},
            "statutory": {"amount": 3, "unit": "workday"},
        }
        for one in MATTERS
    ],
    "materials": MATERIALS,
}


STAGE_CARD = CHAIN_CARD | {"stage": "after_care", "name": "开办后服务", "place": [2, 2]}


_FILES = sorted((ROOT / "bpmn" / "catalogue").glob("*.json"))
_CATALOGUE = catalogue.assembled({file.name: catalogue.parsed(file.read_bytes()) for file in _FILES})
OFFERS = {key: guides.Offer(item, _CATALOGUE.materials, ("企业开办",)) for key, item in _CATALOGUE.items.items()}
VISITOR = Viewer(
    "", NOW, organisation.read((ROOT / "bpmn" / "organisation.json").read_bytes()), Calendar.shipped(), HallSettings()
)


class SampleViews:
    """The readings; `may` is the navigation."""

    may = ("worklist", "intake", "cases", "mailbox", "incidents", "outbox")

    def abilities(self, *, person: str) -> dict[str, Any]:
        roles = [{"key": "window", "name": "窗口人员", "department": "政务服务中心"}]
        counts = {"mine": 2, "open": 2, "unread": 1, "incidents": 1}
        return {
            "person": CLERK,
            "addresses": [f"person:{person}"],
            "roles": roles,
            "may": list(self.may),
            "applies_in_person": False,
            "counts": counts,
        }

    def worklist(self, *, person: str, group: str, after: str | None = None) -> dict[str, Any]:
        return {"group": group, "rows": ROWS, "next": "c2"}

    def task(self, *, person: str, case: str, token: int) -> dict[str, Any]:
        if case != CASE:
            raise NotFound(f"Expected a task of a case of yours; found {case}.")
        form = json.loads((CHAIN / "forms" / "business_startup_intake.form").read_text("utf-8"))
        return ROWS[3] | {
            "form": form,
            "variables": {"company_name": "示范县青禾农业科技有限公司"},
            "documentation": "核对申请人身份后填写。",
            "read_only": False,
            "materials": MATERIALS,
            "matter_card": ESTABLISHMENT,
            "barred_reason": None,
        }

    def case(self, *, person: str, case: str) -> dict[str, Any]:
        if case != CASE:
            raise NotFound(f"Expected a case of yours; found {case}.")
        return CASE_PAGE

    def diagram(self, *, person: str, case: str, key: str) -> bytes:
        return (CHAIN / "chain.bpmn").read_bytes()

    def history(self, *, person: str, case: str, before: int | None = None) -> dict[str, Any]:
        return {"rows": HISTORY, "next": None}

    def cases(self, person: str, text: str, state: str | None, after: str | None) -> dict[str, Any]:
        row = {key: CASE_PAGE[key] for key in ("case", "number", "title", "started_at", "ended_at", "outcome")}
        row |= {"applicant": "张*", "chain": "企业开办", "open_tasks": 2, "light": "yellow", "project": PROJECT}
        return {"rows": [row, row | {"outcome": "completed", "open_tasks": 0, "light": None}], "next": None}

    def project(self, *, person: str, code: str) -> dict[str, Any]:
        if code != PROJECT:
            raise NotFound(f"Expected a project with cases of yours; found {code}.")
        matter = {"item": "用地规划许可", "state": "handed_over", "state_name": "已送达", "decided_on": "2026-02-02"}
        facts = [{"label": "容积率", "value": "1.8"}]
        return {"code": code, "cases": [EARLIER | {"matters": [matter], "facts": facts}]}

    def chains(self, *, person: str) -> list[dict[str, Any]]:
        return [CHAIN_CARD, STAGE_CARD]

    def chain(self, *, person: str, chain: str, stage: str | None) -> dict[str, Any]:
        for card in (CHAIN_CARD, STAGE_CARD):
            if (card["key"], card["stage"]) == (chain, stage):
                return card
        raise NotFound(f"Expected a chain that can be started; found {chain}.")

    def guide(self, *, text: str = "") -> dict[str, Any]:
        return guides.index(VISITOR, OFFERS, text)

    def guide_item(self, *, item: str) -> dict[str, Any]:
        return guides.page(VISITOR, OFFERS, item)

    def material(self, *, person: str, case: str, material: str) -> dict[str, Any]:
        return next(one for one in MATERIALS if one["key"] == material)

    def file(self, *, person: str, case: str, digest: str) -> dict[str, Any]:
        return {"name": "公司章程.pdf", "media_type": "application/pdf"}

    def incidents(self, *, person: str, resolved: bool, after: str | None) -> dict[str, Any]:
        return {"rows": [INCIDENT], "next": None}

    def outbox(self, *, person: str, after: str | None) -> dict[str, Any]:
        row = {
            "case": CASE,
            "message": 3,
            "destination": "supervision",
            "action": "supervision.push",
            "at": "2026-03-04T09:00:00+08:00",
            "attempts": 3,
            "next_at": "2026-03-04T10:30:00+08:00",
            "state": "waiting",
            "error": "connection refused",
        }
        return {"rows": [row], "next": None}


class RecordingEngine:
    """Takes every command and keeps it; raises what `refusal` says instead, where it says something."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.refusal: LicetError | None = None

    def execute(self, command: Command) -> Any:
        if self.refusal is not None:
            raise self.refusal
        self.commands.append(command)
        return SimpleNamespace(case=command.case or CASE, tasks=(24,), again=False)


def sample_house(change: Callable[[dict[str, Any]], None] = lambda parts: None) -> House:
    """A house with one account, `window1`, and the readings above."""
    shelf = MemoryShelf()
    mailbox = Mailbox(shelf)
    mailbox.send("m/1", "person:window1", "accepted", {"title": TITLE, "item": "企业设立登记"}, CASE, NOW)
    mailbox.send("m/2", "person:market_head", "accepted", {"title": TITLE, "item": "企业设立登记"}, CASE, NOW)
    verification = Verification(shelf, "http://hall.example", "sample")
    library = Library(shelf, verification, ZoneInfo("Asia/Shanghai"))
    library.issue(Issue("c/1", "identity_card", "11010519491231002X", {}, NOW), lambda certificate: {})
    identity = ShelfIdentity(shelf, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    identity.create("window1", PASSWORD, NOW)
    parts: dict[str, Any] = {
        "engine": RecordingEngine(),
        "views": SampleViews(),
        "clock": VirtualClock(NOW),
        "identity": identity,
        "storage": MemoryStorage(),
        "mailbox": mailbox,
        "certificates": library,
        "verification": verification,
        "documents": TextDocuments(),
        "settings": Settings(
            "only-for-tests",
            hall="示范县政务服务中心",
            demo_accounts=(("window1", "综合窗口"), ("market_head", "市场监管负责人")),
        ),
    }
    change(parts)
    return House(**parts)
