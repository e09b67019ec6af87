"""Misreadings of forms: conditions, computed values and texts that name what nobody sets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.base.canonical import of_json, text_of
from engine.language.forms import Form
from engine.model.chain.data import known, read, readers, shapes
from engine.model.chain.data.expressions import certain
from engine.model.chain.data.inference import Inference, Misread, Names
from engine.model.chain.data.likeness import slipped_from
from engine.model.chain.data.schema import Schema
from engine.model.chain.data.shapes import ANY, NULL, Shape, join
from engine.model.chain.version import literals, quoted

_TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_NEVER_FEEL = ("id", "key", "path", "type", "disabled", "defaultValue", "required", "pattern")
_TESTED = (("conditional", "hide"), ("readonly",))
_ROW: Mapping[str, Shape] = {"this": ANY, "parent": ANY, "i": shapes.of(shapes.NUMBER)}


@dataclass(frozen=True, slots=True)
class FormSpot:
    """One expression of a form: file and line, id of the component, the property that it stands in, its text."""

    form: str
    file: str
    component: str
    line: int | None
    what: str
    text: str
    is_own: bool  # the file belongs to the chain itself, no other chain shares it


def misreadings(schema: Schema) -> Iterator[tuple[FormSpot, Misread]]:
    """Yield all that can't be meant in the forms of the tasks of a draft."""
    compared: frozenset[str] = frozenset()
    for id, source in schema.draft.forms.items():
        form = read.form_of(source.data)
        names = seen(schema, id, form) if form is not None else None
        if names is None:
            continue
        text = text_of(source.data)
        own = source in schema.draft.given
        compared = compared or _compared(schema)
        for component, row in components(of_json(source.data).get("components"), {}):
            for what, written, is_test in expressions_of(component):
                spot = FormSpot(id, source.file, str(component.get("id")), line_of(text, component), what, written, own)
                yield from (
                    (spot, misread)
                    for misread in _read(written, names.within(row), is_test, "{{" in what)
                    if certain(own, misread)
                )
            for misread in _offered(component, compared):
                yield (
                    FormSpot(
                        id,
                        source.file,
                        str(component.get("id")),
                        line_of(text, component),
                        "options",
                        misread.name,
                        own,
                    ),
                    misread,
                )


def _compared(schema: Schema) -> frozenset[str]:
    """Return the texts that expressions and decisions of the draft compare with."""
    found = {text for process in schema.draft.processes.values() for text in literals(process)}
    for source in schema.draft.decisions.values():
        found |= set(quoted(text_of(source.data).replace("&quot;", '"')))
    for source in schema.draft.forms.values():
        found |= {text for written in readers.written_in(source.data) for text in quoted(written)}
    return frozenset(found)


def _offered(component: Mapping[str, Any], compared: frozenset[str]) -> Iterator[Misread]:
    """Yield options that nothing compares with, one slip away from a text that something does and that isn't offered
    beside them.
    """
    listed = component.get("values")
    values = (
        [one.get("value") if isinstance(one, dict) else one for one in listed if isinstance(listed, list)]
        if listed
        else []
    )
    for value in values:
        if isinstance(value, str) and value not in compared:
            meant = slipped_from(value, sorted(compared - {v for v in values if isinstance(v, str)}))
            if meant is not None:
                yield Misread("option", value, f"Nothing compares with the option '{value}'.", (meant,))


def seen(schema: Schema, id: str, form: Form) -> Names | None:
    """Return what the expressions of a form see, over all tasks that show it; None for a form that no task shows."""
    facts: dict[str, Shape] = {}
    is_open, tasks = False, 0
    for process in schema.draft.processes.values():
        for element in process.elements.values():
            if element.form == id:
                names, tasks = schema.names(process, element), tasks + 1
                is_open |= names.is_open
                for name in dict.fromkeys(names.all()):
                    facts[name] = join(facts.get(name, NULL), names.find(name) or ANY)
    for name, shape in read.fields_of(form).items():
        facts[name] = join(facts.get(name, NULL), shape)
    return Names(facts, is_open=is_open) if tasks else None


def components(listed: Any, row: Mapping[str, Shape]) -> Iterator[tuple[dict[str, Any], Mapping[str, Shape]]]:
    """Yield each component, with the names that it sees as part of a row."""
    for component in listed if isinstance(listed, list) else ():
        yield component, row
        inner = row
        if component.get("type") == "dynamiclist":
            keys = (c.get("key") for c in component.get("components", ()))
            inner = {**row, **_ROW, **{str(key): ANY for key in keys if key}}
        yield from components(component.get("components"), inner)


def expressions_of(component: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Yield (property, text, whether it is a test) for each expression of a component."""
    for path in _TESTED:
        text = _at(component, path)
        if isinstance(text, str) and text.startswith("="):
            yield ".".join(path), text[1:], True
    if isinstance(component.get("valuesKey"), str):
        yield "valuesKey", component["valuesKey"], False
    rules = component.get("validate")
    stated = {**component, **(rules if isinstance(rules, dict) else {})}
    for name, text in stated.items():
        if not isinstance(text, str) or name in _NEVER_FEEL:
            continue
        if text.startswith("="):
            yield name, text[1:], False
        for inner in _TEMPLATE.findall(text):
            if not inner.lstrip().startswith(("#", "/")):
                yield f"{name}: {{{{…}}}}", inner.strip(), False


def _at(component: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = component
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _read(text: str, names: Names, is_test: bool, is_text: bool) -> list[Misread]:
    tree = read.tree_of(text, is_test)
    if tree is None:
        why = read.wrong(text) if is_text else None
        return [Misread("function", text, why)] if why is not None else []
    reading = Inference(known.FUNCTIONS)
    reading.shape(tree, names)
    return list(dict.fromkeys(reading.misread))


def line_of(text: str, component: Mapping[str, Any]) -> int | None:
    place = re.search(rf'"id"\s*:\s*{re.escape(json.dumps(component.get("id")))}', text)
    return text.count("\n", 0, place.start()) + 1 if place else None
