"""The built-in actions, by which the service tasks of a model act on matters, clocks, claims and the outside. Pure.

One function for each action, in one table with the keys of `engine.law.matter.ACTIONS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.base import terms
from engine.base.errors import Conflict, InvalidInput, NotFound, Refused
from engine.case import acceptance, clocks
from engine.case.records import ClaimReleased, ClaimTaken, FactsHandedOn, MatterReceived, plain
from engine.case.state import Matter
from engine.case.working import Working, text_of
from engine.law import matter as law

Result = Mapping[str, Any] | None
DATE_LENGTH = len("2026-03-02")


@dataclass(frozen=True, slots=True)
class Call:
    """A service task that asks for an action: its token, the level and the scope of that, and plain inputs by name."""

    working: Working
    token: int
    level: int
    scope: int
    type: str
    inputs: Mapping[str, Any]

    def matter(self) -> Matter:
        """The matter that the input `matter` names. Most models don't map it: the scope has a fact of that name."""
        return self.working.matter(self.inputs.get("matter"))

    def text(self, name: str) -> str:
        """The input of this name, which must be a text. Raises InvalidInput."""
        return text_of(self.inputs.get(name), name)


def perform(call: Call) -> Result:
    """Carry the action out. Returns its result variables; None if they come from outside later, as an answer."""
    action = law.ACTIONS[call.type]
    for name in action.required:
        if call.inputs.get(name) is None:
            raise InvalidInput(
                f"Expected '{name}' as input of {call.type}; found none.",
                sentence="input_missing",
                errors={name: "is missing"},
                action=call.type,
                input=name,
            )
    if action.outside is not None:
        known = _AHEAD[call.type](call) if call.type in _AHEAD else None
        if known is None:
            call.working.queue(action.outside, call.type, _payload(call), call.token)
        return known
    return _HANDLERS[call.type](call) or {}


def _payload(call: Call) -> dict[str, Any]:
    """The message for an adapter: the inputs, and case, title, time, matter and applicant beside them."""
    working, number = call.working, call.inputs.get("matter")
    payload = {k: v for k, v in call.inputs.items() if v is not None}
    payload |= {"case": working.case.id, "title": working.case.title, "at": working.now}
    matter = working.case.matters.get(number) if isinstance(number, int) else None
    if matter is not None:
        payload["matter"] = matter.number
        payload["item"] = working.item_name(matter)
        payload["department"] = _department_name(working, matter)
    applicant = plain(working.case.applicant)
    if isinstance(applicant, Mapping) and applicant.get("name"):
        payload["applicant"] = applicant["name"]
        if call.type == "project.join":  # people share names: only the number tells whose earlier papers may be shown
            payload["applicant_id"] = applicant.get("id_number")
            anybody = working.context.chain.processes[working.case.process].identity in ("optional", "none")
            payload["applicant_kind"] = applicant.get("kind") or ("person" if anybody else None)
    return payload


def _department_name(working: Working, matter: Matter) -> str:
    try:
        return (
            working.organisation.name_of(matter.department) if working.organisation is not None else matter.department
        )
    except NotFound:
        return matter.department


# ------------------------------------------------------------------ the matter


def _receive(call: Call) -> Result:
    working, key = call.working, call.text("item")
    area = _area(call.inputs.get("area"))
    published = acceptance.in_force(working, key)
    owner = published.department if published is not None else ""
    handles = working.handles(key, owner, area)
    level, on = working.procedure_of(call.level), working.today.isoformat()
    received = MatterReceived(working.number(), key, handles, level, on, area, owner if handles != owner else None)
    working.emit(received)
    matter = working.matter(received.matter)
    clocks.start_published(working, matter, (clocks.RECEIPT_CHECK,))
    if published is not None and published.starts_on == "receipt":
        clocks.start_published(working, matter, clocks.DECISION)
    return {"matter": received.matter}


