"""What each command does: one handler a command, in one table. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine.base import terms
from engine.base.errors import Conflict, InvalidInput, NotOpen, Refused
from engine.case import actions, clocks, migration, moves
from engine.case.decision import LATE_CALENDAR, Decision
from engine.case.records import (
    CaseStarted,
    FactSet,
    IncidentRaised,
    IncidentResolved,
    MaterialRemoved,
    MaterialSupplied,
    MessageQueued,
    MessageSettled,
    ProjectJoined,
    ResultAdded,
    TaskClaimed,
    TaskOpened,
    TaskReleased,
    ValuesErased,
    plain,
)
from engine.case.state import Matter, body_of
from engine.case.working import ROOT, Thrown, Working, text_of
from engine.law import matter as law
from engine.model.runtime.changes import scope_of

# ------------------------------------------------------------------ handlers: starting, tasks


def _start_case(d: Decision) -> None:
    w, payload, chain = d.w, d.payload, d.w.context.chain
    process = payload.get("process") or chain.main
    if process not in chain.processes:
        raise InvalidInput(
            f"Expected a process of chain {chain.name}; found {process!r}.", errors={"process": "unknown"}
        )
    title = payload.get("title") or chain.title_of(process) or chain.processes[process].name
    w.emit(
        CaseStarted(
            w.case.id,
            chain.digest,
            process,
            title,
            payload.get("applicant"),
            payload.get("channel") or "window",
            w.at,
        )
    )
    for name, value in (payload.get("variables") or {}).items():
        w.emit(FactSet(ROOT, name, w.wrap(name, value)))
    d.start(process)


def _open_task(d: Decision) -> TaskOpened:
    number = d.payload["task"]
    task = d.w.case.tasks.get(number)
    if task is None:
        raise NotOpen(
            f"Expected task {number} of case {d.w.case.id} to be open; it was completed or withdrawn meanwhile. "
            "Reload the worklist.",
            task=number,
        )
    return task


def _claim(d: Decision) -> None:
    task, actor = _open_task(d), d.w.command.actor
    if task.assignee not in (None, actor):
        raise Conflict(
            f"Expected task '{task.name}' to be free; it is claimed by {task.assignee}.",
            task=task.token,
            holder=task.assignee,
        )
    if task.assignee is None:
        d.w.emit(TaskClaimed(task.token, actor, d.w.at))


def _release(d: Decision) -> None:
    task = _open_task(d)
    if task.assignee is None:
        raise NotOpen(f"Expected task '{task.name}' to be claimed; nobody holds it.", task=task.token)
    d.w.emit(TaskReleased(task.token))


def _transfer(d: Decision) -> None:
    task = _open_task(d)
    d.w.emit(TaskClaimed(task.token, text_of(d.payload.get("to"), "to"), d.w.at))


def _complete(d: Decision) -> None:
    """Claims implicitly; the form says which values it takes."""
    task, w = _open_task(d), d.w
    _claim(d)
    variables = dict(d.payload.get("variables") or {})
    form = w.context.chain.forms.get(task.form) if task.form else None
    if form is not None:
        given = {name: plain(value) for name, value in variables.items()}
        scope = scope_of(d.w.case.tokens, task.token)
        checked = form.check(given, d.host.values(scope))
        variables = {n: variables[n] if n in given and given[n] == v else v for n, v in checked.items()}
    w.completed_by = (task.token, w.command.actor)
    d.run.complete(task.token, {name: w.wrap(name, value) for name, value in variables.items()})


# ------------------------------------------------------------------ handlers: messages, time, outside


def _message(d: Decision) -> None:
    key = d.payload.get("correlation_key")
    thrown = Thrown(d.payload["name"], None if key is None else str(key), d.payload.get("variables") or {})
    if not d.deliver(thrown.name, thrown.key, thrown.variables):
        d.keep(thrown)


def _signal(d: Decision) -> None:
    d.broadcast(d.payload["name"], d.payload.get("variables") or {})


def _deadline(d: Decision) -> None:
    """One that is stale does nothing; one that isn't due yet is refused."""
    w, key, due = d.w, d.payload["deadline"], d.payload["due"]
    standing = w.case.deadlines().get(key)
    if standing is None or datetime.fromisoformat(standing) != datetime.fromisoformat(due):
        raise NotOpen(f"Expected deadline {key} of case {w.case.id} at {due}; it stands at {standing}.", deadline=key)
    if datetime.fromisoformat(due) > w.now:
        raise NotOpen(f"Expected deadline {key} to be due; it is {due}, and now is {w.at}.", deadline=key)
    kind, number, arm = key.split(":", 2)
    if kind == "token":
        d.run.fire(int(number), arm, {})
    else:
        _clock_due(d, int(number), arm)


