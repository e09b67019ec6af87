"""Shapes that the engine itself gives: functions of the host, results of built-in actions, messages of the hall.

Tables; tests hold them against what really comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import get_args

from engine.language.templates import Fields
from engine.law.catalogue import Limits
from engine.law.catalogue.items import Sensitive, Source, Subject, Unit
from engine.law.matter import State
from engine.model.chain.data import shapes
from engine.model.chain.data.shapes import Shape, context, list_of, text

_T, _N, _B, _D = shapes.text(), shapes.of("number"), shapes.of("boolean"), shapes.of("date")
_STATES = text(State)
_DECISIONS = text(("granted", "denied"))

_LIMIT = context({"amount": _N, "unit": text(get_args(Unit)), "extension": _N})
_NEED = context(
    {
        "key": _T,
        "name": _T,
        "required": _B,
        "tolerable": _B,
        "source": text(get_args(Source)),
        "certificate": _T,
    }
)
ITEM = context(
    {
        "key": _T,
        "code": _T,
        "name": _T,
        "department": _T,
        "kind": text(("instant", "committed", "service")),
        "sign_off": list_of(_T),
        "promised": _N,
        "statutory": _N,
        "limits": context({field.name: _LIMIT for field in fields(Limits)}),
        "starts_on": text(("acceptance", "receipt")),
        "materials": list_of(_NEED),
        "fees": list_of(context({"name": _T, "amount": _N, "unit": _T})),
        "result": context({"name": _T, "certificate": _T}),
        "tags": list_of(_T),
        "visits": _N,
        "sensitive": text(get_args(Sensitive)),
        "commitment": _B,
        "unsupplied": text(("withdrawn", "terminated")),
        "consults": list_of(context({"department": _T, "subject": text(get_args(Subject))})),
        "requires": list_of(_T),
    }
)
"""The value of `item(key)`: `Item.as_facts` of the catalogue."""

_MATTER = context({"number": _N, "item": _T, "state": _STATES, "decision": _DECISIONS})

FUNCTIONS: Mapping[str, tuple[tuple[str, ...], Shape]] = MappingProxyType(
    {
        "workdays": (("number",), shapes.of("date and time")),
        "workdays before": (("date", "number"), _D),
        "due": (("string",), shapes.of("date and time")),
        "item": (("string",), ITEM),
        "missing": (("string",), list_of(_T)),
        "granted": (("string",), _B),
        "supplied": (("string",), _B),
        "matters": ((), list_of(_MATTER)),
        "matter": (("number",), _MATTER),
        "applicant": ((), context(None)),
        "name of": (("string",), _T),
        "case": ((), context({"number": _T, "title": _T, "chain": _T})),
    }
)
"""Function of the host → kinds of its arguments, its result."""

_FILE = context(None)
CERTIFICATE = context(
    {
        "identifier": _T,
        "kind": _T,
        "number": _T,
        "title": _T,
        "holder": _T,
        "issued_on": _D,
        "expires_on": _D,
        "verify": _T,
        "content": context(None),
        "document": _FILE,
    }
)
"""A certificate as the library answers with it."""

PROJECT = context(
    {
        "code": _T,
        "cases": list_of(context({"case": _T, "process": _T, "title": _T, "status": _T, "own": _B})),
        "matters": list_of(
            context({"case": _T, "item": _T, "state": _STATES, "decision": _DECISIONS, "decided_on": _D})
        ),
        "materials": list_of(_T),
        "facts": context(None),
    }
)

_PERSON = {"name": _T, "id_number": _T}
ENTRIES: Mapping[str, Shape] = MappingProxyType(
    {
        register: context(members, is_open=True)
        for register, members in {
            "population": {**_PERSON, "address": _T},
            "enterprise": {"name": _T, "credit_code": _T, "kind": _T, "legal_representative": _T, "status": _T},
            "credit": {"serious": _B, "reason": _T},
            "marriage": {"state": _T, "spouse": context(_PERSON, is_open=True)},
            "real_estate": {
                "owner": _T,
                "owner_id": _T,
                "location": _T,
                "area": _N,
                "use": _T,
                "seized": _B,
                "seized_by": _T,
                "mortgaged": _B,
                "certificate": _T,
            },
            "regional_assessment": {"area": _T, "kinds": list_of(_T), "valid_to": _D},
        }.items()
    }
)
"""Register → its entries. Open: a register may have more fields, and keeps what chains record."""

RESULTS: Mapping[str, Mapping[str, Shape]] = MappingProxyType(
    {
        "matter.receive": {"matter": _N},
        "document.render": {"document": _FILE},
        "certificate.find": {
            "certificate": CERTIFICATE,
            "expired": context({"title": _T, "expires_on": _D}),
        },
        "certificate.issue": {"certificate": CERTIFICATE},
        "courier.dispatch": {"waybill": _T},
        "register.find": {"entry": context(None)},
        "project.join": {"project": PROJECT},
    }
)
"""Built-in action → shapes of its outputs."""

MESSAGES: Mapping[str, Mapping[str, Shape]] = MappingProxyType({"withdraw": {"reason": _T}})
"""Message that the hall itself sends → the facts that it brings: `withdraw`, from the pages of a case."""

COUNTS: Mapping[str, Shape] = MappingProxyType(
    dict.fromkeys(
        ("numberOfInstances", "numberOfCompletedInstances", "numberOfActiveInstances", "numberOfTerminatedInstances"),
        _N,
    )
)
"""Names that a completion condition sees beside the facts."""

NOTICES: Mapping[str, Fields] = MappingProxyType(
    {
        name: Fields.of(fields)
        for name, fields in {
            "accepted": "",
            "check_overdue": "",
            "clock_lapsed": "clock? due?",
            "clock_warned": "clock? due?",
            "correction": "missing? due?",
            "denied": "reason?",
            "dispatched": "waybill?",
            "extended": "reason? workdays? due?",
            "granted": "",
            "hearing": "on? place?",
            "hearing_right": "",
            "joint_review": "due?",
            "lapsed": "",
            "message": "subject text",
            "ready": "",
            "received": "",
            "rectify": "reason? due?",
            "rejected": "outcome? reason? office?",
            "revoked": "reason?",
            "suspended": "reason? workdays?",
            "tolerated": "missing? due?",
            "unsupplied": "outcome?",
            "withdrawn": "",
        }.items()
    }
)
"""Templates of notices that the hall has words for, with what a chain may give them; `?`: it may be missing."""

GIVEN_TO_NOTICES = frozenset(("case", "title", "item", "matter", "at"))
"""Fields that every notice has from the case; `item` where it is told of a matter."""

DOCUMENTS: Mapping[str, Fields] = MappingProxyType(
    {
        name: Fields.of(fields)
        for name, fields in {
            "acceptance_notice": "due?",
            "announcement": "workdays content?",
            "business_licence": "fields? identifier?",
            "certificate": "holder? fields? identifier?",
            "correction_notice": "missing",
            "denial_decision": "reason",
            "estate_letter": "outcome reason? advice?",
            "grant_decision": "reason?",
            "guide": "about address basis conditions counted_from fees flow limits materials printed_on result "
            "sign_off?",
            "joint_acceptance": "project opinion results code_of_project?",
            "paper": "fields?",
            "receipt": "window? materials?",
            "rejection_notice": "outcome reason? office?",
        }.items()
    }
)
"""Templates of documents of the hall, with what a chain may give them."""

GIVEN_TO_DOCUMENTS = frozenset(
    (
        "applicant",         "case",         "code",         "department",         "hall",         "item",
        "number",         "on",         "qr",         "subject",         "time",         "title",
    )
)  # fmt: skip
"""Fields that every document has from the case and the hall."""
