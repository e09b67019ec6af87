"""A form in which something is of a kind that it shouldn't be is refused or told, or read; nothing fails."""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest

from engine.base.errors import LicetError
from engine.language import forms

MOST = 10_000 if os.environ.get("LICET_SOAK") else 300
OPTIONS = [{"label": "甲", "value": "a"}, {"label": "乙", "value": "b"}]
TEXT = {
    "id": "a", "type": "textfield", "key": "a", "label": "A", "description": "d {{x}}", "readonly": "=b > 1",
    "disabled": False, "defaultValue": "x", "conditional": {"hide": "=b = 1"}, "layout": {"row": "r", "columns": 8},
    "validate": {"required": True, "minLength": "=b", "maxLength": 5, "pattern": "^a", "validationType": "email"},
    "properties": {"term": "credit_code", "personal": "true"}, "appearance": {"prefixAdorner": "x"},
}  # fmt: skip
MOMENT = {
    "id": "g", "type": "datetime", "key": "g", "dateLabel": "G", "timeLabel": "t", "subtype": "datetime",
    "timeSerializingFormat": "utc_offset", "timeInterval": 15, "disallowPassedDates": True, "use24h": True,
    "defaultValue": "2030-01-01T00:00:00+08:00",
}  # fmt: skip
INNER = {"id": "m", "type": "radio", "key": "m", "label": "M", "values": OPTIONS}
FORM: dict[str, Any] = {
    "id": "f", "type": "default", "schemaVersion": 18, "components": [
        TEXT,
        {"id": "b", "type": "number", "key": "b", "label": "B", "decimalDigits": 2, "increment": "0.5",
         "serializeToString": False, "validate": {"min": "=1", "max": 9}},
        {"id": "c", "type": "select", "key": "c", "label": "C", "values": OPTIONS, "defaultValue": "a"},
        {"id": "d", "type": "checklist", "key": "d.e", "label": "D", "valuesKey": "x", "defaultValue": []},
        {"id": "e", "type": "taglist", "key": "e", "label": "E", "valuesExpression": "=x"},
        MOMENT,
        {"id": "h", "type": "filepicker", "key": "h", "label": "H", "multiple": "=true", "accept": ".pdf"},
        {"id": "i", "type": "expression", "key": "i", "expression": "=b + 1", "computeOn": "change"},
        {"id": "j", "type": "group", "path": "j", "label": "J", "components": [
            {"id": "k", "type": "checkbox", "key": "k", "label": "K", "defaultValue": True}]},
        {"id": "l", "type": "dynamiclist", "path": "l", "label": "L", "allowAddRemove": True, "defaultRepetitions": 2,
         "components": [INNER]},
        {"id": "n", "type": "text", "text": "# T", "conditional": {"hide": "=a = null"}},
        {"id": "o", "type": "table", "dataSource": "=l", "columns": [{"key": "m", "label": "M"}], "label": "t"},
    ],
}  # fmt: skip
ODD: list[Any] = [None, 5, -1, 2.5, "x", "", "=", "=x +", "{{", [], [None], [[]], {}, {"a": 1}, True, "=x"]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from places(one, (*path, name))


def changed(path: tuple[Any, ...], odd: Any) -> Any:
    if not path:
        return odd
    form = copy.deepcopy(FORM)
    place: Any = form
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = odd
    return form


@pytest.mark.soak
def test_an_odd_value_anywhere_in_a_form_is_no_fault() -> None:
    luck = random.Random(11)
    tried = [(path, odd) for path in places(FORM) for odd in ODD]
    refused = told = kept = 0

    for path, odd in luck.sample(tried, min(MOST, len(tried))):
        try:
            form = forms.read(json.dumps(changed(path, odd)).encode())
        except LicetError:
            refused += 1
            continue
        told, kept = told + bool(form.problems), kept + (not form.errors)
        for given in ({}, {"a": "x", "b": 2, "c": "a"}) if not form.errors else ():
            try:
                form.check(given, {"x": ["a"], "b": 2})
            except LicetError:
                continue

    print(f"\n{refused + told} of {min(MOST, len(tried))} odd forms refused or told; {kept} can be filled in")
    assert refused and told and kept


@pytest.mark.parametrize("levels", [40, 300, 450, 3_000])
def test_groups_without_end_are_refused(levels: int) -> None:
    opened = '[{"id": "g", "type": "group", "components": ' * levels
    text = '{"id": "f", "type": "default", "components": ' + opened + "[]" + "}]" * levels + "}"

    with pytest.raises(LicetError, match=r"deep within|within each other"):
        forms.read(text.encode())
