"""Facts that are set under a name that nothing reads, near to one that is read: misspelt where they are set.

Another writer may set the right name, so that no reader misses it. A fact that nobody reads is no mistake by itself:
people see it on the page of the case.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.model.chain.data.inference import Misread
from engine.model.chain.data.likeness import slipped_from
from engine.model.chain.data.places import Spot
from engine.model.chain.data.readers import Readers, Reads, fields_of, names_in, together
from engine.model.chain.data.schema import Schema
from engine.model.chain.model import Element, Process

_Written = tuple[str, str, str, Reads]  # what it is called, the name, the text there, who may read it


def misreadings(schema: Schema, readers: Readers) -> Iterator[tuple[Spot, Misread]]:
    """Yield the names that are set, never read, and near to one that is."""
    for process in schema.draft.processes.values():
        inside, above = readers.inside(process), readers.above(process)
        for element in process.elements.values():
            written = list(_scoped(readers, process, element))
            if inside is not None and above is not None:
                written += _set(readers, process, element, inside | above)
            for what, name, text, reads in written:
                if name in reads.words or name in reads.names:
                    continue
                meant = slipped_from(name, sorted(reads.names))
                if meant is not None:
                    spot = Spot(process, element, what, text, schema.names(process, element))
                    yield spot, Misread("unread", name, f"Nothing reads '{name}'.", (meant,))


def _set(readers: Readers, process: Process, element: Element, around: Reads) -> Iterator[_Written]:
    """Yield what an element sets in its process."""
    shown = readers.shown(process)
    for mapping in element.outputs:
        yield f"output '{mapping.target}'", mapping.target, mapping.target, around | shown
    multi = element.multi
    if multi is not None and multi.output_collection:
        yield "outputCollection", multi.output_collection, multi.output_collection, around | shown
    own = _taken(element) if element.outputs else None
    if element.result:
        yield "resultVariable", element.result, element.result, own or around | shown
    form = readers.form_of(element)
    if form is not None:
        reads = readers.at(element) if own is not None else around | readers.shown(process, but=element.form)
        for field in sorted(fields_of(form)):
            yield f"field '{field}' of form '{element.form}'", field, field, reads


def _taken(element: Element) -> Reads:
    """Return the names that the outputs of an element read."""
    texts = [mapping.source for mapping in element.outputs]
    texts += [element.multi.output_element] if element.multi is not None and element.multi.output_element else []
    return together(Reads(names_in(text)) for text in texts)


def _scoped(readers: Readers, process: Process, element: Element) -> Iterator[_Written]:
    """Yield what is set for an element alone, where all that may read it is known."""
    if element.kind not in ("userTask", "scriptTask", "businessRuleTask"):
        return
    form = readers.form_of(element)
    if element.kind == "userTask" and form is None:
        return
    reads = readers.at(element) | Reads(fields_of(form) if form is not None else frozenset())
    for mapping in element.inputs:
        yield f"input '{mapping.target}'", mapping.target, mapping.source, reads
    multi = element.multi
    if multi is not None and multi.input_element:
        yield "inputElement", multi.input_element, multi.input_element, reads
