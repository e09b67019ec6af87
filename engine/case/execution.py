"""The execution of one command: the working copy of the case, its run, and how both come to rest afterwards. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.base.errors import Refused
from engine.case import clocks
from engine.case.context import Context
from engine.case.host import CaseHost
from engine.case.records import (
    EFFECTS,
    CaseEnded,
    ClaimReleased,
    Command,
    Effect,
    IncidentResolved,
    MessageKept,
    MessageSettled,
    MessageTaken,
    Numbered,
    Personal,
    plain,
)
from engine.case.state import Case
from engine.case.working import Thrown, Working, text_of
from engine.model.runtime import Run
from engine.model.runtime.changes import Arm

MOST_DELIVERIES = 1000
"""Messages and signals that one command may set off within its case; more of them set off each other without end."""

LATE_CALENDAR = "late_calendar"
"""Code of the incident that parks an overdue legal effect until an officer confirms it."""

CASES = "cases"
"""Destination of messages and signals that a case sends to other cases."""

DELIVER, BROADCAST = "message.deliver", "signal.broadcast"
"""Actions of such messages."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a command: its effects, the case after them, and the live run; None where none was needed."""

    command: Command  # in canonical form, as it is to be journalled
    effects: tuple[Effect, ...]
    case: Case
    run: Run | None
    made: tuple[Personal, ...] = ()  # the personal values that it made, in the order of their salts


