"""What the runtime asks of the case that it runs for. Knows nothing of SpiffWorkflow.

The runtime holds no data: facts, numbers, time, decisions and actions are the host's. Every call is made in
a fixed order, so that the same case and command give the same changes in any process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from engine.model.chain.model import Element
from engine.model.runtime.changes import Arm, Change


class Host(Protocol):
    def number(self) -> int:
        """The next number of the case; tokens and scopes draw from the one counter."""

    def emit(self, change: Change) -> None:
        """Take a change, in order; it is folded before the call returns."""

    def evaluate(self, expression: str, scope: int, names: Mapping[str, Any] | None = None) -> Any:
        """Value of `expression`: FEEL behind its `=`, else the text itself. `names` go before the facts."""

    def visible(self, scope: int) -> Mapping[str, Any]:
        """All facts that the scope sees, inner before outer: what a call activity copies in."""

    def local(self, scope: int) -> Mapping[str, Any]:
        """The facts of this scope alone: what a called process hands out."""

    def set_local(self, scope: int, name: str, value: Any) -> None:
        """Set a fact in this very scope."""

    def assign(self, scope: int, name: str, value: Any) -> None:
        """Set a fact where the scope chain has it already, else in the outermost scope of that chain (Camunda 8)."""

    def drop(self, scope: int) -> None:
        """Forget all facts of a scope; called before its ScopeClosed is emitted."""

    def timer(self, form: str, text: str, scope: int, since: str | None = None) -> Arm:
        """The arm of a timer that starts now, or started at `since`. Raises ModelError where the text gives no time."""

    def rearm(self, arm: Arm) -> Arm | None:
        """The next arm of a cycle (`every`) that has fired, or None after its last firing."""

    def perform(self, token: int, element: Element, scope: int, level: int) -> Mapping[str, Any] | None:
        """Carry out a service task: its result variables, or None: the answer comes later as `Run.answer`.

        `level`, here and below: the (sub)process body that the element stands in, by the token that holds it open.
        """

    def decide(self, decision: str, scope: int) -> Any:
        """Value of a DMN decision over the facts of the scope."""

    def opened(self, token: int, element: Element, scope: int, level: int) -> None:
        """A user task is open now."""

    def rescheduled(self, token: int, element: Element, scope: int, recount: bool) -> None:
        """Clocks were changed: an open user task may be due another day."""

    def closed(self, token: int, element: Element) -> None:
        """A user task is open no longer, whether completed or taken away. Called before its token is gone."""

    def throw(self, element: Element, scope: int, name: str, key: str | None) -> None:
        """A message or signal is thrown for others to catch, within the case or outside.

        The runtime delivers neither: the host fires the arms that fit, when the command's tokens have come to rest.
        """

    def unhandled(self, kind: str, code: str | None, element: str) -> None:
        """An error or escalation that nothing in the case catches. Raises Refused where that can't stand.

        An error that is let pass here is refused by the runtime.
        """

    def left(self, level: int, elements: Sequence[str]) -> None:
        """The body of this level has ended (regularly or not): what is bound to it ends too.

        `elements` lead to it: ids of the containers, from the case's process down. Called before its scope is dropped.
        """
