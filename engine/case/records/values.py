"""The values that facts may have, personal ones among them, and their JSON. Knows no command and no effect.

Texts, booleans, null, lists and objects are plain JSON, and so are integers up to 2^53. The rest is tagged:
`{"$decimal": "1.5"}`, `{"$date": "2026-03-02"}`, `{"$datetime": …}`, `{"$time": …}`,
`{"$duration": seconds as text}`, `{"$months": 14}`, `{"$personal": digest}`, and `{"$object": {…}}` for an object that
has a key with a leading `$`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.base.canonical import SAFE_INTEGER, composed, digest, named, trusted
from engine.base.errors import InvalidInput
from engine.language import feel

LONGEST = 2_000
"""Most bytes of a value that is told as a reason: each passage of a loop tells it once more."""
LARGEST_POWER = 6176
"""Largest power of ten, positive or negative, of a number in a fact. It is that of decimal128, by which FEEL counts."""


class _Erased:
    """Takes the place of a personal value that has been erased."""

    def __repr__(self) -> str:
        return "ERASED"


ERASED = _Erased()


@dataclass(frozen=True, slots=True)
class Personal:
    """A personal value. Only its salted digest goes into the journal; value and salt are stored beside it."""

    value: Any
    salt: str
    digest: str

    @classmethod
    def of(cls, value: Any, salt: str) -> Personal:
        return cls(value, salt, digest(salt.encode() + trusted(encode(value))))

    @classmethod
    def erased(cls, digest: str) -> Personal:
        return cls(ERASED, "", digest)


def plain(value: Any) -> Any:
    """The value without the wrapper of a personal one; None if it has been erased."""
    if type(value) is not Personal:
        return value
    return None if value.value is ERASED else value.value


_ENCODERS: dict[type, Callable[[Any], Any]] = {
    type(None): lambda v: v,
    bool: lambda v: v,
    str: lambda v: v,
    int: lambda v: v if -SAFE_INTEGER <= v <= SAFE_INTEGER else _decimal(Decimal(v)),
    Decimal: lambda v: _decimal(v),
    list: lambda v: [encode(item) for item in v],
    tuple: lambda v: [encode(item) for item in v],
    dict: lambda v: _object(v),
    datetime: lambda v: {"$datetime": v.isoformat()},
    date: lambda v: {"$date": v.isoformat()},
    time: lambda v: {"$time": v.isoformat()},
    timedelta: lambda v: {"$duration": str(Decimal(v // timedelta(microseconds=1)).scaleb(-6).normalize())},
    feel.YearsMonths: lambda v: {"$months": v.months},
    Personal: lambda v: {"$personal": v.digest},
}


ITSELF = frozenset({type(None), bool, str})
"""Types whose values are their own JSON form."""


def encode(value: Any) -> Any:
    """The JSON form of a value. Raises InvalidInput for a value that no fact may have."""
    if type(value) in ITSELF:
        return value
    try:
        return _ENCODERS[type(value)](value)
    except KeyError:
        if isinstance(value, Mapping):
            return _object(value)
        if isinstance(value, str):
            return str(value)
        raise InvalidInput(
            f"Expected a value that a fact may have; found {type(value).__name__}.", sentence="value_unfit"
        ) from None


def normal(value: Any) -> Any:
    """The value as it would be read back from its JSON, so that a case decides the same before and after it is stored.

    Whole decimals become int, others lose trailing zeros. Times get an offset in place of a named zone. Tuples become
    lists. The keys of objects are sorted. Texts and keys are in NFC. Raises InvalidInput for a value that no fact may
    have.
    """
    kind = type(value)
    if kind is str:
        return composed(value)
    if kind is Decimal or (kind is int and not -SAFE_INTEGER <= value <= SAFE_INTEGER):
        return decode(encode(value))
    if kind is datetime or kind is time:  # a zone is stored as the offset that it had then
        return kind.fromisoformat(value.isoformat())
    if kind is list or kind is tuple:
        return [normal(item) for item in value]
    if kind is dict:
        spelt = named(value)
        return {key: normal(spelt[key]) for key in sorted(spelt)}
    if kind in _ENCODERS:
        return value
    return decode(encode(value))


def normal_fact(name: str, value: Any) -> Any:
    """`normal`, for the value of a fact with this name: a refusal names the fact."""
    try:
        return normal(value)
    except InvalidInput as error:
        raise InvalidInput(f"{error.message} It was given for '{name}'.", sentence="fact_unfit", fact=name) from error


def discreet(value: Any, personal: Iterable[Any]) -> Any:
    """A text, or texts, in which "…" stands for all that these personal values say: for what isn't to be kept."""
    said = {text for one in personal for text in _said(plain(one))}
    if not said:
        return value
    parts = (re.escape(text) for text in sorted(said, key=lambda text: (-len(text), text)))
    return _covered(value, re.compile(rf"(?<![0-9A-Za-z_])(?:{'|'.join(parts)})(?![0-9A-Za-z_])"))


