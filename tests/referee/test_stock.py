"""Where stock SpiffWorkflow is wrong, or costs too much, is proved: each row of `docs/spiffworkflow.md` is a test.

With stock classes the expectation of a row fails (`xfail`, strict), so that a mended SpiffWorkflow is noticed the day
it is installed; with Licet's runtime the same expectation holds.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from docs.house.spiffworkflow import kinds
from tests.referee.costs import COSTS
from tests.referee.expectation import MODELS, Expectation
from tests.referee.our_player import OurPlayer
from tests.referee.stock_player import StockPlayer
from tests.referee.wrong_events import EVENTS
from tests.referee.wrong_results import RESULTS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "spiffworkflow.md"
EXPECTATIONS = {**RESULTS, **EVENTS, **COSTS}


class Row(NamedTuple):
    """A row of the page's tables; `stock` and `ours` say what each does, `overrides` names our methods."""

    id: str
    symptom: str
    model: str
    source: str
    stock: str
    ours: str
    overrides: str


def rows() -> list[Row]:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    return [Row(*(cell.strip() for cell in line.strip("|").split(" | "))) for line in lines]


ROWS = {row.id.strip("`"): row for row in rows()}


def _wrong(row: str, expected: Expectation) -> object:
    reason = ROWS[row].stock if row in ROWS else row
    return pytest.param(expected, id=row, marks=pytest.mark.xfail(strict=True, reason=reason, raises=expected.failure))


@pytest.mark.parametrize("expected", [_wrong(row, expected) for row, expected in EXPECTATIONS.items()])
def test_stock_is_wrong(expected: Expectation) -> None:
    expected.holds(StockPlayer)


@pytest.mark.parametrize("expected", EXPECTATIONS.values(), ids=EXPECTATIONS)
def test_ours_is_right(expected: Expectation) -> None:
    if expected.ours:
        file, _, name = expected.ours.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text("utf-8")
    else:
        expected.holds(OurPlayer)


def test_every_row_has_its_test_and_every_test_its_row() -> None:
    assert list(ROWS) == [row.id.strip("`") for row in rows()]  # no id twice
    assert set(ROWS) == set(EXPECTATIONS)


def test_every_row_is_whole() -> None:
    assert [row.id for row in ROWS.values() if not all(row)] == []


def test_every_model_is_linked_and_exists() -> None:
    linked = {name for row in ROWS.values() for name in re.findall(r"\(\.\./tests/referee/models/([^)]+)\)", row.model)}

    assert linked == {path.name for path in MODELS.iterdir()}
    assert [row.id for row in ROWS.values() if "(../tests/referee/models/" not in row.model] == []


def test_every_override_has_its_row_and_every_method_that_a_row_names_overrides_one() -> None:
    assert kinds.without_row(kinds.rows()) == []
    assert kinds.stale(kinds.rows()) == []


@pytest.mark.parametrize("method", kinds.rows())
def test_without_an_override_a_row_of_it_fails(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    played = [row for row in kinds.rows()[method] if not EXPECTATIONS[row].ours]

    _take_away(method, monkeypatch)

    assert [row for row in played if not _holds(EXPECTATIONS[row])] != []


@pytest.mark.parametrize("row", [row for row, expected in EXPECTATIONS.items() if not expected.ours])
def test_without_its_overrides_a_row_fails(row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    methods = [method for method, rows in kinds.rows().items() if row in rows]

    for method in methods:
        _take_away(method, monkeypatch)

    assert _holds(EXPECTATIONS[row]) == (methods == [])


def _take_away(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SpiffWorkflow's method run in place of ours."""
    owner, name = method.split(".")
    monkeypatch.delattr(next(made for made in kinds.classes() if made.__name__ == owner), name)


def _holds(expected: Expectation) -> bool:
    try:
        expected.holds(OurPlayer)
    except (Exception, pytest.fail.Exception):
        return False
    return True
