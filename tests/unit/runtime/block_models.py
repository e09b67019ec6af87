"""Random block-structured models, and what they mean, told without the runtime.

A `Block` writes its BPMN (`write`) and begins a `Going`: a plain recursive description of where a block is. The two
know nothing of tokens, so a run that agrees with them step by step is right, not just equal to itself.
A place is (element id, path), the path being the numbers of the multi-instances around it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.unit.runtime import bpmn_text as bpmn

Place = tuple[str, tuple[int, ...]]
Choices = dict[str, Any]


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


class Level:
    """A body that runs: its main path and what runs beside it."""

    def __init__(self, block: Block, path: tuple[int, ...], choices: Choices, trigger: Trigger | None = None) -> None:
        self.sides: list[Going] = []
        self.trigger, self.path, self.armed = trigger, path, trigger is not None
        self.main: Going = block.begin(self, path, choices)

    @property
    def done(self) -> bool:
        return self.main.done and all(side.done for side in self.sides)

    def tasks(self) -> list[Place]:
        return [*self.main.tasks(), *(t for side in self.sides for t in side.tasks())]

    def events(self) -> list[Place]:
        own = [(self.trigger.event, self.path)] if self.trigger and self.armed and not self.done else []
        return [*own, *self.main.events(), *(e for side in self.sides for e in side.events())]

    def feed(self, place: Place, choices: Choices) -> bool:
        if self.trigger and self.armed and place == (self.trigger.event, self.path) and not self.done:
            self._fire(self.trigger, choices)
            return True
        return self.main.feed(place, choices) or any(side.feed(place, choices) for side in self.sides)

    def _fire(self, trigger: Trigger, choices: Choices) -> None:
        self.armed = trigger.stays
        if trigger.interrupting:
            self.main, self.sides = Going(), []
        self.sides.append(trigger.handler.begin(self, self.path, choices))


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
    """Several at once."""

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


class InTurn(Going):
    """One after the other: `following(n, choices)` makes the n-th, or None after the last."""

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

    def __init__(self, main: Any, boundary: Boundary, level: Level, path: tuple[int, ...]) -> None:
        self.main, self.boundary, self.level = main, boundary, level
        self.place, self.armed = (boundary.event, path), True
        self.path = path

    def tasks(self) -> list[Place]:
        return self.main.tasks()

    def events(self) -> list[Place]:
        own = [self.place] if self.armed and not self.main.done else []
        return [*own, *self.main.events()]

    def feed(self, place: Place, choices: Choices) -> bool:
        if place != self.place or not self.armed or self.main.done:
            return self.main.feed(place, choices)
        handler = self.boundary.handler.begin(self.level, self.path, choices)
        if self.boundary.interrupting:
            self.main, self.armed = handler, False
        else:
            self.armed = self.boundary.stays
            self.level.sides.append(handler)
        return True

    @property
    def done(self) -> bool:
        return self.main.done


# ---------------------------------------------------------------- blocks


class Block:
    """A plain task that passes by itself."""

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
        self.id = self.id or to.new({"user": "U", "job": "J", "message": "C"}[self.kind])
        to.add(self.text())
        return self.id, self.id

    def text(self, inner: str = "") -> str:
        if self.kind == "user":
            return bpmn.user(self.id, inner)
        if self.kind == "job":
            return bpmn.service(self.id, "outside", inner)
        return bpmn.element("intermediateCatchEvent", self.id, bpmn.event("message", "m"))

    def begin(self, level: Level, path: tuple[int, ...], choices: Choices) -> Any:
        return Waiting(self.id, path, is_event=self.kind == "message")


@dataclass
class Sequence(Block):
    first: Block
    second: Block

    def write(self, to: Writer) -> tuple[str, str]:
        a, b = self.first.write(to)
        c, d = self.second.write(to)
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
    """At least once, and again while its variable is true."""

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

    def text(self, to: Writer) -> str:
        self.event = to.new("V")
        cause = bpmn.event("message", "m") if self.stays or self.interrupting else bpmn.timer("P1D")
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
    id: str = ""

    def write(self, to: Writer) -> tuple[str, str]:
        self.id = to.new("B")
        extra = self.trigger.text(to) if self.trigger else ""
        body = to.body(self.inner, extra)
        loop = ""
        if self.times is not None:
            items = "=" + str(list(range(self.times)))
            loop = bpmn.multi(items, "x", into="results", out="=result", sequential=self.in_turn)
        if self.called:
            process = to.new("P")
            to.called.append(bpmn.process(process, body))
            to.add(bpmn.call(self.id, process, loop))
        else:
            to.add(bpmn.element("subProcess", self.id, body, loop))
        return self.id, self.id

    def begin(self, level: Level, path: tuple[int, ...], choices: Choices) -> Any:
        def one(number: int, now: Choices) -> Any:
            inside = path if self.times is None else (*path, number)
            return Level(self.inner, inside, now, self.trigger)

        if self.times is None:
            return one(0, choices)
        times = self.times
        if self.in_turn:
            return InTurn(lambda n, now: one(n, now) if n < times else None, choices)
        return Many([one(number, choices) for number in range(times)])


@dataclass
class Boundary(Block):
    """An activity with an event at its border: instead of it, or beside it."""

    host: Block
    handler: Block
    interrupting: bool
    stays: bool
    event: str = ""

    def write(self, to: Writer) -> tuple[str, str]:
        host, _ = self.host.write(to)
        self.event = to.new("V")
        cause = bpmn.event("message", "m") if self.stays or self.interrupting else bpmn.timer("P1D")
        first, last = self.handler.write(to)
        to.add(bpmn.boundary(self.event, host, cause, self.interrupting))
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
        return Guarded(self.host.begin(level, path, choices), self, level, path)


# ---------------------------------------------------------------- at random


class Model:
    """A random model from a seed, with its document and its meaning."""

    def __init__(self, seed: int, depth: int = 4) -> None:
        self.random = random.Random(seed)
        self.block = self._block(depth)
        writer = Writer(iter(range(1, 10**6)))
        body = writer.body(self.block)
        message = bpmn.definition("message", "m", name="word")
        self.ids = sorted(set(re.findall(r'<bpmn:\w+ id="([A-Z]\d+)"', body + "".join(writer.called))))
        self.document = bpmn.document(message, bpmn.process("P", body), *writer.called)

    def choices(self) -> Choices:
        """What every condition of the model will be, whatever its name."""
        return _Random(self.random)

    def _block(self, depth: int) -> Block:
        r = self.random
        if depth <= 0:
            return r.choice([Task(), Task(), Task("job"), Task("message"), Block()])
        kind = r.choice(["seq", "seq", "xor", "and", "or", "loop", "race", "nest", "nest", "guard", "leaf"])
        below = depth - 1
        if kind == "seq":
            return Sequence(self._block(below), self._block(below))
        if kind in ("xor", "and", "or"):
            tag = {"xor": "exclusiveGateway", "and": "parallelGateway", "or": "inclusiveGateway"}[kind]
            return Split(tag, [self._block(below) for _ in range(r.randint(2, 3))])
        if kind == "loop":
            return Loop(Sequence(Task(), self._block(below)))
        if kind == "race":
            return Race([self._block(below) for _ in range(2)])
        if kind == "nest":
            return self._nested(below)
        if kind == "guard":
            host = r.choice([Task(), Task("job"), self._nested(below)])
            interrupting, stays = r.random() < 0.5, r.random() < 0.5
            return Boundary(host, self._block(below) if interrupting else Task(), interrupting, stays)
        return Task()

    def _nested(self, depth: int) -> Nested:
        r = self.random
        trigger = None
        if r.random() < 0.4:
            trigger = Trigger(Task(), r.random() < 0.5, False)
            trigger.stays = not trigger.interrupting and r.random() < 0.5
        times = r.randint(0, 3) if r.random() < 0.4 else None
        return Nested(self._block(depth), r.random() < 0.5, trigger, times, r.random() < 0.5)


class _Random(Choices):
    """Every name has a random value, the same one within one command."""

    def __init__(self, source: random.Random) -> None:
        super().__init__()
        self.source = source

    def __missing__(self, name: str) -> Any:
        if "_" in name:
            value: Any = self.source.random() < 0.5
        elif name.startswith("X"):
            value = self.source.random() < 0.3
        else:
            value = self.source.randint(0, 2)
        self[name] = value
        return value
