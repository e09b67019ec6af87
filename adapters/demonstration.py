"""What the embedded library and registers of the demonstration hold: `demonstration.json`, plainly fictional."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any


def rows(section: str) -> list[dict[str, Any]]:
    """The rows of a section: certificates | registers."""
    text = resources.files("adapters").joinpath("demonstration.json").read_text("utf-8")
    found: list[dict[str, Any]] = json.loads(text)[section]
    return found
