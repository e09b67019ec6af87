"""JSON text, or values by name, read into frozen values; where a shape is wrong, the error names the path.

The only room that knows pydantic. Knows no file and no meaning: rules beyond the shape are the caller's own.
Reading is strict: no "3" for 3, no 1 for true, no unknown names, no name twice in one object.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, TypeVar, get_type_hints

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, WithJsonSchema, create_model
from pydantic_core import PydanticCustomError

from engine.base.canonical import json_text, of_json
from engine.base.errors import InvalidInput, ModelError


def _spelled(name: str) -> str:
    return name.rstrip("_")


STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, alias_generator=_spelled)
"""`__pydantic_config__` of every dataclass that `reader` reads; a field `from_` is `from` in the file."""

_BY_NAME = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

Key = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=64)]
Region = Annotated[str, Field(pattern=r"^[0-9]{6}$")]  # GB/T 2260
Hours = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-4]):[0-5][0-9]$")]
Text = Annotated[str, Field(max_length=2000)]
Filled = Annotated[str, Field(min_length=1, max_length=2000)]
Amount = Annotated[
    Decimal,
    Field(ge=0, max_digits=9, decimal_places=3),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "exclusiveMaximum": 1_000_000},
                {"type": "string", "pattern": r"^[0-9]{1,6}(\.[0-9]{1,3})?$"},
            ]
        }
    ),
]
Count = Annotated[int, Field(ge=0)]


def _day(value: Any) -> Any:
    """Read a day as people write it; pydantic takes a number of seconds in quotation marks for one too."""
    if not isinstance(value, str):
        return value
    try:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("day", "should be a day like 2026-03-02") from None


Day = Annotated[date, BeforeValidator(_day)]

T = TypeVar("T")
_SHOWN = 60  # characters of a wrong value that a message repeats


def reader(shape: type[T], what: str) -> Callable[[bytes], T]:
    """Return a function that reads the JSON bytes of one `shape`, a frozen dataclass.

    That function raises ModelError whose text begins with `what` and the first wrong path; `fields["errors"]` maps
    every wrong path (`items[3].limits.promised.amount`) to its message.
    """
    adapter = TypeAdapter(shape)

    def read(data: bytes) -> T:
        _refuse_doubles(data, what)
        try:
            return adapter.validate_json(json_text(data))
        except ValidationError as error:
            wrong = {_path(e["loc"]): _message(e) for e in error.errors(include_url=False)}
        first, message = next(iter(wrong.items()))
        more = f" ({len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise ModelError(f"{what}: {first}: {message}{more}", path=first, errors=wrong)

    return read


def schema(shape: type[Any]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of what `reader` takes for a shape, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **TypeAdapter(shape).json_schema()}


def values_reader(shape: type[T]) -> Callable[[Mapping[str, Any]], T]:
    """Return a function that makes one `shape`, a frozen dataclass, from Python values by the names of its fields.

    That function raises InvalidInput whose `fields["errors"]` maps the name of every wrong value to what was expected.
    No message repeats a value, which may be personal.
    """
    hints = get_type_hints(shape)
    known = {f.name: (hints[f.name], ... if f.default is MISSING else f.default) for f in fields(shape)}  # type: ignore[arg-type]
    model = create_model(shape.__name__, __config__=_BY_NAME, **known)  # type: ignore[call-overload]

    def read(values: Mapping[str, Any]) -> T:
        try:
            checked = model.model_validate(dict(values))
        except ValidationError as error:
            wrong: dict[str, str] = {}
            for problem in error.errors(include_url=False):
                wrong.setdefault(str(problem["loc"][0]), _expected(problem, known))
        else:
            return shape(**{name: getattr(checked, name) for name in checked.model_fields_set})
        raise InvalidInput(
            f"Expected values of {shape.__name__}; wrong are {', '.join(wrong)}.",
            sentence="command_wrong",
            errors=wrong,
        )

    return read


def plain(value: Any) -> Any:
    """Return the JSON form of a value, fit for `canonical`; `reader` reads it back to an equal value.

    Dataclasses become objects, dates ISO 8601 text, whole decimals integers, other decimals text.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {_spelled(f.name): plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else f"{value.normalize():f}"
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def _refuse_doubles(data: bytes, what: str) -> None:
    """Raise ModelError for text that isn't JSON, and for a name that stands twice in one object: which of the two
    counts
    differs between readers.
    """

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        doubled = next((name for name in names if names.count(name) > 1), None)
        if doubled is not None:
            raise ModelError(f"{what}: {doubled!r} stands twice in one object. Leave one.", path=doubled)
        return dict(pairs)

    try:
        of_json(data, object_pairs_hook=as_object)
    except ValueError as error:
        raise ModelError(f"{what}: expected JSON (UTF-8), but {error}.", path="") from error


def _path(location: tuple[int | str, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".") or "(whole file)"


def _message(error: Mapping[str, Any]) -> str:
    if error["type"] == "unexpected_keyword_argument":
        return "no such name here; check its spelling or remove it."
    if error["type"] in ("missing", "missing_argument"):
        return "is missing."
    wrong = repr(error["input"])
    shown = wrong if len(wrong) <= _SHOWN else wrong[:_SHOWN] + "…"
    return f"{error['msg'].lower().replace('input should', 'should')}; found {shown}."


def _expected(error: Mapping[str, Any], known: Iterable[str]) -> str:
    if error["type"] == "extra_forbidden":
        return f"unknown field; known are {', '.join(known) or 'none'}"
    if error["type"] == "missing" or error["input"] is None:
        return "is missing"
    return str(error["msg"]).lower().replace("input should", "should")
