"""How values of a case look in an answer: JSON-like, with names beside keys. Knows no page and no query."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine.base.errors import NotFound
from engine.case import authority, clocks
from engine.case.context import Settings
from engine.case.execution import LATE_CALENDAR
from engine.case.journal import Entry
from engine.case.records import ClockChanged, TaskOpened, plain
from engine.case.state import Case, Matter
from engine.law import matter as law
from engine.law import workdays
from engine.law.organisation import Organisation
from engine.law.workdays import Calendar
from engine.model.chain import ChainVersion
from engine.reading.views import days

View = dict[str, Any]

CLOCK_TITLES: Mapping[str, str] = {
    clocks.RECEIPT_CHECK: "收件审查时限",
    clocks.PROMISED: "承诺时限",
    clocks.STATUTORY: "法定时限",
    clocks.DELIVERY: "送达时限",
    clocks.CORRECTION: "补正时限",
    clocks.SUPPLY: "容缺补交时限",
    clocks.STEP: "环节时限",
    clocks.HEARING: "听证时限",
    clocks.INTERMEDIARY: "中介服务时限",
}
SOURCES: Mapping[str, str] = {
    "applicant": "申请人提交",
    "certificate": "证照库调取",
    "department": "部门共享",
    "matter": "本办件其他事项产生",
}
BASES: Mapping[str, str] = {
    "role": "岗位职责",
    "substitute": "代理",
    "delegation": "赋权",
    "assigned": "指定办理",
    "named": "指定人选",
    "holder": "已签收",
    "open": "任何在岗人员",
    "applicant": "申请人",
    "system": "系统",
    "anybody": "演练",
}
REASONS: Mapping[str, str] = {
    "procedure ended": "所属程序已经结束",
}
"""What the engine gives as the reason of a move that nobody made."""
SYSTEM_PEOPLE: Mapping[str, str] = {
    authority.CLOCK: "系统时钟",
    authority.OUTBOX: "外部系统",
    "system:demo": "演示",
}


@dataclass(frozen=True)
class Viewer:
    """Who looks, when, and at which hall."""

    person: str
    now: datetime
    organisation: Organisation | None
    calendar: Calendar
    settings: Settings

    @property
    def today(self) -> date:
        return self.now.date()

    def person_of(self, key: str | None) -> View | None:
        return None if key is None else {"key": key, "name": self.name(key)}

    def name(self, key: str) -> str:
        """Name of a person, department or role; the key itself where it isn't on file any more."""
        if key in SYSTEM_PEOPLE:
            return SYSTEM_PEOPLE[key]
        try:
            return self.organisation.name_of(key) if self.organisation is not None else key
        except NotFound:
            return key

    def role(self, key: str) -> str:
        """Name of a role: a person may go by the same key."""
        roles = self.organisation.roles if self.organisation is not None else ()
        return next((role.name for role in roles if role.key == key), key)

    def department(self, key: str | None) -> str | None:
        return self.name(key) if key else None

    def may(self, case: Case | None, commands: Iterable[str], payload: Mapping[str, Any]) -> list[str]:
        """Those of the commands that the viewer might give now."""
        return [
            command
            for command in commands
            if authority.allowed(self.organisation, self.person, command, payload, case, self.today)
        ]

    def light(self, due_at: str | None) -> tuple[str | None, int | None]:
        """Light and workdays left of a due instant, below 0 those over it; None while no workday is over it yet."""
        if due_at is None:
            return None, None
        due = datetime.fromisoformat(due_at).astimezone(self.now.tzinfo)
        last_day = days.last_day(due)
        if due <= self.now:
            return "red", -self._between(last_day, self.today) or None
        left = self._between(self.today, last_day)
        return ("yellow" if left <= self.settings.yellow_workdays else "green"), left

    def due_on(self, due_at: str | None) -> str | None:
        """The last day in time of a due instant."""
        if due_at is None:
            return None
        return days.last_day(datetime.fromisoformat(due_at).astimezone(self.now.tzinfo)).isoformat()

    def _between(self, first: date, last: date) -> int:
        """Workdays in (first, last]; 0 if last isn't later."""
        return self.calendar.count(first, last) if last > first else 0


# ------------------------------------------------------------------ tasks


