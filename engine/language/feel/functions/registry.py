"""The table of built-in functions, which declares, finds and calls them. Knows none of them itself.

A function is declared with its signature as the standard writes it:

    @define("substring(string: string, start position: number, length?: number)")

`?` marks a parameter that may be left out or be null. `...` before the last parameter: it takes one list, or any number
of items. Arguments are converted as DMN 1.5 § 10.3.2.9.4 says. If no signature of the name fits, the result is null.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.language.feel import limits
from engine.language.feel.callables import Function, Parameter
from engine.language.feel.conformance import coerce, kind_of, python_types
from engine.language.feel.scope import Scope
from engine.language.feel.types import SIMPLE, Type
from engine.language.feel.values import Value


@dataclass(frozen=True, slots=True)
class _Wanted:
    name: str
    types: tuple[Type, ...]  # any of them
    optional: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function."""

    wanted: tuple[_Wanted, ...]
    accepted: tuple[frozenset[type], ...]  # for each parameter, the Python types of values that need no conversion
    optional: int  # number of parameters at the end that may be left out
    variadic: bool
    run: Callable[..., Value]
    with_scope: bool


TABLE: dict[str, list[Signature]] = {}

_UNFIT = object()


def define(signature: str, *, with_scope: bool = False) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Declare a built-in function by its signature. Several signatures of one name are tried in their order.

    `with_scope`: the function gets the scope of the call as its first argument.
    """
    name, _, rest = signature.partition("(")
    wanted, variadic = _parameters(rest.rstrip(")"))
    accepted = tuple(_accepted(want) for want in wanted)
    optional = sum(want.optional for want in wanted)

    def enter(run: Callable[..., Value]) -> Callable[..., Value]:
        TABLE.setdefault(name, []).append(Signature(wanted, accepted, optional, variadic, run, with_scope))
        return run

    return enter


def _parameters(text: str) -> tuple[tuple[_Wanted, ...], bool]:
    wanted: list[_Wanted] = []
    variadic = False
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, types = part.partition(":")
        variadic = name.startswith("...")
        plain = name.strip().removeprefix("...")
        kinds = tuple(SIMPLE[kind.strip()] for kind in types.split("|"))
        wanted.append(_Wanted(plain.removesuffix("?"), kinds, plain.endswith("?")))
    return tuple(wanted), variadic


def _accepted(want: _Wanted) -> frozenset[type]:
    types = frozenset(kind for wanted in want.types for kind in python_types(wanted))
    return types | {type(None)} if want.optional else types


def call(name: str, values: Sequence[Value], names: Sequence[str] | None, scope: Scope) -> Value:
    """The result of a built-in function; None if no signature fits. Its size is counted as steps."""
    for signature in TABLE[name]:
        arguments = _as_they_are(signature, values) if names is None else None
        if arguments is None:
            arguments = _bind(signature, values, names)
        if arguments is not None:
            result = signature.run(scope, *arguments) if signature.with_scope else signature.run(*arguments)
            return _counted(result, scope)
    kinds = ", ".join(kind_of(value) for value in values)
    scope.warn(f"{name}(…) has no form for the arguments ({kinds}); the result is null.")
    return None


def caller(name: str, arguments: tuple[Callable[[Scope], Value], ...]) -> Callable[[Scope], Value]:
    """A closure that calls a function with positional arguments, as `call` does. Its first signature, which mostly
    fits, is looked up once."""
    signature = TABLE[name][0]
    missing = len(signature.accepted) - len(arguments)
    if signature.with_scope or not (0 <= missing <= signature.optional) or (signature.variadic and len(arguments) > 1):
        return lambda scope: call(name, [argument(scope) for argument in arguments], None, scope)
    accepted = (frozenset((list,)),) if signature.variadic else signature.accepted[: len(arguments)]
    run, absent = signature.run, (None,) * missing
    if len(arguments) == 1:
        return _one_argument(name, arguments[0], accepted[0], run, absent)

    places = tuple(enumerate(accepted))

    def of_several(scope: Scope) -> Value:
        values = [argument(scope) for argument in arguments]
        for place, types in places:
            if type(values[place]) not in types:
                return call(name, values, None, scope)
        result = run(*values, *absent)
        return result if type(result) in _FREE else _counted(result, scope)

    return of_several


def _one_argument(
    name: str,
    argument: Callable[[Scope], Value],
    types: frozenset[type],
    run: Callable[..., Value],
    absent: tuple[None, ...],
) -> Callable[[Scope], Value]:
    def of_one(scope: Scope) -> Value:
        value = argument(scope)
        if type(value) not in types:
            return call(name, [value], None, scope)
        result = run(value, *absent)
        return result if type(result) in _FREE else _counted(result, scope)

    return of_one


_FREE = frozenset((bool, Decimal, type(None)))
"""Types of results that cost no steps."""


def _counted(result: Value, scope: Scope) -> Value:
    if isinstance(result, list):
        scope.spend(len(result))
        if len(result) > limits.LIST_ITEMS:
            limits.exceeded(f"a list grew to {len(result):,}", limits.LIST_ITEMS, "items in a list")
    elif isinstance(result, str):
        # A character is far cheaper than an item: 64 of them count as one step.
        scope.spend(len(limits.check_text(result)) >> 6)
    return result


def _as_they_are(signature: Signature, values: Sequence[Value]) -> Sequence[Value] | None:
    """The arguments if no value needs a conversion, which is by far the most frequent case; else None."""
    accepted, missing = signature.accepted, len(signature.accepted) - len(values)
    if signature.variadic or not 0 <= missing <= signature.optional:
        return None
    arguments = [*values, *[None] * missing] if missing else values
    fit = all(type(value) in types for value, types in zip(arguments, accepted, strict=True))
    return arguments if fit else None


def _bind(signature: Signature, values: Sequence[Value], names: Sequence[str] | None) -> list[Value] | None:
    """The arguments in the order of the signature, converted; None if they don't fit it."""
    wanted = signature.wanted
    if names is not None:
        given = dict(zip(names, values, strict=True))
        if len(given) != len(values) or not given.keys() <= {want.name for want in wanted}:
            return None
        arguments = [_fit(given.get(want.name), want, want.name in given) for want in wanted]
    elif signature.variadic:
        return _bind_variadic(wanted, values)
    elif len(values) > len(wanted):
        return None
    else:
        arguments = [
            _fit(values[i] if i < len(values) else None, want, i < len(values)) for i, want in enumerate(wanted)
        ]
    return None if any(argument is _UNFIT for argument in arguments) else arguments


