"""Misreadings of templates: what a chain gives them beside what they read. Fields that nobody reads, and fields that
nobody gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from engine.base.errors import ModelError
from engine.language.templates import DOCUMENT, NOTICE, Fields, fields_of_document, read_notice
from engine.model.chain.data import known, shapes
from engine.model.chain.data.acts import literals
from engine.model.chain.data.inference import Misread
from engine.model.chain.data.places import Spot
from engine.model.chain.data.schema import Schema
from engine.model.chain.data.shapes import Shape
from engine.model.chain.model import Element, Process

TEMPLATE_OF = {"document.render": DOCUMENT, "notice.send": NOTICE}
"""Built-in action → ending of the file of its template."""

GIVEN = {DOCUMENT: known.GIVEN_TO_DOCUMENTS, NOTICE: known.GIVEN_TO_NOTICES}
OF_THE_HALL: Mapping[str, Mapping[str, Fields]] = {DOCUMENT: known.DOCUMENTS, NOTICE: known.NOTICES}


def stated(element: Element, name: str) -> str | None:
    """Return what an element gives as an input or a header."""
    return next((m.source for m in element.inputs if m.target == name), element.headers.get(name))


def templates_named(element: Element) -> list[tuple[str, str]]:
    """Return (ending, name) of the templates that an element names as they stand there."""
    suffix = TEMPLATE_OF.get(element.job or "")
    written = stated(element, "template") if suffix is not None else None
    return [(suffix, name) for name in literals(written)] if suffix is not None and written is not None else []


def named_by(schema: Schema, process: Process, element: Element) -> frozenset[str] | None:
    """Return the names of all templates that an element may name; None where nobody can know."""
    written = stated(element, "template")
    if written is None:
        return frozenset()
    shape = schema.shape(written, schema.names(process, element))
    return (shape.options or frozenset()) if shape.kinds is not None and shape.options is not None else None


@lru_cache(maxsize=512)
def fields_of(suffix: str, data: bytes) -> Fields | None:
    """Return what a chain's own template reads; None for a file that is none, which other rules report."""
    try:
        return fields_of_document(data.decode("utf-8")) if suffix == DOCUMENT else read_notice(data).fields
    except (ModelError, UnicodeDecodeError):
        return None


def fields_named(schema: Schema, suffix: str, name: str) -> Fields | None:
    """Return what the template of this name reads of what a chain gives it; None for one that there isn't."""
    own = (schema.draft.documents if suffix == DOCUMENT else schema.draft.notices).get(name)
    read = fields_of(suffix, own.data) if own is not None else OF_THE_HALL[suffix].get(name)
    return read.but(GIVEN[suffix]) if read is not None else None


def misreadings(schema: Schema) -> Iterator[tuple[Spot, Misread]]:
    """Yield what is given to templates that don't read it, and what they read and isn't given."""
    for process in schema.draft.processes.values():
        for element in process.elements.values():
            suffix = TEMPLATE_OF.get(element.job or "")
            named = named_by(schema, process, element) if suffix is not None else None
            if suffix is not None and named:
                yield from _at(schema, process, element, suffix, named)


def _at(
    schema: Schema, process: Process, element: Element, suffix: str, named: frozenset[str]
) -> Iterator[tuple[Spot, Misread]]:
    read = {name: fields for name in sorted(named) if (fields := fields_named(schema, suffix, name)) is not None}
    given = given_to(schema, process, element)
    if given is None or len(read) < len(named):
        return
    spot = Spot(process, element, "input 'content'", stated(element, "content") or "", schema.names(process, element))
    what = "document" if suffix == DOCUMENT else "notice"
    any_of = frozenset(name for fields in read.values() for name in fields.all)
    for name in sorted(given.keys() - any_of - GIVEN[suffix]):
        message = f"The {what} '{' or '.join(read)}' has no field '{name}'."
        yield spot, Misread("field", name, message, tuple(sorted(any_of)))
    for template, fields in read.items() if len(read) == 1 else ():
        kind = "blank" if template in OF_THE_HALL[suffix] else "lacking"
        for name in sorted(fields.required - given.keys()):
            yield spot, Misread(kind, name, f"The {what} '{template}' reads the field '{name}', which isn't given.")


def given_to(schema: Schema, process: Process, element: Element) -> Mapping[str, Shape] | None:
    """Return the fields that an element gives its template, with their shapes; None where nobody can know."""
    content = stated(element, "content")
    if content is None:
        return {}
    shape = schema.shape(content, schema.names(process, element))
    if not shape.is_known:
        return None
    if shape.kinds == frozenset({shapes.CONTEXT}):
        return shape.members
    return {"text": shape} if not shape.may_be(shapes.CONTEXT) else None
