"""Ways through a body: which element may come after which, for walks over models. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.model.chain.model import Element, Flow, Process


def following(elements: Mapping[str, Element], flows: Iterable[Flow]) -> dict[str, list[str]]:
    """Return the ids of the elements that may come after each element of a body, by its id.

    Ways lead along flows, into boundary events, and from a throwing link to its catching link.
    """
    after: dict[str, list[str]] = {id: [] for id in elements}
    for flow in flows:
        if flow.source in after:
            after[flow.source].append(flow.target)
    caught = {e.event.name: e.id for e in elements.values() if _is_link(e) and e.event and not e.incoming}
    for element in elements.values():
        if element.attached_to in after:
            after[element.attached_to].append(element.id)
        if _is_link(element) and element.event and element.incoming and element.event.name in caught:
            after[element.id].append(caught[element.event.name])
    return after


def _is_link(element: Element) -> bool:
    return element.event is not None and element.event.kind == "link"


def round_trip(process: Process, start: str) -> tuple[str, ...]:
    """Return the shortest way from an element back to itself, both ends named; the element alone if there is none."""
    after = following(process.elements, process.flows.values())
    for element in process.elements.values():
        if element.parent in after:  # a subprocess is gone through
            after[element.parent] += [element.id] if element.kind == "startEvent" or element.event_subprocess else []
            after[element.id] += [] if after[element.id] else [element.parent]
    before: dict[str, str] = {}
    todo = deque([start])
    while todo and start not in before:
        id = todo.popleft()
        for target in after[id]:
            if target not in before:
                before[target] = id
                todo.append(target)
    way = [start]
    while start in before and (len(way) == 1 or way[-1] != start):
        way.append(before[way[-1]])
    return tuple(reversed(way))


def innermost_first(following: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield all ids so that each comes after the ids that follow it, except for those that lead back to it."""
    led_to = {target for targets in following.values() for target in targets}
    met: set[str] = set()
    for start in (*(id for id in following if id not in led_to), *following):
        todo = [(start, iter(following[start]))] if start not in met else []
        met.add(start)
        while todo:
            id, rest = todo[-1]
            target = next(rest, None)
            if target is None:
                todo.pop()
                yield id
            elif target not in met:
                met.add(target)
                todo.append((target, iter(following[target])))
