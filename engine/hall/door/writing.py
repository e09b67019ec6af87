"""From the effects of a command to the rows that change with it, and no others. Pure.

Tasks, deadlines, subscriptions, the outbox, claims and incidents are projections of the state; the journal and the
case row are the truth that they follow from. How each row does, `engine.hall.door.derived` says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from engine.case.authority import concerns, lasting
from engine.case.execution import Outcome
from engine.case.records import (
    CaseMigrated,
    Effect,
    FactSet,
    IncidentRaised,
    IncidentResolved,
    MaterialRemoved,
    MaterialSupplied,
    MessageQueued,
    MessageSettled,
    ValuesErased,
    plain,
)
from engine.case.state import Case
from engine.hall.door.derived import deadline_row, display_name, material_row, status_of, task_row, text_of, waits
from engine.hall.store import (
    CaseRow,
    ClaimRow,
    DeadlineRow,
    EntryRow,
    FactRow,
    IncidentRow,
    MessageRow,
    PersonalRow,
    SubscriptionRow,
    Write,
)
from engine.model.runtime.changes import ScopeClosed

Did = defaultdict[type, list[Any]]
"""The effects of a command by their types, in their order."""


def write_of(before: Case | None, outcome: Outcome, core: str, entry: EntryRow) -> Write:
    """Collect the rows that a command changes, for one transaction. `core`: the canonical text of the core after it."""
    after, old = outcome.case, before if before is not None else Case(outcome.case.id)
    did = _by_type(outcome.effects)
    facts, facts_dropped = _facts(old, after, did)
    deadlines, deadlines_dropped = _deadlines(old, after)
    subscriptions, subscriptions_dropped = _subscriptions(old, after)
    concerned_before, concerned = concerns(old), concerns(after) | lasting(old, after, entry.actor)
    return Write(
        _case_row(after, core, entry),
        entry,
        facts,
        facts_dropped,
        personal=[PersonalRow(p.digest, p.salt, text_of(p.value)) for p in outcome.made],
        personal_erased=[digest for e in did[ValuesErased] for digest in e.digests],
        tasks=[task_row(after.id, task) for token, task in after.tasks.items() if old.tasks.get(token) is not task],
        tasks_dropped=[token for token in old.tasks if token not in after.tasks],
        concerns=sorted(concerned - concerned_before),
        concerns_dropped=sorted(concerned_before - concerned),
        deadlines=deadlines,
        deadlines_dropped=deadlines_dropped,
        messages=_messages(old, after, did, entry.recorded_at),
        messages_dropped=[e.message for e in did[MessageSettled] if e.message in old.outbox],
        messages_awaited=[_beginning(row) for row in subscriptions if row.key is not None],
        claims_taken=_claims_taken(old, after),
        claims_released=[key for key in old.claims if key not in after.claims],
        incidents=[IncidentRow(after.id, e.incident, e.element, e.code, e.cause, e.at) for e in did[IncidentRaised]],
        incidents_resolved=[(e.incident, entry.recorded_at) for e in did[IncidentResolved]],
        subscriptions=subscriptions,
        subscriptions_dropped=subscriptions_dropped,
        materials=[material_row(after.id, e) for e in did[MaterialSupplied]],
        materials_dropped=[(e.material, e.file) for e in did[MaterialRemoved]],
        is_relisted=_listed_as(old) != _listed_as(after),
    )


def _case_row(case: Case, core: str, entry: EntryRow) -> CaseRow:
    ended = None if case.is_open else case.ended_at
    return CaseRow(
        case.id, case.chain, case.process, case.title, display_name(case.applicant), case.status,
        entry.sequence, entry.recorded_at, entry.hash, core, case.started_at, ended, case.project,
    )  # fmt: skip


def _deadlines(old: Case, after: Case) -> tuple[list[DeadlineRow], list[str]]:
    """The deadlines that are new or fall due at another time, and the keys of those that are gone."""
    was, now = old.deadlines(), after.deadlines()
    rows = [deadline_row(after.id, key, due) for key, due in now.items() if was.get(key) != due]
    return rows, [key for key in was if key not in now]


def _claims_taken(old: Case, after: Case) -> list[ClaimRow]:
    changed = ((key, held) for key, held in after.claims.items() if old.claims.get(key) != held)
    return [ClaimRow(*key, after.id, held.until, held.kept) for key, held in changed]


def _subscriptions(old: Case, after: Case) -> tuple[list[SubscriptionRow], list[tuple[int, str]]]:
    """The rows of what the case begins to wait for, and the keys (token, element) of what it waits for no longer."""
    was, now = dict(waits(old)), dict(waits(after))
    return [row for key, row in now.items() if was.get(key) != row], [key for key in was if key not in now]


def _beginning(row: SubscriptionRow) -> str:
    """How the stored payload of a message begins that this waits for."""
    return text_of({"key": row.key, "name": row.name}).removesuffix("}") + ',"variables":'


def _listed_as(case: Case) -> tuple[Any, ...]:
    """By what a case is listed and found."""
    return case.chain, case.process, case.title, case.applicant, case.status, case.ended_at, case.project


def _by_type(effects: Sequence[Effect]) -> Did:
    did: Did = defaultdict(list)
    for effect in effects:
        did[type(effect)].append(effect)
    return did


def _facts(old: Case, after: Case, did: Did) -> tuple[list[FactRow], list[tuple[int, str]]]:
    touched = {(e.scope, e.name): None for e in did[FactSet]}
    closed = {e.scope for e in did[ScopeClosed]}
    renamed = any(e.facts for e in did[CaseMigrated])
    if renamed:
        touched.update(dict.fromkeys(after.facts))
    rows = [
        FactRow(*key, text_of(after.facts[key]), after.digests[key])
        for key in touched
        if key in after.facts and old.digests.get(key) != after.digests[key]
    ]
    gone = (key for key in old.facts if key not in after.facts) if closed or renamed else ()
    return rows, list(gone)


def _messages(old: Case, after: Case, did: Did, at: str) -> list[MessageRow]:
    """Rows of messages that are new, and of those that were parked or are taken up again."""
    touched: dict[int, None] = {e.message: None for e in did[MessageQueued]}
    touched |= {e.message: None for e in did[IncidentRaised] if e.message is not None}
    for e in did[IncidentResolved]:
        incident = old.incidents.get(e.incident)
        if incident is not None and incident.message is not None:
            touched[incident.message] = None
    rows = []
    for number in touched:
        message = after.outbox.get(number)
        if message is not None:
            status = status_of(after, number)
            payload = text_of(plain(message.payload))
            rows.append(
                MessageRow(after.id, number, message.destination, message.action, payload, message.token, status, 0, at)
            )
    return rows
