"""Identifiers of the trade, with their standards and check digits; and how they are shown.

Pure, text in and text out: no register is asked, so a value that passes is well formed, not known to exist.
Forms, catalogue and certificates name a kind of `KINDS`; none of them repeats a rule from here.
Messages never repeat the value, because it may be personal.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from engine.base.errors import InvalidInput

LONGEST_TEXT = 320  # characters; the longest kind is an e-mail address: 64 + "@" + 255 (RFC 5321, 4.5.3.1)

CERTIFICATE_ROOT = "1.2.156.3005.2"  # the object identifier under which certificates are numbered, GB/T 36904

_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I O S V Z, which look like digits
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# Full-width forms U+FF01..U+FF5E lie 0xFEE0 above ASCII; Chinese keyboards produce them.
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
# ASCII only: str.upper() would turn a dotless i into I and a long s into S.
_UPPER = {code: code - 0x20 for code in range(ord("a"), ord("z") + 1)}

REASONS = {
    "type": "it isn't text",
    "structure": "its length or characters are wrong",
    "date": "the date in it doesn't exist",
    "check_digit": "its check digit is wrong",
}
"""Why a text is no identifier of its kind."""


class _Wrong(Exception):
    """Tells `check` which of REASONS it is."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of identifier. `keeps`: how many characters `mask` shows at the start and at the end."""

    name: str
    en: str
    check: Callable[[str], str]
    example: str
    keeps: tuple[int, int] | None = None


def check(kind: str, text: object) -> str:
    """Return the normalised text of an identifier: trimmed, half-width, upper case (an e-mail keeps its case).

    Raises InvalidInput with `fields` `kind`, `reason` (a key of REASONS) and `example`; KeyError for a kind that isn't
    in KINDS.
    """
    rule = KINDS[kind]
    try:
        if not isinstance(text, str):
            raise _Wrong("type")
        if len(text) > LONGEST_TEXT:
            raise _Wrong("structure")
        return rule.check(text.translate(_HALF_WIDTH).strip())
    except _Wrong as wrong:
        reason = str(wrong)
    raise InvalidInput(
        f"Expected {rule.en} like {rule.example}, but {REASONS[reason]}. Compare it with the document.",
        sentence="identifier_wrong",
        kind=kind,
        reason=reason,
        example=rule.example,
    )


def mask(kind: str, text: str) -> str:
    """Return the text as a page may show it: an ID number as `110105********002X`; other kinds unchanged.

    Text too short to hide anything is hidden whole.
    """
    keeps = KINDS[kind].keeps
    if keeps is None:
        return text
    first, last = keeps
    hidden = len(text) - first - last
    if hidden <= 0:
        return "*" * len(text)
    return text[:first] + "*" * hidden + text[len(text) - last :]


def credit_code_check(body: str) -> str:
    """Return the check character for the 17 characters before it. Source: GB 32100-2015, 5.3 (weights 3^(i-1) mod
    31).
    """
    total = sum(pow(3, i, 31) * _CREDIT_ALPHABET.index(c) for i, c in enumerate(body))
    return _CREDIT_ALPHABET[-total % 31]


def id_number_check(body: str) -> str:
    """Return the check character for the 17 digits before it. Source: GB 11643-1999, ISO 7064 MOD 11-2."""
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, body, strict=True))
    return _ID_CHECKS[total % 11]


def mod_37_36(body: str) -> str:
    """Return the check character over `0-9A-Z`. Source: ISO 7064, hybrid system MOD 37,36.

    It finds every single wrong character and almost every swap of two neighbours.
    """
    product = 36
    for character in body:
        product = ((product + _ALPHANUMERIC.index(character)) % 36 or 36) * 2 % 37
    return _ALPHANUMERIC[(1 - product) % 36]


def certificate_id(type_code: str, issuer: str, serial: str, version: int = 1) -> str:
    """Return a certificate identifier with its check character.

    `type_code` and `issuer` are codes of `0-9A-Z` (issuer: usually a credit code), `version` 1 to 999.
    Raises InvalidInput if the parts don't make an identifier. Source: GB/T 36904-2018.
    """
    body = f"{type_code}.{issuer}.{serial}.{version:03d}".upper()
    if not re.fullmatch(r"[0-9A-Z.]+", body):
        raise InvalidInput(
            "Expected codes of letters and digits as parts of a certificate identifier.", sentence="certificate_parts"
        )
    return check("certificate_id", f"{CERTIFICATE_ROOT}.{body}.{mod_37_36(body.replace('.', ''))}")


