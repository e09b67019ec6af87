"""The token game on plain graphs, described without the runtime, and graphs that are almost those of sound models.

A place is a task or an incoming flow of a join. Conditions are named after their flows; the player chooses their
values. Sources: BPMN 2.0.2 § 13.4 for gateways.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.unit.model.runtime import bpmn_text as bpmn

CHOICES = ("exclusiveGateway", "inclusiveGateway")
GATEWAYS = (*CHOICES, "parallelGateway")


@dataclass(frozen=True)
class Graph:
    """Elements by id, in order, with their tag; flows by id, in order, with their ends. Start S, ends E…"""

    nodes: Mapping[str, str]
    flows: Mapping[str, tuple[str, str]]

    def out(self, node: str) -> list[str]:
        return [flow for flow, (source, _) in self.flows.items() if source == node]

    def into(self, node: str) -> list[str]:
        return [flow for flow, (_, target) in self.flows.items() if target == node]

    def document(self) -> bytes:
        """The BPMN of it: the first flow of a choice is its default, the others have conditions."""
        parts = []
        for id, tag in self.nodes.items():
            chooses = tag in CHOICES and len(self.out(id)) > 1
            default = self.out(id)[0] if chooses else None
            parts.append(bpmn.user(id) if tag == "userTask" else bpmn.element(tag, id, default=default))
        for id, (source, target) in self.flows.items():
            chosen = self.nodes[source] in CHOICES and id != self.out(source)[0]
            parts.append(bpmn.flow(id, source, target, f"={id}" if chosen else None))
        return bpmn.document(bpmn.process("P", *parts))


# ------------------------------------------------------------------ the game


@dataclass
class Game:
    """The places of one run's tokens. Each token has a number; the lowest that can go on goes first."""

    graph: Graph
    choices: Mapping[str, bool]
    tasks: Counter[str] = field(default_factory=Counter)
    joins: dict[str, list[tuple[int, str]]] = field(default_factory=dict)  # (number, flow) of each waiting token
    count: int = 0
    doubled: bool = False

    def begin(self) -> None:
        self._run([("S", "")])

    def complete(self, task: str, choices: Mapping[str, bool]) -> None:
        self.choices = choices
        self.tasks[task] -= 1
        self._run([(self.graph.flows[f][1], f) for f in self.graph.out(task)])

    @property
    def open(self) -> Counter[str]:
        return +self.tasks

    @property
    def ended(self) -> bool:
        return not self.open and not any(self.joins.values())

    def _run(self, arriving: list[tuple[str, str]]) -> None:
        """Let tokens arrive, and all that they set off, until all rest."""
        ready = [self._arrive(node, flow) for node, flow in arriving]
        for _ in range(2000):
            going = sorted(found for found in ready if found is not None)
            if not going:
                ready = [self._decide()]
                if ready == [None]:
                    return
                continue
            (_, node), ready = going[0], list(going[1:])
            ready += [self._arrive(self.graph.flows[f][1], f) for f in self._ways(node)]
        raise AssertionError("the game doesn't come to rest")

    def _arrive(self, node: str, flow: str) -> tuple[int, str] | None:
        """Let a token come to a node; return its number and the node if it goes on from there at once."""
        self.count += 1
        tag, number = self.graph.nodes[node], self.count
        if tag == "userTask":
            self.tasks[node] += 1
            self.doubled |= self.tasks[node] > 1
            return None
        if tag in ("parallelGateway", "inclusiveGateway") and len(self.graph.into(node)) > 1:
            waiting = self.joins.setdefault(node, [])
            self.doubled |= any(other == flow for _, other in waiting)
            waiting.append((number, flow))
            full = {other for _, other in waiting} == set(self.graph.into(node))
            return self._fire(node) if tag == "parallelGateway" and full else None
        return number, node

    def _fire(self, join: str) -> tuple[int, str]:
        """Let the join take one token of each flow that has one; the lowest goes on."""
        taken: dict[str, int] = {}
        for number, flow in self.joins[join]:
            taken.setdefault(flow, number)
        self.joins[join] = [(n, f) for n, f in self.joins[join] if taken[f] != n]
        return min(taken.values()), join

    def _decide(self) -> tuple[int, str] | None:
        """Return, of the inclusive joins that wait for nothing more, the one whose token came first."""
        waiting = sorted((n, j) for j, found in self.joins.items() for n, _ in found)
        for _, join in waiting:
            if self.graph.nodes[join] == "inclusiveGateway" and not self._more_to_come(join):
                return self._fire(join)
        return None

    def _more_to_come(self, join: str) -> bool:
        full = {flow for _, flow in self.joins[join]}
        others = [*self.open, *(other for other, found in self.joins.items() if found and other != join)]
        for place in others:
            reached = self._reached(place, join)
            flows = {flow for flow in self.graph.into(join) if self.graph.flows[flow][0] in reached}
            if flows and not flows & full:
                return True
        return False

    def _reached(self, start: str, without: str) -> set[str]:
        seen, todo = {start}, [start]
        while todo:
            for flow in self.graph.out(todo.pop()):
                target = self.graph.flows[flow][1]
                if target not in seen and target != without:
                    seen.add(target)
                    todo.append(target)
        return seen

    def _ways(self, node: str) -> list[str]:
        flows, tag = self.graph.out(node), self.graph.nodes[node]
        if tag not in CHOICES or len(flows) < 2:
            return flows
        true = [flow for flow in flows[1:] if self.choices[flow]]
        return (true[:1] if tag == "exclusiveGateway" else true) or flows[:1]


