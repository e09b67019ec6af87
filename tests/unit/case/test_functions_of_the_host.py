"""The functions by which expressions ask a case: the examples and clocks of docs/feel.md hold in the first chain."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.case.host import CaseHost
from engine.case.records import read_command
from engine.case.working import Working
from engine.language import feel
from engine.law import organisation as organisations
from engine.law.catalogue import Limits
from engine.model import chain as chains
from engine.model.chain.dialect import FEEL_FUNCTIONS
from tests.samples.desk import Desk, moment

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "feel.md").read_text("utf-8").partition("## Host functions")[2].partition("## Built-in functions")[0]
ROW = re.compile(r"^\| (`.*`) \| (.*) \|$", re.MULTILINE)
VALUE = re.compile(r"`[^`]+`|\bnull\b|\bfalse\b|\b\d+\b")


def examples() -> Iterator[tuple[str, str]]:
    """Each expression of the table with its value; the last value of a row stands for the rest of them."""
    table = PAGE.partition("| expression | value |")[2].partition("### Clocks")[0]
    for expressions, values in ROW.findall(table):
        found = VALUE.findall(values)
        for at, expression in enumerate(re.findall(r"`([^`]+)`", expressions)):
            yield expression, found[min(at, len(found) - 1)]


EXAMPLES = list(examples())


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> CaseHost:
    """The host of a case of the first chain, just accepted on Monday, 2 March 2026."""
    folder = tmp_path_factory.mktemp("first")
    page = (DOCS / "first-chain.md").read_text("utf-8")
    for name, content in re.findall(r"^\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    version = chains.read(folder / "stall").version
    assert version is not None
    hall = organisations.read((folder / "stall/organisation.json").read_bytes())
    desk = Desk(version, hall, moment("2026-03-02 09:00"))
    desk.give("StartCase", "clerk", chain=version.digest)
    desk.complete("apply", "clerk", place="示范路1号", where="square", area=6)
    assert desk.case is not None
    command = read_command("CancelCase", "clerk", desk.case.id, {"reason": "x"}, None, None)
    return CaseHost(Working(desk.case.copy(), command, desk.context(), made=[]))


@pytest.mark.parametrize(("expression", "value"), EXAMPLES)
def test_an_example_of_the_page_has_the_value_that_it_says(host: CaseHost, expression: str, value: str) -> None:
    found = host.evaluate(f"={expression}", 0)

    assert json.loads(feel.json_text(feel.from_host(found))) == stated(value)


def stated(value: str) -> Any:
    text = value.strip("`")
    return text if re.match(r"\d{4}-", text) else json.loads(feel.json_text(feel.compile(text).evaluate({})))


def test_every_function_has_a_row_and_an_example() -> None:
    table = PAGE.partition("Examples,")[0]
    rows = {name for cell, _ in ROW.findall(table) for name in re.findall(r"`([a-z ]+)\(", cell)}

    assert rows == set(FEEL_FUNCTIONS)
    shown = " ".join(expression for expression, _ in EXAMPLES)
    assert [name for name in FEEL_FUNCTIONS if name != "applicant" and f"{name}(" not in shown] == []


def test_every_clock_that_the_engine_starts_has_a_row() -> None:
    told = set(re.findall(r'`"([a-z_]+)"`', PAGE.partition("### Clocks")[2]))

    assert told == {"decision", *Limits.__dataclass_fields__}
