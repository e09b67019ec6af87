"""Values of a case as forms and pages take them: numbers, texts, ISO dates, lists and objects of these."""

from __future__ import annotations

import json
from typing import Any

from engine.case.records import encode

_TAGS = frozenset({"$date", "$datetime", "$time", "$duration", "$months", "$personal"})


def untagged(value: Any) -> Any:
    """The JSON of a value, without the tags by which a journal tells dates and decimals from texts."""
    return json.loads(json.dumps(encode(value)), object_hook=_without_tag)


def _without_tag(value: dict[str, Any]) -> Any:
    if len(value) == 1:
        (tag, inner), *_ = value.items()
        if tag in _TAGS or tag == "$object":
            return inner
        if tag == "$decimal":
            return float(inner)
    return value
