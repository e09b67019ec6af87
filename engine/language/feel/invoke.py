"""Calls functions that are values, and functions of the host. Knows no syntax."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache

from engine.language.feel import limits
from engine.language.feel.callables import Function
from engine.language.feel.conformance import coerce
from engine.language.feel.scope import Scope
from engine.language.feel.values import Value, from_host


def invoke(function: Function, values: Sequence[Value], names: Sequence[str] | None, scope: Scope) -> Value:
    """The result of a function; None if the arguments don't fit. Depth and steps are counted."""
    arguments = _arguments(function, values, names)
    if arguments is None:
        scope.warn(f"A function with {len(function.parameters)} parameters got arguments that don't fit; null.")
        return None
    root = scope.root
    root.depth += 1
    if root.depth > limits.CALL_DEPTH:
        limits.exceeded("functions call each other deeper", limits.CALL_DEPTH, "calls within each other")
    scope.spend(1)
    result, fits = coerce(function.body(arguments, scope), function.result)
    root.depth -= 1
    if not fits:
        scope.warn("A function's result isn't of the type that it declares; null.")
    return result


def _arguments(function: Function, values: Sequence[Value], names: Sequence[str] | None) -> Sequence[Value] | None:
    if function.variadic:
        return values if names is None else None
    if len(values) != len(function.parameters):
        return None
    if names is not None:
        given = dict(zip(names, values, strict=True))
        if given.keys() != {parameter.name for parameter in function.parameters}:
            return None
        values = [given[parameter.name] for parameter in function.parameters]
    arguments: list[Value] = []
    for value, parameter in zip(values, function.parameters, strict=True):
        argument, fits = coerce(value, parameter.type)
        if not fits:
            return None
        arguments.append(argument)
    return arguments


def call_host(name: str, values: Sequence[Value], names: Sequence[str] | None, scope: Scope) -> Value:
    """The result of a function of the host; None if there is none of this name, or the arguments don't fit.

    It is called with values of FEEL. Named arguments are passed by name, with `_` for white space. An exception that
    it raises is passed on.
    """
    function = scope.root.functions.get(name)
    if function is None:
        scope.warn(f"The function {name}(…) isn't available here; null.")
        return None
    scope.spend(1)
    positional = tuple(values) if names is None else ()
    named = {} if names is None else {n.replace(" ", "_"): v for n, v in zip(names, values, strict=True)}
    # The check is cached by the plain function: a host may bind a new method for every command.
    plain = getattr(function, "__func__", function)
    if not _takes(plain, len(positional) + (plain is not function), tuple(named)):
        scope.warn(f"{name}(…) got arguments that don't fit; null.")
        return None
    return from_host(function(*positional, **named))


@lru_cache(maxsize=1024)
def _takes(function: Callable[..., object], positional: int, named: tuple[str, ...]) -> bool:
    """Whether the function can be called with that many positional arguments and these named ones."""
    try:
        inspect.signature(function).bind(*range(positional), **dict.fromkeys(named))
    except TypeError:
        return False
    return True
