"""Canonical bytes (RFC 8785) and digests. Pure: values in, bytes out.

Everything that is hashed (facts, states, entries, chain versions, calendars) goes through here, so that
the same value gives the same digest in any process and on any machine.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import orjson
import rfc8785

from engine.base.errors import InvalidInput

SAFE_INTEGER = 2**53 - 1
"""Largest integer that RFC 8785 carries exactly (I-JSON, RFC 7493 § 2.2); larger numbers travel as tagged strings."""

_ASTRAL = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")
"""First bytes of characters beyond the basic plane: only with them do code points and UTF-16 sort differently."""

_ONLY_JSON = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME

_encode = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of a value made of None, bool, int within ±(2^53 − 1), str, list, tuple, dict with str keys.

    Raises InvalidInput for floats, larger integers, lone surrogates and other types: those are ours to tag first.
    """
    _check(value)
    return trusted(value)


def trusted(value: Any) -> bytes:
    """As `canonical`, for a value that our own codecs have made: what they let through isn't looked at again.

    Looking through an entry costs more than writing it; every command writes some ten canonical texts.
    """
    try:
        # What both encoders write is RFC 8785 for these types, but for the order of astral keys.
        data = orjson.dumps(value, option=_ONLY_JSON)
    except orjson.JSONEncodeError:
        data = _slowly(value)
    return rfc8785.dumps(value) if any(byte in data for byte in _ASTRAL) else data


def _slowly(value: Any) -> bytes:
    """What orjson, four times as fast, refuses: it nests no deeper than 254, and doesn't say what was wrong."""
    try:
        return _encode(value).encode()
    except UnicodeEncodeError as error:
        raise InvalidInput("Expected well-formed text; found half of a surrogate pair.") from error


def parsed(text: str | bytes) -> Any:
    """The value of canonical text of our own. Raises ValueError where it is none.

    Whole numbers beyond 64 bits would come out as floats; ours are tagged.
    """
    return orjson.loads(text)


def digest(data: bytes) -> str:
    """`sha256:` and the hex digest: a digest names its algorithm."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest_of(value: Any) -> str:
    return digest(canonical(value))


def _check(value: Any) -> None:
    """Raises InvalidInput on what RFC 8785, or we, have no form for."""
    todo = [value]
    while todo:
        item = todo.pop()
        kind = type(item)
        if kind is dict:
            for key, child in item.items():
                if type(key) is not str:
                    raise InvalidInput(f"Expected text as key of an object; found {key!r}.")
                todo.append(child)
        elif kind is list or kind is tuple:
            todo.extend(item)
        elif kind is int:
            if not -SAFE_INTEGER <= item <= SAFE_INTEGER:
                raise InvalidInput(f"Expected an integer within ±2^53; found {item}. Tag it as a decimal.")
        elif item is not None and kind is not str and kind is not bool:
            raise InvalidInput(f"Expected a JSON value without floats; found {kind.__name__}.")
