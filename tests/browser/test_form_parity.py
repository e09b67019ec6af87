"""The server checks a form exactly as the browser does: form-js 1.23.0 itself is asked.

Each case fills in one form in the browser and hands it in. What the browser submits goes to `engine.language.forms`:
both name the same wrong fields, or both take the same values.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page

from engine.base.errors import InvalidInput
from engine.language import feel, forms
from webui.build import ASSETS

Component = dict[str, Any]
Typed = list[tuple[str, Any]]

OPTIONS = [{"label": "甲", "value": "a"}, {"label": "乙", "value": "b"}, {"label": "三", "value": 3}]
REQUIRED = {"validate": {"required": True}}


def field(kind: str, **more: Any) -> Component:
    return {"type": kind, "key": "x"} | more


def schema(*components: Component) -> dict[str, Any]:
    def whole(component: Component, number: str) -> Component:
        inner = [whole(one, f"{number}_{i}") for i, one in enumerate(component.get("components", []))]
        more = {"components": inner} if inner else {}
        return {"id": f"f{number}", "label": "名称"} | component | more

    found = [whole(component, str(i)) for i, component in enumerate(components)]
    return {"id": "parity", "type": "default", "schemaVersion": 18, "components": found}


def verdicts(
    judge: Page, components: list[Component], typed: Typed, facts: dict[str, Any] | None = None
) -> tuple[list[str], Any, list[str], Any]:
    """Return wrong fields and values: the browser's, and ours for what the browser submits."""
    form, known = schema(*components), facts or {}
    theirs = judge.evaluate("asked => judge(asked)", {"schema": form, "facts": known, "typed": typed})
    read = forms.read(json.dumps(form).encode())
    assert not read.errors, read.errors
    try:
        return theirs["wrong"], theirs["data"], [], read.check(theirs["data"], known)
    except InvalidInput as error:
        return theirs["wrong"], theirs["data"], sorted(error.fields["errors"]), None


