"""A chain version: one immutable state of a chain, named by the digest of everything that it reaches.

It is made from bytes alone (`load`), so that a case runs from what was stored, never from a folder. Inside a version
files have names of their own: renaming or moving one on disk changes nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from engine.base.canonical import canonical, composed, digest, digest_of, text_of
from engine.base.errors import ModelError
from engine.language import forms
from engine.language.forms import Form
from engine.language.templates import DOCUMENT, NOTICE
from engine.law import catalogue
from engine.law.catalogue import Catalogue
from engine.law.matter import ACTIONS
from engine.model.chain.files import Source, by_id
from engine.model.chain.model import Element, Process
from engine.model.chain.names import Names, names_of

MANIFEST = "manifest.json"
CATALOGUE = "catalogue.json"
FORMAT = 1
"""Number of the manifest's shape, by which stored versions of an older shape are recognised."""

Readers = frozenset[frozenset[str]]
"""Sets of roles: who holds one of each may read a fact."""

TEMPLATES = "templates"
"""Folder of the templates within a version."""
_FOLDERS = {".bpmn": "processes", ".dmn": "decisions", ".form": "forms", DOCUMENT: TEMPLATES, NOTICE: TEMPLATES}
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class ChainVersion:
    """The chain that a case is pinned to. `files` holds all of it; the other fields are read from them.

    `name` is the chain's key, `title` its name for people, `main` the id of the process that a case runs, `stages` the
    ids
    of the processes that a case may be started with instead. `decisions`: DMN files by decision id. `catalogue` None: a
    bare model, without items and organisation. `personal`: the names of facts that are personal values, because a form
    says so or a mapping passes one on. `confidential`: names of facts likewise, each with sets of roles: who holds one
    of each may read it.
    """

    name: str
    title: str
    main: str
    files: Mapping[str, bytes]
    processes: Mapping[str, Process]
    forms: Mapping[str, Form]
    decisions: Mapping[str, bytes]
    catalogue: Catalogue | None
    personal: frozenset[str]
    stages: tuple[str, ...] = ()
    confidential: Mapping[str, Readers] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """`sha256:…` over the names and digests of all files."""
        return digest_of([[name, digest(data)] for name, data in sorted(self.files.items())])

    @cached_property
    def names(self) -> Names:
        """The names of facts in it."""
        return names_of(self.processes.values(), self.forms, self.files)

    @property
    def documents(self) -> tuple[bytes, ...]:
        """The BPMN files, in the order of their names."""
        return tuple(data for name, data in sorted(self.files.items()) if name.endswith(".bpmn"))

    @property
    def process(self) -> Process:
        """The main process."""
        return self.processes[self.main]

    @cached_property
    def starts(self) -> tuple[str, ...]:
        """The processes that a case may be started with: the main one and the stages, each after those it follows."""
        ids = (self.main, *self.stages)
        return tuple(sorted(ids, key=lambda id: len(self.before(id))))

    def title_of(self, process: str) -> str:
        """Return what people call a case of this process: a stage by its own name, any other by the chain's."""
        return self.processes[process].name if process in self.stages else self.title

    def before(self, process: str) -> tuple[str, ...]:
        """Return the stages that a process follows, directly or not, the nearest first."""
        return followed(process, self.processes)

    def tree(self, process: str) -> Mapping[str, Process]:
        """Return the process and the processes that it calls, directly or not, by id."""
        return reached((process,), self.processes)

    def items_of(self, process: str) -> Catalogue | None:
        """Return the items that a process, those it calls, and their decisions name; None for a bare model."""
        if self.catalogue is None:
            return None
        if process not in self._items:
            tree, tables = self.tree(process).values(), self._tables(process)
            self._items[process] = self.catalogue.subset(named_items(tree, tables, self.catalogue))
        return self._items[process]

    def choices(self, process: str) -> tuple[frozenset[str], ...]:
        """Return the items of each decision table that a process reaches; which of them a case has, the table
        decides.
        """
        if self.catalogue is None:
            return ()
        if process not in self._choices:
            named = (named_items((), (table,), self.catalogue) for table in self._tables(process))
            self._choices[process] = tuple(frozenset(keys) for keys in named if keys)
        return self._choices[process]

    def _tables(self, process: str) -> list[bytes]:
        """Return the files of the decisions that a process reaches, each once."""
        elements = (e for p in self.tree(process).values() for e in p.elements.values())
        asked = dict.fromkeys(e.decision for e in elements if e.decision)
        return list(dict.fromkeys(self.decisions[id] for id in asked if id in self.decisions))

    @cached_property
    def _items(self) -> dict[str, Catalogue]:
        return {}

    @cached_property
    def _choices(self) -> dict[str, tuple[frozenset[str], ...]]:
        return {}

    def element(self, process: str, element: str) -> Element:
        return self.processes[process].elements[element]

    def document_of(self, process: str) -> bytes:
        """Return the BPMN file that has this process, for a page to draw."""
        name = self.processes[process].file
        return self.files[name]


