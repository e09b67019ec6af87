"""The page about FEEL lists exactly what there is."""

from __future__ import annotations

from pathlib import Path

from engine.language import feel
from engine.model.chain.dialect import FEEL_FUNCTIONS

PAGE = Path(__file__).parents[4] / "docs" / "feel.md"


def test_every_built_in_function_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [name for name in feel.BUILT_IN if f"`{name}(" not in page] == []


def test_every_function_of_the_engine_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [name for name in FEEL_FUNCTIONS if f"`{name}(" not in page] == []
