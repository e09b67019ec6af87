"""What an expression sees while it is evaluated: names, functions, the moment, the budget. Knows no syntax."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from engine.language.feel import limits
from engine.language.feel.values import Value, from_host

Frame = tuple[Mapping[str, Value], Any]
"""Local names, and the frame around (or None): the variables of loops, functions, contexts, filters."""

_MISSING = object()


class Scope:
    """One evaluation, or a part of it that has local names of its own.

    `get` gives a host's value by name (None: there is none). `root` is the scope of the whole
    evaluation: the budget, the moment `now`, the host's functions and the list of warnings are there.
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
        """This scope with more local names, in front of those that it has."""
        inner = Scope.__new__(Scope)
        inner.get = self.get
        inner.frame = (local, self.frame)
        inner.root = self.root
        return inner

    def seeing(self, get: Callable[[str], object]) -> Scope:
        """This scope with other free names: those that `get` gives."""
        inner = self.within({})
        inner.get = get
        return inner

    def each(self, reused: bool) -> Callable[[Mapping[str, Value]], Scope]:
        """As `within`, for the rounds of a loop; `reused`: a round keeps its scope only until the next one."""
        if not reused:
            return self.within
        inner = self.within({})
        around = self.frame

        def with_local(local: Mapping[str, Value]) -> Scope:
            inner.frame = (local, around)
            return inner

        return with_local

    def called_by(self, caller: Scope) -> Scope:
        """This scope (where a function was written), spending the budget of whoever calls."""
        inner = Scope.__new__(Scope)
        inner.get = self.get
        inner.frame = self.frame
        inner.root = caller.root
        return inner

    def find(self, name: str) -> Value:
        """The value of a name that may be local; None where there is none."""
        frame = self.frame
        while frame is not None:
            value = frame[0].get(name, _MISSING)
            if value is not _MISSING:
                return value
            frame = frame[1]
        return from_host(self.get(name))

    def spend(self, steps: int) -> None:
        """Count steps. Raises BudgetExceeded when there were too many."""
        root = self.root
        root.steps += steps
        if root.steps > limits.STEPS:
            limits.exceeded("it takes more", limits.STEPS, "steps")

    def warn(self, text: str) -> None:
        """Note why something became null, for whoever asked for the warnings (at most 50 of them)."""
        warnings = self.root.warnings
        if warnings is not None and len(warnings) < 50:
            warnings.append(text)
