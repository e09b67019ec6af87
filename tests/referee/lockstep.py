"""Plays the transcript of a case on stock SpiffWorkflow, and compares the two after every command.

The expressions of the model are answered to stock with the values that Licet got for them in the same command. So this
proves the control flow: which tasks, jobs and events are open, which flows were taken and which ends reached. It says
nothing about data.

Left out of every comparison, by row of docs/spiffworkflow.md (`test_referee.py` has the list): the flows of tokens that
the same command takes away again, the starts of event subprocesses among the awaited events, and events that interrupt
nothing, once they have happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.model.runtime.changes import ROOT, Armed, Completed, Entered, ScopeOpened, Taken, Terminated, Token, fold
from tests.referee.recording import Step, Transcript
from tests.referee.stock import Place, Stock
from tests.referee.translator import Chain

AGAIN = "again"
"""A command that isn't followed: an event happens again that interrupts nothing. The comparison ends there."""

_AWAITED = ("timer", "message", "signal", "error", "escalation")


class Again(Exception):
    """An event that interrupts nothing has happened again, which stock doesn't hear."""


@dataclass(frozen=True)
class Verdict:
    """How far the two were compared: the number of commands, the first difference in words, and the reason for which
    the rest couldn't be followed."""

    steps: int
    difference: str | None = None
    unfollowed: str | None = None


def compare(transcript: Transcript, chain: Chain, everything: bool = False) -> Verdict:
    """Play a transcript on stock, up to the first difference. `everything`: with the comparisons that are left out."""
    steps = 0
    try:
        stock = Stock(chain, transcript.process)
        for step in transcript.steps:
            difference = _follow(stock, Seen(step, chain, transcript.process), everything)
            if difference is not None:
                return Verdict(steps, f"{step.command} {step.argument or ''}: {difference}")
            steps += 1
    except Again:
        return Verdict(steps, unfollowed=AGAIN)
    except Exception as error:  # whatever stock raises is a difference
        return Verdict(steps, f"{transcript.steps[steps].command}: stock raised {error!r}")
    return Verdict(steps)


def _follow(stock: Stock, seen: Seen, everything: bool) -> str | None:
    """Do the same in stock; return how it differs."""
    if not everything and any(place in stock.happened and not stock.awaited()[place] for place in seen.happened):
        raise Again
    stock.answers.learn(seen.values(), seen.done, seen.cycles)
    _COMMANDS[seen.step.command](stock, seen)
    stock.settle()
    apart = set() if everything else stock.happened | seen.triggers
    pairs: Mapping[str, tuple[Counter[Place], Counter[Place]]] = {
        "user tasks": (seen.tasks(), stock.tasks()),
        "jobs": (seen.jobs(), stock.jobs()),
        "awaited": (_without(seen.awaited(), apart), _without(stock.awaited(), apart)),
        "flows": (seen.flows(everything), stock.flows(everything)),
        "ends": (seen.ends, stock.ends()),
    }
    for name, (licet, other) in pairs.items():
        if licet != other:
            return f"{name}: only Licet {dict(licet - other)}, only stock {dict(other - licet)}"
    if seen.ended != stock.ended:
        return f"ended: Licet {seen.ended}, stock {stock.ended}"
    return None


def _without(places: Counter[Place], apart: set[Place]) -> Counter[Place]:
    return Counter({place: count for place, count in places.items() if place not in apart})


_COMMANDS: Mapping[str, Callable[[Stock, Seen], None]] = {
    "start": lambda stock, seen: stock.start(),
    "complete": lambda stock, seen: stock.complete(seen.place),
    "answer": lambda stock, seen: stock.answer(seen.place),
    "fail": lambda stock, seen: stock.fail(seen.place, seen.step.argument or ""),
    "fire": lambda stock, seen: stock.fire(seen.event),
    "cancel": lambda stock, seen: stock.cancel(),
}


