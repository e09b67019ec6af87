"""Commands that need no database: `due`, `feel`, `decide`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from engine import decisions, feel, workdays
from webui import compose
from webui.cli.output import FILE, FOUND, as_json, given, guarded, read_input, read_json, read_object, show

ZONE = "Asia/Shanghai"


@click.command()
@compose.database
@as_json
@guarded
def due(database: str, as_json: bool) -> None:
    """Count a limit: reads the request from standard input, prints due date, days and light.

    Counts with the calendar that is in force in the database, where there is one; else with the shipped years.
    """
    request = read_json(read_input(), "request")
    show(workdays.due(request, compose.calendar(database)), as_json)


@click.command("feel")
@click.argument("expression")
@click.option("--context", default="{}", help="The names that it may use, as a JSON object.")
@as_json
@guarded
def evaluate(expression: str, context: str, as_json: bool) -> None:
    """Evaluate a FEEL expression."""
    names = read_object(context, "--context")
    with given("expression"):
        compiled = feel.compile(expression.removeprefix("="), names=tuple(names))
    value = compiled.evaluate({k: feel.from_json(v) for k, v in names.items()}, now=datetime.now(ZoneInfo(ZONE)))
    show(feel.to_json(value), True)


@click.command()
@click.argument("file", type=FILE)
@click.option("--decision", help="Id or name of the decision.")
@click.option("--input", "data", default="{}", help="The input data, as a JSON object.")
@click.option("--tests", multiple=True, type=FILE, help="Test cases in the format of the DMN TCK.")
@as_json
@guarded
def decide(file: Path, decision: str | None, data: str, tests: tuple[Path, ...], as_json: bool) -> None:
    """Make a DMN decision, or run test cases against a DMN file."""
    if bool(tests) == (decision is not None):
        raise click.UsageError("give one of --decision and --tests")
    with given(file.name):
        model = file.read_bytes()
        if tests:
            rows = [{"file": str(t), **row} for t in tests for row in decisions.tck.run_tests(model, t.read_bytes())]
            show(rows, True)
            sys.exit(0 if all(row["passed"] for row in rows) else FOUND)
        inputs = {name: feel.from_json(value) for name, value in read_object(data, "--input").items()}
        value = decisions.read(model).decide(str(decision), inputs, {}, datetime.now(ZoneInfo(ZONE)))
    show(feel.to_json(value), True)
