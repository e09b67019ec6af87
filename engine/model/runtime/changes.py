"""The changes that a run makes, as frozen values, and the normal form that they add up to.

Knows nothing of SpiffWorkflow: the normal form can be folded, stored, digested and migrated without it.

A *level* is a body in which tokens run. It is named by the number of the token that holds it open: that of a
subprocess, of a called process, of a multi-instance, or token 0 for the case's own process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

ROOT = 0
"""Number of the token of the case's own process, and of the scope of the case."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One event that a token waits for. It happens at an element: the token's own, a boundary event, an event behind
    an event gateway, or the start of an event subprocess.

    `kind`: timer | message | signal | error | escalation | job. The fields that a kind uses:

    timer: `due` is the instant as zone-aware ISO 8601. None: the timer is parked, because the clock that it follows is
    suspended, or because the calendar of a year isn't published yet. `every` is the ISO duration of a cycle, `left`
    the number of firings that remain (None: no cycle; -1: without end; 0: it could not be worked out, and is parked
    behind an incident). `follows` names the clock. `since` is the instant from which a cycle repeats, or from which
    workdays were counted. `again`: how many timers came before this one, each set by the firing of the one before and
    due at once (None: none).
    message: `name` and `key`, the correlation key (None: it has none).
    signal, error, escalation: `name`. job: `name` is the job type.
    """

    kind: str
    name: str | None = None
    key: str | None = None
    due: str | None = None
    every: str | None = None
    left: int | None = None
    follows: str | None = None
    since: str | None = None
    again: int | None = None


@dataclass(frozen=True, slots=True)
class Multi:
    """The state of a multi-instance body. `items` is the input collection; `outputs` has a result for each, in the
    same order.

    `next` is the index of the next instance to be made. `done` counts the completed instances, `terminated` those
    that were taken away. `removed` holds the indexes that somebody took out by hand: they are no part of the result.
    `skipped` counts the completed ones that nobody has done.
    """

    items: tuple[Any, ...]
    outputs: tuple[Any, ...]
    next: int
    done: int
    terminated: int = 0
    removed: tuple[int, ...] = ()
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Token:
    """An open token in normal form: it says where the token waits, in terms of the model only.

    `scope` is the token's own scope (None: it uses the scope of its level). `inner` is the root scope of the process
    that the token calls; for token 0, of the case's own process. `via` is the incoming flow of a token at a join.
    `index` is the place of an instance in its multi-instance, from 0. `arms` are keyed by element id.
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
    """A token came to an element. For token 0 the element is the process and the level is -1."""

    token: int
    element: str
    level: int
    via: str | None = None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """The token has done its element, and is gone; the tokens behind it are new ones."""

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
    """The token waits for this event from now on, in place of one that it awaited at the same element before."""

    token: int
    element: str
    arm: Arm


@dataclass(frozen=True, slots=True)
class Disarmed:
    """The token no longer waits for an event at this element."""

    token: int
    element: str


@dataclass(frozen=True, slots=True)
class ScopeOpened:
    """The token got a scope. `parent` None: the root scope of a process, where nothing of the caller is seen but the
    facts that are copied in."""

    scope: int
    parent: int | None
    token: int


@dataclass(frozen=True, slots=True)
class ScopeClosed:
    """The scope is gone, with its facts."""

    scope: int


@dataclass(frozen=True, slots=True)
class MultiAdvanced:
    """The multi-instance body of this token has this state now."""

    token: int
    multi: Multi


Change = Entered | Completed | Terminated | Taken | Armed | Disarmed | ScopeOpened | ScopeClosed | MultiAdvanced


@dataclass(frozen=True, slots=True)
class NormalForm:
    """All that a run needs to go on: the open tokens by number, and the parent of each scope.

    The token that holds a level open is among the tokens as long as anything runs there. Without tokens, the run has
    ended.
    """

    tokens: Mapping[int, Token] = field(default_factory=dict)
    scopes: Mapping[int, int | None] = field(default_factory=dict)


def fold(tokens: dict[int, Token], scopes: dict[int, int | None], change: Change) -> None:
    """Apply one change to the two tables, in place: they are the caller's own copies."""
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
