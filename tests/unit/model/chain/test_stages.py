"""Stages: processes of a chain that a case may be started with, one after another."""

from pathlib import Path

import pytest

from engine.model import chain

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
             targetNamespace="urn:licet:test">
"""


def process(id: str, properties: dict[str, str], called: str = "") -> str:
    listed = "".join(f'<zeebe:property name="{name}" value="{value}" />' for name, value in properties.items())
    call = f'<zeebe:calledElement processId="{called}" />'
    middle = f"<extensionElements>{call}</extensionElements></callActivity>" if called else "</manualTask>"
    return f"""<process id="{id}" name="名{id}" isExecutable="true">
      <extensionElements><zeebe:properties>{listed}</zeebe:properties></extensionElements>
      <startEvent id="{id}_start" /><{"callActivity" if called else "manualTask"} id="{id}_do">{middle}
      <endEvent id="{id}_end" />
      <sequenceFlow id="{id}_1" sourceRef="{id}_start" targetRef="{id}_do" />
      <sequenceFlow id="{id}_2" sourceRef="{id}_do" targetRef="{id}_end" /></process>"""


LAND = process("land", {"stage": "true"})
PLANNING = process("planning", {"stage": "true", "follows": "land"}, called="review")
PERMIT = process("permit", {"chain": "construction", "follows": "planning"})
COMPLETION = process("completion", {"stage": "true", "follows": "permit"})
REVIEW = process("review", {})
UNUSED = process("unused", {})


def folder(path: Path, *processes: str) -> Path:
    (path / "catalogue.json").write_text('{"items": [], "materials": []}')
    for number, text in enumerate(processes):
        (path / f"{number}.bpmn").write_text(f"{HEAD}{text}</definitions>")
    return path


def findings(path: Path) -> list[tuple[str, str | None]]:
    return [(f.rule, f.element) for f in chain.read(path).findings if f.severity == "error"]


def test_a_version_keeps_its_stages_and_what_they_call(tmp_path):
    version = chain.read(folder(tmp_path, COMPLETION, PERMIT, PLANNING, LAND, REVIEW, UNUSED)).version

    assert version is not None
    assert version.main == "permit"
    assert version.starts == ("land", "planning", "permit", "completion")
    assert version.before("completion") == ("permit", "planning", "land")
    assert sorted(version.processes) == ["completion", "land", "permit", "planning", "review"]
    loaded = chain.load(version.files)
    assert (loaded.starts, loaded.digest) == (version.starts, version.digest)


def test_naming_a_stage_leaves_the_chain_whole(tmp_path):
    path = folder(tmp_path, LAND, PERMIT, PLANNING, REVIEW)

    assert chain.read(path, process="land").version.digest == chain.read(path).version.digest


def test_a_chain_without_stages_says_nothing_of_them(tmp_path):
    version = chain.read(folder(tmp_path, process("permit", {"chain": "construction"}))).version

    assert version.starts == ("permit",)
    assert b"stages" not in version.files["manifest.json"]


@pytest.mark.parametrize(
    ("processes", "expected"),
    [
        ([LAND, process("permit", {"chain": "c", "follows": "lnd"})], [("stage", "permit")]),
        ([LAND, process("permit", {"chain": "c", "follows": "review"}, "review"), REVIEW], [("stage", "permit")]),
        ([process("permit", {"chain": "c"}, "r"), process("r", {"follows": "permit"})], [("stage", "r")]),
        (
            [process("p", {"chain": "c", "follows": "land"}), process("land", {"stage": "true", "follows": "p"})],
            [("stage", "p"), ("stage", "land")],
        ),
        ([process("permit", {"chain": "c", "follows": "permit"})], [("stage", "permit")]),
        ([process("permit", {"chain": "c", "stage": "yes"})], [("property-value", "permit")]),
    ],
)  # fmt: skip
def test_a_stage_follows_one_of_the_chain_and_never_itself(tmp_path, processes, expected):
    assert findings(folder(tmp_path, *processes)) == expected