def _area(given: Any) -> str | None:
    """The code of a region, from a county (6 digits) down to a village (12). Raises InvalidInput."""
    if given is None or (isinstance(given, str) and _REGION.match(given)):
        return given
    raise InvalidInput(
        f"Expected 'area' as a region code of 6 to 12 digits; found {given!r}.",
        sentence="area_wrong",
        errors={"area": "6 to 12 digits"},
        area=given,
    )


_REGION = re.compile(r"\d{6,12}\Z", re.ASCII)
_WAYS = ("deemed", "tolerated", "committed")
"""The ways to accept an application that isn't complete, or not proved."""


def _accept(call: Call) -> Result:
    """Accept the matter, and start its decision clocks.

    A deemed acceptance counts from the day of receipt. Source: 行政许可法 art. 32 (4).
    """
    working, matter = call.working, call.matter()
    ways = [way for way in _WAYS if call.inputs.get(way) is True]
    if len(ways) > 1:
        raise InvalidInput(
            f"Expected one way to accept; found {' and '.join(ways)}.",
            sentence="ways_of_acceptance",
            errors={ways[1]: "is too much"},
        )
    basis = next(iter(ways), None)
    deemed, tolerated = basis == "deemed", basis == "tolerated"
    item = working.item_of(matter.item)
    if item is not None:
        acceptance.may_accept(working, item, basis, _bad_credit(call))
    on = date.fromisoformat(matter.received_on) if deemed else working.today
    working.move(matter, law.Move.ACCEPT, on=on, basis=basis)
    clocks.stop(working, matter, (clocks.RECEIPT_CHECK,))
    if not any(clocks.of(working, matter, clocks.DECISION)):
        clocks.start_published(
            working, working.matter(matter.number), clocks.DECISION, _day_start(working, on) if deemed else None
        )
    if tolerated:
        clocks.start_published(working, matter, (clocks.SUPPLY,))
    return None


def _bad_credit(call: Call) -> bool:
    """Whether the applicant has serious bad credit: by the input `bad_credit`, or by the fact of that name."""
    return True in (call.inputs.get("bad_credit"), plain(call.working.read(call.scope, "bad_credit")))


def _day_start(working: Working, day: date) -> datetime:
    return datetime.combine(day, time(0), working.zone)


def _decide(call: Call) -> Result:
    working, matter, outcome = call.working, call.matter(), call.inputs.get("outcome")
    if outcome not in ("granted", "denied"):
        raise InvalidInput(
            f"Expected outcome granted or denied; found {outcome!r}.",
            sentence="outcome_wrong",
            errors={"outcome": "granted or denied"},
        )
    if outcome == "denied":
        call.text("reason")  # 行政许可法 38: a denial gives its reasons
    item = working.item_of(matter.item)
    if outcome == "granted" and item is not None:
        acceptance.may_grant(working, item, matter)
    reason = call.inputs.get("reason")
    working.move(
        matter,
        law.Move.GRANT if outcome == "granted" else law.Move.DENY,
        reason=reason if isinstance(reason, str) else None,
    )
    clocks.stop(working, matter)
    clocks.start_published(working, working.matter(matter.number), (clocks.DELIVERY,))
    return None


def _moving(move: law.Move, stops: tuple[str, ...] | None) -> Callable[[Call], Result]:
    """A handler that moves the matter and stops the clocks of these names: all if empty, no clock if None."""

    def handler(call: Call) -> Result:
        matter, reason = call.matter(), call.inputs.get("reason")
        call.working.move(matter, move, reason=reason if isinstance(reason, str) else None)
        if stops is not None:
            clocks.stop(call.working, matter, stops)
        return None

    return handler


def _correct(call: Call) -> Result:
    """Tell the applicant what is missing: the clock of the check stops, that of the applicant's answer starts."""
    matter, missing = call.matter(), call.inputs["missing"]
    call.working.move(matter, law.Move.CORRECT, reason=missing if isinstance(missing, str) else None)
    clocks.stop(call.working, matter, (clocks.RECEIPT_CHECK,))
    clocks.start_published(call.working, matter, (clocks.CORRECTION,))
    return None


