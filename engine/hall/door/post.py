"""The post between cases: messages and signals that one case throws for others, given to them at the door.

A message goes to the first case that waits for its name and correlation key; as long as none does it stays in the
outbox, and is tried again: when a case begins to wait for it, and from time to time. A signal goes to all cases that
wait for it now. Delivered at least once, given once: the idempotency key of each command names the message.
"""

from __future__ import annotations

from typing import Any, Protocol

from engine.base.errors import Conflict, KeyReused, LicetError, NotOpen, Refused
from engine.case.authority import OUTBOX
from engine.case.execution import BROADCAST
from engine.case.records import BroadcastSignal, Command, DeliverMessage
from engine.hall.ports import OutboxMessage, TryLater
from engine.hall.store import Store, SubscriptionRow


class Door(Protocol):
    """The part of `engine.hall.door.Engine` that post and scheduler need."""

    @property
    def store(self) -> Store: ...

    def execute(self, command: Command) -> Any: ...


class Post:
    """Carries what cases say to each other; a handler of the outbox."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def handle(self, message: OutboxMessage) -> None:
        """Give the message or signal to whoever waits for it. Raises TryLater where nobody waits for a message."""
        if message.action == BROADCAST:
            self._broadcast(message)
        else:
            self._deliver(message)

    def _deliver(self, message: OutboxMessage) -> None:
        name, key = message.payload["name"], message.payload["key"]
        order = DeliverMessage(name, key, message.payload["variables"])
        for row in self._waiting("message", name, key):
            try:
                self._door.execute(Command(OUTBOX, row.case, order, f"post:{message.key}"))
            except KeyReused:
                return  # given before, to a case that waits no longer
            except Conflict as error:
                raise TryLater(str(error)) from error
            return
        raise TryLater(f"No case waits for message '{name}' with correlation key '{key}' yet.", name=name, key=key)

    def _broadcast(self, message: OutboxMessage) -> None:
        """One case that can't go on doesn't keep the signal from the others."""
        order = BroadcastSignal(message.payload["name"], message.payload["variables"])
        cases = dict.fromkeys(row.case for row in self._waiting("signal", order.name, None))
        failed: list[str] = []
        busy: list[str] = []
        for case in cases:
            if case == message.case:
                continue
            try:
                self._door.execute(Command(OUTBOX, case, order, f"post:{message.key}:{case}"))
            except NotOpen:
                continue
            except Conflict as error:
                busy.append(str(error))
            except LicetError as error:
                failed.append(f"{case}: {error}")
        if busy:
            raise TryLater(busy[0])
        if failed:
            raise Refused(f"Signal '{order.name}' could not be given to {len(failed)} cases: {failed[0]}")

    def _waiting(self, kind: str, name: str, key: str | None) -> list[SubscriptionRow]:
        with self._door.store.reading() as reading:
            return reading.subscribers(kind, name, key)
