"""`verify` proves that the history of a case is what its journal says.

Three levels: the hashes; the fold of the effects gives the digests and the rows of all tables; running the
commands again gives the same effects. Read-only; repairs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from engine.base.canonical import trusted
from engine.base.errors import JournalBroken, LicetError, ReplayDiverged
from engine.case.context import RecordedSalts
from engine.case.decide import decide
from engine.case.journal import Entry, Head, Row, read_chain, verify_anchor
from engine.case.records import (
    SEMANTICS,
    Command,
    Effect,
    Personal,
    ValuesErased,
    decode,
    effect_from_json,
    effect_to_json,
    encode,
    plain,
)
from engine.case.state import Case, core_of, evolve, state_digest
from engine.hall.door.derived import Standing, differing
from engine.hall.library import Library, versions_of
from engine.hall.store import Reading, Store
from engine.model.runtime import Run

Find = Mapping[str, Personal]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that can't be true. `sequence` None: the case as a whole."""

    case: str
    sequence: int | None
    level: str  # hashes | fold | replay | anchors
    problem: str

    def as_dict(self) -> dict[str, Any]:
        return {"case": self.case, "sequence": self.sequence, "problem": f"{self.level}: {self.problem}"}


_BELOW: Mapping[str, tuple[str, ...]] = {"fold": ("hashes",), "replay": ("hashes", "fold")}
"""What must hold of a case before a level of it is looked at."""


