"""How the commands print and end: text for people, JSON with `--json`, reasons on standard error, exit codes.

0 success · 1 findings or refusal · 2 wrong usage or input · 3 a fault of ours.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import click

from engine.errors import Fault, InvalidInput, LicetError

FOUND, WRONG, OURS = 1, 2, 3

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
as_actor = click.option("--as", "actor", required=True, metavar="ACTOR", help="The person who does it.")


def show(value: Any, as_json: bool, text: Callable[[Any], Iterable[str]] | None = None) -> None:
    """Print `value` as JSON, or as the lines that `text` makes of it."""
    if as_json or text is None:
        click.echo(json.dumps(value, ensure_ascii=False, indent=None if as_json else 2, default=_plain))
    else:
        for line in text(value):
            click.echo(line)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no JSON value")


def table(rows: Sequence[Mapping[str, Any]], *columns: str) -> Iterable[str]:
    """Rows as aligned columns; nothing for none."""
    cells = [[str(row.get(column) if row.get(column) is not None else "-") for column in columns] for row in rows]
    widths = [max(map(_width, column)) for column in zip(columns, *cells, strict=True)] if rows else []
    for line in [list(columns), *cells] if rows else []:
        yield "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()


def _width(text: str) -> int:
    """Columns that a text takes in a terminal: two for a Chinese character."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command whose errors become one clear line and an exit code, never a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except LicetError as error:
            click.echo(f"{error.code}: {error}", err=True)
            sys.exit(exit_code(error))

    return run


def exit_code(error: LicetError) -> int:
    """What an error ends the command with."""
    if isinstance(error, Fault):
        return OURS
    return WRONG if isinstance(error, InvalidInput) else FOUND


def read_json(text: str, what: str) -> Any:
    """The JSON value of an argument or of standard input. Raises InvalidInput naming `what`."""
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{what}: expected JSON; {error}.") from error
