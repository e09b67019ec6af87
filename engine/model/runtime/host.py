"""The questions that the runtime asks of a case, and the changes that it tells. Knows nothing of SpiffWorkflow.

The runtime holds no data: facts, numbers, time, decisions and actions are the host's. Calls come in a fixed order, so
that the same case and command give the same changes on any machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from engine.base.errors import ModelError
from engine.model.chain.model import Element
from engine.model.runtime.changes import Arm, Change


class Host(Protocol):
    """One case during one command, as the runtime sees it."""

    def number(self) -> int:
        """The next number of the case. Tokens and scopes share one counter."""

    def emit(self, change: Change) -> None:
        """Take a change. It is applied to the case before the call returns."""

    def evaluate(
        self,
        expression: str,
        scope: int,
        names: Mapping[str, Any] | None = None,
        read: dict[str, Any] | None = None,
    ) -> Any:
        """The value of `expression`: FEEL if it begins with `=`, else the text itself. `names` hide facts.

        What it reads is put into `read`: each fact by its name, each function by its call.
        """

    def asked(
        self, token: int, element: Element, read: Mapping[str, Any], flows: Sequence[str] = (), met: bool | None = None
    ) -> None:
        """The conditions of a gateway were evaluated, and these flows are taken; or the completion condition of a
        multi-instance, and `met` says whether it is. `read` is what they read."""

    def visible(self, scope: int) -> Mapping[str, Any]:
        """All facts that the scope sees; a fact of an inner scope hides one of the same name further out."""

    def local(self, scope: int) -> Mapping[str, Any]:
        """The facts of this scope alone."""

    def set_local(self, scope: int, name: str, value: Any) -> None:
        """Set a fact in this very scope."""

    def assign(self, scope: int, name: str, value: Any) -> None:
        """Set a fact in the nearest scope around that has it already; else in the outermost one, as Camunda 8 does."""

    def drop(self, scope: int) -> None:
        """Forget all facts of a scope. Called before the scope's ScopeClosed is emitted."""

    def timer(self, form: str, text: str, scope: int, since: str | None = None) -> Arm:
        """The arm of a timer that starts now, or started at `since`. Raises ModelError if the text gives no time."""

    def unset(self, token: int, element: Element, error: ModelError) -> Arm:
        """The arm of an event that `token` can't be set to wait for, parked until somebody has looked. May raise the
        error instead."""

    def rearm(self, arm: Arm) -> Arm | None:
        """The arm that follows a firing of a cycle; None after the last one."""

    def perform(self, token: int, element: Element, scope: int, level: int) -> Mapping[str, Any] | None:
        """Carry out a service task. Gives its result variables; None if the answer comes later, as `Run.answer`.

        `level`, here and below, is the body that the element stands in, named by the token that holds it open.
        """

    def decide(self, token: int, element: Element, scope: int) -> Any:
        """The value of the DMN decision of a business rule task, made with the facts that the scope sees."""

    def opened(self, token: int, element: Element, scope: int, level: int) -> None:
        """A user task has been opened."""

    def rescheduled(self, token: int, element: Element, scope: int, recount: bool) -> None:
        """Clocks (with `recount`, the calendar too) were changed: an open user task may be due another day."""

    def closed(self, token: int, element: Element) -> None:
        """A user task was completed or taken away. Called while its token is still there."""

    def throw(self, element: Element, scope: int, name: str, key: str | None) -> None:
        """A message or signal was thrown, for this case or others.

        The runtime doesn't deliver it: once all tokens wait, the host fires the arms that fit.
        """

    def unhandled(self, kind: str, code: str | None, element: str) -> None:
        """Nothing in the case catches this error or escalation. May raise Refused.

        If it doesn't, the runtime goes on after an escalation, and refuses an error itself.
        """

    def left(self, level: int, elements: Sequence[str]) -> None:
        """The body of this level has ended, by itself or from outside; the host ends what is bound to it.

        `elements` are the ids of the elements around it, from the case's process down to the one that held the level
        open. Called while the level's scope is still there.
        """
