"""Puts the adapters together, and maps each action of the outbox to the adapter that carries it out.

Handlers take an `OutboxMessage` and return the variables of the answer; all are idempotent by the message's key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher

from adapters import certificates
from adapters.courier import RecordingCourier
from adapters.documents import TextDocuments, TypstDocuments, qr_svg
from adapters.identity import ShelfIdentity
from adapters.memory import MemoryStorage
from adapters.notification import Mailbox
from adapters.projects import CasesOf, EmbeddedProjects
from adapters.registers import ShelfRegisters
from adapters.settings import Settings
from adapters.storage import FolderStorage
from adapters.supervision import RecordingSupervision
from adapters.verification import VerificationCodes, grouped
from adapters.wording import line
from engine.base.errors import Fault, InvalidInput, ModelError, a
from engine.hall.ports import (
    Applicant,
    Certificate,
    Courier,
    Documents,
    Handler,
    Issue,
    OutboxMessage,
    Shelf,
    Storage,
    StoredFile,
    Supervision,
)
from engine.language.templates import DOCUMENT, NOTICE

Answer = Mapping[str, Any] | None
TemplateOf = Callable[[str, str], bytes | None]
DESTINATIONS = ("documents", "certificates", "notification", "courier", "supervision", "registers", "projects")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Adapters:
    """All adapters of an installation. `handlers`: destination of a message → the function that carries it out."""

    settings: Settings
    storage: Storage
    identity: ShelfIdentity
    library: certificates.CertificateLibrary
    mailbox: Mailbox
    documents: Documents
    courier: Courier
    supervision: Supervision
    registers: ShelfRegisters
    projects: EmbeddedProjects
    verification: VerificationCodes
    handlers: Mapping[str, Handler]


def compose(
    settings: Settings,
    shelf: Shelf,
    *,
    cases_of: CasesOf = lambda code: (),
    template_of: TemplateOf = lambda case, file: None,
    storage: Storage | None = None,
    documents: Documents | None = None,
    hasher: PasswordHasher | None = None,
) -> Adapters:
    """Return the adapters on this shelf; unless given, storage is in the settings' folder and documents are PDF.

    `cases_of`: returns the cases that a project has in this installation. `template_of`: returns the template of this
    file name in the chain version of a case, if that has it.
    """
    storage = storage or FolderStorage(settings.files)
    documents = documents or documents_for(settings)
    verification = VerificationCodes(shelf, settings.public_url, settings.seed)
    library = certificates.CertificateLibrary(shelf, verification, settings.zone, settings.issuer)
    mailbox, courier, supervision = Mailbox(shelf), RecordingCourier(shelf), RecordingSupervision(shelf)
    registers, projects = ShelfRegisters(shelf), EmbeddedProjects(shelf, cases_of)
    adapters = Adapters(
        settings=settings,
        storage=storage,
        identity=ShelfIdentity(shelf, hasher),
        library=library,
        mailbox=mailbox,
        documents=documents,
        courier=courier,
        supervision=supervision,
        registers=registers,
        projects=projects,
        verification=verification,
        handlers={},
    )
    return replace(adapters, handlers=_handlers(adapters, template_of))


def _handlers(adapters: Adapters, template_of: TemplateOf) -> Mapping[str, Handler]:
    """Return the handler for each destination: it looks the message's action up among all actions."""
    desk = _PaperDesk(adapters.settings, adapters.storage, adapters.documents, adapters.verification, template_of)
    actions: Mapping[str, Handler] = {
        "document.render": partial(_render, desk),
        "certificate.find": partial(_find, adapters.library, adapters.settings.zone),
        "certificate.issue": partial(_issue, adapters.library, desk),
        "certificate.bring": partial(_hold, adapters.library),
        "notice.send": partial(_send, adapters.mailbox, template_of),
        "courier.dispatch": partial(_dispatch, adapters.courier),
        "supervision.push": partial(_push, adapters.supervision),
        "register.find": partial(_find_entry, adapters.registers),
        "register.record": partial(_record_entry, adapters.registers),
        "project.join": partial(_join, adapters.projects),
        "project.bring": partial(_bring, adapters.projects),
    }
    return {destination: partial(_handle, actions) for destination in DESTINATIONS}


def compose_in_memory(
    settings: Settings,
    shelf: Shelf,
    cases_of: CasesOf = lambda code: (),
    template_of: TemplateOf = lambda case, file: None,
) -> Adapters:
    """Return adapters for runs that keep nothing: files in memory, documents as text, which needs no rendering."""
    return compose(
        settings,
        shelf,
        cases_of=cases_of,
        template_of=template_of,
        storage=MemoryStorage(),
        documents=TextDocuments(),
    )