def plain(value: Any) -> Any:
    """Return a value in the form in which both sides are compared: empty values left out, numbers as numbers."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if inner not in (None, "", [], False)}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return float(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else value


def same(judge: Page, components: list[Component], typed: Typed, facts: dict[str, Any] | None = None) -> None:
    wrong, submitted, refused, cleaned = verdicts(judge, components, typed, facts)
    assert refused == wrong, (typed, submitted)
    if not wrong:
        assert plain(cleaned) == plain(submitted)


TEXTS = ["示范", "", " ", "a", "abcdef", "🐎🐎", "line\nline", "12", " padded "]
NUMBERS = [0, 1, -1, 2.5, 0.125, 7, 100, 1e15, None]
FIELDS: list[tuple[Component, list[Any]]] = [
    (field("textfield"), TEXTS),
    (field("textfield", **REQUIRED), TEXTS),
    (field("textfield", validate={"minLength": 2, "maxLength": 4}), TEXTS),
    (field("textfield", validate={"minLength": "=1 + 1"}), TEXTS),
    (field("textfield", validate={"pattern": "^[a-z]+$"}), TEXTS),
    (field("textfield", validate={"pattern": "[0-9]{2}", "required": True}), TEXTS),
    (
        field("textfield", validate={"validationType": "email"}),
        ["a@b.cn", "a@b", "a@", "@b", "a b@c.d", "", "a@b..c", "示@b.cn", "a+b@c-d.cn", " a@b.cn"],
    ),
    (
        field("textfield", validate={"validationType": "phone"}),
        ["+8613800138000", "008613800138000", "13800138000", "+86", "", "+86 13800138000", "x+8613800138000"],
    ),
    (field("textarea"), TEXTS),
    (field("textarea", validate={"required": True, "maxLength": 3}), TEXTS),
    (field("number"), NUMBERS),
    (field("number", **REQUIRED), NUMBERS),
    (field("number", validate={"min": 0, "max": 10}), NUMBERS),
    (field("number", validate={"min": "=2 - 1"}), NUMBERS),
    (field("number", decimalDigits=0), NUMBERS),
    (field("number", decimalDigits=2), NUMBERS),
    (field("number", increment="0.5"), NUMBERS),
    (field("number", increment="3", validate={"min": 1}), NUMBERS),
    (field("number", serializeToString=True), ["1", "2.50", "-3", "", None]),
    (field("number", serializeToString=True, decimalDigits=1), ["1", "2.50", "2.55", "0.1"]),
    (field("checkbox"), [True, False]),
    (field("checkbox", **REQUIRED), [True, False]),
    (field("radio", values=OPTIONS), ["a", "b", 3, None]),
    (field("radio", values=OPTIONS, **REQUIRED), ["a", None]),
    (field("select", values=OPTIONS), ["a", 3, None]),
    (field("select", values=OPTIONS, **REQUIRED), ["a", None]),
    (field("select", valuesExpression='=["p", "q"]'), ["p", "q", None]),
    (field("checklist", values=OPTIONS), [[], ["a"], ["a", 3], ["b", "a"]]),
    (field("checklist", values=OPTIONS, **REQUIRED), [[], ["a"]]),
    (field("taglist", values=OPTIONS), [[], ["a"], ["a", "b", 3]]),
    (field("taglist", values=OPTIONS, **REQUIRED), [[], ["b"]]),
    (field("datetime", subtype="date"), ["2024-09-02", "2024-02-29", None]),
    (field("datetime", subtype="date", **REQUIRED), ["2024-09-02", None]),
    (field("datetime", subtype="time", timeSerializingFormat="no_timezone"), ["09:30:00", "00:00:00", None]),
    (field("datetime", subtype="time", timeSerializingFormat="utc_offset"), ["09:30:00+08:00", None]),
    (field("datetime", subtype="time", timeSerializingFormat="utc_normalized"), ["01:30:00Z", None]),
    (
        field("datetime", subtype="datetime", timeSerializingFormat="utc_offset", **REQUIRED),
        ["2024-09-02T09:30:00+08:00", None],
    ),
    (field("datetime", subtype="datetime", timeSerializingFormat="no_timezone"), ["2024-09-02T09:30:00"]),
    (field("filepicker", **REQUIRED), [""]),
    (field("filepicker"), [""]),
]  # fmt: skip


@pytest.mark.parametrize(("component", "values"), FIELDS, ids=[f"{c['type']}-{i}" for i, (c, _) in enumerate(FIELDS)])
def test_a_field_takes_and_refuses_the_same(judge: Page, component: Component, values: list[Any]) -> None:
    for value in values:
        same(judge, [component], [("x", value)])


@pytest.mark.parametrize(
    ("component", "facts"),
    [
        (field("textfield", defaultValue="示范"), {}),
        (field("textfield", defaultValue="示范"), {"x": "事实"}),
        (field("textfield"), {"x": 12}),
        (field("number", defaultValue=5), {}),
        (field("number"), {"x": "12.5"}),
        (field("number"), {"x": "abc"}),
        (field("checkbox", defaultValue=True), {}),
        (field("checkbox"), {"x": "yes"}),
        (field("radio", values=OPTIONS, defaultValue="b"), {}),
        (field("radio", values=OPTIONS), {"x": "nonsense"}),
        (field("select", values=OPTIONS, defaultValue="a"), {"x": 3}),
        (field("select", valuesKey="known"), {"known": OPTIONS, "x": "b"}),
        (field("select", valuesKey="known", **REQUIRED), {"x": "b"}),
        (field("checklist", values=OPTIONS, defaultValue=["a"]), {}),
        (field("checklist", values=OPTIONS), {"x": ["a", "nonsense"]}),
        (field("taglist", values=OPTIONS, **REQUIRED), {"x": ["nonsense"]}),
        (field("datetime", subtype="date"), {"x": "nonsense"}),
        (field("textfield", disabled=True, **REQUIRED), {}),
        (field("textfield", disabled=True), {"x": "事实"}),
        (field("textfield", readonly=True), {"x": "事实"}),
        (field("textfield", readonly=True, **REQUIRED), {}),
        (field("number", readonly="=known > 1"), {"known": 2, "x": 7}),
        (field("expression", expression="=known * 2", computeOn="change"), {"known": 21}),
        (field("expression", expression='=known + "!"', computeOn="presubmit"), {"known": "a"}),
        (field("expression", expression="=nothing.at.all", computeOn="change"), {}),
    ],
)  # fmt: skip
def test_defaults_facts_and_fields_that_nobody_fills_in(
    judge: Page, component: Component, facts: dict[str, Any]
) -> None:
    same(judge, [component], [], facts)


ASK = {"type": "checkbox", "key": "more"}
HIDDEN = {"conditional": {"hide": "=not(more)"}}


@pytest.mark.parametrize("more", [True, False])
@pytest.mark.parametrize(
    "components",
    [
        [ASK, field("textfield", **REQUIRED, **HIDDEN)],
        [ASK, field("textfield", **REQUIRED, conditional={"hide": '=if more then true else false'})],
        [ASK, {"type": "group", "path": "g", "components": [field("textfield", **REQUIRED)], **HIDDEN}],
        [ASK, {"type": "group", "components": [field("number", validate={"min": 1, "required": True})], **HIDDEN}],
        [ASK, field("select", values=OPTIONS, **REQUIRED, **HIDDEN)],
        [ASK, {"type": "dynamiclist", "path": "rows", "isRepeating": True, "defaultRepetitions": 2,
               "components": [field("textfield", **REQUIRED)], **HIDDEN}],
    ],
)  # fmt: skip
def test_what_is_hidden_is_neither_asked_nor_sent(judge: Page, components: list[Component], more: bool) -> None:
    same(judge, components, [("more", more)])


ROWS: Component = {
    "type": "dynamiclist",
    "path": "rows",
    "isRepeating": True,
    "allowAddRemove": True,
    "defaultRepetitions": 1,
    "components": [
        {"type": "textfield", "key": "name", "validate": {"required": True}},
        {"type": "number", "key": "share", "validate": {"max": 100}},
        {"type": "textfield", "key": "note", "conditional": {"hide": "=this.share < 10"}, **REQUIRED},
    ],
}

TWO = {"rows": [{}, {}]}


@pytest.mark.parametrize(
    ("typed", "facts"),
    [
        ([], {}),
        ([("rows[0].name", "张三")], {}),
        ([("rows[0].name", "张三"), ("rows[0].share", 50), ("rows[0].note", "备注")], {}),
        ([("rows[0].name", "张三"), ("rows[0].share", 5)], {}),
        ([("rows[0].share", 101), ("rows[1].name", "李四"), ("rows[1].share", 50), ("rows[1].note", "x")], TWO),
        ([], {"rows": []}),
        ([], {"rows": [{"name": "张三", "share": 50, "note": "x"}, {"name": "李四", "share": 1}]}),
        ([("rows[1].name", "")], {"rows": [{"name": "a", "note": "x"}, {"name": "b", "note": "x"}]}),
    ],
)  # fmt: skip
def test_rows_of_a_list(judge: Page, typed: Typed, facts: dict[str, Any]) -> None:
    same(judge, [ROWS], typed, facts)


@pytest.mark.parametrize(
    "kind", ["text", "html", "image", "separator", "spacer", "button", "iframe", "documentPreview"]
)
def test_what_holds_no_value_is_not_sent(judge: Page, kind: str) -> None:
    more = {"dataSource": "=[]"} if kind == "documentPreview" else {}
    same(judge, [{"type": kind, "text": "# 示范", **more}, field("textfield")], [("x", "a")])


def test_a_table_shows_what_is_known_and_sends_nothing(judge: Page) -> None:
    columns = [{"key": "name", "label": "姓名"}]
    table = {"type": "table", "dataSource": "=known", "columns": columns, "rowCount": 10}
    same(judge, [table, field("textfield", **REQUIRED)], [("x", "a")], {"known": [{"name": "张三"}]})


CALLS = [
    ("date", '=date(date) < date("2026-06-01")', ["2026-01-01", "2026-12-01", "", None]),
    ("time", '=time(time) < time("12:00:00")', ["09:00:00", "13:00:00", None]),
    ("number", "=number(number) < 5", ["3", "7", None]),
    ("string", '=string(string) = "a"', ["a", "b", None]),
    ("contains", '=contains(contains, "a")', ["abc", "x", ""]),
    ("count", "=count(count) = 1", [[1], [], None]),
    ("min", "=min(min, 3) = 1", [1, 5, None]),
    ("not", "=not(not)", [True, False, None]),
    ("duration", '=duration(duration) > duration("P1D")', ["P3D", "PT1H", None]),
    ("date", '=if date = null then count("a") = 1 else date + "a" = "2020a"', ["2020", None]),
    ("date", '=date and time(date, time("00:00:00")) < now()', ["2020-01-01", None]),
    ("string", '=string length(string) = 1 and "string" != string', ["a", "string", None]),
    ("date", "=date instance of date or date = null", ["2026-01-01", None]),
    ("date", "=count(for date in [1, 2] return date) = 2", ["a", None]),
]


@pytest.mark.parametrize(("name", "hide", "values"), CALLS)
def test_a_fact_named_like_a_function_is_the_fact_unless_it_is_called(
    judge: Page, name: str, hide: str, values: list[Any]
) -> None:
    asked = field("textfield", **REQUIRED, conditional={"hide": hide})
    for value in values:
        same(judge, [asked], [], {name: value})
        if isinstance(value, str):
            same(judge, [field("textfield", key=name), asked], [(name, value)])
    same(judge, [asked], [])


@pytest.mark.parametrize("name", sorted(name for name in feel.BUILT_IN if " " not in name))
def test_a_name_of_a_function_is_null_where_no_fact_has_it(judge: Page, name: str) -> None:
    for hide in (f"={name} = null", f"={name} != null"):
        same(judge, [field("textfield", **REQUIRED, conditional={"hide": hide})], [])


def test_the_page_knows_all_names_of_functions() -> None:
    rules = (ASSETS.parent / "desk" / "assets" / "form-rules.js").read_text("utf-8")
    parts = re.findall(r"const (BUILT_IN|OF_WORDS) =\n((?:  '[^']*'(?: \+)?;?\n)+)", rules)
    listed = {name: "".join(re.findall(r"'([^']*)'", text)) for name, text in parts}

    assert {*listed["BUILT_IN"].split(), *listed["OF_WORDS"].split("|")} == set(feel.BUILT_IN)


def test_all_wrong_fields_are_named_at_once(judge: Page) -> None:
    components = [
        {"type": "textfield", "key": "a", **REQUIRED},
        {"type": "number", "key": "b", "validate": {"max": 1}},
        {"type": "group", "path": "c", "components": [{"type": "textfield", "key": "d", **REQUIRED}]},
    ]

    wrong, _, refused, _ = verdicts(judge, components, [("b", 2)])

    assert wrong == refused == ["a", "b", "c.d"]


# Values that the pages of form-js let nobody make: the browser takes them, the server doesn't.
FORGED: list[tuple[Component, Any, str]] = [
    (field("datetime", subtype="date"), "2024-13-01", "its calendar gives no such date"),
    (field("datetime", subtype="time", timeSerializingFormat="utc_offset"), "09:30", "it gives the zone with the time"),
    (field("textfield"), "a\x00", "nobody types a control character"),
    (field("textfield"), "a" * 20_001, "a bound that a server needs"),
    (field("textfield", properties={"term": "credit_code"}), "123", "a property of Licet's own"),
    (field("number"), 1e200, "a bound that a server needs"),
    (field("taglist", values=OPTIONS), ["a", "a"], "it takes a chosen option out of the list"),
]  # fmt: skip


@pytest.mark.parametrize(("component", "value", "reason"), FORGED)
def test_what_only_the_server_refuses(judge: Page, component: Component, value: Any, reason: str) -> None:
    wrong, _, refused, _ = verdicts(judge, [component], [("x", value)])

    assert (wrong, refused) == ([], ["x"]), reason