def _bind_variadic(wanted: tuple[_Wanted, ...], values: Sequence[Value]) -> list[Value] | None:
    fixed = len(wanted) - 1
    if len(values) <= fixed:
        return None
    head = [_fit(value, want, True) for value, want in zip(values, wanted[:-1], strict=False)]
    rest = list(values[fixed:])
    # A single argument is the list itself, or becomes a list of one. Null is neither.
    alone = not fixed and len(rest) == 1
    tail = _fit(rest[0], wanted[-1], True) if alone else rest
    return None if tail is _UNFIT or any(value is _UNFIT for value in head) else [*head, tail]


def _fit(value: Value, want: _Wanted, given: bool) -> Value:
    if value is None:
        return None if want.optional or (given and want.types[0].kind == "Any") else _UNFIT
    for kind in want.types:
        if kind.kind in ("Any", kind_of(value)):
            return value
    for kind in want.types:
        converted, fits = coerce(value, kind)
        if fits:
            return converted
    return _UNFIT


def asks_function(name: str, place: int, parameter: str | None) -> bool:
    """Whether an argument of a built-in function, at this place or with this name, may have to be a function."""
    return any(
        kind.kind == "function"
        for signature in TABLE.get(name, ())
        for i, want in enumerate(signature.wanted)
        if (i == place if parameter is None else want.name == parameter)
        for kind in want.types
    )


def as_value(name: str) -> Function:
    """A built-in function as a value, as in `sort(list, max)`."""
    signature = TABLE[name][0]
    parameters = tuple(Parameter(want.name, want.types[0]) for want in signature.wanted)
    return Function(parameters, lambda values, scope: call(name, values, None, scope), name=name, variadic=True)
