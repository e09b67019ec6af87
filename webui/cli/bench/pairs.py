"""This checkout compared with another: both run the same benchmarks in turns, and the ratios of the pairs are reported.

In turns, because a machine is slower in one minute than in the next: both sides of a pair share a minute. Which side
goes first changes from pair to pair.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from math import comb
from pathlib import Path
from statistics import median
from typing import Any

from webui.cli.bench.measures import rounded

Key = tuple[str, str | None, str]
"""Name, database and variant of a result."""

CONFIDENCE = 0.95


def pairs(against: Path, count: int, words: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the ratios of this checkout to `against` (the other checkout's `licet`) over `count` pairs of runs.

    `words`: the arguments of `licet bench`. One object for each result that both sides give: its key, the median of
    the ratios, and the interval that holds the true median with 95 % confidence. Compared are CPU times
    in multiples of the floor's where the benchmark takes both, else the p50.

    Raises CalledProcessError where one of the two fails.
    """
    ours = [str(Path(sys.executable).with_name("licet"))]
    theirs = [str(against)]
    ratios: dict[Key, list[float]] = {}
    for turn in range(count):
        first, second = (ours, theirs) if turn % 2 == 0 else (theirs, ours)
        taken = {tuple(command): _run([*command, "bench", *words, "--json"]) for command in (first, second)}
        mine, other = taken[tuple(ours)], taken[tuple(theirs)]
        for key in mine.keys() & other.keys():
            ratios.setdefault(key, []).append(mine[key] / other[key])
    for (name, database, variant), of_pairs in sorted(ratios.items(), key=str):
        low, high = interval(of_pairs)
        yield {
            "name": name, "variant": variant, "database": database, "pairs": len(of_pairs),
            "ratio": rounded(median(of_pairs)), "low": rounded(low), "high": rounded(high),
        }  # fmt: skip


def _run(command: list[str]) -> dict[Key, float]:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    results = [json.loads(line) for line in done.stdout.splitlines()]
    return {(one["name"], one["database"], one["variant"]): _compared(one) for one in results if "skipped" not in one}


def _compared(result: dict[str, Any]) -> float:
    """Return the CPU time in multiples of the floor's, so that the machine's speed cancels out; else the p50."""
    figure: float = result["cpu"] / result["floor_cpu"] if "floor_cpu" in result else result["p50"]
    return figure


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the two values between which the true median lies with at least 95 % confidence.

    Both are values of the sample. With fewer than six values no such two exist: the least and the greatest are
    returned. Makes no assumption about the distribution. Source: the sign test (binomial, p = 1/2).
    """
    ordered, n = sorted(values), len(values)
    outside, rank = 1 / 2**n, 0  # chance that the true median lies below the value of this rank
    while (further := outside + comb(n, rank + 1) / 2**n) <= (1 - CONFIDENCE) / 2:
        outside, rank = further, rank + 1
    return ordered[rank], ordered[n - 1 - rank]
