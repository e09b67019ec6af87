"""Rules about the letters and notices that a chain brings: whether they can be read and typeset, and whether anything
names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import PurePath
from typing import Any

from engine.base.canonical import composed
from engine.base.errors import ModelError
from engine.language.templates import DOCUMENT, MOST, MOST_BYTES, NAME, read_notice, refused_in_document
from engine.model.chain.data import shapes
from engine.model.chain.data.at_templates import OF_THE_HALL, TEMPLATE_OF, given_to, named_by
from engine.model.chain.data.shapes import Shape
from engine.model.chain.draft import Draft
from engine.model.chain.files import Source
from engine.model.chain.rules.facts import schema_of
from engine.model.chain.rules.remark import Remark

_HOSTILE = 'x $ #panic("x") *x* [ '
"""A sample text: wrong as markup, so that a template that makes markup of a value fails."""
_SAMPLES: Mapping[str, Any] = {
    shapes.TEXT: _HOSTILE,
    shapes.NUMBER: 2,
    shapes.BOOLEAN: True,
    shapes.DATE: date(2026, 3, 2),
    shapes.MOMENT: datetime(2026, 3, 2, 9, tzinfo=UTC),
}
_MOST_SAMPLES = 8
"""Places whose values one template is tried with."""


def _own(draft: Draft) -> list[Source]:
    return [source for source in draft.sources if source.suffix in TEMPLATE_OF.values()]


def wrong(draft: Draft) -> Iterator[Remark]:
    """Report templates that are too many, too large, named wrongly, or can't be read."""
    own = _own(draft)
    if len(own) > MOST:
        message = f"A chain may have {MOST} templates; there are {len(own)}. Leave out those that nothing names."
        yield Remark(message, file=own[MOST].file)
    for source in own[:MOST]:
        for line, message in _problems(source):
            yield Remark(message, PurePath(source.file).name, line, file=source.file)


def _problems(source: Source) -> Iterator[tuple[int | None, str]]:
    stem, most = composed(PurePath(source.file).stem), MOST_BYTES[source.suffix]
    if not NAME.fullmatch(stem):
        yield None, "A template is named by a letter, then letters, digits, '_' and '-', up to 64. Rename the file."
    if stem in OF_THE_HALL[source.suffix]:
        yield None, f"The hall has a template '{stem}' of its own, which stays. Give this one another name."
    if len(source.data) > most:
        yield None, f"A template of this kind may have {most} bytes; this one has {len(source.data)}."
        return
    try:
        text = source.data.decode("utf-8")
    except UnicodeDecodeError:
        yield None, "A template is UTF-8 text; this one isn't. Save it as UTF-8."
        return
    if source.suffix == DOCUMENT:
        yield from refused_in_document(text)
        return
    try:
        read_notice(source.data)
    except ModelError as error:
        yield None, error.message


def unused(draft: Draft) -> Iterator[Remark]:
    """Report templates of the given files that nothing names."""
    schema = schema_of(draft)
    named: dict[str, frozenset[str] | None] = dict.fromkeys(TEMPLATE_OF.values(), frozenset())
    for process in draft.processes.values():
        for element in process.elements.values():
            suffix, names = TEMPLATE_OF.get(element.job or ""), named_by(schema, process, element)
            if suffix is not None:
                before = named[suffix]
                named[suffix] = before | names if before is not None and names is not None else None
    for source in _own(draft):
        known = named[source.suffix]
        for name in source.ids:
            if known is not None and name not in known and source in draft.given:
                yield Remark(f"Nothing names the template '{name}'. Name it in a task, or leave it out.", name, None,
                             file=source.file)  # fmt: skip


def not_typeset(draft: Draft) -> Iterator[Remark]:
    """Report documents that can't be typeset: with nothing given, or with what the chain gives them."""
    if draft.try_out is None:
        return
    for name, source in draft.documents.items():
        if any(_problems(source)):
            continue
        for values, how in (({}, "with no field given"), *((given, "as it is given") for given in _given(draft, name))):
            trouble = draft.try_out(source.data, values)
            if trouble is not None:
                hint = ' A list is read as values("name").' if "spread" in trouble[0] else ""
                message = f"The template can't be typeset {how}: {trouble[0]}.{hint}"
                yield Remark(message, name, trouble[1], file=source.file)
                break


def _given(draft: Draft, name: str) -> Iterable[Mapping[str, Any]]:
    """Return sample values for a document, in the shapes in which the chain gives them."""
    schema = schema_of(draft)
    samples: list[Mapping[str, Any]] = []
    for process in draft.processes.values():
        for element in process.elements.values():
            is_named = TEMPLATE_OF.get(element.job or "") == DOCUMENT and name in (
                named_by(schema, process, element) or ()
            )
            if is_named and len(samples) < _MOST_SAMPLES:
                given = given_to(schema, process, element)
                sample = {key: _sample(shape) for key, shape in (given or {}).items()}
                if sample and sample not in samples:
                    samples.append(sample)
    return samples


def _sample(shape: Shape) -> Any:
    """Return a value of a shape; a text where nothing is known of it."""
    if shape.kinds == frozenset():
        return None
    if shapes.LIST in (shape.kinds or ()):
        return [_sample(shape.item)] * 2 if shape.item is not None else [_HOSTILE] * 2
    if shapes.CONTEXT in (shape.kinds or ()):
        return {name: _sample(inner) for name, inner in (shape.members or {}).items()}
    if shape.options:
        return min(shape.options)
    return next((_SAMPLES[kind] for kind in sorted(shape.kinds or ()) if kind in _SAMPLES), _HOSTILE)
