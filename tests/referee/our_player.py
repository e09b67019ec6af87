"""Plays a model with Licet's runtime and the plain host of its unit tests, under the names of `StockPlayer`."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from SpiffWorkflow.task import Task

from engine.base.errors import ModelError
from engine.model.chain import read_bpmn
from engine.model.chain.model import Process
from engine.model.runtime import Program
from engine.model.runtime.changes import Taken, scope_of
from tests.unit.model.runtime.plain_host import PlainHost


class OurPlayer:
    """Starts the process `P`, and goes on until every token waits. Each command loads the run again.

    `raw` is for the stock player alone. `error` is raised by the host wherever an expression is evaluated.
    """

    def __init__(self, *documents: bytes, raw: bool = False, error: Exception | None = None, **facts: Any) -> None:
        self.processes: dict[str, Process] = {}
        for number, document in enumerate(documents):
            processes, findings = read_bpmn(document, f"{number}.bpmn")
            if findings:
                raise ModelError(findings[0].message)
            self.processes |= processes
        self.program = Program(self.processes, documents)
        self.host = PlainHost(facts={0: dict(facts)}) if error is None else _FailingHost(error)
        self.run = self.program.start("P", self.host)

    @property
    def open(self) -> list[str]:
        """Element ids of the open user tasks, sorted."""
        return sorted(self.host.tasks.values())

    @property
    def ended(self) -> bool:
        return self.run.ended

    def complete(self, element: str, nth: int = 0, **facts: Any) -> None:
        self._do("complete", self._tasks(element)[nth], facts)

    def seen_at(self, element: str) -> Mapping[str, Any]:
        """The facts that the open user task sees."""
        return self.host.visible(scope_of(self.host.tokens, self._tasks(element)[0]))

    def message(self, name: str, **facts: Any) -> None:
        """Give the message to the first that waits for it, as the case does."""
        self._do("fire", *self._waiting_for(name)[0], facts)

    def signal(self, name: str) -> None:
        for token, element in self._waiting_for(name):
            self._do("fire", token, element, {})

    def time_comes(self, element: str) -> None:
        """The timer at `element` is due."""
        token = next(number for number, token in sorted(self.host.tokens.items()) if element in token.arms)
        self._do("fire", token, element, {})

    def due_dates(self) -> list[str]:
        """The due dates that are kept."""
        return [str(arm.due) for token in self.host.tokens.values() for arm in token.arms.values()]

    def flows_into(self, element: str) -> list[str]:
        """The flows to the element that were taken in this command."""
        taken = [change.flow for change in self.host.changes if isinstance(change, Taken)]
        return [flow for flow in taken if self.processes["P"].flows[flow].target == element]

    def add_signer(self, item: str) -> None:
        self._do("add_instance", self._multi(), item)

    def remove_signer(self) -> None:
        """Take away the first of the open tasks."""
        self._do("remove_instance", self._multi(), 0)

    def stored(self) -> str:
        """What is kept of the run between two commands, as JSON."""
        return json.dumps(asdict(self.run.normal_form()))

    def reload(self) -> None:
        self.run = self.program.load("P", self.host.normal_form(), self.host)

    def tasks(self) -> list[Task]:
        levels = [token.inside for token in self.run._stepper.tokens.values() if token.inside is not None]
        return [task for level in levels for task in level.tasks.values()]

    @property
    def events_kept(self) -> list[Any]:
        """The events that SpiffWorkflow keeps for somebody outside."""
        return [*self.run._stepper.outer.bpmn_events]  # type: ignore[attr-defined]

    def _do(self, command: str, *arguments: Any) -> None:
        """Run one command, and deliver what it threw. If it fails nothing of it stays, as in a transaction."""
        host = copy.deepcopy(self.host)
        host.changes, host.calls = [], []
        run = self.program.load("P", host.normal_form(), host)
        getattr(run, command)(*arguments)
        self.host, self.run = host, run
        for call in host.calls:
            if call[0] == "throw":
                self._deliver(call[1])

    def _deliver(self, name: str) -> None:
        """A signal to all that wait for it, a message to the first."""
        for token, element in self._waiting_for(name):
            is_message = self.host.tokens[token].arms[element].kind == "message"
            self._do("fire", token, element, {})
            if is_message:
                break

    def _tasks(self, element: str) -> list[int]:
        return [number for number, name in sorted(self.host.tasks.items()) if name == element]

    def _multi(self) -> int:
        return next(number for number, token in self.host.tokens.items() if token.multi is not None)

    def _waiting_for(self, name: str) -> list[tuple[int, str]]:
        tokens = sorted(self.host.tokens.items())
        return [(number, where) for number, token in tokens for where, arm in token.arms.items() if arm.name == name]


class _FailingHost(PlainHost):
    """A host of which every expression fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def evaluate(
        self,
        expression: str,
        scope: int,
        names: Mapping[str, Any] | None = None,
        read: dict[str, Any] | None = None,
    ) -> Any:
        raise self.error