def documents_for(settings: Settings) -> Documents:
    """Return PDF documents; on a machine without a Chinese font plain text, with a warning in the log."""
    try:
        return TypstDocuments(settings.font_folders)
    except Fault as fault:
        _log.warning("%s Until then documents are plain text.", fault.message)
        return TextDocuments()


class _PaperDesk:
    """Renders a document, stores it, and registers the code that its QR carries."""

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        documents: Documents,
        verification: VerificationCodes,
        template_of: TemplateOf,
    ) -> None:
        self._template_of = template_of
        self._settings = settings
        self._storage = storage
        self._documents = documents
        self._verification = verification

    def make(
        self, template: str, name: str, values: Mapping[str, Any], code: str, at: datetime, own: bytes | None = None
    ) -> StoredFile:
        """Return the document, rendered and stored. `values` override the hall's name, the day and the code."""
        local = at.astimezone(self._settings.zone)
        common = {
            "hall": self._settings.hall,
            "on": local.date(),
            "time": local,
            "code": grouped(code),
            "qr": qr_svg(self._verification.url(code)),
        }
        content = self._documents.render(template, common | dict(values), own)
        return self._storage.keep(content, name + self._documents.suffix, self._documents.type)

    def notice(self, message: OutboxMessage) -> StoredFile:
        """Return the document that a `document.render` message asks for."""
        payload = message.payload
        template, at = _text(payload, "template"), _at(message)
        name = payload.get("name") or template
        code = self._verification.code(f"document/{message.key}", at)
        content = payload.get("content")
        values = _about(message) | {"number": message.key.replace("/", "-")} | _contents(content)
        own = self._template_of(message.case, template + DOCUMENT)
        file = self.make(template, name, {"title": name, **values}, code, at, own)
        facts = {"name": name, "case": message.case, "on": at.astimezone(self._settings.zone).date().isoformat()}
        self._verification.register(code, {"document": file.as_dict() | facts}, at)
        return file


def _about(message: OutboxMessage) -> dict[str, Any]:
    """Return the values about its case that every document has."""
    payload = message.payload
    about = {"case": message.case, "subject": payload.get("title"), "item": payload.get("item")}
    given = {name: payload[name] for name in ("department", "applicant") if name in payload}
    return about | given


def _contents(content: Any) -> dict[str, Any]:
    if isinstance(content, Mapping):
        return dict(content)
    return {} if content is None else {"text": content}


def _handle(actions: Mapping[str, Handler], message: OutboxMessage) -> Answer:
    handler = actions.get(message.action)
    if handler is None:
        raise ModelError(f"Expected an action ({', '.join(actions)}); found {message.action!r}.", action=message.action)
    return handler(message)


def _render(desk: _PaperDesk, message: OutboxMessage) -> Answer:
    return {"document": desk.notice(message).as_dict()}


def _find(library: certificates.CertificateLibrary, zone: ZoneInfo, message: OutboxMessage) -> Answer:
    """Answer with the holder's valid certificate. An expired one is named as expired, so that the holder can be
    told.
    """
    on = _at(message).astimezone(zone).date()
    certificate = library.find(_text(message.payload, "kind"), _text(message.payload, "holder"), on)
    if certificate is not None and certificate.is_expired(on):
        return {"certificate": None, "expired": {"title": certificate.title, "expires_on": certificate.expires_on}}
    return {"certificate": certificate.as_facts() if certificate else None}


def _find_entry(registers: ShelfRegisters, message: OutboxMessage) -> Answer:
    return {"entry": registers.find(_text(message.payload, "register"), _text(message.payload, "key"))}


def _record_entry(registers: ShelfRegisters, message: OutboxMessage) -> Answer:
    entry = _context(message.payload, "entry")
    register, key = _text(message.payload, "register"), _text(message.payload, "key")
    registers.record(message.key, register, key, entry, _at(message))
    return None


def _join(projects: EmbeddedProjects, message: OutboxMessage) -> Answer:
    payload = message.payload
    applicant = Applicant(payload.get("applicant"), payload.get("applicant_id"), payload.get("applicant_kind"))
    project = projects.find(_text(payload, "code"), message.case, applicant)
    return {"project": project.as_facts(), "papers": [dict(paper) for paper in project.papers]}


