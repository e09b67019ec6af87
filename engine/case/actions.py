"""The built-in actions: what a service task of a model does to its matter, its clocks, and the world outside. Pure.

One function an action, in one table with the same keys as `engine.law.matter.ACTIONS`.
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
    """One service task that asks for an action. `inputs` are plain values by name."""

    w: Working
    token: int
    level: int
    scope: int
    type: str
    inputs: Mapping[str, Any]

    def matter(self) -> Matter:
        """The matter that the action is about: the input `matter`, which the scope mostly provides."""
        return self.w.matter(self.inputs.get("matter"))

    def text(self, name: str) -> str:
        return text_of(self.inputs.get(name), name)


def perform(call: Call) -> Result:
    """Carry the action out: its result variables, or None where the answer comes from outside, later."""
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
            call.w.queue(action.outside, call.type, _payload(call), call.token)
        return known
    return _HANDLERS[call.type](call) or {}


def _payload(call: Call) -> dict[str, Any]:
    """What an adapter gets: the inputs, and what it must know of the case."""
    w, number = call.w, call.inputs.get("matter")
    payload = {k: v for k, v in call.inputs.items() if v is not None}
    payload |= {"case": w.case.id, "title": w.case.title, "at": w.now}
    found = w.case.matters.get(number) if isinstance(number, int) else None
    if found is not None:
        payload["matter"] = found.number
        payload["item"] = w.item_name(found)
        payload["department"] = _department_name(w, found)
    applicant = plain(w.case.applicant)
    if isinstance(applicant, Mapping) and applicant.get("name"):
        payload["applicant"] = applicant["name"]
        if call.type == "project.join":  # whose earlier papers these may be is told by the number, not by the name
            payload["applicant_id"] = applicant.get("id_number")
    return payload


def _department_name(w: Working, found: Matter) -> str:
    try:
        return w.organisation.name_of(found.department) if w.organisation is not None else found.department
    except NotFound:
        return found.department


# ------------------------------------------------------------------ the matter


def _receive(call: Call) -> Result:
    w, key = call.w, call.text("item")
    area = _area(call.inputs.get("area"))
    published = acceptance.in_force(w, key)
    owner = published.department if published is not None else ""
    handles = w.handles(key, owner, area)
    level, on = w.procedure_of(call.level), w.today.isoformat()
    found = MatterReceived(w.number(), key, handles, level, on, area, owner if handles != owner else None)
    w.emit(found)
    matter = w.matter(found.matter)
    clocks.start_published(w, matter, (clocks.RECEIPT_CHECK,))
    if published is not None and published.starts_on == "receipt":
        clocks.start_published(w, matter, clocks.DECISION)
    return {"matter": found.matter}


def _area(given: Any) -> str | None:
    """A region code, of a county (6 digits) down to a village (12)."""
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
"""On what else than its being complete an application may be accepted."""


def _accept(call: Call) -> Result:
    """Deemed acceptance counts from the day of receipt. Source: 行政许可法 art. 32 (4)."""
    w, matter = call.w, call.matter()
    ways = [way for way in _WAYS if call.inputs.get(way) is True]
    if len(ways) > 1:
        raise InvalidInput(
            f"Expected one way to accept; found {' and '.join(ways)}.",
            sentence="ways_of_acceptance",
            errors={ways[1]: "is too much"},
        )
    basis = next(iter(ways), None)
    deemed, tolerated = basis == "deemed", basis == "tolerated"
    item = w.item_of(matter.item)
    if item is not None:
        acceptance.may_accept(w, item, basis, _bad_credit(call))
    on = date.fromisoformat(matter.received_on) if deemed else w.today
    w.move(matter, law.Move.ACCEPT, on=on, basis=basis)
    clocks.stop(w, matter, (clocks.RECEIPT_CHECK,))
    if not any(clocks.of(w, matter, clocks.DECISION)):
        clocks.start_published(w, w.matter(matter.number), clocks.DECISION, _day_start(w, on) if deemed else None)
    if tolerated:
        clocks.start_published(w, matter, (clocks.SUPPLY,))
    return None


def _bad_credit(call: Call) -> bool:
    """What the applicant's credit record says: the input, or the fact of that name."""
    return True in (call.inputs.get("bad_credit"), plain(call.w.read(call.scope, "bad_credit")))


def _day_start(w: Working, day: date) -> datetime:
    return datetime.combine(day, time(0), w.zone)


def _decide(call: Call) -> Result:
    w, matter, outcome = call.w, call.matter(), call.inputs.get("outcome")
    if outcome not in ("granted", "denied"):
        raise InvalidInput(
            f"Expected outcome granted or denied; found {outcome!r}.",
            sentence="outcome_wrong",
            errors={"outcome": "granted or denied"},
        )
    if outcome == "denied":
        call.text("reason")  # 行政许可法 38: a denial gives its reasons
    item = w.item_of(matter.item)
    if outcome == "granted" and item is not None:
        acceptance.may_grant(w, item, matter)
    reason = call.inputs.get("reason")
    w.move(
        matter,
        law.Move.GRANT if outcome == "granted" else law.Move.DENY,
        reason=reason if isinstance(reason, str) else None,
    )
    clocks.stop(w, matter)
    clocks.start_published(w, w.matter(matter.number), (clocks.DELIVERY,))
    return None


def _moving(move: law.Move, stops: tuple[str, ...] | None) -> Callable[[Call], Result]:
    """A plain step of the lifecycle that stops these clocks: none of them (None), or all (empty)."""

    def handler(call: Call) -> Result:
        matter, reason = call.matter(), call.inputs.get("reason")
        call.w.move(matter, move, reason=reason if isinstance(reason, str) else None)
        if stops is not None:
            clocks.stop(call.w, matter, stops)
        return None

    return handler


