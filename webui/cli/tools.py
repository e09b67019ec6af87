"""Commands that need no database: `due`, `feel`, `decide`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from engine import decisions, feel, workdays
from engine.errors import InvalidInput
from webui.cli.output import FOUND, as_json, guarded, read_json, show

ZONE = "Asia/Shanghai"


@click.command()
@as_json
@guarded
def due(as_json: bool) -> None:
    """Count a limit: reads the request from standard input, prints due date, days and light."""
    request = read_json(click.get_text_stream("stdin").read(), "request")
    show(workdays.due(request, workdays.Calendar.shipped()), as_json)


@click.command("feel")
@click.argument("expression")
@click.option("--context", default="{}", help="The names that it may use, as a JSON object.")
@as_json
@guarded
def evaluate(expression: str, context: str, as_json: bool) -> None:
    """Evaluate a FEEL expression."""
    names = read_json(context, "--context")
    if not isinstance(names, dict):
        raise InvalidInput("--context: expected a JSON object.")
    compiled = feel.compile(expression.removeprefix("="), names=tuple(names))
    value = compiled.evaluate({k: feel.from_json(v) for k, v in names.items()}, now=datetime.now(ZoneInfo(ZONE)))
    show(feel.to_json(value), True)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--decision", help="Id or name of the decision.")
@click.option("--input", "given", default="{}", help="The input data, as a JSON object.")
@click.option("--tests", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Test cases in the format of the DMN TCK.")  # fmt: skip
@as_json
@guarded
def decide(file: Path, decision: str | None, given: str, tests: tuple[Path, ...], as_json: bool) -> None:
    """Make a DMN decision, or run test cases against a DMN file."""
    data = file.read_bytes()
    if tests:
        rows = [{"file": str(t), **row} for t in tests for row in decisions.tck.run_tests(data, t.read_bytes())]
        show(rows, True)
        sys.exit(0 if all(row["passed"] for row in rows) else FOUND)
    if decision is None:
        raise click.UsageError("one of --decision and --tests is needed")
    names = read_json(given, "--input")
    if not isinstance(names, dict):
        raise InvalidInput("--input: expected a JSON object.")
    inputs = {name: feel.from_json(value) for name, value in names.items()}
    value = decisions.read(data).decide(decision, inputs, {}, datetime.now(ZoneInfo(ZONE)))
    show(feel.to_json(value), True)
