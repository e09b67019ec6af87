"""Random models that stock can follow: those of the runtime's tests, without what `NOT_DRAWN` names."""

from __future__ import annotations

from collections.abc import Iterator

from tests.unit.model.runtime.block_models import (
    Block,
    Boundary,
    Leaving,
    Loop,
    Nested,
    Race,
    Sequence,
    Split,
    Task,
    Trigger,
)
from tests.unit.model.runtime.random_models import Fault, Model

NOT_DRAWN = {
    "link": "link",
    "event subprocess": "error-start",
    "join in a loop": "join-in-loop",
    "interrupted multi-instance": "instance-cancel",
    "multi-instance behind a boundary event": "instance-predicted",
    "inclusive gateway around ways that meet": "inclusive-join-early",
    "inclusive gateway around a terminate end": "inclusive-join-terminated",
    "escalation that interrupts": "interrupted-late",
    "error through two bodies": "interrupted-late",
}
"""What isn't drawn, with its row in docs/spiffworkflow.md."""


class Drawn(Model):
    """A random model without what stock gets wrong; `drawn` names what it may have all the same."""

    def __init__(self, seed: int, depth: int, drawn: str | None = None) -> None:
        self.left_out = NOT_DRAWN.keys() - {drawn}
        self._thrown: tuple[Fault, ...] = ()  # what something around the body that is being drawn would catch
        super().__init__(seed, depth)

    def _trigger(self) -> Trigger | None:  # type: ignore[override]
        return None if "event subprocess" in self.left_out else super()._trigger()

    def _block(self, depth: int, thrown: tuple[Fault, ...] = ()) -> Block:
        block = super()._block(depth, thrown)
        match block:
            case Sequence() if "link" in self.left_out:
                block.linked = False
            case Loop(inner) if "join in a loop" in self.left_out and any(map(_joins, _within(inner))):
                return inner
            case Split("inclusiveGateway") if any(map(self._stops, _within(block))):
                block.kind = "parallelGateway"
        return block

    def _nested(self, depth: int, thrown: tuple[Fault, ...] = ()) -> Nested:
        around = self._thrown
        if "error through two bodies" in self.left_out:
            own = thrown[len(around) :]  # what the boundary event of this very activity catches
            thrown = (*(fault for fault in around if fault[0] != "error"), *own)
        self._thrown = thrown
        nested = super()._nested(depth, thrown)
        self._thrown = around
        return nested

    def _guarded(self, depth: int, thrown: tuple[Fault, ...]) -> Boundary:
        guarded = super()._guarded(depth, thrown)
        if guarded.kind == "escalation" and "escalation that interrupts" in self.left_out:
            guarded.interrupting, guarded.stays, guarded.handler = False, True, Task()
        if guarded.interrupting and "interrupted multi-instance" in self.left_out:
            _make_single(guarded.host)
        if "multi-instance behind a boundary event" in self.left_out:
            for block in _within(guarded.handler):
                _make_single(block)
        return guarded

    def _stops(self, block: Block) -> bool:
        """Whether stock goes wrong where this is between inclusive gateways."""
        if isinstance(block, Leaving) and block.kind == "terminate":
            return "inclusive gateway around a terminate end" in self.left_out
        chooses = isinstance(block, Split) and block.kind == "exclusiveGateway"
        meet = chooses or isinstance(block, Loop | Race | Boundary)
        return meet and "inclusive gateway around ways that meet" in self.left_out


def _joins(block: Block) -> bool:
    return isinstance(block, Split) and block.kind != "exclusiveGateway"


def _make_single(block: Block) -> None:
    if isinstance(block, Nested):
        block.times = block.enough = None


def _within(block: Block) -> Iterator[Block]:
    """The block and all blocks of the same body in it."""
    yield block
    match block:
        case Split() | Race():
            inner = block.branches
        case Sequence():
            inner = [block.first, block.second]
        case Loop():
            inner = [block.inner]
        case Boundary():
            inner = [block.host, block.handler]
        case _:
            inner = []
    for part in inner:
        yield from _within(part)
