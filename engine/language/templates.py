"""Templates of letters and notices as designers write them: their bounds, and the fields that they read. Pure; renders
nothing and knows no chain.

A document is typst source, which reads its values as `value("name")`, lists as `values("name")`. A notice is JSON:
subject and text in Chinese and, where wanted, in English, with `$name` or `${name}` for its values. Fields that are
read so must be given; those that are read as `value("name", otherwise: …)`, or are a notice's details, may be.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from engine.base.canonical import composed
from engine.base.errors import ModelError
from engine.base.shapes import STRICT, Filled, reader

DOCUMENT, NOTICE = ".typ", ".notice"
"""Endings of the files of documents and of notices."""

NAME = re.compile(r"[^\W\d][\w-]{0,63}")
"""A template's name: that of its file, without folder and ending; never a path. A field is named so too."""

MOST_BYTES: Mapping[str, int] = {DOCUMENT: 100_000, NOTICE: 20_000}
"""The largest file of each kind: the longest template that ships has 4,000 bytes."""

MOST = 100
"""Templates of one chain."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a template: names that must be given, and names that may be."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str) -> Fields:
        """Return the fields that a text lists, such as `outcome reason?`; those with `?` may be missing."""
        words = text.split()
        required = frozenset(word for word in words if not word.endswith("?"))
        return cls(required, frozenset(word.rstrip("?") for word in words) - required)

    def but(self, names: Iterable[str]) -> Fields:
        """Return the fields without those that somebody gives anyway."""
        given = frozenset(names)
        return Fields(self.required - given, self.optional - given)

    @property
    def all(self) -> frozenset[str]:
        return self.required | self.optional


# ------------------------------------------------------------------ documents

_COMMENT = re.compile(r"/\*.*?\*/|(?<!\S)//[^\n]*", re.DOTALL)
_VALUE = r"(?:(?<![\w.-])|(?<=\.\.))values?\("
_READ = re.compile(_VALUE + r'\s*"([^"\\]*)"\s*(,)?')
_REFUSED = (
    (re.compile(_VALUE + r"\s*[^\s\")]"), "Write the name of a field out, as value(\"name\")."),
    (re.compile(r"(?<![\w-])(?:data\.\w|sys\.inputs)"), "Read values as value(\"name\"): the check knows those."),
    (re.compile(r"(?<![\w-])eval(?![\w-])"), "'eval' isn't allowed: what an applicant wrote has to stay text."),
    (re.compile(r"(?<![\w-])plugin(?![\w-])"), "'plugin' isn't allowed."),
    (re.compile(r"#(?:import|include)\s+\"(?!common\.typ\")"), "Only common.typ may be imported; nothing is fetched."),
)  # fmt: skip


def fields_of_document(source: str) -> Fields:
    """Return the fields that typst source reads; one that is read in both ways may be missing."""
    read = {True: set[str](), False: set[str]()}
    for found in _READ.finditer(_without_comments(composed(source))):
        read[found[2] is not None].add(found[1])
    return Fields(frozenset(read[False] - read[True]), frozenset(read[True]))


def refused_in_document(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, why) of what a chain's own template may not have. What it could do all the same is bounded where it
    is typeset."""
    text = _without_comments(source)
    for pattern, why in _REFUSED:
        for found in pattern.finditer(text):
            yield text.count("\n", 0, found.start()) + 1, why


def _without_comments(source: str) -> str:
    """Return the source with its comments blanked; the lines stay where they are."""
    return _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), source)


# ------------------------------------------------------------------ notices


class Placeholders(string.Template):
    """`$name` for names in Latin letters, `${name}` for any, `$$` for a dollar."""

    braceidpattern = r"(?u:[^\W\d]\w*)"


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and text of a notice in one language."""

    __pydantic_config__ = STRICT
    subject: Filled
    text: Filled


@dataclass(frozen=True, slots=True)
class Label:
    """The words before a detail: `理由：…`, `Reason: …`."""

    __pydantic_config__ = STRICT
    zh: Filled
    en: Filled | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice: its words, then a line for each of `details` that is given. Without English words, readers of English
    get the Chinese ones."""

    __pydantic_config__ = STRICT
    zh: Words
    en: Words | None = None
    details: dict[str, Label] = field(default_factory=dict)

    def in_language(self, language: str) -> Words | None:
        return self.zh if language == "zh" else self.en

    @property
    def fields(self) -> Fields:
        """The fields that its words and its details read."""
        texts = [text for words in (self.zh, self.en) if words is not None for text in (words.subject, words.text)]
        named = frozenset(name for text in texts for name in Placeholders(text).get_identifiers())
        return Fields(named, frozenset(self.details) - named)


_read = reader(Notice, "The notice")


def read_notice(data: bytes) -> Notice:
    """Return the notice in a file. Raises ModelError, which names the place, for one that is wrong."""
    notice = _read(data)
    for name in notice.details:
        if not NAME.fullmatch(name):
            raise ModelError(f"The notice: details: {name!r} is no name of a field.", path="details")
    for language, words in (("zh", notice.zh), ("en", notice.en)):
        for part in ("subject", "text") if words is not None else ():
            if not Placeholders(getattr(words, part)).is_valid():
                raise ModelError(
                    f"The notice: {language}.{part}: a '$' stands before no name. Write $name, ${{name}}, or $$ for a "
                    "dollar.",
                    path=f"{language}.{part}",
                )
    return notice
