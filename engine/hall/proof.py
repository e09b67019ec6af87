"""Proves that the history of a case is what its journal says. `licet verify` runs it.

A journal is held against three levels. A case that fails one isn't held against the next:

    hashes  entries are linked by hashes; none was changed, taken out or cut off (`engine.case.journal`)
    fold    the effects, folded entry by entry, give the digest of every state, and the rows of all tables
    replay  each command, decided again in the context of its entry, gives the effects of the entry

Hashes and fold are checked for every entry for ever. An entry is decided again only if it was made under today's
rules (`SEMANTICS`) and no personal value has been erased up to it; all others are counted as not run.

The same way, `refusal_of` tells why a command was parked behind an incident.

Reads only, and repairs nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from engine.base.canonical import trusted
from engine.base.errors import JournalBroken, LicetError
from engine.case.context import Context, RecordedSalts
from engine.case.decide import decide
from engine.case.journal import Entry, Head, Row, read_chain, verify_anchor
from engine.case.journal import read as read_entry
from engine.case.normal_form import core_of, state_digest
from engine.case.records import (
    SEMANTICS,
    Command,
    Personal,
    ValuesErased,
    decode,
    discreet,
    effect_from_json,
    effect_to_json,
    encode,
    plain,
    read_command,
)
from engine.case.state import Case, evolve
from engine.hall.door.derived import Standing, concerned, differing
from engine.hall.library import Library, versions_of
from engine.hall.store import Reading, Store
from engine.model.runtime import Run


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that can't be true. `sequence` is None where the case as a whole is meant."""

    case: str
    sequence: int | None
    level: str  # hashes | fold | replay | anchors
    problem: str

    def as_dict(self) -> dict[str, Any]:
        return {"case": self.case, "sequence": self.sequence, "problem": f"{self.level}: {self.problem}"}


_BELOW: Mapping[str, tuple[str, ...]] = {"fold": ("hashes",), "replay": ("hashes", "fold")}
"""The levels that must hold of a case before this one is looked at."""

UNKNOWN = "unknown"
"""Stands for the semantics number of entries that have none that today's engine knows."""


@dataclass(slots=True)
class Verification:
    """The result of `verify`, of all cases together.

    `read`, `run` and `erased` count entries by their semantics number (as text; `UNKNOWN` where it is none):
    all of them, those whose commands were decided again, and those that weren't because a personal value of the
    case has been erased.
    """

    cases: int = 0
    entries: int = 0
    problems: list[Trouble] = field(default_factory=list)
    anchors: str = "none"
    read: Counter[str] = field(default_factory=Counter)
    run: Counter[str] = field(default_factory=Counter)
    erased: Counter[str] = field(default_factory=Counter)

    def of(self, level: str) -> str:
        """The state of a level: `ok` if it was checked for every entry and holds.

        `broken` (of replay: `diverged`) if it fails for some case; `unchecked` if a level below it fails for some
        case. Replay alone has two more: `partial n/m` if only n of all m entries were decided again, for want of
        the rules of older ones; `erased` if all others were, but for those that erased values stand against.
        """
        troubled = {trouble.level for trouble in self.problems}
        if level in troubled:
            return "diverged" if level == "replay" else "broken"
        if troubled & set(_BELOW.get(level, ())):
            return "unchecked"
        run = self.run.total()
        if level != "replay" or run == self.entries:
            return "ok"
        return "erased" if run + self.erased.total() == self.entries else f"partial {run}/{self.entries}"

    def proves(self, strict: bool = False) -> bool:
        """Whether nothing speaks against the journals.

        True promises hashes and fold of every entry. It promises the replay of those entries that `run` counts:
        of all of them only if `strict`.
        """
        return not self.problems and (not strict or self.of("replay") == "ok")

    def as_dict(self) -> dict[str, Any]:
        """The result as `licet verify --json` prints it."""
        return {
            "cases": self.cases,
            "entries": self.entries,
            "hashes": self.of("hashes"),
            "fold": self.of("fold"),
            "replay": self.of("replay"),
            "anchors": self.anchors if not any(t.level == "anchors" for t in self.problems) else "broken",
            "problems": [trouble.as_dict() for trouble in self.problems],
            "run": {number: self._counted(number) for number in sorted(self.read) if self.read[number]},
        }

    def _counted(self, number: str) -> dict[str, int]:
        run = self.run[number]
        return {"run": run, "not_run": self.read[number] - run, "erased": self.erased[number]}


