"""Cuts tokens out of a text, one by one, where the parser stands and with the names in scope there. Knows no grammar.

Source: DMN 1.5 § 10.3.1.4 (tokens, names and white space).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple, NoReturn

from engine.base.canonical import composed
from engine.base.errors import FeelError
from engine.language.feel import limits
from engine.language.feel.values import NUMBERS, Value

KEYWORDS = frozenset(
    ("and", "or", "between", "in", "if", "then", "else", "for", "return", "some", "every", "satisfies", "instance",
     "function", "true", "false", "null")
)  # fmt: skip
_ENDING = KEYWORDS - {"instance", "function"}  # these end a name of several words
TYPE_NAMES = ("days and time duration", "years and months duration", "date and time")
_PROPERTIES = ("time offset", "start included", "end included")

# The characters that can't be in a name by the standard (a class of those that can takes 20 ms to compile), and the
# full-width punctuation of Chinese typing, which is always a slip.
_NO_PART = (
    r"\s!-/:->@\[-^`{-~\x80-\xb6\xb8-\xbf\xd7\xf7\u037e\u2000-\u200b\u200e-\u203e\u2041-\u206f\u2190-\u2bff"
    r"\u2ff0-\u3003\u3008-\u3011\u3014-\u301f\ufeff\uff01-\uff0f\uff1a-\uff20\uff3b-\uff3d\uff5b-\uff65"
)
SPACES = re.compile(r"(?:[\s\u180e\u200b\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.S)
_BLANK = re.compile(r"\s+")
WORD = re.compile(f"[^0-9\u00b7\u0300-\u036f\u203f-\u2040{_NO_PART}][^{_NO_PART}]*")
_MORE = re.compile(f"[^{_NO_PART}]+")
_NUMBER = re.compile(r"(?:\d+(?:\.(?!\.)\d+)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.S)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.))", re.S)
_BACKTICK = re.compile(r"`([^`]*)`")
_OPERATOR = re.compile(r"\.\.|->|\*\*|!=|<=|>=|[-+*/=<>()\[\]{},.:@]")
KEY = re.compile(r'[^:{}\[\]()",]+')
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_WIDE_FOR = dict(zip("，（）：；。“”‘’＝＞＜＋－＊／！［］｛｝、", ",():;.\"\"''=><+-*/![]{},", strict=True))

COMPARATORS = frozenset(("=", "!=", "<", "<=", ">", ">="))


class Token(NamedTuple):
    """A token from `start` to `end` (0-based). `kind`: number, string, name, keyword, operator or end. `value` is the
    value of a number or string, else the text."""

    kind: str
    value: Value
    start: int
    end: int


class Vocabulary:
    """The names that are known before an expression begins.

    `names` are variables, `host` functions of the host, `built_in` functions of the language.
    """

    def __init__(self, names: Collection[str], host: Collection[str], built_in: Collection[str]) -> None:
        self.names = frozenset(names)
        self.host = frozenset(host)
        self.built_in = built_in
        self.members = phrases((*names, *_PROPERTIES))
        self.known = phrases((*names, *host, *built_in))

    def functions(self) -> list[str]:
        """The names of everything that may be called, for hints."""
        return sorted({*self.names, *self.host, *self.built_in})


def phrases(names: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """The names that aren't a single word, longest first, by their first word."""
    grouped: dict[str, list[str]] = {}
    for name in names:
        first = WORD.match(name)
        if first and first.end() < len(name):
            grouped.setdefault(first[0], []).append(name)
    return {word: tuple(sorted(group, key=len, reverse=True)) for word, group in grouped.items()}


