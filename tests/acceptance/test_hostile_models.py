"""Hostile and enormous models through the command line: findings or a failed row in bounded time, never a traceback."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from engine.model import chain
from engine.reading import scenarios
from webui.cli import compose
from webui.cli.main import licet

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
SECONDS = 30.0
"""What the longest of these may take on a small, busy machine."""


def document(body: str, prolog: str = "", attributes: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{prolog}<definitions xmlns="{BPMN}" xmlns:zeebe="{ZEEBE}" id="d" '
        f'targetNamespace="urn:t"{attributes}><process id="p" isExecutable="true">{body}</process></definitions>'
    ).encode()


def flow(source: str, target: str) -> str:
    return f'<sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}"/>'


def row(tasks: list[str]) -> str:
    """Elements (id first, then the text of each) in one line between a start and an end."""
    ids = ["s", *(f"t{n}" for n in range(len(tasks))), "e"]
    flows = "".join(flow(a, b) for a, b in pairwise(ids))
    return f'<startEvent id="s"/>{"".join(tasks)}<endEvent id="e"/>{flows}'


def user(n: int) -> str:
    return f'<userTask id="t{n}"/>'


def script(n: int, expression: str) -> str:
    said = f'<zeebe:script expression="{expression}" resultVariable="x{n}"/>'
    return f'<scriptTask id="t{n}"><extensionElements>{said}</extensionElements></scriptTask>'


ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(10))
NESTED = "".join(f'<subProcess id="b{n}">' for n in range(2000)) + "</subProcess>" * 2000
HOSTILE = {
    "nothing": b"",
    "blanks": b" \n" * 1000,
    "zeros": b"\0" * 4096,
    "noise": bytes(range(256)) * 64,
    "page": b"<!doctype html><html><body>Sign in</body></html>",
    "json": b'{"id": "model"}',
    "entities": document("&a9;", f"<!DOCTYPE d [{ENTITIES}]>"),
    "external entity": document("&x;", '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>'),
    "parameter entity": document("", '<!DOCTYPE d [<!ENTITY % x SYSTEM "http://localhost:1/x"> %x;]>'),
    "cut off": document(row([user(0)]))[:-40],
    "deep": document(NESTED),
    "utf-7": b'<?xml version="1.0" encoding="utf-7"?>+ADw-definitions/+AD4-',
    "declared otherwise": document("").replace(b"UTF-8", b"UTF-16"),
    "long attribute": document(f'<userTask id="{"x" * 11_000_000}"/>'),
    "many attributes": document(f'<userTask id="t" {" ".join(f"a{n}=" + chr(34) * 2 for n in range(20_000))}/>'),
    "one id for all": document("".join('<userTask id="t"/>' for _ in range(5000))),
    "no ids": document("<userTask/>" * 5000),
    "flow to itself": document(row([user(0)]) + flow("t0", "t0")),
    "calls itself": document(
        row(['<callActivity id="t0"><extensionElements><zeebe:calledElement processId="p"/></extensionElements>'
             "</callActivity>"])
    ),
    "endless nesting of an expression": document(row([script(0, "=" + "(" * 5000 + "1" + ")" * 5000)])),
    "long expression": document(row([script(0, "=" + "1+" * 200_000)])),
    "python": document(row([script(0, "=__import__('os').system('id')")])),
}  # fmt: skip


def check(path: Path) -> tuple[Any, list[dict[str, Any]], float]:
    began = time.perf_counter()
    done = CliRunner().invoke(licet, ["chain", "check", "--json", str(path)])
    took = time.perf_counter() - began
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done, json.loads(done.stdout), took


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_in_findings(name: str, tmp_path: Path) -> None:
    file = tmp_path / "model.bpmn"
    file.write_bytes(HOSTILE[name])

    done, findings, took = check(file)

    assert done.exit_code == 1
    assert "Traceback" not in done.output
    assert any(finding["severity"] == "error" for finding in findings)
    assert all(finding["rule"] and finding["message"] for finding in findings)
    assert took < SECONDS


@pytest.mark.parametrize("name", HOSTILE)
def test_importing_a_hostile_file_ends_as_well(name: str, tmp_path: Path) -> None:
    file = tmp_path / "model.bpmn"
    file.write_bytes(HOSTILE[name])

    began = time.perf_counter()
    done = CliRunner().invoke(licet, ["chain", "import", "--json", str(file)])

    assert done.exit_code in (0, 1)
    assert isinstance(json.loads(done.stdout)["findings"], list)
    assert time.perf_counter() - began < SECONDS


LARGE = {
    "a row of 10,000": row([user(n) for n in range(10_000)]),
    "10,000 side by side": '<startEvent id="s"/><parallelGateway id="f"/><parallelGateway id="j"/><endEvent id="e"/>'
    + flow("s", "f")
    + flow("j", "e")
    + "".join(user(n) + flow("f", f"t{n}") + flow(f"t{n}", "j") for n in range(10_000)),
    "a row of 5,000 choices": '<startEvent id="s"/><endEvent id="e"/>'
    + "".join(
        f'<exclusiveGateway id="t{n}" default="d{n}"/><sequenceFlow id="d{n}" sourceRef="t{n}" targetRef="m{n}"/>'
        f'<sequenceFlow id="c{n}" sourceRef="t{n}" targetRef="m{n}"><conditionExpression>=x</conditionExpression>'
        f'</sequenceFlow><userTask id="m{n}"/>' + flow(f"m{n}", f"t{n + 1}" if n < 4999 else "e")
        for n in range(5000)
    )
    + flow("s", "t0"),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_model_is_checked_in_time(name: str, tmp_path: Path) -> None:
    file = tmp_path / "model.bpmn"
    file.write_bytes(document(LARGE[name]))

    done, findings, took = check(file)

    assert done.exit_code == 0, findings[:3]
    assert took < SECONDS


def rehearse(folder: Path, body: str, steps: list[dict[str, Any]], template: Path, **start: Any) -> scenarios.Row:
    (folder / "model.bpmn").write_bytes(document(body))
    scenario = {"model": "model.bpmn", "start": {"at": "2026-03-02T09:00:00+08:00", **start}, "steps": steps}
    (folder / "scenario.json").write_text(json.dumps(scenario), "utf-8")
    return scenarios.run(folder / "scenario.json", compose.stand_ins, template)


def test_a_thousand_tasks_in_a_row_run(tmp_path: Path, empty_database: Path) -> None:
    manual = [f'<manualTask id="t{n}"/>' for n in range(999)] + [user(999)]

    found = rehearse(tmp_path, row(manual), [{"complete": "t999", "expect": {"ended": True}}], empty_database)

    assert found.passed, found


@pytest.mark.parametrize(
    "expression",
    ["count(for a in 1..100000, b in 1..100000 return a)", "sum(for a in 1..1000000000 return a)"],
)
def test_an_expression_that_never_ends_is_refused(expression: str, tmp_path: Path, empty_database: Path) -> None:
    began = time.perf_counter()

    found = rehearse(tmp_path, row([script(0, f"={expression}"), user(1)]), [], empty_database)

    assert not found.passed
    assert time.perf_counter() - began < SECONDS


def test_a_loop_of_tasks_that_need_nobody_has_a_budget(tmp_path: Path, empty_database: Path) -> None:
    called = '<extensionElements><zeebe:calledElement processId="q"/></extensionElements>'
    over = "<conditionExpression>=over</conditionExpression>"
    body = "".join(
        [
            '<startEvent id="s"/><exclusiveGateway id="m"/><exclusiveGateway id="x" default="x-m"/><endEvent id="e"/>',
            f'<callActivity id="c">{called}</callActivity>',
            *(flow(*pair) for pair in pairwise("smcxm")),
            f'<sequenceFlow id="x-e" sourceRef="x" targetRef="e">{over}</sequenceFlow>',
            '</process><process id="q" isExecutable="true"><startEvent id="qs"/><endEvent id="qe"/>',
            flow("qs", "qe"),
        ]
    )

    found = rehearse(tmp_path, body, [], empty_database)

    assert not found.passed and "loop" in str(found.found)


def test_odd_names_of_facts_come_back_as_they_were(tmp_path: Path, empty_database: Path) -> None:
    odd = {"typename": "Task", "__class__": [1], "$personal": "x", "a b": {"$date": "no"}, "": 0, "scope": None}

    found = rehearse(
        tmp_path, row([user(0), user(1)]), [{"complete": "t0", "variables": odd, "expect": {"open": ["t1"]}}],
        empty_database, variables=odd, expect={"open": ["t0"], "variables": {"typename": "Task"}},
    )  # fmt: skip

    assert found.passed, found
    assert chain.read(tmp_path / "model.bpmn").version is not None
