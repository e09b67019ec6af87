"""Expressions of other tools, in FEEL. Text in, text out: knows no model and evaluates nothing.

The simple kind alone, of JUEL (`${a > 5}`), Java (`return a > 5;`) and Python: names, literals, arithmetic,
comparisons, `and`, `or`, `not`, a choice, a few functions. What goes beyond is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from engine.model.chain.rules.wording import expression_error

_WRAPPED = re.compile(r"\s*[$#]\{(.*)\}\s*\Z", re.DOTALL)
_PIECE = re.compile(r"([$#]\{[^{}]*\})")
_RETURNED = re.compile(r"\s*return\s+(.*?);?\s*\Z", re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)(?![\w.])|(?P<string>"[^"\\]*"|'[^'"\\]*')|(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)"""
    r"""|(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:(),\[\]]))"""
)

_SPELT = {
    "&&": "and", "||": "or", "==": "=", "!": "not", "eq": "=", "ne": "!=", "lt": "<", "gt": ">", "le": "<=",
    "ge": ">=", "div": "/", "mod": "%",
}  # fmt: skip
_STRENGTH = {
    "or": 1,
    "and": 2,
    "=": 3,
    "!=": 3,
    "<": 3,
    ">": 3,
    "<=": 3,
    ">=": 3,
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "%": 5,
}

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "True": "true",
        "False": "false",
        "None": "null",
        "nrOfInstances": "numberOfInstances",
        "nrOfCompletedInstances": "numberOfCompletedInstances",
        "nrOfActiveInstances": "numberOfActiveInstances",
        "loopCounter": "(loopCounter - 1)",  # Camunda 7, Flowable and Activiti count from 0
    }
)
"""Name in other tools → in Licet."""

_VARIABLE = frozenset({"execution.getVariable", "task.getVariable", "kcontext.getVariable", "variables.get"})
_CALLS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "len": (1, "count({0})"),
        "KieFunctions.isTrue": (1, "{0} = true"),
        "KieFunctions.isFalse": (1, "{0} = false"),
        "KieFunctions.isNull": (1, "{0} = null"),
        "KieFunctions.equalsTo": (2, "{0} = {1}"),
        "KieFunctions.greaterThan": (2, "{0} > {1}"),
        "KieFunctions.lessThan": (2, "{0} < {1}"),
        "KieFunctions.greaterOrEqualThan": (2, "{0} >= {1}"),
        "KieFunctions.lessOrEqualThan": (2, "{0} <= {1}"),
        "now": (0, "now()"),
    }
)
"""Function → how many arguments it has, and its FEEL."""
_METHODS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {"size": (0, "count({0})"), "isEmpty": (0, "count({0}) = 0"), "equals": (1, "{0} = {1}")}
)
_CALL = 3  # how strongly what a function becomes holds together: as a comparison does


def is_wrapped(text: str) -> bool:
    """Return whether all of the text is one expression of another tool: `${…}`, `#{…}`, or `return …;`."""
    return bool(_WRAPPED.match(text) or _RETURNED.match(text))


def feel(text: str) -> str | None:
    """Return the FEEL of an expression, with its `=`; None where it isn't of the simple kind."""
    found = _WRAPPED.match(text) or _RETURNED.match(text)
    try:
        read = _Reader((found[1] if found else text).strip()).all()
    except (_Beyond, RecursionError):
        return None
    return f"={read}" if expression_error(read) is None else None


def value(text: str) -> str | None:
    """Return what a value is here: FEEL behind `=` where it holds an expression, else the text; None as `feel`."""
    text = text.strip()
    if "${" not in text and "#{" not in text:
        return quoted(text) if text.startswith("=") else text
    pieces = [piece for piece in _PIECE.split(text) if piece]
    if len(pieces) == 1:
        return feel(text)
    read = [_piece(piece) for piece in pieces]
    if None in read:
        return None
    joined = " + ".join(part for part in read if part is not None)
    return f"={joined}" if expression_error(joined) is None else None


def quoted(text: str) -> str | None:
    """Return the FEEL of a text that would be taken for FEEL itself."""
    return None if '"' in text or "\\" in text else f'="{text}"'


def _piece(piece: str) -> str | None:
    if not _PIECE.fullmatch(piece):
        literal = quoted(piece)
        return literal[1:] if literal is not None else None
    read = feel(piece)
    return f"string({read[1:]})" if read is not None else None