def _confirm(d: Decision) -> None:
    """A legal effect that waited for its calendar takes place, from its true day on: an officer has said so."""
    key = d.payload["deadline"]
    held = next((i for i in d.w.case.incidents.values() if i.deadline == key and i.code == LATE_CALENDAR), None)
    if held is None:
        raise NotOpen(f"Expected deadline {key} of case {d.w.case.id} to wait for somebody; it doesn't.", deadline=key)
    d.w.emit(IncidentResolved(held.incident, "confirmed"))
    _deadline(d)


def _recount(d: Decision) -> None:
    """Count the open clocks, and the timers that count workdays, by the calendar now in force."""
    d.w.calendar_moved = True
    for clock in list(d.w.case.clocks.values()):
        clocks.recount(d.w, clock)
    d.retime(recount=True)
    if not d.w.effects:
        raise NotOpen(f"Expected case {d.w.case.id} to have a clock that the calendar changes; it has none.")


def _clock_due(d: Decision, number: int, arm: str) -> None:
    """Warning to those who work on it; lapse to the supervisor as well. Source: 行政许可法 art. 42, 74."""
    clock = d.w.case.clocks[number]
    clocks.mark(d.w, clock, arm)
    found = d.w.matter(clock.matter)
    if arm == "warn" and clock.due_at is not None and datetime.fromisoformat(clock.due_at) <= d.w.now:
        return  # late: that it will lapse isn't worth saying any more
    content = {"matter": found.number, "clock": clock.name, "due": clock.due, "item": d.w.item_name(found)}
    for to in _responsible(d, found):
        d.w.notify(to, f"clock_{'warned' if arm == 'warn' else 'lapsed'}", content)
    if arm != "warn":
        d.w.notify("role:supervisor", "clock_lapsed", content)


def _responsible(d: Decision, found: Matter) -> list[str]:
    """Who works on the matter now: holders of its open tasks, else the head of the department that handles it."""
    holders = {t.assignee for t in d.w.case.tasks.values() if t.matter == found.number and t.assignee}
    department = d.w.handles(found.item, found.owner or found.department, found.area)
    return [f"person:{person}" for person in sorted(holders)] or [f"role:head@{department}"]


def _answer(d: Decision) -> None:
    """An answer that nobody waits for any more is dropped; its message is settled all the same.

    `error`: the outside says that it can't be done; what catches the code in the model goes on.
    """
    token, number = d.payload["token"], d.payload.get("message")
    pending = next((m for m in d.w.case.outbox.values() if number in (None, m.message) and m.token == token), None)
    if pending is None:
        raise NotOpen(f"Expected token {token} to wait for an answer of message {number}; it doesn't.", token=token)
    waits = token in d.w.case.tokens
    d.w.emit(MessageSettled(pending.message, "answered" if waits else "dropped"))
    variables = d.payload.get("variables") or {}
    if waits and d.payload.get("error"):
        d.run.fail(token, str(d.payload["error"]))
    elif waits:
        _keep_results(d, pending.payload, variables)
        _keep_material(d, pending, variables)
        if pending.action == "project.join":
            variables = _join_project(d, pending, variables)
        d.run.answer(token, variables)


def _keep_results(d: Decision, payload: Any, variables: Mapping[str, Any]) -> None:
    """Documents and certificates that came back are results of the case, to be shown and handed over."""
    asked = plain(payload) or {}
    for kind in ("document", "certificate"):
        value = plain(variables.get(kind))
        if isinstance(value, Mapping) and not (kind == "certificate" and "content" not in asked):
            title = str(value.get("title") or value.get("name") or asked.get("name") or asked.get("kind") or kind)
            number = asked.get("matter")
            d.w.emit(
                ResultAdded(
                    d.w.number(),
                    kind,
                    title,
                    number if isinstance(number, int) else None,
                    d.w.personal(value),
                )
            )


def _keep_material(d: Decision, asked: MessageQueued, variables: Mapping[str, Any]) -> None:
    """A certificate that was found or issued is at hand as the material that it proves: nobody hands it in."""
    found, catalogue = plain(variables.get("certificate")), d.w.context.chain.catalogue
    if not isinstance(found, Mapping) or catalogue is None:
        return
    kind, number = found.get("kind"), str(found.get("identifier") or found.get("number") or "")
    needs = (need for item in catalogue.items.values() for need in item.materials)
    source = "certificate" if asked.action == "certificate.find" else "matter"
    for material in dict.fromkeys(need.material for need in needs if need.certificate == kind):
        if (material, number) not in d.w.case.materials:
            title = str(found.get("title") or kind)
            d.w.emit(
                MaterialSupplied(material, number, title, 0, "application/json", d.w.command.actor, d.w.at, source)
            )


