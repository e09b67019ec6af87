"""The engine's needs from outside, as Protocols. Knows no implementation: `adapters` has those.

A call that changes something outside is made from the outbox, after the commit, at least once. It carries a `key`:
the same key again gives the same answer and changes nothing. Instants are zone-aware and passed in by the caller;
only `Clock` reads the time. All methods raise classes of `engine.base.errors`, or TryLater.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any, BinaryIO, NamedTuple, Protocol

from engine.base.errors import LicetError


class TryLater(LicetError):
    """The outside can't be reached or is busy: the scheduler delivers the message again later, and gives up in the
    end.
    """

    code = "try_later"
    status = 503


class Clock(Protocol):
    """The time. Only the outermost callers read it: door and scheduler."""

    def now(self) -> datetime:
        """Return the present instant, zone-aware."""


# ------------------------------------------------------------------ the outbox


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message by which a case has something done outside.

    `number` counts within the case. `token` is the token that waits for the answer, None if none waits. `payload` holds
    plain values (decoded by `engine.case.records.decode`): dates, decimals, contexts. `action` is a name of
    `engine.law.matter.ACTIONS`, or the type of an outside job.
    """

    case: str
    number: int
    destination: str
    action: str
    payload: Mapping[str, Any]
    token: int | None = None

    @property
    def key(self) -> str:
        """The idempotency key: the same for every delivery of the message."""
        return f"{self.case}/{self.number}"


Handler = Callable[[OutboxMessage], Mapping[str, Any] | None]
"""Carries a message out. Returns the variables of the answer, or None if there is no answer."""


# ------------------------------------------------------------------ what adapters keep


class Shelf(Protocol):
    """A small table of JSON objects that the store lends to adapters, since only `store` knows the database.

    `(kind, key)` identifies an object; `owner` is for `find`. Every call is a transaction of its own.
    """

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """Return a copy of the object, or None if there is none."""

    def put(self, kind: str, key: str, value: Mapping[str, Any], *, owner: str | None = None, at: datetime) -> None:
        """Set the object, its owner and its time, replacing an object that has the same kind and key."""

    def add(self, kind: str, key: str, value: Mapping[str, Any], *, owner: str | None = None, at: datetime) -> bool:
        """Set the object if there is none yet; return whether it was set. Of two calls at one moment, one gets True."""

    def find(self, kind: str, *, owner: str | None = None, limit: int = 100) -> list[tuple[str, dict[str, Any]]]:
        """Return (key, object) of a kind, of one owner where given, the latest `at` first, ties by key; at most
        `limit`.
        """

    def delete(self, kind: str, key: str) -> None:
        """Remove the object; do nothing if there is none."""


# ------------------------------------------------------------------ files


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in storage. `file`: `sha256:` and the hex digest of its bytes; `size` in bytes; `type`: its media type."""

    file: str
    name: str
    size: int
    type: str

    def as_dict(self) -> dict[str, Any]:
        """Return the form that a file has in facts and answers."""
        return {"file": self.file, "name": self.name, "size": self.size, "type": self.type}


class Storage(Protocol):
    """Files by content: equal bytes are kept once, and a kept file never changes."""

    def receive(
        self, stream: IO[bytes], name: str, declared: str | None, types: Collection[str], max_bytes: int
    ) -> StoredFile:
        """Keep a file that was handed in. Its media type is told from its bytes.

        Raises FileRefused if it is empty, larger than `max_bytes`, of none of the media types `types`, or not what its
        name or the `declared` media type says; nothing is kept then.
        """

    def keep(self, content: bytes, name: str, type: str) -> StoredFile:
        """Keep a file that Licet made itself."""

    def open(self, file: str) -> BinaryIO:
        """Return the bytes of a file as a stream. Raises NotFound; Fault if they no longer match their digest."""


# ------------------------------------------------------------------ people


@dataclass(frozen=True, slots=True)
class Account:
    """The account of a person who signs in. `stamp` changes with the password and ends sessions with an older stamp."""

    person: str
    stamp: str


class Identity(Protocol):
    """Proves who somebody is. The organisation says what that person may do."""

    def sign_in(self, name: str, password: str, at: datetime) -> Account:
        """Return the account of this name. Raises NotAllowed, in the same words for a wrong name, a wrong password and
        too many attempts.
        """

    def account(self, person: str) -> Account | None:
        """Return the person's account as it is now; None if the person has none."""

    def open_session(self, account: Account, at: datetime) -> str:
        """Open a session for somebody who has signed in; return a name for it that can't be guessed."""

    def session(self, name: str, at: datetime) -> Account | None:
        """Return the account whose session it is; None once it is closed or too old, or the password has changed."""

    def close_session(self, name: str) -> None:
        """Sign out: from now on the session is nobody's, wherever its name was copied to."""

    def change_password(self, person: str, old: str, new: str, at: datetime) -> Account:
        """Change the password; return the account with its new stamp.

        Raises NotAllowed if `old` is wrong, InvalidInput if `new` isn't acceptable.
        """


# ------------------------------------------------------------------ certificates, documents, notices


