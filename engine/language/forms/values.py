"""The values that each component of form-js takes, in one table, COMPONENTS. Knows single values, no form around them.

A value is checked in two steps: `shape` checks that it is of the right kind at all (needs no other field), `rules`
that it keeps what the schema asks for (may evaluate FEEL). Both raise Wrong. Source of the rules: form-js 1.23.0,
`Validator`; beyond it, the bounds that a server needs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context as Arithmetic
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.base import terms
from engine.base.canonical import composed
from engine.base.errors import InvalidInput
from engine.language import feel
from engine.language.forms import dates, patterns
from engine.language.forms.fields import Field, FieldContext
from engine.language.forms.messages import Wrong

LONGEST_TEXT = 20_000  # characters of one field: a statement of reasons of ten pages
MOST_DIGITS = 34  # of a number: the precision with which FEEL calculates, IEEE 754 decimal128
MOST_FILES = 50  # of one field
MOST_OPTIONS = 1_000  # chosen in one field
LARGEST_OPTION = 50  # names in an option that is an object

_WRITTEN = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
"""A number as text, as FEEL's `number` reads it. Decimal would take `１２`, `1_000` and ` 1 ` too."""
_READABLE = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
"""Text that the browser makes a number of when it takes in a fact."""
_BOUND = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
"""Bound of a number or a length, as the browser reads it; with anything else there is none."""
_EXACT = Arithmetic(prec=4 * MOST_DIGITS)  # remainders of numbers within the bounds are exact


@dataclass(frozen=True, slots=True)
class Component:
    """How a component with a value treats it. `empty` makes the value that an untouched field has in the browser.

    `taken_in` turns a fact of another kind as the browser does.
    """

    empty: Callable[[], Any]
    shape: Callable[[Field, Any], Any]
    rules: Callable[[Field, Any, FieldContext], Any]
    taken_in: Callable[[Field, Any], Any] = lambda field, value: value


def is_empty(value: Any) -> bool:
    """Return whether the browser would call a required field with this value unfilled."""
    return value is None or value == "" or value == []


