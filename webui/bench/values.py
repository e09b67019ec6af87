"""What needs no database: `feel`, `check`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from engine import chain as chains
from engine import feel
from engine.chain import INSTALLED
from webui.bench.measures import Result, Series

_EXPRESSION = 'if amount > 100 and outcome = "agree" then amount * 2 + fee else fee'
_EVALUATIONS = {"small": 10, "full": 2000}
_CHECKS = {"small": 1, "full": 20}
_MILLISECONDS = 100.0


def _plainly(names: dict[str, Any]) -> Any:
    """The same in plain Python."""
    if names["amount"] > 100 and names["outcome"] == "agree":
        return names["amount"] * 2 + names["fee"]
    return names["fee"]


def expressions(size: str) -> Iterator[Result]:
    """A compiled FEEL expression against the same in plain Python, hundred evaluations a time."""
    names = {"amount": 120, "outcome": "agree", "fee": 5}
    compiled, now = feel.compile(_EXPRESSION), datetime(2026, 3, 2, 9, tzinfo=UTC)
    evaluated, plain = Series(), Series()
    for _ in range(_EVALUATIONS[size]):
        plain.time(lambda: [_plainly(names) for _ in range(100)])
        evaluated.time(lambda: [compiled.evaluate(names, {}, now=now) for _ in range(100)])
    ratio = evaluated.p50 / plain.p50
    yield Result("feel", "100 evaluations", len(evaluated.wall), evaluated.p50, evaluated.p95, plain.p50, ratio, 20.0)


def check(size: str) -> Iterator[Result]:
    """`chain check` on the largest shipped chain, its state space included. `floor` is the bar itself."""
    folders = [path.parent for path in INSTALLED.glob("*/*/chain.bpmn")]
    largest = max(folders, key=lambda folder: (folder / "chain.bpmn").stat().st_size)
    taken = Series()
    for _ in range(_CHECKS[size]):
        taken.time(lambda: chains.check([largest]))
    ratio = taken.p50 / _MILLISECONDS
    name = f"{largest.parent.name}/{largest.name}"
    yield Result("check", name, len(taken.wall), taken.p50, taken.p95, _MILLISECONDS, ratio, 1.0)
