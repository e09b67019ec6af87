"""The JSON Schemas of the files that designers write: a schema takes what the reader takes, and nothing else."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from docs.house.shapes import PAGE, page
from engine.base.errors import ModelError
from engine.base.shapes import reader
from webui.cli.main import licet
from webui.cli.tools import SHAPES, schema_of

BPMN = Path(__file__).parents[2] / "bpmn"
FILES = [("organisation", BPMN / "organisation.json")]
FILES += [("catalogue", path) for path in sorted((BPMN / "catalogue").glob("*.json"))]
READERS = {name: reader(shape, name) for name, shape in SHAPES.items()}
SCHEMAS = {name: schema_of(name) for name in SHAPES}
KINDS = {"string": str, "boolean": bool, "object": dict, "array": list, "null": type(None)}
VALUES: list[Any] = [None, True, 0, 3, -1, 1.5, 10**7, "", "x", "a b", "2026-02-30", "2026-03-02", [], {}, ["x"]]
VALUES += ["字" * 2001, "k" * 65]
VALUES += ["86400", "1700006400", "0", "20260302", "2026-03-02T00:00:00", "２０２６-03-02"]
"""What takes the place of a value. One thing a schema can't say, and no value here is: a number with more than three
decimals."""


def takes(value: Any, part: dict[str, Any], root: dict[str, Any]) -> bool:
    """Whether a value keeps a schema: the words of JSON Schema that ours have, and an error for any other."""
    known = {"$schema", "$defs", "$ref", "anyOf", "enum", "type", "format", "pattern", "maxLength", "minimum", "items"}
    known |= {"exclusiveMaximum", "properties", "required", "additionalProperties", "title", "description", "default"}
    assert set(part) <= known, set(part) - known
    if "$ref" in part:
        return takes(value, root["$defs"][part["$ref"].rpartition("/")[2]], root)
    if "anyOf" in part:
        return any(takes(value, one, root) for one in part["anyOf"])
    return _of_kind(value, part["type"]) and all(_kept(value, part, root)) and value in part.get("enum", [value])


def _of_kind(value: Any, kind: str) -> bool:
    if kind in ("integer", "number"):
        return isinstance(value, int if kind == "integer" else int | float) and not isinstance(value, bool)
    return isinstance(value, KINDS[kind])


def _kept(value: Any, part: dict[str, Any], root: dict[str, Any]) -> Iterator[bool]:
    if isinstance(value, str):
        yield len(value) <= part.get("maxLength", len(value))
        yield re.search(part.get("pattern", ""), value) is not None
        yield part.get("format") != "date" or _is_date(value)
    elif isinstance(value, dict):
        inner = part["properties"]
        assert part["additionalProperties"] is False
        yield set(part.get("required", ())) <= set(value) <= set(inner)
        yield all(takes(one, inner[name], root) for name, one in value.items() if name in inner)
    elif isinstance(value, list):
        yield all(takes(inner, part["items"], root) for inner in value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield part.get("minimum", value) <= value and value < part.get("exclusiveMaximum", value + 1)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def reads(value: Any, name: str) -> bool:
    try:
        READERS[name](json.dumps(value).encode())
    except ModelError:
        return False
    return True


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to all values inside one; of a long list to the first three."""
    inner = value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    for name, one in inner:
        yield (*path, name)
        yield from places(one, (*path, name))


@pytest.mark.parametrize(("name", "path"), FILES, ids=[path.name for _, path in FILES])
def test_the_shipped_files_keep_their_schemas(name: str, path: Path) -> None:
    value, schema = json.loads(path.read_text("utf-8")), SCHEMAS[name]

    assert takes(value, schema, schema) and reads(value, name)


SMALL = {name: json.loads(path.read_text("utf-8")) for name, path in FILES}
for _whole in SMALL.values():
    for _name, _list in _whole.items():
        if isinstance(_list, list):
            _whole[_name] = _list[:3]
SMALL["organisation"] |= {
    "departments": [{"key": "d", "name": "局", "from": "2026-01-01", "to": None}],
    "substitutes": [{"person": "p", "for": "q", "from": "2026-01-01", "to": None}],
    "delegations": [{"item": "i", "from_department": "d", "to_department": "e", "area": "990001"}],
}
PLACES = [(name, path) for name, whole in SMALL.items() for path in places(whole)]


@given(st.sampled_from(PLACES), st.sampled_from(["put", "rename", "drop", "add"]), st.sampled_from(VALUES))
@settings(max_examples=600, deadline=None)
def test_a_changed_file_is_taken_by_both_or_by_neither(place: tuple[str, tuple[Any, ...]], act: str, new: Any) -> None:
    name, path = place
    value = copy.deepcopy(SMALL[name])
    inner = value
    for step in path[:-1]:
        inner = inner[step]
    if act == "put" or isinstance(inner, list):
        inner[path[-1]] = new
    elif act == "add":
        inner["more"] = new
    else:
        old = inner.pop(path[-1])
        if act == "rename":
            inner[f"{path[-1]}s"] = old

    assert takes(value, SCHEMAS[name], SCHEMAS[name]) == reads(value, name), (name, path, act, new)


def test_the_page_says_what_the_readers_take() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `make docs`"


@pytest.mark.parametrize("name", SHAPES)
def test_the_command_prints_the_schema(name: str) -> None:
    result = CliRunner().invoke(licet, ["schema", name, "--json"])

    assert json.loads(result.stdout) == schema_of(name)
    assert result.exit_code == 0 and json.loads(result.stdout)["$schema"].endswith("2020-12/schema")
