"""Codes in QR codes: whoever scans one sees what was really issued under it.

A code is derived from the idempotency key of the thing it stands for and from a secret on the shelf: it can't be
guessed, and it is the same when a message is delivered again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.hall.ports import Shelf

_CODE_BYTES = 10  # 80 bits, 16 characters; the rate of public look-ups is limited too
_SECRET, _CODE = "secret", "verification"


class VerificationCodes:
    """Makes codes, registers what they stand for, and looks it up. With a `seed`, codes are the same everywhere."""

    def __init__(self, shelf: Shelf, public_url: str, seed: str | None = None) -> None:
        self._shelf = shelf
        self._public_url = public_url.rstrip("/")
        self._seed = seed

    def code(self, key: str, at: datetime) -> str:
        """Return the code for `key`: upper-case letters and digits 2-7."""
        mac = hmac.new(self._secret(at), key.encode(), hashlib.sha256).digest()
        return base64.b32encode(mac[:_CODE_BYTES]).decode()

    def url(self, code: str) -> str:
        """Return the address in the QR code: the page that shows what was issued."""
        return f"{self._public_url}/verify/{code}"

    def register(self, code: str, facts: Mapping[str, Any], at: datetime) -> None:
        """Register what the code stands for (JSON); a second registration changes nothing."""
        self._shelf.add(_CODE, code, facts, at=at)

    def look_up(self, code: str) -> dict[str, Any] | None:
        """Return what was registered for the code, or None. Case, and the dashes between groups, don't matter."""
        return self._shelf.get(_CODE, code.replace("-", "").replace(" ", "").upper())

    def _secret(self, at: datetime) -> bytes:
        if self._seed is not None:
            return self._seed.encode()
        secret = self._shelf.get(_SECRET, _CODE)
        if secret is None:
            self._shelf.add(_SECRET, _CODE, {"hex": secrets.token_hex(32)}, at=at)
            secret = self._shelf.get(_SECRET, _CODE)
            assert secret is not None
        return bytes.fromhex(secret["hex"])


def grouped(code: str) -> str:
    """Return the code as it is printed: in groups of four."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))
