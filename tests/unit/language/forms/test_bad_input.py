"""Arbitrary input to a form is refused soon, with all wrong fields named at once."""

from __future__ import annotations

import time
from typing import Any

import pytest

from engine.base.errors import InvalidInput
from engine.language import forms
from tests.unit.language.forms.test_submission import ABC, field, form, rows
from webui.sentences import say_as

MILLION = 1_000_000
# Far more than the milliseconds that each takes, so that no slow machine fails.
SECONDS = 5


def everything() -> forms.Form:
    return form(
        field(key="name", validate={"required": True}),
        field("number", key="amount"),
        field("select", key="kind", **ABC),
        field("taglist", key="tags", **ABC),
        field("checkbox", key="agreed"),
        field("datetime", key="day"),
        field("filepicker", key="files"),
        field("textarea", key="reason", validate={"pattern": "^(a+)+$"}),
        rows(),
        {"type": "group", "path": "address", "components": [field(key="street")]},
    )


FORM = everything()


def nested(depth: int, inside: Any) -> Any:
    value = inside
    for _ in range(depth):
        value = {"address": value} if isinstance(inside, dict) else [value]
    return value


def wrong(data: Any) -> dict[str, dict[str, str]]:
    """Return the fields that are named as wrong. Asserts that the answer came soon."""
    begun = time.perf_counter()
    with pytest.raises(InvalidInput) as error:
        FORM.check(data)
    assert time.perf_counter() - begun < SECONDS
    return error.value.fields["errors"]


def test_every_wrong_field_is_named_at_once() -> None:
    found = wrong(
        {
            "name": ["a"],
            "amount": "much",
            "kind": {},
            "tags": "a",
            "agreed": "yes",
            "day": 5,
            "files": "x",
            "reason": 1,
            "holders": {},
            "address": 5,
            "extra": 1,
        }
    )

    assert set(found) == {
        "name", "amount", "kind", "tags", "agreed", "day", "files", "reason", "holders", "address", "extra",
    }  # fmt: skip
    assert all(say_as(one["sentence"], one["fields"]) for one in found.values())


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"holders": [{}] * MILLION}, "holders"),
        ({"holders": [1] * MILLION}, "holders"),
        ({"amount": 10**1000}, "amount"),
        ({"amount": 10**200_000}, "amount"),
        ({"amount": "9" * 1000}, "amount"),
        ({"amount": float("nan")}, "amount"),
        ({"amount": float("inf")}, "amount"),
        ({"amount": True}, "amount"),
        ({"tags": ["a"] * MILLION}, "tags"),
        ({"files": [{}] * MILLION}, "files"),
        ({"name": "示" * 10 * MILLION}, "name"),
        ({"reason": "a" * 5_000 + "!"}, "reason"),
        ({"kind": nested(5_000, {})}, "kind"),
        ({"name": nested(5_000, 1)}, "name"),
        ({"holders": nested(5_000, 1)}, "holders"),
        ({"address": nested(5_000, {})}, "address.address"),
        ({1: 2}, "1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_too_large_or_of_another_kind_is_refused_soon(more: dict[Any, Any], path: str) -> None:
    assert list(wrong({"name": "示范"} | more)) == [path]


def test_a_million_extra_keys_leave_room_for_the_fields_that_are_wrong() -> None:
    found = wrong({f"k{i}": i for i in range(MILLION)} | {"amount": "much"})

    assert {"name", "amount"} <= set(found)
    assert len(found) < 100


def test_rows_full_of_extra_keys_are_not_all_walked() -> None:
    found = wrong({"holders": [{f"k{i}": 1 for i in range(10_000)}] * 400})

    assert "name" in found and len(found) <= 200


@pytest.mark.parametrize("data", [[{}] * MILLION, None, "x" * MILLION, 5, True], ids=lambda data: type(data).__name__)
def test_what_is_no_object_is_refused(data: Any) -> None:
    assert wrong(data) == {}
