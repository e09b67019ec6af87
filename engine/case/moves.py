"""Moving a token by hand, sending back among them: where it may go, what that cancels, what it may not cross. Pure.

A move is legal if the body could have reached by itself the marking that the move gives. If it couldn't, the move
cancels other tokens of the body: the smallest set without which it could. Two sets of that size are ambiguous, and the
move is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from engine.base.errors import NotOpen, Refused
from engine.case.records import TaskOpened
from engine.case.state import NOBODY, Case, body_of
from engine.model import chain as chains
from engine.model.chain import ChainVersion, Process
from engine.model.chain.model import Element
from engine.model.runtime.changes import ROOT, Token
from engine.model.soundness import Space

FINAL_ACTIONS = frozenset({"clock.start", "certificate.issue"})
"""Actions that are final beside the steps of a matter: they have an effect in law, and are never done twice."""

MOST_TRIES = 4096
"""How many sets of tokens to cancel are tried: enough for twelve branches beside the one that moves."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A legal move: the token that goes to `target`, and the other tokens of its body that are cancelled."""

    token: int
    target: str
    cancels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A task to send back to: its element, its name, the tokens that it cancels; `refused` if it can't be done."""

    target: str
    name: str
    cancels: tuple[int, ...]
    refused: Refused | None = None


def body_at(case: Case, version: ChainVersion, level: int) -> tuple[Process, str]:
    """The process whose elements the tokens of a level are at, and the id of the process or subprocess around them."""
    if level == ROOT:
        process = version.processes[case.process]
        return process, process.id
    process, _ = body_at(case, version, body_of(case, level))
    element = process.elements[case.tokens[level].element]
    if element.called:
        called = version.processes[element.called]
        return called, called.id
    return process, element.id


def inside(case: Case, level: int) -> list[Token]:
    """The tokens directly in a body, the oldest first. Those of instances are in their multi-instance, not here."""
    tokens = (token for token in case.tokens.values() if token.level == level and token.index is None)
    return sorted(tokens, key=lambda token: token.number)


def plan(case: Case, version: ChainVersion, number: int, target: str) -> Plan:
    """The move of a token to `target`, or of the token around it whose body has the target. Raises NotOpen, Refused."""
    mover, level, process, body = _mover(case, version, number, target)
    space = chains.space(process, body)
    if space is None:
        raise Refused(
            f"Whether '{target}' can be moved to can't be said: the states of '{body}' can't be counted.",
            sentence="states_uncountable",
        )
    others = [token for token in inside(case, level) if token.number != mover]
    fitting, named = _smallest(space, target, others), process.elements[target].name or target
    if not fitting:
        raise Refused(
            f"Expected a place where a token may stand beside the others in '{body}'; '{target}' is none. "
            "Choose an element before the branches split, or after they have joined.",
            sentence="move_beside",
            element=target,
            name=named,
        )
    if len(fitting) > 1:
        raise Refused(
            f"Moving to '{target}' would cancel something else as well, and it isn't clear what: "
            f"{' or '.join(sorted(_named(case, gone) for gone in fitting))}. Move one of them first.",
            sentence="move_ambiguous",
            element=target,
            name=named,
        )
    return Plan(mover, target, fitting[0])


def _mover(case: Case, version: ChainVersion, number: int, target: str) -> tuple[int, int, Process, str]:
    """The token to move, its level, process and body: the nearest body around token `number` that has the target."""
    if number not in case.tokens:
        raise NotOpen(f"Expected token {number} to be open; it isn't.", sentence="token_gone", token=number)
    while number != ROOT:
        token = case.tokens[number]
        mover, level = (token.level if token.index is not None else number), body_of(case, number)
        process, body = body_at(case, version, level)
        element = process.elements.get(target)
        if element is not None and element.parent == body:
            return mover, level, process, body
        number = level
    raise Refused(
        f"Expected an element around the token to move it to; found '{target}'.",
        sentence="move_elsewhere",
        element=target,
    )


def _smallest(space: Space, target: str, others: list[Token]) -> list[tuple[int, ...]]:
    """The smallest sets of other tokens such that, without them, a token can stand at the target. Raises Refused."""
    tries = 0
    for size in range(len(others) + 1):
        fitting = []
        for gone in combinations(others, size):
            tries += 1
            if tries > MOST_TRIES:
                raise Refused(
                    f"Expected at most {MOST_TRIES} sets of branches to try; there are more. Move them singly.",
                    sentence="move_many_branches",
                )
            kept = [(token.element, token.via or "") for token in others if token not in gone]
            if space.is_reachable([(target, ""), *kept]):
                fitting.append(tuple(token.number for token in gone))
        if fitting:
            return fitting
    return []


def _named(case: Case, gone: tuple[int, ...]) -> str:
    return " and ".join(f"'{case.tokens[number].element}'" for number in gone)


# ------------------------------------------------------------------ sending back


