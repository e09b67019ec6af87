"""A matter's clocks are stopped and extended; an applicant withdraws."""

from __future__ import annotations

from engine.base.errors import InvalidInput, Refused
from engine.case import actions, clocks
from engine.case.execution import Execution
from engine.case.records import ExtendClock, ResumeClock, SuspendClock, WithdrawMatter
from engine.case.working import text_of
from engine.law import matter as law


def suspend_clock(execution: Execution, order: SuspendClock) -> None:
    """The applicant is told the reason and how many workdays it takes. Source: 行政许可法 art. 45."""
    working = execution.working
    matter, reason = working.matter(order.matter), law.suspension(text_of(order.reason, "reason"))
    actions.suspend(working, matter, reason)
    content = {"matter": matter.number, "item": working.item_name(matter), "reason": reason}
    if order.workdays is not None:
        content["workdays"] = order.workdays
    working.notify("applicant", "suspended", content)


def resume_clock(execution: Execution, order: ResumeClock) -> None:
    working = execution.working
    actions.resume(working, working.matter(order.matter))


def extend_clock(execution: Execution, order: ExtendClock) -> None:
    working, reason = execution.working, text_of(order.reason, "reason")
    if order.amount <= 0:
        raise InvalidInput(
            f"Expected an extension above 0; found {order.amount}.",
            sentence="amount_not_positive",
            errors={"amount": "above 0"},
        )
    clocks.extend(working, working.matter(order.matter), order.amount, reason)


def withdraw(execution: Execution, order: WithdrawMatter) -> None:
    """The model decides whether it waits for a withdrawal: until the decision or the entry in the register."""
    working = execution.working
    matter = working.matter(order.matter)
    if law.State(matter.state) not in law.UNDECIDED:
        raise Refused(
            f"Expected matter {working.name_of(matter)} to be undecided for a withdrawal; it is {matter.state}.",
            sentence="matter_decided",
            matter=matter.number,
        )
    if not execution.deliver("withdraw", matter.item, {"reason": order.reason} if order.reason else {}):
        raise Refused(
            f"Expected matter {working.name_of(matter)} to wait for a withdrawal; where its procedure stands, "
            "nothing does.",
            sentence="matter_takes_no_withdrawal",
            matter=matter.number,
        )
