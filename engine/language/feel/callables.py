"""Functions as values of FEEL. Knows no syntax."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.language.feel.scope import Scope
from engine.language.feel.types import Type
from engine.language.feel.values import FunctionValue, Value


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function. `type` None: any value fits."""

    name: str
    type: Type | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Function(FunctionValue):
    """A function as a value. `body` is called with the arguments in order, and the scope of the caller.

    `result` is the type that it declares to give; None: none. `variadic`: it takes any number of arguments.
    """

    parameters: tuple[Parameter, ...]
    body: Callable[[Sequence[Value], Scope], Value]
    result: Type | None = None
    name: str = ""
    variadic: bool = False