def verify(store: Store, library: Library, wanted: Sequence[str] | None = None, *, tables: bool = True) -> Verification:
    """Check the journals of these cases (of all, if None) at all three levels.

    `tables` False compares no table but `facts` with the state: for journals that were taken elsewhere without the
    rows that follow from them.
    """
    result = Verification()
    with store.reading() as reading:
        heads = dict(reading.heads(wanted))
        standing: dict[str, Standing] = {}
        for number, rows in groupby(reading.journal(wanted), key=lambda row: row.case):
            stands = _verify_case(reading, library, result, number, list(rows), heads.pop(number, None))
            if stands is not None and tables:
                standing[number] = stands
            if len(standing) == _TOGETHER:
                _verify_tables(reading, result, standing)
        _verify_tables(reading, result, standing)
        for number in heads:
            result.problems.append(Trouble(number, None, "hashes", "the case has no journal"))
        if wanted is not None:
            known = {trouble.case for trouble in result.problems}
            missing = [number for number in wanted if number not in known and reading.case(number) is None]
            result.problems += [Trouble(number, None, "hashes", "there is no such case") for number in missing]
    return result


def verify_anchors(
    store: Store, result: Verification, anchors: Iterable[Mapping[str, Any]], key: Ed25519PublicKey
) -> None:
    """Add to `result` each signed head that the journals no longer have. Raises InvalidInput for a forged anchor."""
    with store.reading() as reading:

        def hash_of(case: str, sequence: int) -> str | None:
            return next((row.hash for row in reading.entries(case, sequence - 1, 1) if row.sequence == sequence), None)

        for anchored in anchors:
            wrong = verify_anchor(anchored, key, hash_of)
            result.problems += [Trouble(p.case, p.sequence, "anchors", p.problem) for p in wrong]
            result.anchors = "ok"


_MALFORMED = (AttributeError, KeyError, TypeError, ValueError)
"""Reading a value raises these if the database holds something else in its place: anybody may have written there."""

_TOGETHER = 50
"""Cases whose tables are read by one query a table: a query a table and case takes longer than deciding it again."""


def _verify_tables(reading: Reading, result: Verification, standing: dict[str, Standing]) -> None:
    """Compare the tables with the states of these cases, then forget the cases."""
    if standing:
        wrong = differing(reading, standing)
        result.problems += [Trouble(case, standing[case].sequence, "fold", problem) for case, problem in wrong]
    standing.clear()


def _verify_case(
    reading: Reading, library: Library, result: Verification, number: Any, rows: list[Row], head: Head | None
) -> Standing | None:
    """Check one case, add to `result`, and return its state at the end; None where that can't be told."""
    result.cases += 1
    result.entries += len(rows)
    heads = {number: head} if head is not None else None
    problems, journal = read_chain(rows, heads)
    result.read.update(_label(entry) for entry in journal)
    result.read[UNKNOWN] += len(rows) - len(journal)
    wrong = [Trouble(str(p.case), p.sequence, "hashes", p.problem) for p in problems]
    case_row = reading.case(number) if head is not None else None
    if case_row is None:
        shown = wrong[0].case if wrong else str(number)
        wrong.append(Trouble(shown, rows[-1].sequence, "hashes", "the journal has no case"))
    if wrong or case_row is None:
        result.problems += wrong
        return None
    try:
        return _verify_entries(reading, library, result, number, journal, case_row.core)
    except JournalBroken as error:
        result.problems.append(Trouble(number, error.fields.get("sequence"), "fold", error.message))
        return None


def _verify_entries(
    reading: Reading, library: Library, result: Verification, number: str, journal: list[Entry], core: str
) -> Standing:
    """Check fold and replay of one case, and return its state at the end. Raises JournalBroken where the fold fails."""
    history = History(reading, number)
    again = Replay(library, history, result)
    result.problems += history.exchanged()
    for entry in journal:
        before = history.case
        history.step(entry)
        again.step(before, entry)
    result.problems += history.compared(core)
    return Standing(history.case, history.sequence, journal[-1].recorded_at, history.kept)


