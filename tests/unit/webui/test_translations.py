"""The English catalogue says everything that the pages say, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

WEBUI = Path(__file__).parents[3] / "webui"
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true"}}
CATALOGUE = WEBUI / "translations" / "en" / "LC_MESSAGES" / "messages.po"


def said() -> set[str]:
    found = extract_from_dir(WEBUI, METHODS, OPTIONS, KEYWORDS)
    return {message[0] if isinstance(message, tuple) else message for _, _, message, _, _ in found}


def translated() -> dict[str, tuple[str, ...]]:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="en")
    return {
        message.id[0] if isinstance(message.id, tuple) else message.id: message.string
        if isinstance(message.string, tuple)
        else (message.string,)
        for message in catalogue
        if message.id
    }


def test_every_text_of_the_pages_has_an_english_one() -> None:
    english = {text for text, words in translated().items() if all(words)}

    assert said() - english == set()


def test_the_catalogue_holds_no_text_that_no_page_says() -> None:
    assert set(translated()) - said() == set()


def test_an_english_text_names_the_same_values() -> None:
    names = re.compile(r"%\((\w+)\)s")
    wrong = [
        text
        for text, words in translated().items()
        if any(set(names.findall(word)) != set(names.findall(text)) for word in words)
    ]

    assert wrong == []
