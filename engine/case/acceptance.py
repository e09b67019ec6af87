"""Refuses to receive, accept or grant a matter where the law or the catalogue forbids it. Pure: changes nothing.

Sources: 行政许可法 art. 30, 32; 国办发〔2020〕42号 (commitments). What may be tolerated is in the catalogue.
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
"""The ways to accept a matter before it is complete, or without proof, by their names in the journal."""


def in_force(working: Working, key: str) -> Item | None:
    """The item with this key, if it is in force today; None if the chain has no catalogue. Raises Refused."""
    if working.context.chain.catalogue is None:
        return None
    item = working.item_of(key)
    if item is None:
        raise Refused(
            f"Expected an item of the catalogue; found {key!r}. Nothing outside it is decided.",
            sentence="item_unlisted",
            item=key,
        )
    if not item.holds_on(working.today):
        raise _not_in_force(item, working.today)
    _department_stands(working, item)
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


def _department_stands(working: Working, item: Item) -> None:
    """Raise Refused if the item's department doesn't exist today."""
    hall = working.organisation
    if hall is None or hall.has_department(item.department, working.today):
        return
    known = hall.department(item.department)
    name = known.name if known is not None else item.department
    expected = f"Expected item {item.name} ({item.key}) to have a department; {name} isn't one of {hall.name}"
    facts = {"item": item.key, "name": item.name, "department": item.department, "department_name": name}
    if known is None or known.to is None:
        raise Refused(f"{expected}.", sentence="department_gone", **facts)
    since = known.to + timedelta(days=1)
    raise Refused(f"{expected} since {since}.", sentence="department_dissolved", since=since.isoformat(), **facts)


def may_accept(working: Working, item: Item, way: str | None, bad_credit: bool) -> None:
    """Raise Refused if a matter of the item may not be accepted: `way` is tolerated, committed, deemed, or None.

    A deemed acceptance follows from the law, so that nothing can refuse it: items that must be granted first are asked
    for at the decision only.
    """
    if way in LENIENT:
        _lenient(item, way, bad_credit)
    if way == "tolerated":
        _tolerable(item, working.missing(item))
    if way != "deemed":
        _granted_first(working, item, "acceptance")


def _lenient(item: Item, way: str, bad_credit: bool) -> None:
    """Raise Refused if the item is sensitive, the applicant has bad credit, or the item has no commitment."""
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
    """Raise Refused unless materials are missing, all of them tolerable, and the item has a limit to supply them."""
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


def may_grant(working: Working, item: Item, matter: Matter) -> None:
    """Raise Refused while a tolerated material is missing, or an item isn't granted that must be granted first."""
    missing = working.missing(item) if matter.basis == "tolerated" else []
    if missing:
        raise Refused(
            f"Expected all tolerated materials before matter {working.name_of(matter)} is granted; missing are "
            f"{_names(missing)}.",
            sentence="tolerated_still_missing",
            matter=matter.number,
            materials=[need.material for need in missing],
            names=[need.name for need in missing],
        )
    _granted_first(working, item, "decision")


def _granted_first(working: Working, item: Item, step: Literal["acceptance", "decision"]) -> None:
    """Raise Refused if an item isn't granted that this one requires, in this case or an earlier one of its project."""
    lacking = [key for key in item.requires if not working.granted(key)]
    if lacking:
        known = [(key, working.item_of(key)) for key in lacking]
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
