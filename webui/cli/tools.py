"""Commands that need no database of cases: `due`, `feel`, `decide`, `schema`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from engine.base import shapes
from engine.language import decisions, feel
from engine.law import workdays
from engine.law.catalogue import CatalogueFile
from engine.law.organisation import Organisation
from engine.model.chain.dialect import FEEL_FUNCTIONS
from webui.cli import compose
from webui.cli.output import FILE, FINDINGS, as_json, given, guarded, read_input, read_json, read_object, show

ZONE = "Asia/Shanghai"

SHAPES: dict[str, type] = {"catalogue": CatalogueFile, "organisation": Organisation}
"""The shape of each JSON file of a designer, by name."""


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a file, made of what reads it."""
    return shapes.schema(SHAPES[name])


@click.command()
@click.argument("name", type=click.Choice(list(SHAPES)))
@as_json
@guarded
def schema(name: str, as_json: bool) -> None:
    """Print the JSON Schema of catalogue.json or organisation.json, for editors."""
    show(schema_of(name), as_json)


@click.command()
@compose.database
@as_json
@guarded
def due(database: str, as_json: bool) -> None:
    """Count a limit: read the request from standard input, print due date, days and light.

    Counts with the calendar that is in force in the database, if there is one; else with the shipped years.
    """
    request = read_json(read_input(), "request")
    show(workdays.due(request, compose.calendar(database)), as_json)


# An expression may begin with a minus.
@click.command("feel", context_settings={"ignore_unknown_options": True})
@click.argument("expression")
@click.option("--context", default="{}", help="The names that it may use, as a JSON object.")
@as_json
@guarded
def evaluate(expression: str, context: str, as_json: bool) -> None:
    """Evaluate a FEEL expression. Print the value as JSON; if it is null, the reason on standard error."""
    names = read_object(context, "--context")
    with given("expression"):
        compiled = feel.compile(expression.strip().removeprefix("="), names=tuple(names), functions=FEEL_FUNCTIONS)
    notes = [f"There is no {name} in the context; null." for name in sorted(compiled.names - names.keys())]
    value = compiled.evaluate({k: feel.from_host(v) for k, v in names.items()}, now=_now(), warnings=notes)
    _print(value, notes)


@click.command()
@click.argument("file", type=FILE)
@click.option("--decision", help="Id or name of the decision.")
@click.option("--input", "data", default="{}", help="The input data, as a JSON object.")
@click.option("--tests", multiple=True, type=FILE, help="Test cases in the format of the DMN TCK.")
@as_json
@guarded
def decide(file: Path, decision: str | None, data: str, tests: tuple[Path, ...], as_json: bool) -> None:
    """Make a DMN decision, or run test cases against a DMN file.

    Files that it imports are looked for beside it. What is wrong in the model, and why the result is null, is told
    on standard error.
    """
    if bool(tests) == (decision is not None):
        raise click.UsageError("give one of --decision and --tests")
    files = _with_imports(file)
    if decision is None:
        rows = [row for path in tests for row in _rows(files, file, path)]
        show(rows, True)
        sys.exit(0 if rows and all(row["passed"] for row in rows) else FINDINGS)
    with given(file.name):
        model = decisions.read(files, functions=FEEL_FUNCTIONS)
        notes = [f"line {p.line}: {p.message}" for p in model.problems if p.severity == "error"]
        inputs = model.inputs_from_json(read_object(data, "--input"))
        value = model.decide(decision, inputs, now=_now(), warnings=notes)
    _print(value, notes)


def _now() -> datetime:
    return datetime.now(ZoneInfo(ZONE))


def _print(value: feel.Value, notes: list[str]) -> None:
    click.echo(feel.json_text(value))
    for note in dict.fromkeys(notes):
        click.echo(f"note: {note}", err=True)


def _with_imports(file: Path) -> list[bytes]:
    """Return the content of the file and, if it imports any, of the other DMN files beside it."""
    content = file.read_bytes()
    if b"import" not in content:
        return [content]
    return [content, *(other.read_bytes() for other in sorted(file.parent.glob("*.dmn")) if other != file)]


def _rows(files: list[bytes], file: Path, tests: Path) -> list[dict[str, Any]]:
    with given(file.name):
        decisions.read(files)
    with given(tests.name):
        return [{"file": str(tests), **row} for row in decisions.tck.run_tests(files, tests.read_bytes(), _now())]
