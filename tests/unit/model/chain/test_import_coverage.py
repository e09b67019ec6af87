"""Whatever another tool adds to BPMN is carried over or told: shown on models of its kind, and in docs/importing.md."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.model import chain
from engine.model.chain.dialect import EDITORS, OTHER_TOOLS
from engine.model.chain.importing import Imported, import_model
from engine.model.chain.importing.tools import TABLE, TOOLS

ROOT = Path(__file__).parents[4]
MODELS = sorted((ROOT / "tests/samples/imports").glob("*.bpmn"))
CORPUS = os.environ.get("LICET_CORPUS")
ELSEWHERE = {"called-process", "decision", "form"}
"""Rules that report what a model refers to in other files: they aren't among the samples."""
SAID_ALREADY = {("type", "external"), ("type", "dmn"), ("mapDecisionResult", "singleEntry")}
"""Attributes that are told as changed, though the model is the same without them."""
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


@dataclass(frozen=True)
class Thing:
    """One thing of another tool: an attribute, or an outermost element. `at`: how many nodes stand before its own."""

    at: int
    attribute: str | None
    name: str
    texts: tuple[str, ...]


def namespace(tag: object) -> str:
    return str(tag).rpartition("}")[0][1:]


def local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def things(root: etree._Element) -> Iterator[Thing]:
    """Yield all that isn't BPMN's or Licet's outside the diagram, from the tree alone."""
    for at, node in enumerate(root.iter("*")):
        around = list(node.iterancestors())
        foreign = namespace(node.tag) not in EDITORS
        if any(local(n.tag) == "BPMNDiagram" for n in [node, *around]) or any(
            namespace(n.tag) not in EDITORS for n in around
        ):
            continue
        if foreign:
            inside = [n for n in node.iter("*")]
            texts = [local(n.tag) for n in inside] + [str(v) for n in inside for v in n.attrib.values()]
            texts += [n.text for n in inside if n.text and n.text.strip()]
            yield Thing(at, None, local(node.tag), tuple(" ".join(text.split())[:150] for text in texts))
            continue
        for key, value in node.attrib.items():
            if namespace(key) and namespace(key) not in EDITORS:
                yield Thing(at, str(key), local(key), (local(key), " ".join(str(value).split())[:150]))


def without(data: bytes, thing: Thing) -> bytes:
    root = etree.fromstring(data)
    node = list(root.iter("*"))[thing.at]
    if thing.attribute is not None:
        del node.attrib[thing.attribute]
    else:
        parent = node.getparent()
        assert parent is not None
        parent.remove(node)
    return etree.tostring(root)


def is_named(thing: Thing, what: str) -> bool:
    shown = what.replace("\\'", "'").replace("\\\\", "\\")
    return all(text in shown for text in thing.texts)


def fates(data: bytes, done: Imported) -> dict[Thing, str]:
    """Return for each thing whether a change says that it was carried, or a finding that it is lost; else "lost"."""
    found = {}
    for thing in things(etree.fromstring(data)):
        parts = [thing] if thing.attribute or not is_container(thing) else list(inner(data, thing))
        said = [next((c for c in done.changes if is_named(part, c.what)), None) for part in parts]
        if not all(said):
            found[thing] = "lost"
        else:
            found[thing] = "told" if any(c is not None and c.lost for c in said) else "carried"
    return found


def is_container(thing: Thing) -> bool:
    return thing.name in ("inputOutput", "properties") and len(thing.texts) > 1


def inner(data: bytes, thing: Thing) -> Iterator[Thing]:
    """Yield the parts of an element that only holds others."""
    for part in list(etree.fromstring(data).iter("*"))[thing.at]:
        inside = list(part.iter("*"))
        texts = [local(n.tag) for n in inside] + [str(v) for n in inside for v in n.attrib.values()]
        yield Thing(thing.at, None, local(part.tag), (*(text[:150] for text in texts), thing.name))


@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.stem)
def test_nothing_of_another_tool_falls_away_unsaid(file: Path) -> None:
    data = file.read_bytes()
    done = import_model(data, file.name)

    for thing, fate in fates(data, done).items():
        assert fate != "lost", f"{thing} is named by no change of {[c.what for c in done.changes]}"
        again = import_model(without(data, thing), file.name)
        differs = (again.data, again.forms) != (done.data, done.forms)
        said_already = thing.texts in SAID_ALREADY
        assert fate == "told" or differs or said_already, f"{thing} is said to be carried, but nothing comes of it"


@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.stem)
def test_what_was_imported_loads_and_has_nothing_of_other_tools(file: Path, tmp_path: Path) -> None:
    done = import_model(file.read_bytes(), file.name)
    assert done.data is not None

    (tmp_path / "model.bpmn").write_bytes(done.data)
    for id, form in done.forms.items():
        (tmp_path / f"{id}.form").write_bytes(form)
    found = chain.check(sorted(tmp_path.iterdir()))

    assert [f for f in found if f.severity == "error" and f.rule not in ELSEWHERE] == []
    assert list(things(etree.fromstring(done.data))) == []
    assert import_model(done.data, file.name).data == done.data


@pytest.mark.parametrize("file", sorted((ROOT / "bpmn").rglob("*.bpmn")), ids=lambda file: file.stem)
def test_a_model_of_our_own_is_imported_as_it_is(file: Path) -> None:
    data = file.read_bytes()

    done = import_model(data, file.name)

    assert (done.data, done.changes, done.findings) == (data, (), ())


def test_each_row_of_the_table_has_a_model() -> None:
    met = {
        (TOOLS[OTHER_TOOLS[namespace(name)]], f"<{local(name)}>" if element else local(name))
        for file in MODELS
        for node in etree.fromstring(file.read_bytes()).iter("*")
        for name, element in [(node.tag, True), *((key, False) for key in node.attrib)]
        if namespace(name) in OTHER_TOOLS
    }
    rows = {(tool, row.name) for tool, rows in TABLE.items() for row in rows if row.weight == "error"}

    assert rows - met == set()


