"""Benchmarks that need no database: `feel`, `check`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine.language import feel
from engine.model import chain as chains
from engine.model.chain import INSTALLED
from webui.cli.bench.measures import Measurement, Series

_NAMES: dict[str, Any] = {
    "amount": 120,
    "outcome": "agree",
    "fee": 5,
    "kind": "transfer",
    "name": "示范县青禾农业科技有限公司",
    "started": "2024-09-02",
    "person": {"address": {"city": "示范县"}},
    "xs": list(range(20)),
    "rows": [{"a": a, "b": str(a)} for a in range(20)],
}


def _fee(names: dict[str, Any]) -> Any:
    if names["amount"] > 100 and names["outcome"] == "agree":
        return names["amount"] * 2 + names["fee"]
    return names["fee"]


_EXPRESSIONS: tuple[tuple[str, Callable[[dict[str, Any]], Any]], ...] = (
    ('if amount > 100 and outcome = "agree" then amount * 2 + fee else fee', _fee),
    ('kind in ("transfer", "first")', lambda n: n["kind"] in ("transfer", "first")),
    ("amount between 100 and 200", lambda n: 100 <= n["amount"] <= 200),
    ('person.address.city = "示范县"', lambda n: n["person"]["address"]["city"] == "示范县"),
    ('date(started) + @"P3D"', lambda n: date.fromisoformat(n["started"]) + timedelta(days=3)),
    ('substring(name, 1, 3) = "示范县"', lambda n: n["name"][0:3] == "示范县"),
    ("count(xs) > 3", lambda n: len(n["xs"]) > 3),
    ("max(xs)", lambda n: max(n["xs"])),
    ("rows[a > 15].a", lambda n: [row["a"] for row in n["rows"] if row["a"] > 15]),
    ("every x in xs satisfies x >= 0", lambda n: all(x >= 0 for x in n["xs"])),
)
"""Expressions as in conditions, mappings and forms, each with its equal in plain Python."""

_EVALUATIONS = {"small": 5, "brief": 50, "full": 400}
_CHECKS = {"small": 1, "brief": 5, "full": 20}
_MILLISECONDS = 100.0


def expressions(size: str) -> Iterator[Measurement]:
    """Evaluate FEEL expressions and their equals in plain Python, a hundred evaluations a time."""
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    for text, plainly in _EXPRESSIONS:
        compiled = feel.compile(text)
        evaluated, plain = Series(), Series()
        for _ in range(_EVALUATIONS[size]):
            plain.time(lambda: [plainly(_NAMES) for _ in range(100)])  # noqa: B023 - called at once
            evaluated.time(lambda: [compiled.evaluate(_NAMES, {}, now=now) for _ in range(100)])  # noqa: B023
        ratio = evaluated.p50 / plain.p50
        yield Measurement("feel", text, len(evaluated.wall), evaluated.p50, evaluated.p95, plain.p50, ratio, 20.0)


def check(size: str) -> Iterator[Measurement]:
    """Run `chain check` on the largest shipped chain, its state space included. `floor` of the result is the bar
    itself.
    """
    folders = [path.parent for path in INSTALLED.glob("*/*/chain.bpmn")]
    largest = max(folders, key=lambda folder: (folder / "chain.bpmn").stat().st_size)
    taken = Series()
    for _ in range(_CHECKS[size]):
        taken.time(lambda: chains.check([largest]))
    ratio = taken.p50 / _MILLISECONDS
    name = f"{largest.parent.name}/{largest.name}"
    yield Measurement("check", name, len(taken.wall), taken.p50, taken.p95, _MILLISECONDS, ratio, 1.0)
