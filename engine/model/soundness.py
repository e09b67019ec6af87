"""The state space of a process graph: can it always end, and is a marking one that it can reach? Pure.

Knows no BPMN file and no runtime, only a `Net`: nodes, ordered flows, boundary arms. A series of activities counts as
one place, and what needs nobody and merges nothing is passed at once, so that eight branches of three tasks have some
260 markings instead of 65,536. Data are ignored: every way out of a choice is possible.

A marking is a sorted tuple of places; a place is an activity, a merge, or an incoming flow of a join that has a token.
Joins fire as soon as they can, inclusive ones by BPMN 2.0.2 § 13.4.3: a join waits for a token that has a path to an
incoming flow without a token, unless it has one to a flow with a token too, neither path through the join itself.

What a non-interrupting event starts may be started again and again. Its tokens are followed once, on a side track:
two of them in one place are no fault unless the place is one of the main track's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations, pairwise
from typing import Literal

Kind = Literal["activity", "pass", "exclusive", "choice", "parallel", "inclusive", "end", "terminate"]
"""activity: rests until something happens. choice: so does an event gateway, and then takes one way.
pass: needs nobody; as with activities, several flows out split in parallel."""

Place = tuple[str, str]
"""(node, ""), or (join, incoming flow) waiting for the others."""
Marking = tuple[Place, ...]

CAP = 50_000
"""Markings looked at before the answer is "undecided": about two seconds."""
PATH_CAP = 5_000
"""Markings looked at for the path to a problem that is known already."""
MOST_CHOICES = 10
"""Flows out of one inclusive split whose combinations are all tried (2^10)."""
MOST_PROBLEMS = 5
"""Problems of one kind that are told; the others are mostly the same one seen from further on."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A boundary event: what it is called, whether it ends its activity, and the flows that leave it."""

    id: str
    interrupting: bool
    outgoing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """`incoming` and `outgoing` are flow ids in order. `default` is the flow of an inclusive split taken last."""

    id: str
    kind: Kind
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    arms: tuple[Arm, ...] = ()
    default: str | None = None


@dataclass(frozen=True)
class Net:
    """One body: a process or the inside of a subprocess.

    `targets` maps each flow to the node that it leads to. `triggered` are event subprocesses, which are activities
    without flows: True if one interrupts the body.
    """

    start: str
    nodes: Mapping[str, Node]
    targets: Mapping[str, str]
    triggered: Mapping[str, bool] = field(default_factory=dict)

    def exits(self, node: str) -> tuple[str, ...]:
        """All flows by which a token can leave a node, boundary events included."""
        found = self.nodes[node]
        return (*found.outgoing, *(flow for arm in found.arms for flow in arm.outgoing))

    def is_join(self, node: str) -> bool:
        found = self.nodes[node]
        return found.kind in ("parallel", "inclusive") and len(found.incoming) > 1


@dataclass(frozen=True, slots=True)
class Problem:
    """`rule`: deadlock | lack-of-synchronisation | no-way-out | dead-element | undecided. `path` leads to it.

    `waiting`: the joins of a deadlock, or why it is undecided.
    """

    rule: str
    element: str
    path: tuple[str, ...]
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Move:
    """One way on: the places that it gives, the nodes passed on the way, and all nodes of ways that give the same."""

    places: Marking
    passed: tuple[str, ...]
    visited: frozenset[str]
    ends_all: bool = False


@dataclass(slots=True)
class _Step:
    """How a marking was first reached."""

    before: Marking | None
    passed: tuple[str, ...]


class TooLarge(Exception):
    """The state space is larger than the cap. Never leaves this room."""


