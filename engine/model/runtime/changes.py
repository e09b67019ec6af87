"""What a run changes, as frozen values, and the normal form that they add up to.

Knows nothing of SpiffWorkflow: the normal form can be folded, stored, digested and migrated without it.

A *level* is the body that a token runs in: the number of the token that holds it open (a subprocess, a
called process, a multi-instance, or token 0: the case's own process).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

ROOT = 0
"""Number of the token of the case's own process, and of the scope of the case."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One thing that a token waits for, at an element (itself, a boundary event, an arm of an event gateway,
    the start of an event subprocess of its level).

    kind: timer | message | signal | error | escalation | job.
    timer: `due` is zone-aware ISO 8601 or None (parked: the clock that it follows is suspended, or the calendar of a
    year isn't published yet), `every` the ISO duration of a cycle, `left` the firings that remain (None: no cycle, -1:
    no end), `follows` the clock, `since` the instant from which a cycle beats, or workdays were counted.
    message: `name` and `key` (None: no correlation). signal, error, escalation: `name`. job: `name` = type.
    """

    kind: str
    name: str | None = None
    key: str | None = None
    due: str | None = None
    every: str | None = None
    left: int | None = None
    follows: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Multi:
    """State of a multi-instance body. `items` is the input collection; `outputs` stands in input order.

    `next` is the index of the next instance to be made, `done` counts the completed instances, `terminated` those
    that were taken away. `removed` are the indexes taken out by hand: they are no part of the result.
    """

    items: tuple[Any, ...]
    outputs: tuple[Any, ...]
    next: int
    done: int
    terminated: int = 0
    removed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """An open token in normal form: where it waits, in terms of the model only.

    `scope` is its own scope (None: it lives in the scope of its level), `inner` the root scope of the process that it
    calls (or is: token 0), `via` the incoming flow at a join, `index` the number of the instance in its
    multi-instance body (0-based). `arms` are keyed by element id.
    """

    number: int
    element: str
    level: int
    scope: int | None = None
    inner: int | None = None
    via: str | None = None
    index: int | None = None
    multi: Multi | None = None
    arms: Mapping[str, Arm] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entered:
    """A token stands at an element. For token 0 the element is the process and the level is -1."""

    token: int
    element: str
    level: int
    via: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """The token left its element the regular way, and is gone."""

    token: int
    element: str


@dataclass(frozen=True, slots=True)
class Terminated:
    """The token was taken away: interrupted, cancelled, moved."""

    token: int
    element: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A sequence flow was taken. Changes nothing in the normal form; the progress picture is drawn from it."""

    flow: str


@dataclass(frozen=True, slots=True)
class Armed:
    """The token waits for this now, in place of what stood at the same element before."""

    token: int
    element: str
    arm: Arm


@dataclass(frozen=True, slots=True)
class Disarmed:
    token: int
    element: str


@dataclass(frozen=True, slots=True)
class ScopeOpened:
    """A scope of the token. `parent` None: the root scope of the process that it calls, or is; nothing of the caller
    is seen there but what is copied in."""

    scope: int
    parent: int | None
    token: int


@dataclass(frozen=True, slots=True)
class ScopeClosed:
    scope: int


@dataclass(frozen=True, slots=True)
class MultiAdvanced:
    """The bookkeeping of a multi-instance body, whole."""

    token: int
    multi: Multi


Change = Entered | Completed | Terminated | Taken | Armed | Disarmed | ScopeOpened | ScopeClosed | MultiAdvanced


@dataclass(frozen=True, slots=True)
class NormalForm:
    """All that a run needs to go on: open tokens by number, and the parent of each scope.

    A level's container token and its ancestors are always among the tokens. Empty tokens: the run has ended.
    """

    tokens: Mapping[int, Token] = field(default_factory=dict)
    scopes: Mapping[int, int | None] = field(default_factory=dict)


def fold(tokens: dict[int, Token], scopes: dict[int, int | None], change: Change) -> None:
    """Apply one change to the two tables in place (they are the caller's own copies)."""
    match change:
        case Entered(token, element, level, via, index):
            tokens[token] = Token(token, element, level, via=via, index=index)
        case Completed(token) | Terminated(token):
            tokens.pop(token, None)
        case Armed(token, element, arm):
            old = tokens[token]
            tokens[token] = replace(old, arms={**old.arms, element: arm})
        case Disarmed(token, element):
            old = tokens[token]
            tokens[token] = replace(old, arms={k: v for k, v in old.arms.items() if k != element})
        case ScopeOpened(scope, parent, token):
            scopes[scope] = parent
            old = tokens[token]
            tokens[token] = replace(old, inner=scope) if parent is None else replace(old, scope=scope)
        case ScopeClosed(scope):
            scopes.pop(scope, None)
        case MultiAdvanced(token, multi):
            tokens[token] = replace(tokens[token], multi=multi)
        case Taken():
            pass


def scope_of(tokens: Mapping[int, Token], number: int) -> int:
    """The scope that the element of an open token evaluates its expressions in."""
    token = tokens[number]
    if token.scope is not None:
        return token.scope
    return ROOT if number == ROOT else scope_of_level(tokens, token.level)


def scope_of_level(tokens: Mapping[int, Token], level: int) -> int:
    """The scope that the body of an open level runs in."""
    container = tokens[level]
    return container.inner if container.inner is not None else scope_of(tokens, level)