# ------------------------------------------------------------------ graphs


def sound(dice: random.Random, depth: int = 4) -> Graph:
    """A sound graph of nested blocks."""
    nodes: dict[str, str] = {"S": "startEvent", "E": "endEvent"}
    flows: dict[str, tuple[str, str]] = {}

    def new(tag: str) -> str:
        id = f"{'U' if tag == 'userTask' else 'G'}{len(nodes)}"
        nodes[id] = tag
        return id

    def join(source: str, target: str) -> None:
        flows[f"f{len(flows)}"] = (source, target)

    def block(depth: int) -> tuple[str, str]:
        kind = dice.choice(["task", "sequence", "sequence", "split", "split", "split", "loop"]) if depth else "task"
        if kind == "task":
            task = new("userTask")
            return task, task
        if kind == "sequence":
            first, second = block(depth - 1), block(depth - 1)
            join(first[1], second[0])
            return first[0], second[1]
        tag = dice.choice(GATEWAYS) if kind == "split" else "exclusiveGateway"
        opening, closing = new(tag), new(tag)
        if kind == "loop":
            inner = block(depth - 1)
            out = new("userTask")
            join(opening, inner[0])
            join(inner[1], closing)
            join(closing, out)
            join(closing, opening)
            return opening, out
        for _ in range(dice.randint(2, 3)):
            first, last = block(depth - 1)
            join(opening, first)
            join(last, closing)
        return opening, closing

    first, last = block(depth)
    join("S", first)
    join(last, "E")
    return Graph(nodes, flows)


def mutated(graph: Graph, dice: random.Random) -> tuple[str, Graph]:
    """Return what was changed, and the graph with that one thing wrong; sometimes unchanged."""
    gateways = [node for node, tag in graph.nodes.items() if tag in GATEWAYS]
    kind = dice.choice(["swap", "swap", "cut", "lead elsewhere", "split"]) if gateways else "lead elsewhere"
    if kind == "swap":
        node = dice.choice(gateways)
        other = dice.choice([tag for tag in GATEWAYS if tag != graph.nodes[node]])
        return kind, replace(graph, nodes={**graph.nodes, node: other})
    if kind == "cut":
        gone = dice.choice([f for f, (s, _) in graph.flows.items() if s in gateways])
        return kind, replace(graph, flows={f: ends for f, ends in graph.flows.items() if f != gone})
    if kind == "split":
        return kind, _split(graph, dice.choice(gateways), dice)
    flow = dice.choice([f for f, (s, _) in graph.flows.items() if s != "S"])
    target = dice.choice([node for node in graph.nodes if node not in ("S", graph.flows[flow][1])])
    return kind, replace(graph, flows={**graph.flows, flow: (graph.flows[flow][0], target)})


def _split(graph: Graph, node: str, dice: random.Random) -> Graph:
    """Split a gateway in two, one after the other: one for some of its incoming flows, the other for the rest."""
    second = f"G{len(graph.nodes)}b"
    tag = dice.choice([graph.nodes[node], *GATEWAYS])
    into = graph.into(node)
    later = set(into[1:]) if len(into) > 1 else set()
    flows = {}
    for flow, (source, target) in graph.flows.items():
        flows[flow] = (second if source == node else source, second if flow in later else target)
    flows[f"f{len(flows)}b"] = (node, second)
    return Graph({**graph.nodes, second: tag}, flows)