class Space:
    """All markings at rest of a net, and what is wrong with them."""

    def __init__(self, net: Net, cap: int = CAP) -> None:
        self.net = net
        self.cap = cap
        self._first, self._rest = _series(net)
        self._ways: dict[str, list[_Move]] = {}
        self._reach: dict[tuple[str, str], frozenset[str]] = {}
        self.reason: str | None = None
        self.main = _Walk(self, None)
        events = any(not arm.interrupting for node in net.nodes.values() for arm in node.arms) or net.triggered
        self.all = _Walk(self, self.main) if events else self.main

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong, worst first; empty for a sound net."""
        walk = self.all
        found = [*walk.doubled, *walk.stuck()][: 2 * MOST_PROBLEMS]
        if self.reason is not None:
            return (*found, Problem("undecided", self.net.start, (), (self.reason,)))
        return tuple(found) or tuple(self._dead())

    def is_reachable(self, marking: Iterable[Place]) -> bool:
        """Whether the net can have tokens in exactly these places. Side tracks are looked at one by one."""
        places = [self.place(*place) for place in marking]
        side = [p for p in places if p not in self.main.places]
        core = tuple(sorted(p for p in places if p in self.main.places))
        if core not in self.main.seen:
            return core in self.all.seen and not side
        return all(tuple(sorted((*core, place))) in self.all.seen for place in side)

    def place(self, node: str, flow: str = "") -> Place:
        """The place that stands for a node (the first of its series), or for an incoming flow of a join."""
        return (node, flow) if flow and self.net.is_join(node) else (self._first.get(node, node), "")

    def concurrent(self) -> Iterator[tuple[str, str]]:
        """Pairs of activities that can be at work at the same time (first ids of their series)."""
        pairs = {pair for marking in self.all.seen for pair in combinations([n for n, flow in marking if not flow], 2)}
        yield from sorted(pairs)

    def series(self, node: str) -> tuple[str, ...]:
        """The nodes that stand for one place with `node`, in order."""
        return self._rest.get(self._first.get(node, node), (node,))

    def _dead(self) -> Iterator[Problem]:
        for node in self.net.nodes:
            if node not in self.all.visited and node not in self.net.triggered:
                yield Problem("dead-element", node, ())

    # ------------------------------------------------------------------ moves

    def leave(self, node: str) -> list[_Move]:
        """What can happen when the activity (the last one of its series), join or start `node` is left."""
        if node not in self._ways:
            last = self.series(node)[-1]
            self._ways[node] = self.expand(last, self.choices(last), self.series(node))
        return self._ways[node]

    def arm_moves(self, arm: Arm) -> list[_Move]:
        if arm.id not in self._ways:
            self._ways[arm.id] = self.expand(arm.id, [arm.outgoing], (arm.id,))
        return self._ways[arm.id]

    def choices(self, node: str) -> list[tuple[str, ...]]:
        """Sets of flows that a token may leave by."""
        found = self.net.nodes[node]
        if found.kind in ("exclusive", "choice"):
            return [(flow,) for flow in found.outgoing] or [()]
        if found.kind != "inclusive" or len(found.outgoing) < 2:
            return [found.outgoing]
        flows = [flow for flow in found.outgoing if flow != found.default]
        if len(flows) > MOST_CHOICES:
            raise TooLarge(f"'{node}' has {len(flows)} conditions, more than {MOST_CHOICES} to combine")
        sets = [chosen for n in range(1, len(flows) + 1) for chosen in combinations(flows, n)]
        return sets + ([(found.default,)] if found.default in found.outgoing else [])

    def expand(self, origin: str, choices: list[tuple[str, ...]], passed: tuple[str, ...]) -> list[_Move]:
        """Follow the tokens on each set of flows until each is in a place. What gives the same is one move."""
        moves: dict[tuple[bool, Marking], _Move] = {}
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
            moves[key] = _Move(key[1], known.passed if known else burst.passed, visited, burst.ended)
        return list(moves.values())

    def _step(self, burst: _Burst) -> Iterator[_Burst]:
        """One token of the burst goes one node further, in each way that it can."""
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
            # Every loop has such a node: bursts always end.
            yield _Burst(running, (*burst.settled, self.place(node.id)), passed)
        else:
            for flows in self.choices(node.id):
                yield _Burst((*flows, *running), burst.settled, passed)

    # ------------------------------------------------------------------ joins

    def fires(self, join: str, marking: Marking) -> bool:
        """Whether a join with tokens on some incoming flows goes on now."""
        node = self.net.nodes[join]
        full = {flow for name, flow in marking if name == join and flow}
        empty = [flow for flow in node.incoming if flow not in full]
        if node.kind == "parallel" or not empty:
            return not empty
        for name, flow in marking:
            if not (name == join and flow):
                reached = self.reached(self.series(name)[-1], join)
                if any(flow in reached for flow in empty) and not any(flow in reached for flow in full):
                    return False
        return True

    def reached(self, node: str, join: str) -> frozenset[str]:
        """All flows that a token at `node` can come to without passing `join`."""
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


@dataclass(frozen=True, slots=True)
class _Burst:
    """Tokens on the move: the flows that the `running` ones are on, the places of those that are `settled`."""

    running: tuple[str, ...]
    settled: tuple[Place, ...]
    passed: tuple[str, ...]
    ended: bool = False


class _Walk:
    """A walk over all markings, breadth first, so that paths are the shortest.

    Without `main`, non-interrupting events don't happen: the main track. With it, they do.
    """

    def __init__(self, space: Space, main: _Walk | None) -> None:
        self._space = space
        self._net = space.net
        self._main = main
        self.seen: dict[Marking, _Step] = {}
        self.visited: set[str] = {space.net.start}
        self.doubled: list[Problem] = list(main.doubled) if main else []
        self._told: set[str] = {problem.element for problem in self.doubled}
        self._next: dict[Marking, list[Marking]] = {}
        try:
            self._walk()
        except TooLarge as error:
            space.reason = str(error)
        self.places = frozenset(place for marking in self.seen for place in marking)

    def _walk(self) -> None:
        todo: list[Marking] = []
        for move in self._space.leave(self._net.start):
            self._reach(None, move.places, move, todo)
        at = 0
        while at < len(todo):
            marking = todo[at]
            at += 1
            following = self._next.setdefault(marking, [])
            for after, move in self._successors(marking):
                if self._reach(marking, after, move, todo):
                    following.append(after)
            for after, move in self._triggers(marking):
                self._reach(marking, after, move, todo)

    def _reach(self, before: Marking | None, after: Marking, move: _Move, todo: list[Marking]) -> bool:
        """Note a marking. False where it is one with two tokens in a place, which is not followed further."""
        self.visited.update(move.visited)
        twice = next((a for a, b in pairwise(after) if a == b), None)
        if twice is not None:
            if self._main is None or twice in self._main.places:
                self._tell(twice[0], before, move.passed)
            return False
        if after not in self.seen:
            if len(self.seen) >= self._space.cap:
                raise TooLarge(f"it has more than {self._space.cap} states")
            self.seen[after] = _Step(before, move.passed)
            todo.append(after)
        return True

    def _successors(self, marking: Marking) -> Iterator[tuple[Marking, _Move]]:
        """What can follow; a join that can fire does so before anything else happens."""
        waiting = sorted({name for name, flow in marking if flow})
        for kind in ("parallel", "inclusive"):
            ready = [j for j in waiting if self._net.nodes[j].kind == kind and self._space.fires(j, marking)]
            for join in ready if kind == "inclusive" else ready[:1]:
                rest = tuple(p for p in marking if not (p[0] == join and p[1]))
                yield from self._after(rest, self._space.leave(join))
            if ready:
                return
        for place in marking:
            if not place[1]:
                rest = _without(marking, place)
                yield from self._after(rest, self._space.leave(place[0]))
                yield from self._arms(marking, rest, self._net.nodes[place[0]])

    def _arms(self, marking: Marking, rest: Marking, node: Node) -> Iterator[tuple[Marking, _Move]]:
        for arm in node.arms:
            if arm.interrupting:
                yield from self._after(rest, self._space.arm_moves(arm))
            elif self._main is not None:
                yield from self._after(marking, self._space.arm_moves(arm))

    def _after(self, rest: Marking, moves: Iterable[_Move]) -> Iterator[tuple[Marking, _Move]]:
        for move in moves:
            yield (() if move.ends_all else tuple(sorted((*rest, *move.places)))), move

    def _triggers(self, marking: Marking) -> Iterator[tuple[Marking, _Move]]:
        """Event subprocesses: they take over or run beside; no fault of the main track is mended by them."""
        if not marking:
            return
        for id, interrupting in self._net.triggered.items():
            place = (id, "")
            move = _Move((place,), (id,), frozenset((id,)))
            if interrupting:
                yield (place,), move
            elif self._main is not None and place not in marking:
                yield tuple(sorted((*marking, place))), move

    def _tell(self, element: str, before: Marking | None, passed: tuple[str, ...]) -> None:
        if element not in self._told and len(self._told) < MOST_PROBLEMS:
            self._told.add(element)
            path = self.path(before) + passed if before is not None else (self._net.start, *passed)
            self.doubled.append(Problem("lack-of-synchronisation", element, _plain(path)))

    # ------------------------------------------------------------------ ends

    def stuck(self) -> Iterator[Problem]:
        """Markings from which the end can't be reached: deadlocks, else a way round without an exit."""
        dead = [m for m, after in self._next.items() if m and not after and not self._goes_on(m)]
        lost = dead or (self._lost() if self._space.reason is None else [])[:1]
        told: set[tuple[str, ...]] = set()
        for marking in lost:
            waiting = tuple(sorted({name for name, flow in marking if flow or not dead}))
            if waiting not in told and len(told) < MOST_PROBLEMS:
                told.add(waiting)
                rule = "deadlock" if dead else "no-way-out"
                yield Problem(rule, waiting[0], self.path(marking), waiting)

    def _lost(self) -> list[Marking]:
        """Markings, in the order of the walk, from which the empty one can't be reached.

        One with a fault ahead that was told already (two tokens in a place) isn't lost: nobody looked further.
        """
        before: dict[Marking, list[Marking]] = {}
        for marking, following in self._next.items():
            for after in following:
                before.setdefault(after, []).append(marking)
        told = {m for m in self._next if not self._next[m]}
        saved: set[Marking] = {(), *told}
        todo = list(saved)
        while todo:
            for marking in before.get(todo.pop(), ()):
                if marking not in saved:
                    saved.add(marking)
                    todo.append(marking)
        return [m for m in self._next if m not in saved]

    def _goes_on(self, marking: Marking) -> bool:
        try:
            return any(True for _ in self._successors(marking))
        except TooLarge:
            return True

    def path(self, marking: Marking | None) -> tuple[str, ...]:
        """Elements passed on the shortest way to a marking, in order."""
        parts: list[tuple[str, ...]] = []
        while marking is not None:
            step = self.seen[marking]
            parts.append(step.passed)
            marking = step.before
        return _plain(tuple(name for part in reversed(parts) for name in part))


