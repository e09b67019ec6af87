"""No property of form-js is unaccounted for: the server keeps it, it is for the eye alone, or the check tells.

The properties are those that the installed form-js reads, by its own source, which its source map holds.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from engine.language import forms
from engine.language.forms import properties
from engine.language.forms.properties import PROPERTIES
from webui.build import ASSETS

ROOT = Path(__file__).parents[4]
SOURCES = ASSETS / "node_modules" / "@bpmn-io" / "form-js-viewer" / "dist" / "index.es.js.map"
OF_NO_COMPONENT = {"_parent", "add", "remove", "config", "required", "search", "updated", "validation"}
"""Names that form-js reads of something else that it calls a field, or that it puts there itself."""
COMPONENT = "(?:formField|repeaterField|field)"
OPTIONS = [{"label": "甲", "value": "a"}, {"label": "乙", "value": "b"}]


def read_by_form_js() -> dict[str, set[str]]:
    """Each property of a component that the source of form-js reads, with the files that do."""
    if not SOURCES.exists():
        pytest.skip("form-js isn't there: run make build")
    found: dict[str, set[str]] = {}
    kept = json.loads(SOURCES.read_text("utf-8"))
    for file, source in zip(kept["sources"], kept["sourcesContent"], strict=True):
        if file.startswith("../src/") and file.endswith(".js"):
            names = re.findall(rf"(?<!['\"])\b{COMPONENT}\??\.(\w+)", source)
            for taken in re.findall(rf"const \{{([^{{}}]*(?:\{{\}}[^{{}}]*)*)\}} = {COMPONENT};", source):
                names += re.findall(r"(?:^|,)\s*(\w+)", taken)
            for name in names:
                found.setdefault(name, set()).add(file.rpartition("/")[2])
            for taken in re.findall(r"const \{([^{}]*)\} = validate;|(?<![\w.'\"])validat\w*\.(\w+)\b(?!\()", source):
                for name in re.findall(r"\w+", "".join(taken)):
                    found.setdefault(f"validate.{name}", set()).add(file.rpartition("/")[2])
    return found


def test_every_property_that_form_js_reads_is_in_the_table():
    found = read_by_form_js()
    whole = {name.partition(".")[0] for name in PROPERTIES} | PROPERTIES.keys()

    assert {name: files for name, files in found.items() if name not in whole | OF_NO_COMPONENT} == {}
    assert len(found.keys() & whole) > 50


def test_no_property_of_the_table_is_made_up():
    source = "".join(json.loads(SOURCES.read_text("utf-8"))["sourcesContent"]) if SOURCES.exists() else ""
    ours = {"properties", "title", "endpointKey"}  # for other programs; the viewer doesn't read them

    made_up = [name for name in PROPERTIES if not re.search(rf"\b{name.rpartition('.')[2]}\b", source)]
    assert not source or set(made_up) <= ours


def test_the_page_lists_every_property():
    page = (ROOT / "docs" / "forms.md").read_text("utf-8")
    rows = re.findall(r"^\| (`.+`) \| (.+) \| (kept|looks)", page.partition("\n## What each property does")[2], re.M)
    listed = {
        (name, types(on), kept == "kept")
        for names, on, kept in rows
        for name in re.findall(r"`([\w.]+)`", names)
    }

    assert listed == {(name, one.on, one.is_kept) for name, one in PROPERTIES.items()}


def types(written: str) -> frozenset[str]:
    named = frozenset(re.findall(r"`(\w+)`", written))
    return {"all": properties.ANY, "fields": properties.KEYED - named}.get(written.partition(" ")[0], named)


def warnings(kind: str, **written: Any) -> list[str]:
    given = {"id": "x", "type": kind, "label": "名称", "key": "x"} | written
    if kind in properties.CONTAINERS:
        given = {"path": given.pop("key"), "components": []} | given
    if kind in properties.SHOWN and "key" not in written:
        del given["key"]
    schema = {"id": "f", "type": "default", "components": [given]}
    problems = forms.read(json.dumps(schema).encode()).problems
    assert all(one.severity == "warning" and one.component == "x" for one in problems), problems
    return [one.message for one in problems]


@pytest.mark.parametrize(
    ("kind", "written", "says"),
    [
        ("textfield", {"validate": {"min": 3}}, "validate.min has no effect on textfield; it belongs on: number."),
        ("textfield", {"validate": {"max": "=n"}}, "validate.max has no effect on textfield"),
        ("textarea", {"decimalDigits": 2}, "decimalDigits has no effect on textarea"),
        ("number", {"validate": {"pattern": "^1"}}, "validate.pattern has no effect on number"),
        ("number", {"validate": {"maxLength": 3}}, "validate.maxLength has no effect on number"),
        ("checkbox", {"validate": {"minLength": 3}}, "validate.minLength has no effect on checkbox"),
        ("datetime", {"validate": {"min": "=n"}}, "validate.min has no effect on datetime"),
        ("select", {"values": OPTIONS, "validate": {"pattern": "a"}}, "validate.pattern has no effect on select"),
        ("expression", {"expression": "=1", "readonly": True}, "readonly has no effect on expression"),
        ("expression", {"expression": "=1", "defaultValue": 2}, "defaultValue has no effect"),
        ("group", {"readonly": True}, "readonly has no effect on group"),
        ("dynamiclist", {"disabled": True}, "disabled has no effect on dynamiclist"),
        ("group", {"validate": {"required": True}}, "validate.required has no effect on group"),
        ("text", {"key": "x", "text": "a"}, "key has no effect on text"),
        ("filepicker", {"defaultValue": []}, "defaultValue has no effect on filepicker"),
        ("textfield", {"requierd": True}, "requierd is no property of a form."),
        ("textfield", {"validate": {"requierd": True}}, "Did you mean validate.required?"),
        ("textfield", {"conditional": {"show": "=true"}}, "conditional.show is no property of a form."),
        ("textfield", {"disabled": "=n > 3"}, "disabled has to be true or false; found '=n > 3'"),
        ("textfield", {"readonly": "true"}, "readonly has to be true, false or FEEL that begins with '='"),
        ("textfield", {"validate": {"required": "=n > 3"}}, "validate.required has to be true or false"),
        ("textfield", {"validate": {"validationType": "url"}}, "validationType has to be one of email, phone"),
        ("textfield", {"validate": {"minLength": 5, "maxLength": 2}}, "nothing can be filled in"),
        ("textfield", {"defaultValue": "=n"}, "FEEL isn't worked out here"),
        ("number", {"validate": {"min": 5, "max": "2"}}, "validate.min is more than validate.max (5 > 2)"),
        ("number", {"decimalDigits": -1}, "decimalDigits has to be a whole number that isn't negative"),
        ("number", {"decimalDigits": "2"}, "decimalDigits has to be a whole number"),
        ("number", {"increment": 0}, "increment has to be more than 0"),
        ("number", {"increment": "-0.5"}, "increment has to be more than 0"),
        ("number", {"serializeToString": "true"}, "serializeToString has to be true or false"),
        ("datetime", {"subtype": "month"}, "subtype has to be one of date, time, datetime"),
        ("datetime", {"timeSerializingFormat": "local"}, "has to be one of utc_offset, utc_normalized, no_timezone"),
        ("datetime", {"timeInterval": 7}, "timeInterval has to be 1, 5, 10, 15, 30 or 60"),
        ("datetime", {"disallowPassedDates": "true"}, "disallowPassedDates has to be true or false"),
        ("filepicker", {"multiple": "yes"}, "multiple has to be true, false or FEEL"),
        ("filepicker", {"accept": "{{kinds}}"}, "templates in {{…}} aren't filled in"),
        ("textfield", {"key": "a.__proto__.b"}, "key has to be a name that pages can hold"),
        ("textfield", {"key": "x-y"}, "key has to be letters, digits and _"),
        ("textfield", {"key": "年 龄"}, "key has to be letters, digits and _"),
        ("textfield", {"key": "a.null"}, "no word of FEEL"),
        ("group", {"path": "2x"}, "path has to be letters, digits and _"),
        ("select", {"valuesKey": 3}, "valuesKey has to be text; found '3'"),
        ("dynamiclist", {"isRepeating": False}, "a list always repeats"),
        ("dynamiclist", {"defaultRepetitions": -1}, "defaultRepetitions has to be a whole number"),
        ("dynamiclist", {"allowAddRemove": "false"}, "allowAddRemove has to be true or false"),
    ],
)  # fmt: skip
def test_what_has_no_effect_is_told(kind, written, says):
    (said,) = warnings(kind, **written)

    assert says in said


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("textfield", {"readonly": "=n > 3", "disabled": False, "layout": {"row": "r"}, "_note": 1}),
        ("textfield", {"validate": {"minLength": "=n", "maxLength": 3, "required": False, "validationType": "email"}}),
        ("textarea", {"validate": {"pattern": "^a", "patternErrorMessage": "a"}}),
        ("number", {"validate": {"min": -5, "max": "=n"}, "decimalDigits": 0, "increment": "0.01"}),
        ("select", {"values": OPTIONS, "searchable": True, "defaultValue": "a"}),
        ("datetime", {"subtype": "time", "timeInterval": 5, "use24h": True, "timeLabel": "时间"}),
        ("filepicker", {"multiple": "=n > 3", "accept": ".pdf,image/*"}),
        ("dynamiclist", {"defaultRepetitions": 0, "allowAddRemove": False, "isRepeating": True}),
        ("image", {"source": "a.png", "alt": "a"}),
        ("textfield", {"key": "申请人.姓名_1"}),
    ],
)  # fmt: skip
def test_what_acts_is_not_told(kind, written):
    assert warnings(kind, **written) == []


@pytest.mark.parametrize("path", sorted(ROOT.glob("bpmn/**/*.form")), ids=lambda path: path.name)
def test_shipped_forms_have_no_such_property(path):
    assert forms.read(path.read_bytes()).problems == ()
