"""Finds the constants with which a cell of a decision table compares its input: there its answer may change.

A cell that compares its input with constants alone gives the same answer for all values between two of them. So one
value of each stretch tells about all values. Knows the tree of an expression; evaluates constants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.language.feel import syntax
from engine.language.feel.compiler import Compiler
from engine.language.feel.parser import Parser
from engine.language.feel.scope import Scope
from engine.language.feel.tokens import Vocabulary
from engine.language.feel.types import Type
from engine.language.feel.values import Value

_CONSTRUCTORS = frozenset(("date", "time", "date and time", "duration", "number"))
_PARTS = (
    syntax.Tests, syntax.Test, syntax.OpenRange, syntax.RangeOf, syntax.ListOf, syntax.Comparison,
    syntax.Between, syntax.Membership, syntax.Logic,
)  # fmt: skip


class _Unsettled(Exception):
    """The answer of the cell depends on more than comparing its input with constants."""


def landmarks(text: str, vocabulary: Vocabulary, local: frozenset[str]) -> tuple[Value, ...] | None:
    """The constants with which unary tests compare their input, in the order of the text.

    None if the answer depends on anything else: another name, a calculation, a function of the input. Raises FeelError
    as `compile_unary` does.
    """
    parser = Parser(text, vocabulary, local)
    compiler = Compiler(text, vocabulary, _NO_TYPES)
    try:
        return tuple(_constants(parser.whole_tests(), compiler))
    except _Unsettled:
        return None


def _constants(node: syntax.Part, compiler: Compiler) -> Iterator[Value]:
    if _is_constant(node):
        yield compiler.compile(node)(Scope(lambda name: None, {}, None, None))
    elif isinstance(node, _PARTS):
        for part in syntax.parts(node):
            yield from _constants(part, compiler)
    elif isinstance(node, syntax.Call) and node.name == "not":
        for _, argument in node.arguments:
            yield from _constants(argument, compiler)
    elif not (isinstance(node, syntax.Name) and node.name == "?"):
        raise _Unsettled


def _is_constant(node: syntax.Part) -> bool:
    if isinstance(node, syntax.Negative):
        return _is_constant(node.value)
    if isinstance(node, syntax.Call):
        return node.name in _CONSTRUCTORS and all(_is_constant(argument) for _, argument in node.arguments)
    return isinstance(node, syntax.Literal)


_NO_TYPES: Mapping[str, Type] = {}