def the_table() -> list[str]:
    lines = []
    for tool, rows in TABLE.items():
        lines += [f"### {tool}", "", "| says | here |", "| --- | --- |"]
        told: dict[tuple[str, bool, str], list[str]] = {}
        for row in rows:
            told.setdefault((row.becomes, row.carry is None, row.weight), []).append(f"`{row.name}`")
        for (becomes, gone, weight), names in told.items():
            how = "" if not gone else "lost: " if weight == "error" else "left out: "
            lines.append(f"| {', '.join(names)} | {how}{becomes} |")
        lines.append("")
    return lines


def the_models() -> list[str]:
    lines = ["| model | carried | told | lost |", "| --- | --- | --- | --- |"]
    for file in MODELS:
        data = file.read_bytes()
        count = Counter(fates(data, import_model(data, file.name)).values())
        lines.append(f"| {file.stem} | {count['carried']} | {count['told']} | {count['lost']} |")
    return lines


def part(title: str) -> list[str]:
    """Return the lines of docs/importing.md between `<!-- title -->` and `<!-- end -->`."""
    text = (ROOT / "docs/importing.md").read_text("utf-8")
    found = re.search(rf"<!-- {title} -->\n(.*?)\n<!-- end -->", text, re.DOTALL)
    assert found is not None, f"docs/importing.md has no part '{title}'"
    return found[1].strip().splitlines()


def test_the_page_shows_the_table() -> None:
    assert part("table") == "\n".join(the_table()).strip().splitlines()


def test_the_page_shows_what_became_of_the_models() -> None:
    assert part("models") == the_models()


@pytest.mark.skipif(CORPUS is None, reason="LICET_CORPUS is not set: no models of other tools here")
def test_nothing_in_the_corpus_falls_away_unsaid() -> None:
    counted: Counter[str] = Counter()
    for file in sorted(Path(CORPUS or "", "miwg").rglob("*.bpmn")):
        data = file.read_bytes()
        found = Counter(fates(data, import_model(data, file.name)).values())
        assert found["lost"] == 0, file
        counted += found + Counter({"models": bool(found)})

    shown = re.search(
        r"(\d+) models of the corpus .*: (\d+) things carried, (\d+) told, 0 lost", " ".join(part("corpus"))
    )
    assert shown is not None
    assert [int(n) for n in shown.groups()] == [counted["models"], counted["carried"], counted["told"]]


OWNERS = (
    '<userTask id="ID" {0}><extensionElements>{1}</extensionElements></userTask>',
    '<serviceTask id="ID" {0}><extensionElements>{1}</extensionElements></serviceTask>',
    '<businessRuleTask id="ID" {0}><extensionElements>{1}</extensionElements></businessRuleTask>',
    '<scriptTask id="ID" {0}><extensionElements>{1}</extensionElements></scriptTask>',
    '<task id="ID" {0}><extensionElements>{1}</extensionElements></task>',
    '<callActivity id="ID" calledElement="p2" {0}><extensionElements>{1}</extensionElements></callActivity>',
    '<userTask id="ID"><multiInstanceLoopCharacteristics {0}><extensionElements>{1}</extensionElements>'
    "</multiInstanceLoopCharacteristics></userTask>",
    '<subProcess id="ID" {0}><extensionElements>{1}</extensionElements></subProcess>',
)
VALUES = ("", "a", "=", "${a}", "${a.b(c)}", "a, ${b}", 'x"y', "P3D", "R3/PT5M", "\\", "{}", "a b", "notice.send")


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_whatever_is_said_wherever_it_is_carried_or_told_and_the_result_loads(data: st.DataObject) -> None:
    prefix = data.draw(st.sampled_from(sorted(TOOLS)))
    names = [row.name for row in TABLE[TOOLS[prefix]]] + ["strange", "<stranger>"]
    attributes: dict[str, str] = {}
    elements = ""
    for name in data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True)):
        value = escape(data.draw(st.sampled_from(VALUES)), {'"': "&quot;"})
        if name.startswith("<"):
            key = data.draw(st.sampled_from(("name", "source", "id", "variables", "value")))
            elements += f'<x:{name[1:-1]} {key}="{value}" target="t">{value}</x:{name[1:-1]}>'
        else:
            attributes[name] = f'x:{name}="{value}"'
    owner = data.draw(st.sampled_from(OWNERS)).format(" ".join(attributes.values()), elements)
    namespace_of = next(uri for uri, known in OTHER_TOOLS.items() if known == prefix)
    model = (
        f'<definitions xmlns="{BPMN[1:-1]}" xmlns:x="{namespace_of}" id="d" targetNamespace="urn:t"><process id="p" '
        f'isExecutable="true"><startEvent id="s"/>{owner}<endEvent id="e"/><sequenceFlow id="f1" sourceRef="s" '
        'targetRef="ID"/><sequenceFlow id="f2" sourceRef="ID" targetRef="e"/></process></definitions>'
    ).encode()

    done = import_model(model, "model.bpmn")

    assert "lost" not in fates(model, done).values(), [c.what for c in done.changes]
    with TemporaryDirectory() as folder:
        Path(folder, "model.bpmn").write_bytes(done.data or b"")
        for id, form in done.forms.items():
            Path(folder, f"{id}.form").write_bytes(form)
        found = chain.check(sorted(Path(folder).iterdir()))
    assert [f for f in found if f.severity == "error" and f.rule not in ELSEWHERE] == [], done.data
    assert list(things(etree.fromstring(done.data or b""))) == []
