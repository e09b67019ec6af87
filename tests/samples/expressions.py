"""Random FEEL expressions of all kinds, the same for the same seed: right ones, ill-typed ones, broken ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

CONTEXT: dict[str, Any] = {
    "amount": 120,
    "rate": 0.25,
    "注册资本": 500,
    "name": "示范县青禾农业",
    "code": "AB-12",
    "flag": True,
    "nothing": None,
    "tags": ["新设", "b", "b", ""],
    "numbers": [3, 1, 2, 2],
    "rows": [{"a": 10, "b": "x"}, {"a": 30, "b": "y"}, {"a": 20}],
    "person": {"age": 41, "住所": {"city": "示范县"}},
    "started": "2024-09-02",
}
"""What the expressions may use, as JSON."""


class Expressions:
    """A source of random texts."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def expression(self) -> str:
        """Return one expression; about one in ten is broken on purpose."""
        kind = self._random.choice(tuple(_MAKERS))
        text = self.of(kind, self._random.randint(1, 3))
        return self._broken(text) if self._random.random() < 0.1 else text

    def tests(self, kind: str) -> str:
        """Return the text of a decision table's cell whose input is of this kind: "number" or "string"."""
        some = [self._random.choice(_CONSTANTS[kind]) for _ in range(3)]
        low, high = sorted(some[:2], key=float) if kind == "number" else sorted(some[:2])
        return self._random.choice(
            (
                some[0],
                f"{self._comparator()} {some[0]}",
                f"{self._random.choice('[(')}{low}..{high}{self._random.choice('])')}",
                ", ".join(some),
                f"not({some[0]}, {some[1]})",
                f"not({self._comparator()} {some[0]})",
                f"? {self._comparator()} {some[0]}",
                f"? {self._comparator()} {some[0]} or ? = {some[1]}",
                f"? in ({', '.join(some)})",
                "-",
                f"{some[0]} +",
            )
        )

    def of(self, kind: str, depth: int) -> str:
        """Return an expression that should give a value of this kind; one in twenty gives another."""
        if self._random.random() < 0.05:
            kind = self._random.choice(tuple(_MAKERS))
        simple, composed = _MAKERS[kind]
        return self._filled(self._random.choice(simple if depth <= 0 else (*composed, *simple[:2])), depth)

    def _filled(self, pattern: str, depth: int) -> str:
        """Return the pattern with its holes filled: `<number>` and so on."""
        parts = pattern.split("<")
        out = [parts[0]]
        for part in parts[1:]:
            hole, closed, rest = part.partition(">")
            if closed and hole in _MAKERS:
                out += [self.of(hole, depth - 1), rest]
            elif closed and hole in _CHOICES:
                out += [self._random.choice(_CHOICES[hole]), rest]
            else:
                out += ["<", part]
        return "".join(out)

    def _comparator(self) -> str:
        return self._random.choice(_CHOICES["compare"])

    def _broken(self, text: str) -> str:
        place = self._random.randrange(len(text))
        return self._random.choice(_BREAKS)(text, place)


_BREAKS: Sequence[Callable[[str, int], str]] = (
    lambda text, place: text[:place],
    lambda text, place: text[:place] + text[place + 1 :],
    lambda text, place: f"{text[:place]} ) {text[place:]}",
    lambda text, place: f"{text} +",
    lambda text, place: f"{text} then 1",
    lambda text, place: f"({text}",
)

_CHOICES: dict[str, tuple[str, ...]] = {
    "compare": ("=", "!=", "<", "<=", ">", ">="),
    "sign": ("+", "-", "*", "/"),
    "place": ("1", "1", "2", "-1"),
    "digit": ("-2", "0", "1", "2", "3", "7"),
}

_CONSTANTS: dict[str, tuple[str, ...]] = {
    "number": ("-2", "0", "0.5", "3", "7.25", "100"),
    "string": ('"a"', '"b"', '"AB-12"', '""', '"示范"'),
}

