"""Rules about what can happen when a model runs: soundness, what waits, facts that two branches write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import combinations

from engine.base.errors import ModelError
from engine.language import forms
from engine.law.matter import ACTIONS
from engine.model import soundness
from engine.model.chain.dialect import BODIES, TASKS
from engine.model.chain.draft import Draft
from engine.model.chain.model import Element, Process
from engine.model.chain.names import WORD, expressions
from engine.model.chain.rules.remark import Remark, at, called, described
from engine.model.chain.rules.structure import bodies, link_targets, reachable
from engine.model.soundness import Flaw, Net, NetArm, NetNode, Space

_KINDS: Mapping[str, soundness.NodeKind] = {
    "exclusiveGateway": "exclusive",
    "parallelGateway": "parallel",
    "inclusiveGateway": "inclusive",
    "eventBasedGateway": "choice",
    "task": "pass",
    "manualTask": "pass",
    "scriptTask": "pass",
    "intermediateThrowEvent": "pass",
    "startEvent": "pass",
    "endEvent": "end",
}
"""Element kind → kind of net node. An element of another kind is an activity: it rests until something happens."""

_PAIRS_CAP = 5_000  # markings visited to see what runs side by side; few, since the finding is only a warning


def net_of(process: Process, body: str, elements: list[Element]) -> Net | None:
    """Return the net of one body (a process or a subprocess), or None where it has no single start to begin from.

    `elements`: the elements of the body that the net shall have.
    """
    starts = [e for e in elements if e.kind == "startEvent"]
    if len(starts) != 1 or starts[0].incoming:
        return None
    arms: dict[str, list[NetArm]] = {}
    for event in elements:
        if event.kind == "boundaryEvent" and event.attached_to:
            arms.setdefault(event.attached_to, []).append(NetArm(event.id, event.interrupting, event.outgoing))
    linked = {s: t for s, t in link_targets(process).items() if process.elements[s].parent == body}
    awaited = {process.flows[f].target for e in elements if e.kind == "eventBasedGateway" for f in e.outgoing}
    into = {target: tuple(f"link {s}" for s, t in linked.items() if t == target) for target in linked.values()}
    nodes = {
        e.id: NetNode(
            e.id,
            "activity" if e.id in arms else _kind(e, e.id in awaited),
            (*e.incoming, *into.get(e.id, ())),
            (f"link {e.id}",) if e.id in linked else e.outgoing,
            tuple(arms.get(e.id, ())),
            e.default,
        )
        for e in elements
        if e.kind != "boundaryEvent"
    }
    targets = {f.id: f.target for f in process.flows.values() if f.target in nodes}
    targets |= {f"link {s}": t for s, t in linked.items()}
    triggered = {e.id: _interrupts(process, e) for e in elements if e.event_subprocess}
    return Net(starts[0].id, nodes, targets, triggered)


def _kind(element: Element, awaited: bool) -> soundness.NodeKind:
    event = element.event.kind if element.event is not None else None
    if event == "terminate" or (event == "error" and element.kind == "endEvent"):
        return "terminate"
    passes = awaited or (event == "link" and element.kind == "intermediateCatchEvent")
    return "pass" if passes else _KINDS.get(element.kind, "activity")


def _interrupts(process: Process, element: Element) -> bool:
    return any(e.parent == element.id and e.kind == "startEvent" and e.interrupting for e in process.elements.values())


def flaws(process: Process) -> tuple[tuple[str, Flaw], ...]:
    """Return (id of the body, flaw) for each flaw of all bodies of a process; worked out once a process."""
    return _flaws(_Identity(process))


class _Identity:
    """A process as a key of the cache, compared by identity: comparing equal processes would visit every element."""

    def __init__(self, process: Process) -> None:
        self.process = process

    def __hash__(self) -> int:
        return id(self.process)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.process is self.process


@lru_cache(maxsize=64)
def _flaws(key: _Identity) -> tuple[tuple[str, Flaw], ...]:
    process, reached = key.process, reachable(key.process)
    pairs: list[tuple[str, Flaw]] = []
    for body, elements in bodies(process):
        inside = [e for e in elements if e.id in reached]
        net = net_of(process, body.id, inside) if body is process or body.id in reached else None
        if net is not None and all(f in net.targets for n in net.nodes.values() for f in net.exits(n.id)):
            pairs += [(body.id, flaw) for flaw in soundness.check(net)]
    return tuple(pairs)


def _told(process: Process, rule: str) -> Iterator[tuple[Element, Flaw]]:
    for _, flaw in flaws(process):
        if flaw.rule == rule and flaw.element in process.elements:
            yield process.elements[flaw.element], flaw


def deadlocks(process: Process) -> Iterator[Remark]:
    """Report joins that wait for a token that can't come."""
    for element, flaw in _told(process, "deadlock"):
        names = ", ".join(f"'{id}'" for id in flaw.waiting)
        message = (
            f"Deadlock: on this path the case waits for ever at {names}. Join only what was split by a fitting gateway."
        )
        yield at(element, message, flaw.path)


