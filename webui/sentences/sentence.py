"""A sentence of the list: its text, which names values, and how those values are shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_NAMES = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text` is Chinese and translated when it is said. `shown`: name of a value → a function that makes its text.

    `quotes`: the page adds the English message of the error, marked as such, for the author of the model or the file.
    """

    text: Any
    shown: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    quotes: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The fields that the sentence needs."""
        return frozenset(_NAMES.findall(str(self.text)))

    def say(self, fields: Mapping[str, Any]) -> str:
        """Return the sentence in the page's language, filled in. Raises KeyError where a field is missing."""
        values = {name: self.shown.get(name, str)(fields[name]) for name in self.names}
        return str(self.text) % values
