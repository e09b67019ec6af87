"""Blocks of a net folded into single activities, which changes nothing about soundness.

Folded are series; a split whose branches are single activities that all meet in a fitting join; a loop around single
activities; a side track that ends by itself. After Murata's and Sadiq's rules, on gateways instead of Petri nets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from engine.model.soundness.net import Net, NetNode, NodeKind


def folded(net: Net) -> Net:
    """Return the net with every block folded that can be."""
    return _Folding(net).net


class _Folding:
    """Folds one net, by one rule after another, until no rule applies any more."""

    def __init__(self, net: Net) -> None:
        self._targets = dict(net.targets)
        self._sources = {flow: node.id for node in net.nodes.values() for flow in node.outgoing}
        self._sources |= {flow: node.id for node in net.nodes.values() for arm in node.arms for flow in arm.outgoing}
        self._nodes = {n.id: _as_choice(n) for n in net.nodes.values() if n.id not in net.triggered}
        while any([rule(id) for id in list(self._nodes) for rule in self._rules() if id in self._nodes]):
            pass
        self.net = Net(net.start, self._nodes, self._targets)

    def _rules(self) -> tuple[Callable[[str], bool], ...]:
        return self._side_track, self._series, self._same_choice, self._block, self._loop

    def _after(self, flow: str) -> NetNode:
        return self._nodes[self._targets[flow]]

    def _single(self, node: NetNode) -> bool:
        """Return whether a node has one flow in, one out and no events, so that a token can only pass it."""
        return len(node.incoming) == len(node.outgoing) == 1 and not node.arms

    def _meet(self, flow: str, start: str) -> tuple[str, tuple[str, ...]]:
        """Return the flow by which a branch arrives where branches meet, and the activity that it passes, if any."""
        after = self._after(flow)
        single = self._single(after) and after.id != start
        return (after.outgoing[0], (after.id,)) if single else (flow, ())

    def _drop(self, nodes: Iterable[str]) -> None:
        for id in nodes:
            for flow in (*self._nodes[id].incoming, *self._nodes[id].outgoing):
                self._targets.pop(flow, None)
            del self._nodes[id]

    def _series(self, id: str) -> bool:
        """Fold the node that alone follows `id` into it."""
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
        """Make two ways of a choice one, if both come to the same merge."""
        choice = self._nodes[id]
        if choice.kind not in _CHOICES or choice.arms:
            return False
        met: dict[str, tuple[str, str, tuple[str, ...]]] = {}
        for flow in choice.outgoing:
            entry, names = self._meet(flow, id)
            meeting = self._after(entry)
            if meeting.kind in (*_MERGES, "end") and meeting.id in met:
                earlier = met[meeting.id]  # keep the way that passes an activity: a token may rest there
                self._drop_branch(id, *(earlier if names and not earlier[2] else (flow, entry, names)))
                return True
            met[meeting.id] = flow, entry, names
        return False

    def _drop_branch(self, choice: str, flow: str, entry: str, names: Iterable[str]) -> None:
        """Take away one way of a choice, up to the node that it enters by `entry`."""
        target = self._targets[entry]
        self._drop(names)
        self._targets.pop(flow, None)
        self._targets.pop(entry, None)
        choosing = self._nodes[choice]
        self._nodes[choice] = replace(choosing, outgoing=tuple(f for f in choosing.outgoing if f != flow))
        entered = self._nodes[target]
        kind = _AT_REST.get(entered.kind, entered.kind)  # a merge is a place, and stays one when it has one flow left
        self._nodes[target] = replace(entered, incoming=tuple(f for f in entered.incoming if f != entry), kind=kind)

    def _block(self, id: str) -> bool:
        """Fold a split whose branches all meet in one fitting node that nothing else enters."""
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
        """Remove the way back from a choice to the merge right before it: another round changes nothing."""
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
        """Remove a non-interrupting event whose path ends by itself."""
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
_AT_REST: Mapping[str, NodeKind] = {"exclusive": "choice", "pass": "activity"}
_CHOICES = ("exclusive", "choice")
_MERGES = ("exclusive", "activity", "pass", "choice")
_FITTING: Mapping[str, tuple[str, ...]] = {
    "parallel": _JOINS,
    "inclusive": ("inclusive",),
    "exclusive": ("inclusive",),
    "choice": ("inclusive",),
}
"""Joins that may gather all branches of a split of each kind."""


def _as_choice(node: NetNode) -> NetNode:
    """Return an activity whose events all interrupt it as a choice between the ways to leave it."""
    flows = [arm.outgoing for arm in node.arms]
    if not node.arms or not all(arm.interrupting for arm in node.arms):
        return node
    if len(node.outgoing) != 1 or any(len(outgoing) != 1 for outgoing in flows):
        return node
    return replace(node, kind="choice", outgoing=(*node.outgoing, *(flow for (flow,) in flows)), arms=())