class Execution:
    """The execution of one command: the working copy, the host, and the run, which is made when first needed."""

    def __init__(
        self, case: Case, command: Command, context: Context, run: Run | None, made: Sequence[Personal]
    ) -> None:
        self.working = Working(case.copy(), command, context, made=list(made))
        self.host = CaseHost(self.working)
        self._run = run
        if run is not None:
            run.set_host(self.host)

    @property
    def run(self) -> Run:
        if self._run is None:
            case, program = self.working.case, self.working.context.program
            self._run = program.load(case.process, case.normal_form(), self.host)
        return self._run

    def start(self, process: str) -> None:
        self._run = self.working.context.program.start(process, self.host)

    def settle(self) -> None:
        """Bring everything to rest: timers that follow clocks, thrown and early messages, the end of the case."""
        for _ in range(MOST_DELIVERIES):
            self._stop_supplied()
            if self.working.clocks_changed:
                self.retime()
            elif not (self._deliver_thrown() or self._deliver_kept()):
                break
        else:
            raise Refused(
                f"Expected at most {MOST_DELIVERIES} messages from one command; they set off each other.",
                sentence="messages_loop",
            )
        self._let_go()
        if self._run is not None and self._run.ended and self.working.case.is_open:
            self._end("completed")
        if self.working.case.counter != _counter(self.working.effects):
            self.working.emit(Numbered(self.working.case.counter))

    def _stop_supplied(self) -> None:
        """Stop the clock for materials that were tolerated as missing 容缺 once none of them is missing any more."""
        for clock in [clock for clock in self.working.case.clocks.values() if clock.name == clocks.SUPPLY]:
            item = self.working.item_of(self.working.case.matters[clock.matter].item)
            if item is not None and not self.working.missing(item):
                self.working.stop_clock(clock)

    def retime(self, recount: bool = False) -> None:
        """Move the timers that follow clocks; with `recount`, those that count workdays too."""
        before = self.working.case.standing() if self.working.calendar_moved else {}
        self.working.clocks_changed = False
        self.run.retime(recount)
        if self.working.calendar_moved:
            self._hold_overdue(before)

    def _hold_overdue(self, before: Mapping[str, str]) -> None:
        """Raise an incident for each deadline that only the late calendar shows to have passed: an officer confirms it.

        `before` are the deadlines as they stood. Nobody could know in time of those that have changed.
        """
        parked = {incident.deadline for incident in self.working.case.incidents.values()}
        standing = self.working.case.standing()
        for number, element in self.run.awaited():
            key = f"token:{number}:{element}"
            due = standing.get(key)
            if due is not None and key not in parked and before.get(key) != due and self._is_past(due):
                cause = f"By the calendar that was published late, this was due at {due}. An officer has to confirm it."
                self.working.raise_incident(element, LATE_CALENDAR, cause, token=number, deadline=key)

    def _is_past(self, due: str) -> bool:
        return datetime.fromisoformat(due) <= self.working.now

    def _let_go(self) -> None:
        """Drop messages whose token is gone, and close incidents whose message or deadline is gone or not overdue."""
        for message in list(self.working.case.outbox.values()):
            if message.token is not None and message.token not in self.working.case.tokens:
                self.working.emit(MessageSettled(message.message, "dropped"))
        for incident in list(self.working.case.incidents.values()):
            if incident.message is not None and incident.message not in self.working.case.outbox:
                self.working.emit(IncidentResolved(incident.incident, "gone"))
        held = [incident for incident in self.working.case.incidents.values() if incident.deadline is not None]
        standing = self.working.case.standing() if held else {}
        for incident in held:
            due = standing.get(str(incident.deadline))
            if due is None or (incident.code == LATE_CALENDAR and not self._is_past(due)):
                self.working.emit(IncidentResolved(incident.incident, "gone"))

    def outcome(self) -> Outcome:
        working = self.working
        run = self._run if working.case.is_open else None
        return Outcome(working.command, tuple(working.effects), working.case, run, tuple(working.made))

    # ---------------------------------------------------------------- messages and signals

    def waiting(self, kind: str, name: str, key: str | None) -> Iterator[tuple[int, str]]:
        """Token and element of each event that waits for this message or signal, the oldest token first."""
        for token in sorted(self.working.case.tokens.values(), key=lambda token: token.number):
            for element, arm in sorted(token.arms.items()):
                if arm.kind == kind and arm.name == name and (kind == "signal" or _correlates(arm, key)):
                    yield token.number, element

    def _deliver_thrown(self) -> bool:
        if not self.working.thrown:
            return False
        thrown = self.working.thrown.pop(0)
        if thrown.signal:
            self.broadcast(thrown.name, thrown.variables)
            self._post(BROADCAST, thrown)
        elif not self.deliver(thrown.name, thrown.key, thrown.variables):
            # Without a key it can't mean another case; with one, the first that waits for it gets it, be it this one.
            self.keep(thrown) if thrown.key is None else self._post(DELIVER, thrown)
        return True

    def _post(self, action: str, thrown: Thrown) -> None:
        """Queue it for the other cases; it is carried to them after the commit."""
        content = {"name": thrown.name, "key": thrown.key, "variables": dict(thrown.variables)}
        self.working.queue(CASES, action, content)

    def deliver(self, name: str, key: str | None, variables: Mapping[str, Any]) -> bool:
        """Give the message to the first event that waits for it; False where none does."""
        target = next(self.waiting("message", name, key), None)
        if target is not None:
            self.run.fire(*target, variables)
        return target is not None

    def broadcast(self, name: str, variables: Mapping[str, Any]) -> None:
        """Give the signal to all events that wait for it now."""
        for token, element in list(self.waiting("signal", name, None)):
            held = self.working.case.tokens.get(token)
            if held is not None and element in held.arms:
                self.run.fire(token, element, variables)

    def keep(self, thrown: Thrown) -> None:
        variables = {name: self.working.wrap(name, value) for name, value in thrown.variables.items()}
        self.working.emit(MessageKept(self.working.number(), thrown.name, thrown.key, variables))

    def _deliver_kept(self) -> bool:
        for kept in self.working.case.inbox.values():
            target = next(self.waiting("message", kept.name, kept.key), None)
            if target is not None:
                self.working.emit(MessageTaken(kept.number))
                self.run.fire(*target, plain(kept.variables) or {})
                return True
        return self._deliver_posted()

    def _deliver_posted(self) -> bool:
        """Take a message out of the outbox that no case has waited for yet, and that this case waits for now."""
        for posted in self.working.case.outbox.values():
            if posted.action != DELIVER or posted.destination != CASES:
                continue
            content = plain(posted.payload) or {}
            target = next(self.waiting("message", str(content.get("name")), content.get("key")), None)
            if target is not None:
                self.working.emit(MessageSettled(posted.message, "delivered"))
                self.run.fire(*target, content.get("variables") or {})
                return True
        return False

    # ---------------------------------------------------------------- the end

    def _end(self, outcome: str) -> None:
        """End the case: incidents are closed, and what it claimed is free again, but for what it keeps or has reserved.

        Raises Refused while a matter is open.
        """
        working = self.working
        still_open = [working.name_of(matter) for matter in working.case.matters.values() if matter.is_open]
        if still_open:
            what_to_do = "The model ends too early." if outcome == "completed" else "Hand their decisions over first."
            raise Refused(
                f"Expected every matter to be closed before the case ends; open are {', '.join(still_open)}. "
                f"{what_to_do}",
                sentence="matters_open",
                matters=still_open,
            )
        for incident in list(working.case.incidents):
            working.emit(IncidentResolved(incident, "gone"))
        for (kind, key), held in sorted(working.case.claims.items()):
            if not held.kept and (held.until is None or working.has_expired(held)):
                working.emit(ClaimReleased(kind, key))
        working.emit(CaseEnded(outcome, working.at))

    def cancel(self, reason: str) -> None:
        """End the case with all that is open in it. Raises InvalidInput where a matter would end without a reason."""
        for matter in list(self.working.case.matters.values()):
            self.working.end_matter(matter, text_of(reason, "reason"))
        self.run.cancel()
        self._let_go()
        self._end("cancelled")


def _counter(effects: list[Effect]) -> int:
    """The highest number that the effects carry: what folding them makes of the counter."""
    numbers = [getattr(effect, name) for effect in effects for name in _NUMBERED[type(effect)]]
    return max([number for number in numbers if isinstance(number, int)], default=0)


_NUMBERED: Mapping[type, tuple[str, ...]] = {
    kind: tuple(
        name
        for name in ("token", "scope", "matter", "clock", "number", "message", "incident", "counter")
        if hasattr(kind, name)
    )
    for kind in EFFECTS.values()
}
"""The fields of each effect that hold numbers of the case's counter."""


def _correlates(arm: Arm, key: str | None) -> bool:
    return arm.key is None or arm.key == key