class History:
    """One case, built up again entry by entry from the effects in its journal."""

    def __init__(self, reading: Reading, case: str) -> None:
        self._reading = reading
        self._personal = personal_of(reading, case)
        self._ordered: set[str] = set()  # digests of personal values that commands have erased
        self.missing: set[str] = set()  # digests of personal values that are no longer kept
        self.kept: frozenset[str] = frozenset()  # whom the case has concerned, by `authority.lasting`
        self.sequence = 0
        self.case = Case(case)

    def step(self, entry: Entry) -> None:
        """Fold the entry's effects. Raises JournalBroken if they give another state than the entry's digest says."""
        self.sequence = entry.sequence
        try:
            effects = [effect_from_json(effect, self.find) for effect in entry.effects]
            made = set(entry.context["personal"])
            before, self.case = self.case, evolve(self.case, effects)
            self.kept = concerned(self.kept, before, self.case, entry.actor)
        except (*_MALFORMED, JournalBroken) as error:
            raise self._broken(
                entry, f"to have a context that can be read, and effects that follow; {error!r}."
            ) from error
        self.missing |= made - self._personal.keys()
        self._ordered |= {digest for effect in effects if isinstance(effect, ValuesErased) for digest in effect.digests}
        if state_digest(self.case) != entry.state:
            raise self._broken(entry, f"to lead to digest {entry.state}; the fold of its effects gives another.")

    def _broken(self, entry: Entry, problem: str) -> JournalBroken:
        message = f"Expected entry {entry.sequence} of case {entry.case} {problem}"
        return JournalBroken(message, case=entry.case, sequence=entry.sequence)

    def find(self, digest: str) -> Personal:
        """The personal value with this digest; one marked as erased where it is no longer kept."""
        return self._personal.get(digest) or Personal.erased(digest)

    def salts(self, entry: Entry) -> list[str]:
        """The salts of the personal values that the entry made, in their order. All must still be kept."""
        return [self._personal[digest].salt for digest in entry.context["personal"]]

    def compared(self, core: str) -> Iterator[Trouble]:
        """The differences between the fold of the journal and the stored rows; `core` is the case's own."""
        number = self.case.id
        if trusted(core_of(self.case)).decode() != core:
            yield Trouble(number, self.sequence, "fold", "the stored state isn't the fold of the journal")
        stored = {(fact.scope, fact.name): (fact.value, fact.digest) for fact in self._reading.facts(number)}
        fold = {
            key: (trusted(encode(value)).decode(), self.case.digests[key]) for key, value in self.case.facts.items()
        }
        for scope, name in sorted({key for key in stored.keys() | fold.keys() if stored.get(key) != fold.get(key)}):
            yield Trouble(number, self.sequence, "fold", f"fact {name} of scope {scope} isn't the fold of the journal")
        for digest in sorted(self.missing - self._ordered):
            yield Trouble(number, self.sequence, "fold", f"personal value {digest} is gone; no command has erased it")

    def exchanged(self) -> Iterator[Trouble]:
        """The stored personal values that don't have the digest under which they are stored."""
        for digest, value in self._personal.items():
            if not isinstance(value.salt, str) or Personal.of(value.value, value.salt).digest != digest:
                yield Trouble(self.case.id, None, "fold", f"a personal value isn't that of its digest {digest}")


A_PERSON = "person"
"""An actor other than the system: its commands are refused and not parked."""


