"""Block-structured models, and their meaning described without the runtime.

A `Block` writes its BPMN (`write`) and begins a `Going`: a plain recursive description of where a block is. The two
know nothing of tokens, so a run that agrees with them step by step is right, not merely equal to itself.
A place is (element id, path); the path holds the numbers of the multi-instances around it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.unit.model.runtime import bpmn_text as bpmn

Place = tuple[str, tuple[int, ...]]
Choices = dict[str, Any]

HAPPENS = ("message", "signal", "timer")
"""Events that come from outside; errors and escalations come from within."""


@dataclass
class Writer:
    """Collects the BPMN of one body, and of the processes that are called."""

    ids: Iterator[int]
    parts: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)

    def new(self, prefix: str) -> str:
        return f"{prefix}{next(self.ids)}"

    def add(self, *parts: str) -> None:
        self.parts += parts

    def flow(self, source: str, target: str, condition: str | None = None) -> str:
        id = self.new("f")
        self.add(bpmn.flow(id, source, target, condition))
        return id

    def body(self, block: Block, extra: str = "") -> str:
        """The inside of a process or subprocess."""
        inner = Writer(self.ids, called=self.called)
        start, end = inner.new("S"), inner.new("E")
        first, last = block.write(inner)
        inner.flow(start, first)
        inner.flow(last, end)
        return bpmn.element("startEvent", start) + bpmn.element("endEvent", end) + "".join(inner.parts) + extra


# ---------------------------------------------------------------- where a block is


class Thrown(Exception):
    """An interruption: all that runs inside `target` is ended, however far it has come."""

    def __init__(self, target: Any) -> None:
        self.target = target


class Level:
    """A running body: its main path and all that runs beside it; the guard of its activity, and the body around it."""

    def __init__(
        self,
        block: Block,
        path: tuple[int, ...],
        choices: Choices,
        trigger: Trigger | None = None,
        outer: Level | None = None,
        guard: Guarded | None = None,
    ) -> None:
        self.sides: list[Any] = []
        self.trigger, self.path, self.armed = trigger, path, trigger is not None
        self.outer, self.guard = outer, guard
        self.main: Any = Going()
        with self._stopped(choices):
            self.main = block.begin(self, path, choices)

    @contextmanager
    def _stopped(self, choices: Choices) -> Iterator[None]:
        """Handle what is thrown at this body while it runs: its event subprocess begins, or the body is over."""
        try:
            yield
        except Thrown as thrown:
            if thrown.target is self.trigger:
                self._fire(self.trigger, choices)
            elif thrown.target is self:
                self.main, self.sides, self.armed = Going(), [], False
            else:
                raise

    def throw(self, kind: str, code: str, choices: Choices) -> None:
        """Throw an error or escalation: the nearest handler begins, and interrupts unless it is a non-interrupting
        one.
        """
        level: Level | None = self
        while level is not None:
            trigger, guard = level.trigger, level.guard
            if trigger and level.armed and trigger.catches(kind, code):
                if trigger.interrupting:
                    raise Thrown(trigger)
                return level._fire(trigger, choices)
            if guard and guard.armed and guard.boundary.catches(kind, code):
                if guard.boundary.interrupting:
                    raise Thrown(guard)
                return guard.fire(choices)
            level = level.outer
        assert kind == "escalation", "an error that nothing catches"

    @property
    def done(self) -> bool:
        return self.main.done and all(side.done for side in self.sides)

    def tasks(self) -> list[Place]:
        return [*self.main.tasks(), *(t for side in self.sides for t in side.tasks())]

    def events(self) -> list[Place]:
        happens = self.trigger is not None and self.trigger.kind in HAPPENS and self.armed and not self.done
        own = [(self.trigger.event, self.path)] if self.trigger and happens else []
        return [*own, *self.main.events(), *(e for side in self.sides for e in side.events())]

    def feed(self, place: Place, choices: Choices) -> bool:
        if self.trigger and self.armed and place == (self.trigger.event, self.path) and not self.done:
            self._fire(self.trigger, choices)
            return True
        fed = True  # the command itself led to what was thrown
        with self._stopped(choices):
            fed = self.main.feed(place, choices) or any(side.feed(place, choices) for side in self.sides)
        return fed

    def _fire(self, trigger: Trigger, choices: Choices) -> None:
        self.armed = trigger.stays
        if trigger.interrupting:
            self.main, self.sides = Going(), []
        self.sides.append(Level(trigger.handler, self.path, choices, outer=self))


class Going:
    """A block that has nothing to wait for."""

    def tasks(self) -> list[Place]:
        return []

    def events(self) -> list[Place]:
        return []

    def feed(self, place: Place, choices: Choices) -> bool:
        return False

    @property
    def done(self) -> bool:
        return True


class Waiting(Going):
    """A task, or a catch event."""

    def __init__(self, id: str, path: tuple[int, ...], is_event: bool = False) -> None:
        self.place, self.is_event, self.over = (id, path), is_event, False

    def tasks(self) -> list[Place]:
        return [] if self.over or self.is_event else [self.place]

    def events(self) -> list[Place]:
        return [self.place] if self.is_event and not self.over else []

    def feed(self, place: Place, choices: Choices) -> bool:
        if self.over or place != self.place:
            return False
        self.over = True
        return True

    @property
    def done(self) -> bool:
        return self.over


class Many(Going):
    """Several that run at once."""

    def __init__(self, parts: list[Any]) -> None:
        self.parts = parts

    def tasks(self) -> list[Place]:
        return [t for part in self.parts for t in part.tasks()]

    def events(self) -> list[Place]:
        return [e for part in self.parts for e in part.events()]

    def feed(self, place: Place, choices: Choices) -> bool:
        return any(part.feed(place, choices) for part in self.parts)

    @property
    def done(self) -> bool:
        return all(part.done for part in self.parts)


class Enough(Many):
    """Several that run at once, until so many are done. All of them begin with something to wait for."""

    def __init__(self, parts: list[Any], enough: int) -> None:
        super().__init__(parts)
        self.enough = enough

    def feed(self, place: Place, choices: Choices) -> bool:
        fed = super().feed(place, choices)
        if sum(part.done for part in self.parts) >= self.enough:
            self.parts = []
        return fed


class InTurn(Going):
    """Several, one after the other: `following(n, choices)` makes the n-th, or returns None after the last."""

    def __init__(self, following: Callable[[int, Choices], Any], choices: Choices) -> None:
        self.following, self.count, self.now = following, 0, Going()
        self._go_on(choices)

    def _go_on(self, choices: Choices) -> None:
        while self.now is not None and self.now.done:
            self.now = self.following(self.count, choices)
            self.count += 1

    def tasks(self) -> list[Place]:
        return [] if self.now is None else self.now.tasks()

    def events(self) -> list[Place]:
        return [] if self.now is None else self.now.events()

    def feed(self, place: Place, choices: Choices) -> bool:
        fed = self.now is not None and self.now.feed(place, choices)
        if fed:
            self._go_on(choices)
        return fed

    @property
    def done(self) -> bool:
        return self.now is None


class Guarded(Going):
    """An activity with a boundary event."""

    def __init__(self, boundary: Boundary, level: Level, path: tuple[int, ...], choices: Choices) -> None:
        self.boundary, self.level, self.path = boundary, level, path
        self.place, self.armed = (boundary.event, path), True
        self.happens = boundary.kind in HAPPENS or isinstance(boundary.host, Task)
        self.main: Any = Going()
        with self._stopped(choices):
            guard = {"guard": self} if isinstance(boundary.host, Nested) else {}
            self.main = boundary.host.begin(level, path, choices, **guard)

    @contextmanager
    def _stopped(self, choices: Choices) -> Iterator[None]:
        try:
            yield
        except Thrown as thrown:
            if thrown.target is not self:
                raise
            self.fire(choices)

    def tasks(self) -> list[Place]:
        return self.main.tasks()

    def events(self) -> list[Place]:
        own = [self.place] if self.happens and self.armed and not self.main.done else []
        return [*own, *self.main.events()]

    def feed(self, place: Place, choices: Choices) -> bool:
        if place == self.place and self.armed and not self.main.done:
            self.fire(choices)
            return True
        fed = True
        with self._stopped(choices):
            fed = self.main.feed(place, choices)
        return fed

    def fire(self, choices: Choices) -> None:
        if self.boundary.interrupting:
            self.armed = False
            self.main = self.boundary.handler.begin(self.level, self.path, choices)
        else:
            self.armed = self.boundary.stays
            self.level.sides.append(self.boundary.handler.begin(self.level, self.path, choices))

    @property
    def done(self) -> bool:
        return self.main.done


# ---------------------------------------------------------------- blocks


class Block:
    """A plain task, which passes by itself."""

    def write(self, to: Writer) -> tuple[str, str]:
        id = to.new("N")
        to.add(bpmn.element("task", id))
        return id, id

    def begin(self, level: Level, path: tuple[int, ...], choices: Choices) -> Any:
        return Going()


class Task(Block):
    """A user task, a service task with an answer from outside, or a message that is awaited."""

    def __init__(self, kind: str = "user") -> None:
        self.kind, self.id = kind, ""

    def write(self, to: Writer) -> tuple[str, str]:
        self.id = self.id or to.new({"user": "U", "job": "J", "message": "C", "signal": "C"}[self.kind])
        to.add(self.text())
        return self.id, self.id

    def text(self, inner: str = "") -> str:
        if self.kind == "user":
            return bpmn.user(self.id, inner)
        if self.kind == "job":
            return bpmn.service(self.id, "outside", inner)
        return bpmn.element("intermediateCatchEvent", self.id, bpmn.event(self.kind, self.kind[0]))

    def begin(self, level: Level, path: tuple[int, ...], choices: Choices) -> Any:
        return Waiting(self.id, path, is_event=self.kind in HAPPENS)


class Said(Block):
    """A message or signal that is thrown: the case goes on, and the host delivers it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def write(self, to: Writer) -> tuple[str, str]:
        id = to.new("T")
        to.add(bpmn.element("intermediateThrowEvent", id, bpmn.event(self.kind, self.kind[0])))
        return id, id


