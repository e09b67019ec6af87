"""The guide: the items of the published chains, each once, in the words of the newest version that has it."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.base.canonical import canonical
from engine.base.errors import NotFound
from engine.case.context import Settings
from engine.law import catalogue
from engine.law.workdays import Calendar
from engine.model.chain import ChainVersion
from engine.reading.views import guide
from engine.reading.views.sight import Viewer

VISITOR = Viewer("", datetime.fromisoformat("2026-03-04T10:20:00+08:00"), None, Calendar.shipped(), Settings())


def item(key: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "key": key, "code": "000131001000", "name": name, "department": "hall", "kind": "committed",
        "valid_from": "2024-01-01", "materials": [{"material": "form"}], "fees": [], "flow": "申请、受理、决定",
        "limits": {"statutory": {"amount": 20, "extension": 10}, "promised": {"amount": 5}}, **more,
    }  # fmt: skip


def version(starts: dict[str, list[dict[str, Any]]]) -> ChainVersion:
    """Return a version whose starts offer these items; nothing else of it is read."""
    published = {
        start: catalogue.read(
            canonical({"items": items, "materials": [{"key": "form", "name": "申请表", "max_mb": 5}]})
        )
        for start, items in starts.items()
    }
    found = SimpleNamespace(starts=tuple(starts), items_of=published.get, title_of=lambda start: f"链{start}")
    return cast(ChainVersion, found)


def names(found: dict[str, Any]) -> list[str]:
    return [one.name for department in found.departments for one in department.items]


def test_an_item_of_several_chains_stands_once_and_names_them_all():
    offered = guide.offers(
        [version({"a": [item("one", "旧名")], "b": [item("two", "乙")]}), version({"c": [item("one", "新名")]})]
    )

    assert names(guide.index(VISITOR, offered)) == ["新名", "乙"]
    assert guide.page(VISITOR, offered, "one").within == ("链a", "链c")


def test_items_that_hold_no_more_are_not_listed_but_can_be_read():
    offered = guide.offers([version({"a": [item("old", "旧事项", valid_to="2018-12-31"), item("one", "甲")]})])

    assert names(guide.index(VISITOR, offered)) == ["甲"]
    assert guide.page(VISITOR, offered, "old").in_force is False


@pytest.mark.parametrize(
    ("text", "expected"), [("", 2), ("申请表 甲", 1), ("HALL", 2), ("000131", 2), ("链a 乙", 1), ("丙", 0)]
)
def test_every_word_of_a_search_has_to_occur(text, expected):
    offered = guide.offers([version({"a": [item("one", "甲"), item("two", "乙")]})])

    assert guide.index(VISITOR, offered, text).count == expected


def test_the_page_has_the_eight_fields():
    offered = guide.offers([version({"a": [item("one", "甲", basis=[{"law": "行政许可法", "article": "第十二条"}])]})])

    page = guide.page(VISITOR, offered, "one")

    assert page.basis == (guide.LawBasis("行政许可法", "第十二条"),)
    assert page.flow == ("申请", "受理", "决定")
    assert [(limit.name, limit.amount, limit.extension) for limit in page.limits] == [
        ("statutory", 20, 10), ("promised", 5, 0),
    ]  # fmt: skip
    assert (page.materials[0].name, page.materials[0].max_mb) == ("申请表", 5)
    assert (page.name, page.conditions, page.fees, page.result) == ("甲", (), (), None)


def test_what_nobody_offers_is_not_found():
    with pytest.raises(NotFound):
        guide.page(VISITOR, {}, "one")
