"""What the engine needs from outside, as Protocols. Knows no implementation: those are in `adapters`.

Whatever changes something outside runs from the outbox, after the commit, at least once: such a call carries a
`key`, and the same key again gives the same answer and does nothing twice. Instants are zone-aware and come from
the caller; only `Clock` reads the time. All methods raise classes of `engine.base.errors`, or TryLater.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any, BinaryIO, NamedTuple, Protocol

from engine.base.errors import LicetError


class TryLater(LicetError):
    """Outside can't be reached or is busy now: the scheduler delivers the message again, and later gives up."""

    code = "try_later"
    status = 503


class Clock(Protocol):
    """The time. Read at the outermost edge alone: door and scheduler."""

    def now(self) -> datetime:
        """The instant, zone-aware."""


# ------------------------------------------------------------------ the outbox


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """What a case wants done outside: `number` counts within the case, `token` waits for the answer (or None).

    `payload` has plain values (`engine.case.records.decode`d): dates, decimals, contexts. `action` is a name of
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
        """Idempotency key: the same for every delivery of the message."""
        return f"{self.case}/{self.number}"


Handler = Callable[[OutboxMessage], Mapping[str, Any] | None]
"""Carries a message out; what it gives are the variables of the answer, None where there are none."""


# ------------------------------------------------------------------ what adapters keep


class Shelf(Protocol):
    """A small table of JSON objects that the store lends to adapters, since only `store` knows the database.

    `(kind, key)` names one; `owner` is for finding. Every call is a transaction of its own.
    """

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """The object, a copy; None if there is none."""

    def put(self, kind: str, key: str, value: Mapping[str, Any], *, owner: str | None = None, at: datetime) -> None:
        """Set the object, replacing the one that is there, its owner and its time."""

    def add(self, kind: str, key: str, value: Mapping[str, Any], *, owner: str | None = None, at: datetime) -> bool:
        """Set the object if there is none yet. False if there is one; two at the same moment: one gets True."""

    def find(self, kind: str, *, owner: str | None = None, limit: int = 100) -> list[tuple[str, dict[str, Any]]]:
        """Keys and objects of a kind (of one owner, where given), the latest `at` first; ties by key."""

    def delete(self, kind: str, key: str) -> None:
        """Remove the object; nothing happens if there is none."""


# ------------------------------------------------------------------ files


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in storage: `file` = `sha256:` and the hex digest of its bytes, `size` in bytes, `type` = media type."""

    file: str
    name: str
    size: int
    type: str

    def as_dict(self) -> dict[str, Any]:
        """The shape of a file in facts and answers."""
        return {"file": self.file, "name": self.name, "size": self.size, "type": self.type}


class Storage(Protocol):
    """Files by content: the same bytes are kept once; what is there is never changed."""

    def receive(
        self, stream: IO[bytes], name: str, declared: str | None, types: Collection[str], max_bytes: int
    ) -> StoredFile:
        """Keep a file that was handed in. Its kind is told from its bytes.

        Raises FileRefused if it is larger than `max_bytes`, empty, of none of the media types `types`, or
        not what its name or the `declared` media type says; nothing is kept then.
        """

    def keep(self, content: bytes, name: str, type: str) -> StoredFile:
        """Keep a file of our own making."""

    def open(self, file: str) -> BinaryIO:
        """The bytes of a file. Raises NotFound; Fault if they aren't what they were."""


# ------------------------------------------------------------------ people


@dataclass(frozen=True, slots=True)
class Account:
    """Who signed in. `stamp` changes with the password: a session with an older one has ended."""

    person: str
    stamp: str


class Identity(Protocol):
    """Proves who somebody is. What that person may do is the organisation's."""

    def sign_in(self, name: str, password: str, at: datetime) -> Account:
        """Raises NotAllowed: the same words for a wrong name, a wrong password and too many attempts."""

    def account(self, person: str) -> Account | None:
        """The account as it is now; None if the person has none."""

    def open_session(self, account: Account, at: datetime) -> str:
        """A session of somebody who has signed in: a name for it that can't be guessed."""

    def session(self, name: str, at: datetime) -> Account | None:
        """Whose session it is; None once it was closed, is too old, or the password has changed."""

    def close_session(self, name: str) -> None:
        """Sign out: from now on it is nobody's, wherever its name was copied to."""

    def change_password(self, person: str, old: str, new: str, at: datetime) -> Account:
        """Raises NotAllowed if `old` is wrong, InvalidInput if `new` won't do."""


