"""Moves by hand: send back, signers, skip, cancel, move, correct. Shown first, then confirmed; no rule here.

A move is posted twice. The first time it is rehearsed, and the page shows what it would do; the second time the form
brings the digest of what was shown, and the move is made. If it would do something else by then, it is shown again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Blueprint, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import login_required

from engine.base.canonical import digest_of
from engine.base.errors import InvalidInput, LicetError, NotFound, wrong_field
from engine.base.shapes import plain
from engine.case.records import Command, decode, read_command
from engine.reading.views import moves as readings
from webui import submissions
from webui.answers import page_or_json, wants_json
from webui.house import actor, house, sight

pages = Blueprint("moves", __name__)


@pages.before_request
@login_required
def _signed_in() -> None:
    """Require signing in for every move."""


# ------------------------------------------------------------------ what can be moved


@pages.get("/cases/<case>/tasks/<int:token>/moves")
def of_task(case: str, token: int) -> ResponseReturnValue:
    """Show what may be done with a task besides completing it."""
    choices = readings.of_task(sight(), case, token)
    return page_or_json("moves/task.html", choices)


@pages.get("/cases/<case>/repair")
def of_case(case: str) -> ResponseReturnValue:
    """Show the page on which administrators set a case right: its incidents, tokens and facts."""
    repairs = readings.of_case(sight(), case)
    scope, name = request.args.get("scope", type=submissions.whole), request.args.get("fact")
    chosen = next((fact for fact in repairs.facts if (fact.scope, fact.name) == (scope, name)), None)
    return page_or_json("moves/case.html", repairs, chosen=chosen)


# ------------------------------------------------------------------ one move


@dataclass(frozen=True, slots=True)
class MoveForm:
    """A command that is shown before it is given: its title, and how its payload stands in the form."""

    command: str
    title: Any
    payload: Callable[[], dict[str, Any]]
    note: Any = ""


def _reason() -> str:
    return submissions.text("reason", gettext("原因"))


def _number(name: str) -> int:
    text = submissions.text(name, gettext("编号"))
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
        message = f"Expected {name} as a number."
        raise InvalidInput(message, sentence="fields_wrong", errors={name: wrong_field("number_wrong", message)})
    return int(text)


def _value(name: str, label: str) -> Any:
    """Return the JSON value of a field, dates and the like tagged as in the journal."""
    try:
        return decode(json.loads(submissions.text(name, label), parse_float=Decimal))
    except (ValueError, RecursionError, ArithmeticError, TypeError) as error:
        message = f"Expected {name} as JSON; {error}."
        wrong = wrong_field("field_json", message, label=label)
        raise InvalidInput(message, sentence="fields_wrong", errors={name: wrong}) from error


def _task() -> dict[str, Any]:
    return {"task": _number("task"), "reason": _reason()}


def _to_target() -> dict[str, Any]:
    return {"target": submissions.text("target", gettext("目标环节"))}


def _token_to_target() -> dict[str, Any]:
    return {"token": _number("token"), "reason": _reason()} | _to_target()


def _signer() -> dict[str, Any]:
    """Return the payload of AddSigner; the signer is a person's key, or another value as JSON."""
    label = gettext("加签人")
    given = request.form.get("person", "").strip()
    signer = given or _value("signer", label)
    return _task() | {"signer": signer, "place": submissions.text("place", gettext("加签位置"))}


def _skip() -> dict[str, Any]:
    payload = _task()
    if request.form.get("variables", "").strip():
        payload["variables"] = _value("variables", gettext("结果"))
    return payload


def _fact() -> dict[str, Any]:
    name, value = submissions.text("name", gettext("要素")), _value("value", gettext("要素的值"))
    return {"name": name, "value": value, "scope": _number("scope"), "reason": _reason()}


LONGEST_NUMBER = 18
"""Most digits of a number that the database can hold."""

MOVES: Mapping[str, MoveForm] = {
    "send-back": MoveForm("SendBack", _l("退回"), lambda: _task() | _to_target(), _l("时限继续计算，轮次加一。")),
    "add-signer": MoveForm("AddSigner", _l("加签"), _signer),
    "remove-signer": MoveForm("RemoveSigner", _l("减签"), lambda: _task() | {"index": _number("index")}),
    "skip": MoveForm("SkipTask", _l("跳过"), _skip, _l("不计轮次，也不视为任何人已经办理。")),
    "move": MoveForm("MoveToken", _l("移动环节"), _token_to_target),
    "correct": MoveForm("SetFact", _l("更正要素"), _fact, _l("更正后请重试相应的异常。")),
    "cancel": MoveForm("CancelCase", _l("终止办件"), lambda: {"reason": _reason()}, _l("终止后不能恢复。")),
}


@pages.post("/cases/<case>/moves/<kind>")
def move(case: str, kind: str) -> ResponseReturnValue:
    """Show what a move would do. With `confirmed`, the digest of what was shown: do it."""
    if kind not in MOVES:
        raise NotFound(f"Expected one of {', '.join(MOVES)}; found {kind!r}.", sentence="page_unknown")
    wanted = MOVES[kind]
    command = read_command(wanted.command, actor(), case, wanted.payload(), request.form.get("key"))
    confirmed = request.form.get("confirmed")
    try:
        effects = house().engine.rehearse(command)
    except LicetError:
        if confirmed is None:
            raise
        return _done(case, command)  # the same form sent twice is answered as the first time; else refused
    foreseen = readings.foreseen(sight(), case, effects)
    mark = digest_of([kind, plain(foreseen)])
    if confirmed != mark:
        shown = {"case": case, "kind": kind, "foreseen": foreseen, "confirmed": mark, "changed": confirmed is not None}
        return page_or_json("moves/confirm.html", shown, move=wanted, given=_given(), key=submissions.new_key())
    return _done(case, command)


def _done(case: str, command: Command) -> ResponseReturnValue:
    receipt = house().engine.execute(command)
    location = url_for("desk.case", case=case)
    return jsonify(location=location, sequence=receipt.sequence) if wants_json() else redirect(location)


def _given() -> list[tuple[str, str]]:
    """Return the fields as they were filled in, to be sent again."""
    return [(name, value) for name, value in request.form.items() if name not in ("csrf_token", "confirmed", "key")]