class Scanner:
    """One text in NFC, read token by token.

    `local` are names that are bound around this text, such as those of a boxed context.
    """

    def __init__(self, text: str, vocabulary: Vocabulary, local: frozenset[str] = frozenset()) -> None:
        self.text = composed(text)
        self.vocabulary = vocabulary
        self.position = 0
        self._token: Token | None = None
        self._scopes: list[_Locals] = []
        if local:
            self._scopes.append(_Locals(local))
        if len(text) > limits.SOURCE_CHARACTERS:
            self.fail(f"Expected at most {limits.SOURCE_CHARACTERS} characters, found {len(text)}.", 0)

    def peek(self) -> Token:
        """The next token. It is cut with the names in scope at this moment."""
        if self._token is None:
            self._token = self._cut(self.position)
        return self._token

    def take(self) -> Token:
        """Step over the next token, and give it."""
        token = self.peek()
        self.position = token.end
        self._token = None
        return token

    def _rewind(self, position: int) -> None:
        self.position = position
        self._token = None

    def at(self, *values: str) -> bool:
        """Whether one of these operators or keywords is next."""
        token = self.peek()
        return token.kind in ("operator", "keyword") and token.value in values

    def accept(self, value: str) -> bool:
        """Step over an operator or keyword if it is next; gives whether it was."""
        if self.at(value):
            self.take()
            return True
        return False

    def expect(self, value: str, hint: str = "") -> Token:
        """Step over an operator or keyword, and give it. Raises FeelError with the hint if it isn't next."""
        if not self.at(value):
            self.unexpected(f'"{value}"', hint)
        return self.take()

    def expect_end(self) -> None:
        """Raise FeelError if anything follows."""
        if self.peek().kind != "end":
            self.unexpected("the end or an operator", "A name with special characters goes into `…`.")

    def _cut(self, position: int) -> Token:
        text = self.text
        spaces = SPACES.match(text, position)
        start = spaces.end() if spaces else position
        if start >= len(text):
            return Token("end", "", start, start)
        if found := _NUMBER.match(text, start):
            return Token("number", self._number(found), start, found.end())
        if found := WORD.match(text, start):
            return self._word(found)
        if text[start] == '"':
            return self._string(start)
        if found := _BACKTICK.match(text, start):
            return Token("name", " ".join(found[1].split()), start, found.end())
        if found := _OPERATOR.match(text, start):
            return Token("operator", found[0], start, found.end())
        return self._stray(start)

    def _number(self, found: re.Match[str]) -> Decimal:
        value = NUMBERS.create_decimal(found[0])
        if not value.is_finite():
            self.fail(f"Expected a number below 10 ** 6145, found {found[0]}.", found.start())
        return value

    def _string(self, start: int) -> Token:
        found = STRING.match(self.text, start)
        if not found:
            self.fail('Expected a closing " for the text that starts here. Inside a text write \\" for ".', start)
        value = _ESCAPE.sub(_unescape, found[1]) if "\\" in found[1] else found[1]
        # A character beyond U+FFFF may be written as two escapes, as in JSON.
        if any("\ud800" <= character <= "\udfff" for character in value):
            value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return Token("string", composed(value), start, found.end())

    def _stray(self, start: int) -> NoReturn:
        character = self.text[start]
        if character in _WIDE_FOR:
            self.fail(
                f"Expected half-width punctuation, found {character}. Write {_WIDE_FOR[character]} instead.",
                start,
            )
        hints = {"'": 'Texts stand in double quotes: "…".', "&": 'Write "and".', "|": 'Write "or".',
                 "!": 'Write not(…), or != for "unequal".', "%": "Write modulo(a, b).",
                 "`": "Close the name with another `."}  # fmt: skip
        self.fail(
            f"Expected a value, a name or an operator, found {character!r}. {hints.get(character, '')}".rstrip(),
            start,
        )

    def _word(self, found: re.Match[str]) -> Token:
        word, start, end = found[0], found.start(), found.end()
        name = self._known(word, start)
        matched = phrase_end(self.text, start, name) if name else None
        if matched is not None and not self._wordy(matched):
            return Token("name", name, start, matched)
        if word in KEYWORDS and (word != "instance" or _next_word(self.text, end) == "of"):
            return Token("keyword", word, start, end)
        joined, end = self._joined(word, end)
        return Token("name", joined, start, end)

    def _wordy(self, end: int) -> bool:
        """Whether a word follows with which a name of several unknown words would go on."""
        more = _next_word(self.text, end)
        return more is not None and more not in KEYWORDS and more != "of"

    def _known(self, word: str, start: int) -> str | None:
        """The longest name of several words that is in scope and stands here, beginning with this word; else None."""
        best: str | None = None
        for group in self._phrases_in_scope(word):
            for name in group:
                end = phrase_end(self.text, start, name)
                if end is None or (best is not None and len(name) <= len(best)):
                    continue
                if name in self.vocabulary.built_in and _has_keyword(name) and not _opens(self.text, end):
                    continue
                best = name
                break
        return best

    def _phrases_in_scope(self, word: str) -> Iterable[tuple[str, ...]]:
        for scope in reversed(self._scopes):
            yield scope.phrases.get(word, ())
        yield self.vocabulary.known.get(word, ())

    def _is_local(self, name: str) -> bool:
        return any(name in scope.names for scope in self._scopes)

    def _joined(self, word: str, end: int) -> tuple[str, int]:
        """(name, end) of a name: unknown words side by side make up one name."""
        while word not in self.vocabulary.names and not self._is_local(word):
            spaces = _BLANK.match(self.text, end)
            more = _MORE.match(self.text, spaces.end()) if spaces else None
            if more is None or more[0] in _ENDING:
                break
            if more[0] == "instance" and _next_word(self.text, more.end()) == "of":
                break
            word, end = f"{word} {more[0]}", more.end()
        return word, end

    def member_name(self) -> str:
        """The name behind a dot."""
        self._token = None
        spaces = SPACES.match(self.text, self.position)
        start = spaces.end() if spaces else self.position
        if found := _BACKTICK.match(self.text, start):
            self._rewind(found.end())
            return " ".join(found[1].split())
        found = WORD.match(self.text, start)
        if not found:
            self.fail("Expected the name of a member behind the dot.", start)
        for name in self.vocabulary.members.get(found[0], ()):
            end = phrase_end(self.text, start, name)
            if end is not None:
                self._rewind(end)
                return name
        name, end = self._joined(found[0], found.end())
        self._rewind(end)
        return name

    # Errors

    def unexpected(self, wanted: str, hint: str = "") -> NoReturn:
        """Raise FeelError: `wanted` was expected here, and something else stands here."""
        token = self.peek()
        shown = "the end" if token.kind == "end" else f'"{self.text[token.start : token.end]}"'
        self.fail(f"Expected {wanted}, found {shown}. {hint}".rstrip(), token.start)

    def fail(self, message: str, position: int) -> NoReturn:
        """Raise FeelError with the message, and this position in the text."""
        raise feel_error(message, self.text, position)

    def _within(self, names: Collection[str]) -> Within:
        return Within(self, names)