def same(one: Any, other: Any) -> bool:
    """Return deep equality of JSON-like values; true and 1 are different."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def options(written: object) -> list[Any]:
    """Return the values of a list of options: plain values, or objects with `value` and `label`.

    Options that the browser leaves out (empty texts, nulls, objects without either) are left out here too.
    """
    if not isinstance(written, list):
        return []
    values = []
    for option in written:
        value = option.get("value") if isinstance(option, Mapping) else option
        label = option.get("label") if isinstance(option, Mapping) else None
        if _is_plain(value) or (isinstance(value, Mapping) and value and isinstance(label, str) and label):
            values.append(value)
    return values


# ------------------------------------------------------------------ text


def _text_shape(field: Field, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Wrong("text")
    if len(value) > LONGEST_TEXT:
        raise Wrong("too_long", bound=LONGEST_TEXT)
    if _UNWRITABLE.search(value):
        raise Wrong("characters")
    return composed(value)


def _taken_as_text(field: Field, value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return f"{_EXACT.create_decimal(str(value)):f}"
    if not isinstance(value, str):
        return ""
    return re.sub("[\r\n\t]", " ", value) if field.type == "textfield" else value


def _text_rules(field: Field, value: str, context: FieldContext) -> str | None:
    if not value:
        return None
    rules = field.validate
    if rules.get("pattern"):
        _check_pattern(rules["pattern"], rules.get("patternErrorMessage") or "", value)
    length = len(value.strip(_BLANKS).encode("utf-16-le")) // 2  # the browser counts UTF-16 units
    shortest, longest = (
        _bound(context.evaluate(rules.get("minLength"))),
        _bound(context.evaluate(rules.get("maxLength"))),
    )
    if shortest is not None and length < shortest:
        raise Wrong("too_short", bound=shortest)
    if longest is not None and length > longest:
        raise Wrong("too_long", bound=longest)
    kind = rules.get("validationType")
    if kind in _VALIDATION_TYPES and not _VALIDATION_TYPES[kind].search(value):
        raise Wrong(kind)
    return _term(field.term, value) if field.term else value


def _check_pattern(pattern: str, hint: str, value: str) -> None:
    try:
        if not patterns.matches(pattern, value):
            raise Wrong("pattern", hint=hint)
    except patterns.TooSlow:
        raise Wrong("pattern_time") from None


def _term(kind: str, value: str) -> str:
    try:
        return terms.check(kind, value)
    except InvalidInput as error:
        raise Wrong("identifier", error.message, **error.fields) from None


_BLANKS = (  # the characters that String.prototype.trim removes, ECMAScript 12.2 and 12.3
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")  # control characters, half pairs
_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_CALLING_CODES = (  # ITU-T E.164, in form-js's selection
    "297|93|244|1264|358|355|376|971|54|374|1684|1268|61|43|994|257|32|229|226|880|359|973|1242|387|590|375|501"
    "|1441|591|55|1246|673|975|267|236|1|41|56|86|225|237|243|242|682|57|269|238|506|53|5999|1345|357|420|49|253"
    "|1767|45|1809|1829|1849|213|593|20|291|212|34|372|251|679|500|33|298|691|241|44|995|233|350|224|220|245|240"
    "|30|1473|299|502|594|1671|592|852|504|385|509|36|62|91|246|353|98|964|354|972|39|1876|962|81|76|77|254|996"
    "|855|686|1869|82|383|965|856|961|231|218|1758|423|94|266|370|352|371|853|377|373|261|960|52|692|389|223|95"
    "|382|976|1670|258|222|1664|596|230|265|60|262|264|687|227|672|234|505|683|31|47|977|674|64|968|92|507|51|63"
    "|680|675|48|1787|1939|850|351|595|970|689|974|40|7|250|966|249|221|65|4779|677|232|503|378|508|381|211|239"
    "|597|421|386|46|268|1721|248|963|1649|235|228|66|992|690|993|670|676|1868|216|90|688|886|255|256|380|598"
    "|998|3906698|379|1784|58|1284|1340|84|678|681|685|967|27|260|263|356|252"
)
_AFTER_CODE = (
    r"(9[976]\d|8[987530]\d|6[987]\d|5[90]\d|42\d|3[875]\d|2[98654321]\d|9[8543210]|8[6421]|6[6543210]|5[87654321]"
    r"|4[987654310]|3[9643210]|2[70]|7|1)\d{4,20}\Z"
)
_VALIDATION_TYPES = {
    "email": re.compile(rf"\A[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*\Z"),
    "phone": re.compile(rf"(\+|00)({_CALLING_CODES}){_AFTER_CODE}", re.ASCII),
}


# ------------------------------------------------------------------ numbers


def _number_shape(field: Field, value: Any) -> Any:
    if value is None or value == "":
        return None
    as_text = field.raw.get("serializeToString") is True
    number = _decimal(value, text=as_text)
    if as_text:
        return value if isinstance(value, str) else f"{_EXACT.normalize(number):f}"
    return int(number) if number == number.to_integral_value() else number


def _taken_as_number(field: Field, value: Any) -> Any:
    if field.raw.get("serializeToString") is True or not isinstance(value, str):
        return value
    text = value.strip(_BLANKS)
    return Decimal(text) if _READABLE.fullmatch(text) else None


def _decimal(value: Any, text: bool) -> Decimal:
    """Return the number, within bounds; text is taken only where the field keeps its number as text. Raises Wrong."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | (str if text else int)):
        raise Wrong("number")
    if isinstance(value, int) and value.bit_length() > MOST_DIGITS * 4:
        raise Wrong("digits", bound=MOST_DIGITS)
    if isinstance(value, str) and len(value) > 2 * MOST_DIGITS:
        raise Wrong("digits", bound=MOST_DIGITS)
    if isinstance(value, str) and not _WRITTEN.fullmatch(value):
        raise Wrong("number")
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        raise Wrong("number") from None
    if not number.is_finite():
        raise Wrong("number")
    digits, exponent = number.as_tuple().digits, number.as_tuple().exponent
    assert isinstance(exponent, int)
    if len(digits) > MOST_DIGITS or not -MOST_DIGITS <= exponent <= MOST_DIGITS:
        raise Wrong("digits", bound=MOST_DIGITS)
    return number


