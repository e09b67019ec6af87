"""Page and server give the same verdict and the same value: every field, every property, random facts and values.

The fields of FIELDS stand in small forms side by side, which Chromium fills in round after round, as a person does:
texts, numbers and times go through the input, choices are picked from what is offered. What the page hands in goes to
the server field by field. No round may differ.
"""

from __future__ import annotations

import json
import os
import random
from datetime import datetime
from decimal import Decimal
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page

from engine.base.canonical import of_json
from engine.base.errors import InvalidInput
from engine.language import forms
from engine.language.forms.values import is_empty

ROUNDS = 2_000 if os.environ.get("LICET_SOAK") else 12
LIST_ROUNDS = 40 if os.environ.get("LICET_SOAK") else 1
"""Times that each list of LISTS is filled in."""
CHUNK = 25  # rounds that the browser is asked for at once
FORM_SIZE = 14  # fields of one form: a change draws all of a form anew, so a large one takes long
OPTIONS = [{"label": "甲", "value": "a"}, {"label": "乙", "value": "b"}, {"label": "三", "value": 3}]
OBJECTS = [{"label": "丙", "value": {"k": 1}}, {"label": "丁", "value": {"k": 2}}]
REQUIRED: dict[str, Any] = {"validate": {"required": True}}
LOCKS: list[dict[str, Any]] = [{"disabled": True}, {"readonly": True}, {"readonly": "=known > 3"}]
HIDES = ["=known > 3", "=known = null", '=word = "a"', "=not(flag)", "=contains(word, known)"]

TEXT_RULES: list[dict[str, Any]] = [
    {}, {"validate": {"minLength": 2, "maxLength": 4}}, {"validate": {"minLength": "=known"}},
    {"validate": {"pattern": "^[a-z]+$"}}, {"validate": {"pattern": "[0-9]{2}", "required": True}},
    {"validate": {"validationType": "email"}}, {"validate": {"validationType": "phone"}},
    {"validate": {"minLength": "=bound"}}, {"validate": {"maxLength": "=bound", "minLength": ""}},
    {"validate": {"min": 5, "max": "=known", "validationType": "url"}},
]  # fmt: skip
NUMBER_RULES: list[dict[str, Any]] = [
    {}, {"validate": {"min": 0, "max": 10}}, {"validate": {"min": "=known", "required": True}}, {"decimalDigits": 0},
    {"decimalDigits": 2}, {"increment": "0.5"}, {"increment": "3", "validate": {"min": 1}},
    {"validate": {"min": "=bound"}}, {"validate": {"max": "=bound", "min": ""}}, {"decimalDigits": "2"},
    {"decimalDigits": -1, "increment": -3}, {"validate": {"pattern": "^1", "minLength": 2, "validationType": "phone"}},
]  # fmt: skip
NO_RULES: dict[str, Any] = {"validate": {"min": 3, "max": 1, "minLength": 99, "maxLength": 0, "pattern": "^x$"}}
TIMES = [{"timeSerializingFormat": f} for f in ("no_timezone", "utc_offset", "utc_normalized")]
STEPS: list[dict[str, Any]] = [{}, *({"timeInterval": n} for n in (1, 5, 10, 15, 30, 60, 7))]
PROPERTIES: dict[str, list[dict[str, Any]]] = {
    "textfield": TEXT_RULES,
    "textarea": TEXT_RULES,
    "number": [rule | kept for rule in NUMBER_RULES for kept in ({}, {"serializeToString": True})],
    "checkbox": [{}, NO_RULES],
    "radio": [{"values": OPTIONS}, {"valuesKey": "offered"}, {"valuesExpression": "=offered"}],
    "select": [{"values": OPTIONS}, {"values": OPTIONS, "searchable": True}, {"valuesKey": "offered"},
               {"valuesExpression": '=["a", "b"]'}, {"values": OBJECTS}, {"values": OPTIONS} | NO_RULES],
    "checklist": [{"values": OPTIONS}, {"valuesKey": "offered"}, {"values": OPTIONS} | NO_RULES],
    "taglist": [{"values": OPTIONS}, {"valuesExpression": "=offered"}],
    "datetime": [{"subtype": "date"}, {"subtype": "odd"}, {"subtype": "date"} | NO_RULES,
                 {"subtype": "time", "timeSerializingFormat": "odd"}, {"subtype": "date", "disallowPassedDates": True},
                 *({"subtype": "time"} | TIMES[i % 3] | step for i, step in enumerate(STEPS)),
                 *({"subtype": "datetime"} | kept for kept in TIMES),
                 {"subtype": "datetime", "disallowPassedDates": True, "timeSerializingFormat": "utc_offset"}],
    "filepicker": [{}],
    "expression": [{"expression": "=known * 2", "computeOn": "change"},
                   {"expression": "=word", "computeOn": "presubmit"}, {"expression": "=known"} | NO_RULES,
                   {"expression": "=word", "readonly": True}],
}  # fmt: skip
NO_FLAGS: list[dict[str, Any]] = [{"disabled": "true"}, {"disabled": "=flag"}, {"readonly": "true"}, {"readonly": 1},
                                  {"validate": {"required": "=flag"}}]  # fmt: skip
