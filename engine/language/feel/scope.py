"""Scopes: the names, functions, moment and budget that an expression has while it is evaluated. Knows no syntax."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from engine.language.feel import limits
from engine.language.feel.values import Value, from_host

Frame = tuple[Mapping[str, Value], Any]
"""Local names (variables of loops, functions, contexts and filters), and the frame around it or None."""

_MISSING = object()


class Scope:
    """The scope of one evaluation, or of a part of it that has local names of its own.

    `get` gives a host's value by name; None: there is none. `root` is the scope of the whole evaluation; it alone
    holds the budget, the moment `now`, the host's functions and the list of warnings.
    """

    __slots__ = ("depth", "frame", "functions", "get", "now", "root", "steps", "warnings")

    def __init__(
        self,
        get: Callable[[str], object],
        functions: Mapping[str, Callable[..., object]],
        now: datetime.datetime | None,
        warnings: list[str] | None,
    ) -> None:
        self.get = get
        self.functions = functions
        self.now = now
        self.warnings = warnings
        self.frame: Frame | None = None
        self.root = self
        self.steps = 0
        self.depth = 0

    def within(self, local: Mapping[str, Value]) -> Scope:
        """A scope inside this one, with more local names, which hide those around."""
        inner = Scope.__new__(Scope)
        inner.get = self.get
        inner.frame = (local, self.frame)
        inner.root = self.root
        return inner

    def seeing(self, get: Callable[[str], object]) -> Scope:
        """A scope inside this one, with other free names: those that `get` gives."""
        inner = self.within({})
        inner.get = get
        return inner

    def each(self, reused: bool) -> Callable[[Mapping[str, Value]], Scope]:
        """As `within`, for the rounds of a loop. `reused`: all rounds share one scope, because no function keeps it."""
        if not reused:
            return self.within
        inner = self.within({})
        around = self.frame

        def with_local(local: Mapping[str, Value]) -> Scope:
            inner.frame = (local, around)
            return inner

        return with_local

    def called_by(self, caller: Scope) -> Scope:
        """This scope, where a function was written, with the root of the scope that calls: its budget is spent."""
        inner = Scope.__new__(Scope)
        inner.get = self.get
        inner.frame = self.frame
        inner.root = caller.root
        return inner

    def find(self, name: str) -> Value:
        """The value of a name, local or the host's; None if there is none."""
        frame = self.frame
        while frame is not None:
            value = frame[0].get(name, _MISSING)
            if value is not _MISSING:
                return value
            frame = frame[1]
        return from_host(self.get(name))

    def spend(self, steps: int) -> None:
        """Count steps. Raises BudgetExceeded if the evaluation has taken too many."""
        root = self.root
        root.steps += steps
        if root.steps > limits.STEPS:
            limits.exceeded("it takes more", limits.STEPS, "steps")

    def warn(self, text: str) -> None:
        """Note why something became null, if the host asked for warnings; at most 50."""
        warnings = self.root.warnings
        if warnings is not None and len(warnings) < 50:
            warnings.append(text)