def _number_rules(field: Field, value: Any, context: FieldContext) -> Any:
    if value is None:
        return None
    number = Decimal(value)
    places = field.raw.get("decimalDigits")
    if type(places) is int and places >= 0 and _EXACT.remainder(number, Decimal(1).scaleb(-places)):
        raise Wrong("decimals" if places else "integer", bound=places)
    increment = _bound(field.raw.get("increment"))
    if increment and increment > 0 and _EXACT.remainder(number, increment):
        raise Wrong("increment", bound=increment)
    low, high = (
        _bound(context.evaluate(field.validate.get("min"))),
        _bound(context.evaluate(field.validate.get("max"))),
    )
    if low is not None and number < low:
        raise Wrong("min", bound=low)
    if high is not None and number > high:
        raise Wrong("max", bound=high)
    return value


def _bound(value: Any) -> Decimal | None:
    """Return a bound of the schema, written as a number or as its text; None where there is none."""
    if value is None or isinstance(value, bool) or value == "":
        return None
    if type(value) is int:
        return Decimal(value)
    if not _BOUND.fullmatch(str(value)):
        return None
    bound = Decimal(str(value))
    return bound.quantize(Decimal(1)) if bound == bound.to_integral_value() and abs(bound) < 10**20 else bound


# ------------------------------------------------------------------ choices


def _checkbox_shape(field: Field, value: Any) -> bool:
    if value is None:
        return False
    if not isinstance(value, bool):
        raise Wrong("boolean")
    return value


def _checkbox_rules(field: Field, value: bool, context: FieldContext) -> bool:
    if field.is_required and not value:
        raise Wrong("checked")
    return value


def _one_shape(field: Field, value: Any) -> Any:
    if value is None or value == "":
        return None
    if not _is_small(value):
        raise Wrong("option")
    return _exact(value)


def _one_rules(field: Field, value: Any, context: FieldContext) -> Any:
    if value is None or field.is_readonly(context):
        return value
    return _chosen(value, options(field.options(context)))


