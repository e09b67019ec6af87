"""Canonical bytes (RFC 8785) and digests. Pure: values in, bytes out.

Everything that is hashed (facts, states, entries, chain versions, calendars) is serialised here, so that equal values
have equal digests in any process and on any machine. Texts from outside get one spelling, NFC: `é` may come as one
character or as two, from a keyboard, a file name or a foreign system, and texts are looked up as they are kept.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from unicodedata import is_normalized, normalize

import orjson
import rfc8785

from engine.base.errors import InvalidInput

SAFE_INTEGER = 2**53 - 1
"""Largest integer that RFC 8785 represents exactly (I-JSON, RFC 7493 § 2.2); larger numbers are tagged strings."""

_ASTRAL = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")
"""First UTF-8 bytes of characters beyond U+FFFF: only with them do code points and UTF-16 units sort differently."""

_ONLY_JSON = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)

_encode = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 bytes of a value made of None, bool, int within ±(2^53 − 1), str, list, tuple, dict with str
    keys.

    Raises InvalidInput for floats, larger integers, lone surrogates and other types: the caller has to tag those first.
    """
    _check(value)
    return trusted(value)


def trusted(value: Any) -> bytes:
    """As `canonical`, for a value that our own codecs have made: its types aren't checked again.

    Checking an entry costs more than serialising it, and every command writes some ten canonical texts.
    """
    try:
        # For these types both encoders write RFC 8785, except for the order of keys with characters beyond U+FFFF.
        data = orjson.dumps(value, option=_ONLY_JSON)
    except orjson.JSONEncodeError:
        data = _slowly(value)
    return rfc8785.dumps(value) if any(byte in data for byte in _ASTRAL) else data


def _slowly(value: Any) -> bytes:
    """Serialise a value that orjson refuses. orjson is four times as fast, but nests no deeper than 254 levels, and
    doesn't
    say what was wrong.
    """
    try:
        return _encode(value).encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            "Expected well-formed text; found half of a surrogate pair.", sentence="text_broken"
        ) from error


def parsed(text: str | bytes) -> Any:
    """Return the value of canonical text that Licet wrote. Raises ValueError for text that isn't JSON.

    Whole numbers beyond 64 bits would become floats; Licet's own texts have those as tagged strings.
    """
    return orjson.loads(text)


def unmarked(data: bytes) -> bytes:
    """Return the content of a file of text without the byte order mark that some editors put before it."""
    return data.removeprefix(b"\xef\xbb\xbf")


def of_json(data: bytes, **how: Any) -> Any:
    """Return the value of a JSON file that somebody wrote, its texts and names in NFC. Raises ValueError that says in
    plain words what is wrong.

    `how`: arguments of `json.loads`.
    """
    try:
        return json.loads(json_text(data), **how)
    except RecursionError:
        raise ValueError("lists and objects stand too deep within each other") from None


def json_text(data: bytes) -> str:
    """Return the text of a JSON file that somebody wrote, its strings in NFC. Raises ValueError for other than UTF-8
    text.
    """
    try:
        text = unmarked(data).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start + 1} isn't UTF-8; save the file as UTF-8") from None
    if "\\u" not in text and composed(text) is text:
        return text
    return _STRING.sub(_composed_string, text)  # string by string: `\n` before a mark is no letter n


def _composed_string(found: re.Match[str]) -> str:
    try:
        said = json.loads(found[0])
    except ValueError:
        return found[0]  # whoever reads the text tells why it is none
    text = composed(said)
    return found[0] if text is said else json.dumps(text, ensure_ascii=False)


def digest(data: bytes) -> str:
    """Return `sha256:` and the hex digest: a digest names its algorithm."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest_of(value: Any) -> str:
    """Return the digest of a value's canonical bytes. Raises InvalidInput as `canonical` does."""
    return digest(canonical(value))


def _check(value: Any) -> None:
    """Raise InvalidInput for types and numbers that RFC 8785, or Licet, has no form for."""
    todo = [value]
    while todo:
        item = todo.pop()
        kind = type(item)
        if kind is dict:
            for key, child in item.items():
                if type(key) is not str:
                    raise InvalidInput(f"Expected text as key of an object; found {key!r}.", sentence="key_no_text")
                todo.append(child)
        elif kind is list or kind is tuple:
            todo.extend(item)
        elif kind is int:
            if not -SAFE_INTEGER <= item <= SAFE_INTEGER:
                raise InvalidInput(
                    f"Expected an integer within ±2^53; found {item}. Tag it as a decimal.",
                    sentence="integer_too_large",
                )
        elif item is not None and kind is not str and kind is not bool:
            raise InvalidInput(
                f"Expected a JSON value without floats; found {kind.__name__}.", sentence="value_no_json"
            )


def composed(text: str) -> str:
    """Return the text in NFC; the same object where it is already, as nearly every text is."""
    return text if text.isascii() or is_normalized("NFC", text) else normalize("NFC", text)


def text_of(data: bytes) -> str:
    """Return the text of a file, in NFC, for whoever looks for words in it; what isn't UTF-8 is replaced."""
    return composed(data.decode("utf-8", "replace"))


def compose_tree(root: Any) -> None:
    """Put the texts and attributes of an XML tree into NFC, in place."""
    for node in root.iter("*"):
        if node.text and composed(node.text) is not node.text:
            node.text = composed(node.text)
        for name, value in node.attrib.items():
            if composed(value) is not value:
                node.set(name, composed(value))


def named(values: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Return an object with its names in NFC, its values as they are.

    Raises InvalidInput where two names become one: either value would be lost.
    """
    if all(not isinstance(name, str) or composed(name) is name for name in values):
        return values
    found = {composed(name) if isinstance(name, str) else name: value for name, value in values.items()}
    if len(found) < len(values):
        message = "Expected names that differ; two of them are one, spelled in two ways. Leave one."
        raise InvalidInput(message, sentence="names_same")
    return found
