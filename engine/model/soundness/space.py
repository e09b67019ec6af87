"""The state space of a net: its flaws, whether a marking can be reached, what can be at work at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import combinations

from engine.model.soundness.moves import Moves
from engine.model.soundness.net import Flaw, Net, Place
from engine.model.soundness.walk import MOST_FLAWS, Walk

CAP = 50_000
"""Markings visited before the answer is "undecided": about two seconds."""


class Space:
    """All markings of a net in which every token rests.

    `main`: the walk without non-interrupting events. `all`: the walk with them; the same object if the net has none.
    `reason`: why the space wasn't walked to its end; None if it was.
    """

    def __init__(self, net: Net, cap: int = CAP) -> None:
        self.net = net
        self._moves = Moves(net, cap)
        self.main = Walk(self._moves, None)
        events = any(not arm.interrupting for node in net.nodes.values() for arm in node.arms) or net.triggered
        self.all = Walk(self._moves, self.main) if events else self.main
        self.reason = self.all.reason

    @cached_property
    def flaws(self) -> tuple[Flaw, ...]:
        """The flaws of the net, the worst first; empty for a sound net."""
        flaws = [*self.all.doubled, *self.all.stuck()][: 2 * MOST_FLAWS]
        if self.reason is not None:
            return (*flaws, Flaw("undecided", self.net.start, (), (self.reason,)))
        return tuple(flaws) or tuple(self._dead())

    def is_reachable(self, marking: Iterable[Place]) -> bool:
        """Return whether the net can have tokens in exactly these places. Side tracks are checked one by one."""
        places = [self.place(*place) for place in marking]
        side = [p for p in places if p not in self.main.places]
        core = tuple(sorted(p for p in places if p in self.main.places))
        if core not in self.main.seen:
            return core in self.all.seen and not side
        return all(tuple(sorted((*core, place))) in self.all.seen for place in side)

    def place(self, node: str, flow: str = "") -> Place:
        """Return the place that stands for a node (the first of its series), or for an incoming flow of a join."""
        return self._moves.place(node, flow)

    def series(self, node: str) -> tuple[str, ...]:
        """Return the nodes that share one place with `node`, in order."""
        return self._moves.series(node)

    def concurrent(self) -> Iterator[tuple[str, str]]:
        """Yield the pairs of activities that can be at work at the same time, each as the first id of its series."""
        pairs = {pair for marking in self.all.seen for pair in combinations([n for n, flow in marking if not flow], 2)}
        yield from sorted(pairs)

    def _dead(self) -> Iterator[Flaw]:
        for node in self.net.nodes:
            if node not in self.all.visited and node not in self.net.triggered:
                yield Flaw("dead-element", node, ())
