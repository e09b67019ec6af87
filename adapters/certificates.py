"""The embedded certificate library 电子证照库, on the shelf.

Issuing draws a serial number and is idempotent: identifier and serial are reserved for the key first, so that a second
delivery after a crash at any point returns the certificate or finishes it. A reserved serial may stay unused; none is
used twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.demonstration import rows as demonstration_rows
from adapters.verification import VerificationCodes
from engine.base import terms
from engine.case import records
from engine.hall.ports import Certificate, Issue, Shelf

_CERTIFICATE, _RESERVED, _SERIAL = "certificate", "certificate_reserved", "certificate_serial"
_REGION = "990101"  # region code of the demonstration county; no real one begins with 99
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def credit_code(registrar: str, prefix: str, serial: int) -> str:
    """Return a fictional credit code: registrar and kind of body (GB 32100), a region that doesn't exist, a serial.

    The nine characters in the middle are an organisation code with its own check character (GB 11714).
    """
    body = f"{prefix}{serial:06d}"
    total = sum(w * int(c, 36) for w, c in zip(_ORGANISATION_WEIGHTS, body, strict=True))
    organisation = body + "0123456789X"[-total % 11]
    first = registrar + _REGION + organisation
    return first + terms.credit_code_check(first)


_AUTHORITY = credit_code("11", "MB", 1)  # the fictional body that defines the types and issues the certificates


NUMBERED = "示范〔{year}〕{serial:06d}号"
"""Form of the printed number for most kinds."""


@dataclass(frozen=True, slots=True)
class CertificateKind:
    """A kind of certificate: its `title`, its `number` within the type code, the `template` of its document.

    `numbered`: the form of the printed number, with `{year}` and `{serial}`.
    """

    title: str
    number: str
    template: str = "certificate"
    is_numbered_by_credit_code: bool = False
    numbered: str = NUMBERED


# A kind that isn't listed is issued as well, under the title that the order gives.
KINDS: Mapping[str, CertificateKind] = {
    "identity_card": CertificateKind("居民身份证", "001"),
    "business_licence": CertificateKind("营业执照", "002", "business_licence", True),
    "seal_record": CertificateKind("印章备案证明", "003"),
    "taxpayer_record": CertificateKind("纳税人信息报告回执", "004"),
    "social_insurance_record": CertificateKind("社会保险登记证明", "005"),
    "housing_fund_record": CertificateKind("住房公积金缴存登记证明", "006"),
    "estate_certificate": CertificateKind("不动产权证书", "007", numbered="示({year})示范县不动产权第{serial:07d}号"),
    "estate_proof": CertificateKind("不动产登记证明", "008", numbered="示({year})示范县不动产证明第{serial:07d}号"),
    "deed_tax_certificate": CertificateKind("契税完税凭证", "009"),
    "transaction_check_record": CertificateKind("房屋交易核验意见书", "010"),
}


def type_code(kind: str) -> str:
    """Return the type code of a certificate (GB/T 36904): the body that defines the type, and a number.

    For a kind that isn't in KINDS: the letters and digits of its key.
    """
    if kind in KINDS:
        return _AUTHORITY + KINDS[kind].number
    return "".join(c for c in kind.upper() if c.isascii() and c.isalnum())[:32] or "OTHER"


def template_of(kind: str) -> str:
    """Return the name of the document template of a kind."""
    return KINDS[kind].template if kind in KINDS else "certificate"


class CertificateLibrary:
    """`engine.hall.ports.Certificates` on the shelf. `issuer`: the credit code of the issuing body."""

    def __init__(self, shelf: Shelf, codes: VerificationCodes, zone: ZoneInfo, issuer: str | None = None) -> None:
        self._shelf = shelf
        self._verification = codes
        self._zone = zone
        self._issuer = issuer or _AUTHORITY

    def find(self, kind: str, holder: str, on: date) -> Certificate | None:
        found = [_loaded(value) for _, value in self._shelf.find(_CERTIFICATE, owner=_owner(kind, holder))]
        return next((certificate for certificate in found if not certificate.is_expired(on)), next(iter(found), None))

    def issue(self, order: Issue, render: Callable[[Certificate], Mapping[str, Any]] | None = None) -> Certificate:
        identifier, serial = self._reserve(order)
        value = self._shelf.get(_CERTIFICATE, identifier)
        if value is None:
            certificate = self._made_out(order, identifier, serial)
            if render is not None:
                certificate = replace(certificate, document=render(certificate))
            value = {"key": order.key, **records.encode(certificate.as_facts())}
            owner = _owner(order.kind, order.holder)
            self._shelf.add(_CERTIFICATE, identifier, value, owner=owner, at=order.at)
        certificate = _loaded(value)
        self._verification.register(certificate.verify, {"certificate": identifier}, order.at)
        return certificate

    def get(self, identifier: str) -> Certificate | None:
        """Return the certificate with that identifier, or None."""
        value = self._shelf.get(_CERTIFICATE, identifier)
        return None if value is None else _loaded(value)

    def verify(self, code: str) -> Certificate | None:
        facts = self._verification.look_up(code)
        return self.get(facts["certificate"]) if facts and "certificate" in facts else None

    def _made_out(self, order: Issue, identifier: str, serial: int) -> Certificate:
        kind, issued_on = KINDS.get(order.kind), order.at.astimezone(self._zone).date()
        number = order.number
        if number is None and kind is not None and kind.is_numbered_by_credit_code:
            number = credit_code("91", "MA", serial)
        return Certificate(
            identifier=identifier,
            kind=order.kind,
            title=kind.title if kind else order.title or order.kind,
            number=number or (kind.numbered if kind else NUMBERED).format(year=issued_on.year, serial=serial),
            holder=order.holder,
            issued_on=issued_on,
            content=order.content,
            verify=self._verification.code(f"certificate/{order.key}", order.at),
            expires_on=order.expires_on,
        )

    def _reserve(self, order: Issue) -> tuple[str, int]:
        """Return the identifier and serial that are reserved for the order's key, at this and every later delivery."""
        reservation = self._shelf.get(_RESERVED, order.key)
        if reservation is not None:
            return reservation["identifier"], reservation["serial"]
        code = type_code(order.kind)
        last = self._shelf.get(_SERIAL, code)  # only where the search begins: adding the serial below decides
        serial = (last["serial"] if last else 0) + 1
        while not self._shelf.add(_SERIAL, f"{code}/{serial}", {"key": order.key}, at=order.at):
            serial += 1
        self._shelf.put(_SERIAL, code, {"serial": serial}, at=order.at)
        identifier = terms.certificate_id(code, self._issuer, f"{serial:09d}")
        reserved = {"identifier": identifier, "serial": serial}
        if not self._shelf.add(_RESERVED, order.key, reserved, at=order.at):
            return self._reserve(order)  # another delivery of the same message was first
        return identifier, serial


def demonstration(library: CertificateLibrary, at: datetime) -> int:
    """Fill the library with the fictional certificates that ship; return how many there are. A second call adds
    none.
    """
    rows = demonstration_rows("certificates")
    for row in rows:
        key = f"demonstration/{row['kind']}/{row['holder']}"
        expires_on = date.fromisoformat(row["expires_on"]) if "expires_on" in row else None
        library.issue(
            Issue(key, row["kind"], row["holder"], row["content"], at, number=row.get("number"), expires_on=expires_on)
        )
    return len(rows)


def _owner(kind: str, holder: str) -> str:
    """Return the key by which a holder's certificates are looked up: a digest, so that the index holds no ID number."""
    return hashlib.sha256(f"{kind}|{holder}".encode()).hexdigest()


def _loaded(value: Mapping[str, Any]) -> Certificate:
    return Certificate(**records.decode({name: inner for name, inner in value.items() if name != "key"}))
