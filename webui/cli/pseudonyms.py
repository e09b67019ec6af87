"""Other texts of the same shape: names, identity numbers with their check digits, telephone numbers. All fictional.

Texts in, texts out; the same order of texts gives the same pseudonyms.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from adapters.certificates import credit_code
from engine.base import terms
from engine.base.errors import InvalidInput

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_REGION = "990101"  # no real region begins with 99
_FIRM = re.compile(r".+?(有限责任公司|股份有限公司|有限公司|公司|合伙企业|事务所|合作社|商行|学校|医院|工厂|厂|店|局)")
_NAME = re.compile("[一-鿿]{2,4}")
_BEYOND = 900_000  # serial numbers of pseudonyms begin here, far from those of the demonstration


class Pseudonyms:
    """Gives another pseudonym for each text that it is asked for."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()
        self._given: set[str] = set()

    def __call__(self, text: str) -> str:
        kind = _kind_of(text)
        make = _MADE[kind]
        while True:
            self._counted[kind] += 1
            made = make(text, self._counted[kind])
            if made != text and made not in self._given:
                self._given.add(made)
                return made


def _kind_of(text: str) -> str:
    for kind in (kind for kind in _MADE if kind in terms.KINDS):
        try:
            terms.check(kind, text)
        except InvalidInput:
            continue
        return kind
    if _FIRM.fullmatch(text):
        return "firm"
    return "name" if _NAME.fullmatch(text) else "text"


def _stems(number: int) -> str:
    """A number in heavenly stems: 甲, 乙 … 癸, 乙甲 …"""
    return "".join(_STEMS[int(digit)] for digit in str(number - 1))


def _id_number(text: str, number: int) -> str:
    """The year of birth stays, on which decisions may depend, and whether the last but one digit is odd (a man)."""
    born = date(int(text[6:10]), 1, 1) + timedelta(days=(int(text[10:12]) * 31 + int(text[12:14]) + 97 + number) % 365)
    body = f"{_REGION}{born:%Y%m%d}{500 + 2 * (number % 249) + int(text[16]) % 2}"
    return body + terms.id_number_check(body)


def _certificate_id(text: str, number: int) -> str:
    parts = text.removeprefix(terms.CERTIFICATE_ROOT + ".").split(".")
    body = ".".join((parts[0], parts[1], f"{_BEYOND + number:09d}", parts[3]))
    return f"{terms.CERTIFICATE_ROOT}.{body}.{terms.mod_37_36(body.replace('.', ''))}"


def _estate_certificate(text: str, number: int) -> str:
    what, year = "证明" if "不动产证明" in text else "权", text[text.index("(") + 1 :][:4]
    return f"示({year})示范县不动产{what}第{_BEYOND + number:07d}号"


def _name(text: str, number: int) -> str:
    surname, given = _SURNAMES[(number - 1) % len(_SURNAMES)], _stems((number - 1) // len(_SURNAMES) + 1)
    return surname + ("示范"[: len(text) - 1 - len(given)] if len(text) > 2 else "") + given


def _text(text: str, number: int) -> str:
    """Of a text in Chinese an example of the same length; else digits for digits, and letters for letters."""
    if re.search("[一-鿿]", text):
        return f"示例{_stems(number)}".ljust(len(text), "某")
    places = [place for place, character in enumerate(text) if character.isdecimal() or character.isalpha()]
    left, made = number, list(text)
    for place in reversed(places):
        if text[place].isdecimal():
            left, made[place] = left // 10, str(left % 10)
        else:
            letter = chr(ord("a") + left % 26)
            left, made[place] = left // 26, letter.upper() if text[place].isupper() else letter
    return "".join(made) if not left and places else f"x{number}"


_MADE: Mapping[str, Callable[[str, int], str]] = {
    "id_number": _id_number,
    "credit_code": lambda text, number: credit_code(text[:2], "MA", _BEYOND + number),
    "mobile": lambda text, number: f"1990000{number:04d}",
    "email": lambda text, number: f"person{number}@example.com",
    "unit_number": lambda text, number: f"{text[:6]}999999{text[12:14]}{number:05d}{text[19]}{number:08d}",
    "estate_certificate": _estate_certificate,
    "certificate_id": _certificate_id,
    "firm": lambda text, number: f"示例{_stems(number)}{_FIRM.fullmatch(text)[1]}",  # type: ignore[index]
    "name": _name,
    "text": _text,
}
