"""Rules about facts: whether somebody sets what an expression reads, and whether the values can fit.

In a chain folder, with its forms, catalogue and organisation, what is found is an error. Bare files may be run with
facts from anywhere: there it is a warning, and a fact is missed only where all that people enter is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from engine.model.chain.data.expressions import misreadings
from engine.model.chain.data.inference import Misread
from engine.model.chain.data.places import Spot
from engine.model.chain.data.schema import Schema
from engine.model.chain.draft import Draft
from engine.model.chain.model import Severity
from engine.model.chain.rules.remark import Remark, nearest


class _Identity:
    """A draft as a key of the cache, compared by identity: comparing equal drafts would read every file."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft

    def __hash__(self) -> int:
        return id(self.draft)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.draft is self.draft


def schema_of(draft: Draft) -> Schema:
    """Return the data schema of a draft, worked out once."""
    return _schema(_Identity(draft))


@lru_cache(maxsize=2)
def _schema(key: _Identity) -> Schema:
    return Schema(key.draft)


@lru_cache(maxsize=2)
def _misreadings(key: _Identity) -> tuple[tuple[Spot, Misread], ...]:
    return tuple(misreadings(_schema(key)))


def severity_in(draft: Draft) -> Severity:
    """Return how grave a certain mistake is: bare files may be part of something that isn't there."""
    return "error" if draft.folder is not None else "warning"


def unknown_facts(draft: Draft) -> Iterator[Remark]:
    """Report facts that an expression reads and nothing sets."""
    yield from _told(draft, "fact")


def unknown_members(draft: Draft) -> Iterator[Remark]:
    """Report members of contexts that there never are."""
    yield from _told(draft, "member")


def wrong_kinds(draft: Draft) -> Iterator[Remark]:
    """Report values that are of no kind that fits, such as a text that is compared with true."""
    yield from _told(draft, "kind")


def unknown_options(draft: Draft) -> Iterator[Remark]:
    """Report comparisons with a text that the value never is."""
    yield from _told(draft, "option")


def _told(draft: Draft, kind: str) -> Iterator[Remark]:
    for spot, misread in _misreadings(_Identity(draft)):
        if misread.kind == kind:
            hint = nearest(misread.name, misread.known) if misread.known else ""
            message = f"The {spot.what}: {misread.message}{hint} The expression is {_short(spot.text)}"
            place = spot.element
            yield Remark(message, place.id, place.line, file=spot.process.file, severity=severity_in(draft))


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "…"