class _Locals:
    """The names of one scope. `phrases` holds those that aren't a single word, by their first word."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = set(names)
        self.phrases = dict(phrases(names))

    def add(self, name: str) -> None:
        self.names.add(name)
        for word, group in phrases((name,)).items():
            self.phrases[word] = tuple(sorted((*self.phrases.get(word, ()), *group), key=len, reverse=True))


class Within:
    """Names that are local from here until `close`. A filter has none: the entries of its items aren't known yet."""

    def __init__(self, scanner: Scanner, names: Collection[str]) -> None:
        self._scanner = scanner
        scanner._scopes.append(_Locals(names))
        scanner._token = None

    def add(self, name: str) -> None:
        """Add a name."""
        self._scanner._scopes[-1].add(name)
        self._scanner._token = None

    def close(self) -> None:
        """Take the names out of scope."""
        self._scanner._scopes.pop()
        self._scanner._token = None


def feel_error(message: str, text: str, position: int) -> FeelError:
    """The error of a text, with its place as fields: `position` from 0, `line` and `column` from 1."""
    before = text[:position]
    line = before.count("\n") + 1
    column = position - (before.rfind("\n") + 1) + 1
    return FeelError(
        f"{message} (line {line}, column {column} of: {text[:200]})",
        text=text, position=position, line=line, column=column,
    )  # fmt: skip


def _unescape(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code:
        return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else "\ufffd"
    # An unknown escape keeps its backslash, because regular expressions are full of them.
    character = found[3]
    return _ESCAPED.get(character) or (character if character in "\"'\\" else f"\\{character}")


def phrase_end(text: str, start: int, name: str) -> int | None:
    """The end of a name that starts at `start`; None if it doesn't stand there. Any white space may part its words."""
    position = start
    for index, word in enumerate(name.split()):
        if index:
            spaces = SPACES.match(text, position)
            position = spaces.end() if spaces else position
        if not text.startswith(word, position):
            return None
        position += len(word)
    return None if _MORE.match(text, position) else position


def _next_word(text: str, position: int) -> str | None:
    spaces = SPACES.match(text, position)
    found = _MORE.match(text, spaces.end() if spaces else position)
    return found[0] if found else None


def _has_keyword(name: str) -> bool:
    return not KEYWORDS.isdisjoint(name.split())


def _opens(text: str, position: int) -> bool:
    spaces = SPACES.match(text, position)
    return text.startswith("(", spaces.end() if spaces else position)