COMMON: list[dict[str, Any]] = [{}, REQUIRED, *LOCKS, *NO_FLAGS, *({"conditional": {"hide": hide}} for hide in HIDES)]


def variants() -> list[dict[str, Any]]:
    """Every type with each of its properties, and with each property that all types have."""
    found = []
    for kind, own in PROPERTIES.items():
        shared = [one for one in COMMON if kind != "expression" or "readonly" not in one]  # it is computed, or it isn't
        for properties in [*own, *(own[0] | one for one in shared[1:])]:
            found.append({"type": kind, "label": "名称"} | properties)
    defaults = {"textfield": "默认", "number": 5, "checkbox": True, "select": "b", "taglist": ["a"], "checklist": ["b"],
                "datetime": "2030-01-02"}  # fmt: skip
    found += [{"type": k, "label": "名称", "defaultValue": v} | PROPERTIES[k][0] for k, v in defaults.items()]
    return [{"id": f"f{i}x", "key": f"k{i}"} | one for i, one in enumerate(found)]


FIELDS = variants()

# ------------------------------------------------------------------ values

LETTERS = "ab甲🐎é１٢ -_.@+09"


def text(luck: random.Random) -> str:
    known = ["", " ", "abc", "a@b.cn", "+8613800138000", "1_000", "１２", "e\u0301", "12", "a\tb"]
    return luck.choice(known) if luck.random() < 0.4 else "".join(luck.choices(LETTERS, k=luck.randrange(8)))


def number(luck: random.Random) -> str:
    known = ["", "-", "5.", ".5", "-.5", "+1", " 1 ", "1_000", "１２", "١٢", "1e3", "0x10", "007", "1,5", "abc", "-0"]
    if luck.random() < 0.4:
        return luck.choice(known)
    return str(Decimal(luck.randrange(-2_000, 2_000)).scaleb(-luck.randrange(4)))


def clock(luck: random.Random) -> str:
    return f"{luck.randrange(24):02}:{luck.choice([0, 7, 10, 15, 30, 45, luck.randrange(60)]):02}"


def day(luck: random.Random) -> str:
    year = luck.choice([1899, 1900, 1988, 2020, 2026, 2027, 2031])
    return f"{year}-{luck.randrange(1, 13):02}-{luck.randrange(1, 29):02}"


def moment(field: dict[str, Any], luck: random.Random, seconds: str = "") -> str:
    kind = field.get("subtype", "date")
    if kind == "date":
        return day(luck)
    zone = {"utc_offset": "+08:00", "utc_normalized": "Z"}.get(field.get("timeSerializingFormat", ""), "")
    return f"{day(luck)}T{clock(luck)}{seconds}{zone}" if kind == "datetime" else f"{clock(luck)}{seconds}{zone}"


def typed(field: dict[str, Any], facts: dict[str, Any], luck: random.Random) -> dict[str, Any] | None:
    """What a person does with the field; None for nothing."""
    kind = field["type"]
    if kind in ("filepicker", "expression") or luck.random() < 0.25:
        return None
    if kind in ("textfield", "textarea"):
        return {"way": "text", "value": text(luck)}
    if kind == "number":
        return {"way": "text", "value": number(luck)}
    if kind == "datetime":
        if field.get("subtype") == "time" and luck.random() < 0.7:
            return {"way": "time", "value": luck.choice([clock(luck), "9:7", "rubbish", "", "１２:30", "11:45 pm"])}
        return {"way": "state", "value": moment(field, luck, ":00")}
    if kind == "checkbox":
        return {"way": "state", "value": luck.random() < 0.5}
    offered = field.get("values") or (["a", "b"] if "[" in field.get("valuesExpression", "") else facts["offered"])
    values = [one["value"] if isinstance(one, dict) else one for one in offered or []]
    if kind in ("checklist", "taglist"):
        return {"way": "state", "value": [value for value in values if luck.random() < 0.5]}
    return {"way": "state", "value": luck.choice([*values, None])}


