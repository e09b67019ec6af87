"""Parses a text into the tree of an expression. Knows names and their scopes, not values.

The parser is written by hand, as a precedence climber, rather than made from a grammar: the text `Monthly Salary - Tax`
can't be cut into tokens before one knows which names exist (docs/decisions/0002-feel-parser.md). So each token is cut
where the parser stands, with the names in scope there. The longest known name wins; unknown words side by side make up
one name.

Source: DMN 1.5 § 10.3.1.2 (grammar).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches

from engine.language.feel import limits, operators, syntax, temporal
from engine.language.feel.tokens import (  # fmt: skip
    COMPARATORS,
    KEY,
    KEYWORDS,
    SPACES,
    STRING,
    TYPE_NAMES,
    WORD,
    Scanner,
    Token,
    Vocabulary,
    Within,
    phrase_end,
)
from engine.language.feel.values import Value

_LEVELS: Mapping[str, int] = {
    "or": 1, "and": 2, "=": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "between": 3, "in": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "**": 6,
}  # fmt: skip
# Tokens that can't start a filter: a bracket before one of them closes a range, as in [1..5[.
_NO_FILTER = frozenset((")", ",", "]", "}", ".", "+", "*", "/", "**", *COMPARATORS)) | (
    KEYWORDS - {"if", "for", "some", "every", "function", "true", "false", "null"}
)


class Parser(Scanner):
    """Parses one text. `free` and `calls` collect the variables and functions that the tree asks of the host."""

    def __init__(self, text: str, vocabulary: Vocabulary, local: frozenset[str] = frozenset()) -> None:
        super().__init__(text, vocabulary, local)
        self.free: set[str] = set()
        self.bound: set[str] = set()  # local names that are used
        self.calls: set[str] = set()
        self._depth = 0

    # Entry points

    def whole_expression(self) -> syntax.Part:
        """The text as one expression."""
        if self.peek().kind == "end":
            self.fail('Expected an expression, found nothing. Write null, or a value such as 1 or "a".', 0)
        node = self.expression()
        self.expect_end()
        return node

    def whole_tests(self) -> syntax.Tests:
        """The text as unary tests: `-`, `not(…)`, or a list of tests."""
        start = self.peek()
        if start.kind == "end":
            return syntax.Tests(0, (), False, True)
        if start.value == "-" and self.text.strip() == "-":
            return syntax.Tests(0, (), False, True)
        self._within(frozenset({"?"}))
        negated = self._negation_ahead()
        if negated:
            self.take()
            self.expect("(")
        tests = [self._cell_test()]
        while self.accept(","):
            tests.append(self._cell_test())
        if negated:
            self.expect(")")
        self.expect_end()
        return syntax.Tests(start.start, tuple(tests), negated, False)

    def _negation_ahead(self) -> bool:
        # `not(a), b` and `not(a) and b` begin with a call of `not`; only `not(…)` around everything is a negation.
        if self.peek().value != "not" or not self.text.rstrip().endswith(")"):
            return False
        opening = self.text.find("(", self.peek().end)
        return opening >= 0 and _closing(self.text, opening) == len(self.text.rstrip()) - 1

    # Expressions, from the weakest operator to the strongest

    def expression(self) -> syntax.Part:
        """Parse any expression."""
        return self._climb(1)

    def _climb(self, weakest: int) -> syntax.Part:
        """Parse an expression whose operators bind at least as tightly as the level `weakest`."""
        self._depth += 1
        if self._depth > limits.NESTING:
            self.fail(
                f"Expected at most {limits.NESTING} levels of nesting. Split the expression up.",
                self.position,
            )
        left = self._signed()
        while True:
            token = self.peek()
            level = _LEVELS.get(token.value, 0) if token.kind in ("operator", "keyword") else 0
            if level < weakest:
                self._depth -= 1
                return left
            left = self._infix(level, left)

    def _infix(self, level: int, left: syntax.Part) -> syntax.Part:
        if level <= _LEVELS["and"]:
            return self._logic(level, left)
        if level == _LEVELS["="]:
            return self._comparison(left)
        rest: list[tuple[str, syntax.Part]] = []
        while self.peek().kind == "operator" and _LEVELS.get(self.peek().value) == level:
            operator = self.take().value
            rest.append((operator, self._climb(level + 1)))
        return syntax.Chain(left.at, left, tuple(rest))

    def _logic(self, level: int, left: syntax.Part) -> syntax.Part:
        operator = self.peek().value
        parts = [left]
        while self.accept(operator):
            parts.append(self._climb(level + 1))
        return syntax.Logic(left.at, operator, tuple(parts))

    def _comparison(self, left: syntax.Part) -> syntax.Part:
        token = self.take()
        if token.value == "in":
            return syntax.Membership(token.start, left, self._membership_tests())
        operand = self._climb(_LEVELS["+"])
        if token.value != "between":
            return syntax.Comparison(token.start, token.value, left, operand)
        self.expect("and", "A range is written: x between 1 and 5.")
        return syntax.Between(token.start, left, operand, self._climb(_LEVELS["+"]))

    def _membership_tests(self) -> tuple[syntax.Part, ...]:
        if not self.at("("):
            return (self.positive_test(),)
        opening = self.take()
        tests = [self._unary_test()]
        if self.at(".."):
            return (self._postfix(self._range_from(opening, tests[0])),)
        while self.accept(","):
            tests.append(self._unary_test())
        self.expect(")", "Several tests are parted by commas: x in (1, 5, > 10).")
        return tuple(tests)

    def positive_test(self) -> syntax.Part:
        """Parse a test that leaves the tested value out: `< 10`, `[1..5]`, or an expression."""
        token = self.peek()
        if token.kind == "operator" and token.value in COMPARATORS:
            self.take()
            return syntax.OpenRange(token.start, token.value, self._climb(_LEVELS["+"]))
        return self._climb(_LEVELS["+"])

    def _cell_test(self) -> syntax.Test:
        self.bound.discard("?")
        node = self._unary_test()
        return syntax.Test(node.at, node, "?" in self.bound)

    def _unary_test(self) -> syntax.Part:
        token = self.peek()
        if token.kind == "operator" and token.value in COMPARATORS:
            self.take()
            return syntax.OpenRange(token.start, token.value, self.expression())
        return self.expression()

    def _signed(self) -> syntax.Part:
        signs, start = 0, self.peek().start
        while self.accept("-"):
            signs += 1
        if signs % 2 and self.peek().kind == "number":
            # The sign belongs to the number, as in `-1 instance of number`.
            return self._instance(syntax.Literal(start, operators.negative(self.take().value)))
        node = self._instance(self._primary())
        return syntax.Negative(start, node) if signs % 2 else node

    def _instance(self, node: syntax.Part) -> syntax.Part:
        node = self._postfix(node)
        while self.at("instance"):
            token = self.take()
            self._rewind(self.text.index("of", self.position) + 2)
            node = syntax.InstanceOf(token.start, node, self.type())
        return node

    def _postfix(self, node: syntax.Part) -> syntax.Part:
        while True:
            token = self.peek()
            if self.at("."):
                self.take()
                node = syntax.Path(token.start, node, self.member_name())
            elif self.at("[") and self._starts_value(token.end):
                node = self._filter(node)
            elif self.at("(") and not isinstance(node, (syntax.Literal, syntax.ListOf)):
                node = syntax.Call(token.start, "", "value", node, self._arguments())
            else:
                return node

    def _starts_value(self, position: int) -> bool:
        token = self._cut(position)
        return token.kind != "end" and not (token.kind in ("operator", "keyword") and token.value in _NO_FILTER)

    def _filter(self, base: syntax.Part) -> syntax.Part:
        token = self.take()
        with_item = self._within(())
        test = self.expression()
        with_item.close()
        self.expect("]", "A filter is written: list[item > 5].")
        return syntax.Filter(token.start, base, test)

    # Primaries

    def _primary(self) -> syntax.Part:
        token = self.peek()
        if token.kind in ("number", "string"):
            self.take()
            return syntax.Literal(token.start, token.value)
        if token.kind == "name":
            return self._name()
        reader = _PRIMARIES.get(token.value) if token.kind != "end" else None
        if reader is None:
            self.unexpected("a value", _HINTS.get(str(token.value), ""))
        return reader(self)

    def _name(self) -> syntax.Part:
        token = self.take()
        name = str(token.value)
        local = bool(self._scopes)
        bound = self._is_local(name)
        if self.at("("):
            return self._named_call(token, name, bound)
        (self.bound if bound else self.free).add(name)
        return syntax.Name(token.start, name, local)

    def _named_call(self, token: Token, name: str, bound: bool) -> syntax.Part:
        words = self.vocabulary
        kind = "value" if bound or name in words.names else "host" if name in words.host else "built-in"
        if kind == "built-in" and name not in words.built_in:
            self.fail(_unknown_function(name, words), token.start)
        if not bound:
            self.calls.add(name)
        target = syntax.Name(token.start, name, bool(self._scopes)) if kind == "value" else None
        if target and not bound:
            self.free.add(name)
        return syntax.Call(token.start, name, kind, target, self._arguments())

    def _arguments(self) -> tuple[tuple[str | None, syntax.Part], ...]:
        opening = self.expect("(")
        arguments: list[tuple[str | None, syntax.Part]] = []
        while not self.at(")"):
            arguments.append((self._argument_name(), self.expression()))
            if not self.accept(","):
                break
        self.expect(")", "Arguments are parted by commas.")
        named = [name is not None for name, _ in arguments]
        if any(named) and not all(named):
            self.fail("Expected either all arguments with names, or none.", opening.start)
        return tuple(arguments)

    def _argument_name(self) -> str | None:
        spaces = SPACES.match(self.text, self.position)
        start = spaces.end() if spaces else self.position
        found = KEY.match(self.text, start)
        if not found or not self.text.startswith(":", found.end()) or not WORD.match(found[0]):
            return None
        self._rewind(found.end() + 1)
        return " ".join(found[0].split())

    def _literal(self, value: Value) -> syntax.Part:
        return syntax.Literal(self.take().start, value)

    def _at_literal(self) -> syntax.Part:
        start = self.take().start
        token = self.take()
        value = temporal.parse(token.value) if token.kind == "string" else None
        if value is None:
            self.fail('Expected a date, time or duration behind @, such as @"2024-09-02" or @"P3D".', start)
        return syntax.Literal(start, value)

    def _bracket(self) -> syntax.Part:
        opening = self.take()
        if self.accept("]"):
            return syntax.ListOf(opening.start, ())
        first = self.expression()
        if self.at(".."):
            return self._range_from(opening, first)
        items = [first]
        while self.accept(","):
            items.append(self.expression())
        self.expect("]", "Items of a list are parted by commas.")
        return syntax.ListOf(opening.start, tuple(items))

    def _parenthesis(self) -> syntax.Part:
        opening = self.take()
        token = self.peek()
        if token.kind == "operator" and token.value in COMPARATORS:
            self.take()
            node: syntax.Part = syntax.OpenRange(token.start, token.value, self.expression())
        else:
            node = self.expression()
            if self.at(".."):
                return self._range_from(opening, node)
        self.expect(")")
        return node

    def _reverse_bracket(self) -> syntax.Part:
        opening = self.take()
        first = self.expression()
        if not self.at(".."):
            self.unexpected('".." of a range')
        return self._range_from(opening, first)

    def _range_from(self, opening: Token, start: syntax.Part) -> syntax.Part:
        self.expect("..")
        end = self.expression()
        closing = self.peek()
        if not self.at("]", ")", "["):
            self.unexpected('"]" or ")"', "A range is written: [1..5], (1..5), [1..5).")
        self.take()
        return syntax.RangeOf(opening.start, start, opening.value == "[", end, closing.value == "]")

    def _context(self) -> syntax.Part:
        opening = self.take()
        entries: list[tuple[str, syntax.Part]] = []
        scope = self._within(frozenset())
        while not self.at("}"):
            at = self.peek().start
            key = self._key()
            if any(key == known for known, _ in entries):
                self.fail(f'Expected each key once, found "{key}" again.', at)
            entries.append((key, self.expression()))
            scope.add(key)
            if not self.accept(","):
                break
        scope.close()
        self.expect("}", "Entries of a context are written: {a: 1, b: 2}.")
        return syntax.ContextOf(opening.start, tuple(entries))

    def _key(self) -> str:
        token = self.peek()
        if token.kind == "string":
            self.take()
            self.expect(":")
            return str(token.value)
        if token.start < len(self.text) and self.text[token.start] == "`":
            self.take()
            self.expect(":")
            return str(token.value)
        found = KEY.match(self.text, token.start)
        if not found or not self.text.startswith(":", found.end()):
            self.unexpected("a key and a colon", "Entries of a context are written: {a: 1, b: 2}.")
        self._rewind(found.end() + 1)
        return " ".join(found[0].split())

    # Textual expressions

    def _if(self) -> syntax.Part:
        start = self.take().start
        condition = self.expression()
        self.expect("then", "A choice is written: if a then b else c.")
        then = self.expression()
        self.expect("else", "A choice needs an else; write else null if there is none.")
        return syntax.If(start, condition, then, self.expression())

    def _for(self) -> syntax.Part:
        start = self.take().start
        iterations, scopes = self._iterations()
        self.expect("return", "A loop is written: for x in list return x + 1.")
        scopes.append(self._within(frozenset({"partial"})))
        result = self.expression()
        for scope in reversed(scopes):
            scope.close()
        return syntax.For(start, iterations, result, "partial" in self.bound)

    def _quantified(self) -> syntax.Part:
        token = self.take()
        iterations, scopes = self._iterations()
        self.expect("satisfies", f"It is written: {token.value} x in list satisfies x > 5.")
        test = self.expression()
        for scope in reversed(scopes):
            scope.close()
        return syntax.Quantified(token.start, token.value == "every", iterations, test)

    def _iterations(self) -> tuple[tuple[syntax.Iteration, ...], list[Within]]:
        iterations: list[syntax.Iteration] = []
        scopes: list[Within] = []
        while True:
            token = self.take()
            if token.kind != "name":
                self.fail("Expected the name of a variable.", token.start)
            self.expect("in")
            source = self.expression()
            end = self.expression() if self.accept("..") else None
            iterations.append(syntax.Iteration(token.start, str(token.value), source, end))
            scopes.append(self._within(frozenset({str(token.value)})))
            if not self.accept(","):
                return tuple(iterations), scopes

    def _function(self) -> syntax.Part:
        start = self.take().start
        self.expect("(")
        parameters: list[tuple[str, syntax.TypeOf | None]] = []
        while not self.at(")"):
            token = self.take()
            if token.kind != "name":
                self.fail("Expected the name of a parameter.", token.start)
            parameters.append((str(token.value), self.type() if self.accept(":") else None))
            if not self.accept(","):
                break
        self.expect(")")
        scope = self._within(frozenset(name for name, _ in parameters))
        external = self.peek().kind == "name" and str(self.peek().value) == "external"
        if external:
            self.take()
        body = self.expression()
        scope.close()
        return syntax.Lambda(start, tuple(parameters), None if external else body)

    # Types

    def type(self) -> syntax.TypeOf:
        """Parse a type: `number`, `list<date>`, `context<a: string>`, `function<number> -> string`."""
        self._token = None
        spaces = SPACES.match(self.text, self.position)
        start = spaces.end() if spaces else self.position
        name, end = self._type_name(start)
        self._rewind(end)
        parts: list[tuple[str, syntax.TypeOf]] = []
        if name in ("list", "range", "context", "function") and self.accept("<"):
            while not self.at(">", ">="):
                key = self._argument_name() if name == "context" else ""
                parts.append((key or "", self.type()))
                if not self.accept(","):
                    break
            self._close_type()
        result = self.type() if name == "function" and self.accept("->") else None
        return syntax.TypeOf(start, name, tuple(parts), result)

    def _close_type(self) -> None:
        self.expect(">", "A type is written: list<number>.")

    def _type_name(self, start: int) -> tuple[str, int]:
        for name in TYPE_NAMES:
            end = phrase_end(self.text, start, name)
            if end is not None:
                return name, end
        found = WORD.match(self.text, start)
        if not found:
            self.fail("Expected the name of a type, such as number, string, date, list<number>.", start)
        name, end = self._joined(found[0], found.end())
        while self.text.startswith(".", end) and (more := WORD.match(self.text, end + 1)):
            name, end = f"{name}.{more[0]}", more.end()
        return name, end


_PRIMARIES: Mapping[str, Callable[[Parser], syntax.Part]] = {
    "true": lambda p: p._literal(True), "false": lambda p: p._literal(False), "null": lambda p: p._literal(None),
    "@": Parser._at_literal, "[": Parser._bracket, "]": Parser._reverse_bracket, "(": Parser._parenthesis,
    "{": Parser._context, "if": Parser._if, "for": Parser._for, "some": Parser._quantified,
    "every": Parser._quantified, "function": Parser._function,
}  # fmt: skip

_HINTS: Mapping[str, str] = {
    "=": 'Leave out the leading "=" here; comparison is written a = b.',
    "and": "Write a value on both sides of it.", "or": "Write a value on both sides of it.",
    "then": "Write the condition: if a then b else c.", "else": "Write a value behind then.",
}  # fmt: skip


def _closing(text: str, opening: int) -> int:
    """The position of the bracket that closes the one at `opening`; -1 if none does. Strings are stepped over."""
    depth, position = 0, opening
    while position < len(text):
        character = text[position]
        if character == '"':
            found = STRING.match(text, position)
            position = found.end() if found else len(text)
            continue
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return position
        position += 1
    return -1


def _unknown_function(name: str, words: Vocabulary) -> str:
    near = get_close_matches(name, words.functions(), 1, 0.6)
    hint = f"Did you mean {near[0]}(…)?" if near else "Built-in functions are listed in docs/feel.md."
    return f'Expected a known function, found "{name}(…)". {hint}'
