"""The pages before a move by hand: the moves that are offered, where they lead, and what they would change.

Holds no rule: the door decides whether a move goes through.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.base.errors import NotFound
from engine.case import moves
from engine.case.authority import About
from engine.case.records import TaskOpened, encode, plain
from engine.case.state import Case, body_of
from engine.hall.door.derived import display_name
from engine.law import matter as law
from engine.law.organisation import Named, holds
from engine.model.chain import ChainVersion
from engine.model.chain.model import Element
from engine.model.runtime.changes import ROOT, Token
from engine.reading.views import incidents
from engine.reading.views.matters import matter_name
from engine.reading.views.sending_back import Target, targets
from engine.reading.views.sight import Person, Sight, Viewer
from engine.reading.views.task_card import TaskCard, task_card

OF_A_TASK = ("SendBack", "AddSigner", "RemoveSigner", "SkipTask")
OF_A_CASE = ("MoveToken", "SetFact", "MigrateCase", "CancelCase")

_NO_PLACE = frozenset({"startEvent", "boundaryEvent", "endEvent"})
"""Where a token never stands."""
LONGEST_VALUE = 400
"""Characters of a fact that a list shows."""
_KEPT = "…"


# ------------------------------------------------------------------ a task


@dataclass(frozen=True, slots=True)
class Signer:
    """One who signs; `state`: signed | signing | waiting | removed."""

    index: int
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Signing:
    """Who signs, in order, and where another one may come in.

    places    of before | after | beside
    own       index of the task's own signer
    choices   those of the organisation who may be added, by people | departments | roles; None: the signers are values
              like `example`, JSON
    """

    places: tuple[str, ...]
    own: int
    signers: tuple[Signer, ...]
    choices: Mapping[str, tuple[Person, ...]] | None
    example: str


@dataclass(frozen=True, slots=True)
class TaskMoves:
    """The moves of a task beside completing it, with what each of them asks for."""

    task: TaskCard
    may: tuple[str, ...]
    send_back: tuple[Target, ...]
    signing: Signing | None


def of_task(sight: Sight, case: str, token: int) -> TaskMoves:
    """The moves of an open task. Raises NotFound."""
    _, state, version = sight.opened(case)
    opened = state.tasks.get(token)
    if opened is None:
        raise NotFound(
            f"Expected task {token} of case {case} to be open; it isn't any more.", sentence="task_gone", case=case
        )
    viewer = sight.viewer
    may = offered(viewer, state, opened)
    return TaskMoves(
        task=task_card(viewer, version, state, opened, display_name(state.applicant)),
        may=may,
        send_back=targets(state, version, opened, viewer.person_of) if "SendBack" in may else (),
        signing=_signing(sight, version, state, opened),
    )


def offered(viewer: Viewer, case: Case, opened: TaskOpened) -> tuple[str, ...]:
    """Which moves the viewer might make with a task as it stands."""
    several = moves.countersigned(case, opened) is not None
    sensible = {"SendBack": _was_before(case, opened), "AddSigner": several, "RemoveSigner": several, "SkipTask": True}
    return viewer.may(case, [name for name in OF_A_TASK if sensible[name]], About(task=opened.token))


def _was_before(case: Case, opened: TaskOpened) -> bool:
    """Whether anything was completed in the bodies around the task."""
    levels = [body_of(case, opened.token)]
    while levels[-1] != ROOT:
        levels.append(body_of(case, levels[-1]))
    return any(
        level in levels and element != opened.element and signers.rounds
        for (level, element), signers in case.signers.items()
    )


def _signing(sight: Sight, version: ChainVersion, case: Case, opened: TaskOpened) -> Signing | None:
    """None for a task that one person does. Of signers that are withheld, only how many there are."""
    countersigned = moves.countersigned(case, opened)
    if countersigned is None:
        return None
    body, own = countersigned
    multi = case.tokens[body].multi
    if multi is None:
        return None
    process, _ = moves.body_at(case, version, body_of(case, body))
    element = process.elements[case.tokens[body].element]
    running = {token.index for token in case.tokens.values() if token.level == body}
    made_of = f"{element.multi.input_collection} {element.multi.input_element}" if element.multi else ""
    kept = any(name in made_of for name in sight.withheld(case, version))
    items = [_KEPT if kept else plain(item) for item in multi.items]

    def state(index: int) -> str:
        if index in multi.removed:
            return "removed"
        return "signing" if index in running else "waiting" if index >= multi.next else "signed"

    return Signing(
        places=("before", "after") if element.multi is not None and element.multi.sequential else ("beside",),
        own=own,
        signers=tuple(Signer(index, _signer(sight.viewer, item), state(index)) for index, item in enumerate(items)),
        choices=_choices(sight.viewer, items, bool(element.candidate_users)),
        example=json.dumps(encode(items[own]), ensure_ascii=False) if own < len(items) and not kept else "",
    )


def _signer(viewer: Viewer, item: Any) -> str:
    named = item.get("name") or item.get("department") if isinstance(item, Mapping) else item
    if not isinstance(named, str):
        return json.dumps(encode(item), ensure_ascii=False)
    role, sign, department = named.removeprefix("role:").partition("@")
    return f"{viewer.name(department)} {viewer.role(role)}" if sign else viewer.name(named)


def _choices(viewer: Viewer, items: list[Any], by_candidates: bool) -> Mapping[str, tuple[Person, ...]] | None:
    """Who may be added: anybody where the signers are candidates of the task, else those of the same list as they."""
    hall = viewer.organisation
    if hall is None or not items or not all(isinstance(item, str) and hall.party(item, viewer.today) for item in items):
        return None
    departments = tuple(one for one in hall.departments if hall.party(one.key, viewer.today))
    held = dict.fromkeys((g.role, g.department) for g in hall.grants if g.department and holds(g, viewer.today))
    keys = [f"role:{role}@{place}" for role, place in held]
    roles = tuple(Named(key, _signer(viewer, key)) for key in keys if hall.party(key, viewer.today))
    lists: dict[str, tuple[Named, ...]] = {"people": hall.people, "departments": departments, "roles": roles}
    if not by_candidates:
        lists["roles"] = hall.roles
        lists = {kind: named for kind, named in lists.items() if {*items} <= {one.key for one in named}}
    return {kind: tuple(Person(one.key, one.name) for one in named) for kind, named in lists.items()} or None


# ------------------------------------------------------------------ a case


@dataclass(frozen=True, slots=True)
class Place:
    """An element of a model."""

    element: str
    name: str


@dataclass(frozen=True, slots=True)
class Body:
    """A process or subprocess around a token, with the elements that the token may be moved to."""

    name: str
    targets: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class OpenToken:
    """An open token that holds nothing else, and the bodies around it from the inside out."""

    token: int
    element: str
    name: str
    holder: Person | None
    bodies: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class FactLine:
    """A fact of a case: its JSON, at most `LONGEST_VALUE` characters of it, and the part of the model that it is in.

    `is_withheld`: there is a value, and the viewer may not read it.
    """

    scope: int
    name: str
    value: str
    short: str
    where: str
    is_withheld: bool = False


@dataclass(frozen=True, slots=True)
class ChainName:
    """The chain of a case, and the digest of the version that it runs."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """Another version of the same chain."""

    number: int
    digest: str
    published_at: str


@dataclass(frozen=True, slots=True)
class Repairs:
    """Where a case stands, and what an administrator can set right by hand."""

    case: str
    title: str
    chain: ChainName
    incidents: tuple[incidents.IncidentLine, ...]
    versions: tuple[OtherVersion, ...]
    may: tuple[str, ...]
    tokens: tuple[OpenToken, ...]
    facts: tuple[FactLine, ...]


def of_case(sight: Sight, number: str) -> Repairs:
    """The repairs of a case. For administrators."""
    sight.need_administrator()
    row, case, version = sight.opened(number)
    holding = {token.level for token in case.tokens.values()}
    leaves = [token for number, token in sorted(case.tokens.items()) if number not in holding and number != ROOT]
    return Repairs(
        case=row.id,
        title=row.title,
        chain=ChainName(version.title, row.chain),
        incidents=incidents.of_case(sight, row.id),
        versions=tuple(
            OtherVersion(other.number, other.digest, other.published_at)
            for other in sight.reading.chains()
            if other.name == version.name and other.digest != row.chain
        ),
        may=sight.viewer.may(case, OF_A_CASE) if case.is_open else (),
        tokens=tuple(_token(sight.viewer, version, case, token) for token in leaves),
        facts=tuple(_fact(sight, version, case, scope, name) for scope, name in case.facts),
    )


def _token(viewer: Viewer, version: ChainVersion, case: Case, token: Token) -> OpenToken:
    task = case.tasks.get(token.number)
    return OpenToken(
        token=token.number,
        element=token.element,
        name=element_name(standing_at(case, version, token)),
        holder=viewer.person_of(task.assignee) if task is not None else None,
        bodies=tuple(_bodies(version, case, token)),
    )


def _bodies(version: ChainVersion, case: Case, token: Token) -> Iterator[Body]:
    level = body_of(case, token.number)
    while True:
        process, body = moves.body_at(case, version, level)
        yield Body(
            name=process.name if body == process.id else element_name(process.elements[body]),
            targets=tuple(
                Place(element.id, element_name(element))
                for element in process.elements.values()
                if element.parent == body and element.kind not in _NO_PLACE and not element.event_subprocess
            ),
        )
        if level == ROOT:
            return
        level = body_of(case, level)


def standing_at(case: Case, version: ChainVersion, token: Token) -> Element:
    """The element that an open token stands at."""
    process, _ = moves.body_at(case, version, body_of(case, token.number))
    return process.elements[token.element]


def element_name(element: Element) -> str:
    return element.name or element.id


def _fact(sight: Sight, version: ChainVersion, case: Case, scope: int, name: str) -> FactLine:
    value, where = plain(case.facts[scope, name]), _where(version, case, scope)
    if value not in (None, "", []) and name in sight.withheld(case, version):
        return FactLine(scope, name, "", "", where, is_withheld=True)
    text = json.dumps(encode(value), ensure_ascii=False)
    return FactLine(scope, name, text, text[:LONGEST_VALUE], where)


def _where(version: ChainVersion, case: Case, scope: int) -> str:
    """The part of the model whose fact it is."""
    token = next((t for t in case.tokens.values() if scope in (t.scope, t.inner)), None)
    if token is None or token.number == ROOT:
        return version.processes[case.process].name
    element = standing_at(case, version, token)
    inner = version.processes.get(element.called or "") if token.inner == scope else None
    return f"{element_name(element)} › {inner.name}" if inner is not None else element_name(element)


# ------------------------------------------------------------------ foreseen


@dataclass(frozen=True, slots=True)
class ClosedTask:
    """A task that is taken away, and who holds it."""

    name: str
    holder: Person | None


@dataclass(frozen=True, slots=True)
class MovedMatter:
    """A matter by its item, and the state of `engine.law.matter` that it comes to."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The rehearsed effects of a command, as people understand them.

    `left` names what else is broken off, `opened` the tasks that open; `ended` None | completed | cancelled.
    """

    closed: tuple[ClosedTask, ...]
    left: tuple[str, ...]
    opened: tuple[str, ...]
    matters: tuple[MovedMatter, ...]
    ended: str | None


def foreseen(sight: Sight, number: str, effects: Iterable[Mapping[str, Any]]) -> Foreseen:
    """Sum up effects that were rehearsed on a case. Raises NotFound."""
    _, case, version = sight.opened(number)
    closed: dict[int, ClosedTask] = {}
    left: dict[str, None] = {}
    opened: list[str] = []
    matters: list[MovedMatter] = []
    ended = None
    for effect in effects:
        kind, token = effect["type"], effect.get("token")
        if kind == "task_closed" and token in case.tasks and effect.get("person") is None:
            task = case.tasks[token]
            closed[token] = ClosedTask(task.name, sight.viewer.person_of(task.assignee))
        elif kind == "task_opened" and token not in case.tasks:
            opened.append(effect["name"])
        elif kind == "element_terminated" and token in case.tokens and token not in (ROOT, *case.tasks):
            left[element_name(standing_at(case, version, case.tokens[token]))] = None
        elif kind == "matter_moved":
            name = matter_name(version, case, effect["matter"])
            matters.append(MovedMatter(name, str(law.State(effect["state"]))))
        elif kind == "case_ended":
            ended = effect["outcome"]
    return Foreseen(tuple(closed.values()), tuple(left), tuple(opened), tuple(matters), ended)