class Seen:
    """One step of Licet, in terms of places."""

    def __init__(self, step: Step, chain: Chain, process: str) -> None:
        self.step, self.chain, self.process = step, chain, process
        self.tokens: dict[int, Token] = dict(step.before.tokens)
        self.ended = not step.after.tokens
        self.place: Place = self._place(step.token) if step.token else ((), process)
        self.event: Place = self._event(step.token, step.argument) if step.command == "fire" else self.place
        self.ends: Counter[Place] = Counter()
        self.done: Counter[Place] = Counter()
        """The jobs that the host did at once."""
        self.cycles: dict[Place, int] = {}
        """How often each cycle fires that began in this step; -1: without end."""
        self.happened: list[Place] = []
        """The boundary events that have happened."""
        self._scopes = {token.scope: self._place(number) for number, token in self.tokens.items() if token.scope}
        self._came: dict[int, Place] = {}
        self._gone: set[int] = set()
        self._read(step)

    def _read(self, step: Step) -> None:
        """Note what the changes of the step say, one after the other."""
        at_once, scopes = dict(step.heard.jobs), dict(step.before.scopes)
        flow: str | None = None
        for change in step.heard.changes:
            if isinstance(change, Completed) and change.token != ROOT:
                self._completed(self._place(change.token), at_once.get(change.token, False))
            fold(self.tokens, scopes, change)
            match change:
                case Taken():
                    flow = change.flow
                case Entered() if flow is not None:
                    self._came[change.token], flow = self._flow(change.token, flow), None
                case Entered() if change.token != ROOT:
                    self._entered(self._place(change.token))
                case ScopeOpened() if change.token != ROOT:
                    self._scopes[change.scope] = self._place(change.token)
                case Terminated():
                    self._gone.add(change.token)
                case Armed() if change.arm.left is not None:
                    self.cycles[self._event(change.token, change.element)] = change.arm.left

    def _entered(self, place: Place) -> None:
        if self.chain.kinds[_element(place)] == "boundaryEvent":
            self.happened.append(place)

    def _completed(self, place: Place, at_once: bool) -> None:
        if self.chain.kinds[_element(place)] == "endEvent":
            self.ends[place] += 1
        self.done[place] += at_once

    def values(self) -> Iterator[tuple[str, Place | None, Any]]:
        """Yield each expression that was asked for, with the element whose own scope it was asked in, and its value."""
        for expression, scope, value in self.step.heard.values:
            yield expression, self._scopes.get(scope), value

    def flows(self, in_vain: bool) -> Counter[Place]:
        """The sequence flows taken; `in_vain`: those too whose token was taken away again in the same step."""
        return Counter(flow for token, flow in self._came.items() if in_vain or token not in self._gone)

    def tasks(self) -> Counter[Place]:
        """The open user tasks."""
        places = (self._place(number) for number, token in self.tokens.items() if number and token.multi is None)
        return Counter(place for place in places if self.chain.kinds[_element(place)] == "userTask")

    def jobs(self) -> Counter[Place]:
        """The jobs that wait for an answer from outside."""
        return Counter(
            self._place(number)
            for number, token in self.tokens.items()
            if any(arm.kind == "job" for arm in token.arms.values())
        )

    def awaited(self) -> Counter[Place]:
        """The events that are awaited."""
        return Counter(
            self._event(number, element)
            for number, token in self.tokens.items()
            for element, arm in token.arms.items()
            if arm.kind in _AWAITED
        )

    @property
    def triggers(self) -> set[Place]:
        """Those of the awaited events that start an event subprocess."""
        return {event for event in self.awaited() if event[1] in self.chain.triggers}

    # ---------------------------------------------------------------- places

    def _event(self, number: int, element: str | None) -> Place:
        """The place of an event that a token waits for: beside the token, or within the body that it holds open."""
        inside = (*self._level(number), self._qualified(number, element or ""))
        if inside[-1] in self.chain.triggers:
            return inside[:-1], inside[-1]
        level = self.tokens[number].level
        return self._level(level), self._qualified(level, element or "")

    def _place(self, number: int) -> Place:
        token = self.tokens[number]
        if token.index is None:
            return self._level(token.level), self._qualified(token.level, token.element)
        path, element = self._place(token.level)
        return path, f"{element}[{token.index}]"

    def _level(self, number: int) -> tuple[str, ...]:
        if number == ROOT:
            return ()
        path, element = self._place(number)
        return (*path, element)

    def _qualified(self, level: int, id: str) -> str:
        """The id of an element or flow of this level, with its process."""
        return f"{self._process(level)}/{id}"

    def _process(self, level: int) -> str:
        """The process whose elements stand in a level."""
        while level != ROOT:
            element = _element(self._place(level))
            if element in self.chain.calls:
                return self.chain.calls[element]
            level = self.tokens[level].level
        return self.process

    def _flow(self, number: int, flow: str) -> Place:
        """The first of the flows that lead the same way as the one over which the token came."""
        level = self.tokens[number].level
        if self.tokens[number].index is not None:
            level = self.tokens[level].level
        ends = self.chain.flows[self._qualified(level, flow)]
        return self._level(level), next(id for id, others in self.chain.flows.items() if others == ends)


def _element(place: Place) -> str:
    return place[1].partition("[")[0]
