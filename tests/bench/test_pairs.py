"""Two checkouts compared in turns: the direction of the ratio, and its confidence interval."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from webui.cli.bench.pairs import interval
from webui.cli.benchmarks import command


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        (1, 1, 1),
        (5, 1, 5),  # too few for 95 %: all of them
        (6, 1, 6),
        (10, 2, 9),  # the ranks of the published tables of the sign test
        (20, 6, 15),
        (30, 10, 21),
        (100, 40, 61),
    ],
)
def test_the_interval_is_that_of_the_sign_test(count: int, low: int, high: int) -> None:
    assert interval([float(n) for n in range(count, 0, -1)]) == (low, high)


def test_ratios_are_ours_to_theirs_of_the_same_result(tmp_path: Path) -> None:
    other = tmp_path / "licet"
    cheap = {"name": "feel", "variant": "count(xs) > 3", "database": None, "p50": 1e-9}
    unknown = {"name": "feel", "variant": "what we don't measure", "database": None, "p50": 1.0}
    lines = "\n".join(json.dumps(one) for one in (cheap, unknown))
    other.write_text(f"#!/bin/sh\ncat <<'END'\n{lines}\nEND\n")
    other.chmod(0o700)

    words = ["feel", "--size", "small", "--against", str(other), "--pairs", "2", "--json"]
    run = CliRunner().invoke(command, words)

    assert run.exit_code == 0, run.output
    (result,) = (json.loads(line) for line in run.stdout.splitlines())
    assert (result["name"], result["variant"], result["pairs"]) == ("feel", "count(xs) > 3", 2)
    assert 1_000 < result["low"] <= result["ratio"] <= result["high"]
