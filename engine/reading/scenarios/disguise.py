"""Personal texts replaced by others of the same shape, each always by the same. Knows no case and no name.

What a chain says itself (keys, options, states) stays; so do numbers, dates and yes or no, on which decisions depend
and which alone name nobody. Identity numbers, telephone numbers and the like are replaced wherever they stand.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from engine.base import terms
from engine.base.canonical import composed, of_json, text_of
from engine.base.errors import InvalidInput
from engine.model.chain import ChainVersion

IDENTIFIERS = (
    "id_number", "mobile", "credit_code", "email", "unit_number", "estate_certificate", "certificate_id",
)  # fmt: skip
"""Kinds of `terms.KINDS` that name a person, a firm or what belongs to them."""

NAMES = frozenset({"at", "on", "by", "advance", "complete", "command", "message", "signal", "channel", "task", "token",
                   "incident", "material", "target", "place", "file", "media_type", "person"})  # fmt: skip
"""Fields of a scenario whose texts are names of the chain, of the hall or of the format."""

GIVEN = frozenset({"variables", "value", "facts", "registers", "certificates"})
"""Fields of a scenario in which the keys are those of forms and registers: a `place` or `person` there is a text."""

CODES = ("project_code", "item_code", "postal_code")
"""Kinds that name nobody."""

_DIGIT, _GAP = "[0-9０-９]", "[-－ \u3000]?"
_INSIDE = re.compile(
    rf"(?<![0-9A-Za-z])(?:[1-9]{_DIGIT}{{16}}[0-9０-９XxＸｘ]|[0-9A-HJ-NPQRTUWXY]{{18}}"
    rf"|(?:[+＋]?86{_GAP})?[1１][3-9３-９]{_DIGIT}(?:{_GAP}{_DIGIT}{{4}}){{2}}"
    rf"|[(（]?[0０][1-9１-９]{_DIGIT}{{1,2}}[)）]?[-－ ]?{_DIGIT}{{7,8}})(?![0-9A-Za-z])"
    r"|[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,255}\.[A-Za-z]{2,63}"
)
"""Identity numbers, telephone numbers, credit codes and e-mail addresses inside a text, by their looks."""

_STAYS = re.compile(r".?|-?[0-9]{1,6}(\.[0-9]*)?|[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.+Z-]*)?|P[0-9DTHMS.YW]+", re.DOTALL)
"""Texts that name nobody: of one character, numbers, dates, moments and durations."""


class Disguise:
    """`made`: each personal text that came up, with the one that stands in its place, which is none of the `taken`.

    `pseudonym` gives another text each time that it is asked.
    """

    def __init__(
        self, personal: Iterable[Any], words: frozenset[str], taken: Any, pseudonym: Callable[[str], str]
    ) -> None:
        self._words, self._pseudonym = words, pseudonym
        self.made: dict[str, str] = {}
        texts = {text for value in personal for text in texts_in(value)}
        self._taken = texts | words | set(texts_in(taken))
        self._personal = {text for text in texts if text not in words and not _stays(text)}
        within = sorted(self._personal, key=lambda text: (-len(text), text))
        self._within = re.compile("|".join(map(_whole, within))) if within else None

    def inside(self, value: Any, given: bool = False) -> Any:
        """The value with all its texts disguised; of objects also the keys, where they are personal as a whole.

        `given`: it is one that somebody gave, in which no key is a word of the format.
        """
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {
                self._in_place_of(key) if self._is_personal(key) else key: inner
                if key in NAMES and not given
                else self.inside(inner, given or key in GIVEN)
                for key, inner in value.items()
            }
        return [self.inside(inner, given) for inner in value] if isinstance(value, list | tuple) else value

    def text(self, text: str) -> str:
        if self._is_personal(text):
            return self._in_place_of(text)
        if text in self._words:
            return text
        if self._within is not None:
            text = self._within.sub(lambda found: self._in_place_of(found[0]), text)
        done = frozenset(self.made.values())
        return _INSIDE.sub(lambda found: found[0] if found[0] in done else self._in_place_of(found[0]), text)

    def _is_personal(self, text: str) -> bool:
        return text in self._personal or is_identifier(text)

    def _in_place_of(self, text: str) -> str:
        while text not in self.made:
            made = self._pseudonym(text)
            if not any(made in one for one in self._taken):
                self.made[text] = made
        return self.made[text]


def _whole(text: str) -> str:
    """The pattern of a text inside another: of letters and digits not as a part of a longer word."""
    before = "(?<![0-9A-Za-z_])" if re.match("[0-9A-Za-z_]", text) else ""
    after = "(?![0-9A-Za-z_])" if re.search(r"[0-9A-Za-z_]\Z", text) else ""
    return before + re.escape(text) + after


def _stays(text: str) -> bool:
    return bool(_STAYS.fullmatch(text)) or any(_passes(kind, text) for kind in CODES)


def is_identifier(text: str) -> bool:
    """Whether a text is an identifier that names a person, a firm, or what belongs to them."""
    return any(_passes(kind, text) for kind in IDENTIFIERS)


def _passes(kind: str, text: str) -> bool:
    try:
        return terms.check(kind, text) == text
    except InvalidInput:
        return False


def texts_in(value: Any) -> Iterator[str]:
    """Yield all texts inside a value; of objects not the keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner)


def words_of(version: ChainVersion) -> frozenset[str]:
    """All that the files of a chain say between quotation marks or tags: keys, options, names."""
    words: set[str] = set()
    for name, data in version.files.items():
        if name.endswith((".json", ".form")):
            words.update(_json_words(of_json(data)))
        else:
            text = composed(html.unescape(text_of(data)))
            words.update(part.strip() for part in re.split(r'["<>\n]', text))
    return frozenset(words)


def _json_words(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from value
    yield from texts_in(value)
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _json_words(inner) if isinstance(inner, Mapping | list) else ()
