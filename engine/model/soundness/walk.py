"""A walk over all markings of a net, breadth first, so that the path noted for each marking is the shortest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from engine.model.soundness.moves import Moves, TokenMove, TooLarge
from engine.model.soundness.net import Flaw, Marking, NetNode, Place

MOST_FLAWS = 5
"""Flaws of one kind that are reported; further ones are mostly the same flaw seen from a later marking."""


@dataclass(slots=True)
class _Step:
    """How a marking was first reached: the marking before it (None at the start), and the nodes passed."""

    before: Marking | None
    passed: tuple[str, ...]


class Walk:
    """A walk over the markings of a net. Without `main` it is the main track: non-interrupting events don't happen.

    `seen`: the markings reached. `visited`: the nodes passed. `places`: the places that got a token. `doubled`: the
    flaws met on the way, two tokens in one place. `reason`: why the walk was given up; None if it came to its end.
    """

    def __init__(self, moves: Moves, main: Walk | None) -> None:
        self._moves = moves
        self._net = moves.net
        self._main = main
        self.seen: dict[Marking, _Step] = {}
        self.visited: set[str] = {moves.net.start}
        self.doubled: list[Flaw] = list(main.doubled) if main else []
        self.reason: str | None = main.reason if main else None
        self._told: set[str] = {flaw.element for flaw in self.doubled}
        self._next: dict[Marking, list[Marking]] = {}
        try:
            self._walk()
        except TooLarge as error:
            self.reason = str(error)
        self.places = frozenset(place for marking in self.seen for place in marking)

    def _walk(self) -> None:
        todo: list[Marking] = []
        for move in self._moves.leave(self._net.start):
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

    def _reach(self, before: Marking | None, after: Marking, move: TokenMove, todo: list[Marking]) -> bool:
        """Note the marking `after`. Return False if it has two tokens in one place: such a one isn't followed."""
        self.visited.update(move.visited)
        twice = next((a for a, b in pairwise(after) if a == b), None)
        if twice is not None:
            if self._main is None or twice in self._main.places:
                self._note_doubled(twice[0], before, move.passed)
            return False
        if after not in self.seen:
            if len(self.seen) >= self._moves.cap:
                raise TooLarge(f"it has more than {self._moves.cap} states")
            self.seen[after] = _Step(before, move.passed)
            todo.append(after)
        return True

    def _successors(self, marking: Marking) -> Iterator[tuple[Marking, TokenMove]]:
        """Yield the markings that can follow. A join that can fire does so before anything else happens."""
        waiting = sorted({name for name, flow in marking if flow})
        for kind in ("parallel", "inclusive"):
            ready = [j for j in waiting if self._net.nodes[j].kind == kind and self._moves.fires(j, marking)]
            for join in ready if kind == "inclusive" else ready[:1]:
                rest = tuple(p for p in marking if not (p[0] == join and p[1]))
                yield from self._after(rest, self._moves.leave(join))
            if ready:
                return
        for place in marking:
            if not place[1]:
                rest = _without(marking, place)
                yield from self._after(rest, self._moves.leave(place[0]))
                yield from self._arms(marking, rest, self._net.nodes[place[0]])

    def _arms(self, marking: Marking, rest: Marking, node: NetNode) -> Iterator[tuple[Marking, TokenMove]]:
        for arm in node.arms:
            if arm.interrupting:
                yield from self._after(rest, self._moves.leave_by(arm))
            elif self._main is not None:
                yield from self._after(marking, self._moves.leave_by(arm))

    def _after(self, rest: Marking, moves: Iterable[TokenMove]) -> Iterator[tuple[Marking, TokenMove]]:
        for move in moves:
            yield (() if move.ends_all else tuple(sorted((*rest, *move.places)))), move

    def _triggers(self, marking: Marking) -> Iterator[tuple[Marking, TokenMove]]:
        """Yield the markings that event subprocesses give: they take over the body, or run beside it.

        They don't count as successors: an event that may or may not come mends no flaw of the main track.
        """
        if not marking:
            return
        for id, interrupting in self._net.triggered.items():
            place = (id, "")
            move = TokenMove((place,), (id,), frozenset((id,)))
            if interrupting:
                yield (place,), move
            elif self._main is not None and place not in marking:
                yield tuple(sorted((*marking, place))), move

    def _note_doubled(self, element: str, before: Marking | None, passed: tuple[str, ...]) -> None:
        if element not in self._told and len(self._told) < MOST_FLAWS:
            self._told.add(element)
            path = self.path(before) + passed if before is not None else (self._net.start, *passed)
            self.doubled.append(Flaw("lack-of-synchronisation", element, _plain(path)))

    def stuck(self) -> Iterator[Flaw]:
        """Yield the markings from which the end can't be reached: the deadlocks; without one, a loop without exit."""
        dead = [m for m, after in self._next.items() if m and not after and not self._goes_on(m)]
        lost = dead or (self._lost() if self.reason is None else [])[:1]
        told: set[tuple[str, ...]] = set()
        for marking in lost:
            waiting = tuple(sorted({name for name, flow in marking if flow or not dead}))
            if waiting not in told and len(told) < MOST_FLAWS:
                told.add(waiting)
                rule = "deadlock" if dead else "no-way-out"
                yield Flaw(rule, waiting[0], self.path(marking), waiting)

    def _lost(self) -> list[Marking]:
        """Return the markings, in the order of the walk, from which the empty marking can't be reached.

        A marking after which a flaw was reported already (two tokens in a place) doesn't count as lost: the walk
        wasn't continued there.
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
        """Return the elements passed on the shortest way to a marking, in order."""
        parts: list[tuple[str, ...]] = []
        while marking is not None:
            step = self.seen[marking]
            parts.append(step.passed)
            marking = step.before
        return _plain(tuple(name for part in reversed(parts) for name in part))


def _without(marking: Marking, place: Place) -> Marking:
    at = marking.index(place)
    return (*marking[:at], *marking[at + 1 :])


def _plain(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the path without the same element twice in a row."""
    return tuple(name for at, name in enumerate(path) if at == 0 or path[at - 1] != name)
