"""The course of a case is changed by hand; it goes on in another version."""

from __future__ import annotations

from engine.base.errors import InvalidInput, Refused
from engine.case import migration, moves
from engine.case.execution import Execution
from engine.case.handlers.tasks import open_task
from engine.case.records import (
    AddSigner,
    FactSet,
    MigrateCase,
    MoveToken,
    OfTask,
    RemoveSigner,
    SendBack,
    SkipTask,
    plain,
)
from engine.case.state import body_of
from engine.case.working import text_of
from engine.model.runtime.changes import scope_of


def send_back(execution: Execution, order: SendBack) -> None:
    """Clocks run on; the task that is opened again counts its rounds, and remembers who did it."""
    text_of(order.reason, "reason")
    working = execution.working
    planned = moves.send_back(working.case, working.context.chain, open_task(execution, order), order.target)
    execution.run.move(planned.token, planned.target, planned.cancels)


def move_token(execution: Execution, order: MoveToken) -> None:
    working = execution.working
    planned = moves.plan(working.case, working.context.chain, order.token, order.target)
    execution.run.move(planned.token, planned.target, planned.cancels)


def skip(execution: Execution, order: SkipTask) -> None:
    """As if it had been completed, by nobody: it counts as no round, and nobody has signed."""
    text_of(order.reason, "reason")
    working, task = execution.working, open_task(execution, order)
    variables = {name: working.wrap(name, value) for name, value in (order.variables or {}).items()}
    execution.run.complete(task.token, variables, skipped=True)


# ------------------------------------------------------------------ signers


def add_signer(execution: Execution, order: AddSigner) -> None:
    """`before` and `after` the one whose turn it is, where they sign in order; `beside`, where they sign at once."""
    text_of(order.reason, "reason")
    working = execution.working
    body, index = _countersigned(execution, order)
    signer = working.wrap("signer", order.signer)
    process, _ = moves.body_at(working.case, working.context.chain, body_of(working.case, body))
    multi = process.elements[working.case.tokens[body].element].multi
    places = ("before", "after") if multi is not None and multi.sequential else ("beside",)
    if order.place not in places:
        raise InvalidInput(
            f"Expected place {' or '.join(places)}; found {order.place!r}.",
            sentence="signer_place",
            errors={"place": "can't be"},
        )
    _check_signer(execution, body, order.signer)
    if order.place == "before":
        execution.run.add_ahead(body, signer)
    else:
        execution.run.add_instance(body, signer, index + 1 if order.place == "after" else None)


def _check_signer(execution: Execution, body: int, signer: object) -> None:
    """Where all who sign are known to the organisation, the new one has to be too. Raises Refused."""
    working = execution.working
    hall, multi, today = working.organisation, working.case.tokens[body].multi, working.today
    if hall is None or multi is None:
        return
    names = [plain(item) for item in multi.items]
    known = all(isinstance(name, str) and hall.party(name, today) is not None for name in names)
    if known and not (isinstance(signer, str) and hall.party(signer, today) is not None):
        raise Refused(
            f"Expected a person, a department, or role:<role>@<department> of the organisation; found {signer!r}.",
            sentence="signer_unknown",
            signer=signer,
        )


def remove_signer(execution: Execution, order: RemoveSigner) -> None:
    text_of(order.reason, "reason")
    body, own = _countersigned(execution, order)
    execution.run.remove_instance(body, own if order.index is None else order.index)


def _countersigned(execution: Execution, order: OfTask) -> tuple[int, int]:
    """The token of the multi-instance that the task is one signature of, and its index there. Raises Refused."""
    task = open_task(execution, order)
    place = moves.countersigned(execution.working.case, task)
    if place is None:
        raise Refused(
            f"Expected '{task.name}' to be signed by several; it is signed by one. Send it back, or transfer it.",
            sentence="signed_by_one",
            task=task.token,
        )
    return place


# ------------------------------------------------------------------ another version


def migrate(execution: Execution, order: MigrateCase) -> None:
    """Decided in the context of the version that the case goes to."""
    working = execution.working
    former, version = working.context.former, working.context.chain
    text_of(order.reason, "reason")
    if former is None or former.digest == version.digest:
        raise Refused(
            f"Expected another version than the one that case {working.case.id} runs; found the same.",
            sentence="version_same",
        )
    migration.check_names(working.case, former, version, order.elements or {}, order.facts or {})
    effect = migration.moved(working.case, former, version, order.elements or {}, order.facts or {})
    obstacles = migration.obstacles(working.case, former, version, effect)
    if obstacles:
        raise Refused(
            f"Expected a version that case {working.case.id} can go on in; {len(obstacles)} things stand in the way: "
            f"{obstacles[0].problem}",
            sentence="migration_obstructed",
            obstacles=[obstacle.as_dict() for obstacle in obstacles],
        )
    working.emit(effect)
    for (scope, name), value in list(working.case.facts.items()) if effect.facts else ():
        if name in (effect.facts or {}).values() and value != (wrapped := working.wrap(name, value)):
            working.emit(FactSet(scope, name, wrapped))  # the version says that it is a person's
    execution.run.reconcile(migration.known_waits(former, version, effect))
    for task in list(working.case.tasks.values()):
        element = migration.element_of(working.case, version, working.case.tokens[task.token])
        described = execution.host.described(task, element, scope_of(working.case.tokens, task.token))
        if described != task:
            working.emit(described)
