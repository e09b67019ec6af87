"""Commands that write: carried out here, or by the process that holds the SQLite database, with the same function.

A function takes the open hall, the content of its files by name, and its arguments, which are JSON values; it returns
JSON values. So the command line reads what the user gave and prints what came out, and never needs to know where the
work was done. On PostgreSQL any number of processes write, and nobody is asked.
"""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog

from engine.base.errors import Fault, InvalidInput, LicetError, StoreUnreachable
from webui.cli import compose, wire
from webui.cli.output import plain_json

PATIENCE_SECONDS = 2.0
"""How long a command waits for a process that holds the database and doesn't listen: it begins, ends, or is another
command."""

Function = Callable[..., Any]

_FUNCTIONS: dict[str, Function] = {}


def writes(command: str) -> Callable[[Function], Function]:
    """Register the function that carries out a command of this name."""

    def register(function: Function) -> Function:
        _FUNCTIONS[command] = function
        return function

    return register


def give(database: str, command: str, files: Mapping[str, bytes] | None = None, **arguments: Any) -> Any:
    """Have a command carried out; what its function returns. Raises what it raises, with code and message.

    Raises StoreUnreachable where another process holds the database and takes no commands.
    """
    request, path = wire.Request(command, arguments, files or {}), compose.file_of(database)
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        told = wire.ask(path, request) if path is not None else None
        if told is not None:
            return _value(told)
        try:
            with compose.hall(database) as hall:
                return _FUNCTIONS[command](hall, request.files, **arguments)
        except StoreUnreachable as error:
            if "holder" not in error.fields or time.monotonic() > until:
                raise
        time.sleep(0.05)


def _value(told: dict[str, Any]) -> Any:
    if "error" not in told:
        return told["value"]
    error = told["error"]
    raise _error_class(error["code"])(error["message"])


def _error_class(code: str) -> type[LicetError]:
    waiting: list[type[LicetError]] = [LicetError]
    while waiting:
        one = waiting.pop(0)
        if one.code == code:
            return one
        waiting += one.__subclasses__()
    return Fault


@contextmanager
def taken(hall: compose.Hall, database: str) -> Iterator[None]:
    """Take the commands of other processes for this hall during the block, where the database is an SQLite file."""
    path = compose.file_of(database)
    listener = wire.Listener(path, lambda request: _answer(hall, request)) if path is not None else None
    try:
        if listener is not None:
            listener.start()
    except OSError as error:
        structlog.get_logger().warning("the command line can't write beside this process", reason=str(error))
    try:
        yield
    finally:
        if listener is not None:
            listener.stop()


def _answer(hall: compose.Hall, request: wire.Request) -> dict[str, Any]:
    try:
        function = _FUNCTIONS.get(request.command)
        if function is None:
            raise InvalidInput(f"Expected a command that writes; found {request.command[:80]!r}.")
        try:
            inspect.signature(function).bind(hall, request.files, **request.arguments)
        except TypeError as error:
            raise InvalidInput(f"{request.command}: {error}. Is it the command line of this version?") from error
        value = function(hall, request.files, **request.arguments)
        return {"value": json.loads(json.dumps(value, default=plain_json))}
    except LicetError as error:
        return {"error": {"code": error.code, "message": error.message}}
    except Exception:
        structlog.get_logger().exception("a command failed", command=request.command)
        message = "A fault of ours; the log of the process that holds the database says more."
        return {"error": {"code": Fault.code, "message": message}}
