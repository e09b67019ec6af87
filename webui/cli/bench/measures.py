"""Times taken, and the results reported from them."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass
class Series:
    """Durations of one kind of work, in milliseconds: `wall` clock time, and `cpu` time of this process."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def time(self, work: Callable[[], T]) -> T:
        """Do `work` once and note how long it takes; return its result."""
        wall, cpu = time.perf_counter_ns(), time.process_time_ns()
        done = work()
        self.cpu.append((time.process_time_ns() - cpu) / 1e6)
        self.wall.append((time.perf_counter_ns() - wall) / 1e6)
        return done

    @property
    def p50(self) -> float:
        return quantile(self.wall, 0.50)

    @property
    def p95(self) -> float:
        return quantile(self.wall, 0.95)


def quantile(values: list[float], share: float) -> float:
    """Return the value that `share` of the values don't exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@dataclass(frozen=True)
class Measurement:
    """One line of the report. `bar`: the highest `ratio` allowed, or the lowest with `at_least`. Times are in
    `unit`.
    """

    name: str
    variant: str
    n: int
    p50: float | None
    p95: float | None
    floor: float | None
    ratio: float | None
    bar: float
    at_least: bool = False
    unit: str = "ms"
    database: str | None = None
    settings: str | None = None
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        if self.ratio is None:
            return False
        return self.ratio >= self.bar if self.at_least else self.ratio <= self.bar

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "variant": self.variant,
            "n": self.n,
            "p50": rounded(self.p50),
            "p95": rounded(self.p95),
            "unit": self.unit,
            "floor": rounded(self.floor),
            "ratio": rounded(self.ratio),
            "bar": f"{'≥' if self.at_least else '≤'} {self.bar:g}",
            "met": self.met,
            "database": self.database,
            "settings": self.settings,
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            **self.more,
        }


def against_floor(name: str, variant: str, taken: Series, floor: Series, bar: float, place: Any) -> Measurement:
    """Return a result whose ratio is that of the medians, with the CPU time of both."""
    cpu = {"cpu": rounded(quantile(taken.cpu, 0.5)), "floor_cpu": rounded(quantile(floor.cpu, 0.5))}
    ratio = taken.p50 / floor.p50
    return Measurement(
        name, variant, len(taken.wall), taken.p50, taken.p95, floor.p50, ratio, bar,
        database=place.database, settings=place.settings, more=cpu,
    )  # fmt: skip


def rounded(value: float | None) -> float | None:
    """Round to a thousandth; None stays None."""
    return None if value is None else round(value, 3)
