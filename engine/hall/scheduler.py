"""The scheduler: due deadlines become commands, outbox messages go to their adapters, a new calendar is counted by.

Time never acts by itself: everything that happens here is a command at the door, by `system:clock` or
`system:outbox`. The only room that knows APScheduler, which does nothing but tick: what is due lies in the store,
is leased from it, and is gone once its command is recorded. So a deadline fires once however many machines tick,
and a process that dies between two steps loses nothing.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from engine.base.errors import BudgetExceeded, Conflict, Fault, LicetError, NotOpen, Refused, Taken
from engine.case.authority import CLOCK, OUTBOX
from engine.case.execution import CASES
from engine.case.records import AnswerJob, Command, FailJob, FireDeadline, RecountClocks, SettleMessage, decode
from engine.hall import turns
from engine.hall.door import recount
from engine.hall.door.post import Door, Post
from engine.hall.ports import Clock, Handler, OutboxMessage, TryLater
from engine.hall.store import DeadlineRow, MessageRow

TICK_SECONDS: Final = 1.0
"""A timer may be late by this: deadlines are looked for twice as often, so that the rest is for firing them."""

DEADLINES_AT_ONCE: Final = 100
DEADLINE_LEASE_SECONDS: Final = 60.0
"""A command takes milliseconds; what isn't through in a minute has died, or failed, and is tried again."""

RECOUNT_SECONDS: Final = 5.0
"""How often it is looked for a calendar that was loaded. Counting by it is nobody's hurry."""

RECOUNTED_AT_ONCE: Final = 200
"""Open cases that are looked at under one lease: a second or two, with all of them changed."""

MESSAGES_AT_ONCE: Final = 10
MESSAGE_LEASE_SECONDS: Final = 600.0
"""Ten messages, one after the other, at up to a minute each: the slowest handler renders a document or waits
for a server. After that another machine may deliver the same message; its key tells the other side."""

BACK_OFF_SECONDS: Final = (10, 30, 120, 600, 1_800, 3_600, 10_800)
"""Waits between deliveries that fail; after the last one an incident is raised, some five hours after the first."""

CONFLICTS_ENDURED: Final = 5
"""How often a command is given again because another one on the same case came first."""

DRAIN_ROUNDS: Final = 10_000
"""A model whose timers and answers never come to rest is wrong; then `drain` must not go on for ever."""

NICENESS: Final = 10
"""Of a process that only ticks. It gets a tenth of what a person's has where both want the same core, and all that
nobody wants. Measured with two workers on two cores that serve people and PostgreSQL too: a person's p99 was 2.1 times
the calm one without it, 0.9 times with it. It is the cores that they wait for: two processes that only count, and use
no database, made it 2.5 times."""

log = structlog.get_logger(__name__)


def give_way() -> None:
    """Let everybody else on this machine go first: for a process that does nothing but tick.

    Holds for the thread that calls it and the threads that it starts; nicer than that stays nicer. Not for a process
    that serves people: there a thread that is kept waiting could hold what theirs wait for.
    """
    os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), NICENESS))


