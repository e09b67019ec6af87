"""Translates regular expressions of XPath into those of the `regex` library. Refuses all that XPath refuses.

Source: XQuery and XPath Functions 3.1 § 5.6.1, XML Schema 1.1 part 2 appendix G; DMN 1.5 § 10.3.4.3.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import regex

from engine.language.feel import limits

_FLAGS = frozenset("smix")
_LONGEST = 2_000  # most characters of a pattern
_SINGLE = {"n": "\\n", "r": "\\r", "t": "\\t"} | {c: re.escape(c) for c in "\\|.?*+(){}-[]^$"}
_CLASSES = {
    "d": "\\p{Nd}", "s": " \\t\\n\\r", "w": "\\p{L}\\p{M}\\p{N}\\p{S}", "i": "\\p{L}_:",
    "c": "\\p{L}\\p{N}\\p{M}._:\\-\u00b7",
}  # fmt: skip
_QUANTIFIER = re.compile(r"(?:[?*+]|\{(\d{1,5})(?:,(\d{0,5}))?\})\??")
_PROPERTY = re.compile(r"\{(Is)?([A-Za-z0-9-]+)\}")


class _Malformed(Exception):
    """The pattern is none of XPath."""


@lru_cache(maxsize=256)
def compiled(pattern: str, flags: str) -> Any:
    """The compiled pattern; None if pattern or flags are malformed.

    Flags: `s`: a dot matches line ends too; `m`: `^` and `$` match at each line; `i`: upper and lower case are the
    same; `x`: white space in the pattern is ignored.
    """
    if not _FLAGS.issuperset(flags) or len(pattern) > _LONGEST:
        return None
    options = regex.V1 | (regex.M if "m" in flags else 0) | (regex.I if "i" in flags else 0)
    try:
        return regex.compile(_Translation(pattern, flags).whole(), options)
    except (_Malformed, regex.error, RecursionError, OverflowError):
        return None


class _Translation:
    """Translates one pattern, read from left to right."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.rest = _without_spaces(pattern) if "x" in flags else pattern
        self.at = 0
        self.dot = "[\\s\\S]" if "s" in flags else "[^\\n\\r]"
        self.end = "$" if "m" in flags else "\\Z"
        self.opened: list[int] = []  # groups that are open, 0 for those without number
        self.groups = 0
        self.closed: set[int] = set()
        self.weight = 1

    def whole(self) -> str:
        """The pattern as the `regex` library writes it."""
        parts: list[str] = []
        repeatable = False
        while self.at < len(self.rest):
            character = self.rest[self.at]
            quantifier = _QUANTIFIER.match(self.rest, self.at)
            if quantifier:
                if not repeatable:
                    raise _Malformed
                self._weigh(max(int(quantifier[1] or 1), int(quantifier[2] or 1)))
                self.at = quantifier.end()
                parts.append(quantifier[0])
                repeatable = False
                continue
            parts.append(self._atom(character))
            repeatable = character not in "(|^$"
        if self.opened:
            raise _Malformed
        return "".join(parts)

    def _weigh(self, times: int) -> None:
        # Counted as if all repetitions were nested: the library takes memory for each.
        self.weight *= max(1, times)
        if self.weight > limits.REGEX_REPEATS:
            limits.exceeded("a pattern has more", limits.REGEX_REPEATS, "counted repetitions of a pattern")

    def _atom(self, character: str) -> str:
        self.at += 1
        if character == "\\":
            return self._escape()
        if character == "[":
            return self._class()
        if character == "(":
            return self._open()
        if character == ")":
            return self._close()
        if character in "{}]?*+":
            raise _Malformed
        if character in "|^":
            return character
        return {".": self.dot, "$": self.end}.get(character) or re.escape(character)

    def _open(self) -> str:
        if self.rest.startswith("?", self.at):
            if not self.rest.startswith("?:", self.at):
                raise _Malformed
            self.at += 2
            self.opened.append(0)
            return "(?:"
        self.groups += 1
        self.opened.append(self.groups)
        return "("

    def _close(self) -> str:
        if not self.opened:
            raise _Malformed
        self.closed.add(self.opened.pop())
        return ")"

    def _escape(self) -> str:
        """Translate a backslash and what follows, outside of a class."""
        character = self.rest[self.at : self.at + 1]
        if character.isdigit() and character.isascii():
            return self._reference()
        inside, negated = self._class_escape()
        if inside is not None:
            return f"[{'^' if negated else ''}{inside}]"
        self.at += 1
        if character not in _SINGLE:
            raise _Malformed
        return _SINGLE[character]

    def _reference(self) -> str:
        """Translate `\\1`, which must name a closed group. Further digits count as long as there is such a group."""
        number = int(self.rest[self.at])
        self.at += 1
        while self.at < len(self.rest) and self.rest[self.at] in "0123456789":
            longer = number * 10 + int(self.rest[self.at])
            if longer not in self.closed:
                break
            number = longer
            self.at += 1
        if number not in self.closed or not number:
            raise _Malformed
        return f"(?:\\{number})"

    def _class_escape(self) -> tuple[str | None, bool]:
        """(inside of a class, whether it is negated) for `\\d`, `\\P{L}` and the like; else (None, False)."""
        character = self.rest[self.at : self.at + 1]
        if character and character.lower() in _CLASSES:
            self.at += 1
            return _CLASSES[character.lower()], character.isupper()
        if character in ("p", "P"):
            found = _PROPERTY.match(self.rest, self.at + 1)
            if not found:
                raise _Malformed
            self.at = found.end()
            name = f"Block={found[2]}" if found[1] else found[2]
            return f"\\p{{{name}}}", character == "P"
        return None, False

    def _class(self) -> str:
        """Translate a class `[…]`, whose bracket has been read."""
        negated = self.rest.startswith("^", self.at)
        self.at += negated
        parts: list[str] = []
        less = ""
        first = True
        while not self.rest.startswith("]", self.at) or first:
            if self.at >= len(self.rest) or self.rest.startswith("]", self.at):
                raise _Malformed
            if not first and self.rest.startswith("-[", self.at):
                self.at += 2
                less = self._class()
                break
            parts.append(self._class_part(first))
            first = False
        if not self.rest.startswith("]", self.at):
            raise _Malformed
        self.at += 1
        inside = f"[{'^' if negated else ''}{''.join(parts)}]"
        return f"[{inside}--{less}]" if less else inside

    def _class_part(self, first: bool) -> str:
        """Translate one character, range or class inside a class."""
        start = self._class_character(first)
        if len(start) > 1:
            return start
        dash = self.rest.startswith("-", self.at) and self.rest[self.at + 1 : self.at + 2] not in ("]", "[", "")
        if not dash:
            return _literal(start)
        self.at += 1
        end = self._class_character(False)
        if len(end) > 1 or end < start:
            raise _Malformed
        return f"{_literal(start)}-{_literal(end)}"

    def _class_character(self, first: bool) -> str:
        """A single character of a class as it is; or, longer, the translation of a class inside."""
        character = self.rest[self.at : self.at + 1]
        if character == "[" or not character:
            raise _Malformed
        self.at += 1
        if character == "-" and not first and self.rest[self.at : self.at + 1] not in ("]", ""):
            raise _Malformed
        if character != "\\":
            return character
        inside, negated = self._class_escape()
        if inside is not None:
            return f"[{'^' if negated else ''}{inside}]"
        escaped = self.rest[self.at : self.at + 1]
        self.at += 1
        if escaped not in _SINGLE:
            raise _Malformed
        return {"n": "\n", "r": "\r", "t": "\t"}.get(escaped, escaped)


def _without_spaces(pattern: str) -> str:
    """The pattern without the white space outside of its classes, as the flag `x` has it."""
    kept: list[str] = []
    depth, escaped = 0, False
    for character in pattern:
        if character in " \t\n\r" and not depth:
            continue
        kept.append(character)
        if not escaped:
            depth += (character == "[") - (character == "]" and depth > 0)
        escaped = character == "\\" and not escaped
    return "".join(kept)


def _literal(character: str) -> str:
    return character if character.isalnum() else f"\\u{ord(character):04x}" if ord(character) < 0x10000 else character
