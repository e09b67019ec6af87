"""The contents of the demonstration's certificate library and registers: `demonstration.json`, plainly fictional."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any


def rows(section: str) -> list[dict[str, Any]]:
    """Return the rows of a section: certificates | registers."""
    text = resources.files("adapters").joinpath("demonstration.json").read_text("utf-8")
    content: dict[str, list[dict[str, Any]]] = json.loads(text)
    return content[section]