@dataclass
class Leaving(Block):
    """Where its variable is true, the way is left: by an error or the end of the body; or an escalation is thrown.

    It comes right after a task, so that a command throws once: for two throws at once the standard gives no order.
    """

    kind: str  # error | escalation | terminate
    code: str = ""
    id: str = ""

    def write(self, to: Writer) -> tuple[str, str]:
        self.id, out, thrown = to.new("G"), to.new("N"), to.new("T")
        what = {"error": f"er_{self.code}", "escalation": f"es_{self.code}"}.get(self.kind)
        event = bpmn.event(self.kind, what)
        to.add(bpmn.element("task", out))
        if self.kind == "escalation":
            to.add(bpmn.element("intermediateThrowEvent", thrown, event))
            to.flow(thrown, out)
        else:
            to.add(bpmn.element("endEvent", thrown, event))
        default = to.flow(self.id, out)
        to.flow(self.id, thrown, f"={self.id} = 1")
        to.add(bpmn.element("exclusiveGateway", self.id, default=default))
        return self.id, out

    def begin(self, level: Level, path: tuple[int, ...], choices: Choices) -> Any:
        if choices[self.id] == 1:
            if self.kind == "terminate":
                raise Thrown(level)
            level.throw(self.kind, self.code, choices)
        return Going()


