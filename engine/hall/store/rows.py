"""The rows that go into the tables and come out of them: named tuples, in the order of the columns.

Values are JSON-like. Instants are zone-aware ISO 8601 text. Any offset goes in; columns that SQL compares (`due_at`,
`next_at`) return UTC, the other ones the text that went in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from engine.base.errors import InvalidInput
from engine.hall.store.packing import packed, unpacked

NEVER: Final = "9999-12-31T00:00:00.000000+00:00"
"""The due instant of a task without a limit: it sorts after all others."""


def instant(value: str | datetime) -> str:
    """Return a zone-aware time as UTC text of fixed width, so that text order is time order.

    Raises InvalidInput for a value that is no time, or has no zone.
    """
    return _of_text(value) if isinstance(value, str) else _of_moment(value)


@lru_cache(maxsize=1024)  # the rows of a command name few instants, several times each
def _of_text(value: str) -> str:
    try:
        return _of_moment(datetime.fromisoformat(value))
    except ValueError as error:
        raise InvalidInput(
            f"Expected a time in ISO 8601, found {value!r}.", sentence="time_unreadable", given=value
        ) from error


def _of_moment(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise InvalidInput(
            f"Expected a time with a zone, found {moment!s}. Say of which zone it is.",
            sentence="time_without_zone",
            given=str(moment),
        )
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


class CaseRow(NamedTuple):
    """A case as it stands. `core`: canonical JSON of its normal form without the facts."""

    id: str
    chain: str
    process: str
    title: str
    applicant: str | None
    status: str
    sequence: int
    recorded_at: str
    head: str
    core: str
    opened_at: str
    closed_at: str | None = None
    project: str | None = None


class ListedCase(NamedTuple):
    """A case in a list: its row without the state, the number of open tasks, and when the first of them is due."""

    id: str
    chain: str
    process: str
    title: str
    applicant: str | None
    status: str
    opened_at: str
    closed_at: str | None
    project: str | None
    open_tasks: int
    due_at: str | None


class EntryRow(NamedTuple):
    """A journal entry. `command`: type of the command; `hash`: digest of the body."""

    case: str
    sequence: int
    recorded_at: str
    actor: str
    key: str | None
    command: str
    body: str
    hash: str

    @classmethod
    def of(cls, columns: Sequence[Any]) -> EntryRow:
        """Return the entry in a row's columns. Raises JournalBroken where the row holds no body."""
        return cls._make((*columns[:6], unpacked(columns[6]), columns[7]))

    def columns(self) -> dict[str, Any]:
        return {**self._asdict(), "body": packed(self.body)}


class FactRow(NamedTuple):
    """A fact. `value`: canonical JSON; `digest`: digest of the fact."""

    scope: int
    name: str
    value: str
    digest: str


class PersonalRow(NamedTuple):
    """A personal value, kept apart. `digest` stands in the journal for it; salt and value can be erased."""

    digest: str
    salt: str
    value: str


class StateRows(NamedTuple):
    """The state of a case beside its core: text and digest of each fact, by scope and name; personal values."""

    facts: dict[tuple[int, str], str]
    digests: dict[tuple[int, str], str]
    personal: list[PersonalRow]


class TaskRow(NamedTuple):
    """An open task. `roles` and `users` may take it, unless it is assigned (`assignee`) or claimed (`claimed_by`)."""

    case: str
    token: int
    element: str
    name: str
    roles: tuple[str, ...]
    users: tuple[str, ...]
    department: str | None
    item: str | None
    matter: int | None
    assignee: str | None
    due_at: str | None
    opened_at: str
    claimed_by: str | None = None
    claimed_at: str | None = None
    round: int = 1

    def candidates(self) -> list[dict[str, Any]]:
        """Return the rows of the roles and persons that may take it; none once somebody holds it."""
        if self.claimed_by is not None:
            return []
        wanted = (
            [f"person:{self.assignee}"]
            if self.assignee
            else [
                *(f"role:{role}" for role in self.roles),
                *(f"person:{person}" for person in self.users),
            ]
        )
        common = {
            "case": self.case,
            "token": self.token,
            "department": self.department or "",
            "item": self.item,
            "due_at": self.due_or_never(),
        }
        return [{**common, "candidate": candidate} for candidate in dict.fromkeys(wanted)]

    def due_or_never(self) -> str:
        """Return its due instant for sorting; `NEVER` if it has no limit."""
        return instant(self.due_at) if self.due_at else NEVER

    def columns(self) -> dict[str, Any]:
        return {
            **self._asdict(),
            "roles": _list(self.roles),
            "users": _list(self.users),
            "due_at": instant(self.due_at) if self.due_at else None,
        }

    @classmethod
    def of(cls, columns: Sequence[Any]) -> TaskRow:
        row = cls._make(columns)
        return row._replace(roles=tuple(json.loads(columns[4])), users=tuple(json.loads(columns[5])))


def _list(values: Sequence[str]) -> str:
    return json.dumps(values, ensure_ascii=False) if values else "[]"