def _said(value: Any) -> Iterator[str]:
    """Yield the texts in a value but short ones, which tell nothing and are parts of other words."""
    if isinstance(value, Mapping):
        value = [inner for name, inner in value.items() if name != "kind"]
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _said(inner)
    elif value is not None and not isinstance(value, bool) and len((text := str(value)).encode()) > 3:
        yield text


def _covered(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _covered(inner, pattern) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_covered(inner, pattern) for inner in value]
    text = pattern.sub("…", value if isinstance(value, str) else str(value))
    return text if isinstance(value, str) or text == "…" else value


def shortened(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Values as they are told as reasons, and the digests of those that are too long for it, both by name."""
    kept: dict[str, Any] = {}
    digests: dict[str, str] = {}
    for name, value in values.items():
        kind = type(value)
        if kind in _SHORT or (kind is str and len(value) < LONGEST // 4):  # a character has at most 4 bytes
            kept[name] = value
            continue
        value = normal(value)
        text = trusted(encode(value))
        if len(text) > LONGEST:
            digests[name] = digest(text)
        else:
            kept[name] = value
    return kept, digests


_SHORT = frozenset({bool, int, type(None), Personal})


def _decimal(value: Decimal) -> Any:
    if not value.is_finite() or (value and abs(value.adjusted()) > LARGEST_POWER):
        raise InvalidInput(
            f"Expected a finite number of at most {LARGEST_POWER} digits; found {value}.", sentence="number_unfit"
        )
    if not value:
        return 0
    if value == value.to_integral_value() and abs(value) <= SAFE_INTEGER:
        return int(value)
    sign, digits, exponent = value.as_tuple()
    kept = "".join(map(str, digits)).rstrip("0")  # not normalize(): it rounds to the precision of the thread
    return {"$decimal": str(Decimal((sign, tuple(map(int, kept)), int(exponent) + len(digits) - len(kept))))}


def _object(value: Mapping[str, Any]) -> Any:
    coded = {key: encode(item) for key, item in value.items()}
    return {"$object": coded} if any(key.startswith("$") for key in value) else coded


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "$decimal": Decimal,
    "$datetime": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$duration": lambda v: timedelta(microseconds=int(Decimal(v).scaleb(6))),
    "$months": lambda v: feel.YearsMonths(v),
    "$object": lambda v: {key: decode(item) for key, item in v.items()},
}


def decode(value: Any, personal: Callable[[str], Personal] = Personal.erased) -> Any:
    """The value of a JSON form; `personal` gives the personal value of a digest."""
    kind = type(value)
    if kind is list:
        return [decode(item, personal) for item in value]
    if kind is not dict:
        return value
    if len(value) == 1:
        (tag, inner), *_ = value.items()
        if tag == "$personal":
            return personal(inner)
        if tag == "$object":
            return {key: decode(item, personal) for key, item in inner.items()}
        if tag in _DECODERS:
            return _DECODERS[tag](inner)
    return {key: decode(item, personal) for key, item in value.items()}
