"""Changes that officers make to the clocks of a matter: suspend, resume, extend, confirm what is overdue.

A view makes four moves: identify, parse, execute, render.
"""

from __future__ import annotations

import re
from decimal import Decimal

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import login_required

from engine.base.errors import InvalidInput, wrong_field
from engine.case.records import ConfirmDeadline, ExtendClock, Order, ResumeClock, SuspendClock
from webui import submissions
from webui.house import execute

pages = Blueprint("clocks", __name__)


@pages.before_request
@login_required
def _signed_in() -> None:
    """Require signing in for every change of a clock."""


@pages.post("/cases/<case>/matters/<int:matter>/suspend")
def suspend(case: str, matter: int) -> ResponseReturnValue:
    reason = submissions.text("reason", gettext("停表原因"))
    is_told = bool(request.form.get("workdays", "").strip())
    workdays = _number("workdays", gettext("所需工作日")) if is_told else None
    return _done(case, SuspendClock(matter, reason, workdays))


@pages.post("/cases/<case>/matters/<int:matter>/resume")
def resume(case: str, matter: int) -> ResponseReturnValue:
    return _done(case, ResumeClock(matter))


@pages.post("/cases/<case>/matters/<int:matter>/extend")
def extend(case: str, matter: int) -> ResponseReturnValue:
    amount = _number("amount", gettext("延长工作日"))
    reason = submissions.text("reason", gettext("延长理由"))
    return _done(case, ExtendClock(matter, amount, reason))


@pages.post("/cases/<case>/deadlines/confirm")
def confirm(case: str) -> ResponseReturnValue:
    deadline, due = (submissions.text(name, gettext("到期时间")) for name in ("deadline", "due"))
    return _done(case, ConfirmDeadline(deadline, due))


def _done(case: str, order: Order) -> ResponseReturnValue:
    execute(case, order, request.form.get("key"))
    return redirect(url_for("desk.case", case=case, _anchor="clocks"))


WRITTEN_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
"""Decimal would take `１２`, `1_000` and `1e9` too."""


def _number(name: str, label: str) -> int | Decimal:
    """Return a field with a number. Raises InvalidInput that names the field."""
    text = submissions.text(name, label)
    if not WRITTEN_NUMBER.fullmatch(text):
        message = f"Expected {name} as a number."
        wrong = wrong_field("field_number", message, label=label)
        raise InvalidInput(message, sentence="fields_wrong", errors={name: wrong})
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() and abs(number) < 10**9 else number
