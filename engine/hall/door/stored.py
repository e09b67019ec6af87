"""The case of a stored row, read back from the database: the door decides on it, and the readings show it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.base.canonical import parsed
from engine.base.errors import JournalBroken
from engine.case.authority import APPLICANT
from engine.case.facts import Facts
from engine.case.normal_form import load
from engine.case.records import Personal, decode
from engine.case.state import Case
from engine.hall.store import CaseRow, Waiting
from engine.hall.store.session import Session


def stored_case(session: Session, row: CaseRow) -> Case:
    """The case of its row, facts and personal values. Raises JournalBroken where they can't be one."""
    stored = session.state(row.id)
    kept = {row.digest: row for row in stored.personal}

    def find(digest: str) -> Personal:
        value = kept.get(digest)
        return Personal.erased(digest) if value is None else Personal(decode(parsed(value.value)), value.salt, digest)

    def read(text: str) -> Any:
        with _readable(row.id):
            return decode(parsed(text), find)

    with _readable(row.id):
        return load(row.id, parsed(row.core), Facts(stored.facts, read), stored.digests, find)


def stored_task(session: Session, waiting: Waiting) -> Case:
    """As much of a case as deciding about one of its tasks takes: that task, its matter, and who has signed.

    Without facts, clocks and the like; the applicant only where the task is theirs to do. Raises JournalBroken.
    """
    number, token = waiting.task.case, str(waiting.task.token)
    with _readable(number):
        stored = parsed(waiting.core)
        task = stored["tasks"][token]
        matter = str(task.get("matter"))
        kept = {name: value for name, value in stored.items() if not isinstance(value, dict | list)}
        kept |= {
            "applicant": stored["applicant"] if APPLICANT in task.get("roles", ()) else None,
            "tasks": {token: task},
            "matters": {matter: stored["matters"][matter]} if matter in stored.get("matters", {}) else {},
            "tokens": stored["tokens"] if task.get("apart") else {},
            "scopes": {},
            "signers": stored.get("signers", ()) if task.get("apart") else (),
        }
        return load(number, kept, Facts(), {}, lambda digest: _personal(session, number, digest))


def _personal(session: Session, case: str, digest: str) -> Personal:
    """The personal value behind a digest, or what is left of it once it was erased."""
    rows = (row for row in session.personal(case) if row.digest == digest)
    return next(
        (Personal(decode(parsed(row.value)), row.salt, digest) for row in rows),
        Personal.erased(digest),
    )


@contextmanager
def _readable(case: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise JournalBroken(
            f"Expected the stored state of case {case} to be readable; {error}. See `licet verify {case}`.", case=case
        ) from error
