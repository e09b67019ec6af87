"""What the pages show before something is moved by hand: what may be done, where it may go, what would come of it.

Pure: from a case and its version; holds no rule. Whether a move goes through is the door's to say.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.case import moves
from engine.case.records import TaskOpened, encode, plain
from engine.case.state import Case, body_of
from engine.law.organisation import Named
from engine.model.chain import ChainVersion, Process
from engine.model.chain.model import Element
from engine.model.runtime.changes import ROOT, Token
from engine.reading.views import present
from engine.reading.views.present import View, Viewer
from engine.reading.views.sending_back import targets

OF_A_TASK = ("SendBack", "AddSigner", "RemoveSigner", "SkipTask")
OF_A_CASE = ("MoveToken", "SetFact", "MigrateCase", "CancelCase")

_NO_PLACE = frozenset({"startEvent", "boundaryEvent", "endEvent"})
"""Where a token never stands."""
LONGEST_VALUE = 400
"""Characters of a fact that a list shows."""


# ------------------------------------------------------------------ a task


def offered(viewer: Viewer, case: Case, opened: TaskOpened) -> list[str]:
    """Which moves the viewer might make with a task as it stands."""
    several = moves.countersigned(case, opened) is not None
    sensible = {"SendBack": _was_before(case, opened), "AddSigner": several, "RemoveSigner": several, "SkipTask": True}
    return viewer.may(case, [name for name in OF_A_TASK if sensible[name]], {"task": opened.token})


def _was_before(case: Case, opened: TaskOpened) -> bool:
    """Whether anything was completed in the bodies around the task."""
    levels = [body_of(case, opened.token)]
    while levels[-1] != ROOT:
        levels.append(body_of(case, levels[-1]))
    return any(
        level in levels and element != opened.element and signers.rounds
        for (level, element), signers in case.signers.items()
    )


def of_task(viewer: Viewer, version: ChainVersion, case: Case, opened: TaskOpened) -> View:
    """`{"task", "may", "send_back": [target], "signing"}`; see `sending_back.targets`, `_signing`."""
    may = offered(viewer, case, opened)
    found = targets(case, version, opened) if "SendBack" in may else []
    for target in found:
        for one in target["cancels"]:
            one["holder"] = viewer.person_of(one["holder"])
    return {
        "task": present.task(viewer, version, case, opened),
        "may": may,
        "send_back": found,
        "signing": _signing(viewer, version, case, opened),
    }


def _signing(viewer: Viewer, version: ChainVersion, case: Case, opened: TaskOpened) -> View | None:
    """Who signs, in order, and where another one may come in.

    `{"places", "own", "signers": [{"index", "name", "state"}], "people": [{"key", "name"}] | None, "example"}`;
    `people` None: signers aren't keys of the organisation, and one more is a value like `example`.
    """
    found = moves.countersigned(case, opened)
    if found is None:
        return None
    body, own = found
    multi = case.tokens[body].multi
    if multi is None:
        return None
    process, _ = moves.body_at(case, version, body_of(case, body))
    loop = process.elements[case.tokens[body].element].multi
    running = {token.index for token in case.tokens.values() if token.level == body}
    items = [plain(item) for item in multi.items]

    def state(index: int) -> str:
        if index in multi.removed:
            return "removed"
        return "signing" if index in running else "waiting" if index >= multi.next else "signed"

    return {
        "places": ["before", "after"] if loop is not None and loop.sequential else ["beside"],
        "own": own,
        "signers": [{"index": i, "name": _signer(viewer, item), "state": state(i)} for i, item in enumerate(items)],
        "people": _like(viewer, items),
        "example": json.dumps(encode(items[own]), ensure_ascii=False) if own < len(items) else "",
    }


def _signer(viewer: Viewer, item: Any) -> str:
    named = item.get("name") or item.get("department") if isinstance(item, Mapping) else item
    return viewer.name(named) if isinstance(named, str) else json.dumps(encode(item), ensure_ascii=False)


def _like(viewer: Viewer, items: list[Any]) -> list[View] | None:
    """The list of the organisation that the signers are keys of."""
    found = viewer.organisation
    lists: tuple[tuple[Named, ...], ...] = (found.people, found.departments, found.roles) if found else ()
    for named in lists:
        keys = {one.key for one in named}
        if items and all(isinstance(item, str) and item in keys for item in items):
            return [{"key": one.key, "name": one.name} for one in named]
    return None


# ------------------------------------------------------------------ a case


def of_case(viewer: Viewer, version: ChainVersion, case: Case) -> View:
    """What an administrator can set right: `{"may", "tokens", "facts"}`; see `_token`, `_fact`."""
    holding = {token.level for token in case.tokens.values()}
    leaves = [token for number, token in sorted(case.tokens.items()) if number not in holding and number != ROOT]
    return {
        "may": viewer.may(case, OF_A_CASE, {}) if case.is_open else [],
        "tokens": [_token(viewer, version, case, token) for token in leaves],
        "facts": [_fact(version, case, scope, name, value) for (scope, name), value in case.facts.items()],
    }


def _token(viewer: Viewer, version: ChainVersion, case: Case, token: Token) -> View:
    """An open token that holds nothing else, and the elements around it: `{"bodies": [{"name", "targets"}]}`."""
    task = case.tasks.get(token.number)
    return {
        "token": token.number,
        "element": token.element,
        "name": _name(standing_at(case, version, token)),
        "holder": viewer.person_of(task.assignee) if task is not None else None,
        "bodies": list(_bodies(version, case, token)),
    }


def _bodies(version: ChainVersion, case: Case, token: Token) -> Iterator[View]:
    level = body_of(case, token.number)
    while True:
        process, body = moves.body_at(case, version, level)
        yield {
            "name": process.name if body == process.id else _name(process.elements[body]),
            "targets": [
                {"element": element.id, "name": _name(element)}
                for element in process.elements.values()
                if element.parent == body and element.kind not in _NO_PLACE and not element.event_subprocess
            ],
        }
        if level == ROOT:
            return
        level = body_of(case, level)


def standing_at(case: Case, version: ChainVersion, token: Token) -> Element:
    """The element that an open token stands at."""
    process, _ = moves.body_at(case, version, body_of(case, token.number))
    return process.elements[token.element]


def _name(element: Element) -> str:
    return element.name or element.id


def _fact(version: ChainVersion, case: Case, scope: int, name: str, value: Any) -> View:
    text = json.dumps(encode(plain(value)), ensure_ascii=False)
    where = _where(version, case, scope)
    return {"scope": scope, "name": name, "value": text, "short": text[:LONGEST_VALUE], "where": where}


def _where(version: ChainVersion, case: Case, scope: int) -> str:
    """The part of the model whose fact it is."""
    token = next((t for t in case.tokens.values() if scope in (t.scope, t.inner)), None)
    if token is None or token.number == ROOT:
        return version.processes[case.process].name
    element = standing_at(case, version, token)
    inner = version.processes.get(element.called or "") if token.inner == scope else None
    return f"{_name(element)} › {inner.name}" if inner is not None else _name(element)


# ------------------------------------------------------------------ what would come of it


def foreseen(viewer: Viewer, version: ChainVersion, case: Case, effects: Iterable[Mapping[str, Any]]) -> View:
    """What the rehearsed effects of a command mean to people.

    `{"closed": [{"name", "holder"}], "left": [name], "opened": [name], "matters": [{"name", "state"}], "ended"}`:
    `closed` are tasks taken away, `left` what else is broken off, `ended` None | "completed" | "cancelled".
    """
    closed: dict[int, View] = {}
    found: View = {"left": [], "opened": [], "matters": [], "ended": None}
    for effect in effects:
        kind, number = effect["type"], effect.get("token")
        if kind == "task_closed" and number in case.tasks and effect.get("person") is None:
            task = case.tasks[number]
            closed[number] = {"name": task.name, "holder": viewer.person_of(task.assignee)}
        elif kind == "task_opened" and number not in case.tasks:
            found["opened"].append(effect["name"])
        elif kind == "element_terminated" and number in case.tokens and number not in (ROOT, *case.tasks):
            found["left"].append(_name(standing_at(case, version, case.tokens[number])))
        elif kind == "matter_moved":
            name = present.matter_name(version, case, effect["matter"])
            found["matters"].append({"name": name, "state": present.state_name(effect["state"])})
        elif kind == "case_ended":
            found["ended"] = effect["outcome"]
    return {"closed": list(closed.values()), **found, "left": list(dict.fromkeys(found["left"]))}


# ------------------------------------------------------------------ from one version to another


def waiting(former: ChainVersion, to: ChainVersion, cases: Iterable[Case]) -> list[View]:
    """Where the cases wait, with how many of them, and whether the other version has that element.

    Each: `{"element", "name", "count", "kept", "choices": [{"element", "name"}]}`: elements of the same kind that could
    take its place.
    """
    counted: Counter[tuple[str, str]] = Counter()
    for case in cases:
        tokens = [token for token in case.tokens.values() if token.number != ROOT]
        counted.update({(_process(case, former, token).id, token.element) for token in tokens})
    found = []
    for (process, element), count in counted.items():
        old, new = former.processes[process].elements[element], to.processes.get(process)
        similar = [e for p in to.processes.values() for e in p.elements.values() if e.kind == old.kind]
        found.append(
            {
                "element": element,
                "name": _name(old),
                "count": count,
                "kept": new is not None and element in new.elements,
                "choices": [{"element": e.id, "name": _name(e)} for e in similar],
            }
        )
    return sorted(found, key=lambda one: (one["kept"], one["name"]))


def _process(case: Case, version: ChainVersion, token: Token) -> Process:
    return moves.body_at(case, version, body_of(case, token.number))[0]