@dataclass(slots=True)
class Verification:
    """What `verify` found, of all cases together."""

    cases: int = 0
    entries: int = 0
    erased: int = 0
    problems: list[Trouble] = field(default_factory=list)
    anchors: str = "none"

    def of(self, level: str) -> str:
        """ok | broken | diverged | erased; `unchecked` where a level below it is broken for some case."""
        troubled = {trouble.level for trouble in self.problems}
        if level in troubled:
            return "diverged" if level == "replay" else "broken"
        if troubled & set(_BELOW.get(level, ())):
            return "unchecked"
        return "erased" if level == "replay" and self.erased else "ok"

    def proves(self) -> bool:
        """Whether every level holds."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        return {
            "cases": self.cases,
            "entries": self.entries,
            "hashes": self.of("hashes"),
            "fold": self.of("fold"),
            "replay": self.of("replay"),
            "anchors": self.anchors if not any(t.level == "anchors" for t in self.problems) else "broken",
            "problems": [trouble.as_dict() for trouble in self.problems],
        }


def verify(store: Store, library: Library, wanted: Sequence[str] | None = None, *, tables: bool = True) -> Verification:
    """Check the journals of these cases (all, if None) at all three levels.

    `tables` False: of what follows from the state, facts alone lie there; a journal that was taken elsewhere is so.
    """
    found = Verification()
    with store.reading() as reading:
        heads = dict(reading.heads(wanted))
        standing: dict[str, Standing] = {}
        for number, rows in groupby(reading.journal(wanted), key=lambda row: row.case):
            stands = _verify_case(reading, library, found, number, list(rows), heads.pop(number, None))
            if stands is not None and tables:
                standing[number] = stands
            if len(standing) == _TOGETHER:
                _verify_tables(reading, found, standing)
        _verify_tables(reading, found, standing)
        for number in heads:
            found.problems.append(Trouble(number, None, "hashes", "the case has no journal"))
        if wanted is not None:
            known = {trouble.case for trouble in found.problems}
            missing = [number for number in wanted if number not in known and reading.case(number) is None]
            found.problems += [Trouble(number, None, "hashes", "there is no such case") for number in missing]
    return found


def verify_anchors(
    store: Store, found: Verification, anchors: Iterable[Mapping[str, Any]], key: Ed25519PublicKey
) -> None:
    """Add to `found` what of these signed heads the journals no longer say. Raises InvalidInput for a forged one."""
    with store.reading() as reading:

        def hash_of(case: str, sequence: int) -> str | None:
            return next((row.hash for row in reading.entries(case, sequence - 1, 1) if row.sequence == sequence), None)

        for anchored in anchors:
            wrong = verify_anchor(anchored, key, hash_of)
            found.problems += [Trouble(p.case, p.sequence, "anchors", p.problem) for p in wrong]
            found.anchors = "ok"


_TOGETHER = 50
"""Cases whose tables are read together: a query a table and case would take longer than running the case again."""


def _verify_tables(reading: Reading, found: Verification, standing: dict[str, Standing]) -> None:
    """Hold the tables of these cases against their states, and be done with them."""
    if standing:
        wrong = differing(reading, standing)
        found.problems += [Trouble(case, standing[case].sequence, "fold", problem) for case, problem in wrong]
    standing.clear()


def _verify_case(
    reading: Reading, library: Library, found: Verification, number: Any, rows: list[Row], head: Head | None
) -> Standing | None:
    """The case as its journal has it, where there is one."""
    found.cases += 1
    found.entries += len(rows)
    heads = {number: head} if head is not None else None
    problems, journal = read_chain(rows, heads)
    wrong = [Trouble(str(p.case), p.sequence, "hashes", p.problem) for p in problems]
    case_row = reading.case(number) if head is not None else None
    if case_row is None:
        shown = wrong[0].case if wrong else str(number)
        wrong.append(Trouble(shown, rows[-1].sequence, "hashes", "the journal has no case"))
    if wrong or case_row is None:
        found.problems += wrong
        return None
    history = History(reading, library, number)
    found.problems += history.exchanged()
    try:
        for entry in journal:
            history.step(entry)
    except JournalBroken as error:
        level = "replay" if isinstance(error, ReplayDiverged) else "fold"
        found.problems.append(Trouble(number, history.sequence, level, str(error)))
        return None
    found.erased += history.erased
    found.problems += history.compared(case_row.core)
    return Standing(history.case, history.sequence, journal[-1].recorded_at)


class History:
    """One case, built up again entry by entry: from the effects, and by running the commands."""

    def __init__(self, reading: Reading, library: Library, case: str, run_again: bool = True) -> None:
        self._reading, self._library = reading, library
        self._personal = personal_of(reading, case)
        self._run: Run | None = None
        self._run_again = run_again
        self._missing: set[str] = set()
        self._ordered: set[str] = set()  # erased by commands
        self.erased = False
        self.sequence = 0
        self.case = Case(case)

    def step(self, entry: Entry) -> None:
        """Fold the entry's effects, and run its command. Raises JournalBroken or ReplayDiverged."""
        self.sequence = entry.sequence
        before = self.case
        effects = [effect_from_json(effect, self.find) for effect in entry.effects]
        self._missing |= set(entry.context["personal"]) - self._personal.keys()
        self._ordered |= {digest for effect in effects if isinstance(effect, ValuesErased) for digest in effect.digests}
        if self._run_again and not self.erased:
            self._decide(before if entry.sequence > 1 else None, entry)
        self.case = folded(before, effects)
        if state_digest(self.case) != entry.state:
            raise JournalBroken(
                f"Expected the state after entry {entry.sequence} of case {entry.case} to have digest {entry.state}; "
                "the fold of its effects gives another.",
                case=entry.case,
                sequence=entry.sequence,
            )

    def find(self, digest: str) -> Personal:
        return self._personal.get(digest) or Personal.erased(digest)

    def _decide(self, before: Case | None, entry: Entry) -> None:
        """Run the command again under the entry's own context, and compare what it does."""
        context = entry.context
        if context["semantics"] != SEMANTICS:
            self._run = None
            return
        made = [self._personal.get(digest) for digest in context["personal"]]
        if any(value is None for value in made):
            self.erased, self._run = True, None
            return
        decided_in = self._library.context(
            versions_of(context),
            context["chain"],
            entry.case,
            datetime.fromisoformat(entry.recorded_at),
            date.fromisoformat(entry.effective_on),
            RecordedSalts([value.salt for value in made if value is not None]),
        )
        if before is not None and before.chain != context["chain"]:  # a migration is decided in the version it goes to
            decided_in, self._run = replace(decided_in, former=self._library.chain(before.chain)[0]), None
        payload = {name: plain_inside(decode(v, self.find)) for name, v in entry.command["payload"].items()}
        number = entry.case if before is not None else None
        effective_on = date.fromisoformat(entry.effective_on)
        command = Command(entry.command["type"], entry.actor, number, payload, entry.key, effective_on)
        try:
            outcome = decide(before, command, decided_in, self._run)
            again: Any = [effect_to_json(effect) for effect in outcome.effects]
        except LicetError as error:
            raise ReplayDiverged(
                f"Expected entry {entry.sequence} of case {entry.case} to be accepted again; {error}",
                case=entry.case,
                sequence=entry.sequence,
            ) from error
        self._run = outcome.run
        if again != entry.effects:
            raise ReplayDiverged(
                f"Expected entry {entry.sequence} of case {entry.case} to have the same effects; "
                f"{_difference(entry.effects, again)}",
                case=entry.case,
                sequence=entry.sequence,
            )

    def compared(self, core: str) -> Iterator[Trouble]:
        """What differs between the fold of the journal and the stored rows."""
        number = self.case.id
        if trusted(core_of(self.case)).decode() != core:
            yield Trouble(number, self.sequence, "fold", "the stored state isn't the fold of the journal")
        stored = {(fact.scope, fact.name): (fact.value, fact.digest) for fact in self._reading.facts(number)}
        fold = {
            key: (trusted(encode(value)).decode(), self.case.digests[key]) for key, value in self.case.facts.items()
        }
        for scope, name in sorted({key for key in stored.keys() | fold.keys() if stored.get(key) != fold.get(key)}):
            yield Trouble(number, self.sequence, "fold", f"fact {name} of scope {scope} isn't the fold of the journal")
        for digest in sorted(self._missing - self._ordered):
            yield Trouble(number, self.sequence, "fold", f"personal value {digest} is gone; no command has erased it")

    def exchanged(self) -> Iterator[Trouble]:
        """Personal values that aren't those of their digests."""
        for digest, value in self._personal.items():
            if Personal.of(value.value, value.salt).digest != digest:
                yield Trouble(self.case.id, None, "fold", f"a personal value isn't that of its digest {digest}")


def folded(case: Case, effects: Iterable[Effect]) -> Case:
    """`evolve`, where an effect that can't follow is a broken journal."""
    try:
        return evolve(case, effects)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise JournalBroken(f"Expected effects that follow from the state of case {case.id}; {error!r}.") from error


def plain_inside(value: Any) -> Any:
    """A payload as its sender gave it: personal values without their wrappers, one level down."""
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return plain(value)


def personal_of(reading: Reading, case: str) -> dict[str, Personal]:
    """The personal values of the case that haven't been erased, by digest."""
    return {row.digest: Personal(decode(json.loads(row.value)), row.salt, row.digest) for row in reading.personal(case)}


def _difference(expected: Sequence[Any], found: Sequence[Any]) -> str:
    for place, (one, other) in enumerate(zip(expected, found, strict=False), 1):
        if one != other:
            return f"effect {place} was {str(one)[:300]} and is {str(other)[:300]}."
    return f"it had {len(expected)} effects and has {len(found)}."