class Scheduler:
    """Ticks over the deadlines and the outbox of one database.

    `handlers` by destination; messages to other ones (outside jobs) wait for somebody to fetch and answer them.
    What cases say to each other is carried here.
    """

    def __init__(self, engine: Door, handlers: Mapping[str, Handler], clock: Clock) -> None:
        self._engine = engine
        self._handlers: dict[str, Handler] = {CASES: Post(engine).handle, **handlers}
        self._destinations = tuple(sorted(self._handlers))
        self._clock = clock
        self._holder = f"{socket.gethostname()}:{os.getpid()}"
        self._stopping = False
        self._ticker: BackgroundScheduler | None = None

    # ---------------------------------------------------------------- ticking

    def start(self) -> None:
        """Tick in the background until `stop`."""
        self._stopping = False
        self._ticker = BackgroundScheduler(timezone="UTC")
        ticks = (
            (self.tick_deadlines, TICK_SECONDS / 2),
            (self.tick_outbox, TICK_SECONDS),
            (self.tick_recount, RECOUNT_SECONDS),
        )
        for tick, seconds in ticks:
            # A tick that takes longer than its interval is waited for, not doubled; missed ones are made up by one.
            self._ticker.add_job(
                tick, "interval", seconds=seconds, max_instances=1, coalesce=True, misfire_grace_time=None
            )
        self._ticker.start()

    def stop(self) -> None:
        """Stop after the command or message at hand."""
        self._stopping = True
        if self._ticker is not None:
            self._ticker.shutdown(wait=True)
            self._ticker = None

    def tell(self, message: OutboxMessage) -> Mapping[str, Any] | None:
        """Hand a message that no case sends to its handler: what stands outside before anything happens.

        Raises what the handler does.
        """
        return self._handlers[message.destination](message)

    def drain(self) -> int:
        """Do all that is due now, and what follows from it, until nothing is left; gives how many things were done.

        Raises BudgetExceeded if it never comes to rest.
        """
        done = rounds = 0
        while rounds < DRAIN_ROUNDS:
            rounds += 1
            now_done = self.tick_recount() + self.tick_deadlines()
            while rounds < DRAIN_ROUNDS and (settled := self._deliver_some()) is not None:
                rounds += 1
                now_done += settled
            if not now_done:
                return done
            done += now_done
        raise BudgetExceeded(
            f"Expected what is due to come to rest within {DRAIN_ROUNDS} rounds; it goes on.",
            sentence="due_without_end",
        )

    # ---------------------------------------------------------------- deadlines

    def tick_deadlines(self) -> int:
        """Fire what is due now, in rounds; gives how many fired."""
        taken = self._engine.store, self._clock, DEADLINES_AT_ONCE, self._holder, DEADLINE_LEASE_SECONDS
        fired = 0
        for row in turns.taken(*taken):
            if self._stopping:
                break
            fired += self._fire(row)
        return fired

    def _fire(self, row: DeadlineRow) -> bool:
        """Fire one deadline; False where it was stale, or a fault, which is logged: other cases don't wait for it."""
        command = Command(CLOCK, row.case, FireDeadline(row.key, row.due_at))
        try:
            self._execute(command)
        except NotOpen:  # stale: something else came first, and has taken the deadline away
            return False
        except Exception:
            log.exception("deadline_failed", case=row.case, deadline=row.key, due=row.due_at)
            return False
        return True

    # ---------------------------------------------------------------- a new calendar

    def tick_recount(self) -> int:
        """Where a calendar was loaded, have the clocks counted again that it changes; gives in how many cases."""
        changed = 0
        while not self._stopping:
            part = recount.take(self._engine.store, self._clock.now(), RECOUNTED_AT_ONCE, self._holder)
            if part is None:
                break
            changed += sum(self._recount(case) for case in part.cases if not self._stopping)
            if not self._stopping:  # else the part is gone through again: what was counted stays as it is
                recount.done(self._engine.store, part, self._holder)
        return changed

    def _recount(self, case: str) -> bool:
        try:
            self._execute(Command(CLOCK, case, RecountClocks()))
        except (NotOpen, Refused):  # nothing changes for it, or it has ended meanwhile
            return False
        except Exception:
            log.exception("recount_failed", case=case)
            return False
        return True

    # ---------------------------------------------------------------- outbox

    def tick_outbox(self) -> int:
        """Deliver the messages whose time has come; gives how many were settled."""
        settled = 0
        while (now_settled := self._deliver_some()) is not None:
            settled += now_settled
        return settled

    def _deliver_some(self) -> int | None:
        """Deliver the oldest messages whose time has come; gives how many were settled, None where there were none."""
        if self._stopping or not self._destinations:
            return None
        leased = self._engine.store.lease(
            self._clock.now(), self._destinations, MESSAGES_AT_ONCE, self._holder, MESSAGE_LEASE_SECONDS
        )
        return sum(self._deliver(row) for row in leased if not self._stopping) if leased else None

    def _deliver(self, row: MessageRow) -> bool:
        """Deliver one message and record the outcome; True if that settled it."""
        try:
            answer = self._handlers[row.destination](_message(row))
        except (TryLater, Fault) as error:
            return self._failed(row, str(error), again=True)
        except LicetError as error:  # an answer as well: it says that this can't be done, now or later
            return self._failed(row, str(error), again=False)
        except Exception as error:
            log.exception("handler_failed", message=row.key, destination=row.destination, action=row.action)
            return self._failed(row, _fault(error), again=True)
        return self._settle(row, dict(answer or {}))

    def _settle(self, row: MessageRow, variables: dict[str, Any]) -> bool:
        order = SettleMessage(row.number) if row.token is None else AnswerJob(row.token, row.number, variables)
        try:
            self._execute(Command(OUTBOX, row.case, order))
        except NotOpen:  # delivered twice, and settled by the other delivery
            return False
        except Taken as error:  # another case has it: somebody has to look, and may try again once it is free
            return self._failed(row, str(error), again=False)
        except (Conflict, Fault):
            log.exception("answer_not_recorded", message=row.key)  # its lease runs out, and it is delivered again
            return False
        except LicetError as error:
            return self._failed(row, f"The answer can't be used: {error}", again=False)
        except Exception as error:  # a fault of ours: what else was leased must not wait for it
            log.exception("answer_failed", message=row.key)
            return self._failed(row, _fault(error), again=True)
        return True

    def _failed(self, row: MessageRow, reason: str, *, again: bool) -> bool:
        """Try again later, or park the message behind an incident. Neither settles it."""
        log.warning("message_failed", message=row.key, action=row.action, attempts=row.attempts + 1, reason=reason)
        try:
            if again and row.attempts < len(BACK_OFF_SECONDS):
                until = self._clock.now() + timedelta(seconds=BACK_OFF_SECONDS[row.attempts])
                self._engine.store.postpone(row, until, reason)
            else:
                with suppress(NotOpen):
                    self._execute(Command(OUTBOX, row.case, FailJob(row.number, reason)))
        except LicetError:
            log.exception("failure_not_recorded", message=row.key)
        return False

    # ---------------------------------------------------------------- the door

    def _execute(self, command: Command) -> None:
        """Give the command; again, where only another one on the same case came first."""
        for _ in range(CONFLICTS_ENDURED - 1):
            try:
                self._engine.execute(command)
                return
            except Conflict:
                continue
        self._engine.execute(command)


def _fault(error: Exception) -> str:
    """The text of an incident for a fault that nobody foresaw: the fault's own may hold a person's data, and an
    incident stands in the journal for ever."""
    return f"{type(error).__name__}: the log says more."


def _message(row: MessageRow) -> OutboxMessage:
    payload = decode(json.loads(row.payload))
    return OutboxMessage(row.case, row.number, row.destination, row.action, payload, row.token)