# What stands for a kind at the bottom, and how it is made of others. The first two of the simple ones are frequent.
_MAKERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "number": (
        ("amount", "<digit>", "rate", "0.5", "12.75", "注册资本", "person.age", "100", "-3.2"),
        (
            "<number> <sign> <number>", "(<number> <sign> <number>) <sign> <number>", "-(<number>)",
            "if <boolean> then <number> else <number>", "count(<numbers>)", "sum(<numbers>)", "min(<numbers>)",
            "max(<numbers>)", "mean(<numbers>)", "abs(<number>)", "floor(<number>)", "ceiling(<number>)",
            "modulo(<number>, <number>)", "decimal(<number>, 2)", "round up(<number>, 1)", "sqrt(<number>)",
            "string length(<string>)", "numbers[<digit>]", "<number> ** 2", "median(<numbers>)", "product(<numbers>)",
            'number("<digit>.5")', "<date>.year", "<date>.month", "<days>.days", "{a: <number>, b: a + 1}.b",
            "rows[1].a", "count(<texts>)", "round half up(<number>, 1)", "round half down(<number>, 1)",
        ),
    ),
    "boolean": (
        ("flag", "true", "false", "nothing", "amount > 100"),
        (
            "<number> <compare> <number>", "<string> = <string>", "<boolean> and <boolean>", "<boolean> or <boolean>",
            "not(<boolean>)", "<number> between <number> and <number>", "<number> in (<number>, <number>)",
            "<number> in [<number>..<number>]", "<string> in (<string>, <string>)", "contains(<string>, <string>)",
            "starts with(<string>, <string>)", "ends with(<string>, <string>)", "some n in <numbers> satisfies n > 1",
            "every n in <numbers> satisfies n > <number>", "list contains(<numbers>, <number>)", "all(<booleans>)",
            "any(<booleans>)", "<date> <compare> <date>", "<days> <compare> <days>", "<number> = null",
            "<boolean> != null", "<number> instance of number", "<string> instance of string", "<numbers> = <numbers>",
            'matches(<string>, "[a-z]+")', "<number> in (> <number>)", "<context> = <context>",
            "odd(<digit>)", "even(<digit>)", "<texts> = <texts>", "<number> != <number>",
        ),
    ),
    "string": (
        ("name", '"a"', '"b"', "code", '""', '"示范"', "person.住所.city", '"a b"'),
        (
            "<string> + <string>", "upper case(<string>)", "lower case(<string>)", "substring(<string>, <place>)",
            "substring(<string>, <place>, <digit>)", "substring before(<string>, <string>)",
            "substring after(<string>, <string>)", "string(<number>)", "string(<boolean>)", "string(<date>)",
            "string(<days>)", "string join(<texts>)", 'string join(<texts>, "-")', "tags[<digit>]",
            "if <boolean> then <string> else <string>", 'replace(<string>, "a", "z")',
            "string(<numbers>)", "rows[1].b", "string(<string>)", "string join(<texts>, <string>)",
        ),
    ),
    "numbers": (
        ("numbers", "[1, 2, 3]", "[]", "rows.a", "[amount, rate]", "[0.5]"),
        (
            "[<number>, <number>]", "append(<numbers>, <number>)", "concatenate(<numbers>, <numbers>)",
            "reverse(<numbers>)", "sort(<numbers>, function(a, b) a < b)", "distinct values(<numbers>)",
            "union(<numbers>, <numbers>)", "sublist(<numbers>, <place>)", "sublist(<numbers>, <place>, 2)",
            "remove(<numbers>, <place>)", "insert before(<numbers>, 1, <number>)", "flatten([<numbers>, [<number>]])",
            "for n in <numbers> return n * <number>", "for i in 1..3 return i + <number>", "<numbers>[item > <number>]",
            "index of(<numbers>, <number>)", "rows[a > <number>].a", "<numbers>[<boolean>]",
            "for a in <numbers>, b in [1, 2] return a * b", "list replace(<numbers>, 1, <number>)",
        ),
    ),
    "texts": (
        ("tags", '["a", "b"]', "rows.b", "[name, code]"),
        ('split(<string>, "a")', "[<string>, <string>]", "for t in <texts> return <string>", "tags[item != <string>]"),
    ),
    "booleans": (("[flag, true]", "[true, false]"), ("[<boolean>, <boolean>]",)),
    "date": (
        ('@"2024-09-02"', "date(started)", 'date("2024-02-29")', "date(2024, 12, 31)"),
        (
            "<date> + <days>", "<date> - <days>", '<date> + @"P1M"', '<date> - @"P1Y2M"',
            "if <boolean> then <date> else <date>", "date(<date>)",
        ),
    ),
    "days": (
        ('@"P3D"', 'duration("PT36H")', '@"PT15M"', '@"-P1D"'),
        ("<date> - <date>", "<days> + <days>", "abs(<days>)"),
    ),
    "months": (
        ('@"P1Y2M"', '@"P5M"'),
        ("<months> + <months>", "abs(<months>)"),
    ),
    "context": (
        ("person", "rows[1]", "{}"),
        (
            "{a: <number>, b: <string>}", '{"a b": <number>}', "context put(<context>, \"k\", <number>)",
            "context merge([<context>, <context>])", '{a: <number>, b: {c: a}}.b', "rows[b = <string>][1]",
        ),
    ),
    "anything": (
        ("nothing", "null", "unknown"),
        (
            'get value(<context>, "a")', "get entries(<context>)", "<context>.a", "<number>.a", "<numbers>.a",
            "<string> + <number>", "<number> <compare> <string>", "[<number>..<number>]", "rows[a > <number>]",
            "function(x) x", "(<number>)", "<date> + <number>", "<string> * 2", "<number> in <numbers>",
            "<date> - <number>", "time(10, 30, <digit>)", '@"10:30:00" + <days>',
            'date and time("2024-09-02T10:00:00") + <days>', 'date and time(<date>, time("09:00:00Z"))',
            "includes([1..5], <number>)", "day of week(<date>)", "month of year(<date>)",
            "overlaps([1..3], [<digit>..4])",
            "count(<number>)", "sum(<texts>)", "not(<number>)",
        ),
    ),
}  # fmt: skip
