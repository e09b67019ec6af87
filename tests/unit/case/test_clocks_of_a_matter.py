"""The clocks of a matter, by the articles of the law, with dates of 2026.

Spring Festival is 15–23 February, with make-up Saturdays on 14 and 28 February.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from engine.base.errors import IllegalMove, InvalidInput, NotOpen
from engine.case import clocks
from engine.case.records import MatterMoved, MessageQueued, plain
from engine.case.state import Matter
from tests.samples import halls
from tests.samples.desk import Desk

ITEM = "establishment_registration"


def received(at: str) -> Desk:
    """Return a desk with an application that was taken in at that time."""
    desk = Desk.of(halls.BUSINESS_STARTUP, at)
    desk.start(applicant={"name": "示范申请人甲"})
    desk.complete("intake", "window1", **halls.APPLICATION)
    desk.answer_all()
    return desk


def accepted(at: str) -> Desk:
    desk = received(at)
    desk.complete("check_completeness", "window1", outcome="accept")
    desk.answer_all()
    return desk


def due(desk: Desk) -> dict[str, str | None]:
    return {name: desk.clock(ITEM, name).due for name in ("promised", "statutory")}


def test_the_day_of_acceptance_is_day_0_and_the_make_up_saturday_counts() -> None:
    desk = accepted("2026-02-12 10:00")  # a Thursday

    # promised 2 workdays: Friday 13, make-up Saturday 14; statutory 3: the festival lies before the third
    assert due(desk) == {"promised": "2026-02-14", "statutory": "2026-02-24"}


def test_the_festival_does_not_count() -> None:
    desk = accepted("2026-02-14 10:00")

    assert due(desk) == {"promised": "2026-02-25", "statutory": "2026-02-26"}


def test_a_suspension_adds_the_workdays_that_it_took() -> None:
    desk = accepted("2026-02-24 10:00")
    assert due(desk) == {"promised": "2026-02-26", "statutory": "2026-02-27"}
    number = desk.matter(ITEM).number

    desk.at("2026-02-25 09:00").give("SuspendClock", "market_head", matter=number, reason="专家评审")

    assert desk.matter(ITEM).state == "suspended"
    assert due(desk) == {"promised": None, "statutory": None}
    assert not [key for key in desk.case.deadlines() if key.startswith("clock:")]  # parked

    desk.at("2026-03-02 09:00").give("ResumeClock", "market_head", matter=number)

    # 25, 26, 27 and the make-up Saturday 28 were workdays of the suspension
    assert desk.matter(ITEM).state == "under_review"
    assert desk.clock(ITEM, "promised").article == "行政许可法 45"
    assert due(desk) == {"promised": "2026-03-03", "statutory": "2026-03-04"}


def test_a_second_suspension_of_the_same_matter_is_refused() -> None:
    desk = accepted("2026-02-24 10:00")
    number = desk.matter(ITEM).number
    desk.give("SuspendClock", "market_head", matter=number, reason="专家评审")

    with pytest.raises(IllegalMove, match=r"to be under_review for 'suspend'; it is suspended"):
        desk.give("SuspendClock", "market_head", matter=number, reason="专家评审")


def test_an_extension_adds_its_days_once_and_names_the_article() -> None:
    desk = accepted("2026-02-24 10:00")
    number = desk.matter(ITEM).number

    desk.at("2026-02-25 09:00").give("ExtendClock", "market_head", matter=number, amount=2, reason="情况复杂")

    assert due(desk)["statutory"] == "2026-03-02"  # 27 February, then the make-up Saturday 28 and Monday
    assert desk.clock(ITEM, "statutory").article == "行政许可法 42"
    with pytest.raises(IllegalMove, match="extended once"):
        desk.give("ExtendClock", "market_head", matter=number, amount=1, reason="情况复杂")


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "above 0"), (-1, "above 0"), (4, "at most 3"), (Decimal("1.5"), "whole workdays")]
)
def test_an_extension_within_the_law_only(amount: Decimal | int, text: str) -> None:
    desk = accepted("2026-02-24 10:00")
    before = due(desk)

    with pytest.raises(InvalidInput, match=text):
        desk.give("ExtendClock", "market_head", matter=desk.matter(ITEM).number, amount=amount, reason="情况复杂")

    assert due(desk) == before


def test_who_says_nothing_for_five_days_has_accepted_from_the_day_of_receipt_on() -> None:
    """行政许可法 art. 32 (4)."""
    desk = received("2026-02-12 10:00")
    assert desk.clock(ITEM, "receipt_check").due == "2026-02-26"  # 13, 14, 24, 25, 26

    while desk.matter(ITEM).state == "received":
        desk.fire_next()
    desk.answer_all()

    assert desk.now.date() == date(2026, 2, 27)
    found = desk.matter(ITEM)
    assert (found.state, found.basis, found.accepted_on) == ("under_review", "deemed", "2026-02-12")
    (move,) = [e for e in desk.effects if isinstance(e, MatterMoved) and e.move == "accept"]
    assert (move.on, move.basis) == ("2026-02-12", "deemed")
    assert due(desk) == {"promised": "2026-02-14", "statutory": "2026-02-24"}  # the office's own risk


def test_a_warning_is_given_once_per_due_date_and_a_lapse_goes_to_the_supervisor_too() -> None:
    desk = accepted("2026-03-02 10:00")
    told: list[tuple[str, str]] = []
    for _ in range(4):
        for effect in desk.fire_next():
            if isinstance(effect, MessageQueued):
                payload = plain(effect.payload)
                told.append((payload["template"], payload["to"]))

    assert not [key for key in desk.case.deadlines() if key.startswith("clock:")]
    assert told.count(("clock_lapsed", "role:supervisor")) == 2  # promised and statutory
    assert told.count(("clock_warned", "role:head@market_regulation")) <= 2
    assert desk.clock(ITEM, "promised").lapsed == "2026-03-04"


def test_a_deadline_that_is_not_due_or_stale_does_nothing() -> None:
    desk = accepted("2026-03-02 10:00")
    key, instant = next((k, d) for k, d in desk.case.deadlines().items() if k.endswith(":lapse"))

    with pytest.raises(NotOpen, match="to be due"):
        desk.give("FireDeadline", "system:clock", deadline=key, due=instant)
    with pytest.raises(NotOpen, match="it stands at"):
        desk.give("FireDeadline", "system:clock", deadline=key, due="2026-03-03T00:00:00+08:00")


def test_the_clocks_of_a_public_service_name_no_article_of_the_licensing_law() -> None:
    version, _ = halls.chain(halls.BUSINESS_STARTUP)
    assert version.catalogue is not None
    working: Any = SimpleNamespace(context=SimpleNamespace(chain=version))

    told = {
        item.kind: clocks._article(
            working, Matter(1, item.key, item.department, 0, "received", "2026-03-02"), "delivery"
        )
        for item in version.catalogue.items.values()
    }

    assert told["service"] == ""
    assert {article for kind, article in told.items() if kind != "service"} == {"行政许可法 44"}