@dataclass
class Sequence(Block):
    """One after the other, along a flow or from link to link."""

    first: Block
    second: Block
    linked: bool = False

    def write(self, to: Writer) -> tuple[str, str]:
        a, b = self.first.write(to)
        c, d = self.second.write(to)
        if self.linked:
            source, target = to.new("T"), to.new("K")
            link = bpmn.event("link", name=source)
            to.add(bpmn.element("intermediateThrowEvent", source, link))
            to.add(bpmn.element("intermediateCatchEvent", target, link))
            to.flow(b, source)
            to.flow(target, c)
        else:
            to.flow(b, c)
        return a, d

    def begin(self, level: Level, path: tuple[int, ...], choices: Choices) -> Any:
        parts = (self.first, self.second)
        return InTurn(lambda n, now: parts[n].begin(level, path, now) if n < 2 else None, choices)


@dataclass
class Split(Block):
    """Gateways of one kind around branches; the first one is the default."""

    kind: str
    branches: list[Block]
    id: str = ""

    def write(self, to: Writer) -> tuple[str, str]:
        self.id, join = to.new("G"), to.new("G")
        default = None
        for number, branch in enumerate(self.branches):
            condition = None
            if self.kind != "parallelGateway" and number:
                condition = f"={self.id} = {number}" if self.kind == "exclusiveGateway" else f"={self.id}_{number}"
            first, last = branch.write(to)
            flow = to.flow(self.id, first, condition)
            default = default or flow
            to.flow(last, join)
        to.add(bpmn.element(self.kind, self.id, default=None if self.kind == "parallelGateway" else default))
        to.add(bpmn.element(self.kind, join))
        return self.id, join

    def begin(self, level: Level, path: tuple[int, ...], choices: Choices) -> Any:
        if self.kind == "parallelGateway":
            chosen = self.branches
        elif self.kind == "exclusiveGateway":
            number = choices[self.id]
            chosen = [self.branches[number if 0 < number < len(self.branches) else 0]]
        else:
            chosen = [b for n, b in enumerate(self.branches) if n and choices[f"{self.id}_{n}"]] or self.branches[:1]
        return Many([branch.begin(level, path, choices) for branch in chosen])