@dataclass(frozen=True, slots=True)
class Certificate:
    """A licence or certificate 电子证照. `identifier` follows GB/T 36904; `number` is the one printed on it.

    `verify` is the code in its QR; `document` the file, if it has one.
    """

    identifier: str
    kind: str
    title: str
    number: str
    holder: str
    issued_on: date
    content: Mapping[str, Any]
    verify: str
    document: Mapping[str, Any] | None = None
    expires_on: date | None = None

    def is_expired(self, on: date) -> bool:
        """Return whether it is no longer valid on that day; on the day of its expiry it still is."""
        return self.expires_on is not None and self.expires_on < on

    def as_facts(self) -> dict[str, Any]:
        """Return the form that a certificate has in facts and answers; `document` and `expires_on` only where it has
        them.
        """
        facts = {
            "identifier": self.identifier,
            "kind": self.kind,
            "title": self.title,
            "number": self.number,
            "holder": self.holder,
            "issued_on": self.issued_on,
            "content": dict(self.content),
            "verify": self.verify,
        }
        if self.expires_on is not None:
            facts["expires_on"] = self.expires_on
        return facts if self.document is None else facts | {"document": dict(self.document)}


@dataclass(frozen=True, slots=True)
class Issue:
    """An order to issue a certificate.

    `title` names it where its kind has no name of its own. `number` is given where the certificate comes from
    elsewhere;
    otherwise the library draws one.
    """

    key: str
    kind: str
    holder: str
    content: Mapping[str, Any]
    at: datetime
    title: str | None = None
    number: str | None = None
    expires_on: date | None = None


class Certificates(Protocol):
    """The certificate library."""

    def find(self, kind: str, holder: str, on: date) -> Certificate | None:
        """Return the holder's newest certificate of the kind that is valid `on` that day; else the newest expired
        one.
        """

    def issue(self, order: Issue, render: Callable[[Certificate], Mapping[str, Any]] | None = None) -> Certificate:
        """Issue a certificate. `render` makes its document, once identifier and number are known. Idempotent by key."""

    def verify(self, code: str) -> Certificate | None:
        """Return the certificate whose QR carries the code; None if there is none."""


class Documents(Protocol):
    """Makes documents from templates and values."""

    type: str
    """Media type of the documents."""

    suffix: str
    """Ending of the documents' file names, with the dot."""

    def render(self, template: str, values: Mapping[str, Any], own: bytes | None = None) -> bytes:
        """Return the bytes of the document; equal values give equal bytes. `own`: the template that a chain brings.

        Raises ModelError for an unknown template, and for one of a chain's that can't be rendered.
        """


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice in the mailbox. `to` is `person:<key>`, `role:<key>[@<department>]`, or `applicant:<case>`."""

    key: str
    to: str
    template: str
    subject: str
    text: str
    case: str
    at: datetime
    read_at: datetime | None = None


class Notification(Protocol):
    """Sends notices to people."""

    def send(
        self,
        key: str,
        to: str,
        template: str,
        content: Mapping[str, Any],
        case: str,
        at: datetime,
        own: bytes | None = None,
    ) -> None:
        """Send a notice. Idempotent by key. `own`: the template that a chain brings.

        Raises ModelError for an unknown template.
        """


class Courier(Protocol):
    """Carries papers to an address."""

    def dispatch(self, key: str, address: Any, content: Any, at: datetime) -> str:
        """Order the delivery; return the waybill number. Idempotent by key."""


class Supervision(Protocol):
    """The departments that supervise what is done after a decision."""

    def push(self, key: str, content: Mapping[str, Any], at: datetime) -> None:
        """Hand a decision over to them. Idempotent by key."""


# ------------------------------------------------------------------ shared registers, projects


class Registers(Protocol):
    """The shared registers 共享登记簿; `engine.law.matter.REGISTERS` lists them with their keys."""

    def find(self, register: str, key: str) -> dict[str, Any] | None:
        """Return the entry as it stands: plain values by name; None if there is none."""

    def record(self, message: str, register: str, key: str, entry: Mapping[str, Any], at: datetime) -> None:
        """Set these fields of the entry; its other fields stay. Idempotent by message key."""


class Applicant(NamedTuple):
    """Who applies; `kind`: person | organisation. Two applicants are the same if they have the same number; if either
    has no number, the same name, unless one is a person: people share names. An applicant with neither is never the
    same as another.
    """

    name: str | None = None
    id_number: str | None = None
    kind: str | None = None

    def is_same(self, other: Applicant) -> bool:
        if self.id_number and other.id_number:
            return self.id_number == other.id_number
        return "person" not in (self.kind, other.kind) and self.name is not None and self.name == other.name


@dataclass(frozen=True, slots=True)
class Project:
    """All that is known of a project 项目 from its earlier cases, as plain values.

    `cases`: {case, process, title, status, own}; own: its applicant is the one who asks, otherwise the title is null.
    `matters`: {case, item, state, decision, decided_on}. `papers`: the newest of each material at hand,
    {material, file, name, size, media_type, case}. `facts`: the facts that earlier stages hand on. Papers and facts
    come
    from the own cases alone: what one applicant hands in is shown to no other.
    """

    code: str
    cases: tuple[Mapping[str, Any], ...] = ()
    matters: tuple[Mapping[str, Any], ...] = ()
    papers: tuple[Mapping[str, Any], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_facts(self) -> dict[str, Any]:
        """Return the form that a project has in facts: of the papers only the keys of their materials."""
        return {
            "code": self.code,
            "cases": [dict(case) for case in self.cases],
            "matters": [dict(matter) for matter in self.matters],
            "materials": [paper["material"] for paper in self.papers],
            "facts": dict(self.facts),
        }


class Projects(Protocol):
    """Knows what the cases of one project may learn from each other."""

    def find(self, code: str, but: str, applicant: Applicant) -> Project:
        """Return what this applicant may know of the project from cases other than `but`; an empty project if
        nothing.
        """
