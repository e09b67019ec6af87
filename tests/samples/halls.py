"""Halls that tests work in: a chain published in a database of its own; the stand-ins answer for the outside."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher

from adapters import wiring
from adapters.documents import TextDocuments
from adapters.memory import MemoryShelf, MemoryStorage
from adapters.settings import Settings
from engine.hall.ports import Handler
from engine.hall.store import Store
from engine.law import organisation as organisations
from engine.law.organisation import Organisation
from engine.model import chain as chains
from engine.model.chain import ChainVersion
from engine.reading.scenarios import Rehearsal, VirtualClock

TESTS = Path(__file__).resolve().parents[1]
BPMN = TESTS.parent / "bpmn"
BUSINESS_STARTUP = "business_startup"
RICH_MODELS = ("loops_and_joins", "many_signers", "calls_and_events")

MONDAY = datetime(2026, 3, 2, 9, tzinfo=ZoneInfo("Asia/Shanghai"))

APPLICATION: Mapping[str, Any] = MappingProxyType(
    {
        "company_name": "云岭示范科技有限公司",
        "company_type": "有限责任公司",
        "registered_capital": 100,
        "domicile": "示范县示范路1号",
        "business_scope": "软件开发；信息技术咨询服务",
        "legal_representative_name": "示范申请人甲",
        "legal_representative_id": "11010519491231002X",
        "legal_representative_mobile": "13800138000",
        "employees": 6,
        "shareholders": [{"name": "示范申请人甲", "id_number": "11010519491231002X", "contribution": 100}],
        "by_agent": False,
        "seals": ["公章", "财务专用章", "发票专用章"],
        "taxpayer_type": "小规模纳税人",
        "register_housing_fund": True,
        "fund_ratio": 8,
        "book_bank_account": True,
        "preferred_bank": "示范银行",
        "delivery": "window",
    }
)
"""What the intake of a business start-up takes."""


@functools.cache
def chain(name: str) -> tuple[ChainVersion, Organisation | None]:
    """A shipped chain with the organisation of the demonstration hall, or one of the rich models, which have none."""
    if name in RICH_MODELS:
        return _version(TESTS / "models" / f"{name}.bpmn"), None
    return _version(BPMN / name / "after"), organisations.read((BPMN / "organisation.json").read_bytes())


def _version(path: Path) -> ChainVersion:
    reading = chains.read(path)
    assert reading.version is not None, [finding.message for finding in reading.findings]
    return reading.version


def outside() -> Mapping[str, Handler]:
    """Return the stand-ins that ship, in memory; without the cost of a real password hash."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    shelf, storage = MemoryShelf(), MemoryStorage()
    return wiring.compose(
        Settings(seed="tests"), shelf, storage=storage, documents=TextDocuments(), hasher=cheap
    ).handlers


def hall(store: Store, name: str, at: datetime = MONDAY) -> Rehearsal:
    """A hall on an empty database of its own, with the chain published, its clock standing at `at`."""
    version, organisation = chain(name)
    stage = Rehearsal.alone(store, organisation, outside(), VirtualClock(at))
    stage.engine.publish(version, "system:test")
    return stage
