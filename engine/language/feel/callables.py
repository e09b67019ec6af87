"""Functions as values: what they are called with, what they run, what they give. Knows no syntax."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.language.feel.scope import Scope
from engine.language.feel.types import Type
from engine.language.feel.values import FunctionValue, Value


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function; `type` None takes anything."""

    name: str
    type: Type | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Function(FunctionValue):
    """A function as a value. `body` gets the arguments in order, and the scope of the call."""

    parameters: tuple[Parameter, ...]
    body: Callable[[Sequence[Value], Scope], Value]
    result: Type | None = None
    name: str = ""
    variadic: bool = False
