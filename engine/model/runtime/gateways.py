# mypy: allow-subclassing-any
"""Gateways: where tokens choose, split and join.

A join keeps its waiting tokens by incoming flow and takes one of each, so that it works in loops without any history.
Conditions are evaluated in the order of the document; a value other than true counts as false (BPMN 2.0.2 § 13.4).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from SpiffWorkflow.util.task import TaskState

from engine.base.errors import NoWayOut
from engine.model.runtime.places import Place
from engine.model.runtime.tree import Level, LiveToken, Mover, Node, Way


class Exclusive(Node):
    """Takes the first way whose condition is true, else the default. It merges nothing: each token passes by itself."""

    def ways(self, token: LiveToken, mover: Mover) -> Sequence[Way]:
        return (next(self.true_ways(token, mover), None) or self.otherwise(),)

    def true_ways(self, token: LiveToken, mover: Mover) -> Iterator[Way]:
        scope = mover.scope_of(token)
        for way in self.exits:
            if way.is_default and len(self.exits) > 1:
                continue
            if way.condition is None or self._is_true(way.condition, way.flow, scope, mover):
                yield way

    def _is_true(self, condition: str, flow: str | None, scope: int, mover: Mover) -> bool:
        with Place(self.element, "condition", condition, flow):
            return mover.host.evaluate(condition, scope) is True

    def otherwise(self) -> Way:
        default = next((way for way in self.exits if way.is_default), None)
        if default is not None:
            return default
        asked = ", ".join(f"{way.flow}: {way.condition}" for way in self.exits) or "it has no flow out"
        message = f"Expected a condition of '{self.name}' to be true, or a default flow; none is ({asked})."
        conditions = [way.condition for way in self.exits if way.condition is not None]
        place = Place(self.element, "condition", "")
        advice = "Correct the facts, or give the gateway a default flow."
        raise NoWayOut(f"{message} {advice}", sentence="no_condition_true", **place.fields(*conditions))


class Join(Node):
    """Base of parallel and inclusive gateways, at which tokens wait for others."""

    @property
    def is_join(self) -> bool:
        return len(self.element.incoming) > 1

    def first(self, level: Level) -> dict[str, LiveToken]:
        """The token that has waited longest, for each incoming flow that has one."""
        firsts: dict[str, LiveToken] = {}
        for token in level.waiting.get(self.name, ()):
            firsts.setdefault(token.flow or "", token)
        return firsts

    def wait(self, token: LiveToken) -> None:
        token.rest(TaskState.WAITING)
        token.workflow.waiting.setdefault(self.name, []).append(token)

    def restore(self, token: LiveToken, mover: Mover) -> None:
        self.wait(token)

    def withdraw(self, token: LiveToken, mover: Mover) -> None:
        waiting = token.workflow.waiting.get(self.name, [])
        if token in waiting:
            waiting.remove(token)
        mover.undecided.pop(token.number, None)

    def merge(self, tokens: Sequence[LiveToken], mover: Mover) -> None:
        """Let the token with the lowest number go on for all of them."""
        for token in tokens:
            self.withdraw(token, mover)
        first, *others = sorted(tokens, key=lambda token: token.number)
        for token in others:
            token.workflow.consume(token)
        first._ready()


class Parallel(Join):
    """Waits for one token of each incoming flow, then sends one down each way."""

    def arrive(self, token: LiveToken, mover: Mover) -> bool:
        if not self.is_join:
            return True
        self.wait(token)
        firsts = self.first(token.workflow)
        if len(firsts) == len(self.element.incoming):
            self.merge(list(firsts.values()), mover)
        return False


class Inclusive(Join, Exclusive):
    """Waits for every token that can still come, then sends one down each way whose condition is true."""

    def arrive(self, token: LiveToken, mover: Mover) -> bool:
        if not self.is_join:
            return True
        self.restore(token, mover)
        return False

    def restore(self, token: LiveToken, mover: Mover) -> None:
        super().restore(token, mover)
        mover.undecided[token.number] = token

    def ways(self, token: LiveToken, mover: Mover) -> Sequence[Way]:
        return list(self.true_ways(token, mover)) or (self.otherwise(),)

    def decide(self, token: LiveToken) -> bool:
        level = token.workflow
        firsts = self.first(level)
        if any(self._holds_up(other, firsts) for other in level.open.values()):
            return False
        self.merge(list(firsts.values()), level.mover)
        return True

    def _holds_up(self, other: LiveToken, firsts: dict[str, LiveToken]) -> bool:
        """Whether the gateway has to wait for `other`, by BPMN 2.0.2 § 13.4.3: a path leads from it to an incoming flow
        that has no token yet, without passing the gateway, and none leads to a flow that has one."""
        if other.task_spec is self:
            return False
        body = other.workflow.body
        reached = body.reached(other.task_spec.name, self.name)
        flows = [flow for flow in self.element.incoming if body.process.flows[flow].source in reached]
        return bool(flows) and not any(flow in firsts for flow in flows)


class EventGateway(Node):
    """Waits for the first of several events, by one arm for each."""

    def arrive(self, token: LiveToken, mover: Mover) -> bool:
        token.rest(TaskState.WAITING)
        for way in self.exits:
            mover.arm(token, way.target, mover.scope_of(token))
        return False

    def watched(self, element: str) -> Node | None:
        return next((way.target for way in self.exits if way.target.name == element), None)

    def act(self, token: LiveToken, mover: Mover) -> bool | None:
        return True

    def ways(self, token: LiveToken, mover: Mover) -> Sequence[Way]:
        return [way for way in self.exits if way.target.name == token.chosen][:1]

    def spawn(self, token: LiveToken, way: Way) -> LiveToken:
        child = super().spawn(token, way)
        child.payload = token.payload
        return child
