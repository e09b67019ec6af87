"""Clocks: the machine's, and one that moves only when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class SystemClock:
    """`engine.hall.ports.Clock`: the time of this machine, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """`engine.hall.ports.Clock` for scenarios and tests: stands still until it is set or advanced."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def set(self, at: datetime) -> None:
        self._at = at

    def advance(self, span: timedelta) -> None:
        self._at += span
