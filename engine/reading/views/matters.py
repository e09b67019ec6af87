"""The matters of a case with their clocks, and the deadlines that wait for an officer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from engine.case import clocks
from engine.case.authority import About
from engine.case.execution import LATE_CALENDAR
from engine.case.records import ClockChanged
from engine.case.state import Case, Matter
from engine.law import matter as law
from engine.law import workdays
from engine.model.chain import ChainVersion
from engine.reading.views import days
from engine.reading.views.sight import Viewer


@dataclass(frozen=True, slots=True)
class MatterItem:
    """The item of a matter. `code` and `kind` are empty where the version has no catalogue."""

    key: str
    name: str
    code: str
    kind: str
    department: str


@dataclass(frozen=True, slots=True)
class Amount:
    """A limit; `unit`: workday | day | hour."""

    amount: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Suspension:
    """A span that the clock doesn't count; `until` None while it lasts. `reason` is a key of the law's reasons."""

    since: str
    until: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Extension:
    """More of the clock's unit, approved on a day."""

    amount: Decimal | int
    approved_on: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClockCard:
    """A clock with what it has used by today.

    name        a name of `engine.case.clocks`
    state       running | suspended
    days_used, days_left, overdue   in the limit's unit
    light       green | yellow | red | grey
    certainty   final | provisional: counted into `unpublished_years`, without legal effect
    months      the days that it has counted; see `days.panel`
    warned, lapsed   whether that was told of the due date in force
    """

    clock: int
    name: str
    state: str
    start: str
    due: str | None
    limit: Amount
    days_used: Decimal | None
    days_left: Decimal | None
    overdue: Decimal | int
    light: str
    article: str | None
    certainty: str
    unpublished_years: tuple[int, ...]
    suspensions: tuple[Suspension, ...]
    extensions: tuple[Extension, ...]
    months: tuple[days.Month, ...]
    warned: bool
    lapsed: bool


@dataclass(frozen=True, slots=True)
class MatterCard:
    """A matter. `state` and `decision` are states of `engine.law.matter`; `since` is the day of the last of its dates.

    reason   of the last move: a key of the law's reasons for a suspension, a reason of the engine, or a text
    basis    deemed | tolerated | committed, of the acceptance
    """

    matter: int
    item: MatterItem
    state: str
    since: str
    received_on: str
    accepted_on: str | None
    decided_on: str | None
    decision: str | None
    reason: str | None
    basis: str | None
    clocks: tuple[ClockCard, ...]
    may: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overdue:
    """A legal effect that waits for an officer, because its calendar was published late."""

    deadline: str
    due: str
    element_name: str | None
    matter: int | None
    due_on: str | None
    may: tuple[str, ...]


def item_name(version: ChainVersion, key: str) -> str:
    """Name of an item; the key where the version has no such item."""
    item = version.catalogue.items.get(key) if version.catalogue else None
    return item.name if item else key


def matter_name(version: ChainVersion, case: Case, number: int) -> str:
    """How people call a matter of the case: by its item."""
    return item_name(version, case.matters[number].item) if number in case.matters else str(number)


def matter_card(viewer: Viewer, version: ChainVersion, case: Case, matter: Matter) -> MatterCard:
    item = version.catalogue.items.get(matter.item) if version.catalogue else None
    state = law.State(matter.state)
    running = [clock for clock in case.clocks.values() if clock.matter == matter.number]
    commands = _sensible(state, running) if case.is_open else ()
    return MatterCard(
        matter=matter.number,
        item=MatterItem(
            key=matter.item,
            name=item.name if item else matter.item,
            code=item.code if item else "",
            kind=item.kind if item else "",
            department=viewer.department(matter.department) or "",
        ),
        state=str(state),
        since=matter.decided_on or matter.accepted_on or matter.received_on,
        received_on=matter.received_on,
        accepted_on=matter.accepted_on,
        decided_on=matter.decided_on,
        decision=matter.decision and str(law.State(matter.decision)),
        reason=matter.reason,
        basis=matter.basis,
        clocks=tuple(_clock_card(viewer, clock) for clock in running),
        may=viewer.may(case, commands, About(matter=matter.number)),
    )


def _sensible(state: law.State, running: Sequence[ClockChanged]) -> Iterator[str]:
    """Commands that the lifecycle leaves open for a matter in this state."""
    if state in law.UNDECIDED:
        yield "WithdrawMatter"
    if state == law.State.UNDER_REVIEW:
        yield "SuspendClock"
    if state == law.State.SUSPENDED:
        yield "ResumeClock"
    decision = [clock for clock in running if clock.name in clocks.DECISION and clock.state == "running"]
    if decision and not any(event["type"] == "extend" for clock in decision for event in clock.events):
        yield "ExtendClock"


def _clock_card(viewer: Viewer, clock: ClockChanged) -> ClockCard:
    answer = workdays.reckon(clocks.ledger(clock), viewer.calendar, viewer.today, viewer.settings.light())
    as_of = answer.as_of
    suspensions = tuple(_suspension(event) for event in clock.events if event["type"] == "suspend")
    return ClockCard(
        clock=clock.clock,
        name=clock.name,
        state=clock.state,
        start=clock.start,
        due=clock.due,
        limit=Amount(answer.limit, clock.limit["unit"]),
        days_used=as_of.used if as_of else None,
        days_left=as_of.remaining if as_of else None,
        overdue=as_of.overdue if as_of else 0,
        light=as_of.light if as_of else "grey",
        article=clock.article,
        certainty=clock.certainty,
        unpublished_years=answer.unpublished_years,
        suspensions=suspensions,
        extensions=tuple(_extension(event) for event in clock.events if event["type"] == "extend"),
        months=days.panel(answer, [_span(one) for one in suspensions], viewer.calendar, viewer.today),
        warned=clock.warned is not None and clock.warned == clock.due,
        lapsed=clock.lapsed is not None and clock.lapsed == clock.due,
    )


def _suspension(event: Mapping[str, Any]) -> Suspension:
    return Suspension(event["from"], event.get("to"), event["reason"])


def _extension(event: Mapping[str, Any]) -> Extension:
    return Extension(event["amount"], event["approved_at"], event["reason"])


def _span(one: Suspension) -> days.Span:
    return date.fromisoformat(one.since), date.fromisoformat(one.until) if one.until else None


def overdue(viewer: Viewer, version: ChainVersion, case: Case) -> Iterator[Overdue]:
    """The legal effects of the case that wait for an officer."""
    names = {e.id: e.name or e.id for process in version.processes.values() for e in process.elements.values()}
    for incident in case.incidents.values():
        due = case.standing().get(str(incident.deadline)) if incident.code == LATE_CALENDAR else None
        if due is not None:
            deadline = str(incident.deadline)
            matter = case.matter_of(deadline)
            yield Overdue(
                deadline=deadline,
                due=due,
                element_name=names.get(str(incident.element), incident.element),
                matter=matter.number if matter is not None else None,
                due_on=viewer.due_on(due),
                may=viewer.may(case, ("ConfirmDeadline",), About(deadline=deadline)),
            )
