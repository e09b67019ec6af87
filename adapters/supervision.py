"""An embedded supervision desk: keeps what was pushed 推送监管, to be read later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.case import records
from engine.hall.ports import Shelf

_PUSHED = "supervision"


class RecordingSupervision:
    """`engine.hall.ports.Supervision` that keeps each push on the shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def push(self, key: str, content: Mapping[str, Any], at: datetime) -> None:
        self._shelf.add(_PUSHED, key, records.encode(dict(content)), at=at)

    def pushed(self, limit: int = 100) -> list[dict[str, Any]]:
        """Return the contents that were pushed, the latest first."""
        return [records.decode(value) for _, value in self._shelf.find(_PUSHED, limit=limit)]
