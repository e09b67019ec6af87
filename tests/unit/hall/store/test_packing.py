"""Packed bodies of entries: nothing is lost, no byte changes unnoticed, and bodies stored unpacked are read as well."""

from __future__ import annotations

import hashlib
import json
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.base.errors import JournalBroken
from engine.hall.store import packing
from engine.hall.store.packing import WORDS, as_it_lies, packed, unpacked

GOLDEN = Path(__file__).parents[3] / "golden" / "business_startup-2.jsonl"
BODY = '{"actor":"window1","basis":{"kind":"role","role":"window"},"case":"2026-000001","text":"材料齐全"}'


def bodies() -> list[str]:
    rows = (json.loads(line) for line in GOLDEN.read_text("utf-8").splitlines())
    return [row["body"] for row in rows if row["table"] == "journal"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_packed_comes_back(text: str) -> None:
    assert unpacked(packed(text)) == text


def test_entries_take_a_third_of_their_size_at_most() -> None:
    plain = bodies()

    assert sum(len(packed(body)) for body in plain) < sum(len(body.encode()) for body in plain) / 3


def test_a_body_that_was_stored_plainly_is_read_as_it_is() -> None:
    assert unpacked(BODY) == unpacked(BODY.encode()) == BODY


def test_every_bit_of_what_is_stored_counts() -> None:
    stored = packed(BODY)

    for place in range(len(stored) * 8):
        changed = bytearray(stored)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(JournalBroken):
            unpacked(bytes(changed))
        assert as_it_lies(bytes(changed)) == bytes(changed)


@pytest.mark.parametrize("stored", [b"", b"\x01", b"\x02abc", packed(BODY)[:-1], packed(BODY) + b"\x00", b"{\xff"])
def test_what_is_no_body_is_refused(stored: bytes) -> None:
    with pytest.raises(JournalBroken):
        unpacked(stored)


def test_a_forged_row_does_not_swell_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST", 1000)

    with pytest.raises(JournalBroken):
        unpacked(packed("0" * 1001))


def test_the_words_are_frozen() -> None:
    """A packed body can be read only with the words that it was packed with: other words need another number."""
    assert hashlib.sha256(WORDS).hexdigest() == "baa0a1ffc40dd08eaba4065c5a5cbe2d2d91fe0b97a61960cf4585f965339cb0"
    first = bytes.fromhex("010bdf151fc38cdc5a00")
    assert unpacked(first) == '{"actor":"window1"}'


def test_another_deflate_may_have_packed_it() -> None:
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, WORDS)
    data = deflate.compress(BODY.encode()) + deflate.flush()

    assert unpacked(b"\x01" + zlib.crc32(data).to_bytes(4, "big") + data) == BODY
