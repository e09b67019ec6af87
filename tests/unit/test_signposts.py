"""Signposts are true: the drawing, the paths that pages name, the map of chains, what a storey says of its rooms."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from docs.house.drawing import DRAWING, Plan, drawn
from docs.house.figures import House
from engine.model.chain.reader import read_bpmn
from tests.samples.checkouts import checkout

ROOT = Path(__file__).parents[2]
BPMN = ROOT / "bpmn"
SIGNPOSTS = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.md"))]
SIGNPOSTS += [BPMN / "README.md", ROOT / "tests" / "README.md"]
PATH = re.compile(r"(?<![\w./<-])(?:engine|adapters|webui|bpmn|tests|docs)/[\w./-]*\w/?")


@pytest.fixture(scope="module")
def house() -> House:
    return House(ROOT)


def table(page: Path, *titles: str) -> list[list[str]]:
    """The cells of the rows of the tables of a page whose columns begin with these titles."""
    lines = page.read_text("utf-8").splitlines()
    rows: list[list[str]] = []
    for at, line in enumerate(lines):
        if line.startswith(f"| {' | '.join(titles)} |"):
            for row in lines[at + 2 :]:
                if not row.startswith("|"):
                    break
                rows.append([cell.strip() for cell in row.strip("|").split("|")])
    assert rows, titles
    return rows


def ticked(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


# ------------------------------------------------------------------ the drawing


def test_the_drawing_is_that_of_the_imports(house: House) -> None:
    assert DRAWING.read_text("utf-8") == drawn(house), "The imports have changed: run `make docs`."


def test_no_arrow_of_the_drawing_is_red(house: House) -> None:
    assert Plan.of(house).wrong == set()


def test_an_import_inside_a_function_or_for_types_alone_is_drawn(tmp_path: Path) -> None:
    types = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from engine.base import stone\n"
    inside = "def f():\n    import engine.base.sand\n"

    plan = Plan.of(checkout(tmp_path, hall_a=types, hall_b=inside, base_stone="", base_sand=""))

    assert plan.arrows == {(("hall", "a"), ("base", "stone")), (("hall", "b"), ("base", "sand"))}
    assert plan.wrong == set()


def test_an_import_against_the_order_is_red(tmp_path: Path) -> None:
    house = checkout(tmp_path, base_stone="def f():\n    from engine.hall import a\n", hall_a="")

    assert Plan.of(house).wrong == {(("base", "stone"), ("hall", "a"))}
    assert house.figures()["against the contract"] == 1
    assert 'class="wrong"' in drawn(house)


def test_a_circle_of_rooms_is_red(tmp_path: Path) -> None:
    house = checkout(tmp_path, hall_a="from engine.hall import b\n", hall_b="from engine.hall import a\n")

    assert Plan.of(house).wrong == {(("hall", "a"), ("hall", "b")), (("hall", "b"), ("hall", "a"))}
    assert house.figures()["circles"] == 1


def test_an_arrow_that_a_longer_way_says_is_left_out(tmp_path: Path) -> None:
    house = checkout(
        tmp_path,
        hall_a="import engine.hall.b\nimport engine.base.stone\n",
        hall_b="import engine.base.stone\n",
        base_stone="",
    )

    assert Plan.of(house).arrows == {(("hall", "a"), ("hall", "b")), (("hall", "b"), ("base", "stone"))}


# ------------------------------------------------------------------ what pages name


@pytest.mark.parametrize("page", SIGNPOSTS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_names_is_there(page: Path) -> None:
    text = re.sub(r"\]\([^)]*\)", "", page.read_text("utf-8"))  # links have a test of their own

    assert [path for path in PATH.findall(text) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("storey", ["base", "language", "law", "model", "case", "hall", "reading"])
def test_the_first_lines_of_a_storey_name_its_rooms(storey: str, house: House) -> None:
    rooms = {path.stem for path in (ROOT / "engine" / storey).iterdir() if not path.name.startswith("__")}

    told = house.modules[f"engine.{storey}"].docstring

    assert {room for room in rooms if not re.search(rf"(?<!\S){room}  ", told + "  ")} == set()


def test_the_index_leads_to_every_page_of_the_docs() -> None:
    links = set(re.findall(r"\]\(([^)#]+)", (ROOT / "docs" / "README.md").read_text("utf-8")))

    assert {page.name for page in (ROOT / "docs").glob("*.md")} - links == {"README.md"}


# ------------------------------------------------------------------ the map of chains


def calls(*files: Path) -> set[str]:
    """Ids of the processes that these models call."""
    found = (re.findall(r'calledElement[^>]*processId="([^"=]+)"', file.read_text("utf-8")) for file in files)
    return {process for processes in found for process in processes}


def processes(*files: Path) -> set[str]:
    return {process for file in files for process in read_bpmn(file.read_bytes(), file.name)[0]}


COMMON = processes(*(BPMN / "common").glob("*.bpmn"))


def test_the_map_has_every_chain_its_items_and_what_it_calls() -> None:
    rows = {ticked(row[0])[0]: row for row in table(BPMN / "README.md", "chain", "is", "items", "calls")}

    assert set(rows) == {path.parent.relative_to(BPMN).as_posix() for path in BPMN.glob("*/*/chain.bpmn")}
    for chain, row in rows.items():
        folder, state = chain.split("/")
        catalogue = BPMN / "catalogue" / f"{folder}{'_before' * (state == 'before')}.json"
        assert int(row[2]) == len(json.loads(catalogue.read_text("utf-8"))["items"]), chain
        assert ticked(row[3]) == sorted(calls(*(BPMN / chain).rglob("*.bpmn")) & COMMON), chain


def test_the_map_has_every_common_process_and_what_it_calls() -> None:
    rows = {ticked(row[0])[0]: row for row in table(BPMN / "README.md", "process", "中文", "does", "calls")}

    assert set(rows) == COMMON
    for process, row in rows.items():
        assert ticked(row[3]) == sorted(calls(BPMN / "common" / f"{process}.bpmn")), process


def test_the_map_shows_every_picture_of_a_model() -> None:
    links = set(re.findall(r"\]\(([^)]+\.svg)\)", (BPMN / "README.md").read_text("utf-8")))

    assert links == {path.relative_to(BPMN).as_posix() for path in BPMN.rglob("*.svg")}