def task(viewer: Viewer, version: ChainVersion, case: Case, opened: TaskOpened) -> View:
    """One row of a worklist, from the state of its case."""
    light, left = viewer.light(opened.due)
    item = version.catalogue.items.get(opened.item) if version.catalogue and opened.item else None
    claimed = opened.assignee if opened.claimed_at else None
    applicant = display_name(case)
    return {
        "case": case.id,
        "number": case.id,
        "token": opened.token,
        "element": opened.element,
        "name": opened.name,
        "title": case.title,
        "applicant": applicant,
        "chain": version.title_of(case.process),
        "item": {"key": item.key, "name": item.name, "kind": item.kind} if item else None,
        "department": viewer.department(opened.department),
        "matter": opened.matter,
        "round": opened.round,
        "opened_at": opened.at,
        "due_at": opened.due,
        "due_on": viewer.due_on(opened.due),
        "light": light,
        "workdays_left": left,
        "provisional": _is_provisional(viewer, version, case, opened),
        "claimed_by": viewer.person_of(claimed),
        "substitute_for": None,
        "may": task_commands(viewer, case, opened),
    }


_COUNTING = re.compile(r"\b(workdays|due)\b")
"""What a due date is counted by, in the words of the dialect."""


def _is_provisional(viewer: Viewer, version: ChainVersion, case: Case, opened: TaskOpened) -> bool:
    """Whether the due date is counted into a year whose rest days aren't published yet."""
    process = next((p for p in version.tree(case.process).values() if opened.element in p.elements), None)
    counted = process is not None and _COUNTING.search(process.elements[opened.element].due_date or "")
    if opened.due is None or not counted:
        return False
    last = days.last_day(datetime.fromisoformat(opened.due).astimezone(viewer.now.tzinfo))
    return bool(viewer.calendar.unpublished(last, last))


MOVED_BY_HAND = frozenset(
    {"SendBack", "AddSigner", "RemoveSigner", "SkipTask", "MoveToken", "SetFact", "MigrateCase", "CancelCase"}
)
"""Commands whose reason is told in the history: nothing else of the entry says why."""

TASK_COMMANDS = ("ClaimTask", "ReleaseTask", "CompleteTask", "TransferTask")


def task_commands(viewer: Viewer, case: Case, opened: TaskOpened) -> list[str]:
    """What the viewer might do with the task as it stands."""
    holder = opened.assignee if opened.claimed_at else None
    mine = holder == viewer.person
    sensible = {
        "ClaimTask": holder is None,
        "ReleaseTask": holder is not None,
        "CompleteTask": holder is None or mine,
        "TransferTask": mine,
    }
    asked = [name for name in TASK_COMMANDS if sensible[name]]
    own = [name for name in asked if name != "TransferTask"]
    found = viewer.may(case, own, {"task": opened.token})
    return [*found, "TransferTask"] if mine else found


def display_name(case: Case) -> str | None:
    applicant = plain(case.applicant)
    name = applicant.get("name") if isinstance(applicant, Mapping) else None
    return name if isinstance(name, str) else None


# ------------------------------------------------------------------ matters and clocks

MATTER_COMMANDS = ("WithdrawMatter", "SuspendClock", "ResumeClock", "ExtendClock")


def matter(viewer: Viewer, version: ChainVersion, case: Case, found: Matter) -> View:
    item = version.catalogue.items.get(found.item) if version.catalogue else None
    state = law.State(found.state)
    running = [clock for clock in case.clocks.values() if clock.matter == found.number]
    return {
        "matter": found.number,
        "item": {
            "key": found.item,
            "name": item.name if item else found.item,
            "code": item.code if item else "",
            "kind": item.kind if item else "",
            "department": viewer.department(found.department) or "",
        },
        "state": str(state),
        "state_name": law.NAMES[state],
        "since": found.decided_on or found.accepted_on or found.received_on,
        "received_on": found.received_on,
        "accepted_on": found.accepted_on,
        "decided_on": found.decided_on,
        "decision": found.decision and law.NAMES[law.State(found.decision)],
        "reason": _reason(found.reason),
        "basis": found.basis,
        "clocks": [clock_card(viewer, clock) for clock in running],
        "may": viewer.may(case, _sensible(state, running), {"matter": found.number}) if case.is_open else [],
    }


def _sensible(state: law.State, running: list[ClockChanged]) -> Iterator[str]:
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


