"""The moves of tokens in a net: the ways on from each node, and when a join fires. Each is worked out once a net."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from engine.model.soundness.net import Marking, Net, NetArm, NetNode, Place

MOST_CHOICES = 10
"""Conditional flows of one inclusive split whose combinations are all tried (2^10)."""


class TooLarge(Exception):
    """The state space is larger than the cap. Never leaves this room."""


@dataclass(frozen=True, slots=True)
class TokenMove:
    """One way on from a node.

    `places`: the places that get a token. `passed`: the nodes passed on the way, in order. `visited`: the nodes of all
    ways that lead to the same places. `ends_all`: a terminate end was reached, and every token of the net is gone.
    """

    places: Marking
    passed: tuple[str, ...]
    visited: frozenset[str]
    ends_all: bool = False


@dataclass(frozen=True, slots=True)
class _Burst:
    """Tokens on the move: the flows that the `running` ones are on, the places of those that are `settled`."""

    running: tuple[str, ...]
    settled: tuple[Place, ...]
    passed: tuple[str, ...]
    ended: bool = False


class Moves:
    """The moves that are possible in one net. `cap`: ways on from one node after which TooLarge is raised."""

    def __init__(self, net: Net, cap: int) -> None:
        self.net = net
        self.cap = cap
        self._first, self._members = _series(net)
        self._ways: dict[str, list[TokenMove]] = {}
        self._reach: dict[tuple[str, str], frozenset[str]] = {}

    def place(self, node: str, flow: str = "") -> Place:
        """Return the place that stands for a node (the first of its series), or for an incoming flow of a join."""
        return (node, flow) if flow and self.net.is_join(node) else (self._first.get(node, node), "")

    def series(self, node: str) -> tuple[str, ...]:
        """Return the nodes that share one place with `node`, in order."""
        return self._members.get(self._first.get(node, node), (node,))

    def leave(self, node: str) -> list[TokenMove]:
        """Return the ways on from an activity (from the last one of its series), a join or the start.

        Raises TooLarge.
        """
        if node not in self._ways:
            last = self.series(node)[-1]
            self._ways[node] = self._expand(last, self._choices(last), self.series(node))
        return self._ways[node]

    def leave_by(self, arm: NetArm) -> list[TokenMove]:
        """Return the ways on from a boundary event. Raises TooLarge."""
        if arm.id not in self._ways:
            self._ways[arm.id] = self._expand(arm.id, [arm.outgoing], (arm.id,))
        return self._ways[arm.id]

    def _choices(self, id: str) -> list[tuple[str, ...]]:
        """Return the sets of flows by which a token may leave a node: one set is taken at a time."""
        node = self.net.nodes[id]
        if node.kind in ("exclusive", "choice"):
            return [(flow,) for flow in node.outgoing] or [()]
        if node.kind != "inclusive" or len(node.outgoing) < 2:
            return [node.outgoing]
        flows = [flow for flow in node.outgoing if flow != node.default]
        if len(flows) > MOST_CHOICES:
            raise TooLarge(f"'{id}' has {len(flows)} conditions, more than {MOST_CHOICES} to combine")
        sets = [chosen for n in range(1, len(flows) + 1) for chosen in combinations(flows, n)]
        return sets + ([(node.default,)] if node.default in node.outgoing else [])

    def _expand(self, origin: str, choices: list[tuple[str, ...]], passed: tuple[str, ...]) -> list[TokenMove]:
        """Follow the tokens on each set of flows until every token is in a place.

        Ways that lead to the same places become one move. Raises TooLarge.
        """
        moves: dict[tuple[bool, Marking], TokenMove] = {}
        todo = [_Burst(flows, (), passed) for flows in reversed(choices)]
        bound = self.cap
        while todo:
            bound -= 1
            if bound < 0:
                raise TooLarge(f"more than {self.cap} ways lead on from '{origin}'")
            burst = todo.pop()
            if burst.running and not burst.ended:
                todo.extend(self._step(burst))
                continue
            key = (burst.ended, () if burst.ended else tuple(sorted(burst.settled)))
            known = moves.get(key)
            visited = frozenset(burst.passed) | (known.visited if known else frozenset())
            moves[key] = TokenMove(key[1], known.passed if known else burst.passed, visited, burst.ended)
        return list(moves.values())

    def _step(self, burst: _Burst) -> Iterator[_Burst]:
        """Move one token of the burst one node further; yield a burst for each way in which it can go."""
        flow, running = burst.running[0], burst.running[1:]
        node = self.net.nodes[self.net.targets[flow]]
        passed = (*burst.passed, node.id)
        if self.net.is_join(node.id):
            yield _Burst(running, (*burst.settled, (node.id, flow)), passed)
        elif node.kind == "terminate":
            yield _Burst((), (), passed, True)
        elif node.kind == "end":
            yield _Burst(running, burst.settled, passed)
        elif node.kind in ("activity", "choice") or len(node.incoming) > 1 or node.id == self.net.start:
            # Every loop has such a node, so that every burst ends.
            yield _Burst(running, (*burst.settled, self.place(node.id)), passed)
        else:
            for flows in self._choices(node.id):
                yield _Burst((*flows, *running), burst.settled, passed)

    def fires(self, join: str, marking: Marking) -> bool:
        """Return whether a join that has tokens on some of its incoming flows goes on now."""
        node = self.net.nodes[join]
        full = {flow for name, flow in marking if name == join and flow}
        empty = [flow for flow in node.incoming if flow not in full]
        if node.kind == "parallel" or not empty:
            return not empty
        for name, flow in marking:
            if not (name == join and flow):
                reached = self._reached(self.series(name)[-1], join)
                if any(flow in reached for flow in empty) and not any(flow in reached for flow in full):
                    return False
        return True

    def _reached(self, node: str, join: str) -> frozenset[str]:
        """Return all flows to which a token at `node` can come without passing `join`."""
        if (node, join) not in self._reach:
            flows: set[str] = set()
            todo = [node]
            while todo:
                for flow in self.net.exits(todo.pop()):
                    if flow not in flows:
                        flows.add(flow)
                        if (target := self.net.targets[flow]) != join:
                            todo.append(target)
            self._reach[node, join] = frozenset(flows)
        return self._reach[node, join]


def _series(net: Net) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Return the series of plain activities: the first node by each member, and the members by the first node."""
    follows: dict[str, str] = {}
    for node in net.nodes.values():
        if _is_plain(node) and len(node.outgoing) == 1:
            target = net.nodes[net.targets[node.outgoing[0]]]
            if _is_plain(target) and len(target.incoming) == 1 and target.id != node.id:
                follows[node.id] = target.id
    inner = set(follows.values())
    first: dict[str, str] = {}
    members: dict[str, tuple[str, ...]] = {}
    for node_id in follows:
        if node_id not in inner:
            chain = [node_id]
            while chain[-1] in follows:
                chain.append(follows[chain[-1]])
            members[node_id] = tuple(chain)
            first.update(dict.fromkeys(chain, node_id))
    return first, members


def _is_plain(node: NetNode) -> bool:
    return node.kind == "activity" and not node.arms
