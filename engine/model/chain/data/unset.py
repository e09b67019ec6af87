"""Readings of facts that some way there doesn't set, each with the shortest such way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from engine.language.feel import syntax
from engine.law.matter import ACTIONS
from engine.model.chain.data import read
from engine.model.chain.data.ground import EVERYTHING, Before, Fact, Ground, conditions_before
from engine.model.chain.data.needs import Answer, Need, answers, compared, needed, source_of, surely
from engine.model.chain.data.places import Spot, spots
from engine.model.chain.data.schema import Schema, is_started_here
from engine.model.chain.data.setting import Setting
from engine.model.chain.model import Element, Flow, Process

_HANDED_ON = ("input ", "output ", "header ", "script", "outputElement")
"""Places whose value is only kept: a bare name there hands on whatever it is, null too."""
_Wanted = Mapping[str, frozenset[str]]
"""Called process → the names that it needs from outside."""
_AFTER_WORK = ("output ", "outputElement", "completionCondition")


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a name: where, what reads it, its text, the name, and what is known where it stands.

    `place`: the element whose scopes the name is looked up in. `asked`: it is compared with a literal alone.
    """

    element: Element
    line: int
    what: str
    text: str
    name: str
    place: Element | None
    state: Callable[[Setting], int]
    where: frozenset[Answer] = frozenset()
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Unset:
    """A reading of a fact that isn't set on the way `path`, which begins at the start of the process."""

    process: Process
    reading: Reading
    path: tuple[str, ...]
    also: tuple[str, ...] = ()


def unset(schema: Schema) -> Iterator[Unset]:
    """Yield the readings of facts that aren't set on some way, the one with the shortest way for each fact."""
    ends: dict[str, frozenset[str] | None] = {}
    wanted: dict[str, frozenset[str]] = {}
    for process in _called_first(schema):
        ground = Ground(schema, process)
        setting = Setting(ground, _given(schema, process), ends)
        ends[process.id] = setting.names_at_the_end()
        yield from _told(process, _missing(setting, wanted))
        if _callers(schema, process):
            alone = Setting(ground, (), ends)
            wanted[process.id] = frozenset(reading.name for _, reading in _missing(alone, wanted, alone=True))


def _callers(schema: Schema, process: Process) -> list[tuple[Process, Element]]:
    everything = ((p, e) for p in schema.draft.processes.values() for e in p.elements.values())
    return [(caller, element) for caller, element in everything if element.called == process.id]


def _given(schema: Schema, process: Process) -> frozenset[str] | None:
    """Return the names that whoever starts a process may give it; None: any."""
    if not is_started_here(schema.draft, process):
        return None
    names: set[str] = set()
    for caller, element in _callers(schema, process):
        names |= {mapping.target for mapping in element.inputs}
        names |= set(schema.names(caller, element).all()) if element.propagate_in else set()
    return frozenset(names)


def _called_first(schema: Schema) -> list[Process]:
    """Return the processes so that each comes behind those that it calls, unless they call each other."""
    ordered: dict[str, Process] = {}
    for process in schema.draft.processes.values():
        todo, open_ = [process], {process.id}
        while todo:
            calls = [e.called or "" for e in todo[-1].elements.values() if e.called in schema.draft.processes]
            further = next((id for id in calls if id not in ordered and id not in open_), None)
            if further is None:
                done = todo.pop()
                ordered.setdefault(done.id, done)
            else:
                open_.add(further)
                todo.append(schema.draft.processes[further])
    return list(ordered.values())


# ---------------------------------------------------------------------- readings