def _supply(call: Call) -> Result:
    matter = call.matter()
    call.working.move(matter, law.Move.SUPPLY)
    clocks.stop(call.working, matter, (clocks.CORRECTION,))
    clocks.start_published(call.working, matter, (clocks.RECEIPT_CHECK,))
    return None


# ------------------------------------------------------------------ its clocks


def _clock_start(call: Call) -> Result:
    limit = call.inputs["limit"]
    if not isinstance(limit, Mapping) or not isinstance(limit.get("amount"), int | Decimal):
        raise InvalidInput(
            f"Expected limit as {{amount, unit}}; found {limit!r}.",
            sentence="limit_wrong",
            errors={"limit": "is wrong"},
        )
    clocks.start(call.working, call.matter(), call.text("clock"), limit)
    return None


def suspend(working: Working, matter: Matter, reason: str) -> None:
    """Suspend the matter and its decision clocks, for a reason of 行政许可法 art. 45. Raises InvalidInput."""
    ground = law.suspension(reason)
    working.move(matter, law.Move.SUSPEND, reason=ground)
    clocks.suspend(working, matter, ground)


def resume(working: Working, matter: Matter) -> None:
    """Resume the matter and its decision clocks."""
    working.move(matter, law.Move.RESUME)
    clocks.resume(working, matter)


def _clock_extend(call: Call) -> Result:
    amount = call.inputs["amount"]
    if not isinstance(amount, int | Decimal) or amount <= 0:
        raise InvalidInput(
            f"Expected a number above 0 as amount; found {amount!r}.",
            sentence="amount_not_positive",
            errors={"amount": "above 0"},
        )
    name = call.inputs.get("clock")
    names = clocks.DECISION if name in (None, "decision") else (str(name),)
    clocks.extend(call.working, call.matter(), amount, call.text("reason"), names)
    return None


def _clock_stop(call: Call) -> Result:
    clocks.stop(call.working, call.matter(), (call.text("clock"),))
    return None


# ------------------------------------------------------------------ claims and the outside


def _claim_take(call: Call) -> Result:
    """Claim a thing. One that the case itself holds is refused, unless that claim has expired."""
    working, kind, key = call.working, call.text("kind"), call.text("key")
    held = working.case.claims.get((kind, key))
    if held is not None and not working.has_expired(held):
        raise Conflict(
            f"Expected {kind} '{key}' to be free; this case holds it already.",
            sentence="claimed_already",
            kind=kind,
            key=key,
        )
    working.emit(ClaimTaken(kind, key, _until(working, call.inputs.get("until"))))
    return None


def _until(working: Working, given: Any) -> str | None:
    """The instant that a time gives, or a date at its end. Raises InvalidInput for one that has passed, or neither."""
    if given is None:
        return None
    try:
        until = datetime.fromisoformat(given) if isinstance(given, str) else given
        if isinstance(given, str) and len(given) == DATE_LENGTH:
            until = until.date()
    except ValueError:
        until = None
    if isinstance(until, datetime):
        until = until.replace(tzinfo=until.tzinfo or working.zone)
    elif isinstance(until, date):
        until = _day_start(working, until + timedelta(days=1))
    if not isinstance(until, datetime) or until <= working.now:
        raise InvalidInput(
            f"Expected 'until' as a date or time to come; found {given!r}.",
            sentence="until_past",
            errors={"until": "past"},
        )
    return until.astimezone(working.zone).isoformat()


def _claim_keep(call: Call) -> Result:
    """Claim a thing for good: a registered name stays taken after the end of the case."""
    call.working.emit(ClaimTaken(call.text("kind"), call.text("key"), kept=True))
    return None


def _claim_release(call: Call) -> Result:
    key = (call.text("kind"), call.text("key"))
    if key in call.working.case.claims:
        call.working.emit(ClaimReleased(*key))
    return None


# ------------------------------------------------------------------ the project


def _join(call: Call) -> Result:
    """Refuse a second project. The answer from outside brings what the project's other cases know."""
    code = terms.check("project_code", call.inputs["code"])
    if call.working.case.project not in (None, code):
        raise Refused(
            f"Expected case {call.working.case.id} to stay in project {call.working.case.project}; found {code}.",
            sentence="project_other",
            project=call.working.case.project,
            code=code,
        )
    return None


