"""Soundness of a process graph: can it always end, and can it ever reach a given marking? Pure.

Knows no BPMN file and no runtime, only a `Net`: nodes, ordered flows, boundary arms. Data are ignored: every way out
of a choice is possible.

    net.py      what a net is made of; markings; flaws
    moves.py    the ways on from a node, and when a join fires
    walk.py     all markings that can be reached, breadth first
    space.py    what follows from the walks: flaws, reachability, what runs side by side
    folding.py  blocks that can't go wrong, folded into single activities before the walk

A marking is a sorted tuple of places; a place is an activity, a merge, or an incoming flow of a join that has a token.
A series of activities counts as one place, and a node at which nothing waits and nothing merges is passed at once, so
that eight branches of three tasks have some 260 markings instead of 65,536. Joins fire as soon as they can, inclusive
ones by BPMN 2.0.2 § 13.4.3: a join waits for a token that has a path to an incoming flow without a token, unless that
token has a path to an incoming flow with a token too; neither path may lead through the join itself.

The path that a non-interrupting event starts (a side track) may be started any number of times. Its tokens are
followed once: two of them in one place are no flaw, unless tokens of the main track come to that place too.
"""

from engine.model.soundness.folding import folded
from engine.model.soundness.net import Flaw, Net, NetArm, NetNode, NodeKind
from engine.model.soundness.space import CAP, Space

__all__ = ["Flaw", "Net", "NetArm", "NetNode", "NodeKind", "Space", "check"]

PATH_CAP = 5_000
"""Markings visited to find the path to a flaw that the folded net has shown already."""


def check(net: Net, cap: int = CAP) -> tuple[Flaw, ...]:
    """Return the flaws of a net, each with a path that leads to it; empty for a sound net.

    Blocks that can't go wrong are folded first: a model of nested blocks has one marking, whatever its size. The net
    is walked unfolded only if the folded one has a flaw, to get the paths.
    """
    small = Space(folded(net), cap)
    if not small.flaws:
        return ()
    whole = Space(net, min(cap, PATH_CAP))
    return whole.flaws if whole.reason is None or small.reason is not None else small.flaws