def _missing(setting: Setting, wanted: _Wanted, alone: bool = False) -> Iterator[tuple[Setting, Reading]]:
    """Yield the readings of names that aren't surely set, each with the setting that shows it.

    `alone`: also of names that nothing here sets, and not those that are only compared.
    """
    assumed: dict[frozenset[Answer], Setting] = {}
    for reading in _readings(setting, wanted):
        fact = setting.ground.fact(reading.place, reading.name)
        if fact is None or (alone and reading.asked):
            if alone and not reading.asked and reading.state(setting) != EVERYTHING:
                yield setting, reading
            continue
        if _is_set(setting, reading, fact) or (reading.asked and setting.ground.may_be_set(reading.element, fact)):
            continue
        where = reading.where | setting.answered_at(reading.element)
        if where and where not in assumed:
            assumed[where] = setting.assuming(where)
        if not where or not _is_set(assumed[where], reading, fact):
            yield assumed[where] if where else setting, reading


def _is_set(setting: Setting, reading: Reading, fact: Fact) -> bool:
    return bool(reading.state(setting) & setting.ground.bits[fact])


def _readings(setting: Setting, wanted: _Wanted) -> Iterator[Reading]:
    for spot in spots(setting.ground.schema, setting.ground.process):
        tree = read.tree_of(spot.text[1:])
        if tree is not None and isinstance(spot.element, Flow):
            yield from _of_flow(setting, spot, spot.element, tree)
        elif tree is not None and isinstance(spot.element, Element):
            yield from _of_element(setting, spot, spot.element, tree, wanted)
    for element in setting.elements.values():
        yield from _of_work(element, wanted, setting.ground.schema)


def _of_flow(setting: Setting, spot: Spot, flow: Flow, tree: syntax.Part) -> Iterator[Reading]:
    gateway = setting.elements[flow.source]
    place = setting.elements.get(gateway.parent)
    safe, where = frozenset[str](), frozenset[Answer]()
    for text in conditions_before(setting.ground.process, gateway, flow) if gateway.kind == "exclusiveGateway" else ():
        earlier = read.tree_of(text[1:])
        if earlier is not None:
            safe, where = safe | surely(earlier, False), where | answers(earlier, False)
    for need in sorted(needed(tree), key=_by_name):
        if need.name not in safe:
            state = partial(_after, gateway)
            yield Reading(gateway, flow.line, "condition", spot.text, need.name, place, state, need.where | where)
    for name in sorted(compared(tree) - safe):
        yield Reading(gateway, flow.line, "condition", spot.text, name, place, partial(_after, gateway), where, True)


def _of_element(
    setting: Setting, spot: Spot, element: Element, tree: syntax.Part, wanted: _Wanted
) -> Iterator[Reading]:
    place: Element | None = element
    state = partial(_after_work if spot.what.startswith(_AFTER_WORK) else _working, element)
    if element.attached_to in setting.elements:
        place = setting.elements[element.attached_to or ""]
        state = partial(_working, place)
    elif spot.what.startswith("input ") or spot.what == "inputCollection":
        place = setting.elements.get(element.parent)
    needs = needed(tree, spot.what.startswith(_HANDED_ON))
    source = source_of(tree)
    if spot.what.startswith("input ") and source is not None and spot.what[7:-1] in _wanted_by(element, wanted):
        needs |= {Need(source)}
    for need in sorted(needs, key=_by_name):
        yield Reading(element, element.line, spot.what, spot.text, need.name, place, state, need.where)


def _by_name(need: Need) -> str:
    return need.name


def _after(element: Element, setting: Setting) -> int:
    return setting.after[element.id]


def _working(element: Element, setting: Setting) -> int:
    return setting.working(element)


def _after_work(element: Element, setting: Setting) -> int:
    return setting.with_results(element)


def _wanted_by(element: Element, wanted: _Wanted) -> frozenset[str]:
    """Return the inputs that have to be something: what a called process reads, what an action requires."""
    action = ACTIONS.get(element.job or "")
    return wanted.get(element.called or "", frozenset()) | frozenset(action.required if action is not None else ())


