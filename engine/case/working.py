"""The working copy of a case while a command is decided: effects go in, and are folded at once.

Pure: what it knows comes from the case, the command and the context. The next condition sees every effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.base.errors import InvalidInput, NotFound, NotOpen
from engine.case.context import Context
from engine.case.records import (
    ClaimTaken,
    ClockChanged,
    Command,
    Effect,
    FactSet,
    IncidentRaised,
    MatterMoved,
    MessageQueued,
    Personal,
    discreet,
    normal,
)
from engine.case.state import Case, Matter, apply
from engine.law import matter as law
from engine.law.catalogue import Item, Need
from engine.law.organisation import Organisation
from engine.model.runtime.changes import ROOT


@dataclass(frozen=True, slots=True)
class Thrown:
    """A message or signal that was thrown and waits to be caught once the tokens have come to rest."""

    name: str
    key: str | None
    variables: Mapping[str, Any]
    signal: bool = False


@dataclass(slots=True)
class Working:
    """The case as it is while a command is carried out on it, and what has been done to it so far."""

    case: Case
    command: Command
    context: Context
    effects: list[Effect] = field(default_factory=list)
    thrown: list[Thrown] = field(default_factory=list)
    clocks_changed: bool = False
    calendar_moved: bool = False  # a clock was counted by a calendar that wasn't there, or was another, before
    row: int | None = None  # of a timer that fires: its place among those that were due as soon as they were set
    completed_by: tuple[int, str] | None = None  # the task being completed, and who completes it
    made: list[Personal] = field(default_factory=list)  # personal values, in the order of their salts

    # ---------------------------------------------------------------- effects and numbers

    def emit(self, effect: Effect) -> None:
        self.effects.append(effect)
        apply(self.case, effect)

    def number(self) -> int:
        """The next number of the case: for a token, matter, message, incident or result."""
        self.case.counter += 1
        return self.case.counter

    def raise_incident(
        self,
        element: str | None,
        code: str,
        cause: str,
        *,
        token: int | None = None,
        deadline: str | None = None,
        message: int | None = None,
    ) -> None:
        """Park a deadline, or a message, that could not be carried out at this element, until somebody sees to it.

        The journal keeps the cause for ever, so it repeats no personal value.
        """
        said = (self.case.applicant, *self.case.facts.values(), *self.made)
        cause = discreet(cause, (value for value in said if type(value) is Personal))
        self.emit(IncidentRaised(self.number(), element, code, cause, self.at, token, deadline, message))

    # ---------------------------------------------------------------- time

    @property
    def now(self) -> datetime:
        return self.context.recorded_at

    @property
    def at(self) -> str:
        return self.context.recorded_at.isoformat()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.context.settings.zone)

    @property
    def today(self) -> date:
        """The day in the hall from which the command counts."""
        return self.context.effective_on

    # ---------------------------------------------------------------- facts

    def personal(self, value: Any) -> Personal:
        """Wrap a value that belongs to a person, with the next salt of the command."""
        if type(value) is Personal:
            return value
        wrapped = Personal.of(normal(value), self.context.salts(len(self.made)))
        self.made.append(wrapped)
        return wrapped

    def wrap(self, name: str, value: Any) -> Any:
        """The value as a fact `name` holds it."""
        if type(value) is Personal:
            return value
        if value is not None and name in self.context.chain.personal:
            return self.personal(value)
        return normal(value)

    def read(self, scope: int | None, name: str) -> Any:
        """The fact as the scope chain sees it, wrapper and all; None where there is none."""
        facts, scopes = self.case.facts, self.case.scopes
        while scope is not None:
            if (scope, name) in facts:
                return facts[scope, name]
            scope = scopes.get(scope)
        return None

    def set_local(self, scope: int, name: str, value: Any) -> None:
        wrapped = self.wrap(name, value)
        key = (scope, name)
        if key in self.case.facts and self.case.facts[key] == wrapped:
            return
        self.emit(FactSet(scope, name, wrapped))

    def assign(self, scope: int, name: str, value: Any) -> None:
        """Set where the scope chain has the name already, else in its outermost scope."""
        facts, scopes, target = self.case.facts, self.case.scopes, scope
        while (target, name) not in facts:
            parent = scopes.get(target)
            if parent is None:
                break
            target = parent
        self.set_local(target, name, value)

    # ---------------------------------------------------------------- matters

    def matter(self, number: Any) -> Matter:
        """Matter `number` of the case. Raises NotOpen where there is none."""
        matter = self.case.matters.get(int(number)) if isinstance(number, int) else None
        if matter is None:
            raise NotOpen(
                f"Expected the number of a matter of case {self.case.id}; found {number!r}.",
                sentence="matter_unknown",
                given=number,
            )
        return matter

    def name_of(self, matter: Matter) -> str:
        """How a matter is spoken of: case number, slash, number."""
        return f"{self.case.id}/{matter.number}"

    def person_name(self, key: str) -> str:
        """The name that the organisation has for a person; the key where nobody knows the person."""
        try:
            return self.organisation.name_of(key) if self.organisation is not None else key
        except NotFound:
            return key

    def item_of(self, key: str) -> Item | None:
        """The item of the catalogue, whether it holds today or not; None where there is none, or no catalogue."""
        catalogue = self.context.chain.catalogue
        return catalogue.items.get(key) if catalogue is not None else None

    def item_name(self, matter: Matter) -> str:
        """How the catalogue calls the matter's item; its key where it isn't in there."""
        item = self.item_of(matter.item)
        return item.name if item is not None else matter.item

    def handles(self, item: str, owner: str, area: str | None) -> str:
        """The department that handles the item today: the owner of the power, or the one it is delegated to there."""
        hall = self.organisation
        return (hall.department_of(item, owner, area, self.today) if hall is not None else None) or owner

    def has_expired(self, claim: ClaimTaken) -> bool:
        """Whether a reservation has run out: then anybody may take the thing."""
        return claim.until is not None and datetime.fromisoformat(claim.until) <= self.now

    def missing(self, item: Item) -> list[Need]:
        """The materials that the item requires of the applicant and that aren't at hand yet."""
        at_hand = {material for material, _ in self.case.materials}
        asked = (need for need in item.materials if need.required and need.source == "applicant")
        return [need for need in asked if need.material not in at_hand]

    def granted(self, key: str) -> bool:
        """Whether a matter of this item was granted, and that still stands, here or in earlier cases of the project."""
        return key in self.case.granted or any(
            m.item == key and law.stands(m.decision, m.state) for m in self.case.matters.values()
        )

    def move(
        self,
        matter: Matter,
        move: law.Move,
        *,
        on: date | None = None,
        reason: str | None = None,
        basis: str | None = None,
    ) -> None:
        """Take a step of the lifecycle. Raises IllegalMove where the table has none."""
        state = law.moved(self.name_of(matter), law.State(matter.state), move)
        self.emit(MatterMoved(matter.number, move, state, (on or self.today).isoformat(), reason, basis))

    def end_matter(self, matter: Matter, reason: str) -> None:
        """Its procedure was taken away, or its case: an undecided matter is terminated, and its clocks end."""
        if law.State(matter.state) not in law.UNDECIDED:
            return
        self.move(matter, law.Move.TERMINATE, reason=reason)
        for clock in [clock for clock in self.case.clocks.values() if clock.matter == matter.number]:
            self.stop_clock(clock)

    def stop_clock(self, clock: ClockChanged) -> None:
        self.emit(replace(clock, state="stopped", due=None, due_at=None, warn_at=None))
        self.clocks_changed = True

    def procedure_of(self, level: int) -> int:
        """The token of the called process (or of the case itself) that this level stands in."""
        token = self.case.tokens[level]
        while token.inner is None and token.level >= 0:
            token = self.case.tokens[token.level]
        return token.number

    def completing(self, token: int) -> str | None:
        """Who completes this task; None where it is taken away."""
        return self.completed_by[1] if self.completed_by is not None and self.completed_by[0] == token else None

    # ---------------------------------------------------------------- outside

    def queue(self, destination: str, action: str, payload: Mapping[str, Any], token: int | None = None) -> None:
        """Something to carry outside after the commit. The whole payload counts as personal."""
        self.emit(MessageQueued(self.number(), destination, action, self.personal(dict(payload)), token))

    def notify(self, to: str, template: str, content: Mapping[str, Any]) -> None:
        """A notice: `to` is `applicant`, `person:<key>`, or `role:<key>@<department>`."""
        details = {"case": self.case.id, "title": self.case.title, "at": self.now, **content}
        message = {"to": to, "template": template, "content": details, "at": self.now}
        self.queue("notification", "notice.send", message)

    @property
    def organisation(self) -> Organisation | None:
        return self.context.organisation


def text_of(value: Any, name: str) -> str:
    """`value` as a text that isn't blank. Raises InvalidInput naming the input."""
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise InvalidInput(
        f"Expected '{name}' as a text that isn't empty; found {value!r}.",
        sentence="text_missing",
        errors={name: "is missing"},
        input=name,
    )


__all__ = ["ROOT", "Thrown", "Working", "text_of"]
