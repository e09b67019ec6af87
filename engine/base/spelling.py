"""One spelling for each text: Unicode's composed form, NFC. Pure.

`é` may come as one character or as two, from a keyboard, a file name or a foreign system. Texts are compared and looked
up as they are kept, so they are kept in one spelling.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from unicodedata import is_normalized, normalize

from engine.base.errors import InvalidInput


def composed(text: str) -> str:
    """Return the text in NFC; the same object where it is already, as nearly every text is."""
    return text if text.isascii() or is_normalized("NFC", text) else normalize("NFC", text)


def spelled(value: Any) -> Any:
    """Return a value of JSON with its texts and names in NFC.

    Raises InvalidInput where two names of an object become one: either value would be lost.
    """
    if isinstance(value, str):
        return composed(value)
    if isinstance(value, list):
        return [spelled(item) for item in value]
    if isinstance(value, Mapping):
        return {name: spelled(item) for name, item in named(value).items()}
    return value


def named(values: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Return an object with its names in NFC, its values as they are. Raises InvalidInput as `spelled` does."""
    if all(not isinstance(name, str) or composed(name) is name for name in values):
        return values
    found = {composed(name) if isinstance(name, str) else name: value for name, value in values.items()}
    if len(found) < len(values):
        message = "Expected names that differ; two of them are one, spelled in two ways. Leave one."
        raise InvalidInput(message, sentence="names_same")
    return found
