"""The clock of the machine."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """`engine.hall.ports.Clock`: the time of this machine, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)