@dataclass
class Loop(Block):
    """Runs at least once, and again while its variable is true."""

    inner: Block
    id: str = ""

    def write(self, to: Writer) -> tuple[str, str]:
        merge, self.id = to.new("G"), to.new("X")
        first, last = self.inner.write(to)
        out = to.new("N")
        to.add(bpmn.element("task", out))
        to.flow(merge, first)
        to.flow(last, self.id)
        to.flow(self.id, merge, f"={self.id}")
        default = to.flow(self.id, out)
        to.add(
            bpmn.element("exclusiveGateway", merge),
            bpmn.element("exclusiveGateway", self.id, default=default),
        )
        return merge, out

    def begin(self, level: Level, path: tuple[int, ...], choices: Choices) -> Any:
        return InTurn(lambda n, now: self.inner.begin(level, path, now) if n == 0 or now[self.id] else None, choices)


@dataclass
class Race(Block):
    """An event gateway with a message for each branch."""

    branches: list[Block]
    ids: list[str] = field(default_factory=list)

    def write(self, to: Writer) -> tuple[str, str]:
        gateway, merge = to.new("G"), to.new("G")
        to.add(bpmn.element("eventBasedGateway", gateway), bpmn.element("exclusiveGateway", merge))
        for branch in self.branches:
            id = to.new("C")
            self.ids.append(id)
            to.add(bpmn.element("intermediateCatchEvent", id, bpmn.event("message", "m")))
            first, last = branch.write(to)
            to.flow(gateway, id)
            to.flow(id, first)
            to.flow(last, merge)
        return gateway, merge

    def begin(self, level: Level, path: tuple[int, ...], choices: Choices) -> Any:
        return Racing(self, level, path)


class Racing(Going):
    def __init__(self, race: Race, level: Level, path: tuple[int, ...]) -> None:
        self.race, self.level, self.path, self.won = race, level, path, None

    def tasks(self) -> list[Place]:
        return [] if self.won is None else self.won.tasks()

    def events(self) -> list[Place]:
        return [(id, self.path) for id in self.race.ids] if self.won is None else self.won.events()

    def feed(self, place: Place, choices: Choices) -> bool:
        if self.won is not None:
            return self.won.feed(place, choices)
        for id, branch in zip(self.race.ids, self.race.branches, strict=True):
            if place == (id, self.path):
                self.won = branch.begin(self.level, self.path, choices)
                return True
        return False

    @property
    def done(self) -> bool:
        return self.won is not None and self.won.done


