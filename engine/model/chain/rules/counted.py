"""Loops that count: which loops without a wait provably end.

A loop ends if some flow of it is taken only while a counter is below a bound, and the counter grows between one such
taking and the next: `n < 5` on the way back, `n + 1` in a script. What is left without that flow has to end too: so
loops may stand within each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from engine.base.errors import LicetError
from engine.language import feel
from engine.language.feel import syntax
from engine.law.matter import ACTIONS
from engine.model.chain.dialect import BODIES, FEEL_FUNCTIONS
from engine.model.chain.model import Element, Flow, Process
from engine.model.chain.rules import behaviour

_PASSED = frozenset(
    ("exclusiveGateway", "inclusiveGateway", "parallelGateway", "task", "manualTask", "scriptTask", "businessRuleTask")
)
_GATEWAYS = ("exclusiveGateway", "inclusiveGateway")
_ANY = "*"
"""Stands for all names."""
_MOST = 1_000
"""Rounds up to a literal bound that a command may well make: it enters 10,000 elements at most."""
_LEAST = Decimal("0.001")
"""A smaller step might be lost when it is added: numbers have 34 digits."""


def ends(process: Process, loop: set[str], others: Iterable[set[str]]) -> bool:
    """Return whether a loop without a wait provably ends. `others`: the other such loops of the process."""
    attached = any(e.attached_to in loop for e in process.elements.values())
    if attached or not all(_is_plain(process.elements[id]) for id in loop):
        return False
    inside = {f.id for f in process.flows.values() if f.source in loop and f.target in loop}
    foreign = {name for other in others if not _in_turn(process, loop, other) for name in _set_in(process, other)}
    return _ends(process, loop, frozenset(inside), foreign)


def _is_plain(element: Element) -> bool:
    """Return whether an element throws nothing, begins nothing, and is left by its flows alone."""
    kind = element.event.kind if element.event is not None else "none"
    event = element.kind in ("intermediateThrowEvent", "intermediateCatchEvent") and kind in ("none", "link")
    action = element.job in ACTIONS and element.kind in ("serviceTask", "sendTask")
    return element.kind in _PASSED or event or action


def _ends(process: Process, loop: set[str], flows: frozenset[str], foreign: set[str]) -> bool:
    """Take away flows that can be taken only so often, until no loop is left."""
    bounded = next((f for f in flows if _is_bounded(process, loop, flows, f, foreign)), None)
    if bounded is None:
        return False
    left = flows - {bounded}
    return all(
        _ends(process, part, frozenset(f for f in left if _is_within(process, f, part)), foreign)
        for part in behaviour.loops_of(_following(process, loop, left))
    )


def _is_within(process: Process, flow: str, part: set[str]) -> bool:
    return process.flows[flow].source in part and process.flows[flow].target in part


def _following(process: Process, loop: set[str], flows: Iterable[str]) -> Mapping[str, list[str]]:
    after: dict[str, list[str]] = {id: [] for id in loop}
    for id in flows:
        after[process.flows[id].source].append(process.flows[id].target)
    for id in loop:  # a link is no flow
        element = process.elements[id]
        targets = {process.flows[f].target for f in element.outgoing}
        after[id] += [t for t in behaviour.targets_of(process, element) if t in loop and t not in targets]
    return after


def _is_bounded(process: Process, loop: set[str], flows: frozenset[str], id: str, foreign: set[str]) -> bool:
    """Return whether a flow is taken only so often: its condition bounds a counter that grows each time."""
    flow = process.flows[id]
    source = process.elements[flow.source]
    if source.kind not in _GATEWAYS or flow.id == source.default or flow.condition is None:
        return False
    written = [(element, name) for e in loop for element, name in _written(process.elements[e])]
    for counter, bound, height in _bounds(flow.condition):
        growing = [element for element, name in written if name == counter]
        if len(growing) != 1 or counter in bound or foreign & (bound | {counter, _ANY}):
            continue
        step = None if any(name in bound for _, name in written) else _step(growing[0], counter)
        if step is None or height / step > _MOST:
            continue
        if not _comes_back(process, loop, flows, flow, growing[0].id):
            return True
    return False


def _comes_back(process: Process, loop: set[str], flows: frozenset[str], flow: Flow, without: str) -> bool:
    """Return whether a way leads from behind a flow to it again without passing an element."""
    following = _following(process, loop, flows)
    todo, met = [flow.target], {flow.target, without}
    if flow.target == without:
        return False
    while todo:
        id = todo.pop()
        if id == flow.source:
            return True
        todo += [target for target in following[id] if target not in met]
        met.update(following[id])
    return False


# ---------------------------------------------------------------------- expressions


def _tree(text: str | None) -> syntax.Part | None:
    try:
        return feel.tree(text[1:], functions=frozenset(FEEL_FUNCTIONS)) if text and text.startswith("=") else None
    except (LicetError, RecursionError):
        return None


def _bounds(condition: str) -> Iterator[tuple[str, set[str], Decimal]]:
    """Yield (counter, names in its bound, the bound) for each comparison without which a condition isn't met.

    A bound that isn't written out counts as 0: nobody knows it.
    """
    tree = _tree(condition)
    todo = [tree] if tree is not None else []
    while todo:
        part = todo.pop()
        if isinstance(part, syntax.Logic) and part.operator == "and":
            todo += part.parts
        elif isinstance(part, syntax.Comparison):
            low, high = (part.left, part.right) if part.operator in ("<", "<=") else (part.right, part.left)
            names = _constant(high) if part.operator in ("<", "<=", ">", ">=") else None
            if isinstance(low, syntax.Name) and names is not None:
                height = high.value if isinstance(high, syntax.Literal) else None
                yield low.name, names, Decimal(height) if isinstance(height, int | Decimal) else Decimal(0)


def _constant(part: syntax.Part) -> set[str] | None:
    """Return the names that a bound is worked out from; None if it may change by itself."""
    names: set[str] = set()
    todo = [part]
    while todo:
        part = todo.pop()
        if isinstance(part, syntax.Call) and part.kind != "built-in":
            return None
        if isinstance(part, syntax.Name):
            names.add(part.name)
        todo += syntax.parts(part)
    return names


def _step(element: Element, name: str) -> Decimal | None:
    """Return the positive literal that an element, which alone sets a name, adds to it each time it is passed."""
    if element.multi is not None or name in {mapping.target for mapping in element.inputs}:
        return None
    if not element.outputs:
        return _added(element.script, name) if element.script is not None and element.result == name else None
    mapped = [mapping for mapping in element.outputs if mapping.target == name]
    shadowed = element.result == name or name in _outputs(element)
    return _added(mapped[0].source, name) if len(mapped) == 1 and not shadowed else None


def _added(text: str, name: str) -> Decimal | None:
    tree = _tree(text)
    if not isinstance(tree, syntax.Chain) or len(tree.rest) != 1 or tree.rest[0][0] != "+":
        return None
    for one, other in ((tree.first, tree.rest[0][1]), (tree.rest[0][1], tree.first)):
        if isinstance(one, syntax.Name) and one.name == name and isinstance(other, syntax.Literal):
            step = other.value
            adds = isinstance(step, int | Decimal) and not isinstance(step, bool) and step >= _LEAST
            return Decimal(step) if adds else None
    return None


# ---------------------------------------------------------------------- what is set


def _written(element: Element) -> Iterator[tuple[Element, str]]:
    """Yield the names that an element may set outside of itself."""
    yield from ((element, mapping.target) for mapping in element.outputs)
    if element.multi is not None:
        names = (element.multi.output_collection, *element.multi.local)
        yield from ((element, name) for name in names if name)
    if not element.outputs:
        yield from ((element, name) for name in (element.result, *_outputs(element)) if name)


def _outputs(element: Element) -> tuple[str, ...]:
    action = ACTIONS.get(element.job or "")
    return action.outputs if action is not None else ()


def _set_in(process: Process, loop: set[str]) -> set[str]:
    """Return the names that anything in a loop may set, bodies in it included."""
    names: set[str] = set()
    todo = [process.elements[id] for id in loop]
    while todo:
        element = todo.pop()
        names |= {name for _, name in _written(element)}
        names |= {_ANY} if element.called is not None and element.propagate_out else set()
        if element.kind in BODIES:
            todo += [e for e in process.elements.values() if e.parent == element.id]
    return names


def _in_turn(process: Process, one: set[str], other: set[str]) -> bool:
    """Return whether one loop leads to the other, so that they never run side by side."""
    return _leads(process, one, other) or _leads(process, other, one)


def _leads(process: Process, one: set[str], other: set[str]) -> bool:
    todo, met = list(one), set(one)
    while todo:
        id = todo.pop()
        if id in other:
            return True
        following = [t for t in behaviour.targets_of(process, process.elements[id]) if t not in met]
        todo += following
        met.update(following)
    return False
