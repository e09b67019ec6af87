"""The stored form of a case: its state as JSON, the digest of it, and the case read back from it. Pure.

The facts are stored one by one beside the rest, which is called the core.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.base.canonical import digest, trusted
from engine.case.facts import FactKey, Facts
from engine.case.records import (
    ClaimTaken,
    ClockChanged,
    FactsHandedOn,
    IncidentRaised,
    MaterialSupplied,
    MessageKept,
    MessageQueued,
    Personal,
    ResultAdded,
    TaskOpened,
    decode,
    encode,
    fields_from_json,
    fields_to_json,
)
from engine.case.state import Case, Matter, Signers
from engine.model.runtime import changes
from engine.model.runtime.changes import Token

Find = Callable[[str], Personal]
"""Gives the personal value of a digest; an erased one where it is gone."""

_TABLES: Mapping[str, type] = {
    "tasks": TaskOpened,
    "matters": Matter,
    "clocks": ClockChanged,
    "results": ResultAdded,
    "outbox": MessageQueued,
    "inbox": MessageKept,
    "incidents": IncidentRaised,
    "handed_on": FactsHandedOn,
}
_PLAIN = ("chain", "process", "title", "channel", "started_at", "status", "ended_at", "counter")


def core_of(case: Case) -> dict[str, Any]:
    """The state without its facts as JSON, which is stored in one column. Tables are objects by number, as text."""
    out: dict[str, Any] = {name: getattr(case, name) for name in _PLAIN}
    out["applicant"] = encode(case.applicant)
    out["tokens"] = {str(number): _token_to_json(token) for number, token in case.tokens.items()}
    out["scopes"] = {str(scope): parent for scope, parent in case.scopes.items()}
    for table in _TABLES:
        rows = getattr(case, table)
        if rows:
            out[table] = {str(n): fields_to_json(row) for n, row in rows.items()}
    if case.claims:
        lasting = {key: [held.until, held.kept] for key, held in case.claims.items() if held.until or held.kept}
        out["claims"] = [[*key, *lasting.get(key, ())] for key in sorted(case.claims)]
    if case.materials:
        out["materials"] = [fields_to_json(row) for _, row in sorted(case.materials.items())]
    if case.project is not None:
        out["project"] = [case.project, *case.granted]
    if case.intake:
        out["intake"] = list(case.intake)
    if case.signers:
        signers = sorted(case.signers.items())
        out["signers"] = [[level, element, done.rounds, list(done.people)] for (level, element), done in signers]
    return out


def state_digest(case: Case, stored: bytes | None = None) -> str:
    """The digest of the whole state: of the canonical core, and the digests of the facts in order.

    A caller that has the canonical core at hand gives it as `stored`.
    """
    facts = "\n".join(case.digests[key] for key in sorted(case.digests))
    return digest(b"\n".join((stored if stored is not None else trusted(core_of(case)), facts.encode())))


def load(
    case_id: str, stored: Mapping[str, Any], facts: Facts, digests: Mapping[FactKey, str], find: Find = Personal.erased
) -> Case:
    """The case with this stored core, these facts and their digests. `find` gives the personal value of a digest."""
    case = Case(case_id, **{name: stored[name] for name in _PLAIN})
    case.applicant = decode(stored["applicant"], find)
    case.tokens = {int(n): _token_from_json(int(n), row) for n, row in stored["tokens"].items()}
    case.scopes = {int(scope): parent for scope, parent in stored["scopes"].items()}
    for table, kind in _TABLES.items():
        rows = {int(n): fields_from_json(kind, row, find) for n, row in stored.get(table, {}).items()}
        setattr(case, table, dict(sorted(rows.items())))
    case.claims = {(row[0], row[1]): ClaimTaken(*row) for row in stored.get("claims", ())}
    for row in stored.get("materials", ()):
        material = fields_from_json(MaterialSupplied, row, find)
        case.materials[material.material, material.file] = material
    case.project, *granted = stored.get("project", [None])
    case.granted = tuple(granted)
    case.intake = tuple(stored.get("intake", ()))
    case.signers = {
        (level, element): Signers(rounds, tuple(people)) for level, element, rounds, people in stored.get("signers", ())
    }
    case.facts, case.digests = facts, dict(digests)
    return case


def _token_to_json(token: Token) -> dict[str, Any]:
    out: dict[str, Any] = {"element": token.element, "level": token.level}
    for name in ("scope", "inner", "via", "index"):
        if getattr(token, name) is not None:
            out[name] = getattr(token, name)
    if token.multi is not None:
        out["multi"] = fields_to_json(token.multi)
    if token.arms:
        out["arms"] = {element: fields_to_json(arm) for element, arm in token.arms.items()}
    return out


def _token_from_json(number: int, row: Mapping[str, Any]) -> Token:
    multi = fields_from_json(changes.Multi, row["multi"]) if "multi" in row else None
    arms = {element: fields_from_json(changes.Arm, arm) for element, arm in row.get("arms", {}).items()}
    plain = {name: row.get(name) for name in ("scope", "inner", "via", "index")}
    return Token(number, row["element"], row["level"], multi=multi, arms=arms, **plain)
