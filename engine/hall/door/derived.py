"""The rows that follow from the state of a case: worklists, deadlines, the outbox and the rest can be made again.

The door writes what differs of them with each command; `verify` holds what lies there against what should. Pure, but
for `differing`, which reads. Knows no command.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any, Final, NamedTuple

from engine.base.canonical import trusted
from engine.case.authority import concerns, lasting
from engine.case.records import ERASED, MessageQueued, Personal, TaskOpened, encode, plain
from engine.case.state import Case
from engine.hall.store import DeadlineRow, MaterialRow, Reading, SubscriptionRow, TaskRow, instant


class Standing(NamedTuple):
    """A case as the fold of its journal has it, after which entry, and when that was recorded.

    `kept`: whom the case has concerned on the way (`authority.lasting`).
    """

    case: Case
    sequence: int
    recorded_at: str
    kept: frozenset[str]


def concerned(kept: frozenset[str], before: Case, after: Case, actor: str) -> frozenset[str]:
    """Whom the case goes on to concern, with those whom one more entry adds."""
    return kept | lasting(before, after, actor)


# ------------------------------------------------------------------ rows


def text_of(value: Any) -> str:
    """Canonical JSON of a value, as columns keep it."""
    return trusted(encode(value)).decode()


def display_name(applicant: Any) -> str | None:
    """The name by which lists call the applicant."""
    value = plain(applicant)
    name = value.get("name") if isinstance(value, Mapping) else value
    return name if isinstance(name, str) else None


def task_row(case: str, task: TaskOpened) -> TaskRow:
    claimed = task.claimed_at is not None
    return TaskRow(
        case, task.token, task.element, task.name, task.roles, task.users, task.department, task.item, task.matter,
        None if claimed else task.assignee, task.due, task.at, task.assignee if claimed else None, task.claimed_at,
        task.round,
    )  # fmt: skip


def deadline_row(case: str, key: str, due: str) -> DeadlineRow:
    return DeadlineRow(case, key, due, int(key.split(":")[1]))


def material_row(case: str, supplied: Any) -> MaterialRow:
    s = supplied
    return MaterialRow(case, s.material, s.file, s.name, s.size, s.media_type, s.at)


def status_of(case: Case, message: int) -> str:
    """A message that an incident holds up is parked."""
    return "parked" if any(incident.message == message for incident in case.incidents.values()) else "waiting"


def waits(case: Case) -> Iterator[tuple[tuple[int, str], SubscriptionRow]]:
    """The events that wait for a message or signal, with the row for each, by token and element."""
    for token in case.tokens.values():
        for element, arm in token.arms.items():
            if arm.kind in ("message", "signal") and arm.name is not None:
                yield (
                    (token.number, element),
                    SubscriptionRow(case.id, token.number, element, arm.kind, arm.name, arm.key),
                )


# ------------------------------------------------------------------ what lies there

Columns = Mapping[str, Any]
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "cases": (),
    "tasks": ("token",),
    "candidates": ("token", "candidate"),
    "concerns": ("concern",),
    "deadlines": ("key",),
    "outbox": ("number",),
    "claims": ("kind", "key"),
    "incidents": ("number",),
    "subscriptions": ("token", "element"),
    "materials": ("material", "file"),
}
"""The tables that follow from the state, each with what tells the rows of a case apart."""


def differing(reading: Reading, standing: Mapping[str, Standing]) -> Iterator[tuple[str, str]]:
    """The differences between the rows of these cases and what their states ask for: number of the case, and text."""
    stored: dict[str, dict[str, dict[tuple[Any, ...], Columns]]] = {number: {} for number in standing}
    for table, row in reading.projections(list(standing), tuple(_KEYS)):
        number = row["id"] if table == "cases" else row["case"]
        stored[number].setdefault(table, {})[tuple(row[name] for name in _KEYS[table])] = row
    for number, stands in standing.items():
        wanted, spared = dict(_wanted(stands)), {(text,) for text in stands.kept - concerns(stands.case)}
        for table, keys in _KEYS.items():
            rows = {tuple(row[name] for name in keys): row for row in wanted[table]}
            for problem in _problems(rows, stored[number].get(table, {}), table, spared):
                yield number, f"table {table}: {problem}"


def _problems(
    wanted: Mapping[tuple[Any, ...], Columns],
    stored: Mapping[tuple[Any, ...], Columns],
    table: str,
    spared: Container[tuple[Any, ...]],
) -> Iterator[str]:
    for key in sorted(wanted.keys() | stored.keys(), key=str):
        row = f"row {', '.join(map(str, key))}" if key else "its row"
        if key not in wanted:
            yield f"{row} doesn't follow from the journal"
        elif key not in stored:
            # What a claim holds until an instant may be another case's since. Whom a case has concerned before isn't
            # kept by a server of an older release, which may run beside this one during an upgrade.
            is_gone = table == "claims" and wanted[key]["until"] is not None
            if not is_gone and not (table == "concerns" and key in spared):
                yield f"{row} is missing"
        else:
            wrong = [name for name, value in wanted[key].items() if stored[key][name] != value]
            if wrong:
                yield f"{row} says something else of {', '.join(wrong)} than the journal"


def _wanted(standing: Standing) -> Iterator[tuple[str, list[Columns]]]:
    """The columns that follow from the state, by table. Leases, attempts and the like don't."""
    case = standing.case
    tasks = [task_row(case.id, task) for task in case.tasks.values()]
    yield "cases", [_listed(standing)]
    yield "tasks", [row.columns() for row in tasks]
    yield "candidates", [columns for row in tasks for columns in row.candidates()]
    yield "concerns", [{"concern": concern} for concern in concerns(case) | standing.kept]
    yield "deadlines", [deadline_row(case.id, key, due).columns() for key, due in case.deadlines().items()]
    yield "outbox", [_message(case, message) for message in case.outbox.values()]
    claims = case.claims.values()
    until = {c: c.until and instant(c.until) for c in claims}
    yield "claims", [{"kind": c.kind, "key": c.key, "until": until[c], "kept": c.kept} for c in claims]
    raised = case.incidents.values()
    yield "incidents", [{"number": i.incident, "code": i.code, "cause": i.cause, "opened_at": i.at} for i in raised]
    yield "subscriptions", [row._asdict() for _, row in waits(case)]
    yield "materials", [material_row(case.id, supplied)._asdict() for supplied in case.materials.values()]


def _listed(standing: Standing) -> Columns:
    case = standing.case
    return {
        "chain": case.chain,
        "process": case.process,
        "title": case.title,
        "applicant": display_name(case.applicant),
        "status": case.status,
        "recorded_at": standing.recorded_at,
        "opened_at": case.started_at,
        "closed_at": case.ended_at,
        "project": case.project,
    }


def _message(case: Case, message: MessageQueued) -> Columns:
    columns = {
        "number": message.message,
        "destination": message.destination,
        "action": message.action,
        "token": message.token,
        "status": status_of(case, message.message),
    }
    erased = isinstance(message.payload, Personal) and message.payload.value is ERASED
    return columns if erased else columns | {"payload": text_of(plain(message.payload))}
