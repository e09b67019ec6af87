"""A chain with two stages in a real hall: published, read in the guide by anybody, started stage by stage."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from adapters.settings import Settings
from engine.case.context import Settings as HallSettings
from engine.hall.store import Store
from engine.law.workdays import Calendar
from engine.model import chain as chains
from engine.reading.scenarios import VirtualClock
from tests.samples.clocks import at
from webui import create_app
from webui.cli import compose, demonstration
from webui.house import PageSettings

PASSWORD = "kiosk-lantern-47"
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
             targetNamespace="urn:licet:test">
"""


def process(id: str, name: str, item: str, **properties: str) -> str:
    listed = "".join(f'<zeebe:property name="{key}" value="{value}" />' for key, value in properties.items())
    return f"""{HEAD}<process id="{id}" name="{name}" isExecutable="true">
      <extensionElements><zeebe:properties>{listed}</zeebe:properties></extensionElements>
      <startEvent id="start" />
      <userTask id="apply" name="填写{name}申请"><extensionElements><zeebe:userTask />
        <zeebe:assignmentDefinition candidateGroups="window" /><zeebe:taskSchedule dueDate="=workdays(1)" />
        <zeebe:ioMapping><zeebe:input source="=item(&quot;{item}&quot;).name" target="asked" /></zeebe:ioMapping>
        </extensionElements></userTask>
      <endEvent id="end" />
      <sequenceFlow id="f1" sourceRef="start" targetRef="apply" />
      <sequenceFlow id="f2" sourceRef="apply" targetRef="end" /></process></definitions>"""


def item(key: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "key": key, "code": "000131001000", "name": name, "department": "market_regulation", "kind": "committed",
        "valid_from": "2024-01-01", "basis": [{"law": "行政许可法", "article": "第十二条"}], "conditions": ["依法设立"],
        "materials": [{"material": f"{key}_form"}], "flow": "申请、受理、决定", "fees": [], "sign_off": ["head"],
        "limits": {"statutory": {"amount": 20}, "promised": {"amount": 5}}, "result": {"name": f"{name}书"}, **more,
    }  # fmt: skip


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    folder = tmp_path / "chain"
    folder.mkdir()
    items = [
        item("land", "用地许可"),
        item("permit", "施工许可"),
        item("old", "旧许可", valid_from="2010-01-01", valid_to="2018-12-31"),
    ]
    materials = [{"key": f"{one['key']}_form", "name": f"{one['name']}申请表"} for one in items]
    (folder / "catalogue.json").write_text(json.dumps({"items": items, "materials": materials}))
    (folder / "permit.bpmn").write_text(
        process("permit_stage", "施工阶段", "permit", chain="works", follows="land_stage")
    )
    (folder / "land.bpmn").write_text(process("land_stage", "用地阶段", "land", stage="true"))
    (folder / "old.bpmn").write_text(process("old_stage", "旧阶段", "old", stage="true"))
    store = Store.open(f"sqlite:///{tmp_path / 'licet.db'}")
    store.upgrade()
    hall = compose.composed(store, Settings(data=tmp_path), VirtualClock(at("2026-03-04 09:00")))
    hall.engine.set_up(Calendar.shipped(), demonstration.organisation(), HallSettings())
    hall.adapters.identity.create("window1", PASSWORD, hall.clock.now())
    reading = chains.read(folder)
    assert reading.version is not None, reading.findings
    hall.engine.publish(reading.version, "system:operator")
    app = create_app(hall.house(PageSettings("only-for-tests", sign_ins_per_minute=1000)))
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    store.close()


@pytest.fixture
def clerk(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.post("/sign-in", data={"account": "window1", "password": PASSWORD})
    return client


def test_the_intake_page_offers_the_stages_in_their_order(clerk: FlaskClient) -> None:
    page = clerk.get("/intake").text

    assert re.findall(r'href="/intake/works(/\w+)?"', page) == ["/land_stage", "/old_stage", ""]
    assert page.index("用地阶段") < page.index("施工阶段")


@pytest.mark.parametrize(("path", "name", "material", "other"), [
    ("/intake/works/land_stage", "用地阶段", "用地许可申请表", "施工许可申请表"),
    ("/intake/works", "施工阶段", "施工许可申请表", "用地许可申请表"),
])  # fmt: skip
def test_a_case_of_a_stage_is_its_own(clerk: FlaskClient, path: str, name: str, material: str, other: str) -> None:
    applicant = {"kind": "person", "name": "示范申请人甲", "id_number": "11010519491231002X", "phone": "13800138000"}

    answer = clerk.post(path, data={"title": "示范厂房", "key": "k1", **applicant})

    task = clerk.get(answer.location).text
    case = clerk.get(answer.location.rpartition("/tasks/")[0]).text
    assert f"填写{name}申请" in task
    assert name in case and material in case and other not in case


def test_anybody_reads_the_guide_of_what_is_published(app: Flask) -> None:
    visitor = app.test_client()

    index = visitor.get("/guide").text
    page = visitor.get("/guide/land").text
    document = visitor.get("/guide/land.pdf")

    assert "用地许可" in index and "旧许可" not in index
    assert "市场监督管理局" in page and "20 个工作日" in page and "用地阶段" in page
    assert "现不办理" in visitor.get("/guide/old").text
    assert document.mimetype == "application/pdf" and document.data.startswith(b"%PDF")
