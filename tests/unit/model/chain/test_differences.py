"""The difference of two chain versions: nothing of a version with itself; each single change with the thing that it is
in; a moved shape as redrawn and no more.

The places that are changed are enumerated from the XML and JSON of the files themselves, one in each file at a time.
"""

from __future__ import annotations

import copy
import json
import os
import random
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from engine.model import chain as chains
from engine.model.chain.dialect import FLOW_NODES
from engine.model.chain.differences import Difference, differences
from engine.model.chain.version import MANIFEST, ChainVersion

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs/first-chain.md").read_text("utf-8")
CHAIN = ROOT / "bpmn/business_startup/after"
JSON = (".form", ".json")
ROUNDS = 400 if os.environ.get("LICET_SOAK") else 8

Mutation = tuple[bytes, str | None, bool]
"""A changed file, the id of the thing that has to be told, and whether only a drawing shows it."""


@cache
def shipped() -> ChainVersion:
    version = chains.read(CHAIN).version
    assert version is not None
    return version


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """The folder of the first chain, as its page has it."""
    for name, content in re.findall(r"^\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    return tmp_path / "stall"


def read(folder: Path) -> ChainVersion:
    version = chains.read(folder).runnable
    assert version is not None, chains.read(folder).findings
    return version


def with_files(version: ChainVersion, changed: Mapping[str, bytes]) -> ChainVersion:
    return chains.load({**version.files, **changed})


# ------------------------------------------------------------------ places, from the files themselves

TOLD = frozenset((*FLOW_NODES, "sequenceFlow", "process", "decision", "rule", "input", "output"))
DRAWING = ("BPMNDiagram", "DMNDI")
LEFT = ("id", "bpmnElement", "dmnElementRef", "sourceRef", "targetRef", "attachedToRef", "processId")
"""What things are called by: changed, it is another thing, a flow to nowhere, or a process that nobody calls."""


def of_xml(data: bytes) -> Iterator[Callable[[], Mutation]]:
    """Yield a change of each attribute and text of a BPMN or DMN file but its ids, and links that repeat flows."""
    root = etree.fromstring(data)
    whole = {node.get("id") for node in root.iter("*") if tag(node) in TOLD or node.getparent() is root} - {None}
    for node in root.iter("*"):
        if tag(node) not in ("incoming", "outgoing", "definitions"):
            names = [str(name) for name in node.attrib if name not in LEFT]
            for name in [*names, *([None] if (node.text or "").strip() else [])]:
                yield partial(_changed, root, node, name, whole)


def tag(node: Any) -> str:
    return str(etree.QName(node).localname)


def _changed(root: Any, node: Any, name: str | None, whole: set[str]) -> Mutation:
    lineage = [node, *node.iterancestors()]
    drawn = any(tag(one) in DRAWING for one in lineage)
    ids = [one.get("bpmnElement") or one.get("dmnElementRef") if drawn else one.get("id") for one in lineage]
    before = node.text if name is None else node.get(name)
    _set(node, name, f"{before.strip()}x")
    changed = etree.tostring(root)
    _set(node, name, before)
    return changed, next((id for id in ids if id in whole), None), drawn


def _set(node: Any, name: str | None, value: str) -> None:
    if name is None:
        node.text = value
    else:
        node.set(name, value)


LOOKS = ("layout", "exporter", "schemaVersion", "executionPlatform", "executionPlatformVersion")
PLAIN = ("name", "law", "article", "flow", "label", "text", "hide", "description", "value", "pattern")
"""Members whose text may be any."""


def of_json(data: bytes) -> Iterator[Callable[[], Mutation]]:
    """Yield a change of each number, yes or no, and free text of a form or of the catalogue."""
    whole = json.loads(data)
    for path in _paths(whole):
        yield partial(_put, whole, path)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for name, one in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(one, dict | list):
            yield from _paths(one, (*path, name))
        elif isinstance(one, bool | int) or name in PLAIN:
            yield (*path, name)


def _put(whole: Any, path: tuple[Any, ...]) -> Mutation:
    changed = copy.deepcopy(whole)
    inner, holder = changed, whole.get("id")
    for at, step in enumerate(path[:-1]):
        inner = inner[step]
        if at and path[at - 1] in ("components", "items", "materials")[: 1 if at > 1 else 3]:
            holder = inner.get("id") or inner.get("key")
    old = inner[path[-1]]
    inner[path[-1]] = not old if isinstance(old, bool) else old + 1 if isinstance(old, int) else f"{old}x"
    return json.dumps(changed, ensure_ascii=False).encode(), holder, any(step in LOOKS for step in path)


def places(version: ChainVersion) -> dict[str, list[Callable[[], Mutation]]]:
    """The changes of each file of a version but its manifest."""
    files = {name: data for name, data in version.files.items() if name != MANIFEST}
    return {name: list((of_json if name.endswith(JSON) else of_xml)(data)) for name, data in files.items()}


# ------------------------------------------------------------------ the rules


def test_nothing_differs_from_itself() -> None:
    for folder in ("business_startup/before", "real_estate/after", "construction/after"):
        version = chains.read(ROOT / "bpmn" / folder).version
        assert version is not None

        assert differences(version, chains.load(dict(version.files))) == ()


@pytest.mark.soak
@pytest.mark.parametrize("turn", range(ROUNDS))
def test_each_single_change_is_told_with_its_thing_and_nothing_else_is(turn: int) -> None:
    version, chosen = shipped(), random.Random(turn)
    changes = {name: chosen.choice(all_) for name, all_ in places(version).items() if all_}
    made = {name: change() for name, change in changes.items()}

    found = differences(version, with_files(version, {name: data for name, (data, _, _) in made.items()}))

    silent = [(name, id) for name, (_, id, drawn) in made.items() if not any(tells(one, id, drawn) for one in found)]
    assert silent == []
    ids = {id for _, id, _ in made.values()} | {*version.processes, *version.decisions}  # which hold what has no id
    assert {one.thing.id for one in found if one.thing.id not in ids and one.aspect not in FOLLOWS} == set()


FOLLOWS = ("event name", "event key", "order of flows")
"""Aspects of one thing that say what another is called, such as the message that an event waits for."""


def tells(one: Difference, id: str | None, drawn: bool) -> bool:
    return (id is None or one.thing.id == id) and (one.what == "redrawn") is drawn


def test_what_is_taken_away_is_removed_and_the_other_way_round_added() -> None:
    version = shipped()
    for name in version.files:
        if not name.endswith(".bpmn"):
            continue
        root = etree.fromstring(version.files[name])
        gone = next(root.iter("{*}userTask", "{*}serviceTask", "{*}callActivity"))
        gone.getparent().remove(gone)
        without = with_files(version, {name: etree.tostring(root)})

        removed = [one for one in differences(version, without) if one.what == "removed" and one.thing.of]
        added = [one for one in differences(without, version) if one.what == "added" and one.thing.of]

        ends = {flow.get("id") for flow in root.iter("{*}sequenceFlow") if gone.get("id") in flow.attrib.values()}
        assert {one.thing.id for one in removed} == {one.thing.id for one in added} == {gone.get("id"), *ends}


def test_what_stands_in_something_new_is_told_as_one_with_it() -> None:
    before, after = (chains.read(ROOT / "bpmn/business_startup" / when).version for when in ("before", "after"))
    assert before is not None and after is not None

    found = differences(before, after)

    added = {one.thing.id for one in found if one.what == "added" and one.thing.kind == "process"}
    removed = {one.thing.id for one in found if one.what == "removed" and one.thing.kind == "process"}
    assert added == set(after.processes) - set(before.processes) != set()
    assert removed == set(before.processes) - set(after.processes) != set()
    assert {one.thing.of for one in found} & (added | removed) == set()


@pytest.mark.parametrize(
    ("file", "before", "after", "told"),
    [
        ("chain.bpmn", "=workdays(2)", "=workdays(3)", ("element", "police_opinion", "due date")),
        ("chain.bpmn", 'targetRef="to_decide"', 'targetRef="decide"', ("flow", "not_asked", "to")),
        ("chain.bpmn", 'candidateGroups="reviewer"', 'candidateGroups="head"',
         ("element", "police_opinion", "candidate groups")),
        ("chain.bpmn", 'name="公安意见"', 'name="交警意见"', ("element", "police_opinion", "name")),
        ("chain.bpmn", 'formId="police_opinion"', 'formId="stall_decision"', ("element", "police_opinion", "form")),
        ("chain.bpmn", "workdays before(due(\"decision\"), 1)", "workdays before(due(\"decision\"), 2)",
         ("element", "nearly_late", "event text")),
        ("chain.bpmn", ">=police_asked<", ">=not(police_asked)<", ("flow", "is_asked_to_police_opinion", "condition")),
        ("chain.bpmn", "source='=outcome' target=\"outcome\"", "source='=\"denied\"' target=\"outcome\"",
         ("element", "record", "input outcome")),
        ("chain.bpmn", 'key="name" value="决定书"', 'key="name" value="决定"',
         ("element", "decision_document", "header name")),
        ("chain.bpmn", 'resultVariable="police_asked"', 'resultVariable="asked"', ("element", "ask_police", "result")),
        ("decisions/stall_route.dmn", "&gt;= 20", "&gt;= 30", ("rule", "large", "面积")),
        ("decisions/stall_route.dmn", "FIRST", "PRIORITY", ("decision", "stall_route", "decisionTable hitPolicy")),
        ("forms/stall_application.form", '"max": 50', '"max": 60', ("field", "area", "validate.max")),
        ("forms/stall_application.form", '"label": "道路"', '"label": "公路"', ("field", "where", "values.road.label")),
        ("catalogue.json", '"promised": {"amount": 5', '"promised": {"amount": 3',
         ("item", "stall_permit", "limits.promised.amount")),
    ],
)  # fmt: skip
def test_a_change_is_told_by_its_aspect(
    first: Path, file: str, before: str, after: str, told: tuple[str, str, str]
) -> None:
    old, text = read(first), (first / file).read_text("utf-8")
    assert text.count(before) >= 1
    (first / file).write_text(text.replace(before, after, 1), "utf-8")
    stored = next(name for name, data in old.files.items() if data == text.encode() or name == file)
    new = read(first) if file == "catalogue.json" else with_files(old, {stored: (first / file).read_bytes()})

    found = [(one.thing.kind, one.thing.id, one.aspect) for one in differences(old, new)]

    assert found == [told]


def test_another_called_process_is_told_and_the_one_that_nobody_calls_any_more() -> None:
    version = shipped()
    name, call = "processes/special_procedure.bpmn", b'processId="hearing"'
    assert version.files[name].count(call) == 1

    found = differences(
        version, with_files(version, {name: version.files[name].replace(call, b'processId="correction"')})
    )

    assert [(one.thing.kind, one.thing.id, one.what, one.aspect) for one in found] == [
        ("element", "hearing_call", "changed", "called"),
        ("process", "hearing", "removed", None),
    ]


def test_a_moved_shape_is_redrawn_and_no_more(first: Path) -> None:
    old = read(first)
    model = first / "chain.bpmn"
    model.write_text(re.sub(r'(<dc:Bounds x=")(\d+)', r"\g<1>9\2", model.read_text("utf-8")), "utf-8")

    found = differences(old, read(first))

    assert {one.what for one in found} == {"redrawn"}
    assert {one.thing.id for one in found} == {id for id, e in old.process.elements.items()}


def test_rules_and_fields_in_another_order_are_told_as_that(first: Path) -> None:
    old = read(first)
    table = first / "decisions/stall_route.dmn"
    parts = re.split(r"(?=      <rule )|(?=    </decisionTable>)", table.read_text("utf-8"))
    table.write_text("".join([parts[0], parts[2], parts[1], *parts[3:]]), "utf-8")

    found = [(one.thing.id, one.aspect, one.before, one.after) for one in differences(old, read(first))]

    assert found == [("stall_route", "order of rules", "on_a_road, large, any_other", "large, on_a_road, any_other")]