def load(files: Mapping[str, bytes]) -> ChainVersion:
    """Return the version in these files, as `pack` made them. Raises ModelError where they are no version."""
    manifest = _manifest(files)
    roots = (manifest.main, *manifest.stages)
    sources = [Source(name, "." + name.rpartition(".")[2], data) for name, data in sorted(files.items())]
    stored = {id: s.document.processes[id] for id, s in by_id(sources, ".bpmn").items()}
    processes = reached(roots, stored)
    for id in roots:
        if id not in processes:
            raise ModelError(f"Expected the process '{id}' among the files; it isn't there.")
    read_forms = {id: forms.read(s.data) for id, s in by_id(sources, ".form").items()}
    tables = {id: s.data for id, s in by_id(sources, ".dmn").items()}
    return ChainVersion(
        manifest.name,
        manifest.title,
        manifest.main,
        MappingProxyType(dict(files)),
        MappingProxyType(processes),
        MappingProxyType(read_forms),
        MappingProxyType(tables),
        catalogue.read(files[CATALOGUE]) if CATALOGUE in files else None,
        personal_names(processes.values(), read_forms),
        manifest.stages,
        MappingProxyType(confidential_names(processes.values(), read_forms)),
    )


class _Manifest(NamedTuple):
    name: str
    title: str
    main: str
    stages: tuple[str, ...]


def _manifest(files: Mapping[str, bytes]) -> _Manifest:
    try:
        manifest = json.loads(files[MANIFEST])
        if manifest["format"] != FORMAT:
            raise ModelError(f"Expected a chain version of format {FORMAT}; found {manifest['format']}.")
        name, title, main = (composed(str(manifest[key])) for key in ("name", "title", "main"))
        return _Manifest(name, title, main, tuple(composed(str(id)) for id in manifest.get("stages", ())))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"Expected a chain version with its {MANIFEST}; found {sorted(files)}.") from error


def reached(roots: Iterable[str], processes: Mapping[str, Process]) -> dict[str, Process]:
    """Return the processes `roots` and those they call, directly or not, by id; a missing process is left out."""
    known: dict[str, Process] = {}
    todo = list(roots)
    while todo:
        id = todo.pop()
        if id in processes and id not in known:
            known[id] = processes[id]
            todo += [e.called for e in known[id].elements.values() if e.called]
    return dict(sorted(known.items()))


def followed(process: str, processes: Mapping[str, Process]) -> tuple[str, ...]:
    """Return the processes that a process follows, directly or not, the nearest first; in a circle, itself too."""
    before: list[str] = []
    id = processes[process].properties.get("follows", "")
    while id in processes and id not in before:
        before.append(id)
        id = processes[id].properties.get("follows", "")
    return tuple(before)


def pack(
    name: str, title: str, main: str, sources: Iterable[Source], items: Catalogue | None, stages: Iterable[str] = ()
) -> dict[str, bytes]:
    """Return the files of a version by name: the sources as they are, the catalogue as given, a manifest.

    The manifest lists stages only if there are any: so a chain without them keeps its digest.
    """
    files = {f"{_FOLDERS[s.suffix]}/{s.ids[0]}{s.suffix}": s.data for s in sources}
    if items is not None:
        files[CATALOGUE] = items.to_json()
    manifest: dict[str, Any] = {"format": FORMAT, "name": name, "title": title, "main": main}
    if stages := list(stages):
        manifest["stages"] = stages
    files[MANIFEST] = canonical(manifest)
    return dict(sorted(files.items()))


