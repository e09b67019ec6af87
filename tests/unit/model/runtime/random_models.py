"""Random models, made of the blocks of `block_models`, in every kind that a model may have."""

from __future__ import annotations

import random
import re
from typing import Any

from tests.unit.model.runtime import bpmn_text as bpmn
from tests.unit.model.runtime.block_models import (
    HAPPENS,
    Block,
    Boundary,
    Choices,
    Leaving,
    Loop,
    Nested,
    Race,
    Said,
    Sequence,
    Split,
    Task,
    Trigger,
    Writer,
)

Fault = tuple[str, str]
"""Kind and code of what is thrown."""
CODES = ("a", "b")
KINDS = (
    "seq", "seq", "exclusiveGateway", "parallelGateway", "inclusiveGateway", "loop", "race", "nest", "nest", "guard",
    "guard", "leave", "leaf",
)  # fmt: skip


class Model:
    """A random model from a seed, with its document and its meaning."""

    def __init__(self, seed: int, depth: int = 4) -> None:
        self.random = random.Random(seed)
        self.block = self._block(depth)
        writer = Writer(iter(range(1, 10**6)))
        body = writer.body(self.block)
        named = [bpmn.definition("message", "m", name="word"), bpmn.definition("signal", "s", name="sign")]
        for code in CODES:
            named.append(bpmn.definition("error", f"er_{code}", errorCode=code))
            named.append(bpmn.definition("escalation", f"es_{code}", escalationCode=code))
        self.ids = sorted(set(re.findall(r'<bpmn:\w+ id="([A-Z]\d+)"', body + "".join(writer.called))))
        self.document = bpmn.document(*named, bpmn.process("P", body), *writer.called)

    def choices(self) -> Choices:
        """Return the value that every condition of the model shall have, whatever its name."""
        return _Random(self.random)

    def _block(self, depth: int, thrown: tuple[Fault, ...] = ()) -> Block:
        """Return a random block. `thrown`: the events that something around it would catch."""
        r = self.random
        if depth <= 0:
            return r.choice([Task(), Task(), Task("job"), Task("message"), Task("signal"), Said("message"), Block()])
        below = depth - 1
        match r.choice(KINDS):
            case "seq":
                return Sequence(self._block(below, thrown), self._block(below, thrown), r.random() < 0.15)
            case "exclusiveGateway" | "parallelGateway" | "inclusiveGateway" as tag:
                return Split(tag, [self._block(below, thrown) for _ in range(r.randint(2, 3))])
            case "loop":
                return Loop(Sequence(Task(), self._block(below, thrown)))
            case "race":
                return Race([self._block(below, thrown) for _ in range(2)])
            case "nest":
                return self._nested(below, thrown)
            case "guard":
                return self._guarded(below, thrown)
            case "leave":
                kind, code = r.choice([*thrown, ("terminate", "")])
                return Sequence(Task(), Leaving(kind, code))
        return Task()

    def _nested(self, depth: int, thrown: tuple[Fault, ...] = ()) -> Nested:
        r = self.random
        trigger = self._trigger() if r.random() < 0.4 else None
        inside = (*thrown, *_caught(trigger)) if trigger else thrown
        inner, times = self._block(depth, inside), r.randint(0, 3) if r.random() < 0.4 else None
        enough = r.randint(1, 2) if times and r.random() < 0.4 else None
        if enough:
            inner = Sequence(Task(), inner)
        return Nested(inner, r.random() < 0.5, trigger, times, r.random() < 0.5, enough)

    def _trigger(self) -> Trigger:
        kind, interrupting, stays, code = self._event()
        # An event that happens again runs twice at once: only with a plain task inside can't the two be confused.
        return Trigger(Task() if stays else self._block(1), interrupting, stays, kind=kind, code=code)

    def _guarded(self, depth: int, thrown: tuple[Fault, ...]) -> Boundary:
        r = self.random
        kind, interrupting, stays, code = self._event()
        if kind in HAPPENS:
            host: Block = r.choice([Task(), Task("job"), self._nested(depth, thrown)])
        elif kind == "error" and r.random() < 0.3:
            host = Task("job")  # the outside says that it can't be done
        else:
            host = self._nested(depth, (*thrown, *((kind, c) for c in CODES if code in (None, c))))
        handler = self._block(depth, thrown) if interrupting else Task()
        return Boundary(host, handler, interrupting, stays, kind=kind, code=code)

    def _event(self) -> tuple[str, bool, bool, str | None]:
        """(kind, whether it interrupts, whether it may happen again, code)."""
        r = self.random
        kind = r.choice(["message", "message", "timer", "signal", "error", "escalation"])
        interrupting = kind == "error" or r.random() < 0.5
        return kind, interrupting, not interrupting and kind != "timer", r.choice([None, *CODES])


def _caught(by: Trigger) -> list[Fault]:
    return [(by.kind, code) for code in CODES if by.kind not in HAPPENS and by.code in (None, code)]


class _Random(Choices):
    """Gives every name a random value, which stays the same within one command."""

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
