"""The state space of each body of a process: which markings its tokens can have together."""

from __future__ import annotations

from functools import lru_cache

from engine.model.chain.model import Process
from engine.model.chain.rules.behaviour import net_of
from engine.model.soundness import Space

MOST_STATES = 20_000
"""Markings looked at for one body: below a second. A larger one is undecided."""


class _Body:
    """A body as a key of the cache: the same process object, since comparing equal ones would cost their whole size."""

    def __init__(self, process: Process, body: str) -> None:
        self.process, self.body = process, body

    def __hash__(self) -> int:
        return hash((id(self.process), self.body))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Body) and other.process is self.process and other.body == self.body


def space(process: Process, body: str) -> Space | None:
    """The space of the body (id of the process or of a subprocess in it); None where it can't be told."""
    return _space(_Body(process, body))


@lru_cache(maxsize=256)
def _space(key: _Body) -> Space | None:
    net = net_of(key.process, key.body, [e for e in key.process.elements.values() if e.parent == key.body])
    if net is None or not all(flow in net.targets for node in net.nodes for flow in net.exits(node)):
        return None
    found = Space(net, MOST_STATES)
    return found if found.reason is None else None
