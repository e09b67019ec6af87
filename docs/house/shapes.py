"""Writes docs/shapes.md: the shapes of the files that a designer writes as JSON, from what reads them.

python -m docs.house.shapes
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from webui.cli.tools import SHAPES, schema_of

PAGE = Path(__file__).parents[1] / "shapes.md"

HEAD = """\
# Shapes of catalogue.json and organisation.json

`make docs` writes this page from what reads the files. `licet schema catalogue` and `licet schema organisation` print
the same as JSON Schema (2020-12): an editor that is told of it completes names and marks mistakes while you write. In
Visual Studio Code, for instance:

    licet schema catalogue > catalogue.schema.json
    "json.schemas": [{"fileMatch": ["catalogue.json", "catalogue/*.json"], "url": "./catalogue.schema.json"}]

What a shape can't say (a key that nobody has, a limit longer than the law's) is told by `licet chain check` and
`licet org import`. What the fields of an item mean: [actions](actions.md) and [chains](chains.md#the-catalogue). No
other fields are taken.
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(line for name in SHAPES for line in _file(name))])


def _file(name: str) -> Iterator[str]:
    schema = schema_of(name)
    yield f"## {name}.json\n"
    yield from _fields(schema)
    for title, part in schema["$defs"].items():
        yield f"### {title} ({name})\n"
        yield part.get("description", "").replace("None", "null").replace("for_", "for").strip() + "\n"
        yield from _fields(part)


def _fields(part: dict[str, Any]) -> Iterator[str]:
    yield "| field | takes | without it |"
    yield "| --- | --- | --- |"
    for name, field in part["properties"].items():
        missing = "it is wrong" if name in part.get("required", ()) else f"`{_text(field.get('default'))}`"
        yield f"| `{name}` | {_takes(field)} | {missing} |"
    yield ""


def _takes(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    if "anyOf" in field:
        return " or ".join(_takes(one) for one in field["anyOf"])
    if "enum" in field:
        return "one of " + ", ".join(f"`{value}`" for value in field["enum"])
    if field["type"] == "array":
        return f"list of {_takes(field['items'])}"
    bounds = [words.format(field[name]) for name, words in _BOUNDS.items() if name in field]
    form = [f"like `{field['pattern']}`".replace("|", "\\|")] if "pattern" in field else []
    kind = field.get("format", _KINDS.get(field["type"], field["type"]))
    return ", ".join([kind, *form, *bounds])


_KINDS = {"string": "text", "boolean": "true or false", "integer": "whole number", "null": "null"}
_BOUNDS = {"minimum": "at least {}", "exclusiveMaximum": "below {}", "maxLength": "at most {} characters"}


def _text(value: Any) -> str:
    """Return a default as the file would give it."""
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
