"""Moves the tokens of one live run, and tells the host every change in order. All that is ours of stepping stands here.

SpiffWorkflow's tasks and task specs carry a token from element to element. In place of its `do_engine_steps`,
`send_event` and `refresh_timers` stand, with a row each in docs/spiffworkflow.md:

- `settle`: the token with the lowest number goes first, so that a command gives the same changes on every machine, and
  only tokens that can move are looked at, not the whole tree;
- inclusive joins, which are decided when nothing else can move (BPMN 2.0.2 § 13.4.3);
- scopes and mappings: facts live in scopes of the case, not on tokens (Camunda 8);
- arms: what a token waits for stands in the normal form, and the host says when it has happened;
- `fire` and `raise_event`: an event goes to one token, the one that it was meant for;
- a budget of steps for each command.

Knows levels and tokens. The behaviour of an element stands with the element (`nodes`, `gateways`, `events`, `multi`).
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.util.task import TaskState

from engine.base.errors import BudgetExceeded, ModelError, NotOpen, Refused
from engine.model.chain.model import Element
from engine.model.runtime.changes import (
    Arm,
    Armed,
    Change,
    Disarmed,
    Entered,
    Multi,
    MultiAdvanced,
    ScopeClosed,
    ScopeOpened,
    Taken,
)
from engine.model.runtime.events import happened
from engine.model.runtime.host import Host
from engine.model.runtime.levels import OuterLevel
from engine.model.runtime.places import Place
from engine.model.runtime.tree import Body, Level, LiveToken, Node

STEPS = 10_000
"""Most elements that one command may enter. A chain has some hundred elements; more is a loop that never ends."""

_FIRED = frozenset({"timer", "message", "signal"})
"""The kinds of arms that `fire` is for. Jobs are answered; errors and escalations are raised within the case."""


class Stepper:
    """Moves the tokens of one case until all of them wait. Can't be used any more after an exception."""

    def __init__(self, bodies: Mapping[str, Body], process: str, host: Host) -> None:
        self.bodies = bodies
        self.use(host)
        self.tokens: dict[int, LiveToken] = {}
        self.scopes: dict[int, int | None] = {}
        self.undecided: dict[int, LiveToken] = {}  # tokens at inclusive joins
        self.ids: Iterator[int] = itertools.count(1)
        self._heap: list[tuple[int, int, LiveToken]] = []
        self._steps = 0
        self.outer = OuterLevel(self, bodies[process])

    def use(self, host: Host) -> None:
        """Ask and tell this host from now on."""
        self.host = host
        self.emit: Callable[[Change], None] = host.emit

    # ---------------------------------------------------------------- going on

    def look_at(self, token: LiveToken) -> None:
        """Run the token, or see whether what it holds open is over, when its turn comes: lowest number first."""
        heapq.heappush(self._heap, (token.number, next(self.ids), token))

    def settle(self) -> None:
        """Move tokens until every one waits for something outside. Inclusive joins are decided when nothing else can
        move."""
        heap = self._heap
        while True:
            while heap:
                token = heapq.heappop(heap)[2]
                state = token._state
                if state == TaskState.READY:
                    token.run()
                elif not state & TaskState.FINISHED_MASK and token.task_spec.is_over(token):
                    token.task_spec.finish(token)
            if not self._decide():
                break
        self._steps = 0

    def _decide(self) -> bool:
        asked: set[tuple[int, str]] = set()
        for number in sorted(self.undecided):
            token = self.undecided[number]
            place = (id(token.workflow), token.task_spec.name)
            if place not in asked:
                asked.add(place)
                if token.task_spec.decide(token):
                    return True
        return False

    def enter(self, token: LiveToken) -> None:
        """Number a token that was just placed, and tell the host that it came to its element."""
        self._steps += 1
        node = token.task_spec
        if self._steps > STEPS:
            message = f"Expected one command to enter at most {STEPS} elements; '{node.name}' would be one more."
            hint = "Let the loop wait for a task, a timer or a message, or end it."
            raise BudgetExceeded(f"{message} {hint}", sentence="steps_exceeded", element=node.name)
        if token.flow is not None:
            self.emit(Taken(token.flow))
        token.number = self.host.number()
        token.workflow.register(token)
        via = token.flow if node.is_join else None
        self.emit(Entered(token.number, node.name, token.holder.number, via, token.index))

    def arm_triggers(self, container: LiveToken) -> None:
        level = container.inside
        if level is not None:
            for node in level.body.triggers.values():
                self.arm(container, node, level.scope)

    # ---------------------------------------------------------------- scopes and facts

    def scope_of(self, token: LiveToken) -> int:
        return token.workflow.scope if token.scope is None else token.scope

    def open_scope(self, token: LiveToken) -> int:
        """The token's own scope; it is made when it is first asked for."""
        if token.scope is None:
            token.scope = self._new_scope(token, token.workflow.scope)
        return token.scope

    def open_inner(self, token: LiveToken) -> int:
        """A new root scope for the process that the token calls."""
        token.inner = self._new_scope(token, None)
        return token.inner

    def _new_scope(self, token: LiveToken, parent: int | None) -> int:
        scope = self.host.number()
        self.scopes[scope] = parent
        self.emit(ScopeOpened(scope, parent, token.number))
        return scope

    def close_scope(self, scope: int | None) -> None:
        if scope is not None:
            self.host.drop(scope)
            del self.scopes[scope]
            self.emit(ScopeClosed(scope))

    def map_inputs(self, token: LiveToken) -> None:
        """Set facts of the token's own scope by the input mappings. A later mapping sees the facts of earlier ones."""
        element = token.task_spec.element
        if element.inputs:
            scope = self.open_scope(token)
            for mapping in element.inputs:
                with Place(element, "input", mapping.source, mapping.target):
                    self.host.set_local(scope, mapping.target, self.host.evaluate(mapping.source, scope))

    def map_outputs(self, token: LiveToken) -> None:
        """Set facts outside of the element by its output mappings; for an instance, in a scope that it sees itself."""
        element = token.task_spec.element
        if element.outputs:
            target = self.scope_of(token) if token.index is not None else token.workflow.scope
            for name, value in self._results(element, self.scope_of(token)).items():
                self.host.assign(target, name, value)

    def _results(self, element: Element, scope: int) -> dict[str, Any]:
        results: dict[str, Any] = {}
        for mapping in element.outputs:
            with Place(element, "output", mapping.source, mapping.target):
                results[mapping.target] = self.host.evaluate(mapping.source, scope, results)
        return results

    def submit(self, token: LiveToken, variables: Mapping[str, Any] | None) -> None:
        """Take in result variables. They stay local if the element has output mappings, which pick from them; else they
        are set around it, as in Camunda 8."""
        if not variables:
            return
        if token.task_spec.element.outputs:
            scope = self.open_scope(token)
            for name, value in variables.items():
                self.host.set_local(scope, name, value)
        else:
            scope = self.scope_of(token)
            for name, value in variables.items():
                self.host.assign(scope, name, value)

    # ---------------------------------------------------------------- what tokens wait for

    def arm(self, token: LiveToken, node: Node, scope: int) -> None:
        """Let the token wait for the event of `node`: its own element, a boundary event, an event behind a gateway, or
        the start of an event subprocess of the level that it holds open."""
        try:
            arm = self._armed(node, scope)
        except ModelError as error:
            arm = self.host.unset(token.number, node.element, error)
        self.set_arm(token, node.name, arm)

    def arm_again(self, token: LiveToken, element: str) -> None:
        """Let the token wait anew for the event that it awaits at `element`."""
        node, scope = self._watched(token, element)
        self.arm(token, node, scope)

    def set_arm(self, token: LiveToken, element: str, arm: Arm) -> None:
        token.arms[element] = arm
        self.emit(Armed(token.number, element, arm))

    def disarm(self, token: LiveToken, element: str) -> None:
        if token.arms.pop(element, None) is not None:
            self.emit(Disarmed(token.number, element))

    def arm_boundaries(self, token: LiveToken) -> None:
        scope = self.scope_of(token)
        for node in token.task_spec.boundaries:
            self.arm(token, node, scope)

    def rearm(self, token: LiveToken, element: str) -> None:
        """After an event that interrupts nothing: set the next firing of a cycle, drop another timer, keep messages and
        signals."""
        arm = token.arms[element]
        if arm.kind == "timer":
            following = self.host.rearm(arm) if arm.every is not None else None
            if following is None:
                self.disarm(token, element)
            else:
                self.set_arm(token, element, following)

    def reconcile(self, known: Collection[tuple[str, str]]) -> None:
        """See `Run.reconcile`. An event of the other version that a token doesn't wait for has happened already."""
        for number in sorted(self.tokens):
            token = self.tokens[number]
            awaited = {node.name: (where, node, scope) for where, node, scope in self._awaited(token)}
            for element in sorted(token.arms):
                if element not in awaited and token.arms[element].kind != "job":
                    self.disarm(token, element)
            for element, (where, node, scope) in awaited.items():
                arm = token.arms.get(element)
                if arm is None and (where, element) not in known:
                    self.arm(token, node, scope)
                elif arm is not None and arm.kind != "job" and not (arm.kind == _event_kind(node) == "timer"):
                    fresh = self._armed(node, scope)
                    if fresh != arm:
                        self.set_arm(token, element, fresh)

    def _awaited(self, token: LiveToken) -> Iterator[tuple[str, Node, int]]:
        """(where, node, scope) of each event that the token may wait for; its expressions see the scope."""
        node, scope = token.task_spec, self.scope_of(token)
        targets: Collection[Node] = node.outputs if node.element.kind == "eventBasedGateway" else []
        own = [node] if node.name in token.arms and node.element.event is not None else []
        for waiting in (*own, *targets, *node.boundaries):
            yield node.name, waiting, scope
        if token.inside is not None:
            for trigger in token.inside.body.triggers.values():
                yield token.inside.body.name, trigger, token.inside.scope

    def awaited(self) -> Iterator[tuple[int, str]]:
        """Token and element of each event that is waited for: in the order of arming, which a stored case has lost."""
        for number in sorted(self.tokens):
            token = self.tokens[number]
            yield from ((number, node.name) for _, node, _ in self._awaited(token) if node.name in token.arms)

    def retime(self, recount: bool) -> None:
        """Compute every arm that follows a clock, and the due dates of user tasks, anew.

        With `recount`, arms that count workdays too: from the instant at which they were set.
        """
        for number in sorted(self.tokens):
            token = self.tokens[number]
            for element, arm in sorted(token.arms.items()):
                counts = recount and arm.since is not None and arm.every is None
                if arm.kind == "timer" and (arm.follows is not None or counts):
                    node, scope = self._watched(token, element)
                    fresh = self._armed(node, scope, arm.since)
                    if replace(fresh, again=None) != replace(arm, again=None):
                        self.set_arm(token, element, fresh)
            token.task_spec.reschedule(token, self, recount)

    def _watched(self, token: LiveToken, element: str) -> tuple[Node, int]:
        """The node of the event that the token awaits at `element`, and the scope for its expressions."""
        node = token.task_spec.watched(element)
        if node is not None:
            return node, self.scope_of(token)
        if token.inside is not None and element in token.inside.body.triggers:
            return token.inside.body.triggers[element], token.inside.scope
        raise ModelError(f"Token {token.number} waits at '{element}', which isn't in the model.", element=element)

    def _armed(self, node: Node, scope: int, since: str | None = None) -> Arm:
        event = node.element.event
        if event is None or event.kind in ("none", "link"):
            raise ModelError(f"Expected an event to wait for at '{node.name}'; found none.", element=node.name)
        if event.kind == "timer":
            text = event.text or ""
            with Place(node.element, "timer", text):
                return self.host.timer(event.form or "", text, scope, since)
        if event.kind in ("error", "escalation"):
            return Arm(event.kind, name=event.name or None)
        name = self.text(event.name or "", scope, node, "name")
        key = self.text(event.key, scope, node, "key") if event.key else None
        return Arm(event.kind, name=name, key=key)

    def text(self, expression: str, scope: int, node: Node, kind: str) -> str:
        """The value of an expression of the node's event, as a text that isn't empty; a whole number becomes one.

        `kind` says what the expression gives: name, key or code. Raises Refused for another value.
        """
        event = node.element.event
        with Place(node.element, f"{event.kind if event else ''}_{kind}", expression) as place:
            value = self.host.evaluate(expression, scope)
        if isinstance(value, str) and value:
            return value
        if not isinstance(value, bool | str) and value is not None:
            try:
                if value == int(value):
                    return str(int(value))
            except (TypeError, ValueError):
                pass
        what = "correlation key" if kind == "key" else kind
        message = f"Expected the {what} at '{node.name}' as a text or a whole number; found {value!r}."
        advice = f"Look at {expression}, and at the facts that it reads."
        raise Refused(f"{message} {advice}", sentence="place_failed", **place.fields())

    # ---------------------------------------------------------------- events that happen

    def fire(self, token: LiveToken, element: str, variables: Mapping[str, Any]) -> None:
        """The event that the token waits for at `element` has happened. Raises NotOpen if it doesn't wait for it."""
        arm = token.arms.get(element)
        if arm is None or arm.kind not in _FIRED:
            awaited = sorted(e for e, a in token.arms.items() if a.kind in _FIRED) or "nothing"
            message = f"Expected token {token.number} to wait for an event at '{element}'; it waits for {awaited}."
            raise NotOpen(message, sentence="event_not_awaited", token=token.number, element=element)
        if arm.kind == "timer" and arm.due is None:
            message = f"The timer at '{element}' is parked: the clock that it follows is suspended."
            raise NotOpen(
                f"{message} Resume the clock first.", sentence="timer_parked", token=token.number, element=element
            )
        if token.inside is not None and element in token.inside.body.triggers:
            self._trigger(token, token.inside, element, variables)
        elif element == token.task_spec.name:
            self._catch(token, happened(token.task_spec, variables))
        elif token.task_spec.element.kind == "eventBasedGateway":
            token.chosen = element
            self._catch(token, happened(token.workflow.body.nodes[element], variables))
        else:
            self._boundary(token, element, variables)

    def _catch(self, token: LiveToken, event: BpmnEvent) -> None:
        """Let this token alone catch the event: SpiffWorkflow would offer it to every token that waits."""
        token.task_spec.catch(token, event)
        token.task_spec._update(token)

    def _boundary(self, token: LiveToken, element: str, variables: Mapping[str, Any]) -> None:
        level, node = token.workflow, token.workflow.body.nodes[element]
        if node.element.interrupting:
            token.cancel()
        else:
            self.rearm(token, element)
        level.place(node, happened(node, variables))

    def _trigger(self, container: LiveToken, level: Level, element: str, variables: Mapping[str, Any]) -> None:
        start = level.body.triggers[element]
        if start.element.interrupting:
            level.cancel_all()
            for other in level.body.triggers:
                self.disarm(container, other)
        else:
            self.rearm(container, element)
        level.place(level.body.nodes[start.element.parent], happened(start, variables))

    def raise_event(self, token: LiveToken, kind: str, code: str | None, *, at_token: bool = False) -> None:
        """Raise an error or escalation at `token`. The first event that catches it goes on: event subprocesses of the
        token's level are asked, then the boundary events of the activity around, and so on outwards, through called
        processes too. `at_token`: the boundary events of its own activity are asked first, as for a failed job."""
        level = token.workflow
        if at_token and self._caught_at(token, kind, code):
            return
        while True:
            caught = self._catcher(level.container, level.body.triggers, kind, code)
            if caught is not None:
                self._trigger(level.container, level, caught, {})
                return
            if level is self.outer:
                break
            if self._caught_at(level.container, kind, code):
                return
            level = level.container.workflow
        self.host.unhandled(kind, code, token.task_spec.name)
        if kind == "error":
            message = f"The error '{code}' of '{token.task_spec.name}' is caught nowhere."
            raise Refused(
                f"{message} Add a boundary event for it.",
                sentence="error_uncaught",
                element=token.task_spec.name,
                error=code,
            )

    def _caught_at(self, token: LiveToken, kind: str, code: str | None) -> bool:
        activity = token if token.index is None else token.holder
        boundaries = {node.name: node for node in activity.task_spec.boundaries}
        caught = self._catcher(activity, boundaries, kind, code)
        if caught is not None:
            self._boundary(activity, caught, {})
        return caught is not None

    def _catcher(self, token: LiveToken, nodes: Mapping[str, Node], kind: str, code: str | None) -> str | None:
        """The element among `nodes` where `token` catches the code: an arm that names it goes before one that names
        none."""
        fitting = [e for e in nodes if (arm := token.arms.get(e)) is not None and arm.kind == kind]
        exact = (e for e in fitting if token.arms[e].name == code)
        return next(exact, next((e for e in fitting if token.arms[e].name is None), None))

    # ---------------------------------------------------------------- multi-instance bookkeeping

    def advance(self, token: LiveToken, multi: Multi) -> None:
        token.multi = multi
        self.emit(MultiAdvanced(token.number, multi))


def _event_kind(node: Node) -> str | None:
    return node.element.event.kind if node.element.event is not None else None
