"""The case behind its stored row: what the door works on, and what the readings show."""

from __future__ import annotations

import json

from engine import case as cases
from engine.case import Case
from engine.errors import JournalBroken
from engine.records import Personal, decode
from engine.store import CaseRow
from engine.store.session import Session


def stored_case(session: Session, row: CaseRow) -> Case:
    """The case of its row, facts and personal values. Raises JournalBroken where they can't be one."""
    kept = {found.digest: found for found in session.personal(row.id)}

    def find(digest: str) -> Personal:
        found = kept.get(digest)
        return (
            Personal.erased(digest) if found is None else Personal(decode(json.loads(found.value)), found.salt, digest)
        )

    try:
        facts = {(fact.scope, fact.name): decode(json.loads(fact.value), find) for fact in session.facts(row.id)}
        return cases.load(row.id, json.loads(row.core), facts, find)
    except (KeyError, TypeError, ValueError) as error:
        raise JournalBroken(
            f"Expected the stored state of case {row.id} to be readable; {error}. See `licet verify {row.id}`.",
            case=row.id,
        ) from error