def _issue(library: certificates.CertificateLibrary, desk: _PaperDesk, message: OutboxMessage) -> Answer:
    """Issue the certificate with a document of its own, made once its number is known; a given document is a draft."""
    payload, at = message.payload, _at(message)
    content, draft = _context(payload, "content"), payload.get("document")
    title = draft.get("name") if isinstance(draft, Mapping) else None
    order = Issue(
        key=message.key,
        kind=_text(payload, "kind"),
        holder=_text(payload, "holder"),
        content=content,
        at=at,
        title=title.rpartition(".")[0] or title
        if isinstance(title, str)
        else payload.get("name") or payload.get("item"),
        expires_on=_day(payload, "expires_on"),
    )
    return {"certificate": library.issue(order, _paper_of(desk, message)).as_facts()}


def _paper_of(desk: _PaperDesk, message: OutboxMessage) -> Callable[[Certificate], Mapping[str, Any]]:
    def render(certificate: Certificate) -> Mapping[str, Any]:
        values = _about(message) | {
            "title": certificate.title,
            "number": certificate.number,
            "identifier": certificate.identifier,
            "holder": certificate.holder,
            "fields": {name: line(value) for name, value in certificate.content.items()},
        }
        template = certificates.template_of(certificate.kind)
        return desk.make(template, certificate.title, values, certificate.verify, _at(message)).as_dict()

    return render


def _hold(library: certificates.CertificateLibrary, message: OutboxMessage) -> Answer:
    """Keep a certificate that another system has issued. No model sends this message."""
    payload, at = message.payload, _at(message)
    issued_on = payload.get("issued_on")
    order = Issue(
        key=message.key,
        kind=_text(payload, "kind"),
        holder=_text(payload, "holder"),
        content=payload.get("content") or {},
        at=at if issued_on is None else datetime.combine(date.fromisoformat(issued_on), time.min, at.tzinfo),
        title=payload.get("title"),
        number=payload.get("number"),
        expires_on=None if payload.get("expires_on") is None else date.fromisoformat(payload["expires_on"]),
    )
    return {"certificate": library.issue(order).as_facts()}


def _bring(projects: EmbeddedProjects, message: OutboxMessage) -> Answer:
    """Keep what another system knows about a project. No model sends this message."""
    payload = message.payload
    granted, materials, facts = (payload.get(name) or () for name in ("granted", "materials", "facts"))
    projects.bring(_text(payload, "code"), granted, materials, dict(facts), _at(message))
    return None


def _send(mailbox: Mailbox, template_of: TemplateOf, message: OutboxMessage) -> Answer:
    to, template = _text(message.payload, "to"), _text(message.payload, "template")
    mailbox.send(
        message.key,
        f"applicant:{message.case}" if to == "applicant" else to,
        template,
        _contents(message.payload.get("content")),
        message.case,
        _at(message),
        template_of(message.case, template + NOTICE),
    )
    return None


def _dispatch(courier: Courier, message: OutboxMessage) -> Answer:
    address = message.payload.get("address")
    if not address:
        raise InvalidInput("Expected 'address' of the consignment; found none.", errors={"address": "is missing"})
    return {"waybill": courier.dispatch(message.key, address, message.payload.get("content"), _at(message))}


def _push(supervision: Supervision, message: OutboxMessage) -> Answer:
    supervision.push(message.key, {"case": message.case, **_contents(message.payload.get("content"))}, _at(message))
    return None


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(
            f"Expected '{name}' as a text that isn't empty; found {_kind(value)}.", errors={name: "is missing"}
        )
    return value


def _kind(value: Any) -> str:
    """Return the type of a value for a message, never the value: it may be personal, and a refusal becomes an incident,
    which the journal keeps for ever.
    """
    return "none" if value is None else a(type(value).__name__)


def _context(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = payload.get(name)
    if not isinstance(value, Mapping):
        raise InvalidInput(f"Expected '{name}' as a context; found {_kind(value)}.", errors={name: "is wrong"})
    return value


def _day(payload: Mapping[str, Any], name: str) -> date | None:
    value = payload.get(name)
    if value is None or type(value) is date:
        return value
    raise InvalidInput(f"Expected '{name}' as a date; found {_kind(value)}.", errors={name: "is wrong"})


def _at(message: OutboxMessage) -> datetime:
    """Return the time at which the case sent the message: the same at every delivery. Notices have it in their
    content.
    """
    content = message.payload.get("content")
    at = message.payload.get("at")
    if at is None and isinstance(content, Mapping):
        at = content.get("at")
    if not isinstance(at, datetime):
        raise InvalidInput(f"Expected 'at' as a date-time in message {message.key}; found {at!r}.")
    return at