def _many_shape(field: Field, value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    if not isinstance(value, list) or len(value) > MOST_OPTIONS:
        raise Wrong("options")
    if not all(map(_is_small, value)):
        raise Wrong("option")
    return [_exact(chosen) for chosen in value]


def _many_rules(field: Field, value: list[Any], context: FieldContext) -> list[Any]:
    if field.is_readonly(context):
        return value
    allowed = options(field.options(context)) if value else []
    result: list[Any] = []
    for chosen in value:
        option = _chosen(chosen, allowed)
        if any(same(option, earlier) for earlier in result):
            raise Wrong("doubled")
        result.append(option)
    return result


def _chosen(value: Any, allowed: Sequence[Any]) -> Any:
    """Return the option that equals the value. Raises Wrong."""
    for option in allowed:
        if same(value, option):
            return option
    raise Wrong("option")


def _exact(value: Any) -> Any:
    """Return the value with floats as the decimals that were written, and texts in one spelling, as in the schema."""
    if isinstance(value, str):
        return composed(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {key: _exact(inner) for key, inner in value.items()}
    return value


def _is_plain(value: Any) -> bool:
    """Return whether it is text that isn't empty, a finite number, or a truth value."""
    if isinstance(value, str):
        return 0 < len(value) <= LONGEST_TEXT
    if isinstance(value, float):
        return math.isfinite(value)
    return value.is_finite() if isinstance(value, Decimal) else isinstance(value, bool | int)


def _is_small(value: Any) -> bool:
    if isinstance(value, int) and value.bit_length() > MOST_DIGITS * 4:
        return False
    if isinstance(value, Mapping):
        return len(value) <= LARGEST_OPTION and all(map(_is_plain, value.values()))
    return _is_plain(value)


# ------------------------------------------------------------------ files

_DIGEST = re.compile(r"(sha256:)?[0-9a-f]{64}")


def _files_shape(field: Field, value: Any) -> list[dict[str, Any]]:
    """Return a list of references to stored files; a single one may be given without the list. Raises Wrong."""
    if value is None or value == "":
        return []
    files = [value] if isinstance(value, Mapping) else value
    if not isinstance(files, list):
        raise Wrong("files")
    if len(files) > MOST_FILES:
        raise Wrong("too_many_files", bound=MOST_FILES)
    if not all(map(_is_file, files)):
        raise Wrong("files")
    return [dict(file) for file in files]


def _is_file(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and value.keys() == {"file", "name", "size", "type"}
        and isinstance(value["file"], str)
        and _DIGEST.fullmatch(value["file"]) is not None
        and isinstance(value["name"], str)
        and 0 < len(value["name"]) <= 255
        and type(value["size"]) is int
        and value["size"] >= 0
        and isinstance(value["type"], str)
        and len(value["type"]) <= 255
    )


def _files_rules(field: Field, value: list[dict[str, Any]], context: FieldContext) -> list[dict[str, Any]]:
    if len(value) > 1 and context.evaluate(field.raw.get("multiple")) is not True:
        raise Wrong("too_many_files", bound=1)
    accepted = context.evaluate(field.raw.get("accept"))
    if isinstance(accepted, str) and accepted.strip():
        kinds = [kind.strip().lower() for kind in accepted.split(",") if kind.strip()]
        if not all(_is_accepted(file, kinds) for file in value):
            raise Wrong("file_kind", bound=accepted)
    return value


def _is_accepted(file: Mapping[str, Any], kinds: Sequence[str]) -> bool:
    """Return whether the `accept` attribute's rule takes the file: an extension, a type, or all types of a family."""
    name, kind = file["name"].lower(), file["type"].lower()
    return any(
        name.endswith(wanted)
        if wanted.startswith(".")
        else kind.startswith(wanted[:-1])
        if wanted.endswith("/*")
        else kind == wanted
        for wanted in kinds
    )


# ------------------------------------------------------------------ the table


def _as_it_is(field: Field, value: Any) -> Any:
    return value


def _no_rules(field: Field, value: Any, context: FieldContext) -> Any:
    return value


_TEXT = Component(str, _text_shape, _text_rules, _taken_as_text)
_ONE = Component(lambda: None, _one_shape, _one_rules)
_MANY = Component(list, _many_shape, _many_rules)

CHOICES = ("radio", "select", "checklist", "taglist")

COMPONENTS: dict[str, Component] = {
    "textfield": _TEXT,
    "textarea": _TEXT,
    "number": Component(lambda: None, _number_shape, _number_rules, _taken_as_number),
    "checkbox": Component(bool, _checkbox_shape, _checkbox_rules),
    "radio": _ONE,
    "select": _ONE,
    "checklist": _MANY,
    "taglist": _MANY,
    "datetime": Component(lambda: None, dates.shape, dates.rules),
    "filepicker": Component(list, _files_shape, _files_rules),
    "expression": Component(lambda: None, _as_it_is, _no_rules),
}


_ITSELF = frozenset({type(None), bool, int, str, float, Decimal})


class Shown(Mapping[str, Any]):
    """Facts by name, each turned into what the page holds when it is asked for: dates, times and durations are texts.

    A page gets facts as JSON. A condition must not tell a date from its text on the server if it can't in the browser.
    """

    __slots__ = ("_facts",)

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = facts

    def __getitem__(self, name: str) -> Any:
        return as_shown(self._facts[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __contains__(self, name: object) -> bool:
        return name in self._facts


def as_shown(value: Any) -> Any:
    """Return a value as the page holds it; lists and objects are new where something in them was turned."""
    kind = type(value)
    if kind in _ITSELF:
        return value
    if kind is list or kind is tuple:
        return [as_shown(item) for item in value]
    if kind is dict:
        return {name: as_shown(item) for name, item in value.items()}
    return feel.to_json(value)
