"""The construct table: each construct of BPMN has scenarios that pass through the door, or a finding that refuses it.

`docs/constructs.md` is that table; its rows name the models in `tests/samples/constructs`. Every construct is in one of
the two groups: the dialect's own are in a model that runs, the refused ones in a model that is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from lxml import etree

from engine.model import chain
from engine.model.chain.dialect import (
    EVENT_KINDS,
    EVENT_SUBPROCESS_STARTS,
    FLOW_NODES,
    REFUSED_ELEMENTS,
    REFUSED_EVENTS,
)
from engine.model.chain.model import Element, Process
from engine.reading import scenarios
from webui.cli import compose

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "constructs.md"
MODELS = ROOT / "tests" / "samples" / "constructs"
ROW = re.compile(r"^\| (?P<what>.+) \| (?P<how>runs|refused: `[\w-]+`) \| \[(?P<name>\w+)\]\(\S+\) \|$", re.MULTILINE)


class Row(NamedTuple):
    what: str
    how: str
    name: str

    @property
    def rule(self) -> str:
        """The rule that refuses it; empty where it runs."""
        return self.how.partition("`")[2].rstrip("`")

    @property
    def model(self) -> Path:
        return MODELS / f"{self.name}.bpmn"

    @property
    def scenarios(self) -> list[Path]:
        return sorted(MODELS.glob(f"{self.name}.*.json"))


ROWS = [Row(*found.groups()) for found in ROW.finditer(TABLE.read_text("utf-8"))]
RUN = [row for row in ROWS if not row.rule]
REFUSED = [row for row in ROWS if row.rule]


def errors(row: Row) -> list[str]:
    return [finding.rule for finding in chain.check([row.model]) if finding.severity == "error"]


@pytest.mark.parametrize("row", RUN, ids=lambda row: row.name)
def test_what_the_table_says_runs_does(row: Row, empty_database: Path) -> None:
    assert errors(row) == []

    played = [scenarios.run(file, compose.stand_ins, empty_database) for file in row.scenarios]

    assert played
    assert [row.as_dict() for row in played if not row.passed] == []


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.name)
def test_what_the_table_says_is_refused_is(row: Row) -> None:
    assert row.rule in errors(row)
    assert row.scenarios == []


def test_the_table_has_every_model_once() -> None:
    assert sorted(row.model for row in ROWS) == sorted(MODELS.glob("*.bpmn"))
    assert {file.name.split(".")[0] for file in MODELS.glob("*.json")} <= {row.name for row in RUN}


def processes(rows: list[Row]) -> Iterator[Process]:
    for row in rows:
        found, _ = chain.read_bpmn(row.model.read_bytes(), row.model.name)
        yield from found.values()


def place(process: Process, element: Element) -> str:
    """Return the kind of an event as the dialect's tables have it; starts of event subprocesses are a kind of their
    own.
    """
    parent = process.elements.get(element.parent)
    inside = parent is not None and parent.event_subprocess
    return "eventSubprocessStart" if element.kind == "startEvent" and inside else element.kind


def test_all_that_the_dialect_carries_is_run() -> None:
    elements = [(process, element) for process in processes(RUN) for element in process.elements.values()]
    events = {(place(p, e), e.event.kind) for p, e in elements if e.event is not None and e.kind != "receiveTask"}
    expected = {(kind, event) for kind, events in EVENT_KINDS.items() for event in events}
    expected |= {("eventSubprocessStart", kind) for kind in EVENT_SUBPROCESS_STARTS}

    assert {element.kind for _, element in elements} == FLOW_NODES - set(REFUSED_ELEMENTS)
    assert events == expected


def test_interrupting_and_not_are_both_run() -> None:
    elements = [(process, element) for process in processes(RUN) for element in process.elements.values()]
    found = {
        (place(p, e), e.event.kind, e.interrupting)
        for p, e in elements
        if e.event is not None and place(p, e) in ("boundaryEvent", "eventSubprocessStart")
    }
    kinds = {(place, kind) for place, kind, _ in found}

    assert found == {(place, kind, i) for place, kind in kinds for i in (True, False) if i or kind != "error"}


def test_all_that_the_dialect_refuses_is_refused() -> None:
    tags = {etree.QName(node).localname for row in REFUSED for node in etree.parse(row.model).iter("{*}*")}
    events = {e.event.kind for process in processes(REFUSED) for e in process.elements.values() if e.event is not None}

    assert {tag for tag in REFUSED_ELEMENTS if "horeo" not in tag and "onversation" not in tag} <= tags
    assert set(REFUSED_EVENTS) <= {event.replace("compensate", "compensation") for event in events}
