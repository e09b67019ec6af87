"""Moving a running case to another version of its chain: what its tokens become, or why they can't. Pure.

Elements keep their ids, but for those that the map renames. What waits goes on waiting: due dates, holders and rounds
stay; only what is new in the version is armed, and only what it no longer has is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.base.errors import NotFound
from engine.case.moves import body_at, inside
from engine.case.records import CaseMigrated
from engine.case.state import Case, apply
from engine.model import chain as chains
from engine.model.chain import ChainVersion, Process
from engine.model.chain.model import Element
from engine.model.runtime.changes import ROOT, Token


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a case can't go to the version as it stands: the token (None: the whole case), its element, the reason.

    `zh` is the reason in the pages' words.
    """

    token: int | None
    element: str | None
    problem: str
    zh: str

    def as_dict(self) -> dict[str, object]:
        return {"token": self.token, "element": self.element, "problem": self.problem, "zh": self.zh}


def moved(case: Case, former: ChainVersion, version: ChainVersion, elements: Mapping[str, str]) -> CaseMigrated:
    """The effect that makes it a case of `version`. `elements`: new ids (of elements and joining flows) by old ones."""
    process = version.main if case.process == former.main else elements.get(case.process, case.process)
    return CaseMigrated(version.digest, process, {**elements, case.process: process})


def obstacles(case: Case, former: ChainVersion, version: ChainVersion, effect: CaseMigrated) -> list[Obstacle]:
    """All that stands in the way; empty where the case can be migrated."""
    if effect.process not in version.processes:
        return [Obstacle(None, effect.process, *_no_process(effect.process))]
    after = case.copy()
    apply(after, effect)
    found = [*_items(after, version), *_tokens(case, after, former, version)]
    return found or list(_markings(after, version))


def _items(case: Case, version: ChainVersion) -> Iterator[Obstacle]:
    for matter in case.matters.values():
        if matter.is_open and version.catalogue is not None and matter.item not in version.catalogue.items:
            yield Obstacle(
                None,
                None,
                f"The new version doesn't know item '{matter.item}', which is being handled.",
                f"新版本没有正在办理的事项“{matter.item}”。",
            )


def _tokens(case: Case, after: Case, former: ChainVersion, version: ChainVersion) -> Iterator[Obstacle]:
    lost: set[int] = set()
    for token in sorted(after.tokens.values(), key=lambda token: token.number):
        if token.number == ROOT:
            continue
        problem = None if token.level in lost else _problem(case, after, former, version, token)
        if problem is not None:
            lost.add(token.number)
            yield Obstacle(token.number, case.tokens[token.number].element, *problem)
        elif token.level in lost:
            lost.add(token.number)


Problem = tuple[str, str]
"""What stands in the way, in English and in the pages' words."""


def _no_process(process: str) -> Problem:
    return f"The new version has no process '{process}'.", f"新版本没有流程“{process}”。"


def _problem(case: Case, after: Case, former: ChainVersion, version: ChainVersion, token: Token) -> Problem | None:
    """Why this token has no place in the new version. Raises nothing: its level has one."""
    level = after.tokens[token.level].level if token.index is not None else token.level
    process, body = body_at(after, version, level)
    element = process.elements.get(token.element)
    if element is None or element.parent != body:
        return (
            f"'{body}' of the new version has no element '{token.element}'. Map it to the one that takes its place, "
            "or move the token first.",
            f"新版本的“{process.elements[body].name if body in process.elements else process.name}”中没有环节"
            f"“{token.element}”。请指定取代它的环节，或先移动该环节。",
        )
    old_process, _ = body_at(case, former, level)
    old = old_process.elements[case.tokens[token.number].element]
    if _kind(old) != _kind(element):
        return (
            f"'{token.element}' was a {_kind(old)}, and is a {_kind(element)}. Move the token first.",
            f"“{element.name or element.id}”在新版本中类型不同（原为 {_kind(old)}，现为 {_kind(element)}）。"
            "请先移动该环节。",
        )
    if token.via is not None and token.via not in element.incoming:
        return (
            f"The join '{token.element}' has no flow '{token.via}' any more. Map the flow.",
            f"汇合处“{element.name or element.id}”在新版本中没有连线“{token.via}”。请指定取代它的连线。",
        )
    if element.called and element.called not in version.processes:
        return _no_process(element.called)
    return None


def _kind(element: Element) -> str:
    multi = "" if element.multi is None else "sequential " if element.multi.sequential else "parallel multi-instance "
    return f"{multi}{element.kind}{' with a job' if element.job else ''}"


def _markings(after: Case, version: ChainVersion) -> Iterator[Obstacle]:
    """Bodies whose tokens can't stand together in the new version."""
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
                f"“{body}”的流程状态过多，无法判断当前环节在新版本中能否并存。",
            )
        elif not space.is_reachable([(t.element, t.via or "") for t in held]):
            names = ", ".join(f"'{t.element}'" for t in held)
            yield Obstacle(
                token.number,
                token.element,
                f"In '{body}' of the new version no tokens can stand at {names} alone.",
                f"在新版本的“{body}”中，{names} 不能单独并存。",
            )


def known_waits(former: ChainVersion, effect: CaseMigrated) -> frozenset[tuple[str, str]]:
    """What the case could wait for before, and where, in the new version's words; see `Run.reconcile`."""
    pairs = (
        pair for process in former.processes.values() for e in process.elements.values() for pair in _waits(process, e)
    )
    return frozenset((effect.elements.get(where, where), effect.elements.get(id, id)) for where, id in pairs)


def _waits(process: Process, element: Element) -> Iterator[tuple[str, str]]:
    """Where an element is waited for: on its activity, at the gateway before it, in the body of its subprocess."""
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
    """The element that an open token stands at. Raises NotFound."""
    level = case.tokens[token.level].level if token.index is not None else token.level
    process, _ = body_at(case, version, level)
    if token.element not in process.elements:
        raise NotFound(f"Expected an element '{token.element}' in '{process.id}'; there is none.")
    return process.elements[token.element]