def names(text: str) -> str | None:
    """Return a list of people or groups, separated by commas, of which some may be expressions; None as `feel`."""
    parts = [part.strip() for part in re.split(r",(?![^{]*\})", text) if part.strip()]
    if not any("{" in part for part in parts):
        joined = ",".join(parts)
        return quoted(joined) if joined.startswith("=") else joined
    if len(parts) == 1:
        return value(parts[0])
    read = [feel(part) if "{" in part else quoted(part) for part in parts]
    if None in read:
        return None
    listed = f"[{', '.join(part[1:] for part in read if part is not None)}]"
    return f"={listed}" if expression_error(listed) is None else None


class _Beyond(Exception):
    """The expression isn't of the simple kind."""


class _Reader:
    """Reads one expression by the strength of its operators; each part is (FEEL, its strength)."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        self._at = at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise _Beyond
            kind = found.lastgroup or ""
            self._tokens.append((kind, found[kind]))
            at = found.end()

    def all(self) -> str:
        read = self._choice()
        if self._at != len(self._tokens):
            raise _Beyond
        return read

    def _next(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _takes(self, sign: str) -> bool:
        if self._next() != sign or self._tokens[self._at][0] == "string":
            return False
        self._at += 1
        return True

    def _must(self, sign: str) -> None:
        if not self._takes(sign):
            raise _Beyond

    def _choice(self) -> str:
        condition = self._binary(1)[0]
        if not self._takes("?"):
            return condition
        chosen = self._choice()
        self._must(":")
        return f"if {condition} then {chosen} else {self._choice()}"

    def _binary(self, least: int) -> tuple[str, int]:
        left, strength = self._single()
        while (sign := _SPELT.get(self._next(), self._next())) in _STRENGTH and _STRENGTH[sign] >= least:
            if self._tokens[self._at][0] == "string":
                raise _Beyond
            self._at += 1
            mine = _STRENGTH[sign]
            right, its = self._binary(mine + 1)
            left = f"({left})" if strength < mine or strength == mine == _CALL else left
            right = f"({right})" if its <= mine else right
            left = f"modulo({left}, {right})" if sign == "%" else f"{left} {sign} {right}"
            strength = 9 if sign == "%" else mine
        return left, strength

    def _single(self) -> tuple[str, int]:
        if self._at >= len(self._tokens):
            raise _Beyond
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "number":
            return text, 9
        if kind == "string":
            return f'"{text[1:-1]}"', 9
        if text == "(":
            inner = self._choice()
            self._must(")")
            return f"({inner})", 9
        if text == "-":
            return f"-{self._operand()}", 6
        if text in ("!", "not"):
            # Python's `not` reaches over a comparison, JUEL's over its operand alone.
            return f"not({self._binary(3)[0] if text == 'not' else self._single()[0]})", 9
        if text == "empty":
            operand = self._operand()
            return f'{operand} = null or {operand} = "" or {operand} = []', 1
        if kind == "name":
            return self._named(text)
        raise _Beyond

    def _operand(self) -> str:
        read, strength = self._single()
        return read if strength == 9 else f"({read})"

    def _named(self, name: str) -> tuple[str, int]:
        if self._takes("("):
            return self._called(name)
        if name in _SPELT or name in ("and", "or", "in", "is", "if", "else", "lambda", "new", "instanceof"):
            raise _Beyond
        read = NAMES.get(name, name)
        if self._takes("["):
            index = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
            self._at += 1
            self._must("]")
            if index[0] == "number" and index[1].isdecimal():
                return f"{read}[{int(index[1]) + 1}]", 9  # FEEL counts from 1
            if index[0] == "string" and re.fullmatch(r"[^\W\d]\w*", index[1][1:-1]):
                return f"{read}.{index[1][1:-1]}", 9
            raise _Beyond
        return read, 9

    def _called(self, name: str) -> tuple[str, int]:
        given: list[str] = []
        while not self._takes(")"):
            if given:
                self._must(",")
            given.append(self._choice())
        owner, _, method = name.rpartition(".")
        if name in _VARIABLE and len(given) == 1 and re.fullmatch(r'"[^\W\d]\w*"', given[0]):
            return NAMES.get(given[0][1:-1], given[0][1:-1]), 9
        if name in _CALLS and len(given) == _CALLS[name][0]:
            return _CALLS[name][1].format(*given), _CALL
        if owner and method in _METHODS and len(given) == _METHODS[method][0]:
            read = _METHODS[method][1].format(NAMES.get(owner, owner), *given)
            return read, 9 if read.endswith(")") else _CALL
        raise _Beyond