def _matching(pattern: str) -> Callable[[str], str]:
    """Return a check by structure alone, in upper case."""
    compiled = re.compile(pattern)

    def checked(text: str) -> str:
        text = text.translate(_UPPER)
        if not compiled.fullmatch(text):
            raise _Wrong("structure")
        return text

    return checked


_credit_structure = _matching(f"[{_CREDIT_ALPHABET}]{{18}}")
_id_structure = _matching("[1-9][0-9]{16}[0-9X]")
_unit_structure = _matching("[0-9]{12}[0-9A-Z]{2}[0-9]{5}[A-Z][0-9]{8}")
_certificate_structure = _matching(re.escape(CERTIFICATE_ROOT) + r"(\.[0-9A-Z]{1,32}){3}\.[0-9]{3}\.[0-9A-Z]")
_item_structure = _matching("[0-9A-Z]{12}|[0-9A-Z]{18}[1-6][0-9A-Z]{12}([0-9A-Z]{2})?")
_email_structure = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")


def _credit_code(text: str) -> str:
    text = _credit_structure(text)
    if credit_code_check(text[:-1]) != text[-1]:
        raise _Wrong("check_digit")
    return text


def _id_number(text: str) -> str:
    text = _id_structure(text)
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        raise _Wrong("date") from None
    if id_number_check(text[:-1]) != text[-1]:
        raise _Wrong("check_digit")
    return text


def _unit_number(text: str) -> str:
    """Check a unit number: printed in groups (6 6 7 9), stored without the spaces."""
    return _unit_structure(text.replace(" ", ""))


def _certificate_id(text: str) -> str:
    text = _certificate_structure(text)
    body = text[len(CERTIFICATE_ROOT) :].replace(".", "")
    if mod_37_36(body[:-1]) != body[-1]:
        raise _Wrong("check_digit")
    return text


def _item_code(text: str) -> str:
    """Check an item code. 12 characters: the basic code; 31: department's credit code, level, basic code; 33: with two
    more characters for the case at hand.
    """
    text = _item_structure(text)
    if len(text) > 12:
        _credit_code(text[:18])
    return text


def _email(text: str) -> str:
    """Check an e-mail address. It stays as given except for the domain, where case means nothing (RFC 5321, 2.4)."""
    if not _email_structure.fullmatch(text):
        raise _Wrong("structure")
    local, _, domain = text.rpartition("@")
    return f"{local}@{domain.lower()}"


_ALL = (
    # GB 32100-2015
    Kind("credit_code", "a unified social credit code", _credit_code, "91350100M000100Y43"),
    # GB 11643-1999
    Kind("id_number", "an ID number", _id_number, "11010519491231002X", keeps=(6, 4)),
    # TD/T 1001-2012 and 不动产单元设定与代码编制规则: parcel 19, then what stands on it: letter and 8 digits
    Kind(
        "unit_number",
        "a real-estate unit number",
        _unit_number,
        "320582003001GB00001F00010001",
    ),
    # 不动产权证书和登记证明, the number's form as printed in the annex of 不动产登记暂行条例实施细则
    Kind(
        "estate_certificate",
        "a real-estate certificate number",
        _matching(r"[一-鿿]\([12][0-9]{3}\)[一-鿿]{1,30}不动产(权|证明)第[0-9]{7,10}号"),
        "苏(2019)张家港市不动产权第0000001号",
    ),
    # GB/T 40058-2021: year and month, region, department, type, number with check digit, whose rule
    # isn't public; codes given out before it begin with the year.
    Kind(
        "project_code",
        "a project code",
        _matching("([0-9]{2}(0[1-9]|1[0-2])|20[0-9]{2})-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{5}[0-9X]"),
        "2019-320582-47-03-500001",
    ),
    # GB/T 36904-2018
    Kind(
        "certificate_id",
        "a certificate identifier",
        _certificate_id,
        "1.2.156.3005.2.11100000MB0143028R001.91350100M000100Y43.202600001.001.2",
    ),
    # GB/T 39046-2020
    Kind("item_code", "an item code", _item_code, "000131001000"),
    # 电信网编号计划: eleven digits, second digit 3 to 9
    Kind("mobile", "a mobile number", _matching("1[3-9][0-9]{9}"), "13800138000", keeps=(3, 4)),
    # GB/T 7408 has no rule; six digits, province first, as given out by China Post
    Kind("postal_code", "a postal code", _matching("[0-8][0-9]{5}"), "215600"),
    Kind("email", "an e-mail address", _email, "zhang.san@example.com"),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}
