"""An embedded courier: books the consignment and gives it a number; nothing is carried anywhere."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from engine.case import records
from engine.hall.ports import Shelf

_CONSIGNMENT = "consignment"
_DIGITS = 10


class RecordingCourier:
    """`engine.hall.ports.Courier` that keeps each consignment on the shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def dispatch(self, key: str, address: Any, content: Any, at: datetime) -> str:
        number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % 10**_DIGITS
        waybill = f"DEMO{number:0{_DIGITS}d}"
        value = {"waybill": waybill, "address": records.encode(address), "content": records.encode(content)}
        self._shelf.add(_CONSIGNMENT, key, value, at=at)
        return waybill
