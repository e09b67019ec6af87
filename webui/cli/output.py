"""How commands print and end: text for people, JSON with `--json`, reasons on standard error, exit codes.

0 success · 1 findings or refusal · 2 wrong usage or input · 3 a fault of Licet.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from engine.base.canonical import of_json
from engine.base.errors import Fault, InvalidInput, LicetError, ModelError, NotFound

FINDINGS, WRONG, OURS = 1, 2, 3

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
as_actor = click.option("--as", "actor", required=True, metavar="ACTOR", help="The person who does it.")
as_operator = click.option(
    "--as", "actor", default="system:operator", metavar="ACTOR", help="The person who does it; else the operator."
)


def show(value: Any, as_json: bool, text: Callable[[Any], Iterable[str]] | None = None) -> None:
    """Print `value` as JSON, or as the lines that `text` makes of it."""
    if as_json or text is None:
        click.echo(json.dumps(value, ensure_ascii=False, indent=None if as_json else 2, default=plain_json))
    else:
        for line in text(value):
            click.echo(line)


def plain_json(value: Any) -> Any:
    """Return a value that JSON hasn't as one that it has; `default` of `json.dumps`."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no JSON value")


def table(rows: Sequence[Mapping[str, Any]], *columns: str) -> Iterable[str]:
    """Yield the rows as aligned columns below a heading; nothing if there are no rows."""
    cells = [[str(row.get(column) if row.get(column) is not None else "-") for column in columns] for row in rows]
    widths = [max(map(_width, column)) for column in zip(columns, *cells, strict=True)] if rows else []
    for line in [list(columns), *cells] if rows else []:
        yield "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()


def _width(text: str) -> int:
    """Return how many terminal columns a text takes: two for a Chinese character."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Make a command end with one clear line and an exit code on an error, never with a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except LicetError as error:
            click.echo(f"{error.code}: {error}", err=True)
            sys.exit(exit_code(error))
        except BrokenPipeError:
            raise  # the reader of the output has ended; click ends quietly
        except OSError as error:
            click.echo(f"fault: {error.strerror or error}: {error.filename or 'the system refused it'}.", err=True)
            sys.exit(OURS)

    return run


def exit_code(error: LicetError) -> int:
    """Return the exit code for an error."""
    if isinstance(error, Fault):
        return OURS
    return WRONG if isinstance(error, InvalidInput) else FINDINGS


@contextmanager
def given(what: str) -> Iterator[None]:
    """Turn ModelError and NotFound inside the block into InvalidInput: there the user's own input is read.

    `what`: the name of that input, which begins the message.
    """
    try:
        yield
    except (ModelError, NotFound) as error:
        raise InvalidInput(f"{what}: {error.message}", **error.fields) from error


def write(path: Path, data: bytes) -> None:
    """Write a file that the user has named, or one beside it. Raises InvalidInput where it can't be written there."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InvalidInput(f"Expected a place that can be written at {path}; {error.strerror or error}.") from error


def read_input() -> bytes:
    """Return all of standard input."""
    return sys.stdin.buffer.read()


def read_json(text: str | bytes, what: str) -> Any:
    """Return the JSON value of an argument or of standard input. Raises InvalidInput naming `what`."""
    try:
        data = text if isinstance(text, bytes) else text.encode()
        return of_json(data, parse_float=Decimal, parse_constant=_no_number)
    except ValueError as error:
        raise InvalidInput(f"{what}: expected JSON; {error}.") from error


def read_object(text: str | bytes, what: str) -> dict[str, Any]:
    """Return the JSON object of an argument or of standard input. Raises InvalidInput naming `what`."""
    value = read_json(text, what)
    if not isinstance(value, dict):
        raise InvalidInput(f"{what}: expected a JSON object.")
    return value


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")
