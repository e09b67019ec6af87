"""The figures that the shipped chains are built to give, computed from their models; one mark less changes them."""

from __future__ import annotations

import json
import re
from functools import cache

import pytest

from engine.model import chain
from engine.model.chain.measures import measure
from engine.model.chain.version import CATALOGUE, ChainVersion

FIGURES = {
    "business_startup": {"materials": (27, 5), "days": (8, 3), "visits": (4, 1), "windows": (4, 1)},
    "real_estate": {"steps": (3, 1), "materials": (25, 14), "days": (7, 3), "visits": (7, 4), "windows": (4, 2)},
    "construction": {"steps": (19, 3), "materials": (83, 25)},
}
MOST_DAYS_OF_CONSTRUCTION = 50
SIDES = [(name, side) for name in FIGURES for side in ("before", "after")]
MARK = re.compile(rb'<zeebe:property name="step" value="true"\s*/>')


@cache
def version(name: str, side: str) -> ChainVersion:
    reading = chain.read(chain.INSTALLED / name / side)
    assert reading.version is not None, [finding.message for finding in reading.findings]
    return reading.version


@pytest.mark.parametrize("name", FIGURES)
def test_the_shipped_chains_give_the_figures_of_the_reform(name):
    before, after = (measure(version(name, side)).figures() for side in ("before", "after"))

    assert {figure: (before[figure], after[figure]) for figure in FIGURES[name]} == FIGURES[name]


def test_the_industrial_construction_project_stays_within_fifty_workdays():
    assert measure(version("construction", "after")).days <= MOST_DAYS_OF_CONSTRUCTION


@pytest.mark.parametrize(("name", "side"), SIDES)
def test_a_step_mark_less_is_a_step_less(name, side):
    shipped = version(name, side)
    figures = measure(shipped).figures()
    file = next(f for f, data in shipped.files.items() if f.startswith("processes/") and _counts(shipped, f, data))

    less = chain.load({**shipped.files, file: MARK.sub(b"", shipped.files[file], count=1)})

    assert measure(less).figures() == figures | {"steps": figures["steps"] - 1}


def _counts(shipped: ChainVersion, file: str, data: bytes) -> bool:
    """Return whether a file has marks, all of them in processes that the main process reaches."""
    processes = [p.id for p in shipped.processes.values() if p.file == file]
    return bool(MARK.search(data)) and set(processes) <= shipped.tree(shipped.main).keys()


@pytest.mark.parametrize(("name", "side"), SIDES)
def test_a_material_less_is_a_material_less(name, side):
    shipped = version(name, side)
    figures = measure(shipped).figures()
    dropped = measure(shipped).materials[-1].key
    content = json.loads(shipped.files[CATALOGUE])
    for item in content["items"]:
        item["materials"] = [need for need in item["materials"] if need["material"] != dropped]

    less = chain.load({**shipped.files, CATALOGUE: json.dumps(content).encode()})

    assert measure(less).figures() == figures | {"materials": figures["materials"] - 1}
