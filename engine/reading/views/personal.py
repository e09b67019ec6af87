"""The personal values of a case: what each is, and where it stands, so that it can be asked to be erased. Read-only."""

from __future__ import annotations

import json
from typing import Any

from engine.base.errors import NotFound
from engine.case.records import Personal
from engine.case.state import Case
from engine.hall.door.stored import stored_case
from engine.hall.store import Reading

BEYOND = (
    "Erasing takes the values out of the case, its journal and its exports. It doesn't reach notices that were "
    "delivered (they are their receivers') and certificates and documents that were issued (they are public records: "
    "revoke or annul them, and withdraw their files by the rules for archives)."
)


def personal_values(reading: Reading, number: str, text: str = "") -> list[dict[str, Any]]:
    """Return the personal values of a case that can be erased: those whose text contains `text`.

    `{"digest", "value", "facts": [names], "applicant", "entries": [sequences], "waits": [messages]}`; a value that a
    message still carries outside can't be erased yet. Raises NotFound.
    """
    row = reading.case(number)
    if row is None:
        raise NotFound(f"Expected a case {number}; there is none.", sentence="case_unknown", case=number)
    case = stored_case(reading, row)
    bodies = [(entry.sequence, entry.body) for entry in reading.entries(number)]
    return [
        {
            "digest": kept.digest,
            "value": json.loads(kept.value),
            "applicant": _is(case.applicant, kept.digest),
            "facts": sorted({name for (_, name), value in case.facts.items() if _is(value, kept.digest)}),
            "entries": [sequence for sequence, body in bodies if kept.digest in body],
            "waits": _carrying(case, kept.digest),
        }
        for kept in reading.personal(number)
        if text in kept.value
    ]


def _is(value: Any, digest: str) -> bool:
    return isinstance(value, Personal) and value.digest == digest


def _carrying(case: Case, digest: str) -> list[int]:
    return [number for number, message in case.outbox.items() if _is(message.payload, digest)]
