"""Moving a running case to another version of its chain, or saying what stands in the way. Pure.

Tokens stay at the elements with the same ids, unless a map gives an element's new id. What waits goes on waiting: due
dates, holders and rounds stay. Only timers and events that are new in the version are armed, and only those that it no
longer has are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from engine.base.errors import InvalidInput, NotFound, a
from engine.case.moves import body_at, inside
from engine.case.records import CaseMigrated
from engine.case.state import Case, apply
from engine.model import chain as chains
from engine.model.chain import ChainVersion, Process
from engine.model.chain.model import Element
from engine.model.runtime.changes import ROOT, Token


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a case can't be moved to the version: the token (None: the whole case), its element, and the problem.

    `problem` is English, for the command line. Pages make the sentence of `sentence` and `fields`.
    """

    token: int | None
    element: str | None
    problem: str
    sentence: str
    fields: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Lost:
    """A fact of a case that the version does without: no form has its field (`field`), or nothing reads it (`fact`).

    `problem` is English, for the command line. Pages make the sentence of `sentence` and `fields`.
    """

    name: str
    kind: str
    problem: str
    sentence: str
    fields: Mapping[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def check_names(
    case: Case, former: ChainVersion, version: ChainVersion, elements: Mapping[str, str], facts: Mapping[str, str]
) -> None:
    """Raise InvalidInput if a map has a name that the versions, or the facts of the case, don't have."""
    had = {name for _, name in case.facts}
    sides = [
        ("elements", elements, _ids(former), _ids(version)),
        ("facts", facts, former.names.known | had, version.names.known),
    ]
    for field, given, old, new in sides:
        for name, known, where in (*((n, old, "old") for n in given), *((n, new, "new") for n in given.values())):
            if name not in known:
                close = next(iter(get_close_matches(name, sorted(known), 1, 0.6)), None)
                hint = f" Did you mean '{close}'?" if close else ""
                raise InvalidInput(
                    f"Expected {field} of the {where} version in the map; it has no '{name}'.{hint}",
                    sentence="map_unknown_near" if close else "map_unknown",
                    errors={field: f"has no '{name}'"},
                    name=name,
                    near=close,
                )
    if len(set(facts.values())) < len(facts):
        raise InvalidInput(
            "Expected each fact to have a new name of its own; two have the same.",
            sentence="map_doubled",
            errors={"facts": "two with the same new name"},
        )


def _ids(version: ChainVersion) -> set[str]:
    """The ids of processes, elements and flows."""
    parts = [(id, *process.elements, *process.flows) for id, process in version.processes.items()]
    return {id for ids in parts for id in ids}


def lost(case: Case, former: ChainVersion, version: ChainVersion, facts: Mapping[str, str]) -> list[Lost]:
    """The facts of the case that the version does without, by name, if they are renamed so."""
    filled, read, before = version.names.filled_in, version.names.read, former.names
    had = sorted({name for _, name in case.facts} - facts.keys())
    new = sorted(filled - before.filled_in)
    found = []
    for name in had:
        if name in before.filled_in and name not in filled:
            kind, what = "field", f"No form of the new version has the field '{name}'."
        elif name not in read and name in before.read:
            kind, what = "fact", f"Nothing of the new version reads the fact '{name}'."
        else:
            continue
        close = next(iter(get_close_matches(name, new, 1, 0.5)), None)
        hint = f" If it has another name there: --map-fact {name}={close or 'NEW'}"
        found.append(
            Lost(
                name,
                kind,
                what + hint,
                "migration_lost_field" if kind == "field" else "migration_lost_fact",
                {"name": name, "near": close},
            )
        )
    return found


def moved(
    case: Case,
    former: ChainVersion,
    version: ChainVersion,
    elements: Mapping[str, str],
    facts: Mapping[str, str] = MappingProxyType({}),
) -> CaseMigrated:
    """The effect that moves the case to `version`.

    `elements` gives the new ids of elements, and of flows at which tokens wait to join, by the old ones; `facts` the
    new names of facts.
    """
    process = version.main if case.process == former.main else elements.get(case.process, case.process)
    return CaseMigrated(version.digest, process, {**elements, case.process: process}, dict(facts) or None)


def obstacles(case: Case, former: ChainVersion, version: ChainVersion, effect: CaseMigrated) -> list[Obstacle]:
    """All that stands in the way of a migration; empty if the case can be moved."""
    if effect.process not in version.processes:
        return [_no_process(None, effect.process, effect.process)]
    after = case.copy()
    apply(after, effect)
    misfits = [*_taken(case, effect.facts or {}), *_items(after, version), *_tokens(case, after, former, version)]
    return misfits or list(_markings(after, version))


def _taken(case: Case, facts: Mapping[str, str]) -> Iterator[Obstacle]:
    """Facts whose new name another fact of their scope has already."""
    for scope, old in case.facts:
        new = facts.get(old, old)
        if new != old and new not in facts and (scope, new) in case.facts:
            message = f"Fact '{old}' can't be named '{new}': there is a fact with that name beside it."
            yield Obstacle(None, None, message, "migration_fact_taken", {"name": old, "new": new})


def _items(case: Case, version: ChainVersion) -> Iterator[Obstacle]:
    """Open matters whose items the version doesn't have."""
    for matter in case.matters.values():
        if matter.is_open and version.catalogue is not None and matter.item not in version.catalogue.items:
            yield Obstacle(
                None,
                None,
                f"The new version doesn't know item '{matter.item}', which is being handled.",
                "migration_no_item",
                {"item": matter.item},
            )


def _tokens(case: Case, after: Case, former: ChainVersion, version: ChainVersion) -> Iterator[Obstacle]:
    """Tokens that have no place in the version. What is inside one of them isn't told too."""
    lost: set[int] = set()
    for token in sorted(after.tokens.values(), key=lambda token: token.number):
        if token.number == ROOT:
            continue
        obstacle = None if token.level in lost else _in_the_way(case, after, former, version, token)
        if obstacle is not None:
            lost.add(token.number)
            yield obstacle
        elif token.level in lost:
            lost.add(token.number)


def _no_process(token: int | None, element: str, process: str) -> Obstacle:
    message = f"The new version has no process '{process}'."
    return Obstacle(token, element, message, "migration_no_process", {"process": process})


def _in_the_way(case: Case, after: Case, former: ChainVersion, version: ChainVersion, token: Token) -> Obstacle | None:
    """Why this token has no place in the new version; None if it has one. The token around it must have one."""
    level = after.tokens[token.level].level if token.index is not None else token.level
    process, body = body_at(after, version, level)
    element, number, stood_at = process.elements.get(token.element), token.number, case.tokens[token.number].element
    if element is None or element.parent != body:
        message = (
            f"'{body}' of the new version has no element '{token.element}'. Map it to the one that takes its place, "
            "or move the token first."
        )
        around = process.elements[body].name if body in process.elements else process.name
        facts = {"body": around, "element": token.element}
        return Obstacle(number, stood_at, message, "migration_no_element", facts)
    old_process, _ = body_at(case, former, level)
    old, name = old_process.elements[stood_at], element.name or element.id
    if _kind(old) != _kind(element):
        message = f"'{token.element}' was {a(_kind(old))}, and is {a(_kind(element))}. Move the token first."
        facts = {"element": name, "former": _kind(old), "now": _kind(element)}
        return Obstacle(number, stood_at, message, "migration_other_kind", facts)
    if token.via is not None and token.via not in element.incoming:
        message = f"The join '{token.element}' has no flow '{token.via}' any more. Map the flow."
        return Obstacle(number, stood_at, message, "migration_no_flow", {"element": name, "flow": token.via})
    if element.called and element.called not in version.processes:
        return _no_process(number, stood_at, element.called)
    return None


def _kind(element: Element) -> str:
    multi = "" if element.multi is None else "sequential " if element.multi.sequential else "parallel multi-instance "
    return f"{multi}{element.kind}{' with a job' if element.job else ''}"


def _markings(after: Case, version: ChainVersion) -> Iterator[Obstacle]:
    """Bodies whose tokens can't stand together in the new version, or too large to tell."""
    for token in after.tokens.values():
        held = inside(after, token.number)
        if not held or token.multi is not None:
            continue
        process, body = body_at(after, version, token.number)
        space = chains.space(process, body)
        if space is None:
            yield Obstacle(
                token.number,
                token.element,
                f"Whether the tokens in '{body}' fit can't be said: too many states.",
                "migration_uncountable",
                {"body": body},
            )
        elif not space.is_reachable([(t.element, t.via or "") for t in held]):
            names = ", ".join(f"'{t.element}'" for t in held)
            yield Obstacle(
                token.number,
                token.element,
                f"In '{body}' of the new version no tokens can stand at {names} alone.",
                "migration_marking",
                {"body": body, "names": [t.element for t in held]},
            )


def known_waits(former: ChainVersion, version: ChainVersion, effect: CaseMigrated) -> frozenset[tuple[str, str]]:
    """(element, awaited element) for all that a case of the former version can wait for, by the new ids.

    `Run.reconcile` needs it to tell what is new. An event of another kind is.
    """
    events = {e.id: e.event.kind for p in version.processes.values() for e in p.elements.values() if e.event}
    pairs = (
        pair
        for process in former.processes.values()
        for e in process.elements.values()
        if e.event is None or events.get(effect.elements.get(e.id, e.id), e.event.kind) == e.event.kind
        for pair in _waits(process, e)
    )
    return frozenset((effect.elements.get(where, where), effect.elements.get(id, id)) for where, id in pairs)


def _waits(process: Process, element: Element) -> Iterator[tuple[str, str]]:
    """(where, what) for an element: it is waited for at itself; at the activity that it is attached to; at the event
    gateway before it; and, as the start of an event subprocess, in the body around that."""
    yield element.id, element.id
    if element.attached_to is not None:
        yield element.attached_to, element.id
    for flow in element.incoming:
        source = process.elements[process.flows[flow].source]
        if source.kind == "eventBasedGateway":
            yield source.id, element.id
    around = process.elements.get(element.parent)
    if element.kind == "startEvent" and around is not None and around.event_subprocess:
        yield around.parent, element.id


def element_of(case: Case, version: ChainVersion, token: Token) -> Element:
    """The element at which an open token stands. Raises NotFound if the version has none with its id."""
    level = case.tokens[token.level].level if token.index is not None else token.level
    process, _ = body_at(case, version, level)
    if token.element not in process.elements:
        raise NotFound(
            f"Expected an element '{token.element}' in '{process.id}'; there is none.", sentence="token_gone"
        )
    return process.elements[token.element]
