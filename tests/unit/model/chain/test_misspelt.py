"""Misspelt references are found: sites are enumerated from the XML and JSON of the shipped chains themselves.

Each place that refers to something by name is misspelt, each option changed, each type swapped, one at a time. The
sites come from the files as text, never from the schema that the check works out. What can't matter is left out by name
(`EQUIVALENT`): nothing reads it, or it says the same.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from lxml import etree

from engine.language import decisions, forms
from engine.model import chain
from engine.model.chain import files, reading, rules
from engine.model.chain.dialect import FEEL_FUNCTIONS
from engine.model.chain.draft import Draft
from engine.model.chain.files import Source
from engine.model.chain.model import Finding
from engine.model.chain.rules import reference

SHIPPED = chain.INSTALLED
SOAK = bool(os.environ.get("LICET_SOAK"))
SMALL = 40
BAR = 98
"""Percent of the misspelt references that have to be found; of few, one may lack. The test lists what lacks."""

LOAD = files.load_source
WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[^\W\d]\w*')
NO_NAMES = frozenset(
    (
        "if", "then", "else", "and", "or", "not", "in", "for", "return", "some", "every", "satisfies", "true",
        "false", "null", "instance", "of", "between", "function", "item", "now", "today", "date", "time",
        "duration", "string", "number", "count", "sum", "list", "contains", "append", "concatenate", "flatten",
        "context", "put", "join", "due", "workdays", "before", "missing", "granted", "supplied", "matters",
        "matter", "applicant", "name", "case", "get", "value", "max", "min", "decimal", "floor", "ceiling",
        "round", "up", "down", "substring", "length", "upper", "lower", "starts", "with", "ends", "matches",
        "is", "defined", "distinct", "values", "sort", "external", "years", "months", "days", "hours", "union",
        "reverse", "index", "sublist", "all", "any", "abs", "modulo",
    )
)  # fmt: skip
"""Words of FEEL and names of functions: other rules know them."""


@dataclass(frozen=True)
class Site:
    """One reference: the file, the place in its tree, the text there, and the part of it that refers to something."""

    kind: str
    file: Path
    place: str
    attribute: str
    text: str
    start: int
    end: int

    @property
    def name(self) -> str:
        return self.text[self.start : self.end].strip('"')


def misspelt(name: str, chance: random.Random) -> str:
    """The name with two letters swapped, one left out, one doubled, or one changed."""
    at = chance.randrange(len(name))
    ways = [name[:at] + name[at + 1 :], name[: at + 1] + name[at:], name[:at] + "x" + name[at + 1 :]]
    if at + 1 < len(name):
        ways.append(name[:at] + name[at + 1] + name[at] + name[at + 2 :])
    ways = [way for way in ways if way != name and way and not way[0].isdigit()]
    return chance.choice(ways) if ways else name + "x"


# ---------------------------------------------------------------------- sites


EXPRESSIONS = {
    ("input", "source"), ("output", "source"), ("script", "expression"), ("loopCharacteristics", "inputCollection"),
    ("loopCharacteristics", "outputElement"), ("assignmentDefinition", "assignee"),
    ("assignmentDefinition", "candidateGroups"), ("assignmentDefinition", "candidateUsers"),
    ("taskSchedule", "dueDate"), ("subscription", "correlationKey"), ("header", "value"), ("property", "value"),
}  # fmt: skip
TEXTS = {"conditionExpression", "timeDate", "timeDuration", "timeCycle", "completionCondition"}
REFERENCES = {
    ("formDefinition", "formId"): "form", ("calledElement", "processId"): "process",
    ("calledDecision", "decisionId"): "decision", ("calledDecision", "resultVariable"): "target",
    ("script", "resultVariable"): "target", ("input", "target"): "target", ("output", "target"): "target",
    ("header", "key"): "input", ("taskDefinition", "type"): "action", ("loopCharacteristics", "inputElement"): "target",
    ("loopCharacteristics", "outputCollection"): "target",
}  # fmt: skip
NAMED = {"template": "template", "to": "recipient", "register": "option", "clock": "option"}
COMPARED = re.compile(r'(?:!=|[^<>]=|\bin)\s*("[^"]*"|true|false|\d+)')


def sites(folder: Path) -> Iterator[Site]:
    """All sites of the models, decisions and forms under a folder."""
    for file in sorted(folder.rglob("*")):
        if file.suffix == ".bpmn":
            yield from of_model(file)
        elif file.suffix == ".dmn":
            yield from of_decision(file)
        elif file.suffix == ".form":
            yield from of_form(file)


def in_expression(file: Path, place: str, attribute: str, text: str, start: int = 1) -> Iterator[Site]:
    bound = set(re.findall(r"\b(\w+)\s+in\b", text))
    for found in WORD.finditer(text, start):
        word, before, after = found[0], text[: found.start()].rstrip(), text[found.end() :].lstrip()
        if word.startswith('"') or word in NO_NAMES or word in bound or after.startswith((":", "(")):
            continue
        kind = "member" if before.endswith(".") else "name"
        yield Site(kind, file, place, attribute, text, found.start(), found.end())
    for found in COMPARED.finditer(text, start):
        if found[1].startswith('"') and len(found[1]) > len('""'):
            yield Site("option", file, place, attribute, text, found.start(1), found.end(1))
        yield Site("type", file, place, attribute, text, found.start(1), found.end(1))


def of_model(file: Path) -> Iterator[Site]:
    tree = etree.parse(file)
    for number, node in enumerate(tree.iter(etree.Element)):
        tag, place = etree.QName(node).localname, str(number)
        if tag in TEXTS and (node.text or "").strip().startswith("="):
            yield from in_expression(file, place, "", node.text.strip())
        for name, value in node.attrib.items():
            if (tag, name) in EXPRESSIONS and value.startswith("="):
                yield from in_expression(file, place, name, value)
            if (kind := REFERENCES.get((tag, name))) is not None:
                yield Site(kind, file, place, name, value, 0, len(value))
        if tag == "header" and node.get("key") in NAMED and not node.get("value", "").startswith("="):
            yield Site(NAMED[node.get("key")], file, place, "value", node.get("value"), 0, len(node.get("value")))
        groups = node.get("candidateGroups") or "="
        if tag == "assignmentDefinition" and not groups.startswith("="):
            for found in re.finditer(r"\w+", groups):
                yield Site("role", file, place, "candidateGroups", groups, found.start(), found.end())
        if tag == "property" and node.get("name") in ("fourEyes", "sendBack"):
            for found in re.finditer(r"\w+", node.get("value")):
                yield Site("task", file, place, "value", node.get("value"), found.start(), found.end())


def of_decision(file: Path) -> Iterator[Site]:
    tree = etree.parse(file)
    for number, node in enumerate(tree.iter(etree.Element)):
        tag, place = etree.QName(node).localname, str(number)
        parent = etree.QName(node.getparent()).localname if node.getparent() is not None else ""
        if tag == "inputData" and node.get("name"):
            yield Site("dmn input", file, place, "name", node.get("name"), 0, len(node.get("name")))
        if tag == "output" and node.get("name"):
            yield Site("target", file, place, "name", node.get("name"), 0, len(node.get("name")))
        if tag in ("inputExpression", "variable", "output") and node.get("typeRef"):
            yield Site("type", file, place, "typeRef", node.get("typeRef"), 0, len(node.get("typeRef")))
        if tag == "text" and parent == "inputExpression":
            yield from in_expression(file, place, "", node.text or "", 0)
        if tag == "text" and parent in ("inputEntry", "inputValues"):
            for found in re.finditer(r'"[^"]+"', node.text or ""):
                yield Site("option", file, place, "", node.text, found.start(), found.end())


def of_form(file: Path) -> Iterator[Site]:
    def walk(value: object, place: str) -> Iterator[Site]:
        if isinstance(value, list):
            for number, inner in enumerate(value):
                yield from walk(inner, f"{place}/{number}")
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield from walk(inner, f"{place}/{key}")
        elif isinstance(value, str):
            key = place.rpartition("/")[2]
            if value.startswith("="):
                yield from in_expression(file, place, key, value)
            elif key in ("key", "path"):
                yield Site("target", file, place, key, value, 0, len(value))
            elif key == "value" and value:
                yield Site("offered", file, place, key, value, 0, len(value))
            for found in re.finditer(r"\{\{\s*(\w+)", value):
                yield Site("placeholder", file, place, key, value, found.start(1), found.end(1))

    yield from walk(json.loads(file.read_text("utf-8")), "")


def mutant(site: Site, chance: random.Random) -> tuple[str, bytes]:
    """What stands there instead, and the whole file with it."""
    old = site.text[site.start : site.end]
    if site.kind == "type":
        types = {"string": "number", "number": "boolean", "boolean": "string", "date": "boolean"}
        new = types.get(old, "string") if site.attribute == "typeRef" else "true" if old[0] == '"' else f'"{old}"'
    elif old.startswith('"'):
        new = f'"{misspelt(old[1:-1], chance)}"'
    else:
        new = misspelt(old, chance)
    text = site.text[: site.start] + new + site.text[site.end :]
    if site.file.suffix == ".form":
        form = json.loads(site.file.read_text("utf-8"))
        *path, last = site.place.strip("/").split("/")
        inner = form
        for step in path:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        inner[last] = text
        return new, json.dumps(form, ensure_ascii=False).encode()
    tree = etree.parse(site.file)
    node = list(tree.iter(etree.Element))[int(site.place)]
    if site.attribute:
        node.set(site.attribute, text)
    else:
        node.text = text
    return new, etree.tostring(tree, xml_declaration=True, encoding="UTF-8")


# ---------------------------------------------------------------------- equivalents, by name


@dataclass(frozen=True)
class Words:
    """The words that are read, by file; the models and the files that may read what a file sets; and the words that
    calls of a model's processes read of what comes back. `taken`: the words that the tasks of a form read of what it
    brings, where all of them have outputs; what these don't read is dropped.
    """

    read: dict[Path, set[str]]
    models: dict[Path, set[Path]]
    near: dict[Path, set[Path]]
    back: dict[Path, set[str]]
    taken: dict[Path, set[str]]

    def reads(self, site: Site) -> bool:
        if site.file in self.taken:
            return site.name in self.taken[site.file] | self.read.get(site.file, set())
        here = any(site.name in self.read.get(file, ()) for file in self.near[site.file])
        return here or any(site.name in self.back.get(model, ()) for model in self.models[site.file])


def words_of(root: Path) -> Words:
    """What a file sets may be read by the models that show or ask it, by what these name (their forms, decisions and
    called processes, with the forms and decisions of those), and by the outputs of the elements that call them.
    """
    read: dict[Path, set[str]] = {}
    for site in sites(root):
        if site.kind in ("name", "member", "placeholder", "dmn input", "option"):
            read.setdefault(site.file, set()).add(site.name)
    homes: dict[str, set[Path]] = {}
    named: dict[Path, set[str]] = {}
    back: dict[str, set[str]] = {}
    taken: dict[str, list[set[str]]] = {}
    for file in (file for file in root.rglob("*") if file.suffix in (".bpmn", ".dmn", ".form")):
        if file.suffix == ".form":
            homes.setdefault(json.loads(file.read_text("utf-8"))["id"], set()).add(file)
            continue
        for node in etree.parse(file).iter(etree.Element):
            if etree.QName(node).localname in ("process", "decision"):
                homes.setdefault(node.get("id"), set()).add(file)
            named.setdefault(file, set()).update(node.get(key, "") for key in ("processId", "formId", "decisionId"))
            if not node.get("processId") and not node.get("formId"):
                continue
            task = node.getparent().getparent()
            texts = [*task.xpath(".//*[local-name()='output']/@source"), *task.xpath(".//@outputElement")]
            words = set(re.findall(r"\w+", " ".join(texts)))
            if node.get("processId"):
                back.setdefault(node.get("processId"), set()).update(words if texts else read.get(file, ()))
            else:
                taken.setdefault(node.get("formId"), []).append(words)
    names = {file: {home for id in ids for home in homes.get(id, ())} for file, ids in named.items()}
    models = {
        file: {file} if file.suffix == ".bpmn" else {m for m in names if file in names[m]}
        for home in homes.values()
        for file in home
    }
    near: dict[Path, set[Path]] = {}
    for file, own in models.items():
        inner = own | {other for model in own for other in names.get(model, ())}
        near[file] = {file} | inner | {other for model in inner for other in names.get(model, ())}
    by_model: dict[Path, set[str]] = {}
    for id, words in back.items():
        for home in homes.get(id, ()):
            by_model.setdefault(home, set()).update(words)
    by_form = {home: set().union(*taken[id]) for id in taken if all(taken[id]) for home in homes.get(id, ())}
    return Words(read, models, near, by_model, by_form)


def equivalent(site: Site, words: Words) -> str | None:
    """Why nothing can tell the mutant from the original; None if something can."""
    if site.kind == "target" and not words.reads(site):
        return "nothing reads it"
    if site.kind == "offered" and not words.reads(site):
        return "nothing compares with it"
    return None


# ---------------------------------------------------------------------- the study


class Study:
    """Checks chains with one file changed. Every other file is read once, and what a rule says of it kept."""

    def __init__(self, patch: pytest.MonkeyPatch, folders: list[Path]) -> None:
        self.loaded: dict[Path, Source | Finding] = {}
        self.changed: dict[Path, Source] = {}
        self.files: dict[Path, set[Path]] = {}
        self.now: Path = folders[0]
        drafted = reading._draft
        patch.setattr(files, "load_source", self.load)
        patch.setattr(reading, "load_source", self.load)
        patch.setattr(reading, "_draft", lambda *given: self.note(drafted(*given)))
        patch.setattr(forms, "read", lru_cache(4_096)(forms.read))
        patch.setattr(reference, "decisions", SimpleNamespace(read=lambda data, functions: read_once(data)))
        first = sorted(rules.RULES, key=lambda id: id not in rules.ABOUT_DATA)
        told = {id: kept(rules.RULES[id], self.is_first) for id in first if id != "step-limits"}
        patch.setattr(rules, "RULES", told)
        self.before = {folder: set(self.findings(folder)) for folder in folders}
        self.of_chain = dict(self.files)

    def is_first(self) -> bool:
        return not self.changed

    def note(self, drafted: tuple[Draft, list[Finding]]) -> tuple[Draft, list[Finding]]:
        self.files[self.now] = {Path(source.file).resolve() for source in drafted[0].sources}
        return drafted

    def load(self, path: Path) -> Source | Finding:
        path = path.resolve()
        if path in self.changed:
            return self.changed[path]
        if path not in self.loaded:
            self.loaded[path] = LOAD(path)
        return self.loaded[path]

    def findings(self, folder: Path) -> Iterator[tuple[str, str, str]]:
        """What `reading.read` finds, one after the other."""
        self.now = folder
        sources, unread = reading._sources(files.inside(folder))
        draft, more = reading._draft(sources, folder, files.shelves(folder, ()), None)
        found = itertools.chain(unread, more, rules.apply(draft))
        return ((Path(f.file).name, f.rule, f.message) for f in found)

    def finds(self, site: Site, data: bytes) -> bool:
        path = site.file.resolve()
        self.changed = {path: Source(str(site.file), site.file.suffix, data)}
        near = [folder for folder in self.before if path in self.of_chain[folder]]
        near.sort(key=lambda folder: len(self.of_chain[folder]))
        return any(finding not in self.before[folder] for folder in near for finding in self.findings(folder))


@lru_cache(4_096)
def read_once(data: bytes) -> SimpleNamespace:
    """All that the rules want to know of a decision."""
    return SimpleNamespace(problems=decisions.read(data, functions=FEEL_FUNCTIONS.keys()).problems)


def kept(rule: rules.Rule, keep: Callable[[], bool]) -> rules.Rule:
    """The rule, which asks about each document and each process only once."""

    def once(check):
        told = {}

        def asked(about):
            if id(about) in told:
                return iter(told[id(about)][1])
            found = list(check(about))
            if keep():
                told[id(about)] = about, found
            return iter(found)

        return asked

    return dataclasses.replace(
        rule,
        of_file=once(rule.of_file) if rule.of_file is not None else None,
        of_process=once(rule.of_process) if rule.of_process is not None else None,
    )


def study(
    patch: pytest.MonkeyPatch, root: Path, most: int, seed: int = 11, part: tuple[int, int] = (0, 1)
) -> tuple[Counter, Counter, list[str], Counter]:
    """Return found and made by kind, what wasn't found, and the equivalents by reason."""
    chance = random.Random(seed)
    asked = Study(patch, files.chains_in(root))
    every, words = list(sites(root)), words_of(root)
    chosen = every if most >= len(every) else chance.sample(every, most)
    found: Counter[str] = Counter()
    made: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    missed: list[str] = []
    for site in chosen[part[0] :: part[1]]:
        reason = equivalent(site, words)
        if reason is not None:
            left_out[reason] += 1
            continue
        new, data = mutant(site, chance)
        made[site.kind] += 1
        if asked.finds(site, data):
            found[site.kind] += 1
        else:
            missed.append(f"{site.kind}: {site.file.relative_to(root)} {site.place}: {site.text[:100]} → {new}")
    return found, made, missed, left_out


@pytest.mark.soak
def test_misspelt_references_in_the_shipped_chains_are_found(monkeypatch):
    found, made, missed, left_out = study(monkeypatch, SHIPPED, 10_000 if SOAK else SMALL)

    for kind in sorted(made):
        print(f"{kind:12} {found[kind]:5} of {made[kind]:5}")
    print(f"all {found.total()} of {made.total()}; left out: {dict(left_out)}")
    print("\n".join(missed))
    assert made.total() - found.total() <= max(1, made.total() * (100 - BAR) // 100)
