"""The case behind its stored row: what the door works on, and what the readings show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.base.canonical import parsed
from engine.base.errors import JournalBroken
from engine.case.facts import Facts
from engine.case.records import Personal, decode
from engine.case.state import Case, load
from engine.hall.store import CaseRow
from engine.hall.store.session import Session


def stored_case(session: Session, row: CaseRow) -> Case:
    """The case of its row, facts and personal values. Raises JournalBroken where they can't be one."""
    stored = session.state(row.id)
    kept = {found.digest: found for found in stored.personal}

    def find(digest: str) -> Personal:
        found = kept.get(digest)
        return (
            Personal.erased(digest) if found is None else Personal(decode(parsed(found.value)), found.salt, digest)
        )

    def read(text: str) -> Any:
        with _readable(row.id):
            return decode(parsed(text), find)

    with _readable(row.id):
        return load(row.id, parsed(row.core), Facts(stored.facts, read), stored.digests, find)


@contextmanager
def _readable(case: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise JournalBroken(
            f"Expected the stored state of case {case} to be readable; {error}. See `licet verify {case}`.", case=case
        ) from error
