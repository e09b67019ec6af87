"""The page about actions is complete: every action with its inputs, every property, every field."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from engine.law.catalogue import Item, Limits
from engine.law.matter import ACTIONS
from engine.model.chain.dialect import ACTIVITY_PROPERTIES, PROCESS_PROPERTIES

PAGE = (Path(__file__).parents[4] / "docs" / "actions.md").read_text(encoding="utf-8")
ROWS = {name: row for row in PAGE.splitlines() for name in re.findall(r"`([\w.]+)`", row.split(" | ")[0])}


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_is_on_the_page_with_its_inputs(name: str) -> None:
    action, (_, inputs, gives, *_) = ACTIONS[name], ROWS[name].split(" | ")

    for required in action.required:
        assert re.search(rf"(?<!\[)\b{required}\b", inputs), required
    for optional in action.optional:
        assert optional == "matter" or f"[{optional}]" in inputs
    assert [output for output in action.outputs if output not in gives] == []


def test_every_property_is_on_the_page() -> None:
    assert [name for name in (*ACTIVITY_PROPERTIES, *PROCESS_PROPERTIES) if f"| `{name}` |" not in PAGE] == []


def test_every_field_that_models_read_is_on_the_page() -> None:
    told = {"materials", "key", "code", "name", "department", "kind", "valid_from", "valid_to", "basis", "conditions",
            "limits", "fees", "result", "flow", "visits", "tags"}  # fmt: skip
    clocks = {"statutory", "promised", "receipt_check", "delivery"}

    assert [f.name for f in fields(Item) if f.name not in told and f"| `{f.name}` |" not in PAGE] == []
    assert [f.name for f in fields(Limits) if f.name not in clocks and f"`limits.{f.name}`" not in PAGE] == []