def texts(element: Element) -> Iterable[str]:
    """Yield all texts of an element that may be expressions."""
    yield from (m.source for m in (*element.inputs, *element.outputs))
    yield from element.headers.values()
    multi, event = element.multi, element.event
    stated = [element.assignee, element.candidate_groups, element.due_date, element.script]
    stated += [multi.input_collection, multi.output_element, multi.completion] if multi else []
    stated += [event.name, event.key, event.text] if event else []
    yield from (text for text in stated if text)


def quoted(text: str) -> list[str]:
    """Return the texts in quotation marks in an expression."""
    return _QUOTED.findall(text)


def unquoted(text: str) -> str:
    """Return an expression without its quoted texts: names and operators are left."""
    return _QUOTED.sub("", text)


def literals(process: Process) -> set[str]:
    """Return the texts that stand literally in a process: plain sources, and quoted texts in expressions."""
    flows = (f.condition for f in process.flows.values() if f.condition)
    literal_texts: set[str] = set()
    for text in (*flows, *(text for e in process.elements.values() for text in texts(e))):
        literal_texts.update(quoted(text) if text.startswith("=") else (text,))
    return literal_texts


def named_items(processes: Iterable[Process], tables: Iterable[bytes], items: Catalogue) -> list[str]:
    """Return the keys of the catalogue's items that the processes or their decision tables name."""
    named = {text for process in processes for text in literals(process)}
    for data in tables:
        named.update(quoted(text_of(data).replace("&quot;", '"')))
    return [key for key in items.items if key in named]


def personal_names(processes: Iterable[Process], read_forms: Mapping[str, Form]) -> frozenset[str]:
    """Return the names of personal facts: form fields marked so, answers from outside, and all that a mapping or
    a form makes of them.
    """
    elements = [e for process in processes for e in process.elements.values()]
    personal = {name for form in read_forms.values() for name in form.personal}
    personal |= {name for element in elements for name in _answered(element)}
    return frozenset(_passed_on(elements, read_forms, dict.fromkeys(personal, frozenset())))


def confidential_names(processes: Iterable[Process], read_forms: Mapping[str, Form]) -> dict[str, Readers]:
    """Return the names of confidential facts, with who may read them: form fields, and all that a mapping or a form
    makes of them.
    """
    named: dict[str, Readers] = {}
    for form in read_forms.values():
        for name, readers in form.confidential.items():
            named[name] = named.get(name, frozenset()) | readers
    return _passed_on([e for process in processes for e in process.elements.values()], read_forms, named)


def _passed_on(
    elements: Iterable[Element], read_forms: Mapping[str, Form], named: Mapping[str, Readers]
) -> dict[str, Readers]:
    """Return these names of facts, and those that get a value from an expression that mentions one; each with the
    readers of all that it is made of.
    """
    known, grown = dict(named), True
    pairs = [*map(_passed, elements), *map(_computed, read_forms.values())]
    passed = [(unquoted(source), target) for some in pairs for source, target in some]
    while grown and known:
        names = "|".join(map(re.escape, sorted(known)))
        mentions, before = re.compile(rf"(?<![\w.])(?:{names})(?!\w)"), dict(known)
        for source, target in passed:
            for name in set(mentions.findall(source)):
                known[target] = known.get(target, frozenset()) | known[name]
        grown = known != before
    return known


def _computed(form: Form) -> Iterable[tuple[str, str]]:
    """Yield (expression, name of the fact) for what a form works out, or offers as options."""
    for slot in form.level.slots:
        texts = (slot.field.raw.get(name) for name in ("expression", "valuesExpression"))
        yield from ((text, slot.path[0]) for text in texts if isinstance(text, str))


def _answered(element: Element) -> Iterable[str]:
    """Return the facts that get another system's answer: a certificate from the library, for one, is a person's."""
    action = ACTIONS.get(element.job or "")
    if element.job is None or (action is not None and action.outside is None):
        return ()
    return [m.target for m in element.outputs] or (action.outputs if action is not None else ())


def _passed(element: Element) -> Iterable[tuple[str, str]]:
    """Yield (expression, name of the fact that gets its value) for an element."""
    yield from ((m.source, m.target) for m in (*element.inputs, *element.outputs) if m.source.startswith("="))
    if element.script and element.result:
        yield element.script, element.result
    multi = element.multi
    if multi and multi.input_element:
        yield multi.input_collection, multi.input_element
    if multi and multi.output_element and multi.output_collection:
        yield multi.output_element, multi.output_collection