def _join_project(d: Decision, asked: MessageQueued, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """The case becomes a stage of the project, and what earlier stages were given needn't be handed in again.

    The answer's `papers` ({material, file, name, size, media_type, case} each) are no fact; the rest of it is.
    """
    w, catalogue = d.w, d.w.context.chain.catalogue
    code = terms.check("project_code", (plain(asked.payload) or {}).get("code"))
    known = _shaped("project", plain(variables.get("project")) or {}, {})
    matters = _rows("matters", known.get("matters"), {"item": str})
    papers = _rows("papers", plain(variables.get("papers")), _PAPER)
    granted = {m["item"] for m in matters if law.stands(m.get("decision"), str(m.get("state")))}
    w.emit(ProjectJoined(code, tuple(sorted(granted))))
    at_hand = {material for material, _ in w.case.materials}
    wanted = {need.material for item in catalogue.items.values() for need in item.materials} if catalogue else set()
    for paper in papers:
        if paper["material"] in wanted - at_hand:
            values = {name: paper[name] for name in ("material", "file", "name", "size", "media_type")}
            w.emit(MaterialSupplied(**values, by=w.command.actor, at=w.at, source="matter", origin=paper["case"]))
    return {name: value for name, value in variables.items() if name != "papers"}


_PAPER: Mapping[str, type] = {"material": str, "file": str, "name": str, "size": int, "media_type": str, "case": str}


def _rows(name: str, told: Any, fields: Mapping[str, type]) -> list[Mapping[str, Any]]:
    """A list of objects with these fields, as the outside tells it; none is an empty one. Raises InvalidInput."""
    if told is not None and not isinstance(told, list | tuple):
        raise InvalidInput(f"Expected {name} as a list; found {type(told).__name__}.", errors={name: "is wrong"})
    return [_shaped(name, row, fields) for row in told or ()]


def _shaped(name: str, told: Any, fields: Mapping[str, type]) -> Mapping[str, Any]:
    wrong = [n for n, kind in fields.items() if not isinstance(told, Mapping) or not isinstance(told.get(n), kind)]
    if wrong or not isinstance(told, Mapping):
        raise InvalidInput(
            f"Expected {name} as an object with {', '.join(fields) or 'values'}; these are wrong: {', '.join(wrong)}.",
            errors={name: "is wrong"},
        )
    return told


def _settle_message(d: Decision) -> None:
    if d.payload["message"] not in d.w.case.outbox:
        raise NotOpen(
            f"Expected message {d.payload['message']} to be pending; it is settled.",
            number=d.payload["message"],
        )
    d.w.emit(MessageSettled(d.payload["message"], "delivered"))


def _fail_job(d: Decision) -> None:
    message = d.w.case.outbox.get(d.payload["message"])
    if message is None:
        raise NotOpen(f"Expected message {d.payload['message']} to be pending; it is settled.")
    held = d.w.case.tokens.get(message.token) if message.token is not None else None
    raise_incident(
        d.w,
        element=held.element if held is not None else None,
        code="outside",
        cause=d.payload["reason"],
        token=message.token,
        message=message.message,
    )


def raise_incident(w: Working, **facts: Any) -> None:
    w.emit(IncidentRaised(w.number(), at=w.at, **facts))


# ------------------------------------------------------------------ handlers: materials, clocks, matters


def _supply(d: Decision) -> None:
    p, w = d.payload, d.w
    catalogue = w.context.chain.catalogue
    if catalogue is not None and p["material"] not in catalogue.materials:
        raise InvalidInput(
            f"Expected a material that the catalogue asks for; found {p['material']!r}.",
            errors={"material": "unknown"},
        )
    w.emit(MaterialSupplied(p["material"], p["file"], p["name"], p["size"], p["media_type"], w.command.actor, w.at))


def _remove(d: Decision) -> None:
    key = (d.payload["material"], d.payload["file"])
    if key not in d.w.case.materials:
        raise NotOpen(f"Expected material {key[0]} with that file at hand; it isn't.", material=key[0])
    if d.w.case.matters:
        raise Refused(
            "Expected the papers to be still at the window; matters were received with them. Hand in a new one instead."
        )
    d.w.emit(MaterialRemoved(*key))


def _suspend_clock(d: Decision) -> None:
    """The applicant is told the reason and how long it takes. Source: 行政许可法 art. 45."""
    found, reason = d.w.matter(d.payload["matter"]), law.suspension(text_of(d.payload["reason"], "reason"))
    actions.suspend(d.w, found, reason)
    content = {"matter": found.number, "item": d.w.item_name(found), "reason": reason}
    needed = d.payload.get("workdays")
    d.w.notify("applicant", "suspended", content if needed is None else content | {"workdays": needed})


def _resume_clock(d: Decision) -> None:
    actions.resume(d.w, d.w.matter(d.payload["matter"]))


def _extend_clock(d: Decision) -> None:
    amount, reason = d.payload["amount"], text_of(d.payload["reason"], "reason")
    if amount <= 0:
        raise InvalidInput(f"Expected an extension above 0; found {amount}.", errors={"amount": "above 0"})
    clocks.extend(d.w, d.w.matter(d.payload["matter"]), amount, reason)


def _withdraw(d: Decision) -> None:
    """The model decides whether it waits for a withdrawal: until the decision or the entry in the register."""
    found = d.w.matter(d.payload["matter"])
    reason = d.payload.get("reason")
    if law.State(found.state) not in law.UNDECIDED:
        raise Refused(
            f"Expected matter {d.w.name_of(found)} to be undecided for a withdrawal; it is {found.state}.",
            matter=found.number,
            zh="该事项已经决定或者已经办结，不能撤回申请。",
        )
    if not d.deliver("withdraw", found.item, {"reason": reason} if reason else {}):
        raise Refused(
            f"Expected matter {d.w.name_of(found)} to wait for a withdrawal; where its procedure stands, nothing does.",
            matter=found.number,
            zh="该事项的办理流程在当前环节不接受撤回申请。",
        )


# ------------------------------------------------------------------ handlers: administration


def _set_fact(d: Decision) -> None:
    scope, name = d.payload.get("scope", ROOT), d.payload["name"]
    if scope not in d.w.case.scopes:
        raise NotOpen(f"Expected an open scope; found {scope}.", scope=scope)
    d.w.emit(FactSet(scope, name, d.w.wrap(name, d.payload["value"])))


def _move(d: Decision) -> None:
    planned = moves.plan(d.w.case, d.w.context.chain, d.payload["token"], d.payload["target"])
    d.run.move(planned.token, planned.target, planned.cancels)


def _migrate(d: Decision) -> None:
    """Decided in the context of the version that the case goes to."""
    w, former = d.w, d.w.context.former
    text_of(d.payload["reason"], "reason")
    if former is None or former.digest == w.context.chain.digest:
        raise Refused(f"Expected another version than the one that case {w.case.id} runs; found the same.")
    effect = migration.moved(w.case, former, w.context.chain, d.payload.get("elements") or {})
    found = migration.obstacles(w.case, former, w.context.chain, effect)
    if found:
        raise Refused(
            f"Expected a version that case {w.case.id} can go on in; {len(found)} things stand in the way: "
            f"{found[0].problem}",
            obstacles=[obstacle.as_dict() for obstacle in found],
        )
    w.emit(effect)
    d.run.reconcile(migration.known_waits(former, effect))
    for task in list(w.case.tasks.values()):
        element = migration.element_of(w.case, w.context.chain, w.case.tokens[task.token])
        described = d.host.described(task, element, scope_of(w.case.tokens, task.token))
        if described != task:
            w.emit(described)


def _send_back(d: Decision) -> None:
    """Clocks run on; the task that is opened again counts its rounds, and remembers who did it."""
    text_of(d.payload["reason"], "reason")
    planned = moves.send_back(d.w.case, d.w.context.chain, _open_task(d), d.payload["target"])
    d.run.move(planned.token, planned.target, planned.cancels)


def _skip(d: Decision) -> None:
    """As if it had been completed, by nobody: it counts as no round, and nobody has signed."""
    text_of(d.payload["reason"], "reason")
    variables = d.payload.get("variables") or {}
    d.run.complete(_open_task(d).token, {name: d.w.wrap(name, value) for name, value in variables.items()})


def _countersign(d: Decision) -> tuple[int, int]:
    """The multi-instance that the task is one signature of, and its index there. Raises Refused."""
    task = _open_task(d)
    found = moves.countersigned(d.w.case, task)
    if found is None:
        raise Refused(
            f"Expected '{task.name}' to be signed by several; it is signed by one. Send it back, or transfer it.",
            task=task.token,
            zh="该环节由一人办理，不能加签、减签。",
        )
    return found


def _add_signer(d: Decision) -> None:
    """`before` and `after` the one whose turn it is, where they sign in order; `beside`, where they sign at once."""
    text_of(d.payload["reason"], "reason")
    (body, index), place, signer = _countersign(d), d.payload["place"], d.w.wrap("signer", d.payload["signer"])
    process, _ = moves.body_at(d.w.case, d.w.context.chain, body_of(d.w.case, body))
    multi = process.elements[d.w.case.tokens[body].element].multi
    places = ("before", "after") if multi is not None and multi.sequential else ("beside",)
    if place not in places:
        raise InvalidInput(f"Expected place {' or '.join(places)}; found {place!r}.", errors={"place": "can't be"})
    if place == "before":
        d.run.add_ahead(body, signer)
    else:
        d.run.add_instance(body, signer, index + 1 if place == "after" else None)


def _remove_signer(d: Decision) -> None:
    text_of(d.payload["reason"], "reason")
    body, own = _countersign(d)
    index = d.payload.get("index")
    d.run.remove_instance(body, own if index is None else index)


def _incident(d: Decision) -> IncidentRaised:
    found = d.w.case.incidents.get(d.payload["incident"])
    if found is None:
        raise NotOpen(
            f"Expected incident {d.payload['incident']} to be open; it isn't.", incident=d.payload["incident"]
        )
    return found


def _technical(d: Decision) -> IncidentRaised:
    """The incident, if it is one for administrators: what the law attaches to a deadline is an officer's."""
    found = _incident(d)
    if found.code == LATE_CALENDAR:
        raise Refused(
            "Expected an incident that an administrator can resolve; this one is a legal effect that waits for an "
            "officer of the department. Let them confirm the deadline.",
            incident=found.incident,
        )
    return found


def _retry(d: Decision) -> None:
    """Unpark what could not be done: its deadline or message is taken up again by the scheduler."""
    d.w.emit(IncidentResolved(_technical(d).incident, "retried"))


def _resolve(d: Decision) -> None:
    """Close it for good, and give up what is parked behind it. A token that waits there can't be given up so."""
    found = _technical(d)
    if found.token in d.w.case.tokens:
        raise Refused(
            f"Expected nothing to wait behind incident {found.incident}; token {found.token} waits at {found.element}. "
            "Retry it, correct a fact, or move the token.",
            incident=found.incident,
            zh="该异常处还有环节在等待，不能关闭。请重试，或更正要素、移动环节。",
        )
    d.w.emit(IncidentResolved(found.incident, "closed"))
    if found.message is not None:
        d.w.emit(MessageSettled(found.message, "dropped"))
    kind, _, rest = (found.deadline or "").partition(":")
    number, _, arm = rest.partition(":")
    if kind == "clock" and int(number) in d.w.case.clocks:
        clocks.mark(d.w, d.w.case.clocks[int(number)], arm)


def _erase(d: Decision) -> None:
    digests = tuple(str(digest) for digest in d.payload["digests"])
    if not digests:
        raise InvalidInput("Expected at least one digest of a personal value.", errors={"digests": "is missing"})
    for message in d.w.case.outbox.values():
        if getattr(message.payload, "digest", None) in digests:
            raise Refused(
                f"Expected the values to be on their way nowhere; message {message.message} to {message.destination} "
                "still carries them. Erase them once it is delivered or given up.",
                number=message.message,
            )
    d.w.emit(ValuesErased(digests))


HANDLERS: Mapping[str, Callable[[Decision], None]] = {
    "StartCase": _start_case,
    "ClaimTask": _claim,
    "ReleaseTask": _release,
    "TransferTask": _transfer,
    "CompleteTask": _complete,
    "DeliverMessage": _message,
    "BroadcastSignal": _signal,
    "FireDeadline": _deadline,
    "ConfirmDeadline": _confirm,
    "RecountClocks": _recount,
    "AnswerJob": _answer,
    "SettleMessage": _settle_message,
    "FailJob": _fail_job,
    "SupplyMaterial": _supply,
    "RemoveMaterial": _remove,
    "SuspendClock": _suspend_clock,
    "ResumeClock": _resume_clock,
    "ExtendClock": _extend_clock,
    "WithdrawMatter": _withdraw,
    "SetFact": _set_fact,
    "SendBack": _send_back,
    "AddSigner": _add_signer,
    "RemoveSigner": _remove_signer,
    "SkipTask": _skip,
    "MigrateCase": _migrate,
    "MoveToken": _move,
    "RetryIncident": _retry,
    "ResolveIncident": _resolve,
    "CancelCase": lambda d: d.cancel(),
    "EraseValues": _erase,
}