@dataclass
class Trigger:
    """An event subprocess of a level."""

    handler: Block
    interrupting: bool
    stays: bool
    event: str = ""
    kind: str = "message"
    code: str | None = None

    def catches(self, kind: str, code: str) -> bool:
        return kind == self.kind and self.code in (None, code)

    def text(self, to: Writer) -> str:
        self.event = to.new("V")
        cause = _cause(self)
        start = bpmn.element("startEvent", self.event, cause, isInterrupting=str(self.interrupting).lower())
        inner = Writer(to.ids, called=to.called)
        end = inner.new("E")
        first, last = self.handler.write(inner)
        inner.flow(self.event, first)
        inner.flow(last, end)
        body = start + bpmn.element("endEvent", end) + "".join(inner.parts)
        return bpmn.subprocess(to.new("B"), body, triggered=True)


@dataclass
class Nested(Block):
    """An embedded subprocess or a called process, once, or once for each of several items."""

    inner: Block
    called: bool
    trigger: Trigger | None = None
    times: int | None = None
    in_turn: bool = False
    enough: int | None = None  # after so many completed instances the others are given up
    id: str = ""

    def write(self, to: Writer) -> tuple[str, str]:
        self.id = to.new("B")
        extra = self.trigger.text(to) if self.trigger else ""
        body = to.body(self.inner, extra)
        loop = ""
        if self.times is not None:
            items = "=" + str(list(range(self.times)))
            until = f"=numberOfCompletedInstances >= {self.enough}" if self.enough else None
            loop = bpmn.multi(items, "x", into="results", out="=result", sequential=self.in_turn, until=until)
        if self.called:
            process = to.new("P")
            to.called.append(bpmn.process(process, body))
            to.add(bpmn.call(self.id, process, loop))
        else:
            to.add(bpmn.element("subProcess", self.id, loop, body))
        return self.id, self.id

    def begin(self, level: Level, path: tuple[int, ...], choices: Choices, guard: Guarded | None = None) -> Any:
        def one(number: int, now: Choices) -> Any:
            inside = path if self.times is None else (*path, number)
            return Level(self.inner, inside, now, self.trigger, level, guard)

        if self.times is None:
            return one(0, choices)
        times = min(self.times, self.enough or self.times) if self.in_turn else self.times
        if self.in_turn:
            return InTurn(lambda n, now: one(n, now) if n < times else None, choices)
        parts = [one(number, choices) for number in range(times)]
        return Enough(parts, self.enough) if self.enough else Many(parts)


@dataclass
class Boundary(Block):
    """An activity with a boundary event: what follows the event happens instead of it, or beside it."""

    host: Block
    handler: Block
    interrupting: bool
    stays: bool
    event: str = ""
    kind: str = "message"
    code: str | None = None

    def catches(self, kind: str, code: str) -> bool:
        return kind == self.kind and self.code in (None, code)

    def write(self, to: Writer) -> tuple[str, str]:
        host, _ = self.host.write(to)
        self.event = to.new("V")
        first, last = self.handler.write(to)
        to.add(bpmn.boundary(self.event, host, _cause(self), self.interrupting))
        to.flow(self.event, first)
        after = to.new("G")
        to.add(bpmn.element("exclusiveGateway", after))
        to.flow(host, after)
        if self.interrupting:
            to.flow(last, after)
        else:
            end = to.new("E")
            to.add(bpmn.element("endEvent", end))
            to.flow(last, end)
        return host, after

    def begin(self, level: Level, path: tuple[int, ...], choices: Choices) -> Any:
        return Guarded(self, level, path, choices)


def _cause(caught: Trigger | Boundary) -> str:
    """Return the event definition of what is caught. A timer fires once; others as often as they interrupt nothing."""
    if caught.kind == "timer":
        return bpmn.timer("P1D")
    if caught.kind in HAPPENS:
        return bpmn.event(caught.kind, caught.kind[0])
    prefix = {"error": "er", "escalation": "es"}[caught.kind]
    return bpmn.event(caught.kind, f"{prefix}_{caught.code}" if caught.code else None)