def _of_work(element: Element, wanted: _Wanted, schema: Schema) -> Iterator[Reading]:
    """Yield what an element's work reads without an expression: a called process, a decision, an action."""
    own = {mapping.target for mapping in element.inputs} | set(element.headers)
    names = frozenset[str]()
    what = "action"
    if element.called is not None and element.propagate_in:
        names, what = wanted.get(element.called, frozenset()) - own, "called process"
    elif element.job in ACTIONS:
        names = frozenset(ACTIONS[element.job or ""].required) - own
    elif element.decision is not None:
        names, what = _of_decision(schema, element.decision), "decision"
    text = element.called or element.job or element.decision or ""
    for name in sorted(names):
        yield Reading(element, element.line, what, text, name, element, partial(_working, element))


def _of_decision(schema: Schema, id: str) -> frozenset[str]:
    """Return the names that a decision needs: what its expressions need, and columns whose cells never ask for null."""
    source = schema.draft.decisions.get(id)
    model = read.outline_of(source.data) if source is not None else None
    if model is None or id not in model.decisions:
        return frozenset()
    names: set[str] = set()
    todo, met = [id], {id}
    while todo:
        decision = model.decisions[todo.pop()]
        texts = [decision.expression.text] if decision.expression is not None else []
        for place, column in enumerate(decision.table.inputs if decision.table is not None else ()):
            cells = [row.inputs[place].text for row in decision.table.rows] if decision.table is not None else []
            texts += [] if any("null" in cell for cell in cells) else [column.text]
        for text in texts:
            tree = read.tree_of(text)
            names |= {need.name for need in needed(tree)} if tree is not None else set()
        more = [r for r in decision.requires if r in model.decisions and r not in met]
        met |= set(more)
        todo += more
    return frozenset(names - {model.decisions[id].name for id in met})


# ---------------------------------------------------------------------- ways


def _told(process: Process, missing: Iterable[tuple[Setting, Reading]]) -> Iterator[Unset]:
    """Yield one finding a fact: that with the shortest way; the other places are named in it."""
    by_fact: dict[Fact, list[tuple[tuple[str, ...], Reading]]] = {}
    for setting, reading in missing:
        fact = setting.ground.fact(reading.place, reading.name)
        path = _way(setting, reading, fact) if fact is not None else None
        if fact is not None and path is not None:
            by_fact.setdefault(fact, []).append((path, reading))
    for found in by_fact.values():
        path, first = min(found, key=lambda entry: len(entry[0]))
        also = dict.fromkeys(r.element.id for _, r in found if r.element.id != first.element.id)
        yield Unset(process, first, path, tuple(also))


def _way(setting: Setting, reading: Reading, fact: Fact) -> tuple[str, ...] | None:
    """Return the shortest way from the start of the process to a reading on which the fact isn't set."""
    elements = setting.elements
    host = reading.element.attached_to
    first = host if host in elements and host is not None else reading.element.id
    came: dict[tuple[str, Fact], tuple[str, Fact] | None] = {(first, fact): None}
    todo = deque(came)
    while todo:
        here = todo.popleft()
        element, wanted = elements[here[0]], here[1]
        ways = setting.ground.ways[element.id]
        if not ways:
            if element.parent == setting.ground.process.id:
                return tuple(_back(came, here))
            ways = [Before(element.parent, False)]
        for way in ways:
            before = _outside(setting, element, way, wanted)
            if before is None or (way.element, before) in came:
                continue
            if not setting.state(way, element) & setting.ground.bits[wanted]:
                came[way.element, before] = here
                todo.append((way.element, before))
    return None


def _outside(setting: Setting, element: Element, way: Before, fact: Fact) -> Fact | None:
    """Return the fact that has to be unset before, so that this one is: a copied one of a scope that begins here."""
    if fact[0] != way.element or way.is_after or element.parent != way.element:
        return fact
    around = setting.elements[way.element]
    for mapping in around.inputs:
        if mapping.target == fact[1]:
            name = source_of(read.tree_of(mapping.source[1:]))
            return setting.ground.fact(setting.elements.get(around.parent), name) if name is not None else None
    return None


def _back(came: Mapping[tuple[str, Fact], tuple[str, Fact] | None], last: tuple[str, Fact]) -> Iterator[str]:
    here: tuple[str, Fact] | None = last
    while here is not None:
        yield here[0]
        here = came[here]
