"""Reading a form: its fields and their properties, and everything that is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.base.errors import ModelError
from engine.language import forms

BPMN = Path(__file__).parents[4] / "bpmn"


def schema(*components: Any, **more: Any) -> bytes:
    return json.dumps({"id": "test", "type": "default", "components": list(components)} | more, indent=1).encode()


def field(**more: Any) -> dict[str, Any]:
    return {"id": "a", "type": "textfield", "key": "x", "label": "名称"} | more


def problems(*components: Any) -> list[tuple[str, str]]:
    return [(p.rule, p.severity) for p in forms.read(schema(*components)).problems]


@pytest.mark.parametrize("path", sorted(BPMN.rglob("*.form")), ids=lambda path: path.stem)
def test_the_shipped_forms_are_sound(path):
    assert forms.read(path.read_bytes()).problems == ()


def test_components_without_a_value_are_no_problem():
    kinds = ("text", "html", "image", "separator", "spacer", "button", "table", "iframe", "documentPreview")
    found = forms.read(schema(*({"id": kind, "type": kind} for kind in kinds)))

    assert found.problems == ()
    assert found.fields == ()
    assert found.check({}) == {}


def test_the_title_is_the_first_heading():
    heading = {"id": "t", "type": "text", "text": "## 企业开办申请表\n说明"}

    assert forms.read(schema(heading)).title == "企业开办申请表"
    assert forms.read(schema(field())).title == "test"


def test_personal_values_are_named_by_their_top():
    personal = {"properties": {"personal": "true"}}
    found = forms.read(
        schema(
            field(key="open"),
            field(id="b", key="secret", **personal),
            {"id": "c", "type": "dynamiclist", "path": "people", "components": [field(id="d", **personal)]},
            {
                "id": "e",
                "type": "group",
                "path": "home",
                **personal,
                "components": [field(id="f", key="street")],
            },
        )
    )

    assert found.personal == {"secret", "people", "home"}
    assert found.names == {"open", "secret", "people", "home"}


@pytest.mark.parametrize(
    ("components", "rule"),
    [
        ([field(type="slider")], "form-component"),
        ([field(type=None)], "form-component"),
        ([field(type="default")], "form-component"),
        ([field(), field(id="b")], "form-key"),  # the same key
        ([field(key="x.y"), field(id="b")], "form-key"),  # a value and an object of the same name
        ([field(), field(id="b", key="x.y")], "form-key"),
        ([field(key="")], "form-key"),
        ([field(key=None)], "form-key"),
        ([field(key="a..b")], "form-key"),
        ([{"id": "l", "type": "dynamiclist", "components": []}], "form-key"),
        ([field(id=None)], "form-id"),
        ([field(), field(key="y")], "form-id"),
        ([field(conditional={"hide": "=a +"})], "form-feel"),
        ([field(conditional={"hide": "=nonsense(1)"})], "form-feel"),
        ([field(conditional={"hide": "a = 1"})], "form-feel"),
        ([field(readonly="=)")], "form-feel"),
        ([field(type="expression")], "form-feel"),
        ([field(type="expression", expression="a + b")], "form-feel"),
        ([field(properties={"term": "iban"})], "form-term"),
        ([field(type="number", properties={"term": "mobile"})], "form-term"),
        ([field(validate={"pattern": "(["})], "form-pattern"),
        ([field(validate={"pattern": 5})], "form-pattern"),
        ([field(validate={"minLength": "many"})], "form-property"),
        ([field(validate=[])], "form-property"),
        ([field(type="number", decimalDigits="two")], "form-property"),
        ([field(type="radio")], "form-options"),
        ([field(type="radio", values=[])], "form-options"),
        ([field(type="radio", values=[{"label": "甲", "value": "a"}] * 2)], "form-options"),
        ([field(type="radio", valuesKey="k", valuesExpression="=k")], "form-options"),
        ([field(type="number", defaultValue="five")], "form-default"),
        ([field(type="select", values=["a"], defaultValue="b")], "form-default"),
    ],
)
def test_what_is_wrong_with_a_form_is_a_problem(components, rule):
    found = [problem for problem in forms.read(schema(*components)).problems if problem.severity == "error"]

    assert [problem.rule for problem in found] == [rule]


def test_a_missing_label_is_a_warning():
    assert problems(field(label="")) == [("form-label", "warning")]
    assert forms.read(schema(field(label=""))).check({"x": "a"}) == {"x": "a"}


@pytest.mark.parametrize(
    ("components", "named"),
    [
        ([field(type="expression", id="e", key="e", expression="=e + 1")], ["e"]),
        ([field(type="expression", id="e", key="e", expression="=g + 1"),
          field(type="expression", id="g", key="g", expression="=e + 1")], ["e", "g"]),
        ([field(type="expression", id="e", key="e", expression="=n + 1"), field(type="number", id="n", key="n")], []),
        ([field(type="expression", id="e", key="e", expression="=1"),
          field(type="expression", id="g", key="g", expression="=e + 1")], []),
        ([field(id="s", key="s", conditional={"hide": "=s != null"})], ["s"]),
        ([field(id="s", key="s", conditional={"hide": "=t != null"}),
          field(id="t", key="t", conditional={"hide": "=s != null"})], []),
    ],
)  # fmt: skip
def test_what_depends_on_its_own_value_is_a_warning(components, named):
    problems = forms.read(schema(*components)).problems

    assert [(p.component, p.rule, p.severity) for p in problems] == [(id, "form-circle", "warning") for id in named]


@pytest.mark.parametrize("odd", [{"label": "x"}, {"label": "x", "value": ""}, {"value": None}, None, ""])
def test_an_option_that_is_never_offered_is_a_warning(odd):
    [problem] = forms.read(schema(field(type="select", values=[{"label": "a", "value": "a"}, odd]))).problems

    assert (problem.rule, problem.severity) == ("form-options", "warning")


def test_a_problem_names_component_and_line():
    lines = (
        '{"id": "f", "type": "default", "components": [',
        '{"id": "good", "type": "text"},',
        '{"id": "bad"}]}',
    )
    data = "\n".join(lines).encode()

    (problem,) = forms.read(data).problems

    assert (problem.component, problem.line) == ("bad", 3)


def deep(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = field()
    for i in range(levels):
        inner = {"id": f"g{i}", "type": "group", "components": [inner]}
    return inner


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "JSON"),
        (b"<form/>", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"[" * 200_000, "JSON"),
        (b'{"id": "f", "components": [NaN]}', "JSON"),
        (b"[]", "components"),
        (b'{"id": "f"}', "components"),
        (b'{"components": []}', "id"),
        (schema(5), r"components\[0\]"),
        (schema({"id": "g", "type": "group", "components": 5}), r"components\[0\]"),
        (schema(deep(30)), "within each other"),
        (schema(*([{"id": "t", "type": "text"}] * 2_001)), "2000 components"),
    ],
)
def test_what_is_no_form_is_refused(data, says):
    with pytest.raises(ModelError, match=says):
        forms.read(data)


def test_a_byte_order_mark_is_no_part_of_a_form():
    assert forms.read(b"\xef\xbb\xbf" + schema(field())).problems == forms.read(schema(field())).problems


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ('{"id": "表"}'.encode("gbk"), "byte 9 isn't UTF-8; save the file as UTF-8"),
        (b"[" * 200_000, "stand too deep within each other"),
        (b'{"id": "f",}', "line 1 column 12"),
    ],
)
def test_why_a_file_is_no_form_is_said_in_plain_words(data, says):
    with pytest.raises(ModelError, match=says):
        forms.read(data)
