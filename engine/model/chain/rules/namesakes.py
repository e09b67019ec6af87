"""The rule about facts that are named like a built-in function of FEEL, such as `date`: legal, and easily misread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.base.errors import LicetError, ModelError
from engine.language import feel, forms
from engine.model.chain.dialect import FEEL_FUNCTIONS
from engine.model.chain.draft import Draft
from engine.model.chain.model import Element, Flow, Process
from engine.model.chain.rules.remark import Remark, at
from engine.model.chain.rules.wording import expression_texts, fact_names


def named_like_functions(draft: Draft) -> Iterator[Remark]:
    """Report fields, facts that a model sets, and names that it reads, which are names of built-in functions.

    Behind a filter's bracket a name may be an entry of the items: what is read there isn't looked at.
    """
    for source in (s for s in draft.sources if s.suffix == ".form"):
        try:
            form = forms.read(source.data)
        except ModelError:
            continue  # told by another rule
        for name in _namesakes(form.names):
            yield Remark(_message("The field", name), None, None, file=source.file)
    for process in draft.processes.values():
        for place, name in _named(process):
            yield at(place, _message("The fact", name), file=process.file)


def _named(process: Process) -> Iterator[tuple[Element | Flow, str]]:
    for flow in process.flows.values():
        yield from ((flow, name) for name in _namesakes(_read_by(flow.condition or "")))
    for element in process.elements.values():
        found = {name for _, name in fact_names(element)}
        for text in expression_texts(element):
            found |= _read_by(text)
        yield from ((element, name) for name in _namesakes(found))


def _read_by(text: str) -> frozenset[str]:
    if not text.startswith("=") or "[" in text:
        return frozenset()
    try:
        return feel.compile(text[1:], functions=FEEL_FUNCTIONS.keys()).names
    except LicetError:
        return frozenset()  # told by another rule


def _namesakes(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name in feel.BUILT_IN)


def _message(what: str, name: str) -> str:
    return (
        f"{what} '{name}' is named like the built-in function {name}(…). It is the fact, except where it is called. "
        "Another name can't be misread."
    )
