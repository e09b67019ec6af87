"""Nets: nodes, flows, boundary arms; places and markings; flaws. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

NodeKind = Literal["activity", "pass", "exclusive", "choice", "parallel", "inclusive", "end", "terminate"]
"""activity: a token rests there until something happens. choice: likewise (an event gateway), and leaves by one flow.
pass: a token goes on at once; as with activities, several outgoing flows are all taken, in parallel."""

Place = tuple[str, str]
"""(node, "") for a token at a node; (join, incoming flow) for a token that waits at a join for the others."""
Marking = tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class NetArm:
    """A boundary event: its id, whether it ends its activity, and the flows that leave it."""

    id: str
    interrupting: bool
    outgoing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NetNode:
    """A node of a net. `incoming` and `outgoing` are flow ids in order.

    `default`: the flow of an inclusive split that is taken when no condition holds.
    """

    id: str
    kind: NodeKind
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    arms: tuple[NetArm, ...] = ()
    default: str | None = None


@dataclass(frozen=True)
class Net:
    """One body: a process or the inside of a subprocess.

    `targets` maps each flow to the node that it leads to. `triggered` maps each event subprocess (an activity without
    flows) to whether it interrupts the body.
    """

    start: str
    nodes: Mapping[str, NetNode]
    targets: Mapping[str, str]
    triggered: Mapping[str, bool] = field(default_factory=dict)

    def exits(self, id: str) -> tuple[str, ...]:
        """Return all flows by which a token can leave a node, those of its boundary events included."""
        node = self.nodes[id]
        return (*node.outgoing, *(flow for arm in node.arms for flow in arm.outgoing))

    def is_join(self, id: str) -> bool:
        node = self.nodes[id]
        return node.kind in ("parallel", "inclusive") and len(node.incoming) > 1


@dataclass(frozen=True, slots=True)
class Flaw:
    """A way in which a net is unsound. `path`: ids of the elements passed on the way to it.

    `rule`: deadlock | lack-of-synchronisation | no-way-out | dead-element | undecided. `waiting`: the joins that wait
    in a deadlock; for "undecided", one text that says why.
    """

    rule: str
    element: str
    path: tuple[str, ...]
    waiting: tuple[str, ...] = ()