def doubled_tokens(process: Process) -> Iterator[Remark]:
    """Report elements that two unjoined branches come to: everything after them happens twice."""
    for element, flaw in _told(process, "lack-of-synchronisation"):
        message = (
            f"Two branches come to {element.kind} '{element.id}' without being joined, and all after it happens twice."
        )
        yield at(element, f"{message} Join them with a parallel or inclusive gateway first.", flaw.path)


def ways_without_end(process: Process) -> Iterator[Remark]:
    """Report loops that can't be left."""
    for element, flaw in _told(process, "no-way-out"):
        yield at(element, f"From the {called(element)} on no end can be reached. Give the loop a way out.", flaw.path)


def dead_elements(process: Process) -> Iterator[Remark]:
    """Report elements that a flow leads to, but that no token can ever come to."""
    for element, flaw in _told(process, "dead-element"):
        yield at(element, f"{described(element)} can never be reached. Correct the gateways before it.", flaw.path)


def undecided(process: Process) -> Iterator[Remark]:
    """Report bodies that have too many markings to say whether they are sound."""
    for element, flaw in _told(process, "undecided"):
        message = f"Whether this body always ends can't be said: {flaw.waiting[0]}. Move parts into subprocesses."
        yield at(element, message)


# ---------------------------------------------------------------------- loops


def targets_of(process: Process, element: Element) -> list[str]:
    links = link_targets(process).get(element.id)
    return [process.flows[f].target for f in element.outgoing] + ([links] if links else [])


def waits(process: Process, element: Element, waiting: set[str]) -> bool:
    """Return whether a token that comes to the element surely rests there for a while.

    `waiting`: ids of the processes in which something waits.
    """
    if element.multi is not None and element.multi.input_collection.replace(" ", "") == "=[]":
        return False  # no instance to wait for
    match element.kind:
        case "userTask" | "receiveTask" | "eventBasedGateway":
            return True
        case "intermediateCatchEvent":
            return element.event is None or element.event.kind != "link"
        case "callActivity":
            return element.called in waiting
    if element.job is not None:
        action = ACTIONS.get(element.job)
        return action is None or action.outside is not None
    if element.kind in BODIES:
        return any(waits(process, e, waiting) for e in process.elements.values() if e.parent == element.id)
    return False


def waiting_processes(draft: Draft) -> set[str]:
    """Return the ids of the processes in which something waits, themselves or in a process that they call.

    A called process that isn't among the files is assumed to wait.
    """
    called = {e.called for p in draft.processes.values() for e in p.elements.values() if e.called}
    waiting = {id for id in called if id not in draft.processes}
    grown = True
    while grown:
        more = {
            p.id
            for p in draft.processes.values()
            if p.id not in waiting and any(waits(p, e, waiting) for e in p.elements.values())
        }
        waiting |= more
        grown = bool(more)
    return waiting