def fact(field: dict[str, Any], luck: random.Random) -> Any:
    """A fact of an earlier round, or of another kind than the field's."""
    odd: list[Any] = [None, "", "nonsense", 12, 2.5, "12.5", " 1 ", "１２", "1899-01-02"]
    odd += [True, [], ["a"], {"k": 1}, "a\nb"]
    if luck.random() < 0.4:
        return luck.choice(odd)
    kind = field["type"]
    if kind == "datetime":
        return moment(field, luck, luck.choice(["", ":00"]))
    makers: dict[str, Any] = {"number": lambda: luck.choice([float(luck.randrange(20)), "2.50", 7]),
                              "checkbox": lambda: True, "select": lambda: "b", "radio": lambda: 3,
                              "checklist": lambda: ["a", "c"], "taglist": lambda: ["a"]}  # fmt: skip
    return makers.get(kind, lambda: text(luck))()


def made(luck: random.Random) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "known": luck.choice([None, 1, 2, 4, 7.5]),
        "word": luck.choice([None, "a", "b", "ab"]),
        "flag": luck.choice([None, True, False]),
        "bound": luck.choice([None, 3, 2.5, "3", "1e1", "abc", " 3 ", "", "１２", True, [5]]),
        "offered": luck.choice([OPTIONS, ["a", "b"], [], None]),
    }
    facts |= {one["key"]: fact(one, luck) for one in FIELDS if one["type"] != "filepicker" and luck.random() < 0.5}
    acts = {one["id"]: typed(one, facts, luck) for one in FIELDS}
    facts = spelled(facts)
    return {"facts": facts, "typed": {id: act for id, act in acts.items() if act is not None}}


# ------------------------------------------------------------------ the two sides


def spelled(value: Any) -> Any:
    """The value with its texts as they are read: in NFC."""
    return of_json(json.dumps(value, ensure_ascii=False).encode())


def alone(field: dict[str, Any]) -> forms.Form:
    return forms.read(json.dumps({"id": "one", "type": "default", "components": [field]}).encode())


READ = {one["id"]: alone(one) for one in FIELDS}


def plain(value: Any) -> Any:
    if isinstance(value, Decimal | int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, list) and value:
        return [plain(one) for one in value]
    return None if is_empty(value) or value is False else value


def differences(round: dict[str, Any], found: dict[str, Any], now: datetime) -> list[Any]:
    differ = []
    for one in FIELDS:
        theirs = found[one["id"]]
        if theirs["unread"]:
            continue  # the page refuses to hand it in
        given = {one["key"]: theirs["value"]} if theirs["sent"] else {}
        try:
            ours: Any = READ[one["id"]].check(given, round["facts"], now)
        except InvalidInput as error:
            ours = error.fields["errors"]
            if theirs["wrong"]:
                continue
        else:
            kept = plain(ours.get(one["key"]))
            if not theirs["wrong"] and kept == plain(spelled(theirs["value"])):
                continue
        differ.append((one, round["facts"].get(one["key"]), round["typed"].get(one["id"]), theirs, ours,
                       {k: round["facts"][k] for k in ("known", "word", "flag", "bound", "offered")}))  # fmt: skip
    return differ


@pytest.mark.soak
def test_page_and_server_agree(judge: Page) -> None:
    luck = random.Random(11)
    schemas = [
        {"id": f"part{i}", "type": "default", "schemaVersion": 18, "components": FIELDS[i : i + FORM_SIZE]}
        for i in range(0, len(FIELDS), FORM_SIZE)
    ]
    now, began, differ = datetime.now(ZoneInfo("Asia/Shanghai")), monotonic(), []

    for begin in range(0, ROUNDS, CHUNK):
        rounds = [made(luck) for _ in range(min(CHUNK, ROUNDS - begin))]
        answers = judge.evaluate("asked => rounds(asked)", {"schemas": schemas, "rounds": rounds})
        for round, found in zip(rounds, answers, strict=True):
            differ += differences(round, found, now)

    compared, seconds = ROUNDS * len(FIELDS), monotonic() - began
    print(f"\n{ROUNDS} rounds, {compared} comparisons, {len(differ)} differences, {seconds:.0f} s")
    assert len({one["type"] for one in FIELDS}) == 11
    assert not differ, f"{len(differ)} differences: {differ[:5]}"


