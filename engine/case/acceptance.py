"""What stands in the way of receiving, accepting or granting a matter. Pure: reads the case, changes nothing.

Source: 行政许可法 art. 30, 32; 国办发〔2020〕42号 (commitments);
tolerant acceptance by what the catalogue publishes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal

from engine.base.errors import Refused
from engine.case.state import Matter
from engine.case.working import Working
from engine.law.catalogue import Item, Need

LENIENT = frozenset({"tolerated", "committed"})
"""Ways to accept a matter sooner, as the journal calls them."""


def in_force(w: Working, key: str) -> Item | None:
    """The item that a matter may be received of today; None where the chain has no catalogue. Raises Refused."""
    if w.context.chain.catalogue is None:
        return None
    item = w.item_of(key)
    if item is None:
        raise Refused(
            f"Expected an item of the catalogue; found {key!r}. Nothing outside it is decided.",
            sentence="item_unlisted",
            item=key,
        )
    if not item.holds_on(w.today):
        raise _not_in_force(item, w.today)
    _department_stands(w, item)
    return item


def _not_in_force(item: Item, today: date) -> Refused:
    if today < item.valid_from:
        begins = f"{item.name} ({item.key}) begins on {item.valid_from}"
        return Refused(
            f"Expected an item that is in force; {begins}, and today is {today}.",
            sentence="item_not_yet",
            item=item.key,
            name=item.name,
            begins=item.valid_from.isoformat(),
        )
    since = (item.valid_to or today) + timedelta(days=1)
    return Refused(
        f"Expected an item that is in force; {item.name} ({item.key}) isn't any more since {since}.",
        sentence="item_ended",
        item=item.key,
        name=item.name,
        since=since.isoformat(),
    )


def _department_stands(w: Working, item: Item) -> None:
    hall = w.organisation
    if hall is None or hall.has_department(item.department, w.today):
        return
    known = hall.department(item.department)
    name = known.name if known is not None else item.department
    expected = f"Expected item {item.name} ({item.key}) to have a department; {name} isn't one of {hall.name}"
    facts = {"item": item.key, "name": item.name, "department": item.department, "department_name": name}
    if known is None or known.to is None:
        raise Refused(f"{expected}.", sentence="department_gone", **facts)
    since = known.to + timedelta(days=1)
    raise Refused(f"{expected} since {since}.", sentence="department_dissolved", since=since.isoformat(), **facts)


def may_accept(w: Working, item: Item, way: str | None, bad_credit: bool) -> None:
    """Whether a matter of the item may be accepted so: `way` is tolerated, committed, deemed, or None. Raises Refused.

    Deemed acceptance is the law's own effect: what is required first is asked for at the decision.
    """
    if way in LENIENT:
        _lenient(item, way, bad_credit)
    if way == "tolerated":
        _tolerable(item, w.missing(item))
    if way != "deemed":
        _granted_first(w, item, "acceptance")


def _lenient(item: Item, way: str, bad_credit: bool) -> None:
    """Neither where the item is sensitive, nor for whom has serious bad credit."""
    if item.sensitive is not None:
        raise Refused(
            f"Expected an item that may be {way}; {item.name} concerns {item.sensitive.replace('_', ' ')}.",
            sentence="item_sensitive",
            item=item.key,
            name=item.name,
            sensitive=item.sensitive,
            way=way,
        )
    if bad_credit:
        raise Refused(
            f"Expected an applicant without serious bad credit for a matter to be {way}.",
            sentence="applicant_discredited",
            item=item.key,
            way=way,
        )
    if way == "committed" and not item.commitment:
        raise Refused(
            f"Expected an item that may be decided on a commitment; {item.name} isn't one of them.",
            sentence="item_without_commitment",
            item=item.key,
            name=item.name,
        )


def _tolerable(item: Item, missing: Iterable[Need]) -> None:
    """Something is missing, all of it may come later, and the catalogue says by when."""
    missing = list(missing)
    if not missing:
        raise Refused(
            "Expected a material that is missing; all are at hand. Accept the matter as it is.",
            sentence="nothing_missing",
            item=item.key,
        )
    needed = [need for need in missing if not need.tolerable]
    if needed:
        raise Refused(
            f"Expected that all missing materials may come later; these may not: {_names(needed)}.",
            sentence="missing_not_tolerable",
            item=item.key,
            materials=[need.material for need in needed],
            names=[need.name for need in needed],
        )
    if item.limits.supply is None:
        raise Refused(
            f"Expected item {item.name} to say by when its materials are supplied; it publishes no limit.",
            sentence="supply_unlimited",
            item=item.key,
            name=item.name,
        )


def may_grant(w: Working, item: Item, found: Matter) -> None:
    """Nothing is granted while a tolerated material is missing, or what has to be granted first isn't."""
    missing = w.missing(item) if found.basis == "tolerated" else []
    if missing:
        raise Refused(
            f"Expected all tolerated materials before matter {w.name_of(found)} is granted; missing are "
            f"{_names(missing)}.",
            sentence="tolerated_still_missing",
            matter=found.number,
            materials=[need.material for need in missing],
            names=[need.name for need in missing],
        )
    _granted_first(w, item, "decision")


def _granted_first(w: Working, item: Item, step: Literal["acceptance", "decision"]) -> None:
    lacking = [key for key in item.requires if not w.granted(key)]
    if lacking:
        known = [(key, w.item_of(key)) for key in lacking]
        names = [required.name if required is not None else key for key, required in known]
        raise Refused(
            f"Expected these to be granted before {item.name}: {', '.join(names)}. They aren't, in this case or its "
            "project.",
            sentence="acceptance_before_grants" if step == "acceptance" else "decision_before_grants",
            item=item.key,
            name=item.name,
            requires=lacking,
            names=names,
        )


def _names(needs: Iterable[Need]) -> str:
    return ", ".join(need.name for need in needs)