def check(net: Net, cap: int = CAP) -> tuple[Problem, ...]:
    """What is wrong with a net, each with the path that leads there; empty where it is sound.

    Blocks that can't go wrong are folded first: a model of nested blocks has one state, whatever its size. Only where
    something is wrong is the net walked as it is, for the paths.
    """
    folded = Space(_Folding(net).net, cap)
    if not folded.problems:
        return ()
    whole = Space(net, min(cap, PATH_CAP))
    return whole.problems if whole.reason is None or folded.reason is not None else folded.problems


class _Folding:
    """Folds blocks into single activities, which changes nothing about soundness.

    Series; a split whose branches are single activities that all meet in a fitting join; a loop around single
    activities; a side track that ends by itself. After Murata's and Sadiq's rules, on gateways instead of Petri nets.
    """

    def __init__(self, net: Net) -> None:
        self._targets = dict(net.targets)
        self._sources = {flow: node.id for node in net.nodes.values() for flow in node.outgoing}
        self._sources |= {flow: node.id for node in net.nodes.values() for arm in node.arms for flow in arm.outgoing}
        self._nodes = {n.id: _chosen(n) for n in net.nodes.values() if n.id not in net.triggered}
        while any([rule(id) for id in list(self._nodes) for rule in self._rules() if id in self._nodes]):
            pass
        self.net = Net(net.start, self._nodes, self._targets)

    def _rules(self) -> tuple[Callable[[str], bool], ...]:
        return self._side_track, self._series, self._same_choice, self._block, self._loop

    def _after(self, flow: str) -> Node:
        return self._nodes[self._targets[flow]]

    def _single(self, node: Node) -> bool:
        """One flow in, one out, nothing else: it can only be passed."""
        return len(node.incoming) == len(node.outgoing) == 1 and not node.arms

    def _meet(self, flow: str, start: str) -> tuple[str, tuple[str, ...]]:
        """The flow by which a branch arrives where it meets others, and the activity that it passes, if any."""
        after = self._after(flow)
        single = self._single(after) and after.id != start
        return (after.outgoing[0], (after.id,)) if single else (flow, ())

    def _drop(self, nodes: Iterable[str]) -> None:
        for id in nodes:
            for flow in (*self._nodes[id].incoming, *self._nodes[id].outgoing):
                self._targets.pop(flow, None)
            del self._nodes[id]

    def _series(self, id: str) -> bool:
        """What follows as the only one is folded into the node before it."""
        node = self._nodes[id]
        if len(node.outgoing) != 1 or node.arms or (len(node.incoming) > 1 and node.kind in _JOINS):
            return False
        after = self._after(node.outgoing[0])
        if not self._single(after) or after.id == id:
            return False
        (exit,) = after.outgoing
        target = self._targets[exit]
        self._drop([after.id])
        self._targets[exit] = target
        self._sources[exit] = id
        rests = after.kind in ("activity", "choice")
        self._nodes[id] = replace(node, outgoing=(exit,), kind="activity" if rests else node.kind)
        return True

    def _same_choice(self, id: str) -> bool:
        """Two ways of a choice that come to the same merge are one."""
        choice = self._nodes[id]
        if choice.kind not in _CHOICES or choice.arms:
            return False
        met: dict[str, tuple[str, str, tuple[str, ...]]] = {}
        for flow in choice.outgoing:
            entry, names = self._meet(flow, id)
            meeting = self._after(entry)
            if meeting.kind in (*_MERGES, "end") and meeting.id in met:
                earlier = met[meeting.id]  # the way with an activity is kept: tokens may rest there
                self._drop_branch(id, *(earlier if names and not earlier[2] else (flow, entry, names)))
                return True
            met[meeting.id] = flow, entry, names
        return False

    def _drop_branch(self, choice: str, flow: str, entry: str, names: Iterable[str]) -> None:
        """Take away a way of a choice, up to the node that it enters by `entry`."""
        target = self._targets[entry]
        self._drop(names)
        self._targets.pop(flow, None)
        self._targets.pop(entry, None)
        left = self._nodes[choice]
        self._nodes[choice] = replace(left, outgoing=tuple(f for f in left.outgoing if f != flow))
        entered = self._nodes[target]
        kind = _AT_REST.get(entered.kind, entered.kind)  # a merge was a place, and stays one
        self._nodes[target] = replace(entered, incoming=tuple(f for f in entered.incoming if f != entry), kind=kind)

    def _block(self, id: str) -> bool:
        """A split whose branches all meet in one node, which fits it and which nothing else enters."""
        split = self._nodes[id]
        fits = _FITTING.get(split.kind)
        if fits is None or len(split.outgoing) < 2 or split.arms or (split.kind in _JOINS and len(split.incoming) > 1):
            return False
        branches = [self._meet(flow, id) for flow in split.outgoing]
        entries = {flow for flow, _ in branches}
        meeting = self._after(branches[0][0])
        if meeting.kind not in fits or entries != set(meeting.incoming) or meeting.id == id:
            return False
        self._drop([name for _, names in branches for name in names])
        for flow in (*entries, *split.outgoing):
            self._targets.pop(flow, None)
        kept = split.outgoing[0]
        self._targets[kept] = meeting.id
        self._sources[kept] = id
        self._nodes[id] = replace(split, kind="activity", outgoing=(kept,), default=None)
        self._nodes[meeting.id] = replace(meeting, incoming=(kept,))
        return True

    def _loop(self, id: str) -> bool:
        """A choice with a way back to the merge right before it: going round once more changes nothing."""
        choice = self._nodes[id]
        if choice.kind not in _CHOICES or len(choice.outgoing) < 2 or choice.arms or not choice.incoming:
            return False
        head = choice if len(choice.incoming) > 1 else self._nodes[self._sources[choice.incoming[0]]]
        if head.kind in _JOINS or head.arms or (head.id != id and len(head.outgoing) != 1):
            return False
        for flow in choice.outgoing:
            entry, names = self._meet(flow, head.id)
            if self._targets[entry] == head.id and len(head.incoming) > 1:
                self._drop_branch(id, flow, entry, names)
                return True
        return False

    def _side_track(self, id: str) -> bool:
        """A non-interrupting event whose path ends by itself."""
        node = self._nodes[id]
        for arm in node.arms:
            if not arm.interrupting and len(arm.outgoing) == 1:
                entry, names = self._meet(arm.outgoing[0], id)
                end = self._after(entry)
                if end.kind == "end":
                    self._drop(names)
                    self._targets.pop(entry, None)
                    self._targets.pop(arm.outgoing[0], None)
                    self._nodes[end.id] = replace(end, incoming=tuple(f for f in end.incoming if f != entry))
                    if not self._nodes[end.id].incoming:
                        del self._nodes[end.id]
                    self._nodes[id] = replace(node, arms=tuple(a for a in node.arms if a is not arm))
                    return True
        return False