def clock_card(viewer: Viewer, clock: ClockChanged) -> View:
    """A clock with what it has used by now."""
    answer = workdays.reckon(clocks.ledger(clock), viewer.calendar, viewer.today, viewer.settings.light())
    as_of = answer.as_of
    suspensions = [_suspension(event) for event in clock.events if event["type"] == "suspend"]
    return {
        "clock": clock.clock,
        "name": clock.name,
        "title": CLOCK_TITLES.get(clock.name, clock.name),
        "state": clock.state,
        "start": clock.start,
        "due": clock.due,
        "limit": {"amount": answer.limit, "unit": clock.limit["unit"]},
        "days_used": as_of.used if as_of else None,
        "days_left": as_of.remaining if as_of else None,
        "overdue": as_of.overdue if as_of else 0,
        "light": as_of.light if as_of else "grey",
        "article": clock.article,
        "certainty": clock.certainty,
        "unpublished_years": list(answer.unpublished_years),
        "suspensions": suspensions,
        "extensions": [event for event in clock.events if event["type"] == "extend"],
        "months": days.panel(answer, suspensions, viewer.calendar, viewer.today),
        "warned": clock.warned is not None and clock.warned == clock.due,
        "lapsed": clock.lapsed is not None and clock.lapsed == clock.due,
    }


def _suspension(event: Mapping[str, Any]) -> View:
    """A suspension with the words of the law for its reason."""
    return {**event, "reason_name": _reason(event["reason"])}


def _reason(given: Any) -> Any:
    """A reason as people read it: the engine's own and that of a suspension in words, any other as it was given."""
    return REASONS.get(given) or law.SUSPENSIONS.get(given, given)


def overdue(viewer: Viewer, version: ChainVersion, case: Case) -> Iterator[View]:
    """Legal effects that wait for an officer, because their calendar was published late."""
    names = {e.id: e.name or e.id for process in version.processes.values() for e in process.elements.values()}
    for incident in case.incidents.values():
        due = case.standing().get(str(incident.deadline)) if incident.code == LATE_CALENDAR else None
        if due is not None:
            payload = {"deadline": incident.deadline, "due": due}
            found = case.matter_of(str(incident.deadline))
            yield {
                **payload,
                "element_name": names.get(str(incident.element), incident.element),
                "matter": found.number if found is not None else None,
                "due_on": viewer.due_on(due),
                "may": viewer.may(case, ("ConfirmDeadline",), payload),
            }


# ------------------------------------------------------------------ materials


def materials(viewer: Viewer, version: ChainVersion, case: Case) -> list[View]:
    """What the items of the case's process ask for, each material once, with what is at hand.

    `asked`: the items of the case's matters ask for it, and say whether it is needed; before the first matter all
    items of the process do. What only other items ask for comes after it; once a decision table has chosen among
    items, what only those that it passed over ask for is left out, unless it is at hand.
    """
    published = version.items_of(case.process)
    if published is None:
        return []
    came, held = {matter.item for matter in case.matters.values()}, {material for material, _ in case.materials}
    choices = version.choices(case.process)
    passed_over = {key for choice in choices if choice & came for key in choice - came}
    needs: dict[str, list[Any]] = {}
    for item in sorted(published.items.values(), key=lambda item: (item.key not in came, item.key in passed_over)):
        for need in item.materials:
            if item.key not in passed_over or (need.material in held and need.material not in needs):
                needs.setdefault(need.material, []).append((item, need))
    commands = ("SupplyMaterial",) if case.matters else ("SupplyMaterial", "RemoveMaterial")
    open_to = viewer.may(case, commands, {}) if case.is_open else []
    cards = []
    for key, found in needs.items():
        own = [(item, need) for item, need in found if item.key in came] if came else found
        required_by = {item.key for item, need in own or found if need.required}
        told = {"asked": bool(own), "needed": needed(required_by, () if came else choices)}
        cards.append({**_material(viewer, version, case, key, own or found, open_to), **told})
    return cards


def needed(required_by: set[str], choices: Iterable[frozenset[str]] = ()) -> str:
    """Whether a case needs a material that these items require: `always`, `never`, or as what it will be about says.

    `some`: only items among which a decision table has still to choose require it, and not all that it may choose.
    """
    if not required_by:
        return "never"
    chosen = list(choices)
    sure = required_by.difference(*chosen) or any(choice <= required_by for choice in chosen)
    return "always" if sure else "some"