def loops_of(following: Mapping[str, list[str]]) -> Iterator[set[str]]:
    """Yield the strongly connected parts that hold a cycle (Tarjan's algorithm, on an explicit stack)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: list[str] = []
    on_stack: set[str] = set()
    for root in following:
        todo = [(root, iter(following[root]))] if root not in index else []
        if todo:
            index[root] = low[root] = len(index)
            open_.append(root)
            on_stack.add(root)
        while todo:
            node, targets = todo[-1]
            target = next(targets, None)
            if target is None:
                todo.pop()
                if todo:
                    low[todo[-1][0]] = min(low[todo[-1][0]], low[node])
                if low[node] == index[node]:
                    part = set(open_[open_.index(node) :])
                    del open_[open_.index(node) :]
                    on_stack -= part
                    if len(part) > 1 or node in following[node]:
                        yield part
            elif target not in index:
                index[target] = low[target] = len(index)
                open_.append(target)
                on_stack.add(target)
                todo.append((target, iter(following[target])))
            elif target in on_stack:
                low[node] = min(low[node], index[target])


def boundaries_never(process: Process) -> Iterator[Remark]:
    """Report boundary events of tasks that are done at once: the event has no time to happen. Errors have."""
    for element in process.elements.values():
        host = process.elements.get(element.attached_to or "")
        if host is None or host.kind not in TASKS or element.event is None or element.event.kind == "error":
            continue
        if host.multi is None and not waits(process, host, set()):
            yield at(element, f"It never happens: {host.kind} '{host.id}' is done at once. Attach it to what waits.")


# ---------------------------------------------------------------------- facts


def parallel_writes(draft: Draft) -> Iterator[Remark]:
    """Report facts that two branches write which may run at the same time: the value written later stays."""
    for process in draft.processes.values():
        for body, elements in bodies(process):
            writers = {e.id: _written(draft, process, e) for e in elements}
            shared = _shared(writers)
            net = net_of(process, body.id, elements) if shared else None
            if net is not None and all(f in net.targets for n in net.nodes.values() for f in net.exits(n.id)):
                yield from _clashes(process, Space(net, _PAIRS_CAP), writers)
        for element in process.elements.values():
            yield from _of_instances(draft, process, element)
            yield from _of_firings(draft, process, element)


def _of_instances(draft: Draft, process: Process, element: Element) -> Iterator[Remark]:
    """The facts that the instances of one parallel multi-instance write beside each other."""
    if element.multi is None or element.multi.sequential:
        return
    inner = [e for e in process.elements.values() if e.parent == element.id]
    for name in sorted(_leaked(draft, process, element)):
        if not _is_lost(draft, process, element, name):
            continue
        writers = tuple(e.id for e in inner if name in _written(draft, process, e))
        message = (
            f"Its instances run side by side, and each writes '{name}'{_by(writers)} outside of itself: the last one's "
            f"stays. Give each instance a '{name}' of its own by an input mapping, and collect it with outputElement "
            "into the output collection."
        )
        yield at(element, message, (element.id, *writers), process.file)


def _is_lost(draft: Draft, process: Process, element: Element, name: str) -> bool:
    """Whether it matters that one instance's fact takes the place of another's.

    An instance that is done in one step collects its own fact at once. It matters there if somebody filled in what
    isn't collected, or if anything else reads the fact.
    """
    collected = element.multi is not None and _reads(element.multi.output_element, name)
    if element.kind in BODIES and collected:
        return True
    typed = element.form is not None and not element.outputs
    return (typed and not collected) or _read_elsewhere(draft, process, element, name)


def _read_elsewhere(draft: Draft, process: Process, element: Element, name: str) -> bool:
    around = [e for e in process.elements.values() if element.id not in (e.id, e.parent)]
    callers = [e for p in draft.processes.values() for e in p.elements.values() if e.called == process.id]
    texts = (text for e in (*around, *callers) for text in expressions(e))
    conditions = (flow.condition for flow in process.flows.values())
    shown = any(e.form is not None and not e.inputs and name in _fields(draft, e.form) for e in around)
    return shown or any(_reads(text, name) for text in (*texts, *conditions))


def _reads(expression: str | None, name: str) -> bool:
    return expression is not None and name in WORD.findall(expression)


def _of_firings(draft: Draft, process: Process, event: Element) -> Iterator[Remark]:
    """The facts that two firings of one event write, which may come while what the first began still goes on."""
    if not _may_fire_again(process, event):
        return
    around = process.elements.get(event.parent) if event.kind == "startEvent" else None
    if around is not None:
        begun = [e for e in process.elements.values() if e.parent == around.id]
        told = _written(draft, process, around)
    else:
        begun = _behind(process, event)
        told = {name for e in begun for name in _written(draft, process, e)}
    if not any(_may_rest(process, e) for e in begun):
        return
    for name in sorted(told):
        writers = tuple(e.id for e in begun if name in _written(draft, process, e))
        message = (
            f"It may happen again before what it began is over, and each time writes '{name}'{_by(writers)}: the last "
            f"one's stays. Keep '{name}' within a subprocess by an input mapping, or add to a list."
        )
        yield at(event, message, (event.id, *writers), process.file)


def _by(writers: tuple[str, ...]) -> str:
    names = ", ".join(f"'{id}'" for id in writers)
    return f" (at {names})" if writers else ""


def _may_fire_again(process: Process, event: Element) -> bool:
    """Whether the event interrupts nothing, and can happen more than once."""
    around = process.elements.get(event.parent)
    begins = event.kind == "startEvent" and around is not None and around.event_subprocess
    if event.event is None or event.interrupting or not (begins or event.kind == "boundaryEvent"):
        return False
    return event.event.kind in ("message", "signal", "escalation") or event.event.form == "timeCycle"


def _may_rest(process: Process, element: Element) -> bool:
    """Whether a token may rest there; `_waits` says whether it surely does."""
    if element.kind == "callActivity":
        return True
    if element.kind in BODIES:
        return any(_may_rest(process, e) for e in process.elements.values() if e.parent == element.id)
    return waits(process, replace(element, multi=None), set())


def _behind(process: Process, event: Element) -> list[Element]:
    """The event, and the elements that its flows lead to."""
    seen, todo = {event.id: None}, [event.id]
    attached: dict[str, list[str]] = {}
    for element in process.elements.values():
        if element.attached_to is not None:
            attached.setdefault(element.attached_to, []).append(element.id)
    while todo:
        id = todo.pop()
        for following in (*targets_of(process, process.elements[id]), *attached.get(id, ())):
            if following not in seen and following in process.elements:
                seen[following] = None
                todo.append(following)
    return [process.elements[id] for id in seen]


def _shared(writers: Mapping[str, set[str]]) -> bool:
    """Return whether any fact has two writers: only then what runs side by side is worked out."""
    seen: set[str] = set()
    for names in writers.values():
        if names & seen:
            return True
        seen |= names
    return False


def _clashes(process: Process, space: Space, writers: Mapping[str, set[str]]) -> Iterator[Remark]:
    beside = {
        frozenset((a, b))
        for one, other in space.concurrent()
        for a in space.series(one)
        for b in space.series(other)
        if writers.get(a, set()) & writers.get(b, set())
    }
    for first, second in combinations(writers, 2):
        if frozenset((first, second)) in beside:
            names = ", ".join(f"'{name}'" for name in sorted(writers[first] & writers[second]))
            message = f"It may run beside '{second}', and both write {names}: the later one wins. Rename one."
            yield at(process.elements[first], message, (first, second), process.file)


def _written(draft: Draft, process: Process, element: Element) -> set[str]:
    """Return the facts that an activity writes outside its own scope, as far as the model says."""
    if element.multi is not None:
        collected = {element.multi.output_collection} if element.multi.output_collection else set()
        return collected | _leaked(draft, process, element)
    if element.outputs:
        return {m.target for m in element.outputs if m.target and not _reads(m.source, m.target)}
    if element.kind in BODIES:
        inner = [e for e in process.elements.values() if e.parent == element.id]
        local = {m.target for m in element.inputs}
        return {name for e in inner for name in _written(draft, process, e)} - local
    own = {m.target for m in element.inputs}
    if element.kind in TASKS and element.result and not _reads(element.script, element.result):
        return {element.result} - own
    if (action := ACTIONS.get(element.job or "")) is not None:
        return set(action.outputs) - own
    return _fields(draft, element.form) - own if element.form else set()


def _leaked(draft: Draft, process: Process, element: Element) -> set[str]:
    """The facts outside of a multi-instance that its instances write, beside the output collection."""
    multi = element.multi
    local = {m.target for m in element.inputs} | (multi.local if multi is not None else set())
    return _written(draft, process, replace(element, multi=None)) - local


def _fields(draft: Draft, form: str) -> set[str]:
    source = draft.forms.get(form)
    try:
        return set(forms.read(source.data).names) if source is not None else set()
    except ModelError:
        return set()