_JOINS = ("parallel", "inclusive")
_AT_REST: Mapping[str, Kind] = {"exclusive": "choice", "pass": "activity"}
_CHOICES = ("exclusive", "choice")
_MERGES = ("exclusive", "activity", "pass", "choice")
_FITTING: Mapping[str, tuple[str, ...]] = {
    "parallel": _JOINS,
    "inclusive": ("inclusive",),
    "exclusive": ("inclusive",),
    "choice": ("inclusive",),
}
"""Joins that may gather all branches of a split of each kind."""


def _chosen(node: Node) -> Node:
    """An activity whose events all interrupt it is a choice of how to leave it."""
    flows = [arm.outgoing for arm in node.arms]
    if not node.arms or not all(arm.interrupting for arm in node.arms):
        return node
    if len(node.outgoing) != 1 or any(len(outgoing) != 1 for outgoing in flows):
        return node
    return replace(node, kind="choice", outgoing=(*node.outgoing, *(flow for (flow,) in flows)), arms=())


def _without(marking: Marking, place: Place) -> Marking:
    at = marking.index(place)
    return (*marking[:at], *marking[at + 1 :])


def _plain(path: tuple[str, ...]) -> tuple[str, ...]:
    """The path without the same element twice in a row."""
    return tuple(name for at, name in enumerate(path) if at == 0 or path[at - 1] != name)


def _series(net: Net) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Series of plain activities as one place: the first of each by member, and the members by the first."""
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


def _is_plain(node: Node) -> bool:
    return node.kind == "activity" and not node.arms
