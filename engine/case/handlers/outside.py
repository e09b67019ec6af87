"""Messages, signals, and the answers of other systems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.base import terms
from engine.base.errors import InvalidInput, NotOpen
from engine.case.execution import Execution
from engine.case.records import (
    AnswerJob,
    BroadcastSignal,
    DeliverMessage,
    FailJob,
    MaterialSupplied,
    MessageQueued,
    MessageSettled,
    ProjectJoined,
    ResultAdded,
    SettleMessage,
    plain,
)
from engine.case.working import Thrown
from engine.law import matter as law


def deliver_message(execution: Execution, order: DeliverMessage) -> None:
    """The case keeps the message where nothing waits for it yet."""
    key = order.correlation_key
    thrown = Thrown(order.name, None if key is None else str(key), order.variables or {})
    if not execution.deliver(thrown.name, thrown.key, thrown.variables):
        execution.keep(thrown)


def broadcast_signal(execution: Execution, order: BroadcastSignal) -> None:
    execution.broadcast(order.name, order.variables or {})


def settle_message(execution: Execution, order: SettleMessage) -> None:
    working = execution.working
    if order.message not in working.case.outbox:
        raise NotOpen(
            f"Expected message {order.message} to be pending; it is settled.",
            sentence="message_settled",
            number=order.message,
        )
    working.emit(MessageSettled(order.message, "delivered"))


def fail_job(execution: Execution, order: FailJob) -> None:
    """The message is parked behind an incident that names the element that waits for its answer."""
    working = execution.working
    message = working.case.outbox.get(order.message)
    if message is None:
        raise NotOpen(f"Expected message {order.message} to be pending; it is settled.", sentence="message_settled")
    held = working.case.tokens.get(message.token) if message.token is not None else None
    working.raise_incident(
        element=held.element if held is not None else None,
        code="outside",
        cause=order.reason,
        token=message.token,
        message=message.message,
    )


# ------------------------------------------------------------------ answers


def answer_job(execution: Execution, order: AnswerJob) -> None:
    """An answer that nobody waits for any more is dropped; its message is settled all the same.

    With an `error`, the token goes on where the model catches that code.
    """
    working, token = execution.working, order.token
    pending = next(
        (m for m in working.case.outbox.values() if order.message in (None, m.message) and m.token == token), None
    )
    if pending is None:
        raise NotOpen(
            f"Expected token {token} to wait for an answer of message {order.message}; it doesn't.",
            sentence="answer_not_awaited",
            token=token,
        )
    waits = token in working.case.tokens
    working.emit(MessageSettled(pending.message, "answered" if waits else "dropped"))
    if waits and order.error:
        execution.run.fail(token, order.error)
    elif waits:
        variables = order.variables or {}
        _keep_results(execution, pending.payload, variables)
        _keep_material(execution, pending, variables)
        if pending.action == "project.join":
            variables = _join_project(execution, pending, variables)
        execution.run.answer(token, variables)


def _keep_results(execution: Execution, payload: Any, variables: Mapping[str, Any]) -> None:
    """Documents and certificates that came back are results of the case, to be shown and handed over."""
    working, asked = execution.working, plain(payload) or {}
    for kind in ("document", "certificate"):
        value = plain(variables.get(kind))
        if isinstance(value, Mapping) and not (kind == "certificate" and "content" not in asked):
            title = str(value.get("title") or value.get("name") or asked.get("name") or asked.get("kind") or kind)
            matter = asked.get("matter")
            number = working.number()
            working.emit(
                ResultAdded(number, kind, title, matter if isinstance(matter, int) else None, working.personal(value))
            )


def _keep_material(execution: Execution, asked: MessageQueued, variables: Mapping[str, Any]) -> None:
    """A certificate that came back is at hand as the material that it proves: nobody hands it in."""
    working = execution.working
    certificate, catalogue = plain(variables.get("certificate")), working.context.chain.catalogue
    if not isinstance(certificate, Mapping) or catalogue is None:
        return
    kind, number = certificate.get("kind"), str(certificate.get("identifier") or certificate.get("number") or "")
    needs = (need for item in catalogue.items.values() for need in item.materials)
    source = "certificate" if asked.action == "certificate.find" else "matter"
    title, by = str(certificate.get("title") or kind), working.command.actor
    for material in dict.fromkeys(need.material for need in needs if need.certificate == kind):
        if (material, number) not in working.case.materials:
            working.emit(MaterialSupplied(material, number, title, 0, "application/json", by, working.at, source))


def _join_project(execution: Execution, asked: MessageQueued, variables: Mapping[str, Any]) -> Mapping[str, Any]:
    """The case becomes a stage of the project, and what earlier stages were given needn't be handed in again.

    The answer's `papers` ({material, file, name, size, media_type, case} each) are no fact; the rest of it, which is
    given back, is.
    """
    working = execution.working
    catalogue = working.context.chain.catalogue
    code = terms.check("project_code", (plain(asked.payload) or {}).get("code"))
    project = _shaped("project", plain(variables.get("project")) or {}, {})
    matters = _rows("matters", project.get("matters"), {"item": str})
    papers = _rows("papers", plain(variables.get("papers")), _PAPER)
    granted = {m["item"] for m in matters if law.stands(m.get("decision"), str(m.get("state")))}
    working.emit(ProjectJoined(code, tuple(sorted(granted))))
    at_hand = {material for material, _ in working.case.materials}
    wanted = {need.material for item in catalogue.items.values() for need in item.materials} if catalogue else set()
    by = working.command.actor
    for paper in papers:
        if paper["material"] in wanted - at_hand:
            values = {name: paper[name] for name in ("material", "file", "name", "size", "media_type")}
            working.emit(MaterialSupplied(**values, by=by, at=working.at, source="matter", origin=paper["case"]))
    return {name: value for name, value in variables.items() if name != "papers"}


_PAPER: Mapping[str, type] = {"material": str, "file": str, "name": str, "size": int, "media_type": str, "case": str}


def _rows(name: str, told: Any, fields: Mapping[str, type]) -> list[Mapping[str, Any]]:
    """A list of objects with these fields, as the outside tells it; none is an empty one. Raises InvalidInput."""
    if told is not None and not isinstance(told, list | tuple):
        raise InvalidInput(
            f"Expected {name} as a list; found {type(told).__name__}.",
            sentence="answer_wrong",
            errors={name: "is wrong"},
            name=name,
        )
    return [_shaped(name, row, fields) for row in told or ()]


def _shaped(name: str, told: Any, fields: Mapping[str, type]) -> Mapping[str, Any]:
    """`told` as an object that has these fields, each of its type. Raises InvalidInput."""
    wrong = [n for n, kind in fields.items() if not isinstance(told, Mapping) or not isinstance(told.get(n), kind)]
    if wrong or not isinstance(told, Mapping):
        raise InvalidInput(
            f"Expected {name} as an object with {', '.join(fields) or 'values'}; these are wrong: {', '.join(wrong)}.",
            sentence="answer_wrong",
            errors={name: "is wrong"},
            name=name,
        )
    return told