# ------------------------------------------------------------------ certificates, documents, notices


@dataclass(frozen=True, slots=True)
class Certificate:
    """A licence or certificate 电子证照. `identifier` follows GB/T 36904; `number` is what is printed on it.

    `verify` is the code that its QR carries; `document` the file, where there is one.
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
        """Whether it holds no more on that day; on the day of its expiry it still does."""
        return self.expires_on is not None and self.expires_on < on

    def as_facts(self) -> dict[str, Any]:
        """The shape of a certificate in facts and answers; `document` and `expires_on` only where there are such."""
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
    """What is to be issued. `title` names it where its kind has no name of its own; `number` is given where the
    certificate comes from elsewhere, else the library draws one."""

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
        """The newest one of that kind that the holder has and that holds `on` that day; else the newest expired."""

    def issue(self, order: Issue, render: Callable[[Certificate], Mapping[str, Any]] | None = None) -> Certificate:
        """Issue it; `render` makes its document, once identifier and number are known. Idempotent by key."""

    def verify(self, code: str) -> Certificate | None:
        """The certificate whose QR carries the code; None if there is none."""


class Documents(Protocol):
    """Makes documents out of templates and values."""

    type: str
    """Media type of what it makes."""

    suffix: str
    """How names of its files end, with the dot."""

    def render(self, template: str, values: Mapping[str, Any]) -> bytes:
        """The document; the same values give the same bytes. Raises ModelError for an unknown template."""


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
    """Tells people."""

    def send(self, key: str, to: str, template: str, content: Mapping[str, Any], case: str, at: datetime) -> None:
        """Idempotent by key. Raises ModelError for an unknown template."""


class Courier(Protocol):
    """Carries papers to an address."""

    def dispatch(self, key: str, address: Any, content: Any, at: datetime) -> str:
        """The waybill number. Idempotent by key."""


class Supervision(Protocol):
    """The departments that supervise what was decided."""

    def push(self, key: str, content: Mapping[str, Any], at: datetime) -> None:
        """Idempotent by key."""


# ------------------------------------------------------------------ shared registers, projects


class Registers(Protocol):
    """The shared registers 共享登记簿. Which there are, and what their keys are, says `engine.law.matter.REGISTERS`."""

    def find(self, register: str, key: str) -> dict[str, Any] | None:
        """The entry as it stands: plain values by name; None if there is none."""

    def record(self, message: str, register: str, key: str, entry: Mapping[str, Any], at: datetime) -> None:
        """Set these fields of the entry; the others stay. Idempotent by message key."""


class Applicant(NamedTuple):
    """Who asks. The same is who has the same number; where either has none, who has the same name; nobody is nobody."""

    name: str | None = None
    id_number: str | None = None

    def is_same(self, other: Applicant) -> bool:
        if self.id_number and other.id_number:
            return self.id_number == other.id_number
        return self.name is not None and self.name == other.name


@dataclass(frozen=True, slots=True)
class Project:
    """What is known of a project 项目 from its earlier cases, plain values.

    `cases`: {case, process, title, status, own}, own: its applicant is the one who asks, else the title is null;
    `matters`: {case, item, state, decision, decided_on}; `papers`: the materials at hand, the newest of each,
    {material, file, name, size, media_type, case}; `facts`: what was handed on. Papers and facts are those of the own
    cases alone: what another applicant has handed in is nobody else's.
    """

    code: str
    cases: tuple[Mapping[str, Any], ...] = ()
    matters: tuple[Mapping[str, Any], ...] = ()
    papers: tuple[Mapping[str, Any], ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_facts(self) -> dict[str, Any]:
        """The shape of a project in facts: of the papers only which materials they are."""
        return {
            "code": self.code,
            "cases": [dict(case) for case in self.cases],
            "matters": [dict(matter) for matter in self.matters],
            "materials": [paper["material"] for paper in self.papers],
            "facts": dict(self.facts),
        }


class Projects(Protocol):
    """What the cases of a project tell each other."""

    def find(self, code: str, but: str, applicant: Applicant) -> Project:
        """What this applicant may know of the project beside case `but`; an empty one where that is nothing."""
