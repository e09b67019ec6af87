"""`licet chain compare` and `chain diff`: two versions compared by the figures of their models, and by what differs."""

from __future__ import annotations

import json
import re
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.cli.conftest import CHAIN, Licet, assert_refused

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
             targetNamespace="urn:licet:test">
"""
STEP = '<zeebe:property name="step" value="true" /><zeebe:property name="visit" value="true" />'


def task(number: int) -> str:
    window = f'<zeebe:property name="window" value="{number}号窗口" />'
    return f"""<userTask id="t{number}" name="窗口{number}"><extensionElements>
      <zeebe:properties>{STEP}{window}</zeebe:properties><zeebe:userTask />
      <zeebe:assignmentDefinition candidateGroups="window" /><zeebe:taskSchedule dueDate="=workdays(1)" />
      </extensionElements></userTask>"""


def call(number: int, item: str) -> str:
    return f"""<callActivity id="c{number}"><extensionElements><zeebe:calledElement processId="procedure"
      propagateAllParentVariables="false" propagateAllChildVariables="false" />
      <zeebe:ioMapping><zeebe:input source="{item}" target="item_key" /></zeebe:ioMapping>
      </extensionElements></callActivity>"""


PROCEDURE = f"""{HEAD}<process id="procedure" isExecutable="true"><extensionElements><zeebe:properties>
  <zeebe:property name="procedure" value="true" /></zeebe:properties></extensionElements>
  <startEvent id="start" /><manualTask id="done" /><endEvent id="end" />
  <sequenceFlow id="f1" sourceRef="start" targetRef="done" /><sequenceFlow id="f2" sourceRef="done" targetRef="end" />
  </process></definitions>"""


def model(nodes: list[str]) -> str:
    ids = ["start", *(node.split('"')[1] for node in nodes), "end"]
    flows = "".join(
        f'<sequenceFlow id="f{n}" sourceRef="{source}" targetRef="{target}" />'
        for n, (source, target) in enumerate(pairwise(ids))
    )
    return f"""{HEAD}<process id="small" name="小链" isExecutable="true"><extensionElements><zeebe:properties>
      <zeebe:property name="chain" value="small" /></zeebe:properties></extensionElements>
      <startEvent id="start" />{"".join(nodes)}<endEvent id="end" />{flows}</process></definitions>"""


def item(key: str, promised: float, materials: list[str]) -> dict[str, Any]:
    return {
        "key": key, "code": "000131001000", "name": f"事项{key}", "department": "hall", "kind": "committed",
        "valid_from": "2024-01-01", "basis": [{"law": "行政许可法"}], "conditions": ["依法设立"], "flow": "受理、决定",
        "materials": [{"material": name} for name in materials], "fees": [], "result": {"name": "批复"},
        "limits": {"statutory": {"amount": 20}, "promised": {"amount": promised}}, "sign_off": ["head"],
    }  # fmt: skip


@pytest.fixture
def chains(tmp_path: Path) -> Path:
    """Two chains. `before`: three windows one after another; `after`: one window, and two items with shorter limits."""
    old, new = [f"old{n}" for n in range(7)], ["form", "plan"]
    items = [item("old", 8, old), item("one", 2.5, new), item("two", 0.5, new[:1])]
    materials = [{"key": key, "name": f"材料{key}"} for key in (*old, *new)]
    (tmp_path / "catalogue.json").write_text(json.dumps({"items": items, "materials": materials}))
    for name, nodes in (
        ("before", [task(1), task(2), task(3), call(1, "old")]),
        ("after", [task(1), call(1, "one"), call(2, "two")]),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "chain.bpmn").write_text(model(nodes))
        (tmp_path / name / "procedure.bpmn").write_text(PROCEDURE)
    return tmp_path


def test_the_five_figures_of_two_folders(bare: Licet, chains: Path) -> None:
    found = bare.json("chain", "compare", chains / "before", chains / "after")

    assert found == {"steps": [3, 1], "materials": [7, 2], "days": [8, 3], "visits": [3, 1], "windows": [3, 1]}


def test_a_mark_or_a_material_less_changes_the_figure(bare: Licet, chains: Path) -> None:
    before = chains / "before" / "chain.bpmn"
    before.write_text(before.read_text().replace('<zeebe:property name="step" value="true" />', "", 1))
    (chains / "catalogue.json").write_text(
        (chains / "catalogue.json").read_text().replace('{"material": "old6"}', '{"material": "form"}')
    )

    found = bare.json("chain", "compare", chains / "before", chains / "after")

    assert (found["steps"], found["visits"], found["materials"]) == ([2, 1], [3, 1], [7, 2])


def test_people_get_a_table_with_changes_and_speed_ups(bare: Licet, chains: Path) -> None:
    text = bare.run("chain", "compare", chains / "before", chains / "after", "--counted").stdout

    assert ["材料", "materials", "7", "2", "-5", "-71.43", "%"] in [line.split() for line in text.splitlines()]
    assert ["承诺提速", "promised", "speed-up", "60.00", "%", "92.50", "%", "-", "-"] in [
        line.split() for line in text.splitlines()
    ]
    assert "2.5  事项one (one)" in text and "材料plan (plan)" in text


def test_half_days_are_decimals(bare: Licet, chains: Path) -> None:
    (chains / "after" / "chain.bpmn").write_text(model([task(1), call(1, "one")]))

    assert bare.json("chain", "compare", chains / "before", chains / "after")["days"] == [8, 2.5]


def test_a_stated_percentage_is_one_that_a_whole_number_gives(bare: Licet, chains: Path) -> None:
    folders = ("chain", "compare", chains / "before", chains / "after")

    right = bare.run(*folders, "--percent", "materials=-71.43", "--percent", "steps=-33.3%")
    wrong = bare.run(*folders, "--percent", "materials=-38.87")

    assert right.exit_code == 0
    assert "材料 materials -71.43 %: 7 → 2, as the models give" in right.stdout
    assert "环节 steps -33.3 %: 3 → 2, the models give 1" in right.stdout
    assert_refused(wrong, 1, "4 gives -42.86 %", "5 gives -28.57 %")


@pytest.mark.parametrize("text", ["materials", "materials=", "materials=many", "pages=-5", "steps=NaN", "=5"])
def test_a_percentage_that_is_none_is_wrong_input(bare: Licet, chains: Path, text: str) -> None:
    result = bare.run("chain", "compare", chains / "before", chains / "after", "--percent", text)

    assert_refused(result, 2, "--percent", "materials")


def test_what_is_no_chain_is_refused(bare: Licet, chains: Path) -> None:
    (chains / "after" / "procedure.bpmn").unlink()

    assert_refused(bare.run("chain", "compare", chains / "before", chains / "nowhere"), 2, "nowhere")
    assert_refused(bare.run("chain", "compare", chains / "before", chains / "after"), 1, "'procedure'")
    assert_refused(bare.run("chain", "compare", "sha256:0", chains / "before"), 3, "licet init")


def test_a_published_version_tells_how_fast_its_matters_were_decided(cli: Licet) -> None:
    digest = cli.json("chain", "list")[0]["digest"]

    text = cli.run("chain", "compare", CHAIN, digest).stdout
    figures = cli.json("chain", "compare", CHAIN, digest)

    (actual,) = [line.split() for line in text.splitlines() if line.startswith("办理提速")]
    share, _, number, *_ = actual[3:]
    assert 0 < float(share) <= 100 and int(number.strip("(")) > 0
    assert_refused(cli.run("chain", "compare", CHAIN, "sha256:0"), 1, "sha256:0")
    assert all(before == after for before, after in figures.values())


def test_a_published_version_and_a_changed_folder_differ_in_what_was_changed(cli: Licet, tmp_path: Path) -> None:
    digest = cli.json("chain", "list")[0]["digest"]
    changed = tmp_path / "after"
    shutil.copytree(CHAIN, changed)
    form = changed / "forms/bank_appointment.form"
    form.write_text(re.sub(r'"label": "[^"]*"', '"label": "银行网点"', form.read_text("utf-8"), count=1), "utf-8")

    [found] = cli.json("chain", "diff", digest, str(changed))

    assert (found["kind"], found["of"], found["what"], found["aspect"]) == (
        "field",
        "bank_appointment",
        "changed",
        "label",
    )
    assert found["after"] == "银行网点" != found["before"]
    assert cli.json("chain", "diff", digest, CHAIN) == []
    assert cli.run("chain", "diff", digest, CHAIN).stdout == "0 added, 0 removed, 0 changed, 0 redrawn\n"