class Replay:
    """Decides the commands of one case again, and compares what they do with the effects in its journal.

    Troubles and counts go into the `Verification`. After the first entry whose effects differ, none is run. A
    semantics number that is unknown, or lower than one before, is a trouble: else whoever can write to the database
    would switch the replay off by it.
    """

    def __init__(self, library: Library, history: History, result: Verification) -> None:
        self._library, self._history, self._result = library, history, result
        self._live: Run | None = None  # the runtime after the entry before, where that was run
        self._highest = 0  # semantics number so far
        self._diverged = False

    def step(self, before: Case, entry: Entry) -> None:
        """Run the entry's command on the case as it was before. The history has folded the entry already."""
        number = _number(entry)
        if number is None:
            given = entry.context.get("semantics")
            self._trouble(entry, f"Expected a semantics number from 1 to {SEMANTICS}; found {given!r:.80}.")
        elif number < self._highest:
            self._trouble(entry, f"Expected a semantics number not below that before, {self._highest}; found {number}.")
        self._highest = max(self._highest, number or 0)
        if number != SEMANTICS or self._diverged:
            self._live = None
        elif self._history.missing:
            self._live = None
            self._result.erased[_label(entry)] += 1
        else:
            self._run(before if entry.sequence > 1 else None, entry)

    def refusal(self, before: Case, entry: Entry) -> LicetError | None:
        """The refusal of the entry's command, where it was parked behind an incident. See `refusal_of`."""
        if _number(entry) != SEMANTICS or self._history.missing:
            return None
        command = replace(self._command(before, entry), actor=A_PERSON)
        try:
            decide(before, command, self._context(before, entry))
        except LicetError as error:
            return error
        return None

    def _run(self, before: Case | None, entry: Entry) -> None:
        try:
            outcome = decide(before, self._command(before, entry), self._context(before, entry), self._live)
            effects: Any = [effect_to_json(effect) for effect in outcome.effects]
        except LicetError as error:
            self._diverge(entry, f"Expected the command to be accepted again; {error}")
            return
        except _MALFORMED as error:
            self._diverge(entry, f"Expected a command and a context that can be read; {error!r}.")
            return
        self._live = outcome.run
        if effects != entry.effects:
            difference = _difference(entry.effects, effects)
            self._diverge(entry, f"Expected the command to have the same effects; {difference}")
            return
        self._result.run[_label(entry)] += 1

    def _context(self, before: Case | None, entry: Entry) -> Context:
        """The context that the entry says, made of the stored versions. Raises NotFound where one is gone."""
        context = entry.context
        decided_in = self._library.context(
            versions_of(context),
            context["chain"],
            entry.case,
            datetime.fromisoformat(entry.recorded_at),
            date.fromisoformat(entry.effective_on),
            RecordedSalts(self._history.salts(entry)),
        )
        if before is not None and before.chain != context["chain"]:  # a migration is decided in the version it goes to
            self._live = None
            return replace(decided_in, former=self._library.chain(before.chain)[0])
        return decided_in

    def _command(self, before: Case | None, entry: Entry) -> Command:
        payload = {name: plain_inside(decode(v, self._history.find)) for name, v in entry.command["payload"].items()}
        number = entry.case if before is not None else None
        effective_on = date.fromisoformat(entry.effective_on)
        return read_command(entry.command["type"], entry.actor, number, payload, entry.key, effective_on)

    def _diverge(self, entry: Entry, problem: str) -> None:
        self._diverged, self._live = True, None
        self._trouble(entry, problem)

    def _trouble(self, entry: Entry, problem: str) -> None:
        self._result.problems.append(Trouble(entry.case, entry.sequence, "replay", problem))


def refusal_of(reading: Reading, library: Library, case: str, incident: int) -> LicetError | None:
    """The refusal behind an incident, from running its command again on the case as it was then.

    The journal keeps only the message of a refusal, as the `cause` of the incident. Its fields, which say where in the
    model it happened, are made anew here; neither repeats a personal value. None if nothing was refused (an officer has
    to confirm something), or if the command can't be run again: its entry was made under older rules, or a personal
    value has been erased.
    """
    history = History(reading, case)
    replay = Replay(library, history, Verification())
    for row in reading.entries(case):
        entry, before = read_entry(row.body), history.case
        history.step(entry)
        if any((effect["type"], effect.get("incident")) == ("incident_raised", incident) for effect in entry.effects):
            error = replay.refusal(before, entry)
            if error is not None:
                error.fields = discreet(error.fields, personal_of(reading, case).values())
            return error
    return None


def _number(entry: Entry) -> int | None:
    """The semantics number of the entry; None if it is none that today's engine knows."""
    number = entry.context.get("semantics")
    return number if type(number) is int and 1 <= number <= SEMANTICS else None


def _label(entry: Entry) -> str:
    """The semantics number of the entry as it is counted under."""
    return str(_number(entry) or UNKNOWN)


def plain_inside(value: Any) -> Any:
    """A payload's field as its sender gave it: personal values without their wrappers, down to one level inside."""
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return plain(value)


def personal_of(reading: Reading, case: str) -> dict[str, Personal]:
    """The personal values of the case that haven't been erased, by digest. Raises JournalBroken for a malformed one."""
    try:
        rows = reading.personal(case)
        return {row.digest: Personal(decode(json.loads(row.value)), row.salt, row.digest) for row in rows}
    except _MALFORMED as error:
        message = f"Expected personal values of case {case} that can be read; {error!r}."
        raise JournalBroken(message, case=case) from error


def _difference(expected: Sequence[Any], made: Sequence[Any]) -> str:
    for place, (one, other) in enumerate(zip(expected, made, strict=False), 1):
        if one != other:
            return f"effect {place} was {str(one)[:300]} and is {str(other)[:300]}."
    return f"it had {len(expected)} effects and has {len(made)}."