def send_back(case: Case, version: ChainVersion, task: TaskOpened, target: str) -> Plan:
    """The move that sends a task back to one that was completed before. Raises Refused.

    It never crosses a step that the law allows only once: an acceptance, a decision, an entry in a register.
    """
    move = plan(case, version, task.token, target)
    level = case.tokens[move.token].level
    process, _ = body_at(case, version, level)
    allowed = _allowed(case, version, task)
    if allowed is not None and target not in allowed:
        raise Refused(
            f"Expected '{task.name}' to be sent back to {', '.join(sorted(allowed))}; found '{target}'.",
            sentence="back_not_allowed",
            element=target,
        )
    is_itself = target == case.tokens[move.token].element
    if is_itself or process.elements[target].kind != "userTask" or (level, target) not in case.signers:
        raise Refused(
            f"Expected a task that was completed before to send back to; '{target}' was not.",
            sentence="back_never_done",
            element=target,
        )
    for number in (move.token, *move.cancels):
        final = next(_crossed(case, version, process, target, case.tokens[number]), None)
        if final is not None:
            raise Refused(
                f"Expected nothing final between '{target}' and now; '{final.name or final.id}' was done meanwhile, "
                "and can't be taken back. Withdraw, correct or revoke it in the ways that the law has for it.",
                sentence="back_over_final",
                element=final.id,
                name=final.name or final.id,
            )
    return move


def choices(case: Case, version: ChainVersion, task: TaskOpened) -> Iterator[Choice]:
    """The completed tasks that this one might be sent back to: those that can be, and those that can't, with why."""
    allowed = _allowed(case, version, task)
    level = body_of(case, task.token)
    while level >= ROOT:
        process, body = body_at(case, version, level)
        for element in process.elements.values():
            done = case.signers.get((level, element.id), NOBODY).rounds and element.parent == body
            if done and element.id != task.element and (allowed is None or element.id in allowed):
                yield _choice(case, version, task, element)
        level = body_of(case, level) if level != ROOT else -1


def _choice(case: Case, version: ChainVersion, task: TaskOpened, element: Element) -> Choice:
    name = element.name or element.id
    try:
        move = send_back(case, version, task, element.id)
    except Refused as refused:
        return Choice(element.id, name, (), refused)
    return Choice(element.id, name, tuple(sorted(held(case, (move.token, *move.cancels)))))


def countersigned(case: Case, task: TaskOpened) -> tuple[int, int] | None:
    """(token, index) of the multi-instance whose instance the task, or a body around it, is; None if there is none.

    The instances of such a multi-instance are signatures.
    """
    token = case.tokens[task.token]
    while token.index is None and token.level > ROOT:
        token = case.tokens[token.level]
    return None if token.index is None else (token.level, token.index)


def held(case: Case, tokens: tuple[int, ...]) -> set[int]:
    """These tokens, and all tokens inside them."""
    numbers = set(tokens)
    for token in sorted(case.tokens.values(), key=lambda token: token.number):  # the outer one has the lower number
        if token.level in numbers:
            numbers.add(token.number)
    return numbers


def _allowed(case: Case, version: ChainVersion, task: TaskOpened) -> set[str] | None:
    """The elements that the task's property `sendBack` allows; None if the model doesn't restrict them."""
    process, _ = body_at(case, version, body_of(case, task.token))
    stated = process.elements[task.element].properties.get("sendBack")
    return None if stated is None else {name.strip() for name in stated.split(",") if name.strip()}


def _crossed(case: Case, version: ChainVersion, process: Process, target: str, token: Token) -> Iterator[Element]:
    """The final steps that a token can have passed since `target`, itself and the tokens inside it."""
    for element in _between(process, target, token.element):
        yield from _final(version, process, element)
    for level in [token.number, *(t.number for t in case.tokens.values() if t.level == token.number and token.multi)]:
        for inner in inside(case, level):
            around, body = body_at(case, version, level)
            start = next(e.id for e in around.elements.values() if e.parent == body and e.kind == "startEvent")
            yield from _crossed(case, version, around, start, inner)


def _between(process: Process, target: str, source: str) -> list[Element]:
    """The elements on any way from `target` to `source`, without these two."""
    after, before = _following(process), dict[str, set[str]]()
    for id, following in after.items():
        for next_one in following:
            before.setdefault(next_one, set()).add(id)
    passed = _reached(after, target, source) & _reached(before, source, target)
    return [element for element in process.elements.values() if element.id in passed - {target, source}]


def _following(process: Process) -> Mapping[str, set[str]]:
    """The elements to which a token can go next from each: by flows, boundary events and links."""
    after: dict[str, set[str]] = {}
    links = {e.event.name: e.id for e in process.elements.values() if e.event and e.event.kind == "link" and e.outgoing}
    for element in process.elements.values():
        steps = after.setdefault(element.id, set())
        steps.update(process.flows[flow].target for flow in element.outgoing)
        if element.event is not None and element.event.kind == "link" and element.event.name in links:
            steps.add(links[element.event.name])
        if element.attached_to:
            after.setdefault(element.attached_to, set()).add(element.id)
    return after


def _reached(steps: Mapping[str, set[str]], start: str, stop: str) -> set[str]:
    """The elements that a token can reach from `start` if it goes no further than `stop`."""
    seen, todo = {start}, [start]
    while todo:
        for following in steps.get(todo.pop(), ()):
            if following not in seen:
                seen.add(following)
                if following != stop:
                    todo.append(following)
    return seen


def _final(version: ChainVersion, process: Process, element: Element) -> Iterator[Element]:
    """The final steps in an element: itself, and those in what it contains or calls."""
    job = element.job or ""
    if job.startswith("matter.") or job in FINAL_ACTIONS:
        yield element
    if element.called in version.processes:
        called = version.processes[element.called or ""]
        for inner in called.elements.values():
            yield from _final(version, called, inner)
    for inner in process.elements.values():
        if inner.parent == element.id:
            yield from _final(version, process, inner)
