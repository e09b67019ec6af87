"""Names of facts in a chain version: which its forms fill in, which it reads, which it sets. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass

from engine.base.canonical import text_of
from engine.language.forms import Form
from engine.law.matter import ACTIONS
from engine.model.chain.model import Process

WORD = re.compile(r"[^\W\d]\w*")


def expressions(part: object) -> Iterator[str]:
    """All expressions of an element, a flow or a process: the texts in it that begin with `=`."""
    if isinstance(part, str):
        if part.startswith("="):
            yield part
    elif isinstance(part, Mapping):
        for value in part.values():
            yield from expressions(value)
    elif isinstance(part, tuple | list):
        for value in part:
            yield from expressions(value)
    elif is_dataclass(part) and not isinstance(part, type):
        for field in fields(part):
            yield from expressions(getattr(part, field.name))


@dataclass(frozen=True, slots=True)
class Names:
    """Facts that forms fill in; those that anything may read; all that the version fills in, reads or sets.

    `read` may hold words that are no facts: it is for telling which facts nothing reads.
    """

    filled_in: frozenset[str]
    read: frozenset[str]
    known: frozenset[str]


def names_of(processes: Iterable[Process], forms: Mapping[str, Form], files: Mapping[str, bytes]) -> Names:
    elements = [element for process in processes for element in process.elements.values()]
    flows = [flow for process in processes for flow in process.flows.values()]
    texts = [text for part in (*elements, *flows) for text in expressions(part)]
    texts += [text_of(data) for name, data in files.items() if name.endswith((".form", ".dmn"))]
    actions = [action for element in elements if (action := ACTIONS.get(element.job or "")) is not None]
    read = {word for text in texts for word in WORD.findall(text)}
    read.update(name for action in actions for name in (*action.required, *action.optional))
    told = {name for action in actions for name in action.outputs}
    mapped = {mapping.target for element in elements for mapping in (*element.inputs, *element.outputs)}
    results = {element.result for element in elements if element.result}
    loops = [element.multi for element in elements if element.multi is not None]
    items = {name for loop in loops for name in (loop.input_element, loop.output_collection) if name}
    filled_in = frozenset(name for form in forms.values() for name in form.names)
    return Names(filled_in, frozenset(read), filled_in | read | told | mapped | results | items)
