"""What stands in the way of receiving, accepting or granting a matter. Pure: reads the case, changes nothing.

Every refusal says it in the clerk's words too. Source: 行政许可法 art. 30, 32; 国办发〔2020〕42号 (commitments);
tolerant acceptance by what the catalogue publishes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from engine.base.errors import Refused
from engine.case.state import Matter
from engine.case.working import Working
from engine.law import matter as law
from engine.law.catalogue import Item, Need

LENIENT = {"tolerated": "容缺受理", "committed": "告知承诺"}
"""Ways to accept a matter sooner, by what the journal calls them."""


def in_force(w: Working, key: str) -> Item | None:
    """The item that a matter may be received of today; None where the chain has no catalogue. Raises Refused."""
    if w.context.chain.catalogue is None:
        return None
    item = w.item_of(key)
    if item is None:
        raise Refused(
            f"Expected an item of the catalogue; found {key!r}. Nothing outside it is decided.",
            item=key,
            zh=f"事项目录中没有“{key}”，清单之外无审批。",
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
            item=item.key,
            zh=f"“{item.name}”自{day(item.valid_from)}起方可办理，现在不能收件。",
        )
    since = (item.valid_to or today) + timedelta(days=1)
    return Refused(
        f"Expected an item that is in force; {item.name} ({item.key}) isn't any more since {since}.",
        item=item.key,
        zh=f"“{item.name}”自{day(since)}起不再办理，不能收件。",
    )


def _department_stands(w: Working, item: Item) -> None:
    hall = w.organisation
    if hall is None or hall.has_department(item.department, w.today):
        return
    known = hall.department(item.department)
    ended = known.to if known is not None else None
    since = f" since {ended + timedelta(days=1)}" if ended is not None else ""
    when = f"自{day(ended + timedelta(days=1))}起" if ended is not None else ""
    name = known.name if known is not None else item.department
    raise Refused(
        f"Expected item {item.name} ({item.key}) to have a department; {name} isn't one of {hall.name}{since}.",
        item=item.key,
        department=item.department,
        zh=f"“{item.name}”的承办部门“{name}”{when}已不在本厅的机构设置中，不能收件。请先由管理员核对事项目录和机构设置。",
    )


def may_accept(w: Working, item: Item, way: str | None, bad_credit: bool) -> None:
    """Whether a matter of the item may be accepted so: `way` is tolerated, committed, deemed, or None. Raises Refused.

    Deemed acceptance is the law's own effect: what is required first is asked for at the decision.
    """
    if way in LENIENT:
        _lenient(item, way, bad_credit)
    if way == "tolerated":
        _tolerable(item, w.missing(item))
    if way != "deemed":
        _granted_first(w, item, "受理")


def _lenient(item: Item, way: str, bad_credit: bool) -> None:
    """Neither where the item is sensitive, nor for whom has serious bad credit."""
    words = LENIENT[way]
    if item.sensitive is not None:
        raise Refused(
            f"Expected an item that may be {way}; {item.name} concerns {item.sensitive.replace('_', ' ')}.",
            item=item.key,
            zh=f"“{item.name}”涉及{law.SENSITIVE[item.sensitive]}，不适用{words}。",
        )
    if bad_credit:
        raise Refused(
            f"Expected an applicant without serious bad credit for a matter to be {way}.",
            item=item.key,
            zh=f"申请人有严重不良信用记录，不适用{words}。",
        )
    if way == "committed" and not item.commitment:
        raise Refused(
            f"Expected an item that may be decided on a commitment; {item.name} isn't one of them.",
            item=item.key,
            zh=f"“{item.name}”未列入告知承诺事项，不适用告知承诺。",
        )


def _tolerable(item: Item, missing: Iterable[Need]) -> None:
    """Something is missing, all of it may come later, and the catalogue says by when."""
    missing = list(missing)
    if not missing:
        raise Refused(
            "Expected a material that is missing; all are at hand. Accept the matter as it is.",
            item=item.key,
            zh="申请材料已经齐全，无须容缺，请直接受理。",
        )
    needed = [need for need in missing if not need.tolerable]
    if needed:
        raise Refused(
            f"Expected that all missing materials may come later; these may not: {_names(needed, ', ')}.",
            item=item.key,
            materials=[need.material for need in needed],
            zh=f"缺少的{_names(needed)}不可容缺，请一次性告知补正。",
        )
    if item.limits.supply is None:
        raise Refused(
            f"Expected item {item.name} to say by when its materials are supplied; it publishes no limit.",
            item=item.key,
            zh=f"“{item.name}”未公布容缺补交的期限，不能容缺受理。",
        )


def may_grant(w: Working, item: Item, found: Matter) -> None:
    """Nothing is granted while a tolerated material is missing, or what has to be granted first isn't."""
    missing = w.missing(item) if found.basis == "tolerated" else []
    if missing:
        raise Refused(
            f"Expected all tolerated materials before matter {w.name_of(found)} is granted; missing are "
            f"{_names(missing, ', ')}.",
            matter=found.number,
            materials=[need.material for need in missing],
            zh=f"容缺受理的{_names(missing)}尚未补交，不能作出准予决定。",
        )
    _granted_first(w, item, "准予")


def _granted_first(w: Working, item: Item, done: str) -> None:
    lacking = [key for key in item.requires if not w.granted(key)]
    if lacking:
        known = [(key, w.item_of(key)) for key in lacking]
        names = [found.name if found is not None else key for key, found in known]
        licences = "".join(f"“{name}”" for name in names)
        raise Refused(
            f"Expected these to be granted before {item.name}: {', '.join(names)}. They aren't, in this case or its "
            "project.",
            item=item.key,
            requires=lacking,
            zh=f"“{item.name}”须在取得{licences}之后方可{done}；本办件及其项目中尚未取得。",
        )


def day(on: date) -> str:
    """A date in the pages' words."""
    return f"{on.year}年{on.month}月{on.day}日"


def _names(needs: Iterable[Need], between: str = "、") -> str:
    return between.join(need.name if between != "、" else f"“{need.name}”" for need in needs)
