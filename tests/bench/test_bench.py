"""Each benchmark works at its smallest size, and reports what performance.md asks for. No time is asserted."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from webui.cli import bench
from webui.cli.benchmarks import command

FIELDS = {"name", "variant", "n", "p50", "p95", "unit", "floor", "ratio", "bar", "met", "database", "settings",
          "python", "cores"}  # fmt: skip


@pytest.mark.parametrize("name", bench.NAMES)
def test_a_benchmark_works_at_its_smallest_size(name: str):
    run = CliRunner().invoke(command, [name, "--size", "small", "--database", "sqlite", "--json"])

    assert run.exit_code == 0, run.output
    results = [json.loads(line) for line in run.stdout.splitlines()]
    assert results
    for result in results:
        assert result.keys() >= FIELDS
        assert result["name"] == name
        assert result["n"] > 0 and result["p50"] > 0 and result["floor"] > 0
        assert result["bar"][0] in "≤≥" and isinstance(result["met"], bool)
        on_database = name in bench.ON_DATABASE
        assert (result["database"] == "sqlite") is on_database
        assert (result["settings"] == "journal_mode=WAL synchronous=FULL") is on_database


def test_an_unknown_benchmark_is_wrong_usage():
    assert CliRunner().invoke(command, ["speed"]).exit_code == 2
