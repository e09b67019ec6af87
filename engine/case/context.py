"""All that a decision may know beside the case and the command: frozen values, read at the edge and passed in."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from engine.law.organisation import Organisation
from engine.law.workdays import Calendar, Light
from engine.model.chain import ChainVersion
from engine.model.runtime import Program


class Salts(Protocol):
    """Gives the salts of personal values, so that deciding stays pure."""

    def __call__(self, index: int) -> str:
        """The salt of a personal value, by its place among those that the command makes; the first is 0."""


@dataclass(frozen=True, slots=True)
class SeededSalts:
    """Salts made from a seed, which is random for each command, and fixed in the demonstration."""

    seed: bytes

    def __call__(self, index: int) -> str:
        return hmac.digest(self.seed, index.to_bytes(4, "big"), "sha256").hex()[:32]


@dataclass(frozen=True, slots=True)
class RecordedSalts:
    """The salts that an entry was made with, to decide its command again; empty beyond those."""

    salts: Sequence[str]

    def __call__(self, index: int) -> str:
        return self.salts[index] if index < len(self.salts) else ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Thresholds that the law leaves to the hall. Every entry keeps their digest.

    yellow_workdays, yellow_share  when a light turns yellow: see `engine.law.workdays.Light`
    hearing_notice_workdays        how long before a hearing its notice is given: 行政许可法 art. 48
    """

    zone: str = "Asia/Shanghai"
    yellow_workdays: int = 2
    yellow_share: Decimal | None = None
    hearing_notice_workdays: int = 7

    def light(self) -> Light:
        return Light(yellow_workdays=self.yellow_workdays, yellow_share=self.yellow_share)

    def as_dict(self) -> dict[str, Any]:
        share = None if self.yellow_share is None else {"$decimal": str(self.yellow_share)}
        return {
            "zone": self.zone,
            "yellow_workdays": self.yellow_workdays,
            "yellow_share": share,
            "hearing_notice_workdays": self.hearing_notice_workdays,
        }


@dataclass(frozen=True, slots=True)
class Context:
    """All that `decide` may see beside the case and the command.

    recorded_at   when the command is recorded, with its zone; never before the case's last entry
    effective_on  the day from which it counts
    case          the number that StartCase gives its case
    organisation  None: a bare model without one; anybody may do anything
    former        the version that the case leaves, for MigrateCase alone
    """

    recorded_at: datetime
    effective_on: date
    case: str
    chain: ChainVersion
    program: Program
    calendar: Calendar
    organisation: Organisation | None
    settings: Settings
    salts: Salts
    former: ChainVersion | None = None
