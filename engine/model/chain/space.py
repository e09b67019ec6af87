"""The state space of each body of a process: the sets of places that can hold tokens at the same time."""

from __future__ import annotations

from functools import lru_cache

from engine.model.chain.model import Process
from engine.model.chain.rules.behaviour import net_of
from engine.model.soundness import Space

MOST_STATES = 20_000
"""Markings visited for one body, which takes less than a second. A larger body is undecided."""


class _BodyKey:
    """A body as a key of the cache, its process compared by identity: comparing equal ones would visit each element."""

    def __init__(self, process: Process, body: str) -> None:
        self.process, self.body = process, body

    def __hash__(self) -> int:
        return hash((id(self.process), self.body))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _BodyKey) and other.process is self.process and other.body == self.body


def space(process: Process, body: str) -> Space | None:
    """Return the state space of a body (id of the process or of a subprocess in it); None where it can't be decided."""
    return _space(_BodyKey(process, body))


@lru_cache(maxsize=256)
def _space(key: _BodyKey) -> Space | None:
    net = net_of(key.process, key.body, [e for e in key.process.elements.values() if e.parent == key.body])
    if net is None or not all(flow in net.targets for node in net.nodes for flow in net.exits(node)):
        return None
    space_of_body = Space(net, MOST_STATES)
    return space_of_body if space_of_body.reason is None else None