# ------------------------------------------------------------------ rows of lists

ROW: list[dict[str, Any]] = [
    {"id": "name", "type": "textfield", "key": "name", "label": "姓名", "validate": {"required": True}},
    {"id": "share", "type": "number", "key": "share", "label": "份额", "validate": {"max": 100}},
    {"id": "note", "type": "textfield", "key": "note", "label": "备注", "validate": {"required": True},
     "conditional": {"hide": "=this.share < 10"}},
]  # fmt: skip
GROUPED: list[dict[str, Any]] = [
    {"id": "at", "type": "group", "path": "at", "components": [ROW[0]], "conditional": {"hide": "=known > 3"}},
    ROW[1],
]
LISTS = [
    {"id": "rows", "type": "dynamiclist", "path": path, "label": "行", "components": parts} | more | fixed | hidden
    for path, parts in (("rows", ROW), ("in.rows", ROW), ("rows", GROUPED))
    for more in ({}, *({"defaultRepetitions": n} for n in (0, 1, 3, -1, "2")))
    for fixed in ({}, {"allowAddRemove": False}, {"allowAddRemove": True, "isRepeating": False})
    for hidden in ({}, {"conditional": {"hide": "=known > 3"}, "readonly": True, "disabled": True})
]


def rows(luck: random.Random) -> Any:
    if luck.random() < 0.3:
        return luck.choice([None, [], "odd", 3, [None], [3, {}]])
    made = [{"name": luck.choice(["张三", "", None]), "share": luck.choice([5, 50, 101, None, "7"]), "note": "x"}
            for _ in range(luck.randrange(4))]  # fmt: skip
    return [{name: value for name, value in row.items() if luck.random() < 0.7} for row in made]


def acted(path: str, luck: random.Random) -> list[Any]:
    acts: list[Any] = []
    for _ in range(luck.randrange(5)):
        place = f"{path}[{luck.randrange(3)}]"
        acts.append(luck.choice([
            ["add"], ["remove", luck.randrange(3)], ["type", f"{place}.name", luck.choice(["李四", ""])],
            ["type", f"{place}.share", luck.choice([5, 50, 101, None])], ["type", f"{place}.note", "甲"],
        ]))  # fmt: skip
    return acts


def whole(value: Any) -> Any:
    """The value with empty ones left out, in objects and rows too."""
    if isinstance(value, dict):
        return {name: one for name, inner in value.items() if (one := whole(inner)) is not None} or None
    return [whole(one) for one in value] if isinstance(value, list) and value else plain(value)


@pytest.mark.soak
def test_page_and_server_agree_about_rows(judge: Page) -> None:
    luck, differ, began = random.Random(11), [], monotonic()
    asked = []
    for _ in range(LIST_ROUNDS):
        for component in LISTS:
            schema = {"id": "one", "type": "default", "schemaVersion": 18, "components": [component]}
            facts: dict[str, Any] = {"known": luck.choice([None, 1, 4])}
            known = rows(luck)
            if luck.random() < 0.7:
                facts |= {"in": {"rows": known}} if "." in component["path"] else {"rows": known}
            asked.append({"schema": schema, "facts": facts, "acts": acted(component["path"], luck)})

    answers = [one for i in range(0, len(asked), 100)
               for one in judge.evaluate("asked => lists(asked)", asked[i : i + 100])]  # fmt: skip
    for one, theirs in zip(asked, answers, strict=True):
        read = forms.read(json.dumps(one["schema"]).encode())
        try:
            ours: Any = read.check(theirs["data"], one["facts"])
        except InvalidInput as error:
            ours = sorted(error.fields["errors"])
            if ours == theirs["wrong"]:
                continue
        else:
            sent = {name: ours[name] for name in theirs["data"] if name in ours}
            if not theirs["wrong"] and whole(sent) == whole(theirs["data"]):
                continue
        differ.append((one, theirs, ours))

    seconds = monotonic() - began
    print(f"\n{len(asked)} lists filled in, {len(differ)} differences, {seconds:.0f} s")
    assert not differ, f"{len(differ)} differences: {differ[:3]}"
