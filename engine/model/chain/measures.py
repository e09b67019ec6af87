"""How much a chain version asks of an applicant: steps, materials, days, visits, windows; and comparing two versions.

Pure: a version in, figures out. They count what stands in the models and the catalogue, nothing that happened.

- Activities counted are those of the main process and of the processes that it calls, each once, however often it is
  called.
- Materials are those that the applicant hands in for the items that the main process, the processes it calls, and
  their decision tables name; a material that two items ask for counts once.
- Days are promised workdays on the longest path. A call of a procedure costs the days that its item promises (the
  statutory limit where nothing is promised), and so does the receipt of a matter outside any procedure; where a
  decision table or a condition chooses the item, the longest among the items that it may give. Other called processes
  and subprocesses cost the longest path inside; tasks and timers cost nothing. Instances one after another add up,
  instances side by side cost the longest. A flow that leads back (a correction, a rework) isn't followed. A boundary
  event continues after the whole of the activity that it is attached to. The stages that the main process follows come
  before it.
- A window that FEEL names is as many windows as the expression gives names for the items that its facts may name there.
- An hour is an eighth of a workday; a natural day counts as a workday, since it is never longer.

Source: 国务院关于职工工作时间的规定 art. 3 (eight hours a day).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from itertools import islice, product
from typing import NamedTuple

from engine.base.errors import FeelError, Refused
from engine.language import feel
from engine.law.catalogue import Catalogue, Item
from engine.model.chain import ways
from engine.model.chain.dialect import ACTIVITIES, BODIES
from engine.model.chain.model import Element, Process
from engine.model.chain.reader import local
from engine.model.chain.rules.reference import ITEM_INPUTS
from engine.model.chain.version import ChainVersion, literals, quoted, unquoted
from engine.model.chain.xml import parse

HOURS_PER_WORKDAY = Decimal(8)
RECEIVE = "matter.receive"
MOST_WINDOWS = 1_000
"""Combinations of facts that are tried in one expression for a window: a hall has some dozens of items."""
FEEL_WORDS = ("if", "then", "else", "and", "or", "not", "null", "true", "false", "for", "in", "return", "some", "every")


class Counted(NamedTuple):
    """Something that a figure counts: its key, and its name for people."""

    key: str
    name: str


class PathStep(NamedTuple):
    """A procedure on the longest path: the key and name of its item, and the workdays that the item promises."""

    item: str
    name: str
    workdays: Decimal


@dataclass(frozen=True, slots=True)
class Measures:
    """The figures of a chain version, each as the things that it counts. `path`: the procedures on the longest path."""

    steps: tuple[Counted, ...]
    materials: tuple[Counted, ...]
    path: tuple[PathStep, ...]
    visits: tuple[Counted, ...]
    windows: tuple[Counted, ...]

    @property
    def days(self) -> Decimal:
        return sum((stretch.workdays for stretch in self.path), Decimal(0))

    def figures(self) -> dict[str, int | Decimal]:
        """Return the five figures by name, in the order in which they are shown."""
        return {
            "steps": len(self.steps),
            "materials": len(self.materials),
            "days": self.days,
            "visits": len(self.visits),
            "windows": len(self.windows),
        }


def measure(version: ChainVersion) -> Measures:
    """Return the measures of a chain version; a bare model asks for no materials and promises no days."""
    tree = version.tree(version.main).values()
    activities = [e for process in tree for e in process.elements.values() if e.kind in ACTIVITIES]
    published = version.items_of(version.main)
    items = list(published.items.values()) if published is not None else []
    handed_in = {n.material: n.name for item in items for n in item.materials if n.source == "applicant"}
    windows = _windows(version, activities)
    return Measures(
        steps=tuple(_marked(activities, "step")),
        materials=tuple(Counted(key, name) for key, name in handed_in.items()),
        path=tuple(s for id in (*reversed(version.before(version.main)), version.main) for s in _path(version, id)),
        visits=tuple(_marked(activities, "visit")),
        windows=tuple(Counted(window, window) for window in windows),
    )


def _windows(version: ChainVersion, activities: Iterable[Element]) -> Iterable[str]:
    """Return the distinct names of windows; of one that FEEL gives, each that it gives on some way."""
    named = (e.properties.get("window", "").strip() for e in activities)
    if version.catalogue is None:
        return dict.fromkeys(filter(None, named))
    plain = dict.fromkeys(name for name in named if name and not name.startswith("="))
    walk = _WindowWalk(version, version.catalogue)
    return plain | dict.fromkeys(walk.windows(version.processes[version.main], {}))


def _marked(activities: Iterable[Element], mark: str) -> Iterator[Counted]:
    return (Counted(e.id, e.name or e.id) for e in activities if e.properties.get(mark) == "true")


Path = tuple[PathStep, ...]
"""Procedures in the order in which they follow one another."""


def _path(version: ChainVersion, process: str) -> Path:
    published = version.items_of(process)
    return _PathWalk(version, published).process(version.processes[process], {}) if published is not None else ()


# ------------------------------------------------------------------ the longest path

_GIVING = ("outputEntry", "defaultOutputEntry", "literalExpression")
"""Tags of the parts of a decision whose text is its result."""

Names = dict[str, frozenset[str]]
"""Name of a fact → keys of the items that it may name."""


def _longest(paths: Iterable[Path]) -> Path:
    """Return the first of the paths that take longest; empty if there is none."""
    return max(paths, key=lambda path: sum(stretch.workdays for stretch in path), default=())


def workdays(item: Item) -> Decimal:
    """Return the workdays that an item promises (else those of the law); 0 where it has no limit."""
    limit = item.limits.promised or item.limits.statutory
    if limit is None:
        return Decimal(0)
    return limit.amount / HOURS_PER_WORKDAY if limit.unit == "hour" else limit.amount


def _mentioned(text: str) -> set[str]:
    """Return the names in an expression: of facts, and the words of the language."""
    return set(re.findall(r"(?<![\w.])[^\W\d]\w*", unquoted(text)))


class _PathWalk:
    """Walks once through a process and what it calls, with the items that each fact may name on the way."""

    def __init__(self, version: ChainVersion, published: Catalogue) -> None:
        self._version, self._published = version, published
        self._known: dict[tuple[str, frozenset[tuple[str, frozenset[str]]]], Path] = {}
        self._open: set[str] = set()  # a process that calls itself is refused by the check; here it would never end

    def process(self, process: Process, given: Names) -> Path:
        key = process.id, frozenset(given.items())
        if key not in self._known:
            if process.id in self._open:
                return ()
            self._open.add(process.id)
            self._known[key] = self._body(process, process.id, given)
            self._open.discard(process.id)
        return self._known[key]

    def _body(self, process: Process, body: str, given: Names) -> Path:
        """Return the longest path through a body, from any of its beginnings."""
        elements = {e.id: e for e in process.elements.values() if e.parent == body}
        names = self._facts(process, elements.values(), given)
        following = ways.following(elements, process.flows.values())
        best: dict[str, Path] = {}
        for id in ways.innermost_first(following):
            after = _longest(best[n] for n in following[id] if n in best)  # an element without a path yet leads back
            best[id] = self._activity(process, elements[id], names) + after
        return _longest(best.values())

    def _activity(self, process: Process, element: Element, names: Names) -> Path:
        multi = element.multi
        if element.job == RECEIVE:
            return self._received(element, names)
        if element.called is None and element.kind not in BODIES:
            return ()
        if multi is None or not multi.input_element:
            return self._instance(process, element, names)
        listed = self._items(multi.input_collection, names)
        each = [self._instance(process, element, {**names, multi.input_element: frozenset({i})}) for i in listed]
        if not each:
            return self._instance(process, element, {**names, multi.input_element: frozenset()})
        return tuple(s for path in each for s in path) if multi.sequential else _longest(each)

    def _received(self, element: Element, names: Names) -> Path:
        """Return the days of a matter that is received outside any procedure: it is handled from here on."""
        stated = {item for m in element.inputs if m.target in ITEM_INPUTS for item in self._items(m.source, names)}
        return self._longest_of(stated or names.get("item", frozenset()))

    def _longest_of(self, keys: Collection[str]) -> Path:
        chosen = (self._published.items[key] for key in self._published.items if key in keys)
        return _longest((PathStep(item.key, item.name, workdays(item)),) for item in chosen)

    def _given(self, element: Element, names: Names) -> Names:
        """Return the facts that the inside of an activity sees, with the items that they may name."""
        mapped = {m.target: frozenset(self._items(m.source, names)) for m in element.inputs}
        return {**names, **mapped} if element.called is None or element.propagate_in else mapped

    def _instance(self, process: Process, element: Element, names: Names) -> Path:
        given = self._given(element, names)
        if element.called is None:
            return self._body(process, element.id, given)
        called = self._version.processes.get(element.called)
        if called is None:
            return ()
        if called.properties.get("procedure") != "true":
            return self.process(called, {name: items for name, items in given.items() if items})
        items = next((given[name] for name in ITEM_INPUTS if given.get(name)), None) or self._named_in(process)
        return self._longest_of(items)

    # -------------------------------------------------------------- which items a fact may name

    def _facts(self, process: Process, elements: Iterable[Element], given: Names) -> Names:
        """Return the facts of a body with the items that they may name, whichever way is taken."""
        names = dict(given)
        written = [w for e in elements for w in self._written(e)]
        grown = True
        while grown:
            grown = False
            for source, target in written:
                more = frozenset(self._items(source, names)) - names.get(target, frozenset())
                if more:
                    names[target], grown = names.get(target, frozenset()) | more, True
        return names

    def _written(self, element: Element) -> Iterator[tuple[str, str]]:
        """Yield (expression, fact that gets its value); a decision appears as a list of all its possible results."""
        if element.script and element.result:
            yield element.script, element.result
        if element.decision and element.result:
            given = ", ".join(f'"{text}"' for text in sorted(self._given_by(element.decision)))
            yield f"=[{given}]", element.result
            yield from ((f"=[{given}]", m.target) for m in element.outputs)
        yield from ((m.source, m.target) for m in element.outputs)

    def _given_by(self, decision: str) -> set[str]:
        """Return the items that a decision, or one that it requires, may give."""
        data = self._version.decisions.get(decision)
        root = parse(data, decision)[0] if data is not None else None
        parts = root.iter("{*}decision", "{*}businessKnowledgeModel") if root is not None else ()
        nodes = {part.get("id", ""): part for part in parts}
        given: set[str] = set()
        todo, met = [decision], {decision}
        while todo:
            node = nodes.get(todo.pop())
            for part in node.iter("{*}*") if node is not None else ():
                if local(part) in ("requiredDecision", "requiredKnowledge"):
                    id = (part.get("href") or "").rpartition("#")[2]
                    todo += [id] if id not in met else []
                    met.add(id)
                elif local(part) in _GIVING:
                    given.update(word for inner in part.iterchildren("{*}text") for word in quoted(inner.text or ""))
        return given & self._published.items.keys()

    def _items(self, text: str, names: Names) -> list[str]:
        """Return the items that an expression may name: those written in it, and those of the facts it mentions."""
        if not text.startswith("="):
            named = {text}
        else:
            named = set(quoted(text))
            named.update(item for name in _mentioned(text) for item in names.get(name, ()))
        return [key for key in self._published.items if key in named]

    def _named_in(self, process: Process) -> frozenset[str]:
        """Return the items that a call may be for where nothing says which: those that its process names, else all."""
        named = literals(process) & self._published.items.keys()
        named |= {key for e in process.elements.values() if e.decision for key in self._given_by(e.decision)}
        return frozenset(named or self._published.items)


class _WindowWalk(_PathWalk):
    """Walks the same way once more, for the windows that expressions name."""

    def __init__(self, version: ChainVersion, published: Catalogue) -> None:
        super().__init__(version, published)
        self._asked: set[tuple[str, frozenset[tuple[str, frozenset[str]]]]] = set()

    def windows(self, process: Process, given: Names) -> Iterator[str]:
        """Yield the windows that expressions give in a process and in what it calls, each for the items that its facts
        may name there.
        """
        key = process.id, frozenset(given.items())
        if key not in self._asked:
            self._asked.add(key)
            yield from self._windows_in(process, process.id, given)

    def _windows_in(self, process: Process, body: str, given: Names) -> Iterator[str]:
        elements = [e for e in process.elements.values() if e.parent == body]
        names = self._facts(process, elements, given)
        for element in elements:
            for inside in self._each(element, names):
                text = element.properties.get("window", "").strip()
                if text.startswith("="):
                    yield from self._window(text, {**inside, **self._given(element, inside)})
                called = self._version.processes.get(element.called or "")
                if called is not None:
                    passed = self._given(element, inside)
                    yield from self.windows(called, {name: items for name, items in passed.items() if items})
                elif element.kind in BODIES:
                    yield from self._windows_in(process, element.id, self._given(element, inside))

    def _each(self, element: Element, names: Names) -> Iterator[Names]:
        """Yield the facts that each instance of an activity sees."""
        multi = element.multi
        listed = self._items(multi.input_collection, names) if multi is not None and multi.input_element else []
        if multi is None or not multi.input_element or not listed:
            yield names
            return
        for item in listed:
            yield {**names, multi.input_element: frozenset({item})}

    def _window(self, text: str, names: Names) -> Iterator[str]:
        """Yield what an expression gives, with each item that its facts may name, and for other facts with each text
        that stands in it, or none; the expression itself where that gives no name.
        """
        try:
            expression = feel.compile(text[1:], functions=("item",))
        except FeelError:
            yield text
            return
        asked = sorted(name for name in _mentioned(text) if name not in ("item", *FEEL_WORDS))
        other: list[str | None] = [None, *quoted(text)]
        choices: list[list[str | None]] = [[*sorted(names.get(name, ()))] or other for name in asked]
        known = {"item": self._facts_of}
        tried = islice(product(*choices), MOST_WINDOWS)
        found = [expression.evaluate(dict(zip(asked, values, strict=True)), known) for values in tried]
        told = dict.fromkeys(str(one) for one in found if isinstance(one, str) and one.strip())
        yield from told or (text,)

    def _facts_of(self, key: object = None) -> object:
        """Return what the function `item` gives of an item in an expression."""
        item = self._published.items.get(key) if isinstance(key, str) else None
        return None if item is None else item.as_facts()


# ------------------------------------------------------------------ differences


def change(before: int | Decimal, after: int | Decimal) -> Decimal | None:
    """Return by how many percent of `before` the figure changes; None where `before` is 0."""
    return (Decimal(after) - before) / before * 100 if before else None


def promised_speed_up(items: Iterable[Item]) -> Decimal | None:
    """Return 1 − promised / statutory limit, averaged over the items 承诺提速.

    Items that lack one of the limits, or have them in two units, don't count; None if none is left.
    """
    pairs = [(item.limits.promised, item.limits.statutory) for item in items]
    shares = [1 - p.amount / s.amount for p, s in pairs if p and s and p.unit == s.unit and s.amount]
    return sum(shares, Decimal(0)) / len(shares) if shares else None


def stated(before: int | Decimal, percent: Decimal) -> int:
    """Return the whole number that differs from `before` by `percent`, rounded to as many decimals as `percent` has.

    Raises Refused if no whole number does; `fields["nearest"]` maps the nearest numbers to their percentages.
    """
    if not before:
        raise Refused(f"Nothing differs from {before} by a percentage; state the number itself.")
    places = Decimal(1).scaleb(min(0, int(percent.as_tuple().exponent)))
    below = int((before * (1 + percent / 100)).to_integral_value(ROUND_FLOOR))
    near = {n: _rounded(change(before, n), places) for n in (max(below, 0), max(below + 1, 0))}
    for number, given in near.items():
        if given == percent:
            return number
    told = ", ".join(f"{number} gives {given:f} %" for number, given in near.items())
    raise Refused(
        f"No whole number differs from {before} by {percent:f} %: {told}.",
        nearest={str(number): str(given) for number, given in near.items()},
    )


def _rounded(value: Decimal | None, places: Decimal) -> Decimal:
    assert value is not None  # `before` isn't 0
    return value.quantize(places, ROUND_HALF_UP)
