"""Rules about facts: whether somebody sets what an expression reads, and whether the values can fit.

In a chain folder, with its forms, catalogue and organisation, what is found is an error. Bare files may be run with
facts from anywhere: there it is a warning, and a fact is missed only where all that people enter is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from engine.model.chain.data import acts, at_fields, at_forms, at_tables, at_templates, expressions, unset, written
from engine.model.chain.data.inference import Misread
from engine.model.chain.data.readers import Readers
from engine.model.chain.data.schema import Schema
from engine.model.chain.draft import Draft
from engine.model.chain.model import Process, Severity
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


@dataclass(frozen=True, slots=True)
class _Told:
    """One misreading: its place, the part of it, and the text that stands there."""

    misread: Misread
    file: str
    element: str
    line: int | None
    what: str
    text: str


@lru_cache(maxsize=2)
def _all(key: _Identity) -> tuple[_Told, ...]:
    schema = _schema(key)
    readers = Readers(schema)
    spots = (
        *expressions.misreadings(schema),
        *acts.misreadings(schema, readers),
        *acts.people(schema),
        *at_templates.misreadings(schema),
        *written.misreadings(schema, readers),
    )
    told = [_Told(m, s.process.file, s.element.id, s.element.line, s.what, s.text) for s, m in spots]
    told += [_Told(m, s.file, s.component, s.line, s.what, s.text) for s, m in at_forms.misreadings(schema)]
    told += [_Told(m, s.file, s.element, s.line, s.what, s.text) for s, m in at_tables.misreadings(schema)]
    return tuple(dict.fromkeys(told))


def severity_in(draft: Draft) -> Severity:
    """Return how grave a certain mistake is: bare files may be part of something that isn't there."""
    return "error" if draft.folder is not None else "warning"


def unknown_facts(draft: Draft) -> Iterator[Remark]:
    """Report facts that an expression reads and nothing sets, and texts of forms that call what there isn't."""
    yield from _told(draft, "fact")
    yield from _told(draft, "function")


def unknown_members(draft: Draft) -> Iterator[Remark]:
    """Report members of contexts that there never are."""
    yield from _told(draft, "member")


def wrong_kinds(draft: Draft) -> Iterator[Remark]:
    """Report values that are of no kind that fits, such as a text that is compared with true."""
    yield from _told(draft, "kind")


def unknown_options(draft: Draft) -> Iterator[Remark]:
    """Report comparisons with a text that the value never is."""
    yield from _told(draft, "option")


def unknown_inputs(draft: Draft) -> Iterator[Remark]:
    """Report inputs that a built-in action doesn't have, or that a called process doesn't read."""
    yield from _told(draft, "input")


def unknown_recipients(draft: Draft) -> Iterator[Remark]:
    """Report notices to somebody whom the hall doesn't have."""
    yield from _told(draft, "recipient")


def unknown_people(draft: Draft) -> Iterator[Remark]:
    """Report tasks for people who are nobody, or for roles that nobody holds there."""
    yield from _told(draft, "person")


def unknown_fields(draft: Draft) -> Iterator[Remark]:
    """Report what is given to a template that doesn't read it."""
    yield from _told(draft, "field")


def missing_fields(draft: Draft) -> Iterator[Remark]:
    """Report what a template reads and isn't given; one of the hall's leaves its place blank."""
    yield from _told(draft, "lacking")
    for remark in _told(draft, "blank"):
        yield replace(remark, severity="warning")


def unread_inputs(draft: Draft) -> Iterator[Remark]:
    """Report inputs of a call that the called process never reads, and facts that are set under a misspelt name."""
    for remark in _told(draft, "unread"):
        yield replace(remark, severity="warning")


def hidden_fields(draft: Draft) -> Iterator[Remark]:
    """Report fields that have to be filled in and are hidden whatever the facts are."""
    for lost in at_fields.never_shown(schema_of(draft)):
        message = f"Nobody ever sees the field '{lost.name}': {lost.why}. Correct the condition, or remove the field."
        yield Remark(message, lost.component, lost.line, file=lost.file)


def unread_fields(draft: Draft) -> Iterator[Remark]:
    """Note fields that nothing reads: people may, in the journal or on the page of the case."""
    for lost in at_fields.never_read(schema_of(draft)):
        yield Remark(f"Nothing reads the field '{lost.name}': {lost.why}.", lost.component, lost.line, file=lost.file)


def unset_facts(draft: Draft) -> Iterator[Remark]:
    """Report facts that are read where some way there hasn't set them yet."""
    for found in unset.unset(schema_of(draft)):
        reading, process = found.reading, found.process
        what = f"{reading.what} '{reading.text}'" if reading.what in _NAMED else reading.what
        also = f" The same holds at {', '.join(found.also)}." if found.also else ""
        message = (
            f"The {what} reads '{reading.name}', which isn't set yet on this way: {_named(process, found.path)}. "
            f"There it is null. Set it before, or ask whether '{reading.name}' is null.{also}"
        )
        message += "" if reading.what in _NAMED else f" It stands in {_short(reading.text)}"
        yield Remark(message, reading.element.id, reading.line, found.path, process.file)


_NAMED = ("action", "called process", "decision")


def _named(process: Process, path: tuple[str, ...]) -> str:
    names = [process.elements[id].name or id for id in path]
    shown = names if len(names) <= _LONGEST else [*names[:2], "…", *names[2 - _LONGEST :]]
    return " → ".join(shown)


_LONGEST = 8
"""Elements of a way that a message names; all of them stand in the finding's path."""


def _told(draft: Draft, kind: str) -> Iterator[Remark]:
    for told in _all(_Identity(draft)):
        if told.misread.kind == kind:
            hint = nearest(told.misread.name, told.misread.known) if told.misread.known else ""
            message = f"The {told.what}: {told.misread.message}{hint} It stands in {_short(told.text)}"
            yield Remark(message, told.element, told.line, file=told.file, severity=severity_in(draft))


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "…"