class DeadlineRow(NamedTuple):
    """A deadline. `number` is the order of creation within the case: of two due at once, the lower fires first.

    `due_at` comes out as the text that went in: the command that fires the deadline names it by that text.
    """

    case: str
    key: str
    due_at: str
    number: int

    def columns(self) -> dict[str, Any]:
        return {**self._asdict(), "due_at": instant(self.due_at), "due": self.due_at}

    @classmethod
    def of(cls, columns: Sequence[Any]) -> DeadlineRow:
        case, key, _, number, due = columns[:5]
        return cls(case, key, due, number)


class MessageRow(NamedTuple):
    """A message for outside. `payload`: canonical JSON; `token` waits for the answer; `status`: waiting | parked."""

    case: str
    number: int
    destination: str
    action: str
    payload: str
    token: int | None
    status: str
    attempts: int
    next_at: str
    leased_until: str | None = None
    leased_by: str | None = None
    last_error: str | None = None

    @property
    def key(self) -> str:
        """The idempotency key by which the receiver recognises the message."""
        return f"{self.case}/{self.number}"


class ClaimRow(NamedTuple):
    """A thing that a case has taken: until the case ends, until an instant, or for good (`kept`)."""

    kind: str
    key: str
    case: str
    until: str | None = None
    kept: bool = False

    @classmethod
    def of(cls, columns: Sequence[Any]) -> ClaimRow:
        return cls._make((*columns[:4], bool(columns[4])))  # SQLite keeps a number


class IncidentRow(NamedTuple):
    case: str
    number: int
    element: str | None
    code: str
    cause: str
    opened_at: str
    resolved_at: str | None = None


class ReportedIncident(NamedTuple):
    """An incident, with what a list shows of its case."""

    incident: IncidentRow
    title: str
    chain: str

    @classmethod
    def of(cls, columns: Sequence[Any]) -> ReportedIncident:
        *own, title, chain = columns
        return cls(IncidentRow._make(own), title, chain)


class SubscriptionRow(NamedTuple):
    """A token that waits at `element` for a message or signal of that name (and correlation key)."""

    case: str
    token: int
    element: str
    kind: str
    name: str
    key: str | None


class MaterialRow(NamedTuple):
    """A file that was handed in. `file`: digest of its bytes; `size` in bytes."""

    case: str
    material: str
    file: str
    name: str
    size: int
    media_type: str
    at: str


class ChainRow(NamedTuple):
    """A published chain version. `number` counts from 1 within the name."""

    name: str
    digest: str
    published_at: str
    published_by: str
    number: int


class ShelfRow(NamedTuple):
    """An object that an adapter keeps: an account, a letter, a certificate. `value` is JSON."""

    kind: str
    key: str
    owner: str | None
    value: str
    at: str


class Grant(NamedTuple):
    """Tasks that a person may take: those of one department for "role:<key>" or "person:<key>".

    `department` "": tasks that belong to no department. `items` None: all items.
    """

    candidate: str
    department: str
    items: tuple[str, ...] | None = None


class Sees(NamedTuple):
    """Cases that a person may look at: their own, those whose tasks they hold, and those with one of these concerns."""

    person: str
    concerns: tuple[str, ...] = ()


class Waiting(NamedTuple):
    """A task of a worklist, with what the list shows of its case. `core` is the state of the case without the facts."""

    task: TaskRow
    title: str
    chain: str
    process: str
    applicant: str | None
    core: str

    @classmethod
    def of(cls, columns: Sequence[Any]) -> Waiting:
        return cls(TaskRow.of(columns[:-5]), *columns[-5:])


@dataclass(frozen=True, slots=True)
class Write:
    """All rows that one accepted command changes, for one transaction. Only differences are listed.

    A row that is set replaces the row with the same key; a row that is dropped may be absent. Refused with Conflict: a
    claim that another case holds, unless it was until an instant that has passed when the entry is recorded; and a case
    that has moved on, since the entry's sequence must follow the stored one.
    """

    case: CaseRow
    entry: EntryRow
    facts: Sequence[FactRow] = ()
    facts_dropped: Sequence[tuple[int, str]] = ()
    personal: Sequence[PersonalRow] = ()
    personal_erased: Sequence[str] = ()
    tasks: Sequence[TaskRow] = ()
    tasks_dropped: Sequence[int] = ()
    concerns: Sequence[str] = ()
    concerns_dropped: Sequence[str] = ()
    deadlines: Sequence[DeadlineRow] = ()
    deadlines_dropped: Sequence[str] = ()
    messages: Sequence[MessageRow] = ()
    messages_dropped: Sequence[int] = ()
    messages_awaited: Sequence[str] = ()
    """Beginnings of payloads: messages of other cases that begin so are awaited now, and are due at once."""
    claims_taken: Sequence[ClaimRow] = ()
    claims_released: Sequence[tuple[str, str]] = ()
    incidents: Sequence[IncidentRow] = ()
    incidents_resolved: Sequence[tuple[int, str]] = ()
    subscriptions: Sequence[SubscriptionRow] = ()
    subscriptions_dropped: Sequence[tuple[int, str]] = ()
    materials: Sequence[MaterialRow] = ()
    materials_dropped: Sequence[tuple[str, str]] = ()
    is_relisted: bool = True
    """Whether anything by which cases are listed or searched has changed: title, applicant, status, chain. If not,
    the indexes of the cases needn't be written."""
