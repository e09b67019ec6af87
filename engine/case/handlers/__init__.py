"""Handlers: one function for each kind of command carries it out on a case. Pure.

    intake      the case is opened, and its papers come in
    tasks       people take tasks on, hand them over, complete them
    matters     a matter's clocks are stopped and extended; an applicant withdraws
    deadlines   deadlines take effect; clocks are counted again by another calendar
    outside     messages, signals, and the answers of other systems
    moves       the course of a case is changed by hand; it goes on in another version
    repairs     facts are corrected, incidents closed, values erased, a case cancelled

A handler is given the execution of the command and its order. It raises a LicetError where the order can't be carried
out; the execution is dropped then, so that nothing has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.case.execution import Execution
from engine.case.handlers import deadlines, intake, matters, moves, outside, repairs, tasks
from engine.case.records import (
    AddSigner,
    AnswerJob,
    BroadcastSignal,
    CancelCase,
    ClaimTask,
    CompleteTask,
    ConfirmDeadline,
    DeliverMessage,
    EraseValues,
    ExtendClock,
    FailJob,
    FireDeadline,
    MigrateCase,
    MoveToken,
    Order,
    OrderKind,
    RecountClocks,
    ReleaseTask,
    RemoveMaterial,
    RemoveSigner,
    ResolveIncident,
    ResumeClock,
    RetryIncident,
    SendBack,
    SetFact,
    SettleMessage,
    SkipTask,
    StartCase,
    SupplyMaterial,
    SuspendClock,
    TransferTask,
    WithdrawMatter,
)

Row = tuple[type[Order], Callable[[Execution, Any], None]]


def _row(kind: type[OrderKind], handler: Callable[[Execution, OrderKind], None]) -> Row:
    """A row of the table; the type checker sees that the handler takes this kind of order."""
    return kind, handler


HANDLERS: Mapping[type[Order], Callable[[Execution, Any], None]] = dict(
    (
        _row(StartCase, intake.start_case),
        _row(SupplyMaterial, intake.supply_material),
        _row(RemoveMaterial, intake.remove_material),
        _row(ClaimTask, tasks.claim),
        _row(ReleaseTask, tasks.release),
        _row(TransferTask, tasks.transfer),
        _row(CompleteTask, tasks.complete),
        _row(SuspendClock, matters.suspend_clock),
        _row(ResumeClock, matters.resume_clock),
        _row(ExtendClock, matters.extend_clock),
        _row(WithdrawMatter, matters.withdraw),
        _row(FireDeadline, deadlines.fire),
        _row(ConfirmDeadline, deadlines.confirm),
        _row(RecountClocks, deadlines.recount),
        _row(DeliverMessage, outside.deliver_message),
        _row(BroadcastSignal, outside.broadcast_signal),
        _row(AnswerJob, outside.answer_job),
        _row(SettleMessage, outside.settle_message),
        _row(FailJob, outside.fail_job),
        _row(SendBack, moves.send_back),
        _row(AddSigner, moves.add_signer),
        _row(RemoveSigner, moves.remove_signer),
        _row(SkipTask, moves.skip),
        _row(MoveToken, moves.move_token),
        _row(MigrateCase, moves.migrate),
        _row(SetFact, repairs.set_fact),
        _row(RetryIncident, repairs.retry_incident),
        _row(ResolveIncident, repairs.resolve_incident),
        _row(CancelCase, repairs.cancel_case),
        _row(EraseValues, repairs.erase_values),
    )
)
"""The handler of each kind of command."""