def _hand_on(call: Call) -> Result:
    facts = call.inputs["facts"]
    if not isinstance(facts, Mapping):
        kind = type(facts).__name__  # not the value: an incident would write it into the journal undigested
        raise InvalidInput(
            f"Expected 'facts' as a context; found a {kind}.", sentence="facts_wrong", errors={"facts": "is wrong"}
        )
    if call.working.case.project is None:
        raise Refused(
            f"Expected case {call.working.case.id} to belong to a project; it has joined none.",
            sentence="project_none",
        )
    call.working.emit(FactsHandedOn(call.working.number(), call.working.personal(dict(facts)), call.working.at))
    return None


# ------------------------------------------------------------------ what is known before anybody outside is asked


def _find(call: Call) -> Result:
    """Without the holder's consent 授权 the library isn't asked: there is no certificate."""
    refused = "consent" in call.inputs and call.inputs["consent"] is not True
    return {"certificate": None} if refused else None


def _ask_register(call: Call) -> Result:
    name = call.text("register")
    if name not in law.REGISTERS:
        known = ", ".join(law.REGISTERS)
        raise InvalidInput(
            f"Expected a register ({known}); found {name!r}.",
            sentence="register_unknown",
            errors={"register": f"one of {known}"},
            register=name,
        )
    call.text("key")
    return None


_AHEAD: Mapping[str, Callable[[Call], Result]] = {
    "certificate.find": _find,
    "project.join": _join,
    "register.find": _ask_register,
    "register.record": _ask_register,
}
"""Checks before a port outside is asked. If one gives a result, the port isn't asked."""


def _notice(call: Call) -> Result:
    content = call.inputs.get("content")
    details = dict(content) if isinstance(content, Mapping) else {"text": content} if content is not None else {}
    number = call.inputs.get("matter")
    matter = call.working.case.matters.get(number) if isinstance(number, int) else None
    if matter is not None:
        details |= {"matter": matter.number, "item": call.working.item_name(matter)}
    call.working.notify(call.text("to"), call.text("template"), details)
    return None


def _push(call: Call) -> Result:
    call.working.queue("supervision", call.type, _payload(call))
    return None


_HANDLERS: Mapping[str, Callable[[Call], Result]] = {
    "matter.receive": _receive,
    "matter.correct": _correct,
    "matter.supply": _supply,
    "matter.accept": _accept,
    "matter.not_required": _moving(law.Move.NOT_REQUIRED, ()),
    "matter.wrong_office": _moving(law.Move.WRONG_OFFICE, ()),
    "matter.refuse": _moving(law.Move.REFUSE, ()),
    "matter.return": _moving(law.Move.RETURN, ()),
    "matter.review": _moving(law.Move.REVIEW, None),
    "matter.decide": _decide,
    "matter.hand_over": _moving(law.Move.HAND_OVER, ()),
    "matter.withdraw": _moving(law.Move.WITHDRAW, ()),
    "matter.lapse": _moving(law.Move.LAPSE, ()),
    "matter.terminate": _moving(law.Move.TERMINATE, ()),
    "matter.rectify": _moving(law.Move.RECTIFY, None),
    "matter.rectified": _moving(law.Move.RECTIFIED, None),
    "matter.revoke": _moving(law.Move.REVOKE, ()),
    "matter.annul": _moving(law.Move.ANNUL, ()),
    "clock.start": _clock_start,
    "clock.suspend": lambda call: suspend(call.working, call.matter(), call.text("reason")),
    "clock.resume": lambda call: resume(call.working, call.matter()),
    "clock.extend": _clock_extend,
    "clock.stop": _clock_stop,
    "claim.take": _claim_take,
    "claim.keep": _claim_keep,
    "claim.release": _claim_release,
    "notice.send": _notice,
    "project.hand_on": _hand_on,
    "supervision.push": _push,
}

__all__ = ["Call", "perform", "resume", "suspend"]