def _material(viewer: Viewer, version: ChainVersion, case: Case, key: str, needs: list[Any], may: list[str]) -> View:
    published = version.catalogue.materials.get(key) if version.catalogue else None
    source = needs[0][1].source
    files = [
        {
            "digest": found.file if found.size else None,
            "certificate": None if found.size else found.file,
            "name": found.name,
            "size": found.size,
            "media_type": found.media_type,
            "by": viewer.name(found.by),
            "at": found.at,
            "source": found.source,
            "origin": found.origin,
        }
        for (material, _), found in case.materials.items()
        if material == key
    ]
    return {
        "key": key,
        "name": published.name if published else key,
        "required": any(need.required for _, need in needs),
        "tolerable": all(need.tolerable for _, need in needs),
        "items": [item.name for item, _ in needs],
        "source": source,
        "source_name": SOURCES.get(source, source),
        "types": list(published.types) if published else [],
        "max_mb": published.max_mb if published else 20,
        "files": files,
        "supplied": bool(files),
        "may": may if source == "applicant" else [],
    }


# ------------------------------------------------------------------ history


def entry(viewer: Viewer, version: ChainVersion, case: Case, found: Entry) -> View:
    """One line of the history of the case, with what was done told in words."""
    day = datetime.fromisoformat(found.recorded_at).astimezone(viewer.now.tzinfo).date().isoformat()
    return {
        "sequence": found.sequence,
        "at": found.recorded_at,
        "effective_on": found.effective_on if found.effective_on != day else None,
        "actor": viewer.person_of(found.actor),
        "basis": basis(viewer, found.basis),
        "command": found.command["type"],
        "summary": list(told(version, case, found)),
    }


def basis(viewer: Viewer, value: Mapping[str, Any]) -> str:
    """The basis of authority in words."""
    text = BASES.get(str(value.get("kind")), str(value.get("kind", "")))
    parts = [viewer.name(str(value["department"]))] if value.get("department") else []
    if value.get("role"):
        parts.append(viewer.role(str(value["role"])))
    if value.get("for_person"):
        parts.append(f"代 {viewer.name(str(value['for_person']))}")
    return f"{text}（{' · '.join(parts)}）" if parts else text


def told(version: ChainVersion, case: Case, found: Entry) -> Iterator[str]:
    """A line for each effect that somebody outside the engine would want to know of."""
    for effect in found.effects:
        kind = effect["type"]
        if kind == "matter_received":
            yield f"收件：{_item_name(version, effect['item'])}"
        elif kind == "matter_moved":
            name = state_name(effect["state"])
            reason = f"（{_reason(effect['reason'])}）" if effect.get("reason") else ""
            yield f"{matter_name(version, case, effect['matter'])}：{name}{reason}"
        elif kind == "task_opened":
            yield f"待办：{effect['name']}"
        elif kind == "clock_changed" and effect["state"] != "stopped":
            yield f"{matter_name(version, case, effect['matter'])}：{_clock_told(effect)}"
        elif kind == "incident_raised":
            yield f"异常：{effect['cause']}"
        elif kind == "result_added":
            yield f"结果：{effect['title']}"
        elif kind == "material_supplied":
            origin = f"（取自 {effect['origin']}）" if effect.get("origin") else ""
            yield f"材料：{effect['name']}{origin}"
        elif kind == "project_joined":
            yield f"归入项目：{effect['project']}"
        elif kind == "facts_handed_on":
            yield "向项目后续阶段移交要素"
        elif kind == "case_migrated":
            yield "改用新版本"
        elif kind == "case_ended":
            yield "办结" if effect["outcome"] == "completed" else "终止"
    reason = found.command["payload"].get("reason")
    if found.command["type"] in MOVED_BY_HAND and isinstance(reason, str):
        yield f"原因：{reason}"


def _clock_told(effect: Mapping[str, Any]) -> str:
    """What became of a clock: its due date, that it is stopped for a while, that it warned or lapsed."""
    title, due = CLOCK_TITLES.get(effect["name"], effect["name"]), effect.get("due")
    if due is None:
        return f"{title}停表" if effect["state"] == "suspended" else title
    for mark, words in (("lapsed", "已超期"), ("warned", "预警")):
        if effect.get(mark) == due:
            return f"{title}{words}（{due}）"
    return f"{title}至 {due}"


def state_name(state: str) -> str:
    """A state of a matter in the words of the law."""
    return law.NAMES[law.State(state)]


def matter_name(version: ChainVersion, case: Case, number: int) -> str:
    """How people call a matter of the case: by its item."""
    return _item_name(version, case.matters[number].item) if number in case.matters else str(number)


def _item_name(version: ChainVersion, key: str) -> str:
    item = version.catalogue.items.get(key) if version.catalogue else None
    return item.name if item else key