def _correct(call: Call) -> Result:
    """Told what is missing, the applicant has the time that the item gives for it."""
    matter, missing = call.matter(), call.inputs["missing"]
    call.w.move(matter, law.Move.CORRECT, reason=missing if isinstance(missing, str) else None)
    clocks.stop(call.w, matter, (clocks.RECEIPT_CHECK,))
    clocks.start_published(call.w, matter, (clocks.CORRECTION,))
    return None


def _supply(call: Call) -> Result:
    matter = call.matter()
    call.w.move(matter, law.Move.SUPPLY)
    clocks.stop(call.w, matter, (clocks.CORRECTION,))
    clocks.start_published(call.w, matter, (clocks.RECEIPT_CHECK,))
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
    clocks.start(call.w, call.matter(), call.text("clock"), limit)
    return None


def suspend(w: Working, matter: Matter, reason: str) -> None:
    """Suspend the matter and its decision clocks, for a reason of 行政许可法 art. 45."""
    ground = law.suspension(reason)
    w.move(matter, law.Move.SUSPEND, reason=ground)
    clocks.suspend(w, matter, ground)


def resume(w: Working, matter: Matter) -> None:
    w.move(matter, law.Move.RESUME)
    clocks.resume(w, matter)


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
    clocks.extend(call.w, call.matter(), amount, call.text("reason"), names)
    return None


def _clock_stop(call: Call) -> Result:
    clocks.stop(call.w, call.matter(), (call.text("clock"),))
    return None


# ------------------------------------------------------------------ claims and the outside


def _claim_take(call: Call) -> Result:
    """A reservation that has expired is free again, for its own case too."""
    w, kind, key = call.w, call.text("kind"), call.text("key")
    held = w.case.claims.get((kind, key))
    if held is not None and not w.has_expired(held):
        raise Conflict(
            f"Expected {kind} '{key}' to be free; this case holds it already.",
            sentence="claimed_already",
            kind=kind,
            key=key,
        )
    w.emit(ClaimTaken(kind, key, _until(w, call.inputs.get("until"))))
    return None


def _until(w: Working, given: Any) -> str | None:
    """An instant from a date (its end) or a time. Raises InvalidInput where it is neither, or past."""
    if given is None:
        return None
    try:
        found = datetime.fromisoformat(given) if isinstance(given, str) else given
        if isinstance(given, str) and len(given) == DATE_LENGTH:
            found = found.date()
    except ValueError:
        found = None
    if isinstance(found, datetime):
        found = found.replace(tzinfo=found.tzinfo or w.zone)
    elif isinstance(found, date):
        found = _day_start(w, found + timedelta(days=1))
    if not isinstance(found, datetime) or found <= w.now:
        raise InvalidInput(
            f"Expected 'until' as a date or time to come; found {given!r}.",
            sentence="until_past",
            errors={"until": "past"},
        )
    return found.astimezone(w.zone).isoformat()


def _claim_keep(call: Call) -> Result:
    """For good: what is registered stays taken beyond the end of the case."""
    call.w.emit(ClaimTaken(call.text("kind"), call.text("key"), kept=True))
    return None


def _claim_release(call: Call) -> Result:
    key = (call.text("kind"), call.text("key"))
    if key in call.w.case.claims:
        call.w.emit(ClaimReleased(*key))
    return None


# ------------------------------------------------------------------ the project


def _join(call: Call) -> Result:
    """A case is a stage of one project. What that one knows comes with the answer."""
    code = terms.check("project_code", call.inputs["code"])
    if call.w.case.project not in (None, code):
        raise Refused(
            f"Expected case {call.w.case.id} to stay in project {call.w.case.project}; found {code}.",
            sentence="project_other",
            project=call.w.case.project,
            code=code,
        )
    return None


def _hand_on(call: Call) -> Result:
    facts = call.inputs["facts"]
    if not isinstance(facts, Mapping):
        found = type(facts).__name__  # not the value: an incident would put it into the journal in the clear
        raise InvalidInput(
            f"Expected 'facts' as a context; found a {found}.", sentence="facts_wrong", errors={"facts": "is wrong"}
        )
    if call.w.case.project is None:
        raise Refused(
            f"Expected case {call.w.case.id} to belong to a project; it has joined none.",
            sentence="project_none",
        )
    call.w.emit(FactsHandedOn(call.w.number(), call.w.personal(dict(facts)), call.w.at))
    return None


# ------------------------------------------------------------------ what is known before anybody outside is asked


def _find(call: Call) -> Result:
    """Without the holder's consent 授权 nobody looks into the library."""
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
"""What is checked before somebody outside is asked; where it gives a result, nobody is."""


def _notice(call: Call) -> Result:
    content = call.inputs.get("content")
    details = dict(content) if isinstance(content, Mapping) else {"text": content} if content is not None else {}
    number = call.inputs.get("matter")
    found = call.w.case.matters.get(number) if isinstance(number, int) else None
    if found is not None:
        details |= {"matter": found.number, "item": call.w.item_name(found)}
    call.w.notify(call.text("to"), call.text("template"), details)
    return None


def _push(call: Call) -> Result:
    call.w.queue("supervision", call.type, _payload(call))
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
    "clock.suspend": lambda call: suspend(call.w, call.matter(), call.text("reason")),
    "clock.resume": lambda call: resume(call.w, call.matter()),
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
